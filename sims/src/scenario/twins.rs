//! A second owner of master1's address.

use std::time::Duration;

use super::starts::START;
use super::{Draw, Scenario, Story};
use crate::vintage::Vintage;

pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "s12-twin",
        sentence: "another machine owns master1's address, too, before the cluster starts",
        vintages: &Vintage::ALL,
        story: before,
    },
    Scenario {
        name: "s12b-twin-later",
        sentence: "another machine owns master1's address, too, and the neighbour tables of three that are together are emptied",
        vintages: &Vintage::ALL,
        story: later,
    },
];

fn before(_: &mut Draw) -> Story {
    Story {
        script: format!("0s twin 1 on\n{START}30s twin 1 off; 30s forget 1,2,3"),
        expect: "by 32: 1,2,3:{1,2,3}Q\nend: 1,2,3:{1,2,3}Q".into(),
        until: Duration::from_secs(35),
    }
}

fn later(_: &mut Draw) -> Story {
    Story {
        script: format!("{START}10s twin 1 on; 10s forget 1,2,3; 40s twin 1 off; 40s forget 1,2,3"),
        expect: "by 42: 1,2,3:{1,2,3}Q\nend: 1,2,3:{1,2,3}Q".into(),
        until: Duration::from_secs(45),
    }
}
