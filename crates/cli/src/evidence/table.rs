//! Tables of facts and of the verdicts that have to follow.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use ringwright::NodeId;

use super::cause::{Finding, Verdict};
use super::fact::{Fact, Facts, Mark, Vantage, What};
use super::judge::judge;
use crate::decode::Mac;

const ONE: NodeId = NodeId(1);
const TWO: NodeId = NodeId(2);
const THREE: NodeId = NodeId(3);

fn address(last: u8) -> IpAddr {
    Ipv4Addr::new(192, 168, 56, last).into()
}

fn mac(last: u8) -> Mac {
    Mac([2, 0, 0, 0, 0, last])
}

/// Node 1 outside the ring of the others, seen on the bridge, and what else was seen.
fn split(vantage: Vantage, more: &[What]) -> Vec<Verdict> {
    let members = vec![TWO, THREE];
    let outside = What::Outside { node: ONE, members };
    let spoken = [TWO, THREE].map(|node| What::Speaks { node });
    let seen = [outside]
        .into_iter()
        .chain(spoken)
        .chain(more.iter().cloned());
    let facts = Facts {
        source: "a test".into(),
        vantage,
        start: 0,
        seconds: 20.0,
        nodes: BTreeSet::from([ONE, TWO, THREE]),
        names: [(ONE, "master1".into())].into(),
        addresses: [(address(2), ONE), (address(3), TWO), (address(4), THREE)].into(),
        seen: seen
            .enumerate()
            .map(|(number, what)| Fact {
                at: Mark {
                    seconds: 1.0,
                    number: number as u64,
                },
                what,
            })
            .collect(),
    };
    judge(&facts)
}

/// `A+` supported, `A-` ruled out, `A?` silent.
fn told(verdicts: &[Verdict]) -> String {
    let sign = |finding| match finding {
        Finding::Supported => '+',
        Finding::RuledOut => '-',
        Finding::Silent => '?',
    };
    let told = verdicts
        .iter()
        .map(|v| format!("{:?}{}", v.cause, sign(v.finding)));
    told.collect::<Vec<_>>().join(" ")
}

