//! Scripts as text: a verb a line with its time, so that a schedule can be stored, shown, cut short and run again.
//!
//! ```
//! use ringwright_sims::script::text;
//!
//! let script = text::parse("
//!     0s   start 1 lost
//!     10s  cut 1 <> 2,3           # both ways; `1 > 2,3` is one way
//!     12s  link 2 > 3 loss=300    # of a thousand
//!     20s  heal
//! ").unwrap();
//! assert_eq!(script.len(), 5); // a line with <> is two verbs
//! assert_eq!(text::parse(&text::print(&script)).unwrap(), script);
//! assert_eq!(text::parse("0s start 1 lost; 1s crash 1").unwrap().len(), 2);
//! ```
//!
//! | Verb | What is done |
//! |---|---|
//! | `start N [kept\|lost]` | a daemon starts, with its stored ring sequence or without |
//! | `stop N`, `restart N`, `crash N` | it leaves in order, leaves and starts again, is killed |
//! | `crash-at-store N durable\|lost` | it is killed at its next store |
//! | `pause N`, `resume N` | its process stands still |
//! | `when N PHASE VERB…` | what is done when it enters a phase |
//! | `cut A > B`, `mend A > B` | a direction loses everything, or nothing; `<>`: both |
//! | `link A > B [cut] [loss=‰] [duplicate=‰] [reorder=‰] [delay=T] [jitter=T] [len=BYTES]` | what a direction is like |
//! | `heal` | all directions are perfect |
//! | `lose COUNT KIND to N` | the next frames of a kind are lost |
//! | `down N`, `flush N`, `up N` | the interface, its addresses, both back |
//! | `twin N on\|off` | a second owner of N's address |
//! | `forget N` | neighbour tables are emptied |
//! | `key N NUMBER`, `file N NAME` | what a machine's daemon finds at its next start |
//! | `join N:PID GROUP`, `quit N:PID GROUP`, `send N:PID GROUP BYTES`, `inject N HEX` | processes, and a stranger |

use std::fmt;

use ringwright::NodeId;
use ringwright::ring::PhaseName;
use ringwright_totem::wire::Kind;

use super::words::{Expected, Nodes, Time, Words, hex, instant, time, unhex};
use super::{Link, Script, Store, Verb};

/// A line that is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What should stand there.
    pub expected: Expected,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: expected {}",
            self.line, self.column, self.expected
        )
    }
}

impl std::error::Error for Error {}

/// Reads a script; `#` starts a comment, `;` separates verbs on one line. The result is in order of time.
pub fn parse(text: &str) -> Result<Script, Error> {
    let mut script = Script::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        let mut offset = 0;
        for part in line.split(';') {
            let mut words = Words::of(part);
            let result = entry(&mut words, &mut script);
            result.map_err(|expected| Error {
                line: number + 1,
                column: offset + words.column(),
                expected,
            })?;
            offset += part.chars().count() + 1;
        }
    }
    script.sort_by_key(|(at, _)| *at);
    Ok(script)
}

/// A script as [`parse`] reads it, a verb a line.
#[must_use]
pub fn print(script: &Script) -> String {
    let lines = script
        .iter()
        .map(|(at, verb)| format!("{} {verb}\n", Time(at.since(ringwright::Instant::ZERO))));
    lines.collect()
}

/// A script as [`parse`] reads it, on one line.
#[must_use]
pub fn one_line(script: &Script) -> String {
    print(script).trim_end().replace('\n', "; ")
}

fn entry(words: &mut Words<'_>, script: &mut Script) -> Result<(), Expected> {
    if words.is_empty() {
        return Ok(());
    }
    let at = words.read("a time, such as 10s or 250ms", instant)?;
    let verbs = verb(words)?;
    if !words.is_empty() {
        return Err("the end of the verb");
    }
    script.extend(verbs.into_iter().map(|verb| (at, verb)));
    Ok(())
}

