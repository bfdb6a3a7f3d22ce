//! Scores: integers within ±1 000 000, whose ends are infinite.

/// A score.
pub type Score = i32;

/// The infinite score.
pub const INFINITY: Score = 1_000_000;

/// The sum: −∞ wins, then +∞, else the sum is clamped.
pub(crate) fn add(a: Score, b: Score) -> Score {
    if a <= -INFINITY || b <= -INFINITY {
        -INFINITY
    } else if a >= INFINITY || b >= INFINITY {
        INFINITY
    } else {
        (a + b).clamp(-INFINITY, INFINITY)
    }
}

/// As it is written.
pub(crate) fn text(score: Score) -> alloc::string::String {
    if score >= INFINITY {
        "INFINITY".into()
    } else if score <= -INFINITY {
        "-INFINITY".into()
    } else {
        alloc::format!("{score}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minus_infinity_wins() {
        assert_eq!(add(INFINITY, -INFINITY), -INFINITY);
        assert_eq!(add(INFINITY, -5), INFINITY);
        assert_eq!(add(999_999, 5), INFINITY);
        assert_eq!(add(3, -5), -2);
    }
}
