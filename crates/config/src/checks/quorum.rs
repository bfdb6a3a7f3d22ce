//! Options of votequorum that do not go together, or not with the nodes.

use ringwright_totem::NodeId;
use ringwright_totem::quorum::{Notice, Options, TwoNode, Votequorum};

use crate::diagnostic::Report;
use crate::{Config, Provider, Span};

/// The code of findings that corosync has only when votequorum starts (exit status 20, where others have 8).
pub const QUORUM_CONFLICT: &str = "quorum-conflict";

/// Votequorum itself judges its options.
pub(super) fn options(config: &Config, report: &mut Report) {
    if config.quorum.provider != Some(Provider::Votequorum) || config.nodes.is_empty() {
        return;
    }
    let options = judged(config);
    match Votequorum::new(NodeId(1), &options, None) {
        Err(refusal) => {
            report.error(
                QUORUM_CONFLICT,
                place(config, refusal.keys()),
                refusal.to_string(),
            );
        }
        Ok((_, notices)) => {
            for notice in notices {
                match notice {
                    // What corosync does here as well is told as corosync does it.
                    Notice::TwoNodeOff { .. } if two_node_yields(config) => {
                        tell(config, &Notice::TwoNodeYields, report);
                    }
                    notice => tell(config, &notice, report),
                }
            }
        }
    }
}

/// The options with nodes: which ids they have makes no difference here, and some may have to wait for their addresses.
fn judged(config: &Config) -> Options {
    let votes = config.nodes.iter().map(|node| node.votes);
    Options {
        nodes: (1..).map(NodeId).zip(votes).collect(),
        ..config.quorum_options()
    }
}

/// Whether corosync itself switches `two_node` off, in favour of `auto_tie_breaker`.
pub(crate) fn two_node_yields(config: &Config) -> bool {
    let options = Options {
        two_node_semantics: TwoNode::Corosync,
        ..judged(config)
    };
    Votequorum::new(NodeId(1), &options, None)
        .is_ok_and(|(_, notices)| notices.contains(&Notice::TwoNodeYields))
}

fn tell(config: &Config, notice: &Notice, report: &mut Report) {
    if notice.keys().is_empty() {
        return;
    }
    let place = place(config, notice.keys());
    match notice {
        Notice::TwoNodeOff { .. } => report.warn("two-node", place, notice.to_string()).help(
            "corosync keeps it on and makes every part of one or two nodes quorate: remove the key everywhere",
        ),
        _ => {
            report.warn("quorum-option", place, notice.to_string());
        }
    }
}

/// `two_node` as corosync computes it splits any cluster that is larger.
pub(super) fn two_node_as_corosync(config: &Config, report: &mut Report) {
    let options = config.quorum_options();
    let asked = options.two_node != 0
        && !two_node_yields(config)
        && options.two_node_semantics == TwoNode::Corosync;
    let nodes = config.nodes.len();
    if config.quorum.provider == Some(Provider::Votequorum) && asked && nodes > 2 {
        let message =
            format!("two_node makes every part of one or two of the {nodes} nodes quorate");
        let found = report.warn("two-node", config.place("quorum.two_node"), message);
        found.help("remove the key, or `two_node_semantics: corosync`");
    }
}

/// The place of the first of these keys that is there.
fn place(config: &Config, keys: &[&str]) -> Span {
    let written = keys
        .iter()
        .find_map(|key| config.cmap.get(key))
        .map(|entry| entry.span);
    written.unwrap_or_else(|| config.place(keys.first().unwrap_or(&"quorum")))
}
