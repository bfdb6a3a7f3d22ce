//! One number over everything that a node has put out.

use std::fmt::{self, Write};

use ringwright::group::{Event, Process};
use ringwright::{Output, Target, manager};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A running digest of outputs: equal runs have equal ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest(pub u64);

impl Digest {
    /// Takes in an output.
    pub fn output(&mut self, output: &Output) {
        match output {
            Output::Store(stable) => {
                self.number(1);
                self.number(stable.ring_seq);
                self.number(stable.expected_votes.map_or(u64::MAX, u64::from));
            }
            Output::Transmit { to, bytes } => {
                self.number(2);
                self.number(match to {
                    Target::All => 0,
                    Target::Node(node) => node.0.into(),
                });
                self.bytes(bytes);
            }
            Output::Group(Event::Message {
                group,
                from: Process { node, pid },
                payload,
            }) => {
                self.number(3);
                self.bytes(group.as_bytes());
                self.number(u64::from(node.0) << 32 | u64::from(*pid));
                self.bytes(payload);
            }
            Output::Group(event) => self.told(4, event),
            Output::Drain => self.number(5),
            Output::Event(event) => self.told(6, event),
            Output::Left => self.number(7),
            // Its Debug has the whole configuration, and again as it was read.
            Output::Resource(manager::Output::Store(base)) => {
                self.number(8);
                self.bytes(base.encode().as_bytes());
            }
            Output::Resource(output) => self.told(9, output),
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64_with_seed(bytes, self.0);
    }

    fn number(&mut self, number: u64) {
        self.bytes(&number.to_le_bytes());
    }

    fn told(&mut self, kind: u64, what: &dyn fmt::Debug) {
        self.number(kind);
        write!(self, "{what:?}").expect("a digest takes everything");
    }
}

impl Write for Digest {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        self.bytes(s.as_bytes());
        Ok(())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
