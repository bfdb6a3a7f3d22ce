//! The running node's side of a journal.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ringwright::{Event, Input, Instant, Node, Output};
use tracing::warn;

use super::digest::Digest;
use super::files::{Files, Order};
use super::head::{Continuation, Head, HostEvent, Mark, Start};
use super::part::{PartWriter, cbor};
use crate::Counters;

/// Inputs between two marks at most.
const MARK_INPUTS: u64 = 256;

/// A part ends at this share of the journal's size.
const PARTS: u64 = 8;

/// How long the node's end may wait for the disk.
const PATIENCE: Duration = Duration::from_secs(2);

/// Records one life of a node: hand it to [`Driver::start_recorded`](crate::Driver::start_recorded).
///
/// A thread writes the files; the node's loop only queues bytes, at most 16 MiB. If the disk is slower than that, inputs are
/// left out, said so, and a new part goes on from a snapshot once there is room. If the disk is full or fails, that is
/// logged once, the journal ends there, and the node goes on.
#[derive(Debug)]
pub struct Journal {
    files: Files,
    size: u64,
    life: u64,
    number: u64,
    /// `None` while inputs are left out.
    part: Option<PartWriter>,
    /// Where the part's head, start or snapshot ended, bytes.
    base: u64,
    /// The input that the node is at.
    pending: Option<(Instant, Input)>,
    now: Instant,
    reached: Continuation,
    digest: Digest,
    counters: Counters,
    /// Inputs at the last mark, and whether something happened since that asks for the next.
    marked: u64,
    mark_due: bool,
    started: bool,
}

impl Journal {
    /// Begins a journal at `path`, bounded to about `size` bytes: at least [`JOURNAL_SIZE_MIN`](super::JOURNAL_SIZE_MIN).
    ///
    /// What an earlier life wrote there stays as a part, renamed, as long as there is room for it. A file there that is not
    /// a journal is an error, and so is a journal that another process writes.
    pub fn create(path: impl Into<PathBuf>, size: u64) -> std::io::Result<Self> {
        let size = size.max(super::JOURNAL_SIZE_MIN);
        let (files, number) = Files::open(path.into(), size)?;
        let mut journal = Self {
            files,
            size,
            life: wall(),
            number,
            part: None,
            base: 0,
            pending: None,
            now: Instant::ZERO,
            reached: Continuation::default(),
            digest: Digest::default(),
            counters: Counters::default(),
            marked: 0,
            mark_due: false,
            started: false,
        };
        journal.begin_part(None);
        Ok(journal)
    }

    fn begin_part(&mut self, node: Option<&Node>) {
        let head = Head {
            life: self.life,
            part: self.number,
            wall: wall(),
            at: self.now.as_nanos(),
            before: self.reached(),
        };
        let mut part = PartWriter::new(&head);
        if let Some(node) = node {
            let mut snapshot = Vec::new();
            cbor(node, &mut snapshot);
            part.record(self.now, &super::Record::Snapshot(snapshot));
        }
        self.base = part.written();
        let order = Order::Part(self.number, part.take());
        self.number += 1;
        self.part = self.files.send(order).then_some(part);
        self.marked = self.reached.inputs;
    }

    fn reached(&self) -> Continuation {
        Continuation {
            digest: self.digest.0,
            ..self.reached
        }
    }

    /// The node starts.
    pub(crate) fn start(&mut self, now: Instant, start: &Start) {
        self.now = now;
        self.started = true;
        if let Some(part) = &mut self.part {
            part.start(now, start);
            self.base = part.written();
        }
    }

    /// Something happened around the node.
    pub(crate) fn host(&mut self, now: Instant, event: &HostEvent) {
        self.now = now;
        if let Some(part) = &mut self.part {
            part.host(now, event);
        }
    }

    /// The node is about to be told something. It is written even if the node does not survive it.
    pub(crate) fn begin_input(&mut self, now: Instant, input: &Input) {
        self.now = now;
        self.pending = Some((now, input.clone()));
    }

    /// It took it, or refused it, which changes nothing and is not recorded.
    pub(crate) fn end_input(&mut self, taken: bool) {
        if let Some((now, input)) = self.pending.take().filter(|_| taken) {
            self.reached.inputs += 1;
            match &mut self.part {
                Some(part) => part.input(now, &input),
                None => self.reached.missed += 1,
            }
        }
    }

    /// The node puts something out.
    pub(crate) fn output(&mut self, output: &Output) {
        self.digest.output(output);
        self.mark_due |= matches!(
            output,
            Output::Event(Event::Regular(_) | Event::Quorum { .. })
        );
    }

    /// All that the node has put out is carried out: marks are made here, files written, parts begun.
    pub(crate) fn settle(&mut self, node: Option<&Node>, counters: Counters) {
        self.counters = counters;
        if self.part.is_none() {
            if self.started && self.files.has_room() {
                self.begin_part(node);
            }
            return;
        }
        if self.mark_due || self.reached.inputs - self.marked >= MARK_INPUTS {
            self.mark();
        }
        self.flush();
        let written = self.part.as_ref().map_or(0, PartWriter::written);
        if written.saturating_sub(self.base) >= self.size / PARTS && node.is_some() {
            self.mark();
            self.flush();
            self.begin_part(node);
        }
    }

    fn mark(&mut self) {
        let (reached, counters) = (self.reached(), self.counters);
        self.marked = self.reached.inputs;
        self.mark_due = false;
        if let Some(part) = &mut self.part {
            part.mark(self.now, &Mark { reached, counters });
        }
    }

    fn flush(&mut self) {
        let Some(part) = self.part.as_mut().filter(|part| part.waiting() > 0) else {
            return;
        };
        let bytes = part.take();
        if !self.files.send(Order::Append(bytes)) {
            self.part = None;
            if !self.files.is_dead() {
                warn!("the journal's disk is too slow: inputs are left out until there is room");
            }
        }
    }

    /// Whether nothing is written any more.
    pub(crate) fn is_dead(&self) -> bool {
        self.files.is_dead()
    }

    /// The life is over. `settled`: all that the node has put out was carried out.
    pub(crate) fn end(&mut self, now: Instant, why: &str, settled: bool) {
        self.now = now;
        if settled {
            self.mark();
        }
        if let Some(part) = &mut self.part {
            part.record(now, &super::Record::End(why.to_owned()));
        }
        self.flush();
    }
}

/// Also when the node panics: what it was at is written.
impl Drop for Journal {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.end_input(true);
        }
        self.flush();
        self.files.close(PATIENCE);
    }
}

/// The host's clock, nanoseconds since 1970.
fn wall() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(0))
}
