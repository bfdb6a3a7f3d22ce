//! Options of votequorum that do not fit the nodes.

use crate::Config;
use crate::diagnostic::Report;

pub(super) fn two_node(config: &Config, report: &mut Report) {
    let options = config.quorum_options();
    let nodes = config.nodes.len();
    if config.quorum.provider.is_none() || options.two_node == 0 || nodes == 2 {
        return;
    }
    let message = format!("`two_node` is for clusters of two nodes; this one has {nodes}");
    let found = report.warn("two-node", config.place("quorum.two_node"), message);
    if nodes > 2 {
        found.help("corosync makes every part of one or two nodes quorate: remove the key");
    }
}
