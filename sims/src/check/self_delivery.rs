//! A node that lives on delivers everything that it accepted for sending.
//!
//! Together with [`super::virtual_synchrony`] and [`super::settled`] this says that what a survivor sent reaches all
//! members of its ring. Judged once the faults are over and nothing waits any more. Source: "Extended virtual
//! synchrony", specification 3 (self-delivery).

use std::collections::BTreeSet;

use super::{Violation, ensure};
use crate::history::{History, Life, MessageId, What};

/// The property.
pub const PROPERTY: &str = "self_delivery";

/// The messages that `life` accepted and has not delivered yet.
#[must_use]
pub fn outstanding(history: &History, life: Life) -> BTreeSet<MessageId> {
    let mut outstanding = BTreeSet::new();
    for record in history.records.iter().filter(|record| record.life == life) {
        match &record.what {
            What::Sent(message) => {
                outstanding.insert(*message);
            }
            What::Delivered {
                message: Some(message),
                ..
            } => {
                outstanding.remove(message);
            }
            _ => {}
        }
    }
    outstanding
}

/// Judges the lives that still run.
pub fn check(history: &History, survivors: &[Life]) -> Result<(), Violation> {
    let at = history
        .records
        .last()
        .map(|record| record.at)
        .unwrap_or_default();
    for &life in survivors {
        let outstanding = outstanding(history, life);
        ensure(outstanding.is_empty(), PROPERTY, at, || {
            let first = outstanding.first();
            format!(
                "{life} never delivered {} of its own messages, first {first:?}",
                outstanding.len()
            )
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::forge::{Forge, life};
    use super::*;

    #[test]
    fn an_own_message_that_is_never_delivered_is_found() {
        let mut f = Forge::ring_of(2);
        let m = f.send(1);
        f.deliver(2, m);
        assert_eq!(check(&f.history, &[life(2)]), Ok(()));
        assert_eq!(
            check(&f.history, &[life(1)]).unwrap_err().property,
            PROPERTY
        );
        f.deliver(1, m);
        assert_eq!(check(&f.history, &[life(1)]), Ok(()));
    }
}
