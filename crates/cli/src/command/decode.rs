//! `ringwright decode`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use ringwright_totem::{NodeId, RingId};

use super::Outcome;
use crate::decode::{Capture, Decoder, Item, Record, Summary, Type};

/// Read a recorded ring: every Totem datagram of a capture, and a summary
///
/// One line a datagram: seconds since the first frame, number of the frame, source and destination, type, fields. Sequence
/// numbers and ring ids are hexadecimal, as corosync prints them. The messages that a packet completes stand behind it; they
/// are put together per sender.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringwright decode boot3.pcap
  ringwright decode --type join,commit,leave boot3.pcap    how the rings were formed
  ringwright decode -v --ring 1.d --node 2 boot3.pcap      every field of what node 2 said on ring 1.d
  ringwright decode --json boot3.pcap | jq -c .messages
  tcpdump -w - -U udp port 5405 | ringwright decode -      a live ring")]
pub(crate) struct Decode {
    /// A capture in pcap format; `-` is standard input
    file: PathBuf,
    /// Every field on a line of its own
    #[arg(short, long, conflicts_with = "json")]
    verbose: bool,
    /// One JSON object a line, the last one {"summary": …}
    #[arg(long)]
    json: bool,
    /// Only datagrams of these types
    #[arg(long = "type", value_delimiter = ',', value_name = "TYPE")]
    types: Vec<Type>,
    /// Only datagrams that this node emitted
    #[arg(long, value_delimiter = ',', value_name = "ID")]
    node: Vec<u32>,
    /// Only datagrams of this ring, such as 1.d
    #[arg(long, value_delimiter = ',', value_parser = ring_id)]
    ring: Vec<RingId>,
}

impl Decode {
    pub(crate) fn run(self) -> Outcome {
        let mut capture = Capture::open(&self.file)?;
        let mut out = std::io::BufWriter::new(anstream::stdout().lock());
        let (mut decoder, mut summary) = (Decoder::default(), Summary::default());
        // What comes in bit by bit is shown so.
        let live = self.file.as_os_str() == "-";
        let mut failure = None;
        loop {
            let item = match capture.next() {
                Ok(Some(item)) => item,
                Ok(None) => break,
                Err(error) => {
                    failure = Some(error);
                    break;
                }
            };
            summary.item(&item);
            match item {
                Item::Datagram(datagram) => {
                    let record = decoder.decode(datagram);
                    summary.record(&record);
                    if self.wants(&record) {
                        self.write(&mut out, &record)?;
                        if live {
                            out.flush()?;
                        }
                    }
                }
                Item::Broken { frame, time, why } if self.types.is_empty() => {
                    self.write_broken(&mut out, frame, time.as_secs_f64(), &why)?;
                }
                Item::Broken { .. } | Item::Fragment | Item::Near { .. } | Item::Other => {}
            }
        }
        if self.json {
            summary.write_json(&mut out)?;
        } else {
            summary.write(&mut out)?;
        }
        out.flush()?;
        failure.map_or(Ok(ExitCode::SUCCESS), Err)
    }

    fn wants(&self, record: &Record) -> bool {
        let node = |id: NodeId| self.node.contains(&id.0);
        (self.types.is_empty() || self.types.contains(&record.kind))
            && (self.node.is_empty() || record.node.is_some_and(node))
            && (self.ring.is_empty() || record.rings.iter().any(|ring| self.ring.contains(ring)))
    }

    fn write(&self, out: &mut dyn Write, record: &Record) -> std::io::Result<()> {
        if self.json {
            record.write_json(out)
        } else {
            record.write(out, self.verbose)
        }
    }

    fn write_broken(
        &self,
        out: &mut dyn Write,
        frame: u64,
        time: f64,
        why: &str,
    ) -> std::io::Result<()> {
        if self.json {
            let object =
                serde_json::json!({"time": time, "frame": frame, "type": "broken", "error": why});
            writeln!(out, "{object}")
        } else {
            writeln!(out, "{time:>11.6} {frame:>6} broken frame: {why}")
        }
    }
}

fn ring_id(text: &str) -> Result<RingId, String> {
    let parse = || {
        let (rep, seq) = text.split_once('.')?;
        let rep = u32::from_str_radix(rep, 16).ok()?;
        Some(RingId::new(NodeId(rep), u64::from_str_radix(seq, 16).ok()?))
    };
    parse()
        .ok_or_else(|| "a ring id is REPRESENTATIVE.SEQUENCE, both hexadecimal, such as 1.d".into())
}
