//! Recorded histories of corosync 3.1.7: our services must show the same after every step.
//!
//! `data/vqsim/scenarios.jsonl` has 300 of them with 6442 views, recorded from corosync's own votequorum and checked
//! against live clusters; the format is one JSON object a line.

use std::collections::BTreeMap;
use std::time::Duration;

use ringwright_totem::NodeId;
use ringwright_totem::quorum::scenario::{Op, Order, Scenario, Step, View};
use ringwright_totem::quorum::{DeviceOptions, Options, TwoNode};
use serde_json::Value;

#[test]
fn every_recorded_view_is_ours_too() {
    let scenarios = recorded();
    let views: usize = scenarios
        .iter()
        .map(|(_, scenario)| scenario.view_count())
        .sum();
    assert_eq!((scenarios.len(), views), (300, 6442));
    for order in [Order::Ascending, Order::Descending] {
        let mut disagreeing = Vec::new();
        for (seed, scenario) in &scenarios {
            let found = scenario.replay(order, |_, _, _| {});
            disagreeing.extend(found.iter().map(|what| format!("{seed}: {what}")));
        }
        let (count, first) = (disagreeing.len(), &disagreeing[..disagreeing.len().min(40)]);
        assert_eq!(count, 0, "{order:?}:\n{}", first.join("\n"));
    }
}

fn recorded() -> Vec<(u64, Scenario)> {
    let parse = |line| {
        let json: Value = serde_json::from_str(line).expect("a line is a JSON object");
        (json["seed"].as_u64().expect("a seed"), scenario(&json))
    };
    include_str!("../data/vqsim/scenarios.jsonl")
        .lines()
        .map(parse)
        .collect()
}

fn scenario(json: &Value) -> Scenario {
    Scenario {
        options: options(&json["config"]),
        startup_error_rule: octet(&json["startup_error_rule"]),
        steps: list(&json["steps"], step),
    }
}

fn options(json: &Value) -> Options {
    let switch = |key: &str| octet(&json[key]);
    let device = json.get("device").map(|device| DeviceOptions {
        votes: number(&device["votes"]),
        timeout: number(&device["timeout"]),
        sync_timeout: number(&device["sync_timeout"]),
    });
    let known = [
        "nodes",
        "expected_votes",
        "votes",
        "two_node",
        "wait_for_all",
        "auto_tie_breaker",
        "auto_tie_breaker_node",
        "last_man_standing",
        "last_man_standing_window",
        "allow_downscale",
        "expected_votes_tracking",
        "device",
    ];
    let unknown = |key: &&String| !known.contains(&key.as_str());
    assert_eq!(
        json.as_object().unwrap().keys().find(unknown),
        None,
        "an option of the record that is not read"
    );
    Options {
        nodes: list(&json["nodes"], |node| {
            (id(&node["id"]), number(&node["votes"]).unwrap_or(1))
        }),
        expected_votes: number(&json["expected_votes"]).unwrap_or(0),
        votes: number(&json["votes"]),
        two_node: switch("two_node").unwrap_or(0),
        two_node_semantics: TwoNode::Corosync,
        wait_for_all: switch("wait_for_all"),
        auto_tie_breaker: switch("auto_tie_breaker").unwrap_or(0),
        auto_tie_breaker_node: json["auto_tie_breaker_node"].as_str().map(Into::into),
        last_man_standing: switch("last_man_standing").unwrap_or(0),
        last_man_standing_window: number(&json["last_man_standing_window"]),
        allow_downscale: switch("allow_downscale").unwrap_or(0),
        expected_votes_tracking: switch("expected_votes_tracking").unwrap_or(0),
        device,
    }
}

fn step(json: &Value) -> Step {
    let of = |key: &str| id(&json[key]);
    let int = |key: &str| number(&json[key]).unwrap_or_else(|| panic!("{key} in {json}"));
    let nodes = || list(&json["nodes"], id);
    let op = match json["op"].as_str().expect("an op") {
        "up" => Op::Up {
            node: of("node"),
            partition: int("partition"),
        },
        "down" => Op::Down(of("node")),
        "leave" => Op::Leave(of("node")),
        "split" => Op::Split {
            nodes: nodes(),
            partition: int("partition"),
        },
        "merge" => Op::Merge {
            into: int("into"),
            from: int("from"),
        },
        "wait" => Op::Wait(Duration::from_millis(int("ms").into())),
        "qdevice_on" => Op::DeviceOn {
            nodes: nodes(),
            cast: truth(&json["cast"]),
        },
        "qdevice_die" => Op::DeviceDie(nodes()),
        "qdevice_off" => Op::DeviceOff(nodes()),
        "master_wins" => Op::MasterWins {
            nodes: nodes(),
            allow: truth(&json["allow"]),
        },
        "set_expected" => Op::SetExpected {
            node: of("node"),
            value: int("value"),
        },
        "set_votes" => Op::SetVotes {
            node: of("node"),
            target: of("target"),
            value: int("value"),
        },
        other => panic!("unknown op {other}"),
    };
    let views = json["views"].as_object().expect("views");
    let views = views
        .iter()
        .map(|(node, json)| (NodeId(node.parse().unwrap()), view(json)));
    Step {
        op,
        result: number(&json["result"]),
        views: views.collect::<BTreeMap<_, _>>(),
    }
}

fn view(json: &Value) -> View {
    let int = |key: &str| number(&json[key]).unwrap_or_else(|| panic!("{key} in {json}"));
    View {
        quorate: truth(&json["quorate"]),
        expected: int("expected"),
        highest: int("highest"),
        total: int("total"),
        quorum: int("quorum"),
        flags: int("flags"),
        votes: int("votes"),
        qdevice_votes: int("qdevice_votes"),
        members: list(&json["members"], id),
        partition: int("partition"),
        wfa_status: number(&json["wfa_status"]).map(|status| status != 0),
        ev_barrier: number(&json["ev_barrier"]),
        callbacks: list(&json["callbacks"], |told| {
            (truth(&told[0]), list(&told[1], id))
        }),
    }
}

fn list<T>(json: &Value, item: impl Fn(&Value) -> T) -> Vec<T> {
    json.as_array()
        .unwrap_or_else(|| panic!("a list: {json}"))
        .iter()
        .map(item)
        .collect()
}

fn id(json: &Value) -> NodeId {
    NodeId(number(json).unwrap_or_else(|| panic!("a node: {json}")))
}

fn number(json: &Value) -> Option<u32> {
    json.as_u64()
        .map(|number| u32::try_from(number).expect("32 bits"))
}

fn octet(json: &Value) -> Option<u8> {
    json.as_u64()
        .map(|number| u8::try_from(number).expect("8 bits"))
}

fn truth(json: &Value) -> bool {
    json.as_bool()
        .unwrap_or_else(|| number(json).expect("a truth value") != 0)
}
