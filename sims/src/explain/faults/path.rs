//! Paths that are cut, both ways or one.

use super::super::draft::{Draft, TOGETHER, list};
use super::super::fault::{Fault, Odd, always};
use super::super::{Cause, Circumstance, Question};

pub(super) const ALL: &[Fault] = &[
    fault(
        "cut",
        "{} is cut off from all others",
        Odd::Its,
        always,
        cut,
    ),
    fault(
        "cut-at-start",
        "{} is cut off from all others before the cluster starts",
        Odd::Its,
        always,
        cut_at_start,
    ),
    fault(
        "deaf",
        "{} hears nobody, the others hear it",
        Odd::Its,
        always,
        deaf,
    ),
    fault(
        "mute",
        "nobody hears {}, it hears the others",
        Odd::Its,
        always,
        mute,
    ),
    fault(
        "one-path",
        "the next node of the ring does not hear {}; all else is heard",
        Odd::Any,
        several,
        one_path,
    ),
    fault(
        "one-pair",
        "{} and the next node of the ring do not hear each other, the rest hears both",
        Odd::Any,
        several,
        one_pair,
    ),
    fault(
        "halves",
        "the network is cut in two, no matter where",
        Odd::Any,
        more_than_three,
        halves,
    ),
];

const fn fault(
    name: &'static str,
    sentence: &'static str,
    odd: Odd,
    applies: fn(&Question) -> bool,
    draw: fn(&mut Draft),
) -> Fault {
    Fault {
        name,
        cause: Cause::Path,
        sentence,
        circumstance: Circumstance::Standing,
        odd,
        applies,
        draw,
    }
}

fn several(question: &Question) -> bool {
    question.setup.machines.len() > 2
}

fn more_than_three(question: &Question) -> bool {
    question.setup.machines.len() > 3
        && question
            .symptom
            .and_then(super::super::Symptom::node)
            .is_none()
}

/// All are together, then a direction is cut for good.
fn cut_later(draft: &mut Draft, directions: &str) {
    let at = draft.time(TOGETHER, TOGETHER + 1.0);
    draft.start_all();
    draft.put(at, format_args!("cut {directions}"));
    draft.look_after();
}

fn cut(draft: &mut Draft) {
    let directions = format!("{} <> {}", draft.victim, list(&draft.others()));
    cut_later(draft, &directions);
}

fn cut_at_start(draft: &mut Draft) {
    let directions = format!("{} <> {}", draft.victim, list(&draft.others()));
    draft.put(0.0, format_args!("cut {directions}"));
    draft.start_all();
    draft.look_after();
}

fn deaf(draft: &mut Draft) {
    let directions = format!("{} > {}", list(&draft.others()), draft.victim);
    cut_later(draft, &directions);
}

fn mute(draft: &mut Draft) {
    let directions = format!("{} > {}", draft.victim, list(&draft.others()));
    cut_later(draft, &directions);
    draft.look_after();
}

fn one_path(draft: &mut Draft) {
    let directions = format!("{} > {}", draft.victim, draft.next());
    cut_later(draft, &directions);
}

fn one_pair(draft: &mut Draft) {
    let directions = format!("{} <> {}", draft.victim, draft.next());
    cut_later(draft, &directions);
}

fn halves(draft: &mut Draft) {
    let (mut one, mut other) = (vec![draft.victim], Vec::new());
    for node in draft.others() {
        let side = if draft.rng.chance(500) {
            &mut one
        } else {
            &mut other
        };
        side.push(node);
    }
    if other.is_empty() {
        other.extend(one.pop());
    }
    let directions = format!("{} <> {}", list(&one), list(&other));
    cut_later(draft, &directions);
}
