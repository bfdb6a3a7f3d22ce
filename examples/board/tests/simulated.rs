//! The board on simulated hosts: what an application tests of itself without a network, a thread or a second of waiting.

use std::collections::BTreeMap;
use std::time::Duration;

use ringwright_board::{Board, run};
use ringwright_driver::ringwright::NodeId;
use ringwright_sims::script::Store;
use ringwright_sims::{Cluster, Digest, Settings, Turmoil, World};
use tokio::sync::watch;

const NODES: u32 = 3;

/// A cluster with a board on each node, and what a test holds of each: what it writes with, and what it sees.
struct Boards {
    cluster: Cluster<Turmoil>,
    notices: BTreeMap<u32, watch::Sender<String>>,
    shown: BTreeMap<u32, watch::Receiver<Board>>,
}

impl Boards {
    fn started(seed: u64) -> Self {
        let (mut notices, mut shown, mut ends) =
            (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for node in 1..=NODES {
            let (write, notice) = watch::channel(format!("hello from {node}"));
            let (show, board) = watch::channel(Board::new());
            notices.insert(node, write);
            shown.insert(node, board);
            ends.insert(NodeId(node), (notice, show));
        }
        let settings = Settings::new(NODES, seed);
        let world = Turmoil::with_application(&settings, move |node, handle| {
            let (notice, show) = ends[&node].clone();
            // A board is in memory: it does not survive its process.
            show.send_replace(Board::new());
            run(handle, notice, show)
        });
        let mut cluster = Cluster::over(world, settings);
        for node in 1..=NODES {
            cluster.start(node, Store::Lost);
        }
        let mut boards = Self {
            cluster,
            notices,
            shown,
        };
        boards.until_all_show(&["hello from 1", "hello from 2", "hello from 3"]);
        boards
    }

    fn write(&self, node: u32, text: &str) {
        self.notices[&node].send_replace(text.to_owned());
    }

    fn shows(&self, node: u32) -> Vec<String> {
        self.shown[&node].borrow().values().cloned().collect()
    }

    /// Lets time pass until these nodes show this and nothing else; fails if that takes more than two minutes.
    fn until_show(&mut self, nodes: &[u32], texts: &[&str]) -> Duration {
        let shown = self.shown.clone();
        let all_show = |_: &Turmoil| {
            nodes
                .iter()
                .all(|node| shown[node].borrow().values().eq(texts))
        };
        self.cluster
            .until(&format!("{texts:?} on {nodes:?}"), all_show)
    }

    fn until_all_show(&mut self, texts: &[&str]) -> Duration {
        self.until_show(&[1, 2, 3], texts)
    }

    fn digest(&self) -> Digest {
        self.cluster.world().history().digest
    }
}

#[test]
fn a_new_notice_is_shown_everywhere() {
    let mut boards = Boards::started(1);
    boards.write(2, "lunch");
    boards.until_all_show(&["hello from 1", "lunch", "hello from 3"]);
}

#[test]
fn who_crashes_takes_its_notice_along_and_puts_it_up_again() {
    let mut boards = Boards::started(2);
    boards.cluster.crash(1);
    let gone = boards.until_show(&[2, 3], &["hello from 2", "hello from 3"]);
    // Its host refuses the next token; nobody waits for the token's time-out of 3.65 s.
    assert!(gone < Duration::from_secs(1), "{gone:?}");
    boards.cluster.start(1, Store::Kept);
    boards.until_all_show(&["hello from 1", "hello from 2", "hello from 3"]);
}

#[test]
fn two_sides_that_wrote_apart_show_the_same_once_they_meet() {
    for seed in 0..5 {
        let mut boards = Boards::started(seed);
        boards.cluster.cut(&[1], &[2, 3]);
        boards.until_show(&[1], &["hello from 1"]);
        boards.until_show(&[2, 3], &["hello from 2", "hello from 3"]);
        boards.write(1, "all alone");
        boards.write(3, "where is 1?");
        boards.until_show(&[1], &["all alone"]);
        boards.until_show(&[2, 3], &["hello from 2", "where is 1?"]);
        boards.cluster.heal();
        boards.until_all_show(&["all alone", "hello from 2", "where is 1?"]);
    }
}

#[test]
fn a_seed_tells_the_same_story_twice() {
    let story = || {
        let mut boards = Boards::started(7);
        boards.write(1, "once");
        boards
            .cluster
            .cut(&[2], &[1, 3])
            .pass(Duration::from_secs(10))
            .heal();
        boards.until_all_show(&["once", "hello from 2", "hello from 3"]);
        (boards.digest(), boards.shows(1), boards.cluster.now())
    };
    assert_eq!(story(), story());
}
