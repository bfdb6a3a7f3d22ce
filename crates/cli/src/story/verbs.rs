//! What was done to the cluster, in words.

use ringwright::NodeId;
use ringwright_sims::Timeline;
use ringwright_sims::script::{Link, Store, Verb, text};

use super::stretch::{list, name};

/// A fault of a timeline in words; what is no verb of a script stays as it is.
pub(crate) fn verb(timeline: &Timeline, written: &str) -> String {
    let script = text::parse(&format!("0s {written}")).unwrap_or_default();
    match script.as_slice() {
        [(_, verb)] => words(timeline, verb),
        _ => written.to_owned(),
    }
}

fn words(timeline: &Timeline, verb: &Verb) -> String {
    let one = |node: &NodeId| name(timeline, node.0).to_owned();
    let all = |nodes: &[NodeId]| list(&nodes.iter().map(one).collect::<Vec<_>>());
    match verb {
        Verb::Start { node, store } => {
            let fresh = match store {
                Store::Kept => "",
                Store::Lost => " without its stored ring sequence",
            };
            format!("{} is started{fresh}", one(node))
        }
        Verb::Crash(node) => format!("{}'s daemon is killed", one(node)),
        Verb::CrashAtStore { node, durable } => {
            let moment = if *durable { "after" } else { "before" };
            format!(
                "{}'s daemon is to die just {moment} it stores its ring sequence",
                one(node)
            )
        }
        Verb::When { node, phase, then } => {
            format!(
                "once {} is in {phase}: {}",
                one(node),
                words(timeline, then)
            )
        }
        Verb::Leave(node) => format!("{} is stopped in order", one(node)),
        Verb::Restart(node) => format!("{} is restarted", one(node)),
        Verb::Pause(node) => format!("{}'s process stands still", one(node)),
        Verb::Resume(node) => format!("{}'s process goes on", one(node)),
        Verb::Link { from, to, link } => {
            format!("from {} to {}: {}", all(from), all(to), way(link))
        }
        Verb::Heal => "all ways are open again".into(),
        Verb::DropNext { to, kind, count } => {
            format!(
                "the next {count} {kind:?} on the way to {} get lost",
                one(to)
            )
        }
        Verb::Down(node) => format!("{}'s interface goes down", one(node)),
        Verb::Flush(node) => format!("{}'s interface loses its addresses", one(node)),
        Verb::Up(node) => format!("{}'s interface is up with its addresses", one(node)),
        Verb::Twin { of, on: true } => format!("another machine owns {}'s address, too", one(of)),
        Verb::Twin { of, on: false } => format!("the other owner of {}'s address is gone", one(of)),
        Verb::Forget(nodes) => format!("the neighbour tables of {} are emptied", all(nodes)),
        Verb::Key { node, key } => format!("{}'s key file becomes key {key}", one(node)),
        Verb::File { node, name } => format!("{}'s corosync.conf becomes {name}", one(node)),
        Verb::Inject { to, bytes } => {
            format!(
                "a stranger's datagram of {} bytes reaches {}",
                bytes.len(),
                one(to)
            )
        }
        Verb::Join { node, pid, group } => format!("process {pid} of {} joins {group}", one(node)),
        Verb::Quit { node, pid, group } => format!("process {pid} of {} leaves {group}", one(node)),
        Verb::Send {
            node,
            pid,
            group,
            len,
        } => {
            format!(
                "process {pid} of {} sends {len} bytes to {group}",
                one(node)
            )
        }
    }
}

fn way(link: &Link) -> String {
    if link.cut {
        return "nothing comes through".into();
    }
    let usual = Link::default();
    let mut parts = Vec::new();
    for (permille, what) in [
        (link.loss, "lost"),
        (link.duplicate, "doubled"),
        (link.reorder, "overtaken"),
    ] {
        if permille > 0 {
            parts.push(format!("{}.{} % {what}", permille / 10, permille % 10));
        }
    }
    if link.delay != usual.delay || link.jitter != usual.jitter {
        parts.push(format!(
            "{:?} to {:?} late",
            link.delay,
            link.delay + link.jitter
        ));
    }
    if link.len_max != usual.len_max {
        parts.push(format!("nothing longer than {} bytes", link.len_max));
    }
    if parts.is_empty() {
        "everything comes through again".into()
    } else {
        parts.join(", ")
    }
}
