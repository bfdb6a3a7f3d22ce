//! votequorum: votes, and who may act. Every option and every verdict as in corosync 3.1.7.
//!
//! [`Votequorum`] is one node's service, pure: the sync engine drives it through [`Votequorum::sync_init`],
//! [`Votequorum::sync_process`] and [`Votequorum::sync_activate`], the ring's messages come in by
//! [`Votequorum::on_message`], time by [`Votequorum::on_timeout`]; what it wants done comes out of
//! [`Votequorum::poll_output`]. "Member" always means a node in the present ring that has told its votes, never one that
//! is merely in the nodelist.
//!
//! | file | what |
//! |---|---|
//! | `options`, `rules`, `conflict` | corosync.conf: what it says, what goes together, what is refused or yields |
//! | `node`, `tally`, `tie_breaker` | the voters, the threshold, the verdict |
//! | `sync`, `handlers`, `device`, `call` | what happens: rings, messages, the quorum device, operators |
//! | `info`, `explain` | what is shown |
//! | `scenario` | plays recorded histories of whole clusters |

mod call;
mod conflict;
mod device;
mod explain;
mod handlers;
mod info;
mod node;
mod options;
mod rules;
pub mod scenario;
mod sync;
mod tally;
mod tie_breaker;

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

pub use call::CallError;
pub use conflict::{Notice, Refusal};
pub use explain::{Change, Reason, Why};
pub use info::{Info, Runtime, info_flag};
pub use node::{NodeState, flag};
pub use options::{DeviceOptions, Options, TwoNode};
pub use tie_breaker::TieBreaker;

use crate::wire::service::votequorum::{Message, NodeInfo};
use crate::{Instant, NodeId, RingId};
use device::Device;
use node::Node;
use rules::{OwnVotes, Reading, Settings};
use sync::Sync;

/// Stands for the quorum device where a message or a call names a node.
pub const DEVICE: NodeId = NodeId(0);

/// Something that [`Votequorum`] wants done; in order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Output {
    /// Multicast this to the whole ring, ourselves included.
    Send(Message),
    /// The verdict on this ring: published at the end of every synchronisation, and whenever it changes between.
    Verdict {
        /// Whether this partition may act.
        quorate: bool,
        /// The ring's members, ascending.
        members: Vec<NodeId>,
        /// The ring.
        ring: RingId,
    },
    /// Programs that track votequorum should hear of new expected votes.
    ExpectedVotes(u32),
    /// Keep these expected votes across restarts; give them back to [`Votequorum::new`].
    StoreTracking(u32),
    /// The answer to [`Votequorum::register_device`].
    DeviceRegistered(Result<(), CallError>),
    /// Tell the operator.
    Notice(Notice),
}

/// One node's votequorum service.
///
/// Take all of [`Votequorum::poll_output`] after each call: the queue grows by a few entries with each call and is
/// otherwise unbounded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Votequorum {
    me: NodeId,
    settings: Settings,
    /// The threshold; corosync keeps eight bits of it.
    quorum: u8,
    quorate: bool,
    /// The rule behind `quorate`.
    reason: Reason,
    /// Whether we wait for all; `None` while nothing ever did.
    waiting: Option<bool>,
    /// The lowest and highest id of the last membership with enough votes.
    extremes: Option<(NodeId, NodeId)>,
    /// `allow_downscale` stays above it.
    barrier: u32,
    /// The highest expected votes seen, with tracking.
    tracking_barrier: u32,
    /// Every node ever heard of; always has `me`.
    nodes: BTreeMap<NodeId, Node>,
    device: Device,
    ring: RingId,
    ring_members: Vec<NodeId>,
    /// The members of the ring before.
    previous: Vec<NodeId>,
    sync: Option<Sync>,
    /// When last man standing shrinks the expected votes.
    last_man_standing_at: Option<Instant>,
    /// What the last reading of the options had to say.
    notices: Vec<Notice>,
    #[cfg_attr(feature = "snapshot", serde(skip))]
    outputs: VecDeque<Output>,
}

