//! Remedies, and their proof: the same schedules with the remedy applied.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use ringwright::{Instant, NodeId};
use serde::Serialize;

use super::draft::right_file;
use super::effect::last_verb;
use super::{Cause, Counts, Question, conf};
use crate::scenario::Case;
use crate::script::{Store, Verb};
use crate::timeline::{State, Timeline};
use crate::vintage::Vintage;

/// How long a service manager waits before it starts a daemon again that has ended by itself.
const RESTART_AFTER: Duration = Duration::from_secs(1);

/// Something to do about a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remedy {
    /// Remove `two_node` from every file.
    RemoveTwoNode,
    /// In a cluster of an even number of nodes: `auto_tie_breaker: 1` in the place of `two_node`.
    TieBreaker,
    /// Start the daemon only when its interface has its address for good.
    WaitForAddress,
    /// Let the service manager start a daemon that has ended by itself: `Restart=on-failure`.
    RestartOnFailure,
    /// Run another version, or ringwright.
    Run(Vintage),
    /// Take the second owner's address away, and empty the neighbour tables.
    RemoveOwner,
    /// Open the port between all machines, both ways.
    OpenPath,
    /// The same file and key everywhere, and a restart of the daemons that ran with others.
    SameFiles,
}

/// A remedy with what it changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// The remedy.
    pub remedy: Remedy,
    /// The schedules without it.
    pub before: Counts,
    /// The same with it.
    pub after: Counts,
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RemoveTwoNode => f.write_str("remove `two_node` from every file"),
            Self::TieBreaker => {
                f.write_str("`auto_tie_breaker: 1` in the place of `two_node`: one half goes on")
            }
            Self::WaitForAddress => {
                f.write_str("start the daemon only when its interface has its address for good")
            }
            Self::RestartOnFailure => {
                f.write_str("let the service manager restart the daemon (Restart=on-failure)")
            }
            Self::Run(Vintage::Ringwright) => f.write_str("run ringwright"),
            Self::Run(vintage) => write!(f, "run corosync {vintage}"),
            Self::RemoveOwner => f.write_str(
                "take the address away from its second owner, empty the neighbour tables",
            ),
            Self::OpenPath => f.write_str("open corosync's port both ways between all machines"),
            Self::SameFiles => f.write_str(
                "the same file and key everywhere, then restart the daemons that ran with others",
            ),
        }
    }
}

/// What helps against a cause, or might.
pub(super) fn against(cause: Cause, question: &Question) -> Vec<Remedy> {
    let newer = [Vintage::Corosync3_1_7, Vintage::Ringwright];
    let newer = newer
        .into_iter()
        .filter(|&vintage| vintage > question.vintage)
        .map(Remedy::Run);
    match cause {
        Cause::InterfaceGap | Cause::LateAddress => {
            [Remedy::WaitForAddress, Remedy::RestartOnFailure]
                .into_iter()
                .chain(newer)
                .collect()
        }
        Cause::SecondOwner => vec![Remedy::RemoveOwner],
        Cause::Path => vec![Remedy::OpenPath],
        Cause::Files => vec![Remedy::SameFiles],
        Cause::Pause | Cause::Loss | Cause::StartOrder => Vec::new(),
    }
}

/// What keeps two sides from being quorate at once.
pub(super) fn of_quorum(question: &Question) -> Option<Remedy> {
    let machines = question.setup.machines.len();
    if !question.has_two_node() {
        return None;
    }
    Some(if machines == 2 {
        Remedy::TieBreaker
    } else {
        Remedy::RemoveTwoNode
    })
}

impl Remedy {
    /// The cluster with it, as far as it is about files and versions.
    pub(super) fn ask(self, question: &Question) -> Question {
        let mut setup = question.setup.clone();
        match self {
            Self::RemoveTwoNode | Self::TieBreaker => {
                let edit = |text: &str| {
                    let text = conf::without_key(text, "quorum", "two_node");
                    if self == Self::TieBreaker {
                        conf::with_key(&text, "quorum", "auto_tie_breaker", "1")
                    } else {
                        text
                    }
                };
                for machine in setup.machines.values_mut() {
                    machine.conf = edit(&machine.conf).into();
                }
            }
            Self::Run(vintage) => {
                for machine in setup.machines.values_mut() {
                    machine.vintage = vintage;
                }
            }
            _ => return question.clone(),
        }
        Question::new(setup, question.symptom, question.seeds)
    }

