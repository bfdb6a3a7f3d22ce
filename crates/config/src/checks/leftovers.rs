//! Keys that once meant something and do no harm today.

use crate::diagnostic::Report;
use crate::{Config, Transport};

pub(super) fn broadcast(config: &Config, report: &mut Report) {
    if config.totem.interface.broadcast && config.totem.transport != Transport::Udp {
        let entry = config.cmap.get("totem.interface.0.broadcast");
        let message = "`broadcast` has no effect: only `transport: udp` broadcasts, the others send to the nodelist";
        report.warn(
            "broadcast",
            entry.map_or_else(|| config.place("totem"), |entry| entry.key_span),
            message,
        );
    }
}

pub(super) fn bindnetaddr(config: &Config, report: &mut Report) {
    if let Some(entry) = config.cmap.get("totem.interface.0.bindnetaddr")
        && !config.nodes.is_empty()
    {
        let message =
            "`bindnetaddr` has no effect: a node binds to its `ring0_addr` in the nodelist";
        report.warn("bindnetaddr", entry.key_span, message);
    }
}

pub(super) fn members(config: &Config, report: &mut Report) {
    for (path, entry) in config.cmap.under("totem.interface.") {
        if path.contains(".member.") && !config.nodes.is_empty() {
            report.warn(
                "member",
                entry.key_span,
                "`member` has no effect: the nodelist says who the members are",
            );
        }
    }
}
