//! Playing a journal: the same inputs to the same core.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use ringwright::{Input, Instant, Node, Output};

use super::digest::Digest;
use super::error::{Damage, JournalError};
use super::head::{Continuation, Head, HostEvent, Mark, Record, Start};
use super::part::cbor;
use super::reader::{PartReader, Torn, decoded};

/// Something that a journal tells, in order of time.
#[derive(Debug)]
pub struct Moment<'a> {
    /// The node's time, nanoseconds since its start.
    pub at: Instant,
    /// The host's clock, nanoseconds since 1970.
    pub wall: u64,
    /// What happened.
    pub what: What<'a>,
    /// The node after it; `None` while none runs.
    pub node: Option<&'a Node>,
}

/// What happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum What<'a> {
    /// A file begins.
    Part {
        /// The file.
        file: &'a Path,
        /// Its head.
        head: &'a Head,
        /// The version that wrote it.
        version: &'a str,
        /// Whether it goes on exactly where the last one ended.
        continues: bool,
    },
    /// The node started.
    Start(&'a Start),
    /// The node is taken from a snapshot: what was before is not known.
    Resumed,
    /// It was told something.
    Input(&'a Input),
    /// It put something out.
    Output(&'a Output),
    /// Something happened around it.
    Host(&'a HostEvent),
    /// The recorded node had reached this.
    Mark(&'a Mark),
    /// The replayed node went another way.
    Different(&'a Difference),
    /// The life's end.
    End(&'a str),
    /// The file's last record is cut off.
    Torn(Torn),
    /// The file cannot be read on.
    Damaged(&'a JournalError),
}

/// A point of a life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// How many inputs came before.
    pub input: u64,
    /// The host's clock, nanoseconds since 1970.
    pub wall: u64,
}

/// Where a replayed node went another way than the recorded one, and how that shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The file.
    pub file: PathBuf,
    /// The version that wrote it.
    pub version: String,
    /// The last place at which both were alike.
    pub from: Place,
    /// The first at which they are not.
    pub to: Place,
    /// How it shows.
    pub how: How,
}

/// How a difference shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// The outputs have another digest.
    Digest {
        /// The recorded one.
        recorded: Digest,
        /// Ours.
        replayed: Digest,
    },
    /// It refuses an input that the recorded node took.
    Refused(String),
    /// Its state is not the recorded snapshot.
    State,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, .. } = self;
        write!(
            f,
            "{}: after input {} and by input {} the replay goes another way than ringwright {}, which recorded it: ",
            self.file.display(),
            from.input,
            to.input,
            self.version
        )?;
        match &self.how {
            How::Digest { recorded, replayed } => {
                write!(f, "the outputs' digest was {recorded} and is {replayed}")
            }
            How::Refused(why) => write!(f, "the input is refused now: {why}"),
            How::State => f.write_str("the node's state is not the recorded one"),
        }
    }
}

/// What a replay amounts to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Files read.
    pub parts: u64,
    /// Lives of the node, whole or in part.
    pub lives: u64,
    /// Inputs fed.
    pub inputs: u64,
    /// Inputs that were never recorded.
    pub missed: u64,
    /// Outputs made.
    pub outputs: u64,
    /// Marks and snapshots at which both were alike.
    pub agreed: u64,
    /// Where they were not.
    pub differences: Vec<Difference>,
    /// Files whose last record is cut off.
    pub torn: Vec<(PathBuf, Torn)>,
    /// Files that cannot be read on.
    pub damaged: Vec<JournalError>,
    /// The digest of the last life's outputs.
    pub digest: Digest,
}

impl Outcome {
    /// Whether every file could be read and the replay went the recorded way throughout.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.differences.is_empty() && self.damaged.is_empty()
    }
}

