//! What the daemon tells.

use std::fmt::Write;

use bytes::Bytes;
use ringwright::group::{self, Process, Reason};
use ringwright::quorum::{Info, info_flag};
use ringwright::{MemberState, Node, NodeId};
use serde::{Deserialize, Serialize};

/// `ringwright status`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Status {
    pub(crate) node: u32,
    pub(crate) name: String,
    pub(crate) address: String,
    /// The corosync.conf.
    pub(crate) config: String,
    pub(crate) version: String,
    /// `waiting` before the node's address is there, then the protocol's phase.
    pub(crate) phase: String,
    /// As corosync prints it; `None` while waiting.
    pub(crate) ring: Option<String>,
    pub(crate) quorate: bool,
    /// Whether the services are synchronised: local processes are served.
    pub(crate) synchronised: bool,
    /// Every node that is or was a member, ascending.
    pub(crate) members: Vec<Member>,
    pub(crate) dropped: Dropped,
    /// What was done with options of the configuration that did not mean what was written.
    pub(crate) notices: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) node: u32,
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) joined: bool,
    pub(crate) join_count: u32,
    pub(crate) config_version: Option<u64>,
    pub(crate) local: bool,
}

/// Datagrams and messages that were dropped, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Dropped {
    /// No frames of ours.
    pub(crate) malformed: u64,
    /// Frames of, or naming, nodes outside the nodelist.
    pub(crate) unlisted: u64,
    /// Frames with numbers that no honest peer can send.
    pub(crate) implausible: u64,
    /// Datagrams from addresses outside the nodelist.
    pub(crate) rejected: u64,
    /// Datagrams longer than any frame.
    pub(crate) too_long: u64,
    /// Datagrams that could not be sent.
    pub(crate) unsent: u64,
    /// Packets and messages of members that could not be read.
    pub(crate) undeliverable: u64,
}

/// `ringwright quorum`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Quorum {
    /// `None`: not configured.
    pub(crate) provider: Option<String>,
    pub(crate) node: u32,
    pub(crate) ring: String,
    pub(crate) ring_seq: u64,
    pub(crate) quorate: bool,
    /// votequorum's part.
    pub(crate) votes: Option<Votes>,
    /// The ring's members, ascending.
    pub(crate) members: Vec<Voter>,
    /// Why the verdict is what it is, line by line.
    pub(crate) why: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Votes {
    pub(crate) expected: u32,
    pub(crate) highest: u32,
    pub(crate) total: u32,
    pub(crate) quorum: u32,
    /// Whether votequorum itself says so.
    pub(crate) quorate: bool,
    /// As corosync-quorumtool names them, in its order.
    pub(crate) flags: Vec<String>,
    /// This node's quorum device, if one is registered.
    pub(crate) device: Option<Device>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Device {
    pub(crate) name: String,
    pub(crate) votes: u32,
    pub(crate) cast: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Voter {
    pub(crate) node: u32,
    pub(crate) name: String,
    pub(crate) votes: u32,
    pub(crate) local: bool,
    /// The state of its quorum device as corosync-quorumtool abbreviates it; `None` without a registered one.
    pub(crate) device: Option<String>,
}

/// A key of `ringwright cmap`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Key {
    #[serde(rename = "key")]
    pub(crate) path: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) value: String,
}

/// What a process sends: text if it is some, otherwise bytes in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Payload {
    Text(String),
    Hex(String),
}

/// What happens in a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum GroupEvent {
    Message {
        from: Sender,
        #[serde(flatten)]
        payload: Payload,
    },
    Membership {
        members: Vec<Sender>,
        joined: Vec<Change>,
        left: Vec<Change>,
    },
}

/// A process of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sender {
    pub(crate) node: u32,
    pub(crate) pid: u32,
}

/// A process that came or went, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Change {
    pub(crate) node: u32,
    pub(crate) pid: u32,
    pub(crate) reason: String,
}

impl Member {
    /// Every node that is or was a member.
    pub(super) fn all(node: &Node) -> Vec<Self> {
        let config = node.config();
        let members = node.members().iter().map(|(id, member)| {
            let entry = config.nodes.iter().find(|entry| entry.id == *id);
            Self {
                node: id.0,
                name: name(node, *id),
                address: entry.map_or_else(String::new, |entry| entry.address.clone()),
                joined: member.state == MemberState::Joined,
                join_count: member.join_count,
                config_version: member.config_version,
                local: *id == config.me,
            }
        });
        members.collect()
    }
}

