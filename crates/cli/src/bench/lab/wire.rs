//! What passes over the bridge: which rings are proposed, and who has gone over to which.
//!
//! It is the same for any program that speaks Totem. A commit token names the members of a ring to be; once a node has
//! installed that ring, its services agree on what they know, so that it sends a message that counts on the new ring. (Messages of an old
//! ring are sent again before that, but marked.)

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::IoSliceMut;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use etherparse::{SlicedPacket, TransportSlice};
use nix::sched::{CloneFlags, setns};
use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, MsgFlags, SockFlag, SockProtocol, SockType, recvmsg,
    setsockopt, socket, sockopt,
};
use nix::sys::time::TimeSpec;
use ringwright::RingId;
use ringwright_totem::wire::{ENCAPSULATED, Frame};

use crate::failure::Failure;

/// The port of Totem in the hosts' configuration, which has corosync's default.
const PORT: u16 = 5405;
/// The longest frame on a link of the hosts, bytes, with room to spare.
const FRAME_MAX: usize = 2048;
/// What may wait to be read, bytes: a storm of joins must not hide a commit token.
const BUFFER: usize = 32 << 20;

/// How often at least it is looked whether somebody wants an end.
const LOOK: Duration = Duration::from_millis(200);

/// Something that says how far a ring is.
#[derive(Debug)]
struct Sighting {
    at: SystemTime,
    ring_id: RingId,
    what: What,
}

#[derive(Debug)]
enum What {
    /// It is to have these members.
    Members(BTreeSet<u32>),
    /// This node has installed it.
    Installed(u32),
}

/// Who has gone over to which ring, as the bridge has seen it.
#[derive(Debug)]
pub(super) struct Wire {
    sightings: Receiver<Sighting>,
    members: BTreeMap<RingId, BTreeSet<u32>>,
    installed: BTreeMap<RingId, BTreeMap<u32, SystemTime>>,
}

impl Wire {
    /// Listens to all ports in a network namespace until it is dropped.
    pub(super) fn listen(namespace: &str) -> Result<Self, Failure> {
        let file = File::open(format!("/run/netns/{namespace}"))?;
        let (sender, sightings) = channel();
        let (opened, result) = channel();
        // A thread's own namespace is that of no other thread.
        thread::spawn(move || match open(&file) {
            Ok(socket) => {
                let _ = opened.send(Ok(()));
                listen(&socket, &sender);
            }
            Err(error) => {
                let _ = opened.send(Err(error));
            }
        });
        let opened = result.recv().map_err(Failure::new)?;
        opened.map_err(|error| Failure::new(format!("listening to the bridge: {error}")))?;
        Ok(Self {
            sightings,
            members: BTreeMap::new(),
            installed: BTreeMap::new(),
        })
    }

    /// Lets time pass.
    pub(super) fn pass(&mut self, time: Duration) {
        let until = SystemTime::now() + time;
        while self.take(until) {}
    }

    /// Waits until all of `members` have installed one ring of just them, all after `since`: when the last did; `None` if that has
    /// not come by `limit`, or `stop` is set.
    pub(super) fn until(
        &mut self,
        members: &[u32],
        since: SystemTime,
        limit: SystemTime,
        stop: &AtomicBool,
    ) -> Option<SystemTime> {
        while !stop.load(Ordering::Relaxed) && SystemTime::now() < limit {
            if let Some(at) = self.stands(members, since) {
                return Some(at);
            }
            self.take(limit.min(SystemTime::now() + LOOK));
        }
        None
    }

    fn stands(&self, members: &[u32], since: SystemTime) -> Option<SystemTime> {
        let wanted: BTreeSet<u32> = members.iter().copied().collect();
        let rings = self.installed.iter().filter(|(ring_id, by)| {
            by.len() == wanted.len() && self.members.get(ring_id) == Some(&wanted)
        });
        let lasts = rings.filter_map(|(_, by)| by.values().max().copied());
        lasts.filter(|&last| last >= since).min()
    }

    /// Forgets all rings: other daemons come, and count from 0 again.
    pub(super) fn forget(&mut self) {
        while self.sightings.try_recv().is_ok() {}
        self.members.clear();
        self.installed.clear();
    }

    /// Takes the next sighting; false at `limit`.
    fn take(&mut self, limit: SystemTime) -> bool {
        let left = limit.duration_since(SystemTime::now()).unwrap_or_default();
        let sighting = match self.sightings.recv_timeout(left) {
            Ok(sighting) => sighting,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return false,
        };
        match sighting.what {
            What::Members(members) => {
                self.members.insert(sighting.ring_id, members);
            }
            What::Installed(node) => {
                let by = self.installed.entry(sighting.ring_id).or_default();
                by.entry(node).or_insert(sighting.at);
            }
        }
        true
    }
}

fn open(namespace: &File) -> nix::Result<OwnedFd> {
    setns(namespace, CloneFlags::CLONE_NEWNET)?;
    let socket = socket(
        AddressFamily::Packet,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::EthAll,
    )?;
    setsockopt(&socket, sockopt::RcvBufForce, &BUFFER)?;
    setsockopt(&socket, sockopt::ReceiveTimestampns, &true)?;
    Ok(socket)
}

