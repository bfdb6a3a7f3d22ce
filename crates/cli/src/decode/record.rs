//! One datagram, decoded.

use std::io::{self, Write};
use std::net::SocketAddr;

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use ringwright_totem::wire::Frame;
use ringwright_totem::{NodeId, RingId};

use super::capture::Datagram;
use super::fields::Fields;
use super::streams::{Contained, Streams};
use super::{foreign, frame};

/// What a datagram is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Type {
    /// The ORF token
    Token,
    /// A sequenced message
    Mcast,
    /// Merge detection
    Merge,
    /// A proposal of members
    Join,
    /// A goodbye
    Leave,
    /// The token that forms a ring
    Commit,
    /// A request to let an idle token go
    Hold,
    /// Not Totem's, such as knet's
    Foreign,
    /// Totem's, but wrong
    Malformed,
}

/// A decoded datagram.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) datagram: Datagram,
    pub(crate) kind: Type,
    /// The node that emitted it.
    pub(crate) node: Option<NodeId>,
    /// Its ring, and in recovery the old one.
    pub(crate) rings: Vec<RingId>,
    pub(super) fields: Fields,
    pub(super) frame: Option<Frame>,
    pub(super) messages: Vec<Contained>,
}

/// Turns datagrams into records; remembers what spans several of them.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    streams: Streams,
}

impl Decoder {
    pub(crate) fn decode(&mut self, datagram: Datagram) -> Record {
        let frame = match Frame::decode(&datagram.payload) {
            Ok(frame) => frame,
            Err(error) => {
                let (kind, label) = match foreign::name(&datagram.payload, &error) {
                    Some(name) => (Type::Foreign, name),
                    None => (Type::Malformed, error.to_string().into()),
                };
                let fields = Fields::new(label).with_if(false, "bytes", datagram.payload.len());
                return Record::of(datagram, kind, fields, None);
            }
        };
        let Frame::Mcast(mcast) = &frame else {
            let fields = frame::fields(&frame);
            return Record::of(datagram, Type::of(&frame), fields, Some(frame));
        };
        let contents = self.streams.read(mcast);
        let (kind, mut fields) = (Type::Mcast, contents.fields);
        let kind = match contents.error {
            None => kind,
            Some(error) => {
                fields.label = error;
                Type::Malformed
            }
        };
        let mut record = Record::of(datagram, kind, fields, Some(frame));
        record.rings.extend(contents.inner.map(|(ring, _)| ring));
        record.messages = contents.new;
        record
    }
}

impl Type {
    fn of(frame: &Frame) -> Self {
        match frame {
            Frame::Token(_) => Self::Token,
            Frame::Mcast(_) => Self::Mcast,
            Frame::MergeDetect(_) => Self::Merge,
            Frame::Join(join) if join.is_leave() => Self::Leave,
            Frame::Join(_) => Self::Join,
            Frame::Commit(_) => Self::Commit,
            Frame::HoldCancel(_) => Self::Hold,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Mcast => "mcast",
            Self::Merge => "merge",
            Self::Join => "join",
            Self::Leave => "leave",
            Self::Commit => "commit",
            Self::Hold => "hold",
            Self::Foreign => "foreign",
            Self::Malformed => "malformed",
        }
    }

    fn style(self) -> Style {
        let colour = match self {
            Self::Token | Self::Hold => return Style::new().dimmed(),
            Self::Mcast => return Style::new(),
            Self::Merge | Self::Join | Self::Commit => AnsiColor::Cyan,
            Self::Leave | Self::Foreign => AnsiColor::Yellow,
            Self::Malformed => AnsiColor::Red,
        };
        colour.on_default()
    }
}

impl Record {
    fn of(datagram: Datagram, kind: Type, fields: Fields, frame: Option<Frame>) -> Self {
        Self {
            node: frame.as_ref().map(frame::sender),
            rings: frame.as_ref().and_then(frame::ring).into_iter().collect(),
            datagram,
            kind,
            fields,
            frame,
            messages: Vec::new(),
        }
    }

    /// One line, and with `long` one more for every field.
    pub(crate) fn write(&self, out: &mut dyn Write, long: bool) -> io::Result<()> {
        let Datagram {
            frame,
            time,
            from,
            to,
            ..
        } = &self.datagram;
        let style = self.kind.style();
        let text = match (self.fields.label.as_str(), self.fields.brief()) {
            ("", brief) => brief,
            (label, brief) if brief.is_empty() => label.into(),
            (label, brief) => format!("{label}: {brief}"),
        };
        writeln!(
            out,
            "{:>11.6} {frame:>6} {:>21} > {:<21} {style}{:<9}{style:#} {text}",
            time.as_secs_f64(),
            from.to_string(),
            to.to_string(),
            self.kind.name(),
        )?;
        if long {
            self.fields.write_long(out, 8)?;
        }
        Ok(())
    }

    /// One line with a JSON object.
    pub(crate) fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let Datagram {
            frame,
            time,
            from,
            to,
            ..
        } = &self.datagram;
        let address = |a: &SocketAddr| a.to_string();
        let mut object = serde_json::Map::new();
        object.insert("time".into(), time.as_secs_f64().into());
        object.insert("frame".into(), (*frame).into());
        object.insert("src".into(), address(from).into());
        object.insert("dst".into(), address(to).into());
        object.insert("type".into(), self.kind.name().into());
        object.extend(self.fields.json("error"));
        writeln!(out, "{}", serde_json::Value::Object(object))
    }
}
