//! Elements as they were read.

use alloc::vec::Vec;

use core::fmt;
use thin_vec::ThinVec;

/// A shared text.
pub type Text = arcstr::ArcStr;

/// A place in a file; lines and columns count from 1, a column is a character. The default, 0:0, is
/// the place of what was not read from a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line, from 1.
    pub line: u32,
    /// The character within the line, from 1.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// The attributes of an element in the order of the document, and where the element starts.
///
/// Two of them are equal if the names and values are; the place does not matter.
#[derive(Clone, Debug, Default)]
pub struct Attrs {
    /// Where the element starts.
    pub place: Place,
    list: ThinVec<(Text, Text)>,
}

impl PartialEq for Attrs {
    fn eq(&self, other: &Self) -> bool {
        self.list == other.list
    }
}

impl Attrs {
    /// No attributes yet, of an element at `place`.
    pub fn at(place: Place) -> Self {
        Self {
            place,
            list: ThinVec::new(),
        }
    }

    /// The value of an attribute.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.text(name).map(|v| &**v)
    }

    /// The value of an attribute, shared.
    pub fn text(&self, name: &str) -> Option<&Text> {
        self.list.iter().find(|(n, _)| **n == *name).map(|(_, v)| v)
    }

    /// The attribute `id`, or nothing at all.
    pub fn id(&self) -> &str {
        self.get("id").unwrap_or("")
    }

    /// Sets an attribute, replacing an earlier value.
    pub fn set(&mut self, name: &str, value: &str) {
        let value: Text = Text::from(value);
        match self.list.iter_mut().find(|(n, _)| **n == *name) {
            Some((_, v)) => *v = value,
            None => self.list.push((Text::from(name), value)),
        }
    }

    /// Puts an attribute that is not there yet before all others.
    pub(crate) fn lead(&mut self, name: &str, value: &str) {
        self.list.insert(0, (Text::from(name), Text::from(value)));
    }

    /// Removes an attribute.
    pub fn remove(&mut self, name: &str) {
        self.list.retain(|(n, _)| **n != *name);
    }

    /// Adds an attribute that is not there yet.
    pub(crate) fn push(&mut self, name: Text, value: Text) {
        self.list.push((name, value));
    }

    /// Names and values in the order of the document.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.list.iter().map(|(n, v)| (&**n, &**v))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

/// An element that is kept as it was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Element {
    /// Its name.
    pub name: Text,
    /// Its attributes and place.
    pub attrs: Attrs,
    /// Its child elements.
    pub children: Vec<Element>,
}

impl Element {
    /// The children of a name.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |c| *c.name == *name)
    }

    /// The first child of a name.
    pub fn child<'a>(&'a self, name: &'a str) -> Option<&'a Element> {
        self.children.iter().find(|c| *c.name == *name)
    }
}
