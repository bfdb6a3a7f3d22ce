//! A second owner of master1's address.
//!
//! Once it is gone, two seconds are enough for nearly all. The rest has just begun to wait for those that it could not
//! hear: that ends with the consensus timeout, or with the token timeout if a commit token is waited for, and what was
//! agreed on by then may have to be agreed on once more.

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
        expect: "by 32+4.4T: 1,2,3:{1,2,3}Q\nend: 1,2,3:{1,2,3}Q".into(),
        until: Duration::from_secs(50),
    }
}

fn later(_: &mut Draw) -> Story {
    Story {
        script: format!("{START}10s twin 1 on; 10s forget 1,2,3; 40s twin 1 off; 40s forget 1,2,3"),
        expect: "by 42+4.4T: 1,2,3:{1,2,3}Q\nend: 1,2,3:{1,2,3}Q".into(),
        until: Duration::from_mins(1),
    }
}
