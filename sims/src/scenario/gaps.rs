//! An interface that goes away and comes back: down, addresses flushed, up again, as Vagrant does it at every start.

use std::fmt::Write;
use std::time::Duration;

use super::starts::START;
use super::{Draw, Scenario, Story};
use crate::vintage::Vintage;

pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "s09-gap-alone",
        sentence: "master1 is alone when its interface goes away for up to three seconds, then the others start",
        vintages: &Vintage::ALL,
        story: alone,
    },
    Scenario {
        name: "s10-gap-member",
        sentence: "master1 is a member of three when its interface goes away for up to six seconds",
        vintages: &Vintage::ALL,
        story: member,
    },
    Scenario {
        name: "s11-gap-new",
        sentence: "the same without a fall back to loopback, for up to twelve seconds",
        vintages: &[Vintage::Corosync3_1_7, Vintage::Ringwright],
        story: longer,
    },
];

fn alone(draw: &mut Draw) -> Story {
    let phase = draw.time("phi", 0.0, 1.0);
    let gap = draw.time("g", 0.1, 3.0);
    let pair = if draw.two_node { '-' } else { 'Q' };
    let gone = 3.0 + phase;
    let back = gone + gap;
    let (second, third) = (6.5 + gap, 8.5 + gap);
    let settled = third + 1.2;
    let together = format!(
        "by {settled:.3}: 1,2,3:{{1,2,3}}Q\nend: 1,2,3:{{1,2,3}}Q\nrings 1 during 0..30: 3-4"
    );
    let dead = format!("by {settled:.3}: 1:dead 2,3:{{2,3}}{pair}\nend: 1:dead 2,3:{{2,3}}{pair}");
    let expect = match draw.vintage {
        Vintage::Corosync2_3_3 | Vintage::Corosync2_4_3 if gap <= 1.0 => together,
        Vintage::Corosync2_3_3 | Vintage::Corosync2_4_3 if gap >= 2.0 => dead,
        // By the phase of the poll.
        Vintage::Corosync2_3_3 | Vintage::Corosync2_4_3 => {
            format!("end: 1,2,3:{{1,2,3}}Q | 1:dead 2,3:{{2,3}}{pair}")
        }
        _ => format!("by {settled:.3}: 1,2,3:{{1,2,3}}Q\nend: 1,2,3:{{1,2,3}}Q"),
    };
    Story {
        script: format!(
            "0s start 1; {gone:.6}s down 1; {gone:.6}s flush 1; {back:.6}s up 1
             {second:.6}s start 2; {third:.6}s start 3"
        ),
        expect,
        until: Duration::from_secs(20),
    }
}

fn gap_of_a_member(gap: f64) -> String {
    let back = 10.0 + gap;
    format!("{START}10s down 1; 10s flush 1; {back:.6}s up 1")
}

/// The margin around a threshold within which the token's own rhythm decides.
const MARGIN: f64 = 0.5;

fn member(draw: &mut Draw) -> Story {
    let gap = draw.time("g", 0.1, 6.0);
    Story {
        expect: if draw.vintage.falls_back_to_loopback() {
            goes_deaf(gap, draw.token())
        } else {
            stays_itself(gap, draw)
        },
        script: gap_of_a_member(gap),
        until: Duration::from_secs(30),
    }
}

fn longer(draw: &mut Draw) -> Story {
    let gap = draw.time("g", 0.1, 12.0);
    Story {
        expect: stays_itself(gap, draw),
        script: gap_of_a_member(gap),
        until: Duration::from_secs(30),
    }
}

/// What is expected of a member that falls back to loopback.
fn goes_deaf(gap: f64, token: f64) -> String {
    if gap < token - MARGIN {
        "during 1..30: 1,2,3:{1,2,3}Q\nrings 1 during 10..30: 0\nrings 2 during 10..30: 0"
            .to_owned()
    } else if gap < token {
        "end: 1,2,3:{1,2,3}Q".to_owned()
    } else if gap < token + 1.0 - MARGIN {
        "by 20: 1,2,3:{1,2,3}Q\nend: 1,2,3:{1,2,3}Q\nrings 1 during 10..30: 1".to_owned()
    } else if gap < token + 1.0 + MARGIN {
        "end: 1,2,3:{1,2,3}Q | 1:dead 2,3:{2,3}Q".to_owned()
    } else {
        // The looks that find nothing are at 10+T, 10+T+1 and so on.
        let found = 10.0 + token + (gap - token).ceil();
        let close = (gap - token - (gap - token).round()).abs() < MARGIN;
        let end = found + 1.2 * token;
        let abort = if close {
            String::new()
        } else {
            format!("\nat {end:.3}: 1:dead")
        };
        format!(
            "at 10+2.2T: 2,3:{{2,3}}Q\nduring 2..{found}: 1:{{1,2,3}}Q\nend: 1:dead 2,3:{{2,3}}Q{abort}"
        )
    }
}

/// What is expected of one that is told by the kernel that its address is gone: it is alone after twice the 0.3 s that it gives
/// the others to answer, whatever the token, and with them again as soon as it is back.
fn is_told(gap: f64) -> String {
    let back = 10.0 + gap;
    let together = format!(
        "by {:.3}: 1,2,3:{{1,2,3}}Q\nend: 1,2,3:{{1,2,3}}Q",
        back + 1.0
    );
    let alone = format!("\nat 10.6: 1:{{1}}-\nduring 11.1..{back:.3}: 1:{{1}}-");
    let (lost, apart) = (3.0, 3.3);
    if gap < 0.6 - 0.1 {
        // It calls the others as soon as they can hear it.
        together + "\nrings 1 during 10..30: 1\nrings 2 during 10..30: 1"
    } else if gap < 1.2 {
        together
    } else if gap < lost - MARGIN {
        together + &alone + "\nrings 1 during 10..30: 2\nrings 2 during 10..30: 1"
    } else if gap < apart + MARGIN {
        together + &alone
    } else {
        together
            + &alone
            + "\nat 13.3: 2,3:{2,3}Q\nrings 1 during 10..30: 2\nrings 2 during 10..30: 2"
    }
}

/// What is expected of one that keeps its address.
fn stays_itself(gap: f64, draw: &Draw) -> String {
    if draw.vintage == Vintage::Ringwright {
        return is_told(gap);
    }
    let (token, back) = (draw.token(), 10.0 + gap);
    let alone = if draw.is_safe() { '-' } else { 'Q' };
    let mut expect = format!(
        "by {:.3}: 1,2,3:{{1,2,3}}Q\nend: 1,2,3:{{1,2,3}}Q",
        back + 2.0
    );
    if gap < token - MARGIN {
        expect += "\nrings 1 during 10..30: 0\nrings 2 during 10..30: 0";
    } else if gap > token + MARGIN && gap < 2.2 * token - MARGIN {
        expect += "\nrings 1 during 10..30: 1\nrings 2 during 10..30: 1";
    } else if gap > 2.2 * token + MARGIN {
        let _ = write!(expect, "\nat 10+2.2T: 1:{{1}}{alone} 2,3:{{2,3}}Q");
    }
    expect
}
