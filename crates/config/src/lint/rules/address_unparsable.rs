//! Something that was meant to be an address.

use std::net::IpAddr;

use super::{Check, Cluster, Found, Rule, Severity};

pub(super) const RULE: Rule = Rule {
    name: "address-unparsable",
    severity: Severity::Error,
    concerns: "corosync 3 does not start; of corosync 2 the node concerned ends, or the others form groups at random",
    summary: "a `ringN_addr` that is neither an address nor can be a name",
    explanation: "What is no address is looked up as a name, and this cannot be one: a name has letters, digits, `-` and `.` \
        only, and its last part is no number.",
    remedy: "write the address of the node as four numbers, or as an IPv6 address, without anything around it",
    check: Check::Cluster(check),
    fix: None,
};

fn check(cluster: &Cluster, found: &mut Found) {
    for entry in cluster.addressed() {
        let text = entry.text;
        if text.is_empty() || text.parse::<IpAddr>().is_ok() || can_be_a_name(text) {
            continue;
        }
        let finding = found.at(
            entry.file,
            entry.span,
            format!("`{text}` is no address, and no name can look like this"),
        );
        if let Some(inside) = address_inside(text) {
            finding.help(format!("is it {inside}?"));
        }
    }
}

/// Whether a resolver could know it: see RFC 1123, section 2.1. Underscores are tolerated, as resolvers do.
pub(super) fn can_be_a_name(text: &str) -> bool {
    let mut parts = text.strip_suffix('.').unwrap_or(text).split('.');
    let legal = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    parts.clone().all(legal)
        && parts
            .next_back()
            .is_some_and(|last| last.bytes().any(|b| !b.is_ascii_digit()))
}

/// The address that remains without a few characters at the ends: `s10.0.0.1`, `10.0.0.1/24`, `"10.0.0.1"`.
fn address_inside(text: &str) -> Option<IpAddr> {
    let trimmed = text.trim_matches(|c: char| !c.is_ascii_hexdigit() && c != ':');
    let without_rest = trimmed
        .split(['/', ' ', '#', '%'])
        .next()
        .unwrap_or(trimmed);
    let without_port = without_rest.rsplit_once(':').map(|(host, _)| host);
    let candidates = [Some(without_rest), without_port];
    candidates
        .into_iter()
        .flatten()
        .find_map(|part| part.parse().ok())
}
