//! The format of recorded histories: one JSON object a line.

use std::collections::BTreeMap;
use std::time::Duration;

use ringwright_totem::NodeId;
use ringwright_totem::quorum::scenario::{Op, Scenario, Step, View};
use ringwright_totem::quorum::{DeviceOptions, Options, TwoNode};
use serde::Deserialize;
use serde_json::Value;

/// A history with the number that it is known by.
#[derive(Debug)]
pub(super) struct Recorded {
    pub(super) seed: u64,
    pub(super) scenario: Scenario,
}

#[derive(Deserialize)]
struct RawScenario {
    seed: u64,
    config: RawConfig,
    startup_error_rule: Option<u8>,
    steps: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawConfig {
    nodes: Vec<RawNode>,
    #[serde(default)]
    expected_votes: u32,
    votes: Option<u32>,
    #[serde(default)]
    two_node: u8,
    wait_for_all: Option<u8>,
    #[serde(default)]
    auto_tie_breaker: u8,
    auto_tie_breaker_node: Option<String>,
    #[serde(default)]
    last_man_standing: u8,
    last_man_standing_window: Option<u32>,
    #[serde(default)]
    allow_downscale: u8,
    #[serde(default)]
    expected_votes_tracking: u8,
    device: Option<RawDevice>,
}

#[derive(Deserialize)]
struct RawNode {
    id: u32,
    votes: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDevice {
    votes: Option<u32>,
    timeout: Option<u32>,
    sync_timeout: Option<u32>,
}

#[derive(Deserialize)]
struct RawStep {
    result: Option<u32>,
    views: BTreeMap<u32, RawView>,
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
enum RawOp {
    Up { node: u32, partition: u32 },
    Down { node: u32 },
    Leave { node: u32 },
    Split { nodes: Vec<u32>, partition: u32 },
    Merge { into: u32, from: u32 },
    Wait { ms: u64 },
    QdeviceOn { nodes: Vec<u32>, cast: Truth },
    QdeviceDie { nodes: Vec<u32> },
    QdeviceOff { nodes: Vec<u32> },
    MasterWins { nodes: Vec<u32>, allow: Truth },
    SetExpected { node: u32, value: u32 },
    SetVotes { node: u32, target: u32, value: u32 },
}

#[derive(Deserialize)]
struct RawView {
    quorate: Truth,
    expected: u32,
    highest: u32,
    total: u32,
    quorum: u32,
    flags: u32,
    votes: u32,
    qdevice_votes: u32,
    members: Vec<u32>,
    partition: u32,
    wfa_status: Option<u32>,
    ev_barrier: Option<u32>,
    callbacks: Vec<(Truth, Vec<u32>)>,
}

/// `true`, or a number other than 0.
#[derive(Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Truth {
    Bool(bool),
    Number(u32),
}

impl Recorded {
    /// Reads a line; an error names the place within it.
    pub(super) fn parse(line: &str) -> Result<Self, String> {
        let raw: RawScenario = serde_json::from_str(line).map_err(|error| placed(&error))?;
        let steps = raw.steps.into_iter().enumerate().map(|(number, value)| {
            step(value).map_err(|error| format!("seed {}, step {number}: {error}", raw.seed))
        });
        Ok(Self {
            seed: raw.seed,
            scenario: Scenario {
                startup_error_rule: raw.startup_error_rule,
                steps: steps.collect::<Result<_, _>>()?,
                options: raw.config.into(),
            },
        })
    }
}

/// serde's error, whose line would always be the first: the file's line is told before.
fn placed(error: &serde_json::Error) -> String {
    let (told, column) = (error.to_string(), error.column());
    let why = told.strip_suffix(&format!(" at line 1 column {column}"));
    why.map_or(told.clone(), |why| format!("{why} at column {column}"))
}

fn step(value: Value) -> Result<Step, serde_json::Error> {
    let op = RawOp::deserialize(&value)?;
    let RawStep { result, views } = serde_json::from_value(value)?;
    let views = views.into_iter();
    Ok(Step {
        op: op.into(),
        result,
        views: views.map(|(id, view)| (NodeId(id), view.into())).collect(),
    })
}

fn ids(ids: Vec<u32>) -> Vec<NodeId> {
    ids.into_iter().map(NodeId).collect()
}

impl From<Truth> for bool {
    fn from(truth: Truth) -> Self {
        match truth {
            Truth::Bool(truth) => truth,
            Truth::Number(number) => number != 0,
        }
    }
}

impl From<RawConfig> for Options {
    fn from(raw: RawConfig) -> Self {
        Self {
            nodes: raw
                .nodes
                .into_iter()
                .map(|node| (NodeId(node.id), node.votes.unwrap_or(1)))
                .collect(),
            expected_votes: raw.expected_votes,
            votes: raw.votes,
            two_node: raw.two_node,
            two_node_semantics: TwoNode::Corosync,
            wait_for_all: raw.wait_for_all,
            auto_tie_breaker: raw.auto_tie_breaker,
            auto_tie_breaker_node: raw.auto_tie_breaker_node,
            last_man_standing: raw.last_man_standing,
            last_man_standing_window: raw.last_man_standing_window,
            allow_downscale: raw.allow_downscale,
            expected_votes_tracking: raw.expected_votes_tracking,
            device: raw.device.map(|device| DeviceOptions {
                votes: device.votes,
                timeout: device.timeout,
                sync_timeout: device.sync_timeout,
            }),
        }
    }
}

impl From<RawOp> for Op {
    fn from(raw: RawOp) -> Self {
        match raw {
            RawOp::Up { node, partition } => Self::Up {
                node: NodeId(node),
                partition,
            },
            RawOp::Down { node } => Self::Down(NodeId(node)),
            RawOp::Leave { node } => Self::Leave(NodeId(node)),
            RawOp::Split { nodes, partition } => Self::Split {
                nodes: ids(nodes),
                partition,
            },
            RawOp::Merge { into, from } => Self::Merge { into, from },
            RawOp::Wait { ms } => Self::Wait(Duration::from_millis(ms)),
            RawOp::QdeviceOn { nodes, cast } => Self::DeviceOn {
                nodes: ids(nodes),
                cast: cast.into(),
            },
            RawOp::QdeviceDie { nodes } => Self::DeviceDie(ids(nodes)),
            RawOp::QdeviceOff { nodes } => Self::DeviceOff(ids(nodes)),
            RawOp::MasterWins { nodes, allow } => Self::MasterWins {
                nodes: ids(nodes),
                allow: allow.into(),
            },
            RawOp::SetExpected { node, value } => Self::SetExpected {
                node: NodeId(node),
                value,
            },
            RawOp::SetVotes {
                node,
                target,
                value,
            } => Self::SetVotes {
                node: NodeId(node),
                target: NodeId(target),
                value,
            },
        }
    }
}

impl From<RawView> for View {
    fn from(raw: RawView) -> Self {
        Self {
            quorate: raw.quorate.into(),
            expected: raw.expected,
            highest: raw.highest,
            total: raw.total,
            quorum: raw.quorum,
            flags: raw.flags,
            votes: raw.votes,
            qdevice_votes: raw.qdevice_votes,
            members: ids(raw.members),
            partition: raw.partition,
            wfa_status: raw.wfa_status.map(|status| status != 0),
            ev_barrier: raw.ev_barrier,
            callbacks: raw
                .callbacks
                .into_iter()
                .map(|(quorate, members)| (quorate.into(), ids(members)))
                .collect(),
        }
    }
}
