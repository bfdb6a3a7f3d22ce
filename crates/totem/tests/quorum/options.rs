//! Which options go together: every combination starts, yields or is refused as corosync 3.1.7 was seen to do.

use ringwright_totem::quorum::{
    DEVICE, DeviceOptions, Notice, Options, Refusal, Votequorum, info_flag,
};

use crate::{n, up_together, votes};

/// Options, and what node 1 shows alone in its first ring: expected votes, quorum, device votes, flags as
/// `corosync-quorumtool` names them, and the rules that made an option yield. Or the rule that refuses the start.
const TABLE: &str = "
                                                       | refused by rule 1
expected_votes 3                                       | 3 2 0 []
expected_votes 3, votes 2                              | 3 2 0 [] Quorate
nodes 1 1, two_node 1, device 1                        | refused by rule 2
nodes 1 1, two_node 1, auto_tie_breaker 1              | 2 2 0 [5] WaitForAll AutoTieBreaker
nodes 1 1 1, two_node 1, auto_tie_breaker 1            | 3 2 0 [5] WaitForAll AutoTieBreaker
nodes 1 1 1, auto_tie_breaker 1                        | 3 2 0 [6]
nodes 1 1 1, auto_tie_breaker 1, wait_for_all 1        | 3 2 0 [] WaitForAll AutoTieBreaker
nodes 1 1 1, auto_tie_breaker 1, last_man_standing 1   | refused by rule 6
nodes 1 1 1, auto_tie_breaker 1, last_man_standing 1, wait_for_all 1 | 3 2 0 [] WaitForAll LastManStanding AutoTieBreaker
nodes 1 1, auto_tie_breaker 1, last_man_standing 1     | 2 2 0 [] LastManStanding AutoTieBreaker
nodes 1 1, auto_tie_breaker_node lowest                | 2 2 0 [3]
nodes 1 1, auto_tie_breaker 1, auto_tie_breaker_node Lowest | 2 2 0 [3]
nodes 1 1, auto_tie_breaker 1, auto_tie_breaker_node 2 | 2 2 0 [] AutoTieBreaker
nodes 1 1, device auto, last_man_standing 1            | refused by rule 7
nodes 1 1, device auto, auto_tie_breaker 1             | refused by rule 8
nodes 1 1, device auto, allow_downscale 1              | refused by rule 9
nodes 1 1, device auto, expected_votes 3               | refused by rule 10
nodes 1 2, device auto                                 | refused by rule 11
nodes 1 1, device 2, expected_votes 3                  | refused by rule 12
nodes 1 1, device 4294967295, expected_votes 3         | refused by rule 10
nodes 1 1 1, device auto                               | 5 3 2 []
nodes 1 1, device auto                                 | 3 2 1 []
nodes 1 1 1, device 1                                  | 3 2 1 []
nodes 1, two_node 1                                    | 1 1 0 [] 2Node Quorate WaitForAll
nodes 1 1 1, two_node 1                                | 3 1 0 [] 2Node WaitForAll
nodes 1 1 1, two_node 1, wait_for_all 0                | 3 1 0 [] 2Node Quorate
nodes 0 0                                              | 0 1 0 []
nodes 1 1 1, expected_votes 5, expected_votes_tracking 1 | 3 2 0 [14]
nodes 1 1 1, allow_downscale 1                         | 3 2 0 [] AllowDownscale
";

#[test]
fn every_combination_starts_yields_or_is_refused_as_in_corosync() {
    for line in TABLE.lines().skip(1) {
        let (written, expected) = line.split_once('|').expect("options | outcome");
        assert_eq!(start(&options(written)), expected.trim(), "{written}");
    }
}

#[test]
fn the_first_contradiction_is_told_with_its_keys() {
    let options = options("nodes 1 1, two_node 1, last_man_standing 1, device auto");
    let refusal = Votequorum::new(n(1), &options, None).unwrap_err();
    assert_eq!(refusal, Refusal::TwoNodeWithDevice);
    assert_eq!(refusal.keys(), ["quorum.two_node", "quorum.device.model"]);
}

#[test]
fn too_many_votes_are_told_of_before_their_threshold_wraps() {
    let notices = |list: &[u32]| Votequorum::new(n(1), &votes(list), None).unwrap().1;
    assert_eq!(notices(&[255, 254]), []);
    let wraps = Notice::ThresholdWraps {
        expected: 510,
        threshold: 0,
    };
    assert_eq!(notices(&[255, 255]), [wraps]);
}

fn options(written: &str) -> Options {
    let mut options = votes(&[]);
    let pairs = written
        .split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty());
    for (key, value) in pairs.map(|pair| pair.split_once(' ').expect("key value")) {
        let number = || value.parse::<u32>().unwrap();
        let switch = || value.parse::<u8>().unwrap();
        match key {
            "nodes" => {
                let list = value
                    .split(' ')
                    .map(|votes| votes.parse().unwrap())
                    .collect::<Vec<_>>();
                options.nodes = votes(&list).nodes;
            }
            "expected_votes" => options.expected_votes = number(),
            "votes" => options.votes = Some(number()),
            "two_node" => options.two_node = switch(),
            "wait_for_all" => options.wait_for_all = Some(switch()),
            "auto_tie_breaker" => options.auto_tie_breaker = switch(),
            "auto_tie_breaker_node" => options.auto_tie_breaker_node = Some(value.into()),
            "last_man_standing" => options.last_man_standing = switch(),
            "allow_downscale" => options.allow_downscale = switch(),
            "expected_votes_tracking" => options.expected_votes_tracking = switch(),
            "device" => {
                let votes = (value != "auto").then(number);
                options.device = Some(DeviceOptions {
                    votes,
                    ..DeviceOptions::default()
                });
            }
            other => panic!("unknown option {other}"),
        }
    }
    options
}

fn start(options: &Options) -> String {
    let notices = match Votequorum::new(n(1), options, None) {
        Ok((_, notices)) => notices,
        Err(refusal) => return format!("refused by rule {}", refusal.rule()),
    };
    let cluster = up_together(options.clone(), 1);
    let info = cluster.service(n(1)).unwrap().info(DEVICE).unwrap();
    let rules = notices.iter().filter_map(Notice::rule).collect::<Vec<_>>();
    let (expected, quorum, device) = (info.expected, info.quorum, info.device_votes);
    format!(
        "{expected} {quorum} {device} {rules:?}{}",
        flags(info.flags)
    )
}

/// Flags as `corosync-quorumtool` names them.
fn flags(bits: u32) -> String {
    [
        (info_flag::TWO_NODE, " 2Node"),
        (info_flag::QUORATE, " Quorate"),
        (info_flag::WAIT_FOR_ALL, " WaitForAll"),
        (info_flag::LAST_MAN_STANDING, " LastManStanding"),
        (info_flag::AUTO_TIE_BREAKER, " AutoTieBreaker"),
        (info_flag::ALLOW_DOWNSCALE, " AllowDownscale"),
    ]
    .iter()
    .filter(|(bit, _)| bits & bit != 0)
    .map(|(_, name)| *name)
    .collect()
}
