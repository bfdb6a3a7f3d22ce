//! Dates: the forms of ISO 8601 that configurations use, and comparisons with the time.

use alloc::string::String;

use super::duration::Duration;
use crate::cib::DateExpression;
use crate::xml::Attrs;

pub(super) fn test(now: i64, e: &DateExpression) -> bool {
    let start = e.attrs.get("start").and_then(parse);
    let mut end = e.attrs.get("end").and_then(parse);
    if let (Some(start), None, Some(d)) = (start, end, &e.duration) {
        end = Some(add(start, Duration::of(d)));
    }
    match e.attrs.get("operation").unwrap_or("in_range") {
        "in_range" => start.is_none_or(|s| now >= s) && end.is_none_or(|e| now <= e),
        "gt" => start.is_some_and(|s| now > s),
        "lt" => end.is_some_and(|e| now < e),
        "date_spec" => e.spec.as_ref().is_some_and(|spec| spec_holds(now, spec)),
        _ => false,
    }
}

/// Days since the epoch of a date of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y - era * 400;
    let doy = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

/// Year, month and day of a number of days since the epoch.
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z - era * 146_097;
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    (year, month, doy - (153 * mp + 2) / 5 + 1)
}

fn month_length(year: i64, month: i64) -> i64 {
    let (y, m) = if month == 12 {
        (year + 1, 1)
    } else {
        (year, month + 1)
    };
    days(y, m, 1) - days(year, month, 1)
}

fn add(time: i64, d: Duration) -> i64 {
    let (year, month, day) = civil(time.div_euclid(86_400));
    let months = (year.saturating_mul(12) + month - 1)
        .saturating_add(d.months)
        .clamp(0, 120_000);
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    let day = day.min(month_length(year, month));
    (days(year, month, day) * 86_400 + time.rem_euclid(86_400)).saturating_add(d.seconds)
}

/// Seconds since the epoch; a date without offset is taken as UTC.
pub(crate) fn parse(s: &str) -> Option<i64> {
    let s = s.trim();
    if s == "epoch" {
        return Some(0);
    }
    let (date, time) = match s.find(['T', ' ']) {
        Some(i) => (&s[..i], s[i + 1..].trim()),
        None => (s, ""),
    };
    let day = parse_day(date)?;
    let (clock, offset) = split_offset(time)?;
    Some(day * 86_400 + parse_clock(clock)? - offset)
}

fn parse_day(s: &str) -> Option<i64> {
    if let Some((year, week)) = s.split_once("-W").or_else(|| s.split_once('W')) {
        let digits: String = week.chars().filter(char::is_ascii_digit).collect();
        let week: i64 = digits.get(..2)?.parse().ok()?;
        let day: i64 = digits.get(2..3).map_or(Some(1), |d| d.parse().ok())?;
        let january4 = days(year.parse().ok()?, 1, 4);
        return Some(january4 - (january4 + 3).rem_euclid(7) + (week - 1) * 7 + day - 1);
    }
    if !s.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
        return None;
    }
    let digits: String = s.chars().filter(char::is_ascii_digit).collect();
    let n = |r: core::ops::Range<usize>| digits.get(r).and_then(|d| d.parse::<i64>().ok());
    let year = n(0..4)?;
    match digits.len() {
        4 => Some(days(year, 1, 1)),
        6 => Some(days(year, n(4..6)?, 1)),
        7 => Some(days(year, 1, 1) + n(4..7)? - 1),
        8 => {
            let (month, day) = (n(4..6)?, n(6..8)?);
            ((1..=12).contains(&month) && (1..=31).contains(&day)).then(|| days(year, month, day))
        }
        _ => None,
    }
}

fn split_offset(time: &str) -> Option<(&str, i64)> {
    if let Some(clock) = time.strip_suffix('Z') {
        return Some((clock.trim(), 0));
    }
    match time.rfind(['+', '-']) {
        None => Some((time, 0)),
        Some(i) => {
            let seconds = parse_clock(&time[i + 1..])?;
            let sign = if time.as_bytes()[i] == b'-' { -1 } else { 1 };
            Some((time[..i].trim(), sign * seconds))
        }
    }
}

fn parse_clock(s: &str) -> Option<i64> {
    if !s
        .bytes()
        .all(|b| b.is_ascii_digit() || b == b':' || b == b'.')
    {
        return None;
    }
    let whole = s.split('.').next().unwrap_or("");
    let digits: String = whole.chars().filter(char::is_ascii_digit).collect();
    let part = |i: usize| {
        digits
            .get(i..i + 2)
            .map_or(Some(0), |d| d.parse::<i64>().ok())
    };
    Some(part(0)? * 3600 + part(2)? * 60 + part(4)?)
}

fn spec_holds(now: i64, spec: &Attrs) -> bool {
    let day = now.div_euclid(86_400);
    let second = now.rem_euclid(86_400);
    let (year, month, monthday) = civil(day);
    let weekday = (day + 3).rem_euclid(7) + 1;
    let thursday = day - weekday + 4;
    let (weekyear, _, _) = civil(thursday);
    let week = (thursday - days(weekyear, 1, 1)) / 7 + 1;
    [
        ("seconds", second % 60),
        ("minutes", second / 60 % 60),
        ("hours", second / 3600),
        ("monthdays", monthday),
        ("weekdays", weekday),
        ("yeardays", day - days(year, 1, 1) + 1),
        ("weeks", week),
        ("months", month),
        ("years", year),
        ("weekyears", weekyear),
    ]
    .iter()
    .all(|(name, value)| spec.get(name).is_none_or(|range| in_range(*value, range)))
}

fn in_range(value: i64, range: &str) -> bool {
    let n = |s: &str| s.trim().parse::<i64>().ok();
    match range.split_once('-') {
        None => n(range) == Some(value),
        Some((low, high)) => {
            (low.is_empty() || n(low).is_some_and(|l| value >= l))
                && (high.is_empty() || n(high).is_some_and(|h| value <= h))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_all_forms() {
        for (text, want) in [
            ("1970-01-01", 0),
            ("2005-032", 1_107_216_000),
            ("20050201", 1_107_216_000),
            ("2005-W05-2", 1_107_216_000),
            ("2010-01-01 12:00:00Z", 1_262_347_200),
            ("2010-01-01T12:00:00+02:00", 1_262_340_000),
            ("2010-01-01T12:00", 1_262_347_200),
        ] {
            assert_eq!(parse(text), Some(want), "{text}");
        }
        assert_eq!(parse("yesterday"), None);
    }

    #[test]
    fn a_month_after_the_last_of_january_is_the_last_of_february() {
        let january = days(2021, 1, 31) * 86_400;
        let month = Duration {
            months: 1,
            seconds: 0,
        };
        assert_eq!(add(january, month), days(2021, 2, 28) * 86_400);
        assert_eq!(civil(days(2024, 2, 29)), (2024, 2, 29));
    }
}
