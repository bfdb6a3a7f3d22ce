//! What the ring's messages do. Every member, the sender included, handles them in the same order.

use super::conflict::Notice;
use super::node::{Node, NodeState, flag};
use super::{DEVICE, Output, Votequorum};
use crate::NodeId;
use crate::wire::NODES_MAX;
use crate::wire::service::votequorum::{
    Message, NodeInfo, PARAM_CANCEL_WAIT_FOR_ALL, PARAM_EXPECTED_VOTES, PARAM_VOTES,
};

impl Votequorum {
    /// Handles a message that the ring delivered from member `from`, our own included.
    pub fn on_message(&mut self, from: NodeId, message: &Message) {
        match message {
            Message::NodeInfo(info) if info.node == DEVICE => self.on_device_info(from, info.votes),
            Message::NodeInfo(info) if info.node == from => self.on_node_info(info),
            Message::NodeInfo(info) => {
                let node = info.node;
                self.notice(Notice::Impostor { from, node });
            }
            Message::Reconfigure { node, value, param } => {
                self.on_reconfigure(*node, *value, *param);
            }
            Message::QdeviceReg {
                register: true,
                name,
            } => {
                self.on_device_registered(from == self.me, name);
            }
            Message::QdeviceReg {
                register: false, ..
            } => self.on_device_unregistered(),
            Message::QdeviceReconfigure { old, new } => self.on_device_renamed(old, new),
        }
    }

    /// A member introduces itself, or says what changed about it.
    fn on_node_info(&mut self, info: &NodeInfo) {
        let known = self.nodes.get(&info.node).copied();
        if known.is_none() && self.nodes.len() >= NODES_MAX {
            self.notice(Notice::TooManyNodes(info.node));
            return;
        }
        let sends = |flags| info.flags & flags != 0;
        let leaving = sends(flag::LEAVING);
        // An inquorate node believes a quorate one.
        let believe = !self.quorate && sends(flag::QUORATE);
        if believe {
            self.us_mut().expected = info.expected;
        }
        let node = Node {
            state: if leaving {
                NodeState::Leaving
            } else {
                NodeState::Member
            },
            votes: info.votes,
            expected: if sends(flag::QUORATE) || self.settings.tracking {
                info.expected
            } else {
                self.us().expected
            },
            flags: info.flags,
        };
        self.nodes.insert(info.node, node);
        if self.settings.last_man_standing && info.votes > 1 {
            self.settings.last_man_standing = false;
            self.last_man_standing_at = None;
            let (node, votes) = (info.node, info.votes);
            self.notice(Notice::LastManStandingOff { node, votes });
        }
        if info.node == self.me || sends(flag::FIRST) || known != Some(node) {
            self.recalculate(believe || leaving, leaving);
        }
        // As recorded, not as sent: counting may just have taken our own quorum away.
        let node = self.nodes.get(&info.node).unwrap_or(&node);
        let free = node.has(flag::QUORATE) && !node.has(flag::WAITING);
        if self.settings.wait_for_all != 0 && free {
            // Takes effect when votes are next counted.
            self.set_waiting(false);
        }
    }

    /// A member tells its device's votes, whether they are cast or not.
    fn on_device_info(&mut self, from: NodeId, votes: u32) {
        let Some(sender) = self.nodes.get(&from) else {
            self.notice(Notice::StrangerDevice(from));
            return;
        };
        let before = self.device.votes;
        self.device.votes = if !self.quorate && sender.has(flag::QUORATE) {
            votes
        } else {
            votes.max(before)
        };
        if self.device.votes != before {
            self.recalculate(false, false);
        }
    }

    fn on_reconfigure(&mut self, node: NodeId, value: u32, param: u8) {
        match param {
            PARAM_EXPECTED_VOTES => {
                if value != 0 {
                    self.set_members_expected(value);
                }
                self.output(Output::ExpectedVotes(value));
                self.barrier = value;
                if self.settings.tracking {
                    let tracked = self.tracking_barrier;
                    let us = self.us_mut();
                    us.expected = us.expected.max(tracked);
                }
                self.recalculate(true, false);
            }
            PARAM_VOTES => {
                if let Some(votes) = self.votes_mut(node) {
                    *votes = value;
                    self.recalculate(true, false);
                }
            }
            PARAM_CANCEL_WAIT_FOR_ALL => {
                self.set_waiting(false);
                self.notice(Notice::WaitForAllCancelled);
                self.recalculate(false, false);
            }
            _ => {}
        }
    }
}
