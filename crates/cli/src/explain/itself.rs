//! Files that keep the nodes apart by themselves, and what of it is put right by which change.

use std::sync::Arc;

use ringwright_config::lint;
use ringwright_sims::explain::{File, Question};
use ringwright_sims::timeline::Outcome;

/// A change of the files, and what the tools show after it without any fault.
pub(super) struct Repair {
    pub(super) what: String,
    pub(super) outcome: Outcome,
    /// All nodes are together.
    pub(super) helps: bool,
}

/// Why no fault is tried.
pub(super) const WHY: &str = "No fault is needed for it, so none was tried: what a fault does could not be told from what \
                              the files do. Put them right, then ask again.";

/// Changes that can be tried without knowing more than the files.
pub(super) fn repairs(question: &Question, files: &[File]) -> Vec<Repair> {
    let mut repairs = Vec::new();
    if files.iter().any(|file| file.text != files[0].text) {
        for (index, file) in files.iter().enumerate() {
            if files[..index].iter().all(|other| other.text != file.text) {
                let what = format!("{} on every node", file.name);
                repairs.push(repair(question, what, |_| Arc::from(file.text.as_str())));
            }
        }
    }
    let fixed = |text: &str| {
        let fixed = lint::fix("corosync.conf", text.as_bytes(), |_| true);
        String::from_utf8_lossy(&fixed.bytes).into_owned()
    };
    if files.iter().any(|file| fixed(&file.text) != file.text) {
        let what = "what `ringwright check --fix` changes".into();
        repairs.push(repair(question, what, |text| Arc::from(fixed(text))));
    }
    repairs
}

fn repair(question: &Question, what: String, change: impl Fn(&str) -> Arc<str>) -> Repair {
    let mut setup = question.setup.clone();
    for machine in setup.machines.values_mut() {
        machine.conf = change(&machine.conf);
    }
    let (outcome, helps) = Question::new(setup, None, 1).without_fault();
    Repair {
        what,
        outcome,
        helps,
    }
}
