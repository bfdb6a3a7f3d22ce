//! No two nodes that consider themselves quorate are in rings without a common member.
//!
//! A verdict stands until the next one, so a node that has not noticed yet that its ring is broken still counts: the ring
//! that it remembers shares a member with every later majority. corosync's `two_node` in a cluster that is not of two
//! breaks this by design and is not judged, and neither are nodes whose files disagree. Source: votequorum(5).

use std::collections::BTreeMap;

use ringwright::quorum::TwoNode;
use ringwright::{Event, NodeId};

use super::{Violation, ensure};
use crate::history::{History, What};
use crate::world::Settings;

const PROPERTY: &str = "one_side";

/// Judges a history.
pub fn check(history: &History, settings: &Settings) -> Result<(), Violation> {
    if !is_promised(settings) {
        return Ok(());
    }
    let mut quorate: BTreeMap<NodeId, &[NodeId]> = BTreeMap::new();
    for record in &history.records {
        let node = record.life.node;
        match &record.what {
            What::Event(Event::Quorum {
                quorate: true,
                members,
                ..
            }) => {
                let mut others = quorate.iter();
                let apart =
                    others.find(|(_, theirs)| theirs.iter().all(|one| !members.contains(one)));
                ensure(apart.is_none(), PROPERTY, record.at, || {
                    format!(
                        "{} is quorate with {members:?}, and another side is: {apart:?}",
                        record.life
                    )
                })?;
                quorate.insert(node, members);
            }
            What::Event(Event::Quorum { .. })
            | What::Started(_)
            | What::Left
            | What::Crashed
            | What::Ended(_) => {
                quorate.remove(&node);
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether all files say the same, and none asks for corosync's `two_node`.
fn is_promised(settings: &Settings) -> bool {
    let mut all = settings
        .ids()
        .into_iter()
        .map(|node| settings.quorum_of(node));
    let Some(first) = all.next() else {
        return true;
    };
    let unsafe_by_design = first.two_node != 0 && first.two_node_semantics == TwoNode::Corosync;
    !unsafe_by_design && first.nodes.len() > 2 && all.all(|other| other == first)
}

#[cfg(test)]
mod tests {
    use super::super::forge::Forge;
    use super::*;

    #[test]
    fn two_quorate_sides_are_found() {
        let mut f = Forge::ring_of(3);
        f.verdict(1, 6, &[1, 2, 3], true);
        f.move_to(&[2, 3], 9, &[2, 3]).verdict(2, 9, &[2, 3], true);
        assert_eq!(check(&f.history, &f.settings), Ok(()));
        f.move_to(&[1], 13, &[1]).verdict(1, 13, &[1], true);
        let violation = check(&f.history, &f.settings).unwrap_err();
        assert_eq!(violation.property, PROPERTY);
    }
}
