//! What the tools show.

use super::node::{NodeState, flag};
use super::{DEVICE, Votequorum};
use crate::NodeId;
use crate::wire::service::votequorum::DeviceName;

/// The flags of [`Info`], as `votequorum_getinfo` returns them.
pub mod info_flag {
    /// `two_node` is on. This one to [`ALLOW_DOWNSCALE`]: of the node that answers.
    pub const TWO_NODE: u32 = 1;
    /// The partition is quorate.
    pub const QUORATE: u32 = 2;
    /// `wait_for_all` is on.
    pub const WAIT_FOR_ALL: u32 = 4;
    /// `last_man_standing` is on.
    pub const LAST_MAN_STANDING: u32 = 8;
    /// `auto_tie_breaker` is on.
    pub const AUTO_TIE_BREAKER: u32 = 16;
    /// `allow_downscale` is on.
    pub const ALLOW_DOWNSCALE: u32 = 32;
    /// A quorum device is registered. This one and the following: of the node asked about.
    pub const DEVICE_REGISTERED: u32 = 64;
    /// The quorum device polls in time.
    pub const DEVICE_ALIVE: u32 = 128;
    /// The quorum device casts its vote.
    pub const DEVICE_CAST_VOTE: u32 = 256;
    /// The quorum device may decide alone.
    pub const DEVICE_MASTER_WINS: u32 = 512;
}

/// One node as the answering node sees it: what `votequorum_getinfo` returns and `corosync-quorumtool -s` prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// The node asked about.
    pub node: NodeId,
    /// Where it is.
    pub state: NodeState,
    /// Its votes.
    pub votes: u32,
    /// The votes that it expects.
    pub expected: u32,
    /// The highest expected votes of all members.
    pub highest: u32,
    /// The members' votes, with the device's if this node's device casts them.
    pub total: u32,
    /// The votes needed.
    pub quorum: u32,
    /// Bits of [`info_flag`].
    pub flags: u32,
    /// The quorum device's votes, cast or not.
    pub device_votes: u32,
    /// The quorum device's name; empty without one.
    pub device_name: DeviceName,
}

/// The state that corosync shows as `runtime.votequorum.*` in cmap; `None`: the key does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Runtime {
    /// `two_node`: the option's value in force.
    pub two_node: u8,
    /// `ev_barrier`: `allow_downscale` does not go below it.
    pub ev_barrier: u32,
    /// `wait_for_all_status`: whether we still wait for all. Absent while nothing ever waited.
    pub wait_for_all_status: Option<bool>,
    /// `lowest_node_id` and `highest_node_id` of the last membership with a majority.
    pub lowest_and_highest: Option<(NodeId, NodeId)>,
    /// `atb_type`, when a tie breaker is on.
    pub tie_breaker: Option<u32>,
    /// `ev_tracking_barrier`, with expected votes tracking.
    pub ev_tracking_barrier: Option<u32>,
    /// `qdevice_can_operate`, with a quorum device configured.
    pub device_can_operate: Option<bool>,
    /// `qdevice_master_wins`, after a master-wins call.
    pub device_master_wins: Option<bool>,
}

impl Votequorum {
    /// What is known of `node`, 0 being ourselves; `None` for a node never heard of.
    pub fn info(&self, node: NodeId) -> Option<Info> {
        let node = if node == DEVICE { self.me } else { node };
        let record = self.nodes.get(&node)?;
        let mut tally = self.member_tally();
        if record.has(flag::DEVICE_CAST_VOTE) {
            tally.votes = tally.votes.wrapping_add(self.device.votes);
        }
        Some(Info {
            node,
            state: record.state,
            votes: record.votes,
            expected: record.expected,
            highest: tally.highest,
            total: tally.votes,
            quorum: u32::from(self.quorum),
            // The device's flags stand in the same order two bits higher.
            flags: self.own_info_flags() | (record.flags & flag::DEVICE) << 2,
            device_votes: self.device.votes,
            device_name: self.device.name.clone(),
        })
    }

    fn own_info_flags(&self) -> u32 {
        let settings = &self.settings;
        [
            (settings.two_node != 0, info_flag::TWO_NODE),
            (self.quorate, info_flag::QUORATE),
            (settings.wait_for_all != 0, info_flag::WAIT_FOR_ALL),
            (settings.last_man_standing, info_flag::LAST_MAN_STANDING),
            (settings.tie_breaker.is_on(), info_flag::AUTO_TIE_BREAKER),
            (settings.allow_downscale, info_flag::ALLOW_DOWNSCALE),
        ]
        .iter()
        .fold(
            0,
            |flags, (on, flag)| if *on { flags | flag } else { flags },
        )
    }

    /// The state that corosync shows in cmap.
    pub fn runtime(&self) -> Runtime {
        let settings = &self.settings;
        Runtime {
            two_node: settings.two_node,
            ev_barrier: self.barrier,
            wait_for_all_status: self.waiting,
            lowest_and_highest: self.extremes,
            tie_breaker: settings
                .tie_breaker
                .is_on()
                .then(|| settings.tie_breaker.code()),
            ev_tracking_barrier: settings.tracking.then_some(self.tracking_barrier),
            device_can_operate: self.device.configured.then_some(self.device.can_operate),
            device_master_wins: self.device.master_wins,
        }
    }

    /// The nodes whose votes count now, ascending by id.
    pub fn voters(&self) -> impl Iterator<Item = NodeId> {
        self.members().map(|(id, _)| id)
    }

    /// Every node ever heard of with its state, ascending by id.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, NodeState)> {
        self.nodes.iter().map(|(id, node)| (*id, node.state))
    }
}

const _: () = assert!(flag::DEVICE_REGISTERED << 2 == info_flag::DEVICE_REGISTERED);
const _: () = assert!(flag::DEVICE_MASTER_WINS << 2 == info_flag::DEVICE_MASTER_WINS);
