//! The processor's time, which other work on the machine does not lengthen.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

/// What this thread has used so far; zero if the system does not say.
pub(super) fn used() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(Duration::ZERO, Duration::from)
}
