//! tokio's clock as the node counts time.

use std::time::Duration;

use ringwright::Instant;
use tokio::time;

/// Nanoseconds since the loop started, by tokio's clock, which tests and simulations may move.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    origin: time::Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self {
            origin: time::Instant::now(),
        }
    }

    pub(crate) fn now(self) -> Instant {
        Instant::ZERO + self.origin.elapsed()
    }

    /// When tokio's clock shows `at`.
    pub(crate) fn at(self, at: Instant) -> time::Instant {
        self.origin + Duration::from_nanos(at.as_nanos())
    }
}