fn verb(words: &mut Words<'_>) -> Result<Vec<Verb>, Expected> {
    let name = words.read("a verb, such as start or cut", |word| {
        VERBS.contains(&word).then_some(word)
    })?;
    let one = match name {
        "cut" => return directions(words, |_| Ok(Link::cut())),
        "mend" => return directions(words, |_| Ok(Link::default())),
        "link" => return directions(words, link),
        "start" => Verb::Start {
            node: words.node()?,
            store: if words.is_empty() {
                Store::Kept
            } else {
                words.read("kept or lost", store)?
            },
        },
        "crash" => Verb::Crash(words.node()?),
        "crash-at-store" => Verb::CrashAtStore {
            node: words.node()?,
            durable: words.read("durable or lost", |word| {
                one_of(word, [("durable", true), ("lost", false)])
            })?,
        },
        "when" => {
            let (node, phase) = (words.node()?, words.read("a phase, such as gather", phase)?);
            let [then] = <[Verb; 1]>::try_from(verb(words)?).map_err(|_| "one verb")?;
            Verb::When {
                node,
                phase,
                then: Box::new(then),
            }
        }
        "stop" => Verb::Leave(words.node()?),
        "restart" => Verb::Restart(words.node()?),
        "pause" => Verb::Pause(words.node()?),
        "resume" => Verb::Resume(words.node()?),
        "heal" => Verb::Heal,
        "lose" => {
            let (count, kind) = (words.number()?, words.read("a kind of frame", kind)?);
            words.read("to", |word| (word == "to").then_some(()))?;
            Verb::DropNext {
                to: words.node()?,
                kind,
                count,
            }
        }
        "down" => Verb::Down(words.node()?),
        "flush" => Verb::Flush(words.node()?),
        "up" => Verb::Up(words.node()?),
        "twin" => Verb::Twin {
            of: words.node()?,
            on: words.read("on or off", |word| {
                one_of(word, [("on", true), ("off", false)])
            })?,
        },
        "forget" => Verb::Forget(words.nodes()?),
        "key" => Verb::Key {
            node: words.node()?,
            key: words.number()?,
        },
        "file" => Verb::File {
            node: words.node()?,
            name: name_of("a file's name", words)?,
        },
        "inject" => Verb::Inject {
            to: words.node()?,
            bytes: words.read("bytes in hexadecimal", unhex)?,
        },
        _ => return process(name, words).map(|verb| vec![verb]),
    };
    Ok(vec![one])
}

const VERBS: [&str; 24] = [
    "start",
    "stop",
    "restart",
    "crash",
    "crash-at-store",
    "pause",
    "resume",
    "when",
    "cut",
    "mend",
    "link",
    "heal",
    "lose",
    "down",
    "flush",
    "up",
    "twin",
    "forget",
    "key",
    "file",
    "inject",
    "join",
    "quit",
    "send",
];

fn process(name: &str, words: &mut Words<'_>) -> Result<Verb, Expected> {
    let (node, pid) = words.read("a process, such as 1:1", |word| {
        let (node, pid) = word.split_once(':')?;
        Some((NodeId(node.parse().ok()?), pid.parse().ok()?))
    })?;
    let group = name_of("a group's name", words)?;
    Ok(match name {
        "join" => Verb::Join { node, pid, group },
        "quit" => Verb::Quit { node, pid, group },
        _ => Verb::Send {
            node,
            pid,
            group,
            len: words.read("a length in bytes", |word| word.parse().ok())?,
        },
    })
}

fn name_of(expected: Expected, words: &mut Words<'_>) -> Result<String, Expected> {
    words.read(expected, |word| Some(word.to_owned()))
}

