//! Capture files in the classic pcap format, from a file or standard input.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use pcap_file::PcapError;
use pcap_file::pcap::PcapReader;

use super::link::{Arp, Hop, Unreachable};
use super::packet::{Packets, Seen};
use super::run;
use crate::failure::Failure;

/// A UDP datagram of a capture.
#[derive(Clone, Debug)]
pub(crate) struct Datagram {
    /// The number of the captured frame that completed it, from 1.
    pub(crate) frame: u64,
    /// Since the first captured frame.
    pub(crate) time: Duration,
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    /// The last frame's way over the link.
    pub(crate) link: Hop,
    pub(crate) payload: Bytes,
}

/// What stands around datagrams, and tells of their way.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Near {
    Arp(Arp),
    Unreachable(Unreachable),
}

/// What one captured frame was.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    /// A datagram, or the fragment that completes one.
    Datagram(Datagram),
    /// A fragment of a datagram that is not complete yet.
    Fragment,
    /// ARP, or a refusal by ICMP.
    Near {
        frame: u64,
        time: Duration,
        what: Near,
    },
    /// Something else.
    Other,
    /// Headers that contradict the frame's length, or a frame that was not captured to its end.
    Broken {
        frame: u64,
        time: Duration,
        why: String,
    },
}

/// The frames of a capture file, in its order; a frame that holds several datagrams gives each.
pub(crate) struct Capture {
    name: String,
    reader: PcapReader<Box<dyn Read>>,
    packets: Packets,
    /// The rest of a run.
    waiting: VecDeque<Datagram>,
    frames: u64,
    start: Option<Duration>,
}

/// The first four bytes of a pcapng file.
const PCAPNG: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

impl Capture {
    /// Opens a file, or standard input for `-`.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let fail = |why: String| Failure::new(format!("{name}: {why}"));
        let mut input: Box<dyn Read> = if name == "-" {
            Box::new(io::stdin())
        } else {
            Box::new(File::open(path).map_err(|error| fail(error.to_string()))?)
        };
        let mut magic = [0; 4];
        input
            .read_exact(&mut magic)
            .map_err(|error| fail(format!("not a capture file: {error}")))?;
        if magic == PCAPNG {
            return Err(fail(
                "a pcapng file; `tcpdump -r FILE -w NEW.pcap` makes a pcap file of it".into(),
            ));
        }
        let input: Box<dyn Read> = Box::new(io::Cursor::new(magic).chain(input));
        let reader = PcapReader::new(input)
            .map_err(|error| fail(format!("not a pcap file: {}", told(&error))))?;
        let packets = Packets::of(reader.header().datalink).map_err(fail)?;
        Ok(Self {
            name,
            reader,
            packets,
            waiting: VecDeque::new(),
            frames: 0,
            start: None,
        })
    }

    /// The clock of the host that captured, at the first frame read; nanoseconds since 1970.
    pub(crate) fn start(&self) -> u64 {
        let nanos = self.start.unwrap_or_default().as_nanos();
        u64::try_from(nanos).unwrap_or(0)
    }

    /// The next frame; an error when the file itself cannot be read on.
    pub(crate) fn next(&mut self) -> Result<Option<Item>, Failure> {
        if let Some(datagram) = self.waiting.pop_front() {
            return Ok(Some(Item::Datagram(datagram)));
        }
        let packet = match self.reader.next_packet() {
            None => return Ok(None),
            Some(Ok(packet)) => packet,
            Some(Err(error)) => {
                return Err(Failure::new(format!(
                    "{}: frame {}: {}",
                    self.name,
                    self.frames + 1,
                    told(&error)
                )));
            }
        };
        self.frames += 1;
        let frame = self.frames;
        let time = packet
            .timestamp
            .saturating_sub(*self.start.get_or_insert(packet.timestamp));
        let cut = packet.data.len() < usize::try_from(packet.orig_len).unwrap_or(usize::MAX);
        Ok(Some(match self.packets.push(time, &packet.data) {
            Ok(Seen::Datagram {
                from,
                to,
                link,
                payload,
            }) => {
                let datagrams = run::datagrams(payload).into_iter();
                let mut datagrams = datagrams.map(|payload| Datagram {
                    frame,
                    time,
                    from,
                    to,
                    link,
                    payload,
                });
                let first = datagrams.next().expect("at least itself");
                self.waiting.extend(datagrams);
                Item::Datagram(first)
            }
            Ok(Seen::Arp(arp)) => Item::Near {
                frame,
                time,
                what: Near::Arp(arp),
            },
            Ok(Seen::Unreachable(told)) => Item::Near {
                frame,
                time,
                what: Near::Unreachable(told),
            },
            Ok(Seen::Fragment) => Item::Fragment,
            Ok(Seen::Other) => Item::Other,
            Err(_) if cut => Item::Broken {
                frame,
                time,
                why: format!(
                    "captured {} of {} bytes",
                    packet.data.len(),
                    packet.orig_len
                ),
            },
            Err(why) => Item::Broken { frame, time, why },
        }))
    }
}

/// What went wrong, with the reason that the library keeps apart.
fn told(error: &PcapError) -> String {
    match error {
        PcapError::IoError(source) if source.kind() == io::ErrorKind::UnexpectedEof => {
            "the file ends within it".into()
        }
        PcapError::IoError(source) => source.to_string(),
        other => other.to_string(),
    }
}
