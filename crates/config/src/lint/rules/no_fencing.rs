//! Not a word of fencing.

use super::{Check, Cluster, Found, Rule, Severity};
use crate::{Document, LineKind};

pub(super) const RULE: Rule = Rule {
    name: "no-fencing",
    severity: Severity::Info,
    concerns: "every version, with a resource manager on top",
    summary: "several nodes and not a word of fencing",
    explanation: "corosync says who is a member, not who has stopped: a node that hangs or is cut off may still hold the \
        floating address or write to shared storage when the others take over. Fencing makes sure. It is set up in the \
        resource manager (Pacemaker's stonith), which corosync.conf cannot show, so this looks for the words alone.",
    remedy: "set up fencing in the resource manager, never `no-quorum-policy=ignore`, and say so in a comment here: \
        `# fencing: …`",
    check: Check::Cluster(check),
    fix: None,
};

const WORDS: &[&str] = &["fencing", "fence", "stonith"];

fn check(cluster: &Cluster, found: &mut Found) {
    for (file, config) in cluster.configs() {
        let nodes = config.nodes.len();
        if nodes < 2 || mentions(&cluster.files()[file].document) {
            continue;
        }
        if config.has_two_node() {
            found
                .at(
                    file,
                    config.place("quorum.two_node"),
                    "not a word of fencing, and with `two_node` nothing else keeps both sides of a cut from acting",
                )
                .label("both sides stay quorate");
        } else {
            found.at(
                file,
                config.place("nodelist"),
                format!("not a word of fencing for these {nodes} nodes"),
            );
        }
    }
}

/// Whether a comment speaks of fencing.
fn mentions(document: &Document) -> bool {
    let comments = document
        .lines()
        .iter()
        .filter(|line| line.kind == LineKind::Comment);
    comments.into_iter().any(|line| {
        let text = document.text(line.span).to_ascii_lowercase();
        WORDS.iter().any(|word| text.contains(word))
    })
}
