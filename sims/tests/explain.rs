//! Why did my cluster split? Answers for the report's configuration and for others.

use ringwright_sims::explain::{Answer, Cause, File, Question, Remedy, Symptom, explain, find};
use ringwright_sims::scenario::REPORT;
use ringwright_sims::script::text;
use ringwright_sims::{Setup, Vintage};

const SEEDS: u64 = 20;

fn conf(nodes: u32, quorum: &str) -> String {
    let entry = |n| {
        format!("  node {{\n    nodeid: {n}\n    name: n{n}\n    ring0_addr: 10.1.0.{n}\n  }}\n")
    };
    let entries: Vec<String> = (1..=nodes).map(entry).collect();
    let entries = entries.concat();
    format!(
        "totem {{\n  version: 2\n  transport: udpu\n}}\nnodelist {{\n{entries}}}\nquorum {{\n  provider: corosync_votequorum\n{quorum}}}\n"
    )
}

fn question(text: &str, vintage: Vintage, symptom: Option<Symptom>) -> Question {
    let (name, text) = ("corosync.conf".to_owned(), text.to_owned());
    let setup = Setup::from_files(&[File { name, text }], vintage).expect("a cluster");
    Question::new(setup, symptom, SEEDS)
}

fn ask(question: &Question) -> Answer {
    explain(question, &|_, _| ())
}

fn first_causes(answer: &Answer, count: usize) -> Vec<Cause> {
    let mut causes = Vec::new();
    for ranked in &answer.ranked {
        if !causes.contains(&ranked.fault.cause) {
            causes.push(ranked.fault.cause);
        }
    }
    causes.truncate(count);
    causes
}

#[test]
fn the_report_is_explained_by_the_interface_then_by_a_second_owner() {
    let answer = ask(&question(
        REPORT,
        Vintage::Corosync2_4_3,
        Some(Symptom::Alone(1)),
    ));
    assert_eq!(
        first_causes(&answer, 2),
        [Cause::InterfaceGap, Cause::SecondOwner]
    );
    let best = &answer.ranked[0];
    assert_eq!(best.run.outcome.to_string(), "1:dead 2:{2,3}- 3:{2,3}-");
    assert!(best.varies && best.singles_out);
    for proof in &best.proofs {
        assert_eq!(proof.after.lasting, 0, "{}", proof.remedy);
    }
    let never: Vec<_> = answer.unable.iter().map(|(fault, _)| fault.name).collect();
    assert!(
        never.contains(&"loss") && never.contains(&"start-order"),
        "{never:?}"
    );
}

#[test]
fn a_newer_corosync_has_other_causes() {
    let answer = ask(&question(
        REPORT,
        Vintage::Corosync3_1_7,
        Some(Symptom::Alone(1)),
    ));
    let gap = answer
        .ranked
        .iter()
        .find(|ranked| ranked.fault.name == "gap-alone");
    assert!(gap.is_none());
    assert_eq!(first_causes(&answer, 1), [Cause::SecondOwner]);
}

#[test]
fn what_is_there_each_time_is_set_wrongly() {
    let mut steady = question(REPORT, Vintage::Corosync2_4_3, Some(Symptom::Alone(1)));
    steady.steady = true;
    let cause = first_causes(&ask(&steady), 1)[0];
    assert!(matches!(cause, Cause::Path | Cause::Files), "{cause}");
}

#[test]
fn two_node_makes_every_cut_a_split_brain_and_its_removal_none() {
    for vintage in Vintage::COROSYNC {
        let answer = ask(&question(REPORT, vintage, None));
        let cut = answer
            .ranked
            .iter()
            .find(|ranked| ranked.fault.name == "cut")
            .expect("a split");
        assert_eq!(cut.account.counts.split_brain, SEEDS, "{vintage}");
        let without = cut
            .proofs
            .iter()
            .find(|proof| proof.remedy == Remedy::RemoveTwoNode);
        assert_eq!(without.expect("a remedy").after.split_brain, 0);
        assert!(answer.remedied.before.split_brain > 0);
        assert_eq!(answer.remedied.after.split_brain, 0, "{vintage}");
    }
}

#[test]
fn ringwright_is_never_of_two_minds() {
    let answer = ask(&question(REPORT, Vintage::Ringwright, None));
    assert_eq!(answer.remedied.before.split_brain, 0);
}

#[test]
fn the_shortest_schedule_has_no_verb_too_many() {
    let question = question(REPORT, Vintage::Corosync3_1_7, Some(Symptom::Alone(2)));
    let (case, run) = question.shortest(find("cut").expect("a class"), 3);
    assert_eq!(run.outcome.to_string(), "1:{1,3}Q 2:{2}Q 3:{1,3}Q");
    let lines = text::print(&case.script);
    let verbs: Vec<_> = lines
        .lines()
        .filter(|line| !line.contains("start"))
        .collect();
    assert_eq!(verbs, ["1s cut 1,3 > 2"], "{lines}");
}

#[test]
fn two_nodes_need_somebody_to_break_the_tie() {
    let answer = ask(&question(
        &conf(2, "  two_node: 1\n"),
        Vintage::Corosync3_1_7,
        None,
    ));
    let cut = answer
        .ranked
        .iter()
        .find(|ranked| ranked.fault.name == "cut")
        .expect("a split");
    assert_eq!(cut.account.counts.split_brain, SEEDS);
    let tie = cut
        .proofs
        .iter()
        .find(|proof| proof.remedy == Remedy::TieBreaker);
    assert_eq!(tie.expect("a remedy").after.split_brain, 0);
}

#[test]
fn halves_of_four_have_no_quorum_without_a_tie_breaker() {
    let halves = |quorum: &str| {
        let answer = ask(&question(&conf(4, quorum), Vintage::Corosync3_1_7, None));
        let halves = answer
            .ranked
            .into_iter()
            .find(|ranked| ranked.fault.name == "halves");
        halves.expect("a split").account.counts
    };
    let (without, with) = (halves(""), halves("  auto_tie_breaker: 1\n"));
    assert!(without.no_quorum > 0 && without.split_brain == 0);
    assert!(with.no_quorum < without.no_quorum && with.split_brain == 0);
}

#[test]
fn equal_questions_have_equal_answers() {
    let text = |answer: &Answer| {
        let ranked = answer.ranked.iter().map(|ranked| {
            format!(
                "{} {:?} {}",
                ranked.fault.name,
                ranked.account.outcomes,
                text::one_line(&ranked.example.script)
            )
        });
        ranked.collect::<Vec<_>>()
    };
    let asked = question(&conf(3, ""), Vintage::Corosync2_4_3, Some(Symptom::Apart));
    assert_eq!(text(&ask(&asked)), text(&ask(&asked)));
}
