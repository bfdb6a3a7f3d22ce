//! What the fuzzers run; plain functions, so that what they found stays a test.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use ringwright::{Config, GroupName, Input, Instant, Node, NodeId, Output, RingId, Sign, Stable};
use ringwright_driver::journal::{
    Continuation, Head, PartReader, PartWriter, Record, node_of, sealed,
};
use ringwright_totem::wire::packet::Packet;
use ringwright_totem::wire::service::Message;
use ringwright_totem::wire::{
    Commit, CommitEntry, Frame, Header, HoldCancel, Join, Mcast, MergeDetect, RetransmitRequest,
    Token,
};

/// Decodes `data` as a frame, and what is inside it as far as it goes; what decodes must survive a round trip.
///
/// # Panics
/// If it does not.
pub fn decode(data: &[u8]) {
    let datagram = Bytes::copy_from_slice(data);
    let Ok(frame) = Frame::decode(&datagram) else {
        return;
    };
    let encoded = frame.encode();
    assert_eq!(
        Frame::decode(&encoded).as_ref(),
        Ok(&frame),
        "a frame changed on its way"
    );
    assert_eq!(
        encoded,
        datagram[..encoded.len()],
        "a frame is not written as it was read"
    );
    let Frame::Mcast(mcast) = frame else { return };
    decode(&mcast.payload);
    let Ok(packet) = Packet::decode(&mcast.payload) else {
        return;
    };
    assert_eq!(
        packet.encode(),
        mcast.payload,
        "a packet is not written as it was read"
    );
    for piece in &packet.pieces {
        if let Ok(message) = Message::decode(piece) {
            assert_eq!(
                Message::decode(&message.encode()).as_ref(),
                Ok(&message),
                "a message changed"
            );
        }
    }
}

/// Reads `data` as a part of a journal, or as the bodies of its records; what can be read must be written as it was read.
///
/// # Panics
/// If it is not.
pub fn journal(data: &[u8]) {
    let Some((first, data)) = data.split_first() else {
        return;
    };
    let head = Head {
        life: 1,
        part: 1,
        wall: 1,
        at: 0,
        before: Continuation::default(),
    };
    // Damaged records are not looked into, so half of the time all of them are sealed.
    let part = if first.is_multiple_of(2) {
        data.to_vec()
    } else {
        sealed(&head, bodies(data))
    };
    let Some((head, records)) = read(part.into()) else {
        return;
    };
    let mut again = PartWriter::new(&head);
    for (at, record) in &records {
        again.record(*at, record);
        if let Record::Snapshot(snapshot) = record {
            // Whatever comes of it, nothing breaks.
            let _ = node_of(snapshot);
        }
    }
    let (head_again, records_again) = read(again.take().into()).expect("a part as it is written");
    assert_eq!(head_again, head, "a head changed");
    assert_eq!(
        format!("{records_again:?}"),
        format!("{records:?}"),
        "records changed"
    );
}

/// Records as bytes: a kind, a length of two bytes, a body.
fn bodies(mut data: &[u8]) -> Vec<(u8, &[u8])> {
    let mut records = Vec::new();
    while let Some((&[kind, low, high], rest)) = data.split_first_chunk::<3>() {
        let len = usize::from(u16::from_le_bytes([low, high])).min(rest.len());
        let (body, rest) = rest.split_at(len);
        records.push((kind, body));
        data = rest;
    }
    records
}

/// What can be read of a part.
fn read(part: Bytes) -> Option<(Head, Vec<(Instant, Record)>)> {
    let mut reader = PartReader::new(part).ok()?;
    let mut records = Vec::new();
    while let Ok(Some(record)) = reader.next_record() {
        records.push(record);
    }
    Some((reader.head().clone(), records))
}

/// Feeds one node of three with inputs made of `data`: time, commands, raw and well-formed datagrams of this ring.
///
/// # Panics
/// If the node does, or one of its invariants is broken.
pub fn node(data: &[u8]) {
    let mut source = Script(data);
    let me = 1 + u32::from(source.u8() % 3);
    let mut world = Alone {
        now: Instant::ZERO,
        node: Node::new(Config::of(me, 1..=3), Stable::default(), 1, Instant::ZERO)
            .expect("a valid configuration"),
        sent: VecDeque::new(),
    };
    world.carry_out();
    while !source.0.is_empty() {
        world.step(&mut source);
    }
}

/// Bytes as decisions; zeros when they run out.
struct Script<'a>(&'a [u8]);

impl Script<'_> {
    fn u8(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        first
    }

    fn u16(&mut self) -> u16 {
        u16::from_le_bytes([self.u8(), self.u8()])
    }

    /// A number near 0, near `around`, or any.
    fn number(&mut self, around: u32) -> u32 {
        match self.u8() % 4 {
            0 => u32::from(self.u8()),
            1 => around.wrapping_add(u32::from(self.u8())).wrapping_sub(128),
            2 => around,
            _ => u32::from(self.u16()) << 16 | u32::from(self.u16()),
        }
    }

    fn node(&mut self) -> NodeId {
        NodeId(u32::from(self.u8() % 5))
    }

    fn nodes(&mut self) -> Vec<NodeId> {
        (0..self.u8() % 5).map(|_| self.node()).collect()
    }

    fn bytes(&mut self) -> Bytes {
        let len = usize::from(self.u8()).min(self.0.len());
        let (head, rest) = self.0.split_at(len);
        self.0 = rest;
        Bytes::copy_from_slice(head)
    }
}

