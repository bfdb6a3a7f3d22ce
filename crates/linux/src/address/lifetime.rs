//! From the end of a lease to the seconds that the kernel is told.
//!
//! The kernel keeps a lifetime as whole seconds from the moment it worked on the request, and looks for expired ones with a
//! timer that it rounds (`net/ipv4/devinet.c: check_lifetime`, `net/ipv6/addrconf.c: addrconf_verify_rtnl`). With
//!
//! * `b` the clock just before the request, `k` the moment the kernel worked on it, `a` the clock just after: `b <= k <= a`,
//! * `v` the whole seconds asked for,
//! * `s` = [`KERNEL_SLACK`] = 1 s, what the timer may be late: it waits at least `ADDRCONF_TIMER_FUZZ_MAX` = 1 s from
//!   its last look, and rounds its next by at most `ADDRCONF_TIMER_FUZZ` = 1/4 s,
//!
//! the address is gone at `k + v + s` at the latest. The promise is gone by `until`, so
//!
//! ```text
//! v = floor(until - b - s), at least 1          else the lease is too short to be given
//! a + v + s <= until                            else the request took too long: ask again with what is left, or remove
//! ```
//!
//! The first line holds the promise if the kernel worked on the request at once; the second one makes up for a process
//! that was stopped, or a kernel that was locked, in between: see [`kept`]. `b`, `k` and `a` are of one clock, the monotonic
//! one, which like the kernel's ticks stands still while the machine is suspended. Not in the arithmetic: the delay with
//! which the kernel's worker runs once its timer has fired, a matter of its load.

use std::time::Duration;

use tokio::time::Instant;

/// What the kernel's timer may be late.
pub const KERNEL_SLACK: Duration = Duration::from_secs(1);

/// The shortest lease that can be given: one second of the kernel's, and its slack.
pub const LEASE_MIN: Duration = Duration::from_secs(2);

/// Means for ever, in the kernel's seconds.
pub(crate) const FOREVER: u32 = u32::MAX;

/// The seconds to ask for at `before` so that the address is gone by `until`; `None` if not even one is left.
pub(crate) fn seconds(before: Instant, until: Instant) -> Option<u32> {
    let left = until
        .checked_duration_since(before)?
        .checked_sub(KERNEL_SLACK)?;
    // Longer than any lease, and as long for ever as nobody renews it.
    let left = u32::try_from(left.as_secs()).unwrap_or(FOREVER - 1);
    (left >= 1).then_some(left.min(FOREVER - 1))
}

/// Whether what was asked for before `after` is gone by `until`, whenever up to `after` the kernel worked on it.
pub(crate) fn kept(after: Instant, seconds: u32, until: Instant) -> bool {
    after + Duration::from_secs(seconds.into()) + KERNEL_SLACK <= until
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        thread_local!(static ORIGIN: Instant = Instant::now());
        ORIGIN.with(|origin| *origin) + Duration::from_millis(millis)
    }

    #[test]
    fn a_lifetime_is_rounded_so_that_the_end_is_never_passed() {
        assert_eq!(seconds(at(0), at(5000)), Some(4));
        assert_eq!(seconds(at(1), at(5000)), Some(3));
        assert_eq!(seconds(at(0), at(5999)), Some(4));
        assert_eq!(seconds(at(0), at(2000)), Some(1));
        assert_eq!(seconds(at(0), at(1999)), None);
        assert_eq!(seconds(at(3000), at(2000)), None);
        for left in 0..20_000 {
            let (before, until) = (at(7), at(7 + left));
            if let Some(seconds) = seconds(before, until) {
                assert!(kept(before, seconds, until), "{left} ms");
                assert!(!kept(before, seconds + 1, until), "{left} ms");
            } else {
                assert!(left < 2000);
            }
        }
        assert_eq!(seconds(at(0), at(0) + LEASE_MIN), Some(1));
    }

    #[test]
    fn a_request_that_took_too_long_is_found_out() {
        let granted = seconds(at(0), at(5400)).unwrap();
        assert!(kept(at(400), granted, at(5400)));
        assert!(!kept(at(401), granted, at(5400)));
    }

    #[test]
    fn a_lease_beyond_the_kernels_seconds_is_not_for_ever() {
        let far = at(0) + Duration::from_secs(1 << 40);
        assert_eq!(seconds(at(0), far), Some(FOREVER - 1));
    }
}
