//! Failures are noticed early, and what is no failure is not.
//!
//! Times are those of `token: 1000`, for which corosync gives a ring of three 1.65 s and one of sixteen 10.1 s.

use std::collections::BTreeMap;
use std::time::Duration;

use ringwright::NodeId;
use ringwright::ring::timing::{Detection, Timing, TimingKeys};
use ringwright::ring::{self, GatherReason};
use ringwright::{Event, ring::PhaseName};
use ringwright_sims::script::{Link, Store, Verb};
use ringwright_sims::{Cluster, Settings, Setup, Step, Vintage};

/// Of the three keys that a death by refusal needs: the idle token's rest twice, a JOIN, and some for forming the ring.
const KILLED: Duration = Duration::from_millis(350);
/// `token` as written, and what those who are silent get to answer.
const CUT_OFF: Duration = Duration::from_millis(1400);

fn timing(nodes: u32) -> Timing {
    let keys = TimingKeys {
        token: Some(1000),
        ..TimingKeys::default()
    };
    Timing::resolve(&keys, nodes as usize).expect("within corosync's limits")
}

fn settings(nodes: u32, seed: u64) -> Settings {
    Settings {
        timing: timing(nodes),
        ..Settings::new(nodes, seed)
    }
}

fn started(settings: Settings) -> Cluster {
    let nodes = settings.nodes;
    let mut c = Cluster::<Step>::not_started(settings);
    for node in 1..=nodes {
        c.start(node, Store::Lost);
    }
    c.until_one_ring();
    // Long enough for the token to rest.
    c.pass(Duration::from_secs(20));
    c
}

fn but(nodes: u32, one: u32) -> Vec<u32> {
    (1..=nodes).filter(|&node| node != one).collect()
}

fn gathered(reason: GatherReason) -> impl Fn(&Event) -> bool {
    move |event| *event == Event::Ring(ring::Event::Gather(reason))
}

#[test]
fn a_killed_process_is_missed_within_rotations_however_many_there_are() {
    for nodes in [3, 8, 16] {
        for dead in [1, 2, nodes] {
            let mut c = started(settings(nodes, 5));
            c.crash(dead);
            let took = c.until_ring_of(&but(nodes, dead));
            assert!(took < KILLED, "{dead} of {nodes}: {took:?}");
        }
    }
}

#[test]
fn a_node_that_is_cut_off_is_missed_after_the_token_as_written() {
    for nodes in [3, 8, 16] {
        for gone in [1, nodes] {
            let mut c = started(settings(nodes, 5));
            let others = but(nodes, gone);
            c.cut(&[gone], &others);
            let took = c.until_ring_of(&others);
            assert!(took < CUT_OFF, "{gone} of {nodes}: {took:?}");
            assert!(took > Duration::from_secs(1), "{gone} of {nodes}: {took:?}");
            c.until_ring_of(&[gone]);
            c.heal();
            let took = c.until_one_ring();
            assert!(took < Duration::from_millis(500), "healed in {took:?}");
        }
    }
}

#[test]
fn without_detection_a_killed_process_is_missed_as_late_as_by_corosync() {
    let mut settings = settings(3, 5);
    settings.timing = settings.timing.without_detection();
    let (token, consensus) = (settings.timing.token, settings.timing.consensus);
    let mut c = started(settings);
    c.crash(2);
    assert!(c.until_ring_of(&[1, 3]) > (token + consensus).saturating_sub(token / 4));
}

#[test]
fn each_key_alone_can_be_switched_off() {
    let of = |detection: Detection| {
        let mut settings = settings(3, 5);
        settings.timing.detection = detection;
        started(settings)
    };
    let on = timing(3).detection;
    let mut c = of(Detection {
        refused: false,
        ..on.clone()
    });
    assert!(c.crash(2).until_ring_of(&[1, 3]) > Duration::from_secs(1));
    let mut c = of(Detection {
        silence: Duration::ZERO,
        ..on.clone()
    });
    let token = timing(3).token;
    assert!(c.cut(&[2], &[1, 3]).until_ring_of(&[1, 3]) > token);
    let mut c = of(Detection {
        patience: Duration::ZERO,
        ..on.clone()
    });
    let consensus = timing(3).consensus;
    assert!(c.cut(&[2], &[1, 3]).until_ring_of(&[1, 3]) > consensus);
    let mut c = of(Detection {
        unplugged: false,
        ..on
    });
    c.apply(&Verb::Down(NodeId(2)))
        .pass(Duration::from_millis(700));
    assert!(!c.told(2, gathered(GatherReason::Unplugged)));
}

