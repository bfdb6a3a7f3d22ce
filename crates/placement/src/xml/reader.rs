//! A pull reader: one event for each start and end of an element.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Attrs, Element, Interner, Place};
use crate::diagnostic::Diagnostic;

/// Elements within elements; a cluster information base needs about 12.
const DEPTH_MAX: usize = 100;

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

/// The reader. Text between elements, comments and processing instructions are skipped.
pub(crate) struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    at: usize,
    line: u32,
    line_start: usize,
    open: Vec<&'a str>,
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
            line: 1,
            line_start: at,
            open: Vec::new(),
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
            let rest = &self.text[self.at..];
            let Some(skip) = rest.find('<') else {
                return self.finish();
            };
            if self.open.is_empty() && !rest[..skip].trim().is_empty() {
                return Err(self.error("not-xml", "text outside of any element"));
            }
            self.advance(skip);
            let rest = &self.text[self.at..];
            if rest.starts_with("<!--") {
                self.skip_past("-->", "a comment")?;
            } else if rest.starts_with("<?") {
                self.skip_past("?>", "a processing instruction")?;
            } else if rest.starts_with("<![CDATA[") {
                self.skip_past("]]>", "a CDATA section")?;
            } else if rest.starts_with("<!") {
                return Err(self.error("doctype", "declarations are not allowed here"));
            } else if rest.starts_with("</") {
                return self.end_tag();
            } else {
                return self.start_tag();
            }
        }
    }

    fn finish(&mut self) -> Result<Event, Diagnostic> {
        let rest = self.text.len() - self.at;
        if let Some(open) = self.open.last() {
            let message = format!("the file ends within <{open}>");
            self.advance(rest);
            return Err(self.error("truncated", message));
        }
        if !self.seen_root {
            return Err(self.error("not-xml", "there is no element"));
        }
        Ok(Event::Done)
    }

    fn start_tag(&mut self) -> Result<Event, Diagnostic> {
        self.place = self.here();
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

    fn attribute(&mut self) -> Result<(), Diagnostic> {
        let start = (self.at, self.line, self.line_start);
        let name = self.read_name()?;
        if self.attrs.iter().any(|(n, _)| *n == name) {
            (self.at, self.line, self.line_start) = start;
            let message = format!("<{}> has `{name}` twice", self.name);
            return Err(self.error("duplicate-attribute", message));
        }
        self.skip_space();
        if self.text.as_bytes().get(self.at) != Some(&b'=') {
            let message = format!("expected `=` after the attribute `{name}`");
            return Err(self.error("not-xml", message));
        }
        self.at += 1;
        self.skip_space();
        let quote = match self.text.as_bytes().get(self.at) {
            Some(&q @ (b'"' | b'\'')) => q,
            _ => return Err(self.error("not-xml", format!("the value of `{name}` has no quotes"))),
        };
        self.at += 1;
        let rest = &self.text.as_bytes()[self.at..];
        let Some(len) = rest.iter().position(|&b| b == quote) else {
            return Err(self.error("truncated", format!("the value of `{name}` does not end")));
        };
        let raw = &self.text[self.at..self.at + len];
        let value = self.unescape(raw)?;
        self.advance(len + 1);
        self.attrs.push((name, value));
        Ok(())
    }

    fn unescape(&self, raw: &'a str) -> Result<Cow<'a, str>, Diagnostic> {
        if !raw
            .bytes()
            .any(|b| matches!(b, b'&' | b'<' | b'\n' | b'\t' | b'\r'))
        {
            return Ok(Cow::Borrowed(raw));
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
        let len = rest
            .bytes()
            .position(|b| {
                b.is_ascii()
                    && !b.is_ascii_alphanumeric()
                    && !matches!(b, b'_' | b'-' | b'.' | b':')
            })
            .unwrap_or(rest.len());
        if len == 0 || rest.as_bytes()[0].is_ascii_digit() {
            return Err(self.error("not-xml", "expected a name"));
        }
        self.at += len;
        Ok(&rest[..len])
    }

    fn skip_space(&mut self) -> bool {
        let rest = &self.text.as_bytes()[self.at..];
        let len = rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
        self.advance(len);
        len > 0
    }

    fn skip_past(&mut self, end: &str, what: &str) -> Result<(), Diagnostic> {
        match self.text[self.at..].find(end) {
            Some(i) => {
                self.advance(i + end.len());
                Ok(())
            }
            None => Err(self.error("truncated", format!("{what} does not end"))),
        }
    }

    /// Moves on and counts the lines.
    fn advance(&mut self, len: usize) {
        let bytes = &self.text.as_bytes()[self.at..self.at + len];
        for (i, _) in bytes.iter().enumerate().filter(|(_, b)| **b == b'\n') {
            self.line += 1;
            self.line_start = self.at + i + 1;
        }
        self.at += len;
    }

    fn here(&self) -> Place {
        let column = self.text[self.line_start..self.at].chars().count() + 1;
        Place {
            line: self.line,
            column: u32::try_from(column).unwrap_or(u32::MAX),
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
            char::from_u32(number).filter(|c| *c != '\0')
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
