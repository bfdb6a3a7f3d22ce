//! How long the token's way round took of late, and processes stood still.

use core::time::Duration;

use crate::{Instant, RingId};

/// What was long is forgotten within so many times itself.
const MEMORY: u32 = 64;

/// The longest silence that was none of a failure, across rings.
#[derive(Debug, Default)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Pace {
    longest: Duration,
    noted: Instant,
    /// The token was declared lost: when it was here last, and on which ring.
    alarm: Option<(Instant, RingId)>,
}

impl Pace {
    /// The token came after so long, or this process stood still for so long.
    pub(super) fn note(&mut self, now: Instant, silence: Duration) {
        let faded = self.longest.saturating_sub(now.since(self.noted) / MEMORY);
        self.longest = faded.max(silence);
        self.noted = now;
    }

    /// The token of a ring was here last at `last` and is declared lost.
    pub(super) fn lose(&mut self, last: Instant, ring_id: RingId) {
        self.alarm = Some((last, ring_id));
    }

    /// A ring is formed of members that come from `rings`, this node from `own`, which had `members`. If all come from the one
    /// whose token was declared lost, that was too early; and who comes from it when the others have been on another
    /// since has only stood still. A silence of more than `token` would have been too long for anybody.
    pub(super) fn form(
        &mut self,
        now: Instant,
        token: Duration,
        (own, members): (RingId, usize),
        rings: impl Iterator<Item = RingId>,
    ) {
        let Some((since, lost)) = self.alarm else {
            return;
        };
        let back = rings.filter(|&ring| ring == lost).count();
        let silence = now.since(since);
        let too_early = if own == lost {
            back == members
        } else {
            back > 0
        };
        if too_early && silence <= token {
            self.note(now, silence);
            self.alarm = None;
        }
    }

    pub(super) fn longest(&self) -> Duration {
        self.longest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NodeId;

    const TOKEN: Duration = Duration::from_secs(5);

    fn at(secs: u64) -> Instant {
        Instant::ZERO + Duration::from_secs(secs)
    }

    fn ring(seq: u64) -> RingId {
        RingId::new(NodeId(1), seq)
    }

    #[test]
    fn a_false_alarm_is_remembered_and_forgotten_in_time() {
        let mut pace = Pace::default();
        pace.lose(at(1), ring(4));
        pace.form(at(2), TOKEN, (ring(4), 3), [ring(4); 3].into_iter());
        assert_eq!(pace.longest(), Duration::from_secs(1));
        pace.note(at(34), Duration::from_millis(100));
        assert_eq!(pace.longest(), Duration::from_millis(500));
        pace.note(at(100), Duration::from_millis(100));
        assert_eq!(pace.longest(), Duration::from_millis(100));
    }

    #[test]
    fn who_comes_back_from_the_lost_ring_stood_still_and_who_has_been_elsewhere_was_gone() {
        let mut pace = Pace::default();
        pace.lose(at(1), ring(4));
        pace.form(at(2), TOKEN, (ring(4), 3), [ring(4); 2].into_iter());
        pace.form(
            at(3),
            TOKEN,
            (ring(8), 2),
            [ring(8), ring(8), ring(12)].into_iter(),
        );
        assert_eq!(pace.longest(), Duration::ZERO);
        pace.form(
            at(4),
            TOKEN,
            (ring(8), 2),
            [ring(8), ring(8), ring(4)].into_iter(),
        );
        assert_eq!(pace.longest(), Duration::from_secs(3));
        pace.lose(at(10), ring(16));
        pace.form(
            at(16),
            TOKEN,
            (ring(20), 2),
            [ring(20), ring(16)].into_iter(),
        );
        assert_eq!(
            pace.longest(),
            Duration::from_secs(3),
            "longer than the token"
        );
    }
}