#[test]
fn a_node_that_loses_its_address_is_alone_at_once() {
    let mut c = started(settings(8, 3));
    c.apply(&Verb::Down(NodeId(3)));
    let took = c.until_ring_of(&[3]);
    assert!(took < Duration::from_millis(700), "{took:?}");
    assert!(!c.is_quorate(3));
    c.apply(&Verb::Up(NodeId(3)));
    c.until_settled();
}

/// Rings that a node installed while something went on for ten minutes.
fn changes(c: &mut Cluster, mut goes_on: impl FnMut(&mut Cluster)) -> usize {
    let before = c.rings(1).len();
    let end = c.now() + Duration::from_mins(10);
    while c.now() < end {
        goes_on(c);
    }
    c.heal();
    c.until_settled();
    c.rings(1).len() - before
}

/// Changes in ten minutes in which one datagram of ten is lost.
fn changes_under_loss(seed: u64, detection: &Detection) -> usize {
    let mut settings = settings(3, seed);
    settings.timing.detection = detection.clone();
    let mut c = started(settings);
    let loss = 100;
    let link = Link {
        loss,
        ..Link::default()
    };
    c.link(&[1, 2, 3], &[1, 2, 3], link);
    changes(&mut c, |c| {
        c.pass(Duration::from_secs(10));
    })
}

#[test]
fn one_datagram_in_ten_lost_changes_no_ring_in_ten_minutes() {
    let detection = timing(3).detection;
    for seed in 0..5 {
        assert_eq!(changes_under_loss(seed, &detection), 0, "seed {seed}");
    }
    // It is the pulse that makes up for the losses.
    let slow = Detection {
        pulse: Duration::ZERO,
        ..detection
    };
    assert!((0..5).any(|seed| changes_under_loss(seed, &slow) > 0));
}

/// Changes in ten minutes in which one process or another stands still for half a token now and then.
fn changes_under_pauses(seed: u64, detection: &Detection) -> usize {
    let mut settings = settings(3, seed);
    settings.timing.detection = detection.clone();
    let half = settings.timing.token / 2;
    let (mut c, mut turn) = (started(settings), 0_u64);
    changes(&mut c, |c| {
        turn += 1;
        let node = u32::try_from((turn * 7 + seed) % 3).expect("small") + 1;
        c.pause(node, half);
        c.pass(Duration::from_millis(997 + turn * 61 % 4000));
    })
}

#[test]
fn pauses_of_half_a_token_change_no_ring_in_ten_minutes() {
    let detection = timing(3).detection;
    for seed in 0..5 {
        assert_eq!(changes_under_pauses(seed, &detection), 0, "seed {seed}");
    }
    // Who wants less silence than that gets what it asks for.
    let silence = Duration::from_millis(500);
    let rash = Detection {
        silence,
        ..detection
    };
    assert!((0..5).any(|seed| changes_under_pauses(seed, &rash) > 0));
}

#[test]
fn a_false_alarm_makes_a_node_more_patient() {
    let silence = Duration::from_millis(500);
    let mut settings = settings(8, 5);
    settings.timing.detection.silence = silence;
    let mut c = started(settings);
    let rings = c.rings(1).len();
    let pause = Duration::from_millis(700);
    c.pause(2, pause).until_one_ring();
    let alarmed = c.rings(1).len();
    assert!(alarmed > rings, "no alarm");
    for node in [3, 4, 5] {
        c.pass(Duration::from_secs(5))
            .pause(node, pause)
            .until_one_ring();
    }
    assert_eq!(c.rings(1).len(), alarmed);
}

