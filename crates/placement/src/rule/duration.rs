//! Durations of ISO 8601 and of rules.

use crate::cib::value::leading_integer;
use crate::xml::Attrs;

/// Calendar units and seconds; months have no fixed length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Duration {
    pub(crate) months: i64,
    pub(crate) seconds: i64,
}

impl Duration {
    /// The attributes `years` to `seconds` of a `duration` element.
    pub(crate) fn of(e: &Attrs) -> Self {
        let n = |name: &str| e.get(name).map_or(0, leading_integer);
        let sum = |a: i64, b: i64| a.saturating_add(b);
        Self {
            months: sum(n("years").saturating_mul(12), n("months")),
            seconds: sum(
                sum(
                    n("weeks").saturating_mul(604_800),
                    n("days").saturating_mul(86_400),
                ),
                sum(
                    sum(
                        n("hours").saturating_mul(3600),
                        n("minutes").saturating_mul(60),
                    ),
                    n("seconds"),
                ),
            ),
        }
    }

    /// `P1DT2H3M`, `P2W` …
    pub(crate) fn parse(s: &str) -> Option<Self> {
        let mut rest = s.strip_prefix('P')?;
        let mut d = Self::default();
        let mut time = false;
        let mut any = false;
        while !rest.is_empty() {
            if let Some(r) = rest.strip_prefix('T') {
                time = true;
                rest = r;
                continue;
            }
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let unit = *rest.as_bytes().get(digits)?;
            if digits == 0 {
                return None;
            }
            let n = leading_integer(&rest[..digits]);
            let seconds = |by: i64| n.saturating_mul(by);
            match (unit, time) {
                (b'Y', false) => d.months = d.months.saturating_add(seconds(12)),
                (b'M', false) => d.months = d.months.saturating_add(n),
                (b'W', false) => d.seconds = d.seconds.saturating_add(seconds(604_800)),
                (b'D', false) => d.seconds = d.seconds.saturating_add(seconds(86_400)),
                (b'H', true) => d.seconds = d.seconds.saturating_add(seconds(3600)),
                (b'M', true) => d.seconds = d.seconds.saturating_add(seconds(60)),
                (b'S', true) => d.seconds = d.seconds.saturating_add(n),
                _ => return None,
            }
            any = true;
            rest = &rest[digits + 1..];
        }
        any.then_some(d)
    }
}

/// A duration in milliseconds; months count 30 days, for want of a date to add them to.
pub(crate) fn iso_ms(s: &str) -> Option<i64> {
    let d = Duration::parse(s)?;
    let seconds = d
        .seconds
        .saturating_add(d.months.saturating_mul(30 * 86_400));
    Some(seconds.saturating_mul(1000))
}
