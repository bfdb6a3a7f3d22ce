//! Values as they are written: scores, booleans, durations.

use crate::score::{INFINITY, Score};

/// true/on/yes/y/1 and false/off/no/n/0 in any case; anything else is neither.
pub(crate) fn parse_bool(s: &str) -> Option<bool> {
    const TRUE: [&str; 5] = ["true", "on", "yes", "y", "1"];
    const FALSE: [&str; 5] = ["false", "off", "no", "n", "0"];
    if TRUE.iter().any(|t| t.eq_ignore_ascii_case(s)) {
        Some(true)
    } else if FALSE.iter().any(|t| t.eq_ignore_ascii_case(s)) {
        Some(false)
    } else {
        None
    }
}

/// Whether a truth value is written, and is true.
pub(crate) fn is_true(s: Option<&str>) -> bool {
    s.and_then(parse_bool).unwrap_or(false)
}

/// A score: a number, `INFINITY` with or without a sign; anything else is 0. The names of health
/// scores are resolved before.
pub(crate) fn parse_score(s: &str) -> Score {
    match s {
        "INFINITY" | "+INFINITY" => INFINITY,
        "-INFINITY" => -INFINITY,
        _ => {
            let n = leading_integer(s);
            Score::try_from(n.clamp(-i64::from(INFINITY), i64::from(INFINITY))).unwrap_or(0)
        }
    }
}

/// The number at the start of a text, 0 if there is none; saturates.
pub(crate) fn leading_integer(s: &str) -> i64 {
    let s = s.trim_start();
    let (negative, digits) = match s.as_bytes().first() {
        Some(b'-') => (true, &s[1..]),
        Some(b'+') => (false, &s[1..]),
        _ => (false, s),
    };
    let mut n: i64 = 0;
    for b in digits.bytes().take_while(u8::is_ascii_digit) {
        n = n.saturating_mul(10).saturating_add(i64::from(b - b'0'));
    }
    if negative { -n } else { n }
}

/// A duration with unit (seconds if none) or of ISO 8601, in milliseconds; `None` if it is neither.
pub(crate) fn parse_ms(s: &str) -> Option<i64> {
    let s = s.trim();
    if s.starts_with('P') {
        return crate::rule::duration::iso_ms(s);
    }
    let digits = s.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return None;
    }
    let n = leading_integer(s);
    let unit = s[digits..].trim();
    let is = |names: &[&str]| names.iter().any(|n| unit.starts_with(n));
    let (times, by) = if is(&["ms", "msec"]) {
        (1, 1)
    } else if is(&["us", "usec"]) {
        (1, 1000)
    } else if unit.is_empty() || is(&["s"]) {
        (1000, 1)
    } else if is(&["m"]) {
        (60_000, 1)
    } else if is(&["h"]) {
        (3_600_000, 1)
    } else {
        return None;
    };
    Some(n.saturating_mul(times) / by)
}

/// An interval in milliseconds, 0 if there is none or it is not understood.
pub(crate) fn interval_ms(s: Option<&str>) -> u32 {
    let ms = s.and_then(parse_ms).unwrap_or(0);
    u32::try_from(ms.max(0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_saturate_and_words_are_nothing() {
        for (text, want) in [
            ("INFINITY", INFINITY),
            ("-INFINITY", -INFINITY),
            ("2000000", INFINITY),
            ("-5", -5),
            ("+7", 7),
            ("abc", 0),
        ] {
            assert_eq!(parse_score(text), want, "{text}");
        }
    }

    #[test]
    fn durations_have_units() {
        for (text, want) in [
            ("20", Some(20_000)),
            ("20s", Some(20_000)),
            ("15ms", Some(15)),
            ("2min", Some(120_000)),
            ("1h", Some(3_600_000)),
            ("PT1M", Some(60_000)),
            ("x", None),
        ] {
            assert_eq!(parse_ms(text), want, "{text}");
        }
    }
}