/// One node whose peers are played by the script.
struct Alone {
    now: Instant,
    node: Node,
    /// What it sent last, for replays and mutations.
    sent: VecDeque<Bytes>,
}

impl Alone {
    fn step(&mut self, script: &mut Script<'_>) {
        let input = match script.u8() % 10 {
            0 => {
                self.now = self.now + Duration::from_millis(u64::from(script.u16() % 5000));
                Input::Timeout
            }
            1 => Input::Datagram(script.bytes()),
            2 => Input::Datagram(self.mutated(script)),
            3 => Self::command(script),
            4 => Input::Sign(match script.u8() % 4 {
                0 => Sign::Unplugged,
                _ => Sign::Refused(script.node()),
            }),
            _ => Input::Datagram(self.frame(script).encode()),
        };
        // A refusal is an answer too; it must change nothing and not panic.
        let _ = self.node.handle_input(self.now, input);
        self.carry_out();
        self.node.engine().check();
    }

    fn carry_out(&mut self) {
        while let Some(output) = self.node.poll_output() {
            if let Output::Transmit { bytes, .. } = output {
                self.sent.push_back(bytes);
                if self.sent.len() > 16 {
                    self.sent.pop_front();
                }
            }
        }
    }

    /// Something that this node sent, as if a peer had sent it, with a byte changed.
    fn mutated(&self, script: &mut Script<'_>) -> Bytes {
        let Some(sent) = self
            .sent
            .get(usize::from(script.u8()) % self.sent.len().max(1))
        else {
            return Bytes::new();
        };
        let mut bytes = sent.to_vec();
        let sender = script.node().0.to_le_bytes();
        bytes[5..9].copy_from_slice(&sender);
        if bytes[3] != 0 && bytes.len() > 17 {
            bytes[13..17].copy_from_slice(&sender);
        }
        let at = usize::from(script.u16()) % bytes.len();
        bytes[at] ^= script.u8();
        bytes.truncate(bytes.len() - usize::from(script.u8() % 4));
        bytes.into()
    }

    fn command(script: &mut Script<'_>) -> Input {
        let group = GroupName::new(&[b'a' + script.u8() % 3]).expect("a short name");
        let pid = u32::from(script.u8() % 3);
        match script.u8() % 4 {
            0 => Input::JoinGroup { pid, group },
            1 => Input::LeaveGroup {
                pid,
                group,
                died: script.u8().is_multiple_of(2),
            },
            _ => Input::Multicast {
                pid,
                group,
                payload: vec![7; usize::from(script.u16()) * 20].into(),
            },
        }
    }

    fn ring(&self, script: &mut Script<'_>) -> RingId {
        let now = self.node.ring_id();
        match script.u8() % 4 {
            0 => RingId::new(
                script.node(),
                u64::from(script.number(u32::try_from(now.seq).unwrap_or(0))),
            ),
            1 => RingId::new(script.node(), now.seq.wrapping_add(4)),
            _ => now,
        }
    }

    fn frame(&self, script: &mut Script<'_>) -> Frame {
        let sender = script.node();
        let header = Header::of(sender);
        let ring_id = self.ring(script);
        let stats = self.node.engine().ring().stats();
        let [seq, tokens] =
            [stats.mcast_tx, stats.orf_token_rx].map(|count| u32::try_from(count).unwrap_or(0));
        match script.u8() % 6 {
            0 => Frame::Token(Token {
                header,
                seq: script.number(seq),
                token_seq: script.number(tokens),
                aru: script.number(seq),
                aru_addr: script.node(),
                ring_id,
                backlog: script.number(0),
                fcc: script.number(0),
                retrans_flg: i32::from(script.u8() % 2),
                rtr: (0..script.u8() % 4)
                    .map(|_| RetransmitRequest {
                        ring_id,
                        seq: script.number(seq),
                    })
                    .collect(),
            }),
            1 => {
                let (kind, seq) = (1 + script.u8() % 2, script.number(seq));
                Frame::Mcast(Mcast::new(sender, kind, seq, 0, ring_id, script.bytes()))
            }
            2 => Frame::MergeDetect(MergeDetect {
                header,
                system_from: sender,
                ring_id,
            }),
            3 => Frame::Join(Join {
                header: if script.u8().is_multiple_of(8) {
                    Header::default()
                } else {
                    header
                },
                system_from: sender,
                ring_seq: ring_id.seq,
                proc_list: script.nodes(),
                failed_list: script.nodes(),
            }),
            4 => Frame::Commit(self.commit(script, header, ring_id)),
            _ => Frame::HoldCancel(HoldCancel { header, ring_id }),
        }
    }

    fn commit(&self, script: &mut Script<'_>, header: Header, ring_id: RingId) -> Commit {
        let mut nodes = script.nodes();
        nodes.sort_unstable();
        nodes.dedup();
        let mut entry = |node| {
            (
                node,
                CommitEntry {
                    ring_id: self.ring(script),
                    aru: script.number(0),
                    ..CommitEntry::default()
                },
            )
        };
        let members: Vec<_> = nodes.into_iter().map(&mut entry).collect();
        let memb_index = usize::from(script.u8()) % (members.len() + 1);
        let token_seq = script.number(6);
        Commit {
            header,
            token_seq,
            ring_id,
            retrans_flg: 0,
            memb_index,
            members,
        }
    }
}
