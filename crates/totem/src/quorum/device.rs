//! The quorum device: a local program that lends its votes to this node.
//!
//! The device itself never speaks on the ring; only its name, its votes and four flags of its node do. A node counts the
//! device's votes for itself only, while the device casts them.

use core::time::Duration;

use super::call::CallError;
use super::node::flag;
use super::options::DeviceOptions;
use super::{Output, Votequorum};
use crate::wire::service::votequorum::{DeviceName, Message};
use crate::{Instant, RingId};

/// What this node knows of the device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Device {
    /// The device's votes, whether it casts them or not.
    pub(super) votes: u32,
    /// The cluster-wide name; empty before the first registration anywhere.
    pub(super) name: DeviceName,
    /// Whether the configuration lets the device work; `false` after a contradiction at run time.
    pub(super) can_operate: bool,
    /// Whether its vote alone is enough; `None` while it has not said.
    pub(super) master_wins: Option<bool>,
    /// Whether corosync.conf has a device.
    pub(super) configured: bool,
    timeout: Duration,
    sync_timeout: Duration,
    /// The name that a library call waits to see registered.
    registering: Option<DeviceName>,
    /// When a device that has not polled is declared dead.
    pub(super) deadline: Option<Instant>,
}

impl Device {
    pub(super) fn new() -> Self {
        Self {
            can_operate: true,
            ..Self::default()
        }
    }

    pub(super) fn is_named(&self) -> bool {
        !self.name.as_bytes().is_empty()
    }

    pub(super) fn configure(&mut self, options: Option<&DeviceOptions>) {
        self.configured = options.is_some();
        if let Some(device) = options {
            self.timeout = device.timeout();
            self.sync_timeout = device.sync_timeout();
        }
    }
}

/// The calls of a local quorum device, as libvotequorum offers them.
impl Votequorum {
    /// Registers a device by name. `Ok(true)`: done. `Ok(false)`: the answer comes as [`Output::DeviceRegistered`] when
    /// the whole ring has seen the registration.
    pub fn register_device(&mut self, name: &DeviceName) -> Result<bool, CallError> {
        self.device_may_operate()?;
        if self.us().has(flag::DEVICE_REGISTERED) {
            return if self.device.name == *name {
                Ok(true)
            } else {
                Err(CallError::Exist)
            };
        }
        if self.device.registering.is_some() {
            return Err(CallError::TryAgain);
        }
        self.device.registering = Some(name.clone());
        self.send(Message::QdeviceReg {
            register: true,
            name: name.clone(),
        });
        Ok(false)
    }

    /// Takes the device back; its vote is gone at once.
    pub fn unregister_device(&mut self, name: &DeviceName) -> Result<(), CallError> {
        self.named_device(name)?;
        self.device.deadline = None;
        self.us_mut().set(flag::DEVICE, false);
        self.send_node_info();
        self.send(Message::QdeviceReg {
            register: false,
            name: name.clone(),
        });
        Ok(())
    }

    /// Renames the device in the whole ring.
    pub fn update_device(&mut self, old: &DeviceName, new: &DeviceName) -> Result<(), CallError> {
        self.named_device(old)?;
        self.send(Message::QdeviceReconfigure {
            old: old.clone(),
            new: new.clone(),
        });
        Ok(())
    }

    /// The device's sign of life, with its vote, for the ring that it has seen. The next one is due within `timeout`.
    pub fn poll_device(
        &mut self,
        now: Instant,
        name: &DeviceName,
        cast: bool,
        ring: RingId,
    ) -> Result<(), CallError> {
        self.device_may_operate()?;
        self.registered_device()?;
        if ring != self.ring {
            return Err(CallError::MessageError);
        }
        self.named_device(name)?;
        self.change_device_flags(|us| {
            us.set(flag::DEVICE_ALIVE, true);
            us.set(flag::DEVICE_CAST_VOTE, cast);
        });
        self.device.deadline = Some(now + self.device.timeout);
        self.release_sync();
        Ok(())
    }

    /// Lets the device's vote alone make a partition quorate, or no longer.
    pub fn device_master_wins(&mut self, name: &DeviceName, allow: bool) -> Result<(), CallError> {
        self.device_may_operate()?;
        self.named_device(name)?;
        self.change_device_flags(|us| us.set(flag::DEVICE_MASTER_WINS, allow));
        self.device.master_wins = Some(allow);
        Ok(())
    }

    fn device_may_operate(&self) -> Result<(), CallError> {
        self.device
            .can_operate
            .then_some(())
            .ok_or(CallError::Access)
    }

    fn registered_device(&self) -> Result<(), CallError> {
        self.us()
            .has(flag::DEVICE_REGISTERED)
            .then_some(())
            .ok_or(CallError::NotExist)
    }

    fn named_device(&self, name: &DeviceName) -> Result<(), CallError> {
        self.registered_device()?;
        (self.device.name == *name)
            .then_some(())
            .ok_or(CallError::InvalidParam)
    }

    fn change_device_flags(&mut self, change: impl FnOnce(&mut super::node::Node)) {
        let before = self.us().flags;
        change(self.us_mut());
        if self.us().flags != before {
            self.send_node_info();
        }
    }
}

/// What the ring and the clock do to the device.
impl Votequorum {
    /// A ring change: the device gets `sync_timeout` to poll for it. Whether synchronisation waits for that.
    pub(super) fn device_sync_starts(&mut self, now: Instant) -> bool {
        let working = self.us().has(flag::DEVICE_REGISTERED | flag::DEVICE_ALIVE);
        if working {
            self.device.deadline = Some(now + self.device.sync_timeout);
        }
        working
    }

    /// The device has not polled in time: it stays registered, without its vote.
    pub(super) fn device_timed_out(&mut self) {
        if self.us().has(flag::DEVICE_ALIVE) {
            self.us_mut()
                .set(flag::DEVICE_ALIVE | flag::DEVICE_CAST_VOTE, false);
            self.send_node_info();
            self.release_sync();
        }
    }

    /// A registration came by; ours if `own`.
    pub(super) fn on_device_registered(&mut self, own: bool, name: &DeviceName) {
        if !own {
            self.adopt_device_name(name);
            return;
        }
        if self.us().has(flag::DEVICE_REGISTERED) {
            return;
        }
        if self.device.registering.take().is_none() {
            self.notice(super::Notice::DeviceRegistrationUnasked);
            return;
        }
        self.adopt_device_name(name);
        let answer = if self.device.name == *name {
            self.us_mut().set(flag::DEVICE_REGISTERED, true);
            self.send_device_info();
            self.send_node_info();
            Ok(())
        } else {
            Err(CallError::Exist)
        };
        self.output(Output::DeviceRegistered(answer));
    }

    fn adopt_device_name(&mut self, name: &DeviceName) {
        if !self.device.is_named() {
            self.device.name = name.clone();
        }
    }

    /// Somebody's device is gone; the name is free when it was the last.
    pub(super) fn on_device_unregistered(&mut self) {
        if !self
            .members()
            .any(|(_, node)| node.has(flag::DEVICE_REGISTERED))
        {
            self.device.name = DeviceName::default();
        }
    }

    pub(super) fn on_device_renamed(&mut self, old: &DeviceName, new: &DeviceName) {
        if self.device.name == *old {
            self.device.name = new.clone();
        }
    }
}
