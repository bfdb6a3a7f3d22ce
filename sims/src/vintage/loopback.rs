//! The interface poll of corosync 2.x up to 2.4.4, and what it does to the daemon.
//!
//! While a node is alone, or has lost its token, it looks at its interface once a second (`totem.downcheck`). Finding it
//! gone, it closes its socket and listens on 127.0.0.1 under the same node id, while it still sends to the members' real
//! addresses: it does not even hear itself, and its view is frozen. The look that finds the address restores it. If one
//! look only was spent on loopback it goes on; if more were, it has itself on its failed list when consensus expires next,
//! and aborts. What the file of measurements says, and all that is modelled: a frozen node takes neither datagrams nor
//! deadlines.

use std::time::Duration;

use ringwright::Instant;

/// How many consensus timeouts a daemon that was started without a usable interface needs to form a ring after the look
/// that finds it: 4.0 to 4.7 s measured with a token of 1 s, 6.3 to 7.1 s with 1.65 s, each with up to a second until
/// that look.
const START_CONSENSUSES: u32 = 3;

/// What a look, or the time after one, leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// All is as it was.
    Same,
    /// The interface is gone: from now on the daemon hears nothing.
    GoesDeaf,
    /// It is back: the daemon hears again.
    Hears,
    /// It is back, and the socket is bound to it again, but what was missed takes its time.
    Returns,
    /// The daemon's assertion fails.
    Aborts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Hears,
    /// Deaf; looks that found the interface gone. `None`: so from the start.
    Deaf(Option<u32>),
    /// Bound to the real address again; hears at this time.
    Hearing(Instant),
    /// Bound to the real address again; aborts at this time.
    Aborting(Instant),
}

/// The poll of one daemon.
#[derive(Clone, Debug)]
pub(crate) struct Loopback {
    period: Duration,
    consensus: Duration,
    next: Instant,
    state: State,
}

impl Loopback {
    /// A daemon starts, with its interface there or not.
    pub(crate) fn start(now: Instant, there: bool, period: Duration, consensus: Duration) -> Self {
        let state = if there {
            State::Hears
        } else {
            State::Deaf(None)
        };
        let next = now + period;
        Self {
            period,
            consensus,
            next,
            state,
        }
    }

    /// Whether the daemon takes neither datagrams nor deadlines.
    pub(crate) fn is_deaf(&self) -> bool {
        self.state != State::Hears
    }

    /// When something is to be done, given whether the node is alone or has lost its token. While it was not, it did not
    /// look; the rhythm stays.
    pub(crate) fn deadline(&self, now: Instant, lonely: bool) -> Option<Instant> {
        match self.state {
            State::Hears if !lonely => None,
            State::Hears | State::Deaf(_) => {
                let (late, period) = (now.since(self.next).as_nanos(), self.period.as_nanos());
                let missed = u32::try_from(late.div_ceil(period)).unwrap_or(u32::MAX);
                Some(self.next + self.period * missed)
            }
            State::Hearing(at) | State::Aborting(at) => Some(at),
        }
    }

    /// The token was lost: it looks at once, and from then on every second.
    pub(crate) fn on_token_loss(&mut self, now: Instant) {
        if self.state == State::Hears {
            self.next = now;
        }
    }

    /// The deadline is there.
    pub(crate) fn on_time(&mut self, now: Instant, there: bool) -> Look {
        match self.state {
            State::Hearing(_) => {
                self.state = State::Hears;
                self.next = now + self.period;
                return Look::Hears;
            }
            State::Aborting(_) => return Look::Aborts,
            State::Hears | State::Deaf(_) => self.next = now + self.period,
        }
        match (self.state, there) {
            (State::Hears, false) => {
                self.state = State::Deaf(Some(1));
                Look::GoesDeaf
            }
            (State::Deaf(looks), false) => {
                self.state = State::Deaf(looks.map(|looks| looks + 1));
                Look::Same
            }
            (State::Deaf(Some(1)), true) => {
                self.state = State::Hears;
                Look::Hears
            }
            (State::Deaf(Some(_)), true) => {
                self.state = State::Aborting(now + self.consensus);
                Look::Returns
            }
            (State::Deaf(None), true) => {
                self.state = State::Hearing(now + self.consensus * START_CONSENSUSES);
                Look::Returns
            }
            _ => Look::Same,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_nanos(millis * 1_000_000)
    }

    fn looks(gone: std::ops::Range<u64>) -> Vec<(u64, Look)> {
        let second = Duration::from_secs(1);
        let mut poll = Loopback::start(at(0), true, second, Duration::from_millis(1200));
        let mut seen = Vec::new();
        while let Some(due) = poll.deadline(at(0), true).filter(|&due| due <= at(10_000)) {
            let millis = due.as_nanos() / 1_000_000;
            let look = poll.on_time(due, !gone.contains(&millis));
            if look != Look::Same {
                seen.push((millis, look));
            }
            if look == Look::Aborts {
                break;
            }
        }
        seen
    }

    #[test]
    fn a_gap_between_two_looks_is_not_seen() {
        assert_eq!(looks(2100..2900), []);
    }

    #[test]
    fn one_look_on_loopback_is_survived() {
        assert_eq!(
            looks(1900..2900),
            [(2000, Look::GoesDeaf), (3000, Look::Hears)]
        );
    }

    #[test]
    fn two_looks_on_loopback_end_in_the_abort_a_consensus_timeout_after_the_return() {
        let expected = [
            (2000, Look::GoesDeaf),
            (4000, Look::Returns),
            (5200, Look::Aborts),
        ];
        assert_eq!(looks(1900..3100), expected);
    }
}
