//! Interfaces that go away and come back, and those that come late.

use super::super::draft::{Draft, TOGETHER};
use super::super::fault::{Fault, Odd, always};
use super::super::{Cause, Circumstance};

pub(super) const ALL: &[Fault] = &[
    Fault {
        name: "gap-alone",
        cause: Cause::InterfaceGap,
        sentence: "{} is up first and alone when its interface goes down, loses its addresses and comes back, 0.1 to 3 s later",
        circumstance: Circumstance::Ordinary,
        odd: Odd::First,
        applies: always,
        draw: alone,
    },
    Fault {
        name: "gap-member",
        cause: Cause::InterfaceGap,
        sentence: "{} is in the ring when its interface goes down, loses its addresses and comes back",
        circumstance: Circumstance::Mishap,
        odd: Odd::Its,
        applies: always,
        draw: member,
    },
    Fault {
        name: "late-address",
        cause: Cause::LateAddress,
        sentence: "corosync on {} starts up to a second before its address is there",
        circumstance: Circumstance::Ordinary,
        odd: Odd::Any,
        applies: always,
        draw: late_address,
    },
    Fault {
        name: "late-link",
        cause: Cause::LateAddress,
        sentence: "corosync on {} starts up to five seconds before its interface is up; the address is there",
        circumstance: Circumstance::Ordinary,
        odd: Odd::Any,
        applies: always,
        draw: late_link,
    },
];

fn gap(draft: &mut Draft, from: f64, length: f64) {
    let victim = draft.victim;
    draft.put(from, format_args!("down {victim}"));
    draft.put(from, format_args!("flush {victim}"));
    draft.put(from + length, format_args!("up {victim}"));
}

fn alone(draft: &mut Draft) {
    let (gone, length) = (draft.time(3.0, 4.0), draft.time(0.1, 3.0));
    draft.start(0.0, &[draft.victim]);
    gap(draft, gone, length);
    let mut at = gone + length + 2.0;
    for node in draft.others() {
        draft.start(at, &[node]);
        at += draft.time(0.0, 2.0);
    }
    draft.look_after();
}

fn member(draft: &mut Draft) {
    let longest = (3.0 * draft.token).max(4.0);
    let (gone, length) = (
        draft.time(TOGETHER, TOGETHER + 1.0),
        draft.time(0.1, longest),
    );
    draft.start_all();
    gap(draft, gone, length);
    draft.look_after();
}

fn late_address(draft: &mut Draft) {
    let victim = draft.victim;
    let late = draft.time(0.0, 1.0);
    draft.put(0.0, format_args!("flush {victim}"));
    draft.start(0.0, &draft.others());
    draft.start(0.5, &[victim]);
    draft.put(0.5 + late, format_args!("up {victim}"));
    draft.look_after();
}

fn late_link(draft: &mut Draft) {
    let victim = draft.victim;
    let late = draft.time(1.0, 5.0);
    draft.put(0.0, format_args!("down {victim}"));
    draft.start(0.0, &draft.others());
    draft.start(0.5, &[victim]);
    draft.put(0.5 + late, format_args!("up {victim}"));
    draft.look_after();
}
