//! A pull reader: one event for each start and end of an element.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Attrs, Element, Interner, Place};
use crate::diagnostic::Diagnostic;

/// Elements within elements; a cluster information base needs about 12.
const DEPTH_MAX: usize = 100;

/// Attributes of one element; an operation in the history has about 25.
const ATTRIBUTES_MAX: usize = 200;

/// Bytes of a name; all of a character beyond ASCII.
const NAME: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0;
    while b < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "below 256")]
        let byte = b as u8;
        table[b] = !byte.is_ascii()
            || byte.is_ascii_alphanumeric()
            || matches!(byte, b'_' | b'-' | b'.' | b':');
        b += 1;
    }
    table
};

/// Bytes of a value that do not stand for themselves: references, what must not be there, and white space but blanks.
const SPECIAL: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0;
    while b < b' ' as usize {
        table[b] = true;
        b += 1;
    }
    table[b'&' as usize] = true;
    table[b'<' as usize] = true;
    table
};

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// An element starts; its name and attributes are in the reader.
    Start,
    /// The innermost open element ends.
    End,
    /// The document ends.
    Done,
}

/// How many names of elements are remembered with their attributes.
const SHAPES: usize = 8;

/// An element's name, and the names of its attributes.
#[derive(Default)]
struct Shape<'a> {
    element: &'a str,
    attributes: Vec<&'a str>,
}

