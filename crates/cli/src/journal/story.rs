//! From what a replay does to entries.

use std::path::PathBuf;
use std::time::Duration;

use ringwright::Node;
use ringwright_driver::journal::{
    Difference, HostEvent, Mark, Moment, Outcome, Place, Start, What, replay,
};
use serde_json::{Value, json};

use super::entry::{Detail, Entry, Mood, Told, local};
use super::event::{ids, list};
use super::{event, input};

/// Plays a journal's files and tells what happens, in order of time.
///
/// Things dropped for the same reason in a row are one entry, told when the row ends.
pub(crate) fn story(files: &[PathBuf], mut each: impl FnMut(Entry)) -> Outcome {
    let mut row: Option<(Entry, u64)> = None;
    let outcome = replay(files, |moment| {
        let Some(told) = told(&moment) else { return };
        let entry = told.timed(Duration::from_nanos(moment.at.as_nanos()), moment.wall);
        // A row of drops goes on over the datagrams that it is made of.
        if entry.kind != "dropped" && entry.detail == Detail::Inputs {
            each(entry);
            return;
        }
        if let Some((first, count)) = &mut row {
            if first.kind == entry.kind && first.text == entry.text {
                *count += 1;
                return;
            }
            each(counted(first.clone(), *count));
            row = None;
        }
        if entry.kind == "dropped" {
            row = Some((entry, 1));
        } else {
            each(entry);
        }
    });
    if let Some((first, count)) = row {
        each(counted(first, count));
    }
    outcome
}

fn counted(mut entry: Entry, count: u64) -> Entry {
    entry.values.insert("count".into(), count.into());
    if count > 1 {
        entry.text = format!("{} ({count} times)", entry.text);
    }
    entry
}

fn told(moment: &Moment<'_>) -> Option<Told> {
    Some(match &moment.what {
        What::Part {
            file,
            head,
            version,
            continues,
        } => {
            let (name, part) = (file.display().to_string(), head.part);
            let text = format!("part {part} of a journal: {name}, written by ringwright {version}");
            let detail = if *continues {
                Detail::Groups
            } else {
                Detail::Rings
            };
            Told::new("part", text)
                .at(detail)
                .with("file", name)
                .with("part", part)
                .with("version", *version)
                .with("continues", *continues)
        }
        What::Start(start) => started(start),
        What::Resumed => resumed(moment.node?),
        What::Input(input) => input::told(input),
        What::Output(output) => event::output(output)?,
        What::Host(event) => host(event),
        What::Mark(mark) => marked(mark),
        What::Different(difference) => different(difference),
        What::End(why) => Told::new("end", *why),
        What::Torn(torn) => {
            let text = format!(
                "the file ends within a record, at byte {}: {} bytes that a crash cut off are ignored",
                torn.offset, torn.len
            );
            Told::new("torn", text)
                .mood(Mood::Warning)
                .with("offset", torn.offset)
                .with("bytes", torn.len)
        }
        What::Damaged(error) => Told::new("damaged", error.to_string()).mood(Mood::Bad),
        _ => return None,
    })
}

fn started(start: &Start) -> Told {
    let Start {
        config,
        stable,
        seed,
    } = start;
    let me = config.nodes.iter().find(|node| node.id == config.me);
    let name = me.map_or("", |node| node.name.as_str());
    let nodes: Vec<_> = config.nodes.iter().map(|node| node.id).collect();
    let (token, consensus) = (
        config.timing.token.as_millis(),
        config.timing.consensus.as_millis(),
    );
    let two_node = config
        .quorum
        .as_ref()
        .is_some_and(|quorum| quorum.two_node != 0);
    let called = if name.is_empty() {
        String::new()
    } else {
        format!(" ({name})")
    };
    let text = format!(
        "node {}{called} of {} starts: token {token} ms, consensus {consensus} ms, last ring sequence {}",
        config.me,
        list(&nodes),
        stable.ring_seq
    );
    Told::new("start", text)
        .with("node", config.me.0)
        .with("name", name)
        .with("nodes", ids(&nodes))
        .with("token_ms", json!(token))
        .with("consensus_ms", json!(consensus))
        .with("two_node", two_node)
        .with("ring_seq", stable.ring_seq)
        .with("seed", *seed)
}

fn resumed(node: &Node) -> Told {
    let (ring, members) = (node.ring_id(), node.engine().ring().members());
    let verdict = if node.is_quorate() {
        "quorate"
    } else {
        "not quorate"
    };
    let me = node.config().me;
    let text = format!(
        "node {me} goes on from a snapshot, in ring {ring} of {}, {verdict}: what was before is not here",
        list(members)
    );
    Told::new("resumed", text)
        .mood(Mood::Warning)
        .with("node", me.0)
        .with("ring", ring.to_string())
        .with("members", ids(members))
        .with("quorate", node.is_quorate())
}

fn host(event: &HostEvent) -> Told {
    let (mood, text) = match event {
        HostEvent::AddressAwaited => (
            Mood::Warning,
            "its address is not on this machine: waits for it".into(),
        ),
        HostEvent::AddressBack => (Mood::Plain, "its address is on this machine".into()),
        HostEvent::AddressGone => (Mood::Bad, "its address left this machine".into()),
        HostEvent::Bound => (Mood::Plain, "a socket is bound".into()),
        HostEvent::NotBound(why) => (Mood::Bad, format!("no socket can be bound: {why}")),
        HostEvent::SocketFailed(why) => (Mood::Bad, format!("the socket failed: {why}")),
        HostEvent::NotSent(why) => (Mood::Bad, format!("datagrams cannot be sent: {why}")),
        other => (Mood::Plain, format!("{other:?}")),
    };
    Told::new("host", text).mood(mood)
}

fn marked(mark: &Mark) -> Told {
    let (reached, counters) = (mark.reached, mark.counters);
    let text = format!(
        "mark: {} inputs, digest {:016x}",
        reached.inputs, reached.digest
    );
    Told::new("mark", text)
        .at(Detail::Groups)
        .with("inputs", reached.inputs)
        .with("digest", format!("{:016x}", reached.digest))
        .with("rejected", counters.rejected)
        .with("too_long", counters.too_long)
        .with("unsent", counters.unsent)
}

fn different(difference: &Difference) -> Told {
    let place = |place: Place| -> Value {
        let time = local(place.wall).timestamp().to_string();
        json!({"input": place.input, "time": time})
    };
    Told::new("different", difference.to_string())
        .mood(Mood::Bad)
        .with("version", difference.version.as_str())
        .with("from", place(difference.from))
        .with("to", place(difference.to))
}
