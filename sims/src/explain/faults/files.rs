//! Files and keys that are not the same everywhere.

use super::super::draft::Draft;
use super::super::fault::{Fault, Odd, always};
use super::super::{Cause, Circumstance, Question, conf};

pub(super) const ALL: &[Fault] = &[
    fault(
        "key",
        "{} has another key file than the others",
        sealed,
        key,
    ),
    fault("port", "{} uses another port than the others", always, port),
    fault(
        "lists-itself",
        "{} still runs with a file that lists only itself",
        always,
        lists_itself,
    ),
    fault(
        "not-listed",
        "the others' files do not list {}",
        several,
        not_listed,
    ),
    fault(
        "lacks-one",
        "the file of {} lacks the next node",
        several,
        lacks_one,
    ),
    fault(
        "own-address",
        "the file of {} has a slip in its own address",
        always,
        own_address,
    ),
];

const fn fault(
    name: &'static str,
    sentence: &'static str,
    applies: fn(&Question) -> bool,
    draw: fn(&mut Draft),
) -> Fault {
    Fault {
        name,
        cause: Cause::Files,
        sentence,
        circumstance: Circumstance::Standing,
        odd: Odd::Its,
        applies,
        draw,
    }
}

fn sealed(question: &Question) -> bool {
    question.vintage.seals()
}

fn several(question: &Question) -> bool {
    question.setup.machines.len() > 2
}

/// All start, in any order within two seconds.
fn start(draft: &mut Draft) {
    for node in draft.nodes.clone() {
        let at = draft.time(0.0, 2.0);
        draft.start(at, &[node]);
    }
    draft.look_after();
}

fn key(draft: &mut Draft) {
    draft.machine(draft.victim).key = Some(1);
    start(draft);
}

fn port(draft: &mut Draft) {
    draft.refile(draft.victim, |text| {
        let port = ringwright_config::parse("", text)
            .config
            .totem
            .interface
            .mcastport;
        conf::with_key(text, "interface", "mcastport", &(port ^ 2).to_string())
    });
    start(draft);
}

fn lists_itself(draft: &mut Draft) {
    let own = draft.address(draft.victim);
    draft.refile(draft.victim, |text| {
        conf::with_nodes(text, |address| address == own)
    });
    start(draft);
}

fn not_listed(draft: &mut Draft) {
    let own = draft.address(draft.victim);
    for node in draft.others() {
        draft.refile(node, |text| {
            conf::with_nodes(text, |address| address != own)
        });
    }
    start(draft);
}

fn lacks_one(draft: &mut Draft) {
    let lacked = draft.address(draft.next());
    draft.refile(draft.victim, |text| {
        conf::with_nodes(text, |address| address != lacked)
    });
    start(draft);
}

fn own_address(draft: &mut Draft) {
    let own = draft.address(draft.victim);
    draft.refile(draft.victim, |text| {
        conf::with_address(text, &own, &format!("s{own}"))
    });
    start(draft);
}