/// The reader. Text between elements, comments and processing instructions are skipped.
pub(crate) struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    at: usize,
    /// How far lines and columns are counted, and the place there.
    counted: usize,
    counted_place: Place,
    open: Vec<&'a str>,
    /// What the last elements of some names looked like: the next ones look alike.
    shapes: [Shape<'a>; SHAPES],
    /// The end of `<a/>` is still to come.
    empty: bool,
    seen_root: bool,
    /// The name of the element that started last.
    pub(crate) name: &'a str,
    /// Where it starts.
    pub(crate) place: Place,
    /// Its attributes.
    pub(crate) attrs: Vec<(&'a str, Cow<'a, str>)>,
    pub(crate) interner: Interner,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(file: &'a str, text: &'a str) -> Self {
        let at = if text.starts_with('\u{feff}') { 3 } else { 0 };
        Self {
            file,
            text,
            at,
            counted: at,
            counted_place: Place { line: 1, column: 1 },
            open: Vec::new(),
            shapes: Default::default(),
            empty: false,
            seen_root: false,
            name: "",
            place: Place::default(),
            attrs: Vec::new(),
            interner: Interner::new(),
        }
    }

    pub(crate) fn next(&mut self) -> Result<Event, Diagnostic> {
        if self.empty {
            self.empty = false;
            self.open.pop();
            return Ok(Event::End);
        }
        loop {
            self.skip_space();
            let rest = &self.text[self.at..];
            let Some(skip) = rest.bytes().position(|b| b == b'<') else {
                return self.finish();
            };
            if self.open.is_empty() && !rest[..skip].trim().is_empty() {
                return Err(self.error("not-xml", "text outside of any element"));
            }
            self.at += skip;
            match self.text.as_bytes().get(self.at + 1) {
                Some(b'/') => return self.end_tag(),
                Some(b'?') => self.skip_past("?>", "a processing instruction")?,
                Some(b'!') => self.skip_declaration()?,
                _ => return self.start_tag(),
            }
        }
    }

    fn skip_declaration(&mut self) -> Result<(), Diagnostic> {
        let rest = &self.text[self.at..];
        if rest.starts_with("<!--") {
            self.skip_past("-->", "a comment")
        } else if rest.starts_with("<![CDATA[") {
            self.skip_past("]]>", "a CDATA section")
        } else {
            Err(self.error("doctype", "declarations are not allowed here"))
        }
    }

    fn finish(&mut self) -> Result<Event, Diagnostic> {
        if let Some(open) = self.open.last() {
            let message = format!("the file ends within <{open}>");
            self.at = self.text.len();
            return Err(self.error("truncated", message));
        }
        if !self.seen_root {
            return Err(self.error("not-xml", "there is no element"));
        }
        Ok(Event::Done)
    }

    fn start_tag(&mut self) -> Result<Event, Diagnostic> {
        self.place = self.here();
        (self.counted, self.counted_place) = (self.at, self.place);
        if self.open.is_empty() && self.seen_root {
            return Err(self.error("not-xml", "a second root element"));
        }
        if self.open.len() >= DEPTH_MAX {
            return Err(self.error("too-deep", "elements are nested too deeply"));
        }
        self.seen_root = true;
        self.at += 1;
        self.name = self.read_name()?;
        self.attrs.clear();
        self.alike()?;
        loop {
            let spaced = self.skip_space();
            match self.text.as_bytes().get(self.at) {
                Some(b'>') => {
                    self.at += 1;
                    self.open.push(self.name);
                    return Ok(Event::Start);
                }
                Some(b'/') if self.text.as_bytes().get(self.at + 1) == Some(&b'>') => {
                    self.at += 2;
                    self.open.push(self.name);
                    self.empty = true;
                    return Ok(Event::Start);
                }
                Some(_) if spaced => self.attribute()?,
                Some(_) => return Err(self.error("not-xml", "expected a space, `/>` or `>`")),
                None => {
                    let message = format!("the file ends within <{}>", self.name);
                    return Err(self.error("truncated", message));
                }
            }
        }
    }

    /// Reads attributes as long as they are those of the last element of this name, in its order and each after one blank.
    fn alike(&mut self) -> Result<(), Diagnostic> {
        let shape = &mut self.shapes[self.name.len() % SHAPES];
        if shape.element != self.name {
            shape.element = self.name;
            shape.attributes.clear();
            return Ok(());
        }
        let names = core::mem::take(&mut shape.attributes);
        for &name in &names {
            let rest = &self.text.as_bytes()[self.at..];
            let is_next = rest
                .strip_prefix(b" ")
                .and_then(|rest| rest.strip_prefix(name.as_bytes()));
            if !is_next.is_some_and(|rest| rest.starts_with(b"=\"")) {
                break;
            }
            self.at += name.len() + 3;
            self.value(name, b'"')?;
        }
        self.shapes[self.name.len() % SHAPES].attributes = names;
        Ok(())
    }

    fn attribute(&mut self) -> Result<(), Diagnostic> {
        let start = self.at;
        let name = self.read_name()?;
        if self.attrs.iter().any(|(n, _)| *n == name) {
            self.at = start;
            let message = format!("<{}> has `{name}` twice", self.name);
            return Err(self.error("duplicate-attribute", message));
        }
        if self.attrs.len() >= ATTRIBUTES_MAX {
            let message = format!("<{}> has more than {ATTRIBUTES_MAX} attributes", self.name);
            return Err(self.error("too-many-attributes", message));
        }
        self.skip_space();
        if self.text.as_bytes().get(self.at) != Some(&b'=') {
            let message = format!("expected `=` after the attribute `{name}`");
            return Err(self.error("not-xml", message));
        }
        self.at += 1;
        self.skip_space();
        let Some(&quote @ (b'"' | b'\'')) = self.text.as_bytes().get(self.at) else {
            return Err(self.error("not-xml", format!("the value of `{name}` has no quotes")));
        };
        self.at += 1;
        let shape = &mut self.shapes[self.name.len() % SHAPES];
        shape.attributes.truncate(self.attrs.len());
        shape.attributes.push(name);
        self.value(name, quote)
    }

    /// Reads up to the quote that ends a value.
    fn value(&mut self, name: &'a str, quote: u8) -> Result<(), Diagnostic> {
        let rest = &self.text.as_bytes()[self.at..];
        let (len, plain) = extent(rest, quote);
        let Some(len) = len else {
            return Err(self.error("truncated", format!("the value of `{name}` does not end")));
        };
        let raw = &self.text[self.at..self.at + len];
        let value = if plain {
            Cow::Borrowed(raw)
        } else {
            self.unescape(name, raw)?
        };
        self.at += len + 1;
        self.attrs.push((name, value));
        Ok(())
    }

    fn unescape(&self, name: &str, raw: &'a str) -> Result<Cow<'a, str>, Diagnostic> {
        if raw
            .bytes()
            .any(|b| b < b' ' && !matches!(b, b'\n' | b'\t' | b'\r'))
        {
            let message = format!("the value of `{name}` has a control character");
            return Err(self.error("not-xml", message));
        }
        let mut out = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(i) = rest.find(['&', '<', '\n', '\t', '\r']) {
            out.push_str(&rest[..i]);
            match rest.as_bytes()[i] {
                b'&' => {
                    let end = rest[i..].find(';').map(|e| i + e);
                    let c = end.and_then(|e| entity(&rest[i + 1..e]));
                    let (Some(end), Some(c)) = (end, c) else {
                        return Err(self.error("bad-entity", "`&` starts no known entity"));
                    };
                    out.push(c);
                    rest = &rest[end + 1..];
                }
                b'<' => return Err(self.error("not-xml", "`<` within a value")),
                _ => {
                    out.push(' ');
                    rest = &rest[i + 1..];
                }
            }
        }
        out.push_str(rest);
        Ok(Cow::Owned(out))
    }

    fn end_tag(&mut self) -> Result<Event, Diagnostic> {
        if let Some(open) = self.open.last() {
            let rest = &self.text.as_bytes()[self.at + 2..];
            if rest.starts_with(open.as_bytes()) && rest.get(open.len()) == Some(&b'>') {
                self.at += open.len() + 3;
                self.open.pop();
                return Ok(Event::End);
            }
        }
        self.unexpected_end_tag()
    }

    /// An end tag with white space in it, or a wrong one.
    fn unexpected_end_tag(&mut self) -> Result<Event, Diagnostic> {
        let place = self.here();
        self.at += 2;
        let name = self.read_name()?;
        self.skip_space();
        if self.text.as_bytes().get(self.at) != Some(&b'>') {
            return Err(self.error("not-xml", format!("expected `>` after `</{name}`")));
        }
        self.at += 1;
        match self.open.pop() {
            Some(open) if open == name => Ok(Event::End),
            Some(open) => {
                Err(self.error_at(place, "not-xml", format!("</{name}> closes <{open}>")))
            }
            None => Err(self.error_at(place, "not-xml", format!("</{name}> closes nothing"))),
        }
    }

    /// The element that just started, whole.
    pub(crate) fn element(&mut self) -> Result<Element, Diagnostic> {
        let mut element = self.leaf();
        while self.next()? == Event::Start {
            element.children.push(self.element()?);
        }
        Ok(element)
    }

    /// The element that just started, without its children.
    pub(crate) fn leaf(&mut self) -> Element {
        let mut attrs = Attrs::at(self.place);
        for (n, v) in &self.attrs {
            attrs.push(self.interner.text(n), self.interner.text(v));
        }
        Element {
            name: self.interner.text(self.name),
            attrs,
            children: Vec::new(),
        }
    }

    fn read_name(&mut self) -> Result<&'a str, Diagnostic> {
        let rest = &self.text[self.at..];
        let len = rest.bytes().position(|b| !NAME[usize::from(b)]);
        let len = len.unwrap_or(rest.len());
        if len == 0 || rest.as_bytes()[0].is_ascii_digit() {
            return Err(self.error("not-xml", "expected a name"));
        }
        self.at += len;
        Ok(&rest[..len])
    }

    fn skip_space(&mut self) -> bool {
        let rest = &self.text.as_bytes()[self.at..];
        let len = rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
        self.at += len;
        len > 0
    }

    fn skip_past(&mut self, end: &str, what: &str) -> Result<(), Diagnostic> {
        match self.text[self.at..].find(end) {
            Some(i) => {
                self.at += i + end.len();
                Ok(())
            }
            None => Err(self.error("truncated", format!("{what} does not end"))),
        }
    }

    /// The place of what comes next, counted from the last one that was.
    fn here(&self) -> Place {
        let bytes = &self.text.as_bytes()[self.counted..self.at];
        let Place { mut line, column } = self.counted_place;
        let lines = count(bytes, |b| b == b'\n');
        let last = match lines {
            0 => bytes,
            _ => bytes.rsplit(|b| *b == b'\n').next().unwrap_or(bytes),
        };
        // Bytes that continue a character are no columns.
        let columns = count(last, |b| (b & 0xc0) != 0x80);
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        line = line.saturating_add(small(lines));
        let before = if lines == 0 { column } else { 1 };
        Place {
            line,
            column: before.saturating_add(small(columns)),
        }
    }

    pub(crate) fn error(&self, code: &'static str, message: impl Into<String>) -> Diagnostic {
        self.error_at(self.here(), code, message)
    }

    pub(crate) fn error_at(
        &self,
        place: Place,
        code: &'static str,
        message: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::error(self.file, place, code, message)
    }
}

