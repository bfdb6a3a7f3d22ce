//! Nodes over UDP on loopback addresses, with their journals in files.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use ringwright::Node;
use ringwright_driver::journal::{JOURNAL_SIZE_MIN, Journal, Outcome, What, parts, replay};
use ringwright_driver::{Driver, Ended, Handle, MemoryStore, NoExecutor};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::common::{Cluster, PATIENCE, group, in_ring_of, members, messages};

fn start(cluster: &Cluster, me: u8, journal: Option<Journal>) -> Handle {
    let (store, address) = (MemoryStore::default(), watch::channel(true).1);
    Driver::start_recorded(
        cluster.config(me),
        me.into(),
        cluster.udp(me),
        store,
        address,
        NoExecutor,
        journal,
    )
    .unwrap()
}

fn play(path: &Path) -> Outcome {
    replay(&parts(path).unwrap(), |_| {})
}

/// Everything that a node shows.
#[derive(Debug, PartialEq)]
struct State(Vec<String>);

impl State {
    fn of(node: &Node) -> Self {
        let maps = [node.cmap(), node.cmap_stats()];
        let keys = maps
            .iter()
            .flatten()
            .map(|(key, value)| format!("{key} {value}"));
        let ring = format!(
            "{} {:?} {}",
            node.ring_id(),
            node.engine().ring().members(),
            node.is_quorate()
        );
        Self(keys.chain([ring]).collect())
    }
}

#[tokio::test]
async fn a_recorded_node_is_played_to_the_same_state() {
    timeout(PATIENCE, async {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("node.journal");
        let cluster = Cluster::of_test(1);
        let one = start(&cluster, 1, Some(Journal::create(&path, 0).unwrap()));
        let [_two, three] = [2, 3].map(|me| start(&cluster, me, None));
        one.until(in_ring_of(&[1, 2, 3])).await.unwrap();
        let mut session = one.join(group()).await.unwrap();
        let mut far = three.join(group()).await.unwrap();
        members(&mut session, 2).await;
        for text in 0..200 {
            far.send(text.to_string()).await.unwrap();
            session.send(text.to_string()).await.unwrap();
        }
        messages(&mut session, 400).await;
        messages(&mut far, 400).await;
        drop(far);
        assert!(matches!(three.leave().await, Ended::Left));
        one.until(in_ring_of(&[1, 2])).await.unwrap();
        let shown = one.query(State::of).await.unwrap();
        drop(session);
        assert!(matches!(one.leave().await, Ended::Left));

        let mut seen = false;
        let outcome = replay(&parts(&path).unwrap(), |moment| {
            if let (What::Input(_), Some(node)) = (moment.what, moment.node) {
                seen |= State::of(node) == shown;
            }
        });
        assert!(seen, "no replayed state is {shown:?}");
        assert!(
            outcome.is_exact(),
            "{:?} {:?}",
            outcome.differences,
            outcome.damaged
        );
        assert!(
            outcome.agreed >= 4 && outcome.torn.is_empty(),
            "{outcome:?}"
        );
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_journal_keeps_its_newest_parts_and_each_is_played_alone() {
    timeout(PATIENCE, async {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("j");
        let cluster = Cluster::of_test(2);
        let one = start(
            &cluster,
            1,
            Some(Journal::create(&path, JOURNAL_SIZE_MIN).unwrap()),
        );
        let _two = start(&cluster, 2, None);
        one.until(in_ring_of(&[1, 2])).await.unwrap();
        let mut session = one.join(group()).await.unwrap();
        members(&mut session, 1).await;
        for text in 0..70 {
            for _ in 0..10 {
                session.send(vec![b'0' + text % 10; 20_000]).await.unwrap();
            }
            messages(&mut session, 10).await;
        }
        drop(session);
        one.leave().await;

        let files = parts(&path).unwrap();
        let total: u64 = files
            .iter()
            .map(|file| fs::metadata(file).unwrap().len())
            .sum();
        assert!(total <= JOURNAL_SIZE_MIN + (256 << 10), "{total} bytes");
        assert!(files.len() > 3, "{files:?}");
        assert!(!files.contains(&directory.path().join("j.1")), "{files:?}");
        let together = play(&path);
        assert!(
            together.is_exact(),
            "{:?} {:?}",
            together.differences,
            together.damaged
        );
        // Every snapshot but the first was compared too.
        assert!(together.agreed >= files.len() as u64, "{together:?}");
        for file in &files {
            let alone = play(file);
            assert!(
                alone.is_exact() && alone.inputs > 0,
                "{}: {alone:?}",
                file.display()
            );
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_next_life_leaves_the_last_one_its_part() {
    timeout(PATIENCE, async {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("j");
        let cluster = Cluster::of_test(3);
        for life in 1..=3 {
            let one = start(&cluster, 1, Some(Journal::create(&path, 0).unwrap()));
            one.until(in_ring_of(&[1])).await.unwrap();
            let second = Journal::create(&path, 0).unwrap_err().to_string();
            assert!(
                second.contains("another process writes this journal"),
                "{second}"
            );
            one.leave().await;
            let outcome = play(&path);
            assert!(outcome.is_exact(), "{outcome:?}");
            assert_eq!((outcome.lives, outcome.parts), (life, life));
        }
        let names: Vec<_> = parts(&path).unwrap();
        assert_eq!(
            names,
            ["j.1", "j.2", "j"].map(|name| directory.path().join(name))
        );
    })
    .await
    .unwrap();
}

#[test]
fn a_file_that_is_no_journal_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notes.txt");
    fs::write(&path, "mine\n").unwrap();
    let error = Journal::create(&path, 0).unwrap_err().to_string();
    assert!(
        error.contains("notes.txt: there is a file that is not a journal"),
        "{error}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine\n");
    let nowhere = Journal::create(directory.path().join("no/such/j"), 0).unwrap_err();
    assert!(nowhere.to_string().contains("no/such/j: "), "{nowhere}");
}

#[tokio::test]
async fn a_disk_that_fails_ends_the_journal_and_not_the_node() {
    timeout(PATIENCE, async {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("j");
        let journal = Journal::create(&path, 0).unwrap();
        let cluster = Cluster::of_test(4);
        // The directory goes away under it, at once whatever the writer does: the next part cannot be begun.
        let elsewhere = tempfile::tempdir().unwrap();
        fs::rename(directory.path(), elsewhere.path().join("gone")).unwrap();
        let one = start(&cluster, 1, Some(journal));
        let _two = start(&cluster, 2, None);
        one.until(in_ring_of(&[1, 2])).await.unwrap();
        let mut session = one.join(group()).await.unwrap();
        for _ in 0..400 {
            session.send(vec![1; 50_000]).await.unwrap();
        }
        messages_counted(&mut session, 400).await;
        assert!(matches!(one.leave().await, Ended::Left));
    })
    .await
    .unwrap();
}

async fn messages_counted(session: &mut ringwright_driver::GroupSession, count: usize) {
    let mut seen = 0;
    while seen < count {
        if let ringwright::group::Event::Message { .. } = session.recv().await.unwrap() {
            seen += 1;
        }
    }
}
