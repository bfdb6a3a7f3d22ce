//! What an operator or a program may change while the cluster runs.

use core::fmt;

use super::conflict::Notice;
use super::options::Options;
use super::rules::Reading;
use super::{DEVICE, Votequorum};
use crate::NodeId;
use crate::wire::service::votequorum::{
    Message, PARAM_CANCEL_WAIT_FOR_ALL, PARAM_EXPECTED_VOTES, PARAM_VOTES,
};

/// Why a call was refused; nothing changed. [`CallError::code`] is corosync's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallError {
    /// Another registration is under way. 6.
    TryAgain,
    /// The value would leave the cluster in a state that it must not have, or the name is another one. 7.
    InvalidParam,
    /// The configuration does not let a quorum device work. 11.
    Access,
    /// No such node, or no device registered. 12.
    NotExist,
    /// A device of another name is registered. 14.
    Exist,
    /// No such node to give votes to. 17.
    NameNotFound,
    /// The poll is for another ring than the present one. 22.
    MessageError,
}

impl CallError {
    /// corosync's `cs_error_t`.
    #[must_use]
    pub fn code(self) -> u32 {
        match self {
            Self::TryAgain => 6,
            Self::InvalidParam => 7,
            Self::Access => 11,
            Self::NotExist => 12,
            Self::Exist => 14,
            Self::NameNotFound => 17,
            Self::MessageError => 22,
        }
    }

    /// The name that corosync's tools print.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::TryAgain => "CS_ERR_TRY_AGAIN",
            Self::InvalidParam => "CS_ERR_INVALID_PARAM",
            Self::Access => "CS_ERR_ACCESS",
            Self::NotExist => "CS_ERR_NOT_EXIST",
            Self::Exist => "CS_ERR_EXIST",
            Self::NameNotFound => "CS_ERR_NAME_NOT_FOUND",
            Self::MessageError => "CS_ERR_MESSAGE_ERROR",
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl core::error::Error for CallError {}

impl Votequorum {
    /// Sets the expected votes of the whole partition until the next restart, as `corosync-quorumtool -e` does.
    ///
    /// Refused with [`CallError::InvalidParam`] when there are more votes than that already, or when a quorate partition
    /// would lose its quorum by it.
    pub fn set_expected(&mut self, votes: u32) -> Result<(), CallError> {
        let tally = self.tally();
        let quorum = self.threshold(&tally, true, votes);
        if votes < tally.votes || (self.quorate && quorum > tally.votes) {
            return Err(CallError::InvalidParam);
        }
        self.set_members_expected(votes);
        let node = self.me;
        self.send(Message::Reconfigure {
            node,
            value: votes,
            param: PARAM_EXPECTED_VOTES,
        });
        Ok(())
    }

    /// Gives a node other votes until the next restart; node 0 is the quorum device.
    ///
    /// Refused with [`CallError::NameNotFound`] for a node never heard of, and with [`CallError::InvalidParam`] when this
    /// partition would have no quorum after it.
    pub fn set_votes(&mut self, node: NodeId, votes: u32) -> Result<(), CallError> {
        let before =
            core::mem::replace(self.votes_mut(node).ok_or(CallError::NameNotFound)?, votes);
        let tally = self.tally();
        let quorum = self.threshold(&tally, true, 0);
        if quorum < tally.votes / 2 || quorum > tally.votes {
            if let Some(votes) = self.votes_mut(node) {
                *votes = before;
            }
            return Err(CallError::InvalidParam);
        }
        self.send(Message::Reconfigure {
            node,
            value: votes,
            param: PARAM_VOTES,
        });
        Ok(())
    }

    /// Stops the whole partition from waiting for all, as the cmap key `quorum.cancel_wait_for_all` does.
    pub fn cancel_wait_for_all(&mut self) {
        let node = self.me;
        self.send(Message::Reconfigure {
            node,
            value: 0,
            param: PARAM_CANCEL_WAIT_FOR_ALL,
        });
    }

    /// Takes over a changed configuration; options that are fixed at start keep their value.
    ///
    /// Returns what was not as it should be. A contradiction leaves votes and expected votes alone where corosync does.
    pub fn reconfigure(&mut self, options: &Options) -> &[Notice] {
        let before = *self.us();
        self.notices.clear();
        let own = Reading {
            me: self.me,
            options,
            registered: before.has(super::node::flag::DEVICE_REGISTERED),
            settings: &mut self.settings,
            device: &mut self.device,
            tracked: self.tracking_barrier,
            notices: &mut self.notices,
        }
        .at_runtime();
        if let Some(own) = own {
            self.take_over(own);
            if self.settings.wait_for_all == 0
                && self.settings.wait_for_all_auto
                && self.waiting == Some(true)
            {
                self.set_waiting(false);
            }
        }
        self.send_node_info();
        self.send_device_info();
        let (node, us) = (self.me, *self.us());
        for (changed, value, param) in [
            (us.votes != before.votes, us.votes, PARAM_VOTES),
            (
                us.expected != before.expected,
                us.expected,
                PARAM_EXPECTED_VOTES,
            ),
        ] {
            if changed {
                self.send(Message::Reconfigure { node, value, param });
            }
        }
        &self.notices
    }

    pub(super) fn votes_mut(&mut self, node: NodeId) -> Option<&mut u32> {
        if node == DEVICE {
            return Some(&mut self.device.votes);
        }
        self.nodes.get_mut(&node).map(|node| &mut node.votes)
    }
}
