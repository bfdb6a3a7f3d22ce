//! Named values of a frame or message, once, for the short line, the long listing and JSON.

use std::io::{self, Write};

use ringwright_totem::{NodeId, RingId};
use serde_json::{Map, json};

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Number(u64),
    Signed(i64),
    /// Printed in hexadecimal, as corosync does with sequence numbers.
    Hex(u64),
    Ring(RingId),
    Nodes(Vec<NodeId>),
    Numbers(Vec<u64>),
    Text(String),
    List(Vec<Fields>),
}

/// A value with its name.
#[derive(Clone, Debug, PartialEq)]
struct Field {
    name: &'static str,
    value: Value,
    /// Whether it stands in the short line too.
    brief: bool,
}

/// A frame's or message's name and values, in the order of the wire.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fields {
    pub(crate) label: String,
    fields: Vec<Field>,
}

impl Fields {
    pub(crate) fn new(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            fields: Vec::new(),
        }
    }

    /// Adds a value that stands everywhere.
    pub(crate) fn with(self, name: &'static str, value: impl Into<Value>) -> Self {
        self.push(name, value.into(), true)
    }

    /// Adds a value that stands in the short line only `if` it says something.
    pub(crate) fn with_if(self, brief: bool, name: &'static str, value: impl Into<Value>) -> Self {
        self.push(name, value.into(), brief)
    }

    /// Adds a value that stands in the long listing and JSON only.
    pub(crate) fn detail(self, name: &'static str, value: impl Into<Value>) -> Self {
        self.push(name, value.into(), false)
    }

    fn push(mut self, name: &'static str, value: Value, brief: bool) -> Self {
        self.fields.push(Field { name, value, brief });
        self
    }

    /// `name=value …` of the brief values.
    pub(crate) fn brief(&self) -> String {
        let words: Vec<_> = self
            .fields
            .iter()
            .filter(|field| field.brief)
            .map(Field::brief)
            .collect();
        words.join(" ")
    }

    fn labelled(&self) -> String {
        match (self.label.as_str(), self.brief()) {
            ("", brief) => brief,
            (label, brief) if brief.is_empty() => label.into(),
            (label, brief) => format!("{label} {brief}"),
        }
    }

    /// One line a value, nested ones deeper.
    pub(crate) fn write_long(&self, out: &mut dyn Write, indent: usize) -> io::Result<()> {
        for Field { name, value, .. } in &self.fields {
            if let Value::List(items) = value {
                writeln!(out, "{:indent$}{name}: {}", "", items.len())?;
                for item in items {
                    writeln!(out, "{:indent$}  - {}", "", item.label)?;
                    item.write_long(out, indent + 6)?;
                }
            } else {
                writeln!(out, "{:indent$}{name}: {}", "", value.text())?;
            }
        }
        Ok(())
    }

    /// An object of all values; the label under `label_key`, if there is one.
    pub(crate) fn json(&self, label_key: &str) -> Map<String, serde_json::Value> {
        let mut object = Map::new();
        if !self.label.is_empty() {
            object.insert(label_key.into(), self.label.clone().into());
        }
        for Field { name, value, .. } in &self.fields {
            object.insert((*name).into(), value.json());
        }
        object
    }
}

impl Field {
    fn brief(&self) -> String {
        match &self.value {
            Value::List(items) => {
                let items: Vec<_> = items.iter().map(Fields::labelled).collect();
                format!("{}=[{}]", self.name, items.join("; "))
            }
            value => format!("{}={}", self.name, value.text()),
        }
    }
}

impl Value {
    fn text(&self) -> String {
        let join = |words: Vec<String>| {
            if words.is_empty() {
                "-".into()
            } else {
                words.join(",")
            }
        };
        match self {
            Self::Number(n) => n.to_string(),
            Self::Signed(n) => n.to_string(),
            Self::Hex(n) => format!("{n:x}"),
            Self::Ring(ring) => ring.to_string(),
            Self::Nodes(nodes) => join(nodes.iter().map(ToString::to_string).collect()),
            Self::Numbers(numbers) => join(numbers.iter().map(ToString::to_string).collect()),
            Self::Text(text) => text.clone(),
            Self::List(items) => join(items.iter().map(Fields::labelled).collect()),
        }
    }

    fn json(&self) -> serde_json::Value {
        match self {
            Self::Number(n) | Self::Hex(n) => json!(n),
            Self::Signed(n) => json!(n),
            Self::Ring(ring) => json!(ring.to_string()),
            Self::Nodes(nodes) => json!(nodes.iter().map(|node| node.0).collect::<Vec<_>>()),
            Self::Numbers(numbers) => json!(numbers),
            Self::Text(text) => json!(text),
            Self::List(items) => items.iter().map(|item| item.json("what")).collect(),
        }
    }
}

impl From<u32> for Value {
    fn from(n: u32) -> Self {
        Self::Number(n.into())
    }
}

impl From<u8> for Value {
    fn from(n: u8) -> Self {
        Self::Number(n.into())
    }
}

impl From<u64> for Value {
    fn from(n: u64) -> Self {
        Self::Number(n)
    }
}

impl From<usize> for Value {
    fn from(n: usize) -> Self {
        Self::Number(u64::try_from(n).unwrap_or(u64::MAX))
    }
}

impl From<i32> for Value {
    fn from(n: i32) -> Self {
        Self::Signed(n.into())
    }
}

impl From<NodeId> for Value {
    fn from(node: NodeId) -> Self {
        node.0.into()
    }
}

impl From<&[NodeId]> for Value {
    fn from(nodes: &[NodeId]) -> Self {
        Self::Nodes(nodes.to_vec())
    }
}

impl From<RingId> for Value {
    fn from(ring: RingId) -> Self {
        Self::Ring(ring)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<Vec<Fields>> for Value {
    fn from(items: Vec<Fields>) -> Self {
        Self::List(items)
    }
}

/// A number that corosync prints in hexadecimal.
pub(crate) fn hex(n: impl Into<u64>) -> Value {
    Value::Hex(n.into())
}