/// How many bytes are so. Added up as bytes, as many as one can count: processors do sixteen of them at once.
fn count(bytes: &[u8], is: impl Fn(u8) -> bool) -> usize {
    let blocks = bytes.chunks(255);
    blocks
        .map(|block| usize::from(block.iter().map(|b| u8::from(is(*b))).sum::<u8>()))
        .sum()
}

/// How long a value is up to its quote, and whether all of it stands for itself. Eight bytes at a time.
fn extent(bytes: &[u8], quote: u8) -> (Option<usize>, bool) {
    let mut at = 0;
    for word in bytes.as_chunks::<8>().0 {
        let word = u64::from_le_bytes(*word);
        let odd = equal(word, quote) | equal(word, b'&') | equal(word, b'<') | below_blank(word);
        if odd != 0 {
            // Exact up to the lowest bit that is set.
            at += odd.trailing_zeros() as usize / 8;
            break;
        }
        at += 8;
    }
    if bytes.get(at) == Some(&quote) {
        return (Some(at), true);
    }
    let mut plain = true;
    let rest = bytes[at..].iter().position(|&b| {
        plain &= !SPECIAL[usize::from(b)];
        b == quote
    });
    (rest.map(|rest| at + rest), plain)
}

const ONES: u64 = u64::MAX / 255;
const HIGHS: u64 = ONES << 7;