impl Quorum {
    /// The node's answer.
    pub(crate) fn of(node: &Node) -> Self {
        let me = node.config().me;
        let votequorum = node.engine().quorum();
        let voter = |id: &NodeId| {
            let info = votequorum.and_then(|v| v.info(*id));
            Voter {
                node: id.0,
                name: name(node, *id),
                votes: info.as_ref().map_or(0, |info| info.votes),
                local: *id == me,
                device: info.as_ref().and_then(device_state),
            }
        };
        let ring = node.ring_id();
        Self {
            provider: votequorum.map(|_| "corosync_votequorum".into()),
            node: me.0,
            ring: ring.to_string(),
            ring_seq: ring.seq,
            quorate: node.is_quorate(),
            votes: votequorum
                .and_then(|v| v.info(me))
                .map(|info| Votes::of(&info)),
            members: node.engine().ring().members().iter().map(voter).collect(),
            why: votequorum.map_or_else(
                || "No quorum provider is configured: a node is always quorate.\n".into(),
                |v| v.explain().to_string(),
            ),
        }
    }
}

impl Votes {
    fn of(info: &Info) -> Self {
        let names = [
            (info_flag::TWO_NODE, "2Node"),
            (info_flag::QUORATE, "Quorate"),
            (info_flag::WAIT_FOR_ALL, "WaitForAll"),
            (info_flag::LAST_MAN_STANDING, "LastManStanding"),
            (info_flag::AUTO_TIE_BREAKER, "AutoTieBreaker"),
            (info_flag::ALLOW_DOWNSCALE, "AllowDownscale"),
            (info_flag::DEVICE_REGISTERED, "Qdevice"),
        ];
        let has = |flag| info.flags & flag != 0;
        Self {
            expected: info.expected,
            highest: info.highest,
            total: info.total,
            quorum: info.quorum,
            quorate: has(info_flag::QUORATE),
            flags: names
                .iter()
                .filter(|(flag, _)| has(*flag))
                .map(|(_, name)| (*name).into())
                .collect(),
            device: has(info_flag::DEVICE_REGISTERED).then(|| Device {
                name: info.device_name.to_string(),
                votes: info.device_votes,
                cast: has(info_flag::DEVICE_CAST_VOTE),
            }),
        }
    }
}

/// Alive, votes, master wins; or not.
fn device_state(info: &Info) -> Option<String> {
    let has = |flag| info.flags & flag != 0;
    has(info_flag::DEVICE_REGISTERED).then(|| {
        let either = |flag, yes: &'static str, no| if has(flag) { yes } else { no };
        format!(
            "{},{},{}",
            either(info_flag::DEVICE_ALIVE, "A", "NA"),
            either(info_flag::DEVICE_CAST_VOTE, "V", "NV"),
            either(info_flag::DEVICE_MASTER_WINS, "MW", "NMW"),
        )
    })
}

/// What the nodelist calls a node: its name, otherwise its address, otherwise its id.
pub(crate) fn name(node: &Node, id: NodeId) -> String {
    let entry = node.config().nodes.iter().find(|entry| entry.id == id);
    match entry {
        Some(entry) if !entry.name.is_empty() => entry.name.clone(),
        Some(entry) if !entry.address.is_empty() => entry.address.clone(),
        _ => id.to_string(),
    }
}

impl Payload {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.into()),
            Err(_) => Self::Hex(bytes.iter().fold(String::new(), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            })),
        }
    }

    /// `None`: not hexadecimal.
    pub(super) fn into_bytes(self) -> Option<Bytes> {
        match self {
            Self::Text(text) => Some(text.into()),
            Self::Hex(hex) => {
                let digit = |c: u8| char::from(c).to_digit(16);
                let byte = |pair: &[u8]| match *pair {
                    [high, low] => u8::try_from(digit(high)? << 4 | digit(low)?).ok(),
                    _ => None,
                };
                let bytes: Option<Vec<_>> = hex.as_bytes().chunks(2).map(byte).collect();
                bytes.map(Bytes::from)
            }
        }
    }
}

impl From<Process> for Sender {
    fn from(process: Process) -> Self {
        Self {
            node: process.node.0,
            pid: process.pid,
        }
    }
}

impl From<&(Process, Reason)> for Change {
    fn from((process, reason): &(Process, Reason)) -> Self {
        let reason = match reason {
            Reason::Join => "join",
            Reason::Leave => "leave",
            Reason::NodeDown => "nodedown",
            Reason::NodeUp => "nodeup",
            Reason::ProcDown => "procdown",
        };
        Self {
            node: process.node.0,
            pid: process.pid,
            reason: reason.into(),
        }
    }
}

impl From<&group::Event> for GroupEvent {
    fn from(event: &group::Event) -> Self {
        match event {
            group::Event::Message { from, payload, .. } => Self::Message {
                from: (*from).into(),
                payload: Payload::of(payload),
            },
            group::Event::Membership {
                members,
                joined,
                left,
                ..
            } => Self::Membership {
                members: members.iter().copied().map(Into::into).collect(),
                joined: joined.iter().map(Into::into).collect(),
                left: left.iter().map(Into::into).collect(),
            },
        }
    }
}
