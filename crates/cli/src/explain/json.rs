//! The answer for programs.

use ringwright_sims::explain::{Account, Fault, Ranked};
use ringwright_sims::script::text;
use serde_json::{Value, json};

use super::Explained;
use super::show::changed_files;
use crate::evidence::Evidence;

/// One object: `evidence`, if there is any, and `answers`, one a version.
pub(super) fn answers(explained: &[Explained], evidence: Option<&Evidence>) -> Value {
    json!({
        "evidence": evidence.map(Evidence::json),
        "answers": explained.iter().map(answer).collect::<Vec<_>>(),
    })
}

fn answer(explained: &Explained) -> Value {
    let (question, answer) = (&explained.question, &explained.answer);
    let nodes = explained
        .nodes
        .0
        .iter()
        .map(|node| json!({"id": node.number, "name": node.name, "addresses": node.addresses}));
    json!({
        "vintage": question.vintage,
        "symptom": question.symptom.map(|symptom| symptom.to_string()),
        "steady": question.steady,
        "schedules": question.seeds,
        "token_ms": u64::try_from(question.token.as_millis()).unwrap_or(u64::MAX),
        "nodes": nodes.collect::<Vec<_>>(),
        "findings": explained.findings.iter().map(|(name, ..)| name).collect::<Vec<_>>(),
        "baseline": answer.baseline,
        "ranked": answer.ranked.iter().map(|ranked| self::ranked(explained, ranked)).collect::<Vec<_>>(),
        "unable": answer.unable.iter().map(|(fault, account)| class(fault, account)).collect::<Vec<_>>(),
        "remedied": answer.remedied,
    })
}

fn class(fault: &Fault, account: &Account) -> Value {
    let ends = account.ends().into_iter();
    let ends = ends.map(
        |(outcome, tally)| json!({"views": outcome, "count": tally.count, "seed": tally.seed}),
    );
    json!({
        "fault": fault.name,
        "cause": fault.cause.letter().to_string(),
        "title": fault.cause.title(),
        "needs": fault.circumstance,
        "counts": account.counts,
        "ends": ends.collect::<Vec<_>>(),
    })
}

fn ranked(explained: &Explained, ranked: &Ranked) -> Value {
    let mut value = class(ranked.fault, &ranked.account);
    value["varies"] = ranked.varies.into();
    value["singles_out"] = ranked.singles_out.into();
    value["shortest"] = json!({
        "script": text::one_line(&ranked.example.script),
        "seed": ranked.example.settings.seed,
        "changed_files": changed_files(explained, ranked),
        "views": ranked.run.outcome,
    });
    value["signs"] = json!(ranked.fault.cause.signs());
    let proofs = ranked.proofs.iter().map(|proof| {
        json!({"remedy": proof.remedy.to_string(), "before": proof.before, "after": proof.after})
    });
    value["remedies"] = proofs.collect();
    value
}