/// Facts, and what has to follow from them.
#[expect(clippy::too_many_lines, reason = "a table")]
fn table() -> Vec<(&'static str, Vec<What>, &'static str)> {
    let speaks = || {
        vec![
            What::Speaks { node: ONE },
            What::SpeaksOutside { node: ONE },
        ]
    };
    let with = |mut facts: Vec<What>, more: Vec<What>| {
        facts.extend(more);
        facts
    };
    let refused = |last| What::Refused {
        host: address(2),
        port: 5405,
        last,
    };
    let silent = |back| What::Silent {
        node: ONE,
        seconds: 5.0,
        back,
    };
    let unheard = |by, who| What::HearsNot {
        by,
        who,
        datagrams: 50,
    };
    vec![
        ("nothing but the split", vec![], "A? B? C? D? E? F? G- H-"),
        (
            "the loopback network",
            vec![
                What::Speaks { node: ONE },
                What::Loopback {
                    address: Ipv4Addr::LOCALHOST.into(),
                },
            ],
            "A+ B? C? D- E? F? G- H-",
        ),
        (
            "nobody answers for an address that spoke",
            vec![
                What::Speaks { node: ONE },
                What::NoArpReply {
                    address: address(2),
                    questions: 3,
                },
            ],
            "A+ B? C? D- E? F? G- H-",
        ),
        (
            "back with an empty neighbour table",
            vec![
                What::Speaks { node: ONE },
                silent(true),
                What::AsksAnew { node: ONE },
            ],
            "A+ B? C? D- E? F? G- H-",
        ),
        (
            "two owners",
            with(
                speaks(),
                vec![
                    What::TwoOwners {
                        address: address(2),
                        macs: vec![mac(1), mac(2)],
                    },
                    unheard(ONE, TWO),
                ],
            ),
            "A- B+ C? D- E? F- G- H-",
        ),
        (
            "frames to the wrong machine",
            with(
                speaks(),
                vec![What::Misdirected {
                    address: address(2),
                    by: address(3),
                    mac: mac(9),
                    owner: mac(1),
                }],
            ),
            "A- B+ C? D- E? F- G- H-",
        ),
        (
            "deaf",
            with(
                speaks(),
                vec![
                    What::OneOwnerEach { addresses: 3 },
                    unheard(ONE, TWO),
                    What::Hears { by: TWO, who: ONE },
                ],
            ),
            "A- B- C+ D- E? F- G- H-",
        ),
        (
            "mute",
            with(speaks(), vec![unheard(TWO, ONE), unheard(THREE, ONE)]),
            "A- B? C+ D- E? F- G- H-",
        ),
        (
            "nobody listens, never spoke",
            vec![What::NeverSpeaks { node: ONE }, refused(true)],
            "A? B? C- D+ E? F? G- H-",
        ),
        (
            "nobody answers, never spoke",
            vec![
                What::NeverSpeaks { node: ONE },
                What::NoArpReply {
                    address: address(2),
                    questions: 9,
                },
            ],
            "A? B? C? D+ E? F? G- H-",
        ),
        (
            "listens in the end and never speaks",
            vec![What::NeverSpeaks { node: ONE }, refused(false)],
            "A? B? C? D? E+ F? G- H-",
        ),
        (
            "another port",
            with(
                speaks(),
                vec![
                    What::OtherPort {
                        host: address(2),
                        port: 5407,
                        usual: 5405,
                    },
                    unheard(ONE, TWO),
                ],
            ),
            "A- B? C? D- E+ F- G- H-",
        ),
        (
            "one is encrypted",
            vec![What::Sealed {
                host: address(2),
                datagrams: 40,
            }],
            "A? B? C? D? E+ F? G- H-",
        ),
        (
            "one is in no list",
            with(speaks(), vec![What::Unlisted { node: ONE }]),
            "A- B? C? D- E+ F- G- H-",
        ),
        (
            "files differ",
            vec![What::FilesDiffer { why: "so".into() }],
            "A? B? C? D? E+ F? G- H-",
        ),
        (
            "all files agree",
            vec![What::FilesAgree { files: 3 }],
            "A? B? C? D? E- F? G- H-",
        ),
        (
            "some files agree",
            vec![What::FilesAgree { files: 2 }],
            "A? B? C? D? E? F? G- H-",
        ),
        (
            "stands still",
            vec![
                What::Speaks { node: ONE },
                silent(true),
                What::Answers { node: ONE },
                What::SpeaksOutside { node: ONE },
            ],
            "A- B? C? D- E? F+ G- H-",
        ),
        (
            "is gone",
            vec![What::Speaks { node: ONE }, silent(false)],
            "A? B? C? D- E? F? G- H-",
        ),
        (
            "loses messages",
            vec![What::Retransmissions { requests: 7 }],
            "A? B? C? D? E? F? G? H-",
        ),
        (
            "one address for two",
            vec![What::SharedAddress {
                address: address(15),
                nodes: vec![ONE, TWO],
            }],
            "A? B? C? D? E? F? G- H+",
        ),
    ]
}

#[test]
fn every_row_of_the_table() {
    for (name, facts, expected) in table() {
        assert_eq!(told(&split(Vantage::Between, &facts)), expected, "{name}");
    }
}

#[test]
fn owners_seen_by_one_host_alone_rule_nothing_out() {
    let facts = [What::OneOwnerEach { addresses: 3 }];
    let found = split(Vantage::At(address(3)), &facts);
    assert_eq!(told(&found), "A? B? C? D? E? F? G- H-");
}

#[test]
fn a_journal_tells_what_only_the_node_knows() {
    for (what, expected) in [
        (What::AddressGone, "A+ B? C? D? E? F? G- H?"),
        (What::AddressAwaited, "A? B? C? D+ E? F? G- H?"),
        (What::StoodStill, "A? B? C? D? E? F+ G- H?"),
        (What::Rejected { datagrams: 9 }, "A? B? C? D? E+ F? G- H?"),
        (
            What::NotSent {
                why: "no route".into(),
            },
            "A+ B? C? D? E? F? G- H?",
        ),
    ] {
        let name = what.kind();
        let found = split(Vantage::Inside(TWO), &[what]);
        assert_eq!(told(&found), expected, "{name}");
    }
}

#[test]
fn every_reason_has_words_and_every_fact_its_place() {
    for (name, facts, _) in table() {
        for verdict in split(Vantage::Between, &facts) {
            assert!(!verdict.reasons.is_empty(), "{name}: {:?}", verdict.cause);
            assert!(verdict.reasons.iter().all(|reason| !reason.text.is_empty()));
            let placed = verdict.reasons.iter().any(|reason| reason.at.is_some());
            assert!(
                verdict.finding != Finding::Supported || placed,
                "{name}: {:?}",
                verdict.cause
            );
        }
    }
}
