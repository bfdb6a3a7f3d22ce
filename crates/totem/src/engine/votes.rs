//! votequorum's part of the engine: calls of operators and devices, and what it wants done.

use super::Engine;
use super::io::{DeviceCall, Event, Output, QuorumCall, Rejected};
use crate::quorum::{self, CallError, Votequorum};
use crate::wire::service::Message;

impl Engine {
    pub(super) fn call_quorum(&mut self, call: &QuorumCall) -> Result<(), Rejected> {
        let quorum = self.quorum.as_mut().ok_or(Rejected::NoQuorum)?;
        // A synchronisation may be waiting for just this poll.
        let poll = matches!(call, QuorumCall::Device(DeviceCall::Poll { .. }));
        if self.lanes.synchronising && !poll {
            return Err(Rejected::Synchronising);
        }
        let done = match call {
            QuorumCall::SetExpected(votes) => quorum.set_expected(*votes),
            QuorumCall::SetVotes(node, votes) => quorum.set_votes(*node, *votes),
            QuorumCall::CancelWaitForAll => {
                quorum.cancel_wait_for_all();
                Ok(())
            }
            QuorumCall::Reconfigure(options) => {
                for notice in quorum.reconfigure(options).to_vec() {
                    self.event(Event::QuorumNotice(notice));
                }
                Ok(())
            }
            QuorumCall::Device(call) => self.call_device(call),
        };
        done.map_err(Rejected::Quorum)
    }

    fn call_device(&mut self, call: &DeviceCall) -> Result<(), CallError> {
        let Some(quorum) = &mut self.quorum else {
            return Ok(());
        };
        match call {
            DeviceCall::Register(name) => {
                if quorum.register_device(name)? {
                    self.event(Event::DeviceRegistered(Ok(())));
                }
                Ok(())
            }
            DeviceCall::Unregister(name) => quorum.unregister_device(name),
            DeviceCall::Rename { old, new } => quorum.update_device(old, new),
            DeviceCall::Poll {
                name,
                cast,
                ring_id,
            } => quorum.poll_device(self.now, name, *cast, *ring_id),
            DeviceCall::MasterWins { name, allow } => quorum.device_master_wins(name, *allow),
        }
    }

    pub(super) fn take_quorum_outputs(&mut self) -> bool {
        let mut moved = false;
        while let Some(output) = self.quorum.as_mut().and_then(Votequorum::poll_output) {
            moved = true;
            match output {
                quorum::Output::Send(message) => self.send(&Message::Votequorum(message)),
                quorum::Output::Verdict {
                    quorate,
                    members,
                    ring,
                } => {
                    self.event(Event::Quorum {
                        quorate,
                        members,
                        ring_id: ring,
                    });
                }
                quorum::Output::StoreTracking(votes) => {
                    self.stable.expected_votes = Some(votes);
                    self.outputs.push_back(Output::Store(self.stable));
                }
                quorum::Output::Notice(notice) => self.event(Event::QuorumNotice(notice)),
                quorum::Output::ExpectedVotes(votes) => self.event(Event::ExpectedVotes(votes)),
                quorum::Output::DeviceRegistered(result) => {
                    self.event(Event::DeviceRegistered(result));
                }
            }
        }
        moved
    }
}
