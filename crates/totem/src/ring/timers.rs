//! The ring's timers: a table of deadlines.

use crate::Instant;

/// A named deadline; those due at once expire in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timer {
    /// No token for the whole token timeout.
    TokenLoss,
    /// No token for a while: send ours again.
    TokenRetransmit,
    /// The representative has kept an idle token long enough.
    Hold,
    /// Tell other rings that we are here.
    Merge,
    /// Repeat the JOIN.
    Join,
    /// A JOIN delayed by `send_join` is due.
    DelayedJoin,
    /// Give up on those who did not agree.
    Consensus,
    /// Prove that this process runs.
    Pause,
    /// Too few tokens for the heartbeat.
    Heartbeat,
    /// Give up on those who are suspected and did not answer.
    Suspicion,
}

const ALL: [Timer; 10] = [
    Timer::TokenLoss,
    Timer::TokenRetransmit,
    Timer::Hold,
    Timer::Merge,
    Timer::Join,
    Timer::DelayedJoin,
    Timer::Consensus,
    Timer::Pause,
    Timer::Heartbeat,
    Timer::Suspicion,
];

#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Timers([Option<Instant>; ALL.len()]);

impl Timers {
    pub(super) fn set(&mut self, timer: Timer, at: Instant) {
        self.0[timer as usize] = Some(at);
    }

    pub(super) fn cancel(&mut self, timer: Timer) {
        self.0[timer as usize] = None;
    }

    pub(super) fn is_set(&self, timer: Timer) -> bool {
        self.0[timer as usize].is_some()
    }

    /// A timer's deadline.
    pub(super) fn at(&self, timer: Timer) -> Option<Instant> {
        self.0[timer as usize]
    }

    /// The earliest deadline.
    pub(super) fn next(&self) -> Option<Instant> {
        self.0.iter().flatten().min().copied()
    }

    /// Takes the earliest timer that is due at `now`.
    pub(super) fn expire(&mut self, now: Instant) -> Option<Timer> {
        let due = ALL
            .into_iter()
            .filter(|&t| self.0[t as usize].is_some_and(|at| at <= now));
        let timer = due.min_by_key(|&t| self.0[t as usize])?;
        self.cancel(timer);
        Some(timer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_expire_in_order_of_time_and_then_of_name() {
        let at = Instant::from_nanos;
        let mut timers = Timers::default();
        timers.set(Timer::Consensus, at(5));
        timers.set(Timer::TokenLoss, at(5));
        timers.set(Timer::Join, at(3));
        assert_eq!(timers.next(), Some(at(3)));
        let order = [(); 4].map(|()| timers.expire(at(5)));
        assert_eq!(
            order,
            [
                Some(Timer::Join),
                Some(Timer::TokenLoss),
                Some(Timer::Consensus),
                None
            ]
        );
    }
}