/// Plays a journal's files, in their order, and tells everything that happens.
///
/// A damaged file is told and the next one goes on from its snapshot. See [`parts`](super::parts) for the files of a
/// journal.
pub fn replay(files: &[PathBuf], mut each: impl FnMut(Moment<'_>)) -> Outcome {
    let mut replay = Replay {
        each: &mut each,
        outcome: Outcome::default(),
        life: None,
    };
    for file in files {
        replay.outcome.parts += 1;
        if let Err(damage) = replay.part(file) {
            let error = JournalError {
                file: file.clone(),
                damage,
            };
            replay.damaged(error);
        }
    }
    replay.outcome
}

/// The node of a [`Record::Snapshot`]; why it is none of this version's, otherwise.
pub fn node_of(snapshot: &[u8]) -> Result<Node, String> {
    decoded(snapshot)
}

struct Replay<'e> {
    each: &'e mut dyn FnMut(Moment<'_>),
    outcome: Outcome,
    life: Option<Life>,
}

/// A node as far as it is played.
struct Life {
    head: Head,
    at: Instant,
    node: Option<Node>,
    reached: Continuation,
    /// The last place at which it was as recorded.
    alike: Place,
    /// It is not any more.
    different: bool,
}

impl Life {
    fn new(head: &Head) -> Self {
        Self {
            at: head.instant(),
            node: None,
            reached: head.before,
            alike: Place {
                input: head.before.inputs,
                wall: head.wall,
            },
            different: false,
            head: head.clone(),
        }
    }

    fn place(&self) -> Place {
        Place {
            input: self.reached.inputs,
            wall: self.head.wall_at(self.at),
        }
    }
}

/// The file that is being read.
struct Source<'a> {
    file: &'a Path,
    version: &'a str,
}

