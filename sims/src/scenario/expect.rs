//! What is expected of a run, as a line of text.
//!
//! | Line | What must hold |
//! |---|---|
//! | `by 11: VIEWS` | the tools show that at 11 s |
//! | `at 10+2.2T: VIEWS` | they come to show it within half a second of that, and not before |
//! | `during 10+2.5T..20: VIEWS` | they show it all the time |
//! | `end: VIEWS \| VIEWS` | they show one of these at the end |
//! | `never: VIEWS` | they never show all of that at once |
//! | `rings 2 during 20..32: every 1.3T` | the node installs a ring so often, within a quarter |
//! | `rings 1 during 20..32: 1` | the node installs so many rings |
//!
//! Times are seconds and multiples of the token timeout, added. `VIEWS` is an [`Outcome`] and may leave nodes out.

use std::fmt;
use std::time::Duration;

use crate::timeline::{Micros, Outcome, Timeline};

/// How far times may be off, unless said otherwise.
const TOLERANCE: Micros = 500_000;

/// One line of what is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// As written.
    pub text: String,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    By(Micros, Outcome),
    At(Micros, Outcome),
    During(Micros, Micros, Outcome),
    End(Vec<Outcome>),
    Never(Outcome),
    Every {
        node: u32,
        from: Micros,
        to: Micros,
        period: Micros,
    },
    Count {
        node: u32,
        from: Micros,
        to: Micros,
        rings: std::ops::RangeInclusive<usize>,
    },
}

/// A line that is no expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectationError(String);

impl fmt::Display for ExpectationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no expectation", self.0)
    }
}

impl std::error::Error for ExpectationError {}

impl Expectation {
    /// Reads lines; empty ones are nothing. `token` is the token timeout.
    pub fn parse_all(text: &str, token: Duration) -> Result<Vec<Self>, ExpectationError> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(|line| Self::parse(line, token)).collect()
    }

    /// Reads a line.
    pub fn parse(line: &str, token: Duration) -> Result<Self, ExpectationError> {
        let what = parse(line, token).ok_or_else(|| ExpectationError(line.into()))?;
        let text = line.to_owned();
        Ok(Self { text, what })
    }

    /// Judges a run; says what was seen instead.
    ///
    /// # Panics
    /// If it speaks of times after the end of the run.
    pub fn check(&self, timeline: &Timeline) -> Result<(), String> {
        if let What::By(at, _) | What::At(at, _) | What::During(_, at, _) = &self.what {
            assert!(
                *at <= timeline.until,
                "`{}` is after the end of the run",
                self.text
            );
        }
        let seen = |at: Micros| timeline.outcome_at(at);
        let fits = |at: Micros, wanted: &Outcome| seen(at).fits(wanted);
        let fail = |at: Micros| {
            let millis = at / 1000;
            let (s, ms) = (millis / 1000, millis % 1000);
            Err(format!("{}; at {s}.{ms:03} s: {}", self.text, seen(at)))
        };
        match &self.what {
            What::By(at, wanted) if !fits(*at, wanted) => fail(*at),
            What::At(at, wanted) if !fits(at + TOLERANCE, wanted) => fail(at + TOLERANCE),
            What::At(at, wanted) if fits(at.saturating_sub(TOLERANCE), wanted) => {
                fail(at.saturating_sub(TOLERANCE))
            }
            What::During(from, to, wanted) => {
                let changes = timeline.changes().into_iter();
                let inside = changes.filter(|at| (from..to).contains(&at));
                let odd = [*from]
                    .into_iter()
                    .chain(inside)
                    .find(|&at| !fits(at, wanted));
                odd.map_or(Ok(()), fail)
            }
            What::End(wanted) if !wanted.iter().any(|wanted| fits(timeline.until, wanted)) => {
                fail(timeline.until)
            }
            What::Never(unwanted) => {
                let odd = timeline
                    .changes()
                    .into_iter()
                    .find(|&at| fits(at, unwanted));
                odd.map_or(Ok(()), fail)
            }
            What::Every {
                node,
                from,
                to,
                period,
            } => {
                let rings = u64::try_from(rings(timeline, *node, *from, *to)).unwrap_or(u64::MAX);
                let wanted = (to - from) / period;
                // A ring more or less at the ends of the interval, and a quarter.
                let slack = 1 + wanted / 4;
                if rings.abs_diff(wanted) <= slack {
                    Ok(())
                } else {
                    Err(format!("{}; {rings} rings, not about {wanted}", self.text))
                }
            }
            What::Count {
                node,
                from,
                to,
                rings: wanted,
            } => {
                let rings = rings(timeline, *node, *from, *to);
                if wanted.contains(&rings) {
                    Ok(())
                } else {
                    Err(format!("{}; {rings} rings", self.text))
                }
            }
            _ => Ok(()),
        }
    }
}

