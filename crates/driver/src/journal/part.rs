//! Writing a part.

use ringwright::{Input, Instant};
use serde::Serialize;

use super::chain::{Chain, put_varint};
use super::delta::References;
use super::head::{FORMAT, Head, HostEvent, Mark, Record, Start};

/// The kinds of records.
pub(super) mod kind {
    pub(in super::super) const HEAD: u8 = 0;
    pub(in super::super) const START: u8 = 1;
    pub(in super::super) const SNAPSHOT: u8 = 2;
    pub(in super::super) const DATAGRAM: u8 = 3;
    pub(in super::super) const DELTA: u8 = 4;
    pub(in super::super) const TIMEOUT: u8 = 5;
    pub(in super::super) const INPUT: u8 = 6;
    pub(in super::super) const MARK: u8 = 7;
    pub(in super::super) const HOST: u8 = 8;
    pub(in super::super) const END: u8 = 9;
}

/// What a part's first line begins with.
pub(super) const MAGIC: &str = "ringwright journal ";

/// A part of records with these kinds and bodies, whatever they are, sealed as if they had been written: for whoever tests
/// a reader.
#[must_use]
pub fn sealed<'a>(head: &Head, records: impl IntoIterator<Item = (u8, &'a [u8])>) -> Vec<u8> {
    let mut part = PartWriter::new(head);
    for (kind, body) in records {
        part.body.extend_from_slice(body);
        part.end(kind);
    }
    part.take()
}

/// Makes the bytes of a part: no file, no clock.
#[derive(Debug)]
pub struct PartWriter {
    chain: Chain,
    references: References,
    /// The time of the last record.
    at: Instant,
    out: Vec<u8>,
    /// Bytes taken already.
    taken: u64,
    body: Vec<u8>,
}

impl PartWriter {
    /// Begins a part. A [`Record::Start`] or [`Record::Snapshot`] must come before any input.
    #[must_use]
    pub fn new(head: &Head) -> Self {
        let line = format!("{MAGIC}{FORMAT} {}\n", env!("CARGO_PKG_VERSION"));
        let mut part = Self {
            chain: Chain::new(),
            references: References::default(),
            at: head.instant(),
            out: line.into_bytes(),
            taken: 0,
            body: Vec::new(),
        };
        cbor(head, &mut part.body);
        part.end(kind::HEAD);
        part
    }

    /// Adds a record. One that is earlier than the last counts as simultaneous: a node's time does not go back.
    pub fn record(&mut self, at: Instant, record: &Record) {
        match record {
            Record::Input(input) => self.input(at, input),
            Record::Start(start) => self.start(at, start),
            Record::Snapshot(node) => {
                self.begin(at);
                self.body.extend_from_slice(node);
                self.end(kind::SNAPSHOT);
            }
            Record::Mark(mark) => self.mark(at, mark),
            Record::Host(event) => self.host(at, event),
            Record::End(why) => {
                self.begin(at);
                self.body.extend_from_slice(why.as_bytes());
                self.end(kind::END);
            }
        }
    }

    pub(super) fn start(&mut self, at: Instant, start: &Start) {
        self.begin(at);
        cbor(start, &mut self.body);
        self.end(kind::START);
    }

    pub(super) fn mark(&mut self, at: Instant, mark: &Mark) {
        self.begin(at);
        cbor(mark, &mut self.body);
        self.end(kind::MARK);
    }

    pub(super) fn host(&mut self, at: Instant, event: &HostEvent) {
        self.begin(at);
        cbor(event, &mut self.body);
        self.end(kind::HOST);
    }

    pub(super) fn input(&mut self, at: Instant, input: &Input) {
        self.begin(at);
        match input {
            Input::Datagram(datagram) => {
                if let Some(delta) = self.references.encode(datagram) {
                    self.body.extend_from_slice(&delta);
                    self.end(kind::DELTA);
                } else {
                    self.body.extend_from_slice(datagram);
                    self.end(kind::DATAGRAM);
                }
            }
            Input::Timeout => self.end(kind::TIMEOUT),
            other => {
                cbor(other, &mut self.body);
                self.end(kind::INPUT);
            }
        }
    }

    fn begin(&mut self, at: Instant) {
        let since = at.since(self.at).as_nanos();
        put_varint(&mut self.body, u64::try_from(since).unwrap_or(u64::MAX));
        self.at = self.at.max(at);
    }

    fn end(&mut self, kind: u8) {
        self.chain.write(kind, &self.body, &mut self.out);
        self.body.clear();
    }

    /// What was added since the last call.
    pub fn take(&mut self) -> Vec<u8> {
        self.taken += self.out.len() as u64;
        std::mem::take(&mut self.out)
    }

    /// How many bytes wait to be taken.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.out.len()
    }

    /// The part's length so far, bytes.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.taken + self.out.len() as u64
    }
}

/// CBOR, with the names of fields.
pub(super) fn cbor(value: &impl Serialize, out: &mut Vec<u8>) {
    ciborium::into_writer(value, out).expect("memory takes everything, and every value has a form");
}
