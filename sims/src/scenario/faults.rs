//! Cuts and pauses.

use std::fmt::Write;
use std::time::Duration;

use super::starts::START;
use super::{Draw, Scenario, Story};
use crate::vintage::Vintage;

pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "s03-cut",
        sentence: "three nodes together, then master1 is cut off for ten seconds",
        vintages: &Vintage::ALL,
        story: cut,
    },
    Scenario {
        name: "s04-cut-at-start",
        sentence: "master1 is cut off when the cluster starts",
        vintages: &Vintage::ALL,
        story: cut_at_start,
    },
    Scenario {
        name: "s16-pause",
        sentence: "master1's process stands still for a while",
        vintages: &Vintage::ALL,
        story: pause,
    },
];

fn cut(draw: &mut Draw) -> Story {
    let alone = if draw.is_safe() { '-' } else { 'Q' };
    let apart = draw.apart();
    Story {
        script: format!("{START}10s cut 1 <> 2,3; 20s heal"),
        expect: format!(
            "at 10+{apart}: 1:{{1}}{alone} 2,3:{{2,3}}Q
             during 10.5+{apart}..20: 1:{{1}}{alone} 2,3:{{2,3}}Q
             by 22: 1,2,3:{{1,2,3}}Q"
        ),
        until: Duration::from_secs(25),
    }
}

fn cut_at_start(draw: &mut Draw) -> Story {
    let pair = if draw.two_node { '-' } else { 'Q' };
    Story {
        script: format!("0s cut 1 <> 2,3\n{START}10s heal"),
        expect: format!(
            "by 1: 1:{{1}}- 2,3:{{2,3}}{pair}
             during 1..10: 1:{{1}}- 2,3:{{2,3}}{pair}
             by 12: 1,2,3:{{1,2,3}}Q"
        ),
        until: Duration::from_secs(15),
    }
}

fn pause(draw: &mut Draw) -> Story {
    let token = draw.token();
    let pause = draw.time("p", 0.2, 4.0 * token);
    let mut expect = format!(
        "during 2..10+{pause:.3}: 1:{{1,2,3}}Q
         by 10.5+{pause:.3}: 1,2,3:{{1,2,3}}Q
         end: 1,2,3:{{1,2,3}}Q"
    );
    // When the others declare the token lost, when they go on without master1, and how exact that is.
    let (lost, apart, margin) = match draw.vintage {
        Vintage::Ringwright => (3.0, 3.3, 0.4),
        _ => (token, 2.2 * token, 0.1 * token),
    };
    if pause < lost - margin {
        expect += "\nrings 2 during 10..30: 0";
    } else if pause > lost + margin && pause < apart - margin {
        expect += "\nrings 2 during 10..30: 1";
    } else if pause > apart + margin {
        let (apart, back) = (10.0 + apart + margin / 2.0, 10.0 + pause);
        let _ = write!(
            expect,
            "\nduring {apart:.3}..{back:.3}: 2,3:{{2,3}}Q\nrings 2 during 10..30: 2"
        );
    }
    let resume = 10.0 + pause;
    Story {
        script: format!("{START}10s pause 1; {resume:.6}s resume 1"),
        expect,
        until: Duration::from_secs(35),
    }
}