/// Until nobody wants to know any more.
fn listen(socket: &OwnedFd, sender: &Sender<Sighting>) {
    let mut buffer = [0; FRAME_MAX];
    while let Some((length, at)) = receive(socket, &mut buffer) {
        let Some((ring_id, what)) = read(&buffer[..length.min(FRAME_MAX)]) else {
            continue;
        };
        let sighting = Sighting { at, ring_id, what };
        if sender.send(sighting).is_err() {
            return;
        }
    }
}

/// The next frame's length, and when the kernel saw it.
fn receive(socket: &OwnedFd, buffer: &mut [u8]) -> Option<(usize, SystemTime)> {
    let mut control = nix::cmsg_space!(TimeSpec);
    let mut slices = [IoSliceMut::new(buffer)];
    let received = recvmsg::<()>(
        socket.as_raw_fd(),
        &mut slices,
        Some(&mut control),
        MsgFlags::empty(),
    );
    let received = received.ok()?;
    let stamped = received.cmsgs().ok()?.find_map(|message| match message {
        ControlMessageOwned::ScmTimestampns(time) => {
            Some(SystemTime::UNIX_EPOCH + Duration::from(time))
        }
        _ => None,
    });
    Some((received.bytes, stamped.unwrap_or_else(SystemTime::now)))
}

/// A link's frame, if it says how far a ring is. A frame is seen at each port that it passes; once is enough.
fn read(frame: &[u8]) -> Option<(RingId, What)> {
    let packet = SlicedPacket::from_ethernet(frame).ok()?;
    let Some(TransportSlice::Udp(udp)) = packet.transport else {
        return None;
    };
    if udp.destination_port() != PORT {
        return None;
    }
    match Frame::decode(&Bytes::copy_from_slice(udp.payload())).ok()? {
        Frame::Commit(commit) => {
            let members = commit.members.iter().map(|(node, _)| node.0);
            Some((commit.ring_id, What::Members(members.collect())))
        }
        Frame::Mcast(mcast) if mcast.header.encapsulated != ENCAPSULATED => {
            Some((mcast.ring_id, What::Installed(mcast.system_from.0)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use etherparse::PacketBuilder;
    use ringwright::NodeId;
    use ringwright_totem::wire::{Commit, CommitEntry, Header, Mcast, NORMAL};

    use super::*;

    fn on_the_link(datagram: &Bytes) -> Vec<u8> {
        let mut frame = Vec::new();
        PacketBuilder::ethernet2([2; 6], [3; 6])
            .ipv4([192, 168, 57, 1], [192, 168, 57, 2], 64)
            .udp(40000, PORT)
            .write(&mut frame, datagram)
            .expect("a vector takes everything");
        frame
    }

    fn mcast(node: u32, encapsulated: u8, ring_id: RingId) -> Bytes {
        Mcast::new(NodeId(node), encapsulated, 1, 1, ring_id, Bytes::new()).encode()
    }

    fn wire() -> (Wire, Sender<Sighting>) {
        let (sender, sightings) = channel();
        let wire = Wire {
            sightings,
            members: BTreeMap::new(),
            installed: BTreeMap::new(),
        };
        (wire, sender)
    }

    #[test]
    fn a_ring_stands_once_all_its_members_have_sent_on_it() {
        let (mut wire, sender) = wire();
        let ring_id = RingId::new(NodeId(1), 8);
        let commit = Commit {
            header: Header::of(NodeId(1)),
            token_seq: 1,
            ring_id,
            retrans_flg: 0,
            memb_index: 0,
            members: [1, 2]
                .map(|node| (NodeId(node), CommitEntry::default()))
                .into(),
        };
        let start = SystemTime::UNIX_EPOCH;
        let frames = [
            commit.encode(),
            mcast(2, ENCAPSULATED, ring_id),
            mcast(1, NORMAL, ring_id),
            mcast(2, NORMAL, ring_id),
            mcast(1, NORMAL, ring_id),
        ];
        let mut stood = Vec::new();
        for (second, frame) in (1..).zip(&frames) {
            let at = start + Duration::from_secs(second);
            if let Some((ring_id, what)) = read(&on_the_link(frame)) {
                sender
                    .send(Sighting { at, ring_id, what })
                    .expect("somebody listens");
                wire.take(SystemTime::now());
            }
            stood.push(wire.stands(&[1, 2], start).is_some());
        }
        assert_eq!(stood, [false, false, false, true, true]);
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(wire.stands(&[1, 2], start), Some(at(4)));
        assert_eq!(wire.stands(&[1, 2], at(5)), None, "it is an old one");
        assert_eq!(wire.stands(&[1, 2, 3], start), None, "it has no node 3");
        assert_eq!(wire.stands(&[1], start), None, "it has node 2, too");
    }

    #[test]
    fn what_is_not_totem_says_nothing() {
        assert!(read(&on_the_link(&Bytes::from_static(b"hello"))).is_none());
        assert!(read(&[0; 10]).is_none());
    }
}