    /// The schedule with it, as far as it is about what is done.
    pub(super) fn treat(self, case: &mut Case, token: Duration) {
        let more = match self {
            Self::WaitForAddress => return wait_for_address(case),
            Self::RemoveOwner => without_owner(case),
            Self::OpenPath => vec![Verb::Heal],
            Self::SameFiles => same_files(case),
            _ => return,
        };
        if more.is_empty() {
            return;
        }
        let at = case.until;
        case.script.extend(more.into_iter().map(|verb| (at, verb)));
        case.until = at + token.mul_f64(4.4) + Duration::from_secs(5);
    }

    /// Starts that follow from what happened in a run; none if it needs no more.
    pub(super) fn react(self, case: &mut Case, timeline: &Timeline) -> bool {
        if self != Self::RestartOnFailure {
            return false;
        }
        let mut changed = false;
        for lane in &timeline.lanes {
            let node = NodeId(lane.node);
            let ended = lane.spans.iter().rev().find_map(|span| match &span.state {
                // The script's own kill is no failure of the daemon.
                State::Dead { how } if how != "signal 9" => Some(span.from),
                _ => None,
            });
            let Some(ended) = ended else {
                continue;
            };
            let at = Instant::ZERO + Duration::from_micros(ended) + RESTART_AFTER;
            let is_start = |(when, verb): &(Instant, Verb)| {
                *when >= at && matches!(verb, Verb::Start { node: started, .. } if *started == node)
            };
            if at < case.until && !case.script.iter().any(is_start) {
                let store = Store::Kept;
                case.script.push((at, Verb::Start { node, store }));
                changed = true;
            }
        }
        case.script.sort_by_key(|(at, _)| *at);
        changed
    }
}

/// Each daemon whose interface comes up late, or goes away later, starts a moment after that.
fn wait_for_address(case: &mut Case) {
    let mut ups: Vec<(NodeId, Instant)> = Vec::new();
    for (at, verb) in &case.script {
        if let Verb::Up(node) = verb {
            ups.push((*node, *at));
        }
    }
    for (at, verb) in &mut case.script {
        if let Verb::Start { node, .. } = verb {
            let up = ups.iter().rev().find(|(of, _)| of == node);
            if let Some((_, up)) = up {
                *at = (*at).max(*up + Duration::from_millis(200));
            }
        }
    }
    case.script.sort_by_key(|(at, _)| *at);
    case.until = case
        .until
        .max(last_verb(&case.script) + Duration::from_secs(5));
}

fn without_owner(case: &Case) -> Vec<Verb> {
    let owners = case.script.iter().filter_map(|(_, verb)| match verb {
        Verb::Twin { of, on: true } => Some(*of),
        _ => None,
    });
    let mut verbs: Vec<Verb> = owners.map(|of| Verb::Twin { of, on: false }).collect();
    if !verbs.is_empty() {
        verbs.push(Verb::Forget(case.settings.ids()));
    }
    verbs
}

fn same_files(case: &Case) -> Vec<Verb> {
    let setup = case.settings.setup.as_ref();
    let mut verbs = Vec::new();
    for (&node, machine) in setup.into_iter().flat_map(|setup| &setup.machines) {
        let name = right_file(node.0);
        let other_file = setup.is_some_and(|setup| setup.files.contains_key(&name));
        let other_key = machine.key.is_some_and(|key| key != 0);
        if other_file {
            verbs.push(Verb::File { node, name });
        }
        if other_key {
            verbs.push(Verb::Key { node, key: 0 });
        }
    }
    // A daemon that crashed for what another one sent has to be started, too.
    let restarts: BTreeSet<NodeId> = case.settings.ids().into_iter().collect();
    if !verbs.is_empty() {
        verbs.extend(restarts.into_iter().map(Verb::Restart));
    }
    verbs
}
