//! A node of ours never dies by itself, is never deaf, and never binds a loopback address.
//!
//! That is what corosync 2.x does when its interface goes away, and what splits a cluster at every start of a machine;
//! corosync itself is therefore not judged. Source: corosync issues 36 and 348.

use super::{Violation, ensure};
use crate::history::{History, What};
use crate::vintage::Vintage;
use crate::world::Settings;

const PROPERTY: &str = "lives";

/// Judges a history.
pub fn check(history: &History, settings: &Settings) -> Result<(), Violation> {
    for record in &history.records {
        if settings.vintage_of(record.life.node) != Vintage::Ringwright {
            continue;
        }
        let (holds, does) = match &record.what {
            What::Ended(_) => (false, "ended by itself"),
            What::Deaf(_) => (false, "is deaf"),
            What::Bound(address) => (!address.is_loopback(), "is bound to loopback"),
            _ => continue,
        };
        ensure(holds, PROPERTY, record.at, || {
            format!("{} {does}", record.life)
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::super::forge::Forge;
    use super::*;
    use crate::host::End;

    #[test]
    fn a_node_that_dies_or_falls_back_to_loopback_is_found() {
        let lo = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let sound = What::Bound(IpAddr::V4(Ipv4Addr::new(192, 168, 56, 2)));
        let mut f = Forge::ring_of(2);
        f.record(1, sound);
        assert_eq!(check(&f.history, &f.settings), Ok(()));
        for unsound in [What::Bound(lo), What::Deaf(lo), What::Ended(End::Signal(6))] {
            let mut f = Forge::ring_of(2);
            f.record(1, unsound);
            let violation = check(&f.history, &f.settings).unwrap_err();
            assert_eq!(violation.property, PROPERTY);
        }
    }
}
