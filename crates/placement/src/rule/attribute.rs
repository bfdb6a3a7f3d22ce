//! Comparisons of node attributes.

use core::cmp::Ordering;

use super::Asked;
use crate::xml::Attrs;

pub(super) fn test(asked: &Asked<'_>, e: &Attrs) -> bool {
    let (Some(attribute), Some(op)) = (e.get("attribute"), e.get("operation")) else {
        return false;
    };
    let attribute = asked.expand(attribute);
    let left = asked.node.and_then(|n| n.get(&*attribute)).map(|v| &**v);
    let written = e.get("value");
    let right = match e.get("value-source") {
        Some("param") => written.and_then(|w| asked.params?.get(w)).map(|v| &**v),
        Some("meta") => written.and_then(|w| asked.meta?.get(w)).map(|v| &**v),
        _ => written,
    };
    match op {
        "defined" => return left.is_some(),
        "not_defined" => return left.is_none(),
        _ => {}
    }
    let order = compare(left, right, kind(e.get("type"), op, left, right));
    match op {
        "eq" => order == Ordering::Equal,
        "ne" => order != Ordering::Equal,
        _ if left.is_none() || right.is_none() => false,
        "lt" => order == Ordering::Less,
        "lte" => order != Ordering::Greater,
        "gt" => order == Ordering::Greater,
        "gte" => order != Ordering::Less,
        _ => false,
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Integer,
    Number,
    Version,
}

fn kind(written: Option<&str>, op: &str, left: Option<&str>, right: Option<&str>) -> Kind {
    let fraction = |v: Option<&str>| v.is_some_and(|v| v.contains('.'));
    match written {
        Some("integer") => Kind::Integer,
        Some("number") => Kind::Number,
        Some("version") => Kind::Version,
        None if matches!(op, "lt" | "lte" | "gt" | "gte") => {
            if fraction(left) || fraction(right) {
                Kind::Number
            } else {
                Kind::Integer
            }
        }
        _ => Kind::Text,
    }
}

fn compare(left: Option<&str>, right: Option<&str>, kind: Kind) -> Ordering {
    let (Some(l), Some(r)) = (left, right) else {
        return left.is_some().cmp(&right.is_some());
    };
    match kind {
        Kind::Integer => match (integer(l), integer(r)) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => fold(l, r),
        },
        Kind::Number => match (l.trim().parse::<f64>(), r.trim().parse::<f64>()) {
            (Ok(a), Ok(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
            _ => fold(l, r),
        },
        Kind::Version => versions(l, r),
        Kind::Text => fold(l, r),
    }
}

fn integer(s: &str) -> Option<i64> {
    s.trim().parse().ok()
}

fn fold(l: &str, r: &str) -> Ordering {
    let lower = |s: &str| {
        s.bytes()
            .map(|b| b.to_ascii_lowercase())
            .collect::<alloc::vec::Vec<_>>()
    };
    lower(l).cmp(&lower(r))
}

/// Versions part by part, as numbers; a missing part is less.
pub(crate) fn versions(l: &str, r: &str) -> Ordering {
    let part = |s: Option<&str>| s.map_or(-1, crate::cib::value::leading_integer);
    let (mut a, mut b) = (l.split('.'), r.split('.'));
    loop {
        let (x, y) = (a.next(), b.next());
        if x.is_none() && y.is_none() {
            return Ordering::Equal;
        }
        let order = part(x).cmp(&part(y));
        if order != Ordering::Equal {
            return order;
        }
    }
}
