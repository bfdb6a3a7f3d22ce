//! Starts: together, one after the other, too early, with another key or another file.

use std::time::Duration;

use super::{ALONE, Draw, Scenario, Story};
use crate::vintage::Vintage;
use ringwright::NodeId;

pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "s01-base",
        sentence: "three nodes start together",
        vintages: &Vintage::ALL,
        story: base,
    },
    Scenario {
        name: "s02-staggered",
        sentence: "three nodes start five seconds apart",
        vintages: &Vintage::ALL,
        story: staggered,
    },
    Scenario {
        name: "s13-late-address",
        sentence: "master1's address comes up to half a second after its daemon",
        vintages: &Vintage::ALL,
        story: late_address,
    },
    Scenario {
        name: "s14-key",
        sentence: "master1 has another key than the others",
        vintages: &Vintage::COROSYNC_2,
        story: key,
    },
    Scenario {
        name: "s15-self-list",
        sentence: "master1's file lists only master1",
        vintages: &Vintage::ALL,
        story: self_list,
    },
];

/// All three at once, at time zero.
pub(super) const START: &str = "0s start 1; 0s start 2; 0s start 3\n";

fn base(_: &mut Draw) -> Story {
    Story {
        script: START.into(),
        expect: "by 1: 1,2,3:{1,2,3}Q\nduring 1..10: 1,2,3:{1,2,3}Q".into(),
        until: Duration::from_secs(10),
    }
}

fn staggered(draw: &mut Draw) -> Story {
    let pair = if draw.two_node { '-' } else { 'Q' };
    Story {
        script: "0s start 1; 5s start 2; 10s start 3".into(),
        expect: format!(
            "during 1..5: 1:{{1}}- 2,3:off
             at 5.5: 1,2:{{1,2}}{pair} 3:off
             during 6..10: 1,2:{{1,2}}{pair} 3:off
             by 11: 1,2,3:{{1,2,3}}Q"
        ),
        until: Duration::from_secs(15),
    }
}

fn late_address(draw: &mut Draw) -> Story {
    let late = draw.time("d", 0.0, 0.5);
    let pair = if draw.two_node { '-' } else { 'Q' };
    let there = 0.5 + late;
    let expect = match draw.vintage {
        // It waits: whenever the address comes.
        Vintage::Ringwright => "by 2: 1,2,3:{1,2,3}Q\nend: 1,2,3:{1,2,3}Q".to_owned(),
        _ if late <= 0.1 => "by 2: 1,2,3:{1,2,3}Q\nend: 1,2,3:{1,2,3}Q".to_owned(),
        _ if late >= 0.3 => {
            format!(
                "during 2..20: 1:dead 2,3:{{2,3}}{pair}\nby 21: 1,2,3:{{1,2,3}}Q\nend: 1,2,3:{{1,2,3}}Q"
            )
        }
        _ => "end: 1,2,3:{1,2,3}Q".to_owned(),
    };
    Story {
        script: format!(
            "0s flush 1; 0s start 2; 0s start 3; 0.5s start 1; {there}s up 1; 20s start 1"
        ),
        expect,
        until: Duration::from_secs(25),
    }
}

fn key(draw: &mut Draw) -> Story {
    let pair = if draw.two_node { '-' } else { 'Q' };
    draw.setup.machine(NodeId(1)).key = Some(1);
    Story {
        script: format!("{START}20s key 1 0; 20s restart 1"),
        expect: format!(
            "during 4T..20: 1:{{1}}- 2,3:{{2,3}}{pair}
             rings 1 during 4T..20: 0
             rings 2 during 4T..20: 0
             by 21.6: 1,2,3:{{1,2,3}}Q"
        ),
        until: Duration::from_secs(25),
    }
}

fn self_list(draw: &mut Draw) -> Story {
    let pair = if draw.two_node { '-' } else { 'Q' };
    let alone = if draw.two_node {
        ALONE.to_owned()
    } else {
        ALONE.replace("  two_node: 1\n", "")
    };
    let whole = draw.setup.machine(NodeId(1)).conf.clone();
    draw.setup.files.insert("whole".into(), whole);
    draw.setup.machine(NodeId(1)).conf = alone.into();
    Story {
        script: format!("{START}20s file 1 whole; 20s restart 1"),
        expect: format!(
            "by 4T: 1:{{1}}Q 2,3:{{2,3}}{pair}
             during 4T..20: 1:{{1}}Q 2,3:{{2,3}}{pair}
             by 21.6: 1,2,3:{{1,2,3}}Q"
        ),
        until: Duration::from_secs(25),
    }
}