/// `A > B` or `A <> B`, and what the direction is like.
fn directions(
    words: &mut Words<'_>,
    link: impl FnOnce(&mut Words<'_>) -> Result<Link, Expected>,
) -> Result<Vec<Verb>, Expected> {
    let from = words.nodes()?;
    let both = words.read("> or <>", |word| one_of(word, [(">", false), ("<>", true)]))?;
    let to = words.nodes()?;
    let link = link(words)?;
    let there = Verb::Link {
        from: from.clone(),
        to: to.clone(),
        link: link.clone(),
    };
    let back = both.then_some(Verb::Link {
        from: to,
        to: from,
        link,
    });
    Ok([there].into_iter().chain(back).collect())
}

fn link(words: &mut Words<'_>) -> Result<Link, Expected> {
    let mut link = Link::default();
    while !words.is_empty() {
        words.read(
            "cut, loss=, duplicate=, reorder=, delay=, jitter= or len=",
            |word| {
                let (key, value) = word.split_once('=').unwrap_or((word, ""));
                let permille = || {
                    value
                        .parse()
                        .ok()
                        .filter(|&permille: &u32| permille <= 1000)
                };
                match key {
                    "cut" if value.is_empty() => link.cut = true,
                    "loss" => link.loss = permille()?,
                    "duplicate" => link.duplicate = permille()?,
                    "reorder" => link.reorder = permille()?,
                    "delay" => link.delay = time(value)?,
                    "jitter" => link.jitter = time(value)?,
                    "len" => link.len_max = value.parse().ok()?,
                    _ => return None,
                }
                Some(())
            },
        )?;
    }
    Ok(link)
}

fn one_of<T, const N: usize>(word: &str, known: [(&str, T); N]) -> Option<T> {
    known
        .into_iter()
        .find(|(name, _)| *name == word)
        .map(|(_, value)| value)
}

fn store(word: &str) -> Option<Store> {
    one_of(word, [("kept", Store::Kept), ("lost", Store::Lost)])
}

fn phase(word: &str) -> Option<PhaseName> {
    let all = [
        PhaseName::Gather,
        PhaseName::Commit,
        PhaseName::Recovery,
        PhaseName::Operational,
    ];
    all.into_iter().find(|phase| phase.to_string() == word)
}

fn kind(word: &str) -> Option<Kind> {
    Kind::ALL
        .into_iter()
        .find(|kind| format!("{kind:?}").eq_ignore_ascii_case(word))
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let perfect = Self::default();
        if self.cut {
            f.write_str(" cut")?;
        }
        let permilles = [
            ("loss", self.loss),
            ("duplicate", self.duplicate),
            ("reorder", self.reorder),
        ];
        for (name, value) in permilles.into_iter().filter(|(_, value)| *value > 0) {
            write!(f, " {name}={value}")?;
        }
        for (name, value, usual) in [
            ("delay", self.delay, perfect.delay),
            ("jitter", self.jitter, perfect.jitter),
        ] {
            if value != usual {
                write!(f, " {name}={}", Time(value))?;
            }
        }
        if self.len_max != perfect.len_max {
            write!(f, " len={}", self.len_max)?;
        }
        Ok(())
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start { node, store } => match store {
                Store::Kept => write!(f, "start {node}"),
                Store::Lost => write!(f, "start {node} lost"),
            },
            Self::Crash(node) => write!(f, "crash {node}"),
            Self::CrashAtStore { node, durable } => {
                let what = if *durable { "durable" } else { "lost" };
                write!(f, "crash-at-store {node} {what}")
            }
            Self::When { node, phase, then } => write!(f, "when {node} {phase} {then}"),
            Self::Leave(node) => write!(f, "stop {node}"),
            Self::Restart(node) => write!(f, "restart {node}"),
            Self::Pause(node) => write!(f, "pause {node}"),
            Self::Resume(node) => write!(f, "resume {node}"),
            Self::Link { from, to, link } => {
                let (from, to) = (Nodes(from), Nodes(to));
                if *link == Link::cut() {
                    write!(f, "cut {from} > {to}")
                } else if *link == Link::default() {
                    write!(f, "mend {from} > {to}")
                } else {
                    write!(f, "link {from} > {to}{link}")
                }
            }
            Self::Heal => f.write_str("heal"),
            Self::DropNext { to, kind, count } => {
                let kind = format!("{kind:?}").to_lowercase();
                write!(f, "lose {count} {kind} to {to}")
            }
            Self::Down(node) => write!(f, "down {node}"),
            Self::Flush(node) => write!(f, "flush {node}"),
            Self::Up(node) => write!(f, "up {node}"),
            Self::Twin { of, on } => write!(f, "twin {of} {}", if *on { "on" } else { "off" }),
            Self::Forget(nodes) => write!(f, "forget {}", Nodes(nodes)),
            Self::Key { node, key } => write!(f, "key {node} {key}"),
            Self::File { node, name } => write!(f, "file {node} {name}"),
            Self::Inject { to, bytes } => write!(f, "inject {to} {}", hex(bytes)),
            Self::Join { node, pid, group } => write!(f, "join {node}:{pid} {group}"),
            Self::Quit { node, pid, group } => write!(f, "quit {node}:{pid} {group}"),
            Self::Send {
                node,
                pid,
                group,
                len,
            } => write!(f, "send {node}:{pid} {group} {len}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule;

    #[test]
    fn every_verb_reads_as_it_is_printed() {
        let text = "0s start 1\n0s start 2 lost\n50ms stop 1\n1.5s restart 2\n1.5s crash 1\n2s crash-at-store 1 durable\n\
            2s when 1 recovery pause 2\n3s resume 2\n3s cut 1 > 2,3\n3s mend 1 > 2,3\n\
            4s link 1,2 > 3 cut loss=1 duplicate=2 reorder=3 delay=4us jitter=5ms len=600\n4s heal\n5s lose 2 mcast to 1\n\
            6s down 1\n6s flush 1\n6s up 1\n7s twin 1 on\n7s twin 1 off\n7s forget 2,3\n8s key 1 2\n8s file 1 other.conf\n\
            9s inject 1 00ff\n9s join 1:1 red\n9s send 1:1 red 200\n9s quit 1:1 red\n";
        let script = parse(text).expect("a script");
        assert_eq!(print(&script), text);
        assert_eq!(parse(&one_line(&script)).as_ref(), Ok(&script));
    }

    #[test]
    fn drawn_schedules_read_as_they_are_printed() {
        for seed in 0..50 {
            let script = schedule::draw(seed, None).script;
            assert!(
                parse(&print(&script)).as_ref() == Ok(&script),
                "seed {seed}"
            );
        }
    }

    #[test]
    fn what_is_not_understood_is_shown_at_its_place() {
        for (text, place) in [
            ("start 1", (1, 1)),
            ("0s start 1; 1s  flap 2", (1, 17)),
            ("\n  0s start one", (2, 12)),
            ("0s heal 3", (1, 9)),
            ("0s cut 1 - 2", (1, 10)),
            ("0s link 1 > 2 loss=1001", (1, 15)),
            ("0s when 1 gather cut 1 <> 2", (1, 28)),
        ] {
            let error = parse(text).expect_err(text);
            assert_eq!((error.line, error.column), place, "{text}: {error}");
        }
    }
}
