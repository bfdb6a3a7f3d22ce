//! Nodes in memory and virtual time, one of them recorded.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use ringwright::manager::{self, Change, Settings};
use ringwright::resource::{ExitCode, Operation, Outcome, Renewal};
use ringwright::{
    Config, GroupName, Input, Instant, Node, NodeId, Output, QuorumCall, Stable, Target,
};
use ringwright_driver::Counters;
use ringwright_driver::journal::{
    Continuation, Digest, Head, HostEvent, Mark, PartWriter, Record, Start,
};

/// The host's clock when a cluster starts, nanoseconds since 1970.
pub(crate) const WALL: u64 = 1_700_000_000_000_000_000;

/// A node, and what it was told.
pub(crate) struct Recorded {
    pub(crate) start: Start,
    pub(crate) inputs: Vec<(Instant, Input)>,
    pub(crate) outputs: Vec<Output>,
    /// Over all outputs after each input, the start's first.
    pub(crate) digests: Vec<Digest>,
}

/// Node `me`, which runs resources.
fn config(me: u32) -> Config {
    Config {
        resources: Some(Settings::default()),
        ..Config::of(me, 1..=3)
    }
}

/// Runs three nodes for so many events, losing every `loss`th datagram, and records the first.
pub(crate) fn recorded(seed: u64, events: usize, loss: usize) -> Recorded {
    let start = Start {
        config: config(1),
        stable: Stable::default(),
        seed,
    };
    let mut nodes: Vec<_> = (1..=3)
        .map(|me| Node::new(config(me), Stable::default(), seed, Instant::ZERO).unwrap())
        .collect();
    let mut run = Recorded {
        start,
        inputs: Vec::new(),
        outputs: Vec::new(),
        digests: Vec::new(),
    };
    let mut wire = VecDeque::new();
    let mut now = Instant::ZERO;
    let mut random = seed | 1;
    for index in 0..3 {
        carry_out(&mut nodes, index, &mut wire, &mut run);
    }
    run.digests.push(digest(Digest::default(), &run.outputs));
    let mut dropped = 0;
    for event in 0..events {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let (index, input) = if let Some(command) = command(event) {
            command
        } else if let Some((index, input)) = wire.pop_front() {
            dropped += usize::from(matches!(input, Input::Datagram(_)));
            if loss != 0 && dropped % loss == 0 {
                continue;
            }
            (index, input)
        } else {
            let due = |node: &Node| node.poll_timeout().unwrap();
            let index = (0..3).min_by_key(|&i| due(&nodes[i])).unwrap();
            now = now.max(due(&nodes[index]));
            (index, Input::Timeout)
        };
        now = now + Duration::from_nanos(random >> 48);
        let taken = nodes[index].handle_input(now, input.clone()).is_ok();
        let before = run.outputs.len();
        carry_out(&mut nodes, index, &mut wire, &mut run);
        if index == 0 && taken {
            run.inputs.push((now, input));
            let last = *run.digests.last().unwrap();
            run.digests.push(digest(last, &run.outputs[before..]));
        }
    }
    run
}

/// What processes and operators ask for now and then, of nodes in turn.
fn command(event: usize) -> Option<(usize, Input)> {
    let group = GroupName::new(b"test").unwrap();
    let index = (event / 50) % 3;
    let configuration = |id| {
        let interval = 1 + event / 100;
        let text = format!(
            "<cib validate-with=\"pacemaker-3.7\"><configuration><crm_config/><nodes/><resources><primitive id=\"ip\" \
             class=\"ocf\" provider=\"heartbeat\" type=\"IPaddr2\"><operations><op id=\"m\" name=\"monitor\" \
             interval=\"{interval}s\"/></operations></primitive></resources><constraints/></configuration></cib>"
        );
        let (text, base) = (text.into(), None);
        let change = Change::Replace { text, base };
        Input::Resource(manager::Input::Change { id, change })
    };
    let payload = Bytes::from(vec![7; event % 4000]);
    let input = match event % 50 {
        10 => Input::JoinGroup { pid: 1, group },
        20 | 21 => Input::Multicast {
            pid: 1,
            group,
            payload,
        },
        30 if event > 500 => Input::Quorum(QuorumCall::SetVotes(NodeId(1), 1)),
        35 => configuration(event as u64),
        40 if event % 150 == 90 => Input::LeaveGroup {
            pid: 1,
            group,
            died: true,
        },
        _ => return None,
    };
    Some((index, input))
}

fn carry_out(
    nodes: &mut [Node],
    index: usize,
    wire: &mut VecDeque<(usize, Input)>,
    run: &mut Recorded,
) {
    while let Some(output) = nodes[index].poll_output() {
        if let Output::Transmit { to, bytes } = &output {
            let others = (0..3).filter(|&other| other != index);
            let to = others.filter(|&other| match to {
                Target::All => true,
                Target::Node(node) => node.0 == u32::try_from(other + 1).unwrap(),
            });
            wire.extend(to.map(|other| (other, Input::Datagram(bytes.clone()))));
        }
        if let Output::Resource(wish) = &output {
            wire.extend(answer(wish).map(|answer| (index, Input::Resource(answer))));
        }
        if index == 0 {
            run.outputs.push(output);
        }
    }
}

/// What an executor answers to which everything comes as it should, and a probe finds nothing.
fn answer(wish: &manager::Output) -> Option<manager::Input> {
    match wish {
        manager::Output::Act(action) => {
            let probe = action.operation == Operation::Monitor && action.interval.is_zero();
            let outcome = Outcome::done(if probe {
                ExitCode::NotRunning
            } else {
                ExitCode::Ok
            });
            let attempt = action.attempt;
            Some(manager::Input::Done { attempt, outcome })
        }
        manager::Output::Renew { resource, until } => Some(manager::Input::Renewed {
            resource: resource.clone(),
            until: *until,
            renewal: Renewal::Renewed,
        }),
        _ => None,
    }
}

pub(crate) fn digest(mut digest: Digest, outputs: &[Output]) -> Digest {
    for output in outputs {
        digest.output(output);
    }
    digest
}

pub(crate) fn head() -> Head {
    Head {
        life: WALL,
        part: 1,
        wall: WALL,
        at: 0,
        before: Continuation::default(),
    }
}

impl Recorded {
    /// The records of its journal, with a mark every tenth input and at the end.
    pub(crate) fn records(&self) -> Vec<(Instant, Record)> {
        let bound = Record::Host(HostEvent::Bound);
        let start = Record::Start(Box::new(self.start.clone()));
        let mut records = vec![(Instant::ZERO, bound), (Instant::ZERO, start)];
        for (index, (at, input)) in self.inputs.iter().enumerate() {
            records.push((*at, Record::Input(input.clone())));
            if index % 10 == 9 || index + 1 == self.inputs.len() {
                records.push((*at, Record::Mark(self.mark(index + 1))));
            }
        }
        let (last, _) = self.inputs.last().unwrap();
        records.push((*last, Record::End("the test is over".into())));
        records
    }

    pub(crate) fn mark(&self, inputs: usize) -> Mark {
        Mark {
            reached: Continuation {
                inputs: inputs as u64,
                missed: 0,
                digest: self.digests[inputs].0,
            },
            counters: Counters::default(),
        }
    }

    /// A journal of one part.
    pub(crate) fn part(&self) -> Vec<u8> {
        written(&head(), &self.records())
    }
}

/// A part of these records.
pub(crate) fn written(head: &Head, records: &[(Instant, Record)]) -> Vec<u8> {
    let mut part = PartWriter::new(head);
    for (at, record) in records {
        part.record(*at, record);
    }
    part.take()
}
