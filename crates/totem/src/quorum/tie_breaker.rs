//! Who wins an even split.

use alloc::vec::Vec;

use crate::NodeId;

/// Which node breaks a tie. The numbers are those of the cmap key `runtime.votequorum.atb_type`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub enum TieBreaker {
    /// Nobody: half of the votes are not enough. 0.
    #[default]
    Off,
    /// The lowest id of the last membership with a majority. 1.
    Lowest,
    /// The highest id of the last membership with a majority. 2.
    Highest,
    /// The first of these that is there, unless an earlier one was in the previous ring. 3.
    List(Vec<NodeId>),
}

impl TieBreaker {
    /// What `auto_tie_breaker_node` says; `None` when the text is neither `lowest`, `highest` nor starts with an id.
    ///
    /// A list ends at the first thing that is no positive number, so `2,3` names node 2 only, as in corosync.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "lowest" => Some(Self::Lowest),
            "highest" => Some(Self::Highest),
            _ => match ids(text) {
                list if list.is_empty() => None,
                list => Some(Self::List(list)),
            },
        }
    }

    pub(super) fn is_on(&self) -> bool {
        *self != Self::Off
    }

    /// The value of `runtime.votequorum.atb_type`.
    pub fn code(&self) -> u32 {
        match self {
            Self::Off => 0,
            Self::Lowest => 1,
            Self::Highest => 2,
            Self::List(_) => 3,
        }
    }
}

/// The integers at the start of `text`, each as C's `strtol` takes one, up to the first that is absent or zero.
fn ids(mut text: &str) -> Vec<NodeId> {
    let mut ids = Vec::new();
    loop {
        text = text.trim_ascii_start();
        let sign = usize::from(text.starts_with(['+', '-']));
        let end = text[sign..]
            .find(|c: char| !c.is_ascii_digit())
            .map_or(text.len(), |n| sign + n);
        // Ids are 32 bits, signed in corosync: -3 is an id too.
        let id = text[..end]
            .parse::<i64>()
            .map_or(0, |n| n.rem_euclid(1 << 32));
        match u32::try_from(id) {
            Ok(id) if id != 0 => ids.push(NodeId(id)),
            _ => return ids,
        }
        text = &text[end..];
    }
}

/// The first and last of a membership; ids compare as signed numbers, as in corosync.
pub(super) fn extremes(members: impl Iterator<Item = NodeId>) -> Option<(NodeId, NodeId)> {
    let signed = |id: &NodeId| id.0.cast_signed();
    members.fold(None, |found, id| match found {
        None => Some((id, id)),
        Some((low, high)) => Some((
            core::cmp::min_by_key(low, id, signed),
            core::cmp::max_by_key(high, id, signed),
        )),
    })
}

/// Whether the list lets the ring `now` win, given the ring before it.
pub(super) fn list_wins(list: &[NodeId], now: &[NodeId], before: &[NodeId]) -> bool {
    list.iter()
        .position(|id| now.contains(id))
        .is_some_and(|first| !list[..first].iter().any(|id| before.contains(id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tie_breaker_node_is_read_as_corosync_reads_it() {
        let list = |ids: &[u32]| Some(TieBreaker::List(ids.iter().copied().map(NodeId).collect()));
        for (text, expected) in [
            ("lowest", Some(TieBreaker::Lowest)),
            ("highest", Some(TieBreaker::Highest)),
            ("3 1 2", list(&[3, 1, 2])),
            ("  7", list(&[7])),
            ("2,3", list(&[2])),
            ("4 0 5", list(&[4])),
            ("+4", list(&[4])),
            ("0", None),
            ("foo", None),
            ("Lowest", None),
            ("", None),
        ] {
            assert_eq!(TieBreaker::parse(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_list_lets_win_only_who_did_not_leave_an_earlier_entry_behind() {
        let n = |ids: &[u32]| ids.iter().copied().map(NodeId).collect::<Vec<_>>();
        let list = n(&[3, 1]);
        assert!(list_wins(&list, &n(&[3, 4]), &n(&[1, 2, 3, 4])));
        assert!(!list_wins(&list, &n(&[1, 2]), &n(&[1, 2, 3, 4])));
        assert!(list_wins(&list, &n(&[1, 2]), &n(&[1, 2])));
        assert!(!list_wins(&list, &n(&[2, 4]), &n(&[1, 2, 4])));
    }

    #[test]
    fn ids_above_half_of_the_range_count_as_negative() {
        let ids = [NodeId(5), NodeId(0x8000_0000), NodeId(1)];
        assert_eq!(
            extremes(ids.into_iter()),
            Some((NodeId(0x8000_0000), NodeId(5)))
        );
    }
}
