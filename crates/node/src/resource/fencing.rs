//! Making sure that a node does nothing any more.

use alloc::collections::BTreeMap;
use alloc::string::String;
use core::fmt;
use core::time::Duration;

/// What a fence agent is asked for; [`FenceOperation::name`] is the value of its `action`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub enum FenceOperation {
    /// Cut the power, or what stands for it.
    Off,
    /// Give it back.
    On,
    /// Off, then on.
    Reboot,
    /// Whether the target is on: exit code 0, or off: 2.
    Status,
    /// Whether the device answers.
    Monitor,
    /// The targets that the device can fence, one a line.
    List,
    /// Describe yourself, in XML.
    Metadata,
}

impl FenceOperation {
    /// Its name in the fence agents' interface.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On => "on",
            Self::Reboot => "reboot",
            Self::Status => "status",
            Self::Monitor => "monitor",
            Self::List => "list",
            Self::Metadata => "metadata",
        }
    }

    /// Whether success means that the target does nothing any more.
    #[must_use]
    pub fn silences(self) -> bool {
        matches!(self, Self::Off | Self::Reboot)
    }
}

impl fmt::Display for FenceOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One thing to ask of one fence agent, once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Fencing {
    /// The agent's name: `fence_ipmilan`.
    pub agent: String,
    /// What it is asked for.
    pub operation: FenceOperation,
    /// The node to be fenced: the value of `nodename`, and of `plug` or `port` unless a parameter gives one. Without, the
    /// request is about the device.
    pub target: Option<String>,
    /// The device's parameters by their names: `ip`, `username`.
    pub parameters: BTreeMap<String, String>,
    /// The time after which it counts as failed and is ended; Pacemaker's `stonith-timeout` is 60 s by default.
    pub timeout: Duration,
}
