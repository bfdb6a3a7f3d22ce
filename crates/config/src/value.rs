//! Typed values: what corosync's parser takes for each kind of key.

use crate::Value;
use crate::schema::Kind;

/// The value that `text` is for a key of this kind, or what it should have been.
pub(crate) fn read(kind: Kind, text: &str) -> Result<Value, String> {
    let whole = |min: i128, max: i128| {
        integer(text)
            .filter(|n| (min..=max).contains(n))
            .ok_or_else(|| format!("a whole number from {min} to {max}"))
    };
    // The ranges are checked: each conversion fits.
    let fits = "in range";
    Ok(match kind {
        Kind::Word(words) if !words.contains(&text) => return Err(one_of(words)),
        Kind::Text | Kind::Word(_) | Kind::LastWord(_) | Kind::LastWordAnyCase(_) => {
            Value::Str(text.into())
        }
        Kind::U8 => Value::U8(u8::try_from(whole(0, u8::MAX.into())?).expect(fits)),
        Kind::U16 => Value::U16(u16::try_from(whole(0, u16::MAX.into())?).expect(fits)),
        Kind::U32 => Value::U32(u32::try_from(whole(0, u32::MAX.into())?).expect(fits)),
        Kind::I32 => {
            Value::I32(i32::try_from(whole(i32::MIN.into(), i32::MAX.into())?).expect(fits))
        }
        Kind::U64 => Value::U64(
            wrapping(text).ok_or_else(|| format!("a whole number from 0 to {}", u64::MAX))?,
        ),
    })
}

/// What a text that is checked where it stands last should have been; `None` if it is right.
pub(crate) fn wrong_word(kind: Kind, text: &str) -> Option<String> {
    match kind {
        Kind::LastWord(words) if !words.contains(&text) => Some(one_of(words)),
        Kind::LastWordAnyCase(words)
            if !words.iter().any(|word| word.eq_ignore_ascii_case(text)) =>
        {
            Some(one_of(words))
        }
        _ => None,
    }
}

fn one_of(words: &[&str]) -> String {
    match words {
        [] => "nothing".into(),
        [word] => format!("`{word}`"),
        [words @ .., last] => {
            let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
            format!("{} or `{last}`", words.join(", "))
        }
    }
}

/// A decimal number as C's strtol reads it: white space and one sign in front, nothing after. Far too large numbers
/// are out of everybody's range.
fn integer(text: &str) -> Option<i128> {
    let text = text.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = digits.parse().unwrap_or(i128::MAX);
    Some(if text.starts_with('-') {
        -number
    } else {
        number
    })
}

/// An unsigned 64-bit number; a negative one wraps around.
fn wrapping(text: &str) -> Option<u64> {
    let number = integer(text)?;
    let magnitude = u64::try_from(number.unsigned_abs()).ok()?;
    Some(if number < 0 {
        magnitude.wrapping_neg()
    } else {
        magnitude
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_as_corosync_reads_them() {
        let ok = [
            ("0", 0),
            ("+1", 1),
            ("007", 7),
            ("-0", 0),
            ("\x0b5", 5),
            ("255", 255),
        ];
        for (text, number) in ok {
            assert_eq!(read(Kind::U8, text), Ok(Value::U8(number)), "{text:?}");
        }
        for text in [
            "",
            "256",
            "-1",
            "0x1",
            "1.5",
            "yes",
            "- 5",
            "--5",
            "5_0",
            "1e3",
            "٣",
            "5\r",
            &"9".repeat(99),
        ] {
            assert_eq!(
                read(Kind::U8, text),
                Err("a whole number from 0 to 255".into()),
                "{text:?}"
            );
        }
        assert_eq!(read(Kind::I32, "-2147483648"), Ok(Value::I32(i32::MIN)));
        assert!(read(Kind::I32, "2147483648").is_err());
    }

    #[test]
    fn negative_64_bit_numbers_wrap_around() {
        assert_eq!(read(Kind::U64, "-1"), Ok(Value::U64(u64::MAX)));
        assert_eq!(read(Kind::U64, "-18446744073709551615"), Ok(Value::U64(1)));
        assert!(read(Kind::U64, "18446744073709551616").is_err());
        assert!(read(Kind::U64, "").is_err());
    }

    #[test]
    fn words_are_taken_literally_except_log_priorities() {
        assert!(read(Kind::Word(&["yes", "no"]), "Yes").is_err());
        assert_eq!(
            wrong_word(Kind::LastWord(&["on", "off", "trace"]), "ON").unwrap(),
            "`on`, `off` or `trace`"
        );
        assert_eq!(wrong_word(Kind::LastWordAnyCase(&["info"]), "INFO"), None);
    }
}
