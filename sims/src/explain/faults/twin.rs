//! A second owner of a node's address.

use super::super::draft::{Draft, TOGETHER, list};
use super::super::fault::{Fault, Odd, always};
use super::super::{Cause, Circumstance};

pub(super) const ALL: &[Fault] = &[
    Fault {
        name: "twin-at-start",
        cause: Cause::SecondOwner,
        sentence: "another machine has the address of {}, too, before the cluster starts",
        circumstance: Circumstance::Mishap,
        odd: Odd::Its,
        applies: always,
        draw: at_start,
    },
    Fault {
        name: "twin-later",
        cause: Cause::SecondOwner,
        sentence: "another machine takes the address of {}, too, while all are together, and neighbour entries are learnt anew",
        circumstance: Circumstance::Mishap,
        odd: Odd::Its,
        applies: always,
        draw: later,
    },
];

fn at_start(draft: &mut Draft) {
    let victim = draft.victim;
    draft.put(0.0, format_args!("twin {victim} on"));
    for node in draft.nodes.clone() {
        let at = draft.time(0.0, 1.0);
        draft.start(at, &[node]);
    }
    draft.look_after();
}

fn later(draft: &mut Draft) {
    let (victim, at) = (draft.victim, draft.time(TOGETHER, TOGETHER + 1.0));
    draft.start_all();
    draft.put(at, format_args!("twin {victim} on"));
    draft.put(at, format_args!("forget {}", list(&draft.nodes)));
    draft.look_after();
}
