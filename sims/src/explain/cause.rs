//! The causes of a split, by the letters of the measurements on real corosync, and what tells them apart from outside.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// A: an interface reconfigured under a running daemon.
    InterfaceGap,
    /// B: a second owner of a node's address.
    SecondOwner,
    /// C: packets lost in one direction or on one path.
    Path,
    /// D: the address is not there yet when the daemon starts.
    LateAddress,
    /// E: configuration, port or key differ.
    Files,
    /// F: a pause of a machine.
    Pause,
    /// G: packets lost at random.
    Loss,
    /// H: the order in which nodes start.
    StartOrder,
}

/// What it takes for a fault to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Circumstance {
    /// Nothing but an ordinary start of the machines.
    Ordinary,
    /// Something that happens without anybody's doing, now and then.
    Mishap,
    /// Something that is set wrongly and stays so.
    Standing,
}

impl fmt::Display for Circumstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ordinary => "ordinary start",
            Self::Mishap => "mishap",
            Self::Standing => "set wrongly",
        })
    }
}

impl Cause {
    /// All of them, by letter.
    pub const ALL: [Self; 8] = [
        Self::InterfaceGap,
        Self::SecondOwner,
        Self::Path,
        Self::LateAddress,
        Self::Files,
        Self::Pause,
        Self::Loss,
        Self::StartOrder,
    ];

    /// `A` to `H`.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::InterfaceGap => 'A',
            Self::SecondOwner => 'B',
            Self::Path => 'C',
            Self::LateAddress => 'D',
            Self::Files => 'E',
            Self::Pause => 'F',
            Self::Loss => 'G',
            Self::StartOrder => 'H',
        }
    }

    /// In few words.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::InterfaceGap => "interface reconfigured under a running corosync",
            Self::SecondOwner => "a second owner of the node's address",
            Self::Path => "packets lost in one direction or on one path",
            Self::LateAddress => "address not there yet when corosync starts",
            Self::Files => "configuration, port or key not the same everywhere",
            Self::Pause => "a machine stands still",
            Self::Loss => "packets lost at random",
            Self::StartOrder => "the order in which the nodes start",
        }
    }

    /// How it comes about.
    #[must_use]
    pub const fn mechanism(self) -> &'static str {
        match self {
            Self::InterfaceGap => {
                "Something takes the interface down, removes its addresses and puts both back: Vagrant does so at every start, \
                 a network manager when it reloads. A node that is alone, or has lost its token, looks at its interface once a \
                 second. corosync before 2.4.5 that finds it gone listens on 127.0.0.1 instead and does not even hear itself; \
                 found gone at two looks, it aborts one consensus timeout after the address is back. Whether a gap of one to \
                 two seconds meets two looks is chance. The machine that is up first is the one that is alone and looks."
            }
            Self::SecondOwner => {
                "Another machine, such as a forgotten guest or a DHCP server of the virtual network, has the node's address \
                 too. Each other node sends to whoever answers its ARP request first; if that is the stranger, the node hears \
                 nothing from them, while they hear it."
            }
            Self::Path => {
                "A firewall on a machine, or a switch between two, lets datagrams through in one direction or between some \
                 machines only (corosync's port, 5405/udp unless told otherwise)."
            }
            Self::LateAddress => {
                "corosync is started at boot while the network is still being set up. A daemon that finds none of the listed \
                 addresses on its machine ends at once, and nobody starts it again."
            }
            Self::Files => {
                "The files or keys of the nodes differ, or a daemon still runs with an older file: nodes that do not list one \
                 another, use other ports or other keys do not hear one another."
            }
            Self::Pause => {
                "A machine or its process stands still, by overload or because its host sleeps, for longer than the token \
                 timeout: the others go on without it until it runs again."
            }
            Self::Loss => "A network that loses datagrams without choice.",
            Self::StartOrder => "Nodes that start one after the other, in any order.",
        }
    }

    /// What tells it from the other causes, seen from outside. Source: the measurements on real corosync.
    #[must_use]
    pub const fn signs(self) -> &'static [&'static str] {
        match self {
            Self::InterfaceGap => &[
                "log of the node: `The network interface is down.`, then `... is now up.`; more than 1.5 s apart, then \
                 `Assertion 'token_memb_entries >= 1' failed` and an end by signal 6",
                "ss -lun on it during the gap: corosync bound to 127.0.0.1",
                "its tools: the last view, frozen, until the daemon is gone",
            ],
            Self::SecondOwner => &[
                "ip neigh on the others: a hardware address that is not the node's, or not the same on both",
                "capture: two hardware addresses answer for one address; joins of the node arrive, answers to it go elsewhere",
                "rings of the others re-formed again and again with nobody joined or left",
            ],
            Self::Path => &[
                "capture on both ends: datagrams leave one machine and do not arrive at the other",
                "logs: `A new membership was formed` again and again with nobody joined or left, by whoever hears somebody \
                 who does not hear it",
                "neighbour entries and files are right",
            ],
            Self::LateAddress => &[
                "the daemon has ended with status 20 (2.x), 8 (3.x: no such address) or 15 (3.x: address there, link down)",
                "capture: the others' joins to it are answered by ICMP port unreachable",
            ],
            Self::Files => &[
                "checksums of corosync.conf and authkey differ, or the daemon is older than the file",
                "log: `Received message has invalid digest... ignoring.` on both sides for another key",
                "ss -lun: another port, or 127.0.0.1",
            ],
            Self::Pause => &[
                "ring ids go up by one or two changes; all are together within a second after it runs again",
            ],
            Self::Loss => &["retransmissions go up; up to 30 % of loss no ring smaller than all"],
            Self::StartOrder => &["together within a second of the last start"],
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.letter(), self.title())
    }
}