impl Votequorum {
    /// The service of node `me` just started; its first output introduces the node to the ring.
    ///
    /// `tracking` is what an earlier run stored by [`Output::StoreTracking`]. Options that yielded to others are told by
    /// the notices; options that cannot go together refuse the start.
    pub fn new(
        me: NodeId,
        options: &Options,
        tracking: Option<u32>,
    ) -> Result<(Self, Vec<Notice>), Refusal> {
        let mut notices = Vec::new();
        let mut settings = Settings::at_start(options, &mut notices);
        let mut device = Device::new();
        let tracking_barrier = tracking.filter(|_| settings.tracking).unwrap_or(0);
        let own = Reading {
            me,
            options,
            settings: &mut settings,
            device: &mut device,
            registered: false,
            tracked: tracking_barrier,
            notices: &mut notices,
        }
        .at_start()?;
        let us = Node {
            state: NodeState::Member,
            flags: flag::FIRST,
            ..Node::UNKNOWN
        };
        let mut service = Self {
            me,
            settings,
            quorum: 0,
            quorate: false,
            reason: Reason::Undecided,
            waiting: None,
            extremes: None,
            barrier: 0,
            tracking_barrier,
            nodes: [(me, us)].into(),
            device,
            ring: RingId::default(),
            ring_members: Vec::new(),
            previous: Vec::new(),
            sync: None,
            last_man_standing_at: None,
            notices: notices.clone(),
            outputs: VecDeque::new(),
        };
        service.take_over(own);
        if service.settings.wait_for_all != 0 {
            service.set_waiting(true);
        }
        service.send_node_info();
        Ok((service, notices))
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Votequorum::on_timeout`] is due.
    pub fn poll_timeout(&self) -> Option<Instant> {
        [self.last_man_standing_at, self.device.deadline]
            .into_iter()
            .flatten()
            .min()
    }

    /// Time has passed. Early calls change nothing.
    pub fn on_timeout(&mut self, now: Instant) {
        let expired = |at: &mut Option<Instant>| at.take_if(|at| *at <= now).is_some();
        if expired(&mut self.last_man_standing_at) && self.quorate {
            self.recalculate(true, true);
        }
        if expired(&mut self.device.deadline) {
            self.device_timed_out();
        }
    }

    /// A clean exit is coming: says so where `allow_downscale` lets the others use it.
    pub fn leave(&mut self) {
        if self.settings.allow_downscale {
            let info = self.node_info();
            let flags = info.flags | flag::LEAVING;
            self.send(Message::NodeInfo(NodeInfo { flags, ..info }));
        }
    }

    /// Whether this partition may act, as last counted. During synchronisation this is not the published verdict.
    pub fn is_quorate(&self) -> bool {
        self.quorate
    }

    /// What the last reading of the options had to say: which yielded, and to what.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Takes over votes by configuration; the end of rule 18.
    fn take_over(&mut self, own: OwnVotes) {
        let us = self.us_mut();
        us.votes = own.votes;
        us.expected = own.expected.unwrap_or(us.expected);
        self.barrier = us.expected;
    }

    fn us(&self) -> &Node {
        &self.nodes[&self.me]
    }

    fn us_mut(&mut self) -> &mut Node {
        self.nodes.entry(self.me).or_insert(Node::UNKNOWN)
    }

    fn members(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes
            .iter()
            .filter(|(_, node)| node.is_member())
            .map(|(id, node)| (*id, node))
    }

    fn node_info(&self) -> NodeInfo {
        let us = self.us();
        NodeInfo {
            node: self.me,
            votes: us.votes,
            expected: us.expected,
            flags: us.flags,
        }
    }

    fn send_node_info(&mut self) {
        let info = self.node_info();
        self.send(Message::NodeInfo(info));
    }

    fn send_device_info(&mut self) {
        let votes = self.device.votes;
        self.send(Message::NodeInfo(NodeInfo {
            node: DEVICE,
            votes,
            expected: 0,
            flags: 0,
        }));
    }

    fn send(&mut self, message: Message) {
        self.output(Output::Send(message));
    }

    fn notice(&mut self, notice: Notice) {
        self.output(Output::Notice(notice));
    }

    fn output(&mut self, output: Output) {
        self.outputs.push_back(output);
    }
}