fn rings(timeline: &Timeline, node: u32, from: Micros, to: Micros) -> usize {
    let lane = timeline.lanes.iter().find(|lane| lane.node == node);
    let rings = lane.into_iter().flat_map(|lane| &lane.rings);
    rings.filter(|ring| (from..to).contains(&ring.at)).count()
}

fn parse(line: &str, token: Duration) -> Option<What> {
    let (head, tail) = line.split_once(':')?;
    let mut head = head.split_whitespace();
    let time = |text: &str| time(text, token);
    let range = |text: &str| {
        let (from, to) = text.split_once("..")?;
        Some((time(from)?, time(to)?))
    };
    let what = match (head.next()?, head.next()) {
        ("by", Some(at)) => What::By(time(at)?, tail.parse().ok()?),
        ("at", Some(at)) => What::At(time(at)?, tail.parse().ok()?),
        ("during", Some(when)) => {
            let (from, to) = range(when)?;
            What::During(from, to, tail.parse().ok()?)
        }
        ("end", None) => What::End(
            tail.split('|')
                .map(|one| one.parse().ok())
                .collect::<Option<_>>()?,
        ),
        ("never", None) => What::Never(tail.parse().ok()?),
        ("rings", Some(node)) => {
            let node = node.parse().ok()?;
            let (from, to) = head
                .next()
                .filter(|&word| word == "during")
                .and(head.next())
                .and_then(range)?;
            let tail = tail.trim();
            if let Some(period) = tail.strip_prefix("every ") {
                let period = time(period)?;
                What::Every {
                    node,
                    from,
                    to,
                    period,
                }
            } else {
                let (low, high) = tail.split_once('-').unwrap_or((tail, tail));
                let rings = low.parse().ok()?..=high.parse().ok()?;
                What::Count {
                    node,
                    from,
                    to,
                    rings,
                }
            }
        }
        _ => return None,
    };
    head.next().is_none().then_some(what)
}

/// A sum of seconds and multiples of the token timeout: `10+2.2T`.
fn time(text: &str, token: Duration) -> Option<Micros> {
    let terms = text.trim().split('+').map(|term| {
        let (number, unit) = match term.strip_suffix('T') {
            Some("") => return Some(token),
            Some(number) => (number, token),
            None => (term, Duration::from_secs(1)),
        };
        let number: f64 = number
            .parse()
            .ok()
            .filter(|number| (0.0..1e6).contains(number))?;
        Some(unit.mul_f64(number))
    });
    let sum: Duration = terms.sum::<Option<_>>()?;
    u64::try_from(sum.as_micros()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_sums_of_seconds_and_token_timeouts() {
        let of = |text| time(text, Duration::from_millis(1650));
        assert_eq!(of("10+2.2T"), Some(13_630_000));
        assert_eq!(of("T"), Some(1_650_000));
        assert_eq!(of("10-2"), None);
    }

    #[test]
    fn lines_that_say_nothing_are_refused() {
        for line in [
            "at 10: 1:{1}",
            "soon: 1:{1}Q",
            "during 10: 1:{1}Q",
            "rings 1: every T",
            "by 10 s: 1:{1}Q",
        ] {
            assert!(
                Expectation::parse(line, Duration::from_secs(1)).is_err(),
                "{line}"
            );
        }
    }
}
