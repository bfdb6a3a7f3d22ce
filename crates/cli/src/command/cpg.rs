//! `ringwright cpg`.

use std::io::{self, BufRead, Read, Write};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use ringwright::PAYLOAD_MAX;

use super::Outcome;
use crate::control::Request;
use crate::control::client::{Connection, Control};
use crate::control::report::{Change, GroupEvent, Payload, Sender};
use crate::failure::Failure;

/// Send to process groups, and watch them
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  date | ringwright cpg send times
  ringwright cpg watch times")]
pub(crate) struct Cpg {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Send the lines of standard input to a group, in order, and wait until they are delivered
    ///
    /// A message is a line without its end, of at most 1 MiB.
    #[command(after_help = "\
Examples:
  date | ringwright cpg send times
  ringwright cpg send --whole images < picture.png")]
    Send {
        /// Its name, of at most 128 bytes
        group: String,
        /// All of standard input is one message
        #[arg(long)]
        whole: bool,
        #[command(flatten)]
        control: Control,
    },
    /// Join a group and print its messages and memberships, in the order that all members see
    ///
    /// The first line is the membership with the watcher itself. Payloads that are not UTF-8 are shown in hexadecimal,
    /// and control characters escaped, so that a line is a message and says nothing to the terminal.
    #[command(after_help = "\
Examples:
  ringwright cpg watch times
  ringwright cpg watch times --json | jq -r .text")]
    Watch {
        /// Its name, of at most 128 bytes
        group: String,
        /// One JSON object a line: {from, text or hex} or {members, joined, left}
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        control: Control,
    },
}

impl Cpg {
    pub(crate) fn run(self) -> Outcome {
        match self.what {
            What::Send {
                group,
                whole,
                control,
            } => send(control.connect(&Request::Send { group })?, whole),
            What::Watch {
                group,
                json,
                control,
            } => watch(control.connect(&Request::Watch { group })?, json),
        }
    }
}

fn send(mut connection: Connection, whole: bool) -> Outcome {
    let mut input = io::stdin().lock();
    let mut number = 0_u64;
    loop {
        let mut message = Vec::new();
        // One byte more than a message and its line end, to know a longer one.
        let mut limited = (&mut input).take(PAYLOAD_MAX as u64 + 2);
        let read = if whole {
            limited.read_to_end(&mut message)?
        } else {
            limited.read_until(b'\n', &mut message)?
        };
        if read == 0 && (!whole || number > 0) {
            break;
        }
        number += 1;
        if !whole && message.last() == Some(&b'\n') {
            message.pop();
        }
        if message.len() > PAYLOAD_MAX {
            return Err(Failure::new(format!(
                "message {number} has more than {PAYLOAD_MAX} bytes"
            )));
        }
        // A daemon that refuses has said why before it hung up.
        if connection.say(&Payload::of(&message)).is_err() {
            break;
        }
        if whole {
            break;
        }
    }
    // So too here.
    let _ = connection.end();
    match connection.next::<u64>()? {
        Some(delivered) if delivered == number => Ok(ExitCode::SUCCESS),
        Some(delivered) => Err(Failure::new(format!(
            "{delivered} of {number} messages were delivered"
        ))),
        None => Err(connection.gone()),
    }
}

fn watch(mut connection: Connection, json: bool) -> Outcome {
    let mut out = anstream::stdout().lock();
    while let Some(event) = connection.next::<GroupEvent>()? {
        if json {
            writeln!(out, "{}", serde_json::json!(event))?;
        } else {
            writeln!(out, "{}", line(&event))?;
        }
        out.flush()?;
    }
    Err(connection.gone())
}

fn line(event: &GroupEvent) -> String {
    let process = |Sender { node, pid }: &Sender| format!("{node}:{pid}");
    match event {
        GroupEvent::Message { from, payload } => {
            let text = match payload {
                Payload::Text(text) => visible(text),
                Payload::Hex(hex) => format!("0x{hex}"),
            };
            format!("{} {text}", process(from))
        }
        GroupEvent::Membership {
            members,
            joined,
            left,
        } => {
            let members: Vec<_> = members.iter().map(process).collect();
            let change = |sign: &str, change: &Change| {
                format!(" {sign}{}:{} ({})", change.node, change.pid, change.reason)
            };
            let joined = joined.iter().map(|c| change("+", c));
            let left = left.iter().map(|c| change("-", c));
            let changes: String = joined.chain(left).collect();
            format!("members {}{changes}", members.join(" "))
        }
    }
}

/// Text on one line: control characters, the end of a line among them, as Rust writes them.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && c != '\t' {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn a_message_stays_on_its_line() {
        assert_eq!(visible("a\nmembers 1:2"), "a\\nmembers 1:2");
        assert_eq!(visible("\u{1b}[31mred\tü"), "\\u{1b}[31mred\tü");
    }
}