#[test]
fn a_filter_that_refuses_in_the_name_of_a_node_that_runs_makes_nobody_spin() {
    let mut c = started(settings(3, 3));
    let filter = Link {
        refused: true,
        ..Link::default()
    };
    c.link(&[1], &[2], filter);
    c.pass(Duration::from_mins(1));
    let gathered = |c: &Cluster, node| c.node(node).engine().ring().stats().gather_entered;
    let times = [1, 2, 3].map(|node| gathered(&c, node));
    // As often as when the way is cut without a word.
    let mut silent = started(settings(3, 3));
    silent.cut_one_way(&[1], &[2]).pass(Duration::from_mins(1));
    let bound = [1, 2, 3].map(|node| gathered(&silent, node));
    assert!(
        times.iter().sum::<u64>() <= bound.iter().sum::<u64>() * 2,
        "{times:?} refused, {bound:?} cut"
    );
    c.heal();
    c.until_settled();
}

#[test]
fn a_refusal_of_what_was_sent_before_a_node_started_does_not_exclude_it() {
    for late in [1, 5, 20, 60] {
        let mut c = Cluster::<Step>::not_started(settings(3, 9));
        c.start(1, Store::Lost).start(2, Store::Lost);
        c.pass(Duration::from_millis(late)).start(3, Store::Lost);
        c.until_one_ring();
        let refused = gathered(GatherReason::Refused(NodeId(3)));
        assert!(!c.told(1, &refused) && !c.told(2, &refused), "{late} ms");
    }
}

const MIXED: &str = "totem {\n version: 2\n transport: udpu\n token: 1000\n}\n\
    quorum {\n provider: corosync_votequorum\n}\nnodelist {\n\
    node {\n ring0_addr: 10.0.0.1\n nodeid: 1\n}\n\
    node {\n ring0_addr: 10.0.0.2\n nodeid: 2\n}\n\
    node {\n ring0_addr: 10.0.0.3\n nodeid: 3\n}\n\
    node {\n ring0_addr: 10.0.0.4\n nodeid: 4\n}\n}\n";

/// corosync on one node: it follows what the others have found out.
#[test]
fn a_corosync_among_them_follows() {
    for corosync in 1..=4 {
        for dead in but(4, corosync) {
            let mut setup = Setup::from_conf(MIXED, Vintage::Ringwright, &BTreeMap::new())
                .expect("it describes machines");
            setup.machine(NodeId(corosync)).vintage = Vintage::Corosync3_1_7;
            let mut c = started(Settings::of(setup, 11));
            let gathered = |c: &Cluster| c.node(corosync).engine().ring().stats().gather_entered;
            let before = gathered(&c);
            c.crash(dead);
            let took = c.until_ring_of(&but(4, dead));
            // Who sends to it learns of the refusal; if that is the corosync, the others notice the silence.
            let most = if dead == corosync % 4 + 1 {
                CUT_OFF + timing(4).hold
            } else {
                KILLED * 2
            };
            assert!(took < most, "corosync {corosync}, dead {dead}: {took:?}");
            assert!(gathered(&c) - before < 8);
            c.start(dead, Store::Kept);
            c.until_one_ring();
            c.cut(&[dead], &but(4, dead));
            let took = c.until_ring_of(&but(4, dead));
            assert!(
                took < CUT_OFF + timing(4).hold,
                "corosync {corosync}, cut off {dead}: {took:?}"
            );
        }
    }
}

#[test]
fn a_member_that_dies_while_a_ring_is_formed_is_not_waited_for() {
    for phase in [PhaseName::Commit, PhaseName::Recovery] {
        for dead in [1, 2, 3] {
            let mut c = started(settings(4, 13));
            let node = NodeId(dead);
            let then = Box::new(Verb::Crash(node));
            c.apply(&Verb::When { node, phase, then });
            c.crash(4);
            let took = c.until_ring_of(&but(3, dead));
            assert!(took < KILLED * 2, "{dead} in {phase}: {took:?}");
        }
    }
}
