//! One line of corosync.conf by corosync's rules, in the order in which corosync applies them.

use core::ops::Range;

/// corosync reads lines into 512 bytes; what is longer it refuses.
pub(crate) const LINE_BYTES_MAX: usize = 510;

/// What a line says; the ranges are bytes of the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Blank,
    Comment,
    Open {
        name: Range<usize>,
    },
    Pair {
        key: Range<usize>,
        value: Range<usize>,
    },
    Close,
}

/// A line that corosync refuses, and how to go on after it.
#[derive(Debug)]
pub(crate) struct BadLine {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) at: Range<usize>,
    /// `None`: the line is left out.
    pub(crate) read_as: Option<Content>,
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// `range` without blanks and tabs at both ends.
fn trim(line: &[u8], range: Range<usize>) -> Range<usize> {
    let bytes = &line[range.clone()];
    let Some(first) = bytes.iter().position(|&b| !is_blank(b)) else {
        return range.start..range.start;
    };
    let last = bytes.iter().rposition(|&b| !is_blank(b)).unwrap_or(first);
    range.start + first..range.start + last + 1
}

fn find(line: &[u8], byte: u8) -> Option<usize> {
    line.iter().position(|&b| b == byte)
}

/// Reads a line without its newline; `last` says that the file ends with it, without a newline.
pub(crate) fn read(line: &[u8], last: bool) -> Result<Content, BadLine> {
    let line = match find(line, 0) {
        // corosync sees the text before the NUL and misses the newline after it.
        Some(nul) if nul > 0 && !last => return Err(nul_byte(nul)),
        Some(nul) => &line[..nul],
        None => line,
    };
    if line.len() > LINE_BYTES_MAX {
        return Err(BadLine {
            code: "line-too-long",
            message: format!(
                "the line has {} bytes; at most {LINE_BYTES_MAX} are allowed",
                line.len()
            ),
            at: LINE_BYTES_MAX..line.len(),
            read_as: None,
        });
    }
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let text = trim(line, 0..line.len());
    if text.is_empty() {
        return Ok(Content::Blank);
    }
    if line[text.start] == b'#' {
        return Ok(Content::Comment);
    }
    if let Some(brace) = find(line, b'{') {
        return open(line, text, brace);
    }
    if let Some(colon) = find(line, b':') {
        let (key, value) = (trim(line, 0..colon), trim(line, colon + 1..line.len()));
        return Ok(Content::Pair { key, value });
    }
    match find(line, b'}') {
        Some(_) if &line[text.clone()] == b"}" => Ok(Content::Close),
        Some(brace) => Err(beside_closing(line, &text, brace)),
        None => Err(word_alone(line, text)),
    }
}

fn open(line: &[u8], text: Range<usize>, brace: usize) -> Result<Content, BadLine> {
    if text.start == brace {
        return Err(BadLine {
            code: "section-name",
            message: "a section needs a name before `{`".into(),
            at: brace..brace + 1,
            read_as: Some(Content::Open { name: brace..brace }),
        });
    }
    let before = &line[..brace];
    let end = before
        .iter()
        .rposition(|&b| !is_blank(b) && b != b':')
        .map_or(text.start, |last| last + 1);
    let content = Content::Open {
        name: text.start..end.max(text.start),
    };
    let rest = trim(line, brace + 1..line.len());
    if rest.is_empty() {
        return Ok(content);
    }
    let (value, whole) = (
        find(before, b':').is_some(),
        find(&line[rest.clone()], b'}').is_some(),
    );
    let message = match (value, whole) {
        (true, _) => {
            "a value cannot contain `{`: it opens a section, and nothing may follow it on its line"
        }
        (false, true) => {
            "a section cannot stand on one line: its keys and its `}` need lines of their own"
        }
        (false, false) => "nothing may follow `{` on its line",
    };
    Err(BadLine {
        code: "text-after-brace",
        message: message.into(),
        at: rest,
        read_as: (!value && !whole).then_some(content),
    })
}

fn nul_byte(nul: usize) -> BadLine {
    BadLine {
        code: "nul-byte",
        message: "the line contains a NUL byte".into(),
        at: nul..nul + 1,
        read_as: None,
    }
}

fn beside_closing(line: &[u8], text: &Range<usize>, brace: usize) -> BadLine {
    let before = text.start < brace;
    let at = if before {
        trim(line, text.start..brace)
    } else {
        trim(line, brace + 1..text.end)
    };
    let message = if before {
        "nothing may stand before `}` on its line"
    } else {
        "nothing may follow `}` on its line"
    };
    BadLine {
        code: "text-beside-brace",
        message: message.into(),
        at,
        read_as: Some(Content::Close),
    }
}

fn word_alone(line: &[u8], text: Range<usize>) -> BadLine {
    let word = String::from_utf8_lossy(&line[text.clone()]);
    let message = format!("`{word}` is neither `key: value` nor `section {{` nor `}}`");
    BadLine {
        code: "not-a-key",
        message,
        at: text,
        read_as: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(line: &str) -> String {
        match read(line.as_bytes(), false) {
            Ok(Content::Open { name }) => format!("open [{}]", &line[name]),
            Ok(Content::Pair { key, value }) => format!("[{}]=[{}]", &line[key], &line[value]),
            Ok(other) => format!("{other:?}"),
            Err(bad) => format!("{} at [{}]", bad.code, &line[bad.at]),
        }
    }

    #[test]
    fn lines_are_read_as_corosync_reads_them() {
        let table = [
            ("", "Blank"),
            (" \t\r", "Blank"),
            (" # { x: }", "Comment"),
            ("totem{", "open [totem]"),
            (" totem : {", "open [totem]"),
            ("totem : : {\t", "open [totem]"),
            (": {", "open []"),
            ("{", "section-name at [{]"),
            ("a { b: 1 }", "text-after-brace at [b: 1 }]"),
            ("a: b{c", "text-after-brace at [c]"),
            ("version: 2 # x", "[version]=[2 # x]"),
            ("version: 2 }", "[version]=[2 }]"),
            ("\tring0_addr\t:\tff::1\t\r", "[ring0_addr]=[ff::1]"),
            ("name:", "[name]=[]"),
            (": x", "[]=[x]"),
            ("foo: a\r\r", "[foo]=[a\r]"),
            ("  }\t", "Close"),
            ("} # x", "text-beside-brace at [# x]"),
            ("x }", "text-beside-brace at [x]"),
            ("}}", "text-beside-brace at [}]"),
            ("word", "not-a-key at [word]"),
            ("\u{c}", "not-a-key at [\u{c}]"),
            ("a\0b", "nul-byte at [\0]"),
            ("\0b: x", "Blank"),
        ];
        for (line, expected) in table {
            assert_eq!(content(line), expected, "{line:?}");
        }
    }

    #[test]
    fn a_line_may_have_510_bytes() {
        assert_eq!(content(&"#".repeat(510)), "Comment");
        assert_eq!(content(&"#".repeat(511)), "line-too-long at [#]");
        assert_eq!(
            content(&format!("{}\r", "#".repeat(510))),
            "line-too-long at [\r]"
        );
    }

    #[test]
    fn a_nul_ends_the_last_line() {
        assert_eq!(
            read(b"a: b\0c", true).ok(),
            Some(Content::Pair {
                key: 0..1,
                value: 3..4
            })
        );
    }
}
