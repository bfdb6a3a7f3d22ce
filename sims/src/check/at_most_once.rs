//! A node gives its processes only messages that were sent, as they were sent, and each of them once.
//!
//! Source: Moser, Amir, Melliar-Smith, Agarwal, "Extended virtual synchrony" (1994), specification 1 (basic delivery);
//! `cpg_mcast_joined(3)`.

use std::collections::BTreeSet;

use super::{Violation, ensure};
use crate::history::{History, What};
use crate::world::Settings;

const PROPERTY: &str = "at_most_once";

/// Judges a history.
pub fn check(history: &History, _: &Settings) -> Result<(), Violation> {
    for (life, entries) in history.lives() {
        let mut seen = BTreeSet::new();
        for (at, what) in entries {
            let What::Delivered {
                message,
                from,
                group,
            } = what
            else {
                continue;
            };
            ensure(message.is_some(), PROPERTY, at, || {
                format!("{life} delivered to {group} what {from} never sent")
            })?;
            ensure(seen.insert(message), PROPERTY, at, || {
                format!("{life} delivered {message:?} of {from} again")
            })?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::forge::Forge;
    use super::*;

    #[test]
    fn a_message_delivered_twice_is_found() {
        let mut f = Forge::ring_of(2);
        let m = f.send(1);
        f.deliver(1, m).deliver(2, m);
        assert_eq!(check(&f.history, &f.settings), Ok(()));
        f.deliver(2, m);
        assert_eq!(
            check(&f.history, &f.settings).unwrap_err().property,
            PROPERTY
        );
    }

    #[test]
    fn a_message_that_nobody_sent_is_found() {
        let mut f = Forge::ring_of(2);
        f.deliver_unknown(1);
        assert!(check(&f.history, &f.settings).is_err());
    }
}