impl Replay<'_> {
    fn part(&mut self, file: &Path) -> Result<(), Damage> {
        let bytes = fs::read(file).map_err(Damage::Io)?;
        let mut reader = PartReader::new(Bytes::from(bytes))?;
        let (head, version) = (reader.head().clone(), reader.version().to_owned());
        self.begin(file, &head, &version);
        let source = Source {
            file,
            version: &version,
        };
        while let Some((at, record)) = reader.next_record()? {
            if let Some(life) = &mut self.life {
                life.at = at;
            }
            self.record(&source, &record)?;
        }
        if let Some(torn) = reader.torn() {
            self.outcome.torn.push((file.to_owned(), torn));
            self.tell(What::Torn(torn));
        }
        Ok(())
    }

    fn begin(&mut self, file: &Path, head: &Head, version: &str) {
        let continues = self.life.as_ref().is_some_and(|life| {
            life.head.life == head.life
                && life.head.part + 1 == head.part
                && life.reached.inputs == head.before.inputs
        });
        match &mut self.life {
            Some(life) if continues => life.head = head.clone(),
            life => {
                let known = life.as_ref().filter(|life| life.head.life == head.life);
                if known.is_none() {
                    self.outcome.lives += 1;
                }
                let missed = known.map_or(0, |life| life.reached.missed);
                self.outcome.missed += head.before.missed.saturating_sub(missed);
                *life = Some(Life::new(head));
            }
        }
        self.tell(What::Part {
            file,
            head,
            version,
            continues,
        });
    }

    fn record(&mut self, source: &Source<'_>, record: &Record) -> Result<(), Damage> {
        match record {
            Record::Start(start) => self.start(start),
            Record::Snapshot(snapshot) => self.snapshot(source, snapshot),
            Record::Input(input) => {
                self.input(source, input);
                Ok(())
            }
            Record::Mark(mark) => {
                self.mark(source, mark);
                Ok(())
            }
            Record::Host(event) => {
                self.tell(What::Host(event));
                Ok(())
            }
            Record::End(why) => {
                self.tell(What::End(why));
                Ok(())
            }
        }
    }

    fn start(&mut self, start: &Start) -> Result<(), Damage> {
        let Some(life) = &mut self.life else {
            return Ok(());
        };
        let Start {
            config,
            stable,
            seed,
        } = start;
        let node = Node::new(config.clone(), *stable, *seed, life.at).map_err(Damage::Config)?;
        life.node = Some(node);
        self.tell(What::Start(start));
        self.outputs();
        Ok(())
    }

    /// A node played up to here goes on if it is the recorded one; otherwise the recorded one does.
    fn snapshot(&mut self, source: &Source<'_>, snapshot: &[u8]) -> Result<(), Damage> {
        let Some(life) = &mut self.life else {
            return Ok(());
        };
        if let Some(node) = &life.node {
            let mut ours = Vec::new();
            cbor(node, &mut ours);
            if ours == snapshot {
                self.outcome.agreed += 1;
                return Ok(());
            }
        }
        let continues = life.node.is_some();
        match node_of(snapshot) {
            Ok(node) => life.node = Some(node),
            // Of a version whose nodes are made of other things: the node that was played goes on.
            Err(_) if continues && source.version != env!("CARGO_PKG_VERSION") => return Ok(()),
            Err(why) => {
                return Err(Damage::Snapshot {
                    version: source.version.to_owned(),
                    why,
                });
            }
        }
        if continues {
            self.differ(source, How::State);
        }
        if let Some(life) = &mut self.life {
            life.reached = life.head.before;
            life.different = false;
            life.alike = life.place();
        }
        self.tell(What::Resumed);
        Ok(())
    }

    fn input(&mut self, source: &Source<'_>, input: &Input) {
        let Some(life) = &mut self.life else {
            return;
        };
        let Some(node) = &mut life.node else {
            return;
        };
        let answer = node.handle_input(life.at, input.clone());
        life.reached.inputs += 1;
        self.outcome.inputs += 1;
        self.tell(What::Input(input));
        if let Err(rejected) = answer {
            self.differ(source, How::Refused(rejected.to_string()));
        }
        self.outputs();
    }

    fn outputs(&mut self) {
        let mut outputs = Vec::new();
        if let Some(life) = &mut self.life {
            let mut digest = Digest(life.reached.digest);
            while let Some(output) = life.node.as_mut().and_then(Node::poll_output) {
                digest.output(&output);
                outputs.push(output);
            }
            life.reached.digest = digest.0;
            self.outcome.digest = digest;
        }
        self.outcome.outputs += outputs.len() as u64;
        for output in &outputs {
            self.tell(What::Output(output));
        }
    }

    fn mark(&mut self, source: &Source<'_>, mark: &Mark) {
        let Some(life) = &mut self.life else {
            return;
        };
        let (recorded, replayed) = (Digest(mark.reached.digest), Digest(life.reached.digest));
        if recorded == replayed {
            life.alike = life.place();
            self.outcome.agreed += 1;
        } else {
            self.differ(source, How::Digest { recorded, replayed });
        }
        self.tell(What::Mark(mark));
    }

    /// Tells of a difference, the first one until both are alike again.
    fn differ(&mut self, source: &Source<'_>, how: How) {
        let Some(life) = self.life.as_mut().filter(|life| !life.different) else {
            return;
        };
        life.different = true;
        let difference = Difference {
            file: source.file.to_owned(),
            version: source.version.to_owned(),
            from: life.alike,
            to: life.place(),
            how,
        };
        self.tell(What::Different(&difference));
        self.outcome.differences.push(difference);
    }

    fn damaged(&mut self, error: JournalError) {
        self.tell(What::Damaged(&error));
        self.outcome.damaged.push(error);
        if let Some(life) = &mut self.life {
            life.node = None;
        }
    }

    fn tell(&mut self, what: What<'_>) {
        let (at, wall, node) = match &self.life {
            Some(life) => (life.at, life.place().wall, life.node.as_ref()),
            None => (Instant::ZERO, 0, None),
        };
        (self.each)(Moment {
            at,
            wall,
            what,
            node,
        });
    }
}
