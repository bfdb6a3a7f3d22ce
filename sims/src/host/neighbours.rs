//! Whose hardware address a machine has learnt for an address.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use ringwright::{Instant, NodeId};

/// Who answers for an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Machine(NodeId),
    /// A machine outside the cluster: nothing listens on it.
    Stranger,
}

/// How long Linux sends to an owner that does not answer before it asks anew: `delay_first_probe_time`, 5 s, and three
/// probes a second apart.
const GIVES_UP_AFTER: Duration = Duration::from_secs(8);

#[derive(Clone, Debug, Default)]
pub(super) struct Neighbours(BTreeMap<IpAddr, Entry>);

#[derive(Clone, Copy, Debug)]
struct Entry {
    owner: Owner,
    /// Since when it does not answer.
    silent: Option<Instant>,
}

impl Neighbours {
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    pub(super) fn learn(&mut self, address: IpAddr, owner: Owner) {
        let silent = None;
        self.0.insert(address, Entry { owner, silent });
    }

    /// The known owner, unless it is given up.
    pub(super) fn known(
        &mut self,
        now: Instant,
        address: IpAddr,
        answers: impl FnOnce(Owner) -> bool,
    ) -> Option<Owner> {
        let entry = self.0.get_mut(&address)?;
        if answers(entry.owner) {
            entry.silent = None;
        } else {
            let since = *entry.silent.get_or_insert(now);
            if now.since(since) >= GIVES_UP_AFTER {
                self.0.remove(&address);
                return None;
            }
        }
        Some(entry.owner)
    }
}