/// Not 0 if one of eight bytes is this one.
fn equal(word: u64, byte: u8) -> u64 {
    let differs = word ^ (ONES * u64::from(byte));
    differs.wrapping_sub(ONES) & !differs & HIGHS
}

/// Not 0 if one of eight bytes is below the blank.
fn below_blank(word: u64) -> u64 {
    word.wrapping_sub(ONES * u64::from(b' ')) & !word & HIGHS
}

fn entity(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let code = name.strip_prefix('#')?;
            let number = match code.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => code.parse().ok()?,
            };
            char::from_u32(number).filter(|c| *c >= ' ' || matches!(c, '\n' | '\t' | '\r'))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn read(text: &str) -> Result<Element, Diagnostic> {
        let mut reader = Reader::new("cib.xml", text);
        assert_eq!(reader.next()?, Event::Start);
        let element = reader.element()?;
        assert_eq!(reader.next()?, Event::Done);
        Ok(element)
    }

    #[test]
    fn attributes_and_children_come_in_the_order_of_the_document() {
        let e =
            read("<?xml version='1.0'?><!-- c -->\n<a x='1' y=\"&lt;&#65;\">\n  <b/>t<c></c></a>")
                .unwrap();
        assert_eq!(e.attrs.get("y"), Some("<A"));
        assert_eq!(e.children.len(), 2);
        assert_eq!(e.children[0].attrs.place, Place { line: 3, column: 3 });
    }

    #[test]
    fn malformed_text_is_refused_at_its_place() {
        for (text, want) in [
            ("", "cib.xml:1:1: error: there is no element"),
            ("<a>\n</b>", "cib.xml:2:1: error: </b> closes <a>"),
            (
                "<a>\n <b x=1/>",
                "cib.xml:2:7: error: the value of `x` has no quotes",
            ),
            ("<a x='1' x='2'/>", "cib.xml:1:10: error: <a> has `x` twice"),
            ("<a>\n", "cib.xml:2:1: error: the file ends within <a>"),
            (
                "<a x='&b;'/>",
                "cib.xml:1:7: error: `&` starts no known entity",
            ),
            ("<a/><b/>", "cib.xml:1:5: error: a second root element"),
            ("<a></ab>", "cib.xml:1:4: error: </ab> closes <a>"),
            ("</>", "cib.xml:1:3: error: expected a name"),
            ("<a/></a>", "cib.xml:1:5: error: </a> closes nothing"),
            (
                "<!DOCTYPE a><a/>",
                "cib.xml:1:1: error: declarations are not allowed here",
            ),
        ] {
            let mut reader = Reader::new("cib.xml", text);
            let error = loop {
                match reader.next() {
                    Ok(Event::Done) => panic!("{text} was read"),
                    Ok(_) => {}
                    Err(e) => break e,
                }
            };
            assert_eq!(error.to_string(), want);
        }
    }
}
