//! Datagrams that were sent, counted by what is in them.

use std::ops::Sub;

use ringwright_totem::wire::Kind;
use serde::{Deserialize, Serialize};

use super::network::TYPE_AT;

/// Datagrams, and the bytes in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// How many.
    pub datagrams: u64,
    /// Their UDP payloads, bytes.
    pub bytes: u64,
}

/// What all daemons sent. A message to all over udpu counts once for each peer, as it is sent once to each; over
/// multicast it counts once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic([Amount; Kind::ALL.len()]);

impl Traffic {
    pub(super) fn count(&mut self, bytes: &[u8]) {
        let number = bytes.get(TYPE_AT).copied();
        let kind = Kind::ALL
            .iter()
            .position(|kind| Some(kind.number()) == number);
        // What is not a frame is sent by no daemon.
        if let Some(amount) = kind.map(|kind| &mut self.0[kind]) {
            amount.datagrams += 1;
            amount.bytes += bytes.len() as u64;
        }
    }

    /// Of one kind.
    #[must_use]
    pub fn of(&self, kind: Kind) -> Amount {
        let index = Kind::ALL.iter().position(|&known| known == kind);
        index.map_or(Amount::default(), |index| self.0[index])
    }

    /// Of all kinds.
    #[must_use]
    pub fn all(&self) -> Amount {
        let add = |sum: Amount, one: &Amount| Amount {
            datagrams: sum.datagrams + one.datagrams,
            bytes: sum.bytes + one.bytes,
        };
        self.0.iter().fold(Amount::default(), add)
    }
}

impl Sub for Traffic {
    type Output = Self;

    /// What was sent since `earlier`.
    fn sub(mut self, earlier: Self) -> Self {
        for (amount, before) in self.0.iter_mut().zip(earlier.0) {
            amount.datagrams -= before.datagrams;
            amount.bytes -= before.bytes;
        }
        self
    }
}
