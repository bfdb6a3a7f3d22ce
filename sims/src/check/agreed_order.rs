//! Any two nodes deliver the messages that both of them deliver in the same order, within rings and across them.
//!
//! Source: Amir et al., "The Totem single-ring ordering and membership protocol" (1995), section 3: agreed delivery in a
//! total order; "Extended virtual synchrony", specification 6 (total order).

use std::collections::BTreeMap;

use ringwright::Instant;

use super::{Violation, ensure};
use crate::history::{History, Life, MessageId, What};
use crate::world::Settings;

const PROPERTY: &str = "agreed_order";

/// Judges a history.
pub fn check(history: &History, _: &Settings) -> Result<(), Violation> {
    let orders: Vec<_> = history
        .lives()
        .into_iter()
        .map(|(life, entries)| (life, delivered(&entries)))
        .collect();
    for (index, (one, order)) in orders.iter().enumerate() {
        let place: BTreeMap<MessageId, usize> = order
            .iter()
            .enumerate()
            .map(|(place, &(_, message))| (message, place))
            .collect();
        for (other, order) in &orders[index + 1..] {
            compare(*one, &place, *other, order)?;
        }
    }
    Ok(())
}

fn delivered(entries: &[(Instant, &What)]) -> Vec<(Instant, MessageId)> {
    let delivered = entries.iter().filter_map(|&(at, what)| match what {
        What::Delivered { message, .. } => message.map(|message| (at, message)),
        _ => None,
    });
    delivered.collect()
}

fn compare(
    one: Life,
    place: &BTreeMap<MessageId, usize>,
    other: Life,
    order: &[(Instant, MessageId)],
) -> Result<(), Violation> {
    let mut last: Option<(MessageId, usize)> = None;
    for &(at, message) in order {
        let Some(&here) = place.get(&message) else {
            continue;
        };
        if let Some((before, there)) = last {
            ensure(there <= here, PROPERTY, at, || {
                format!("{other} delivered {before:?} before {message:?}, {one} after it")
            })?;
        }
        last = Some((message, here));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::forge::Forge;
    use super::*;

    #[test]
    fn two_messages_swapped_at_one_node_are_found() {
        let mut f = Forge::ring_of(3);
        let (a, b) = (f.send(1), f.send(2));
        f.deliver(1, a).deliver(1, b).deliver(2, a).deliver(2, b);
        assert_eq!(check(&f.history, &f.settings), Ok(()));
        f.deliver(3, b).deliver(3, a);
        let violation = check(&f.history, &f.settings).unwrap_err();
        assert_eq!(violation.property, PROPERTY);
    }

    #[test]
    fn a_gap_at_one_node_is_no_matter_of_order() {
        let mut f = Forge::ring_of(2);
        let (a, b, c) = (f.send(1), f.send(2), f.send(1));
        f.deliver(1, a).deliver(1, b).deliver(1, c);
        f.deliver(2, a).deliver(2, c);
        assert_eq!(check(&f.history, &f.settings), Ok(()));
    }
}
