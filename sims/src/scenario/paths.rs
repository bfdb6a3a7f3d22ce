//! Paths that are open one way only, or between some only.

use std::time::Duration;

use super::starts::START;
use super::{Draw, Scenario, Story};
use crate::vintage::Vintage;

pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "s05-deaf",
        sentence: "master1 hears nobody for 22 seconds",
        vintages: &Vintage::ALL,
        story: deaf,
    },
    Scenario {
        name: "s06-mute",
        sentence: "nobody hears master1 for a while",
        vintages: &Vintage::ALL,
        story: mute,
    },
    Scenario {
        name: "s07-one-path",
        sentence: "only the way from master1 to master2 is blocked",
        vintages: &Vintage::ALL,
        story: one_path,
    },
    Scenario {
        name: "s08-one-pair",
        sentence: "master1 and master2 do not hear each other, master3 hears both",
        vintages: &Vintage::ALL,
        story: one_pair,
    },
];

fn deaf(draw: &mut Draw) -> Story {
    let alone = if draw.is_safe() { '-' } else { 'Q' };
    // Each time the others wait for consensus with one who does not hear them.
    let period = match draw.vintage {
        Vintage::Corosync2_3_3 => "1.4T",
        Vintage::Ringwright => "1.2T",
        _ => "1.3T",
    };
    let apart = draw.apart();
    Story {
        script: format!("{START}10s cut 2,3 > 1; 32s heal"),
        expect: format!(
            "at 10+{apart}: 1:{{1}}{alone} 2,3:{{2,3}}Q
             during 10.5+{apart}..32: 1:{{1}}{alone}
             rings 2 during 10+{apart}..32: every {period}
             rings 1 during 10..32: 1
             by 33.2: 1,2,3:{{1,2,3}}Q"
        ),
        until: Duration::from_secs(35),
    }
}

fn mute(draw: &mut Draw) -> Story {
    let alone = if draw.is_safe() { '-' } else { 'Q' };
    let apart = draw.apart();
    // master1 hears all, agrees, and waits for a commit token that does not come back.
    let given_up = match draw.vintage {
        Vintage::Ringwright => "6.6",
        _ => "4.2T",
    };
    Story {
        script: format!("{START}10s cut 1 > 2,3; 40s heal"),
        expect: format!(
            "at 10+{apart}: 2,3:{{2,3}}Q
             during 10..10+{apart}: 1:{{1,2,3}}Q
             at 10+{given_up}: 1:{{1}}{alone} 2,3:{{2,3}}Q
             rings 1 during 10+{given_up}..40: every 1.3T
             rings 2 during 10..40: 1
             by 41.2: 1,2,3:{{1,2,3}}Q"
        ),
        until: Duration::from_secs(43),
    }
}

/// In each round master1 sends a commit token that master2 never sees, and sends it again every quarter of the token
/// timeout. If the way opens after the last of these, the round fails once more, and all are together in the next one.
fn one_path(draw: &mut Draw) -> Story {
    let apart = draw.apart();
    // A round is the wait for the commit token and the pause until master1 calls again.
    let period = match draw.vintage {
        Vintage::Ringwright => "6",
        _ => "2.0T",
    };
    Story {
        script: format!("{START}10s cut 1 > 2; 32s heal"),
        expect: format!(
            "at 10+{apart}: 2,3:{{2,3}}Q
             during 10.5+{apart}..32: 1:{{1,2,3}}Q 2,3:{{2,3}}Q
             rings 1 during 10..32: 0
             rings 2 during 10+{apart}..32: every {period}
             by 33.2+T: 1,2,3:{{1,2,3}}Q"
        ),
        until: Duration::from_secs(38),
    }
}

fn one_pair(draw: &mut Draw) -> Story {
    let alone = if draw.is_safe() { '-' } else { 'Q' };
    Story {
        script: format!("{START}10s cut 1 <> 2"),
        expect: format!("end: 1:{{1}}{alone} 2,3:{{2,3}}Q | 1,3:{{1,3}}Q 2:{{2}}{alone}"),
        until: Duration::from_secs(32),
    }
}
