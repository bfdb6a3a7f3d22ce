//! What does not split a cluster of three, as a rule: pauses, loss, the order of starts, a crash.

use super::super::draft::{Draft, TOGETHER, list};
use super::super::fault::{Fault, Odd, always};
use super::super::{Cause, Circumstance};

pub(super) const ALL: &[Fault] = &[
    Fault {
        name: "pause",
        cause: Cause::Pause,
        sentence: "{} stands still for up to four token timeouts",
        circumstance: Circumstance::Mishap,
        odd: Odd::Its,
        applies: always,
        draw: pause,
    },
    Fault {
        name: "loss",
        cause: Cause::Loss,
        sentence: "every machine loses 5 to 30 % of all datagrams",
        circumstance: Circumstance::Mishap,
        odd: Odd::Any,
        applies: always,
        draw: loss,
    },
    Fault {
        name: "start-order",
        cause: Cause::StartOrder,
        sentence: "the nodes start in any order, up to 15 s apart",
        circumstance: Circumstance::Ordinary,
        odd: Odd::Any,
        applies: always,
        draw: start_order,
    },
    Fault {
        name: "crash-and-restart",
        cause: Cause::StartOrder,
        sentence: "{} crashes and is started again",
        circumstance: Circumstance::Mishap,
        odd: Odd::Its,
        applies: always,
        draw: crash,
    },
];

fn pause(draft: &mut Draft) {
    let (victim, at) = (draft.victim, draft.time(TOGETHER, TOGETHER + 1.0));
    let length = draft.time(0.2, 4.0 * draft.token);
    draft.start_all();
    draft.put(at, format_args!("pause {victim}"));
    draft.put(at + length, format_args!("resume {victim}"));
    draft.look_after();
}

fn loss(draft: &mut Draft) {
    let loss = draft.rng.range(50, 300);
    let all = list(&draft.nodes);
    draft.start_all();
    draft.put(TOGETHER, format_args!("link {all} > {all} loss={loss}"));
    draft.look_at(TOGETHER + 40.0);
}

fn start_order(draft: &mut Draft) {
    for node in draft.nodes.clone() {
        let at = draft.time(0.0, 15.0);
        draft.start(at, &[node]);
    }
    draft.look_after();
}

fn crash(draft: &mut Draft) {
    let (victim, at) = (draft.victim, draft.time(TOGETHER, TOGETHER + 1.0));
    let later = draft.time(0.5, 3.0 * draft.token);
    draft.start_all();
    draft.put(at, format_args!("crash {victim}"));
    draft.start(at + later, &[victim]);
    draft.look_after();
}
