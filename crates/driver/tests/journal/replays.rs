//! A replay does what the recorded node did.

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use ringwright::{Input, Instant, Node, Output, manager};
use ringwright_driver::journal::{Continuation, Head, How, Outcome, Record, What, replay};
use tempfile::TempDir;

use crate::cluster::{Recorded, digest, head, recorded, written};

/// Plays parts; what came of it, and the outputs.
fn play(parts: &[Vec<u8>]) -> (Outcome, Vec<Output>, Vec<PathBuf>, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let files: Vec<_> = (0..parts.len())
        .map(|i| directory.path().join(format!("j.{i}")))
        .collect();
    for (file, part) in files.iter().zip(parts) {
        fs::write(file, part).unwrap();
    }
    let mut outputs = Vec::new();
    let outcome = replay(&files, |moment| {
        if let What::Output(output) = moment.what {
            outputs.push(output.clone());
        }
    });
    (outcome, outputs, files, directory)
}

fn cbor(node: &Node) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(node, &mut bytes).unwrap();
    bytes
}

/// A node after so many of its recorded inputs, with everything taken from it.
fn node_after(run: &Recorded, inputs: usize) -> Node {
    let start = &run.start;
    let mut node = Node::new(
        start.config.clone(),
        start.stable,
        start.seed,
        Instant::ZERO,
    )
    .unwrap();
    while node.poll_output().is_some() {}
    for (at, input) in &run.inputs[..inputs] {
        node.handle_input(*at, input.clone()).unwrap();
        while node.poll_output().is_some() {}
    }
    node
}

/// The journal cut into two parts after so many inputs, the second with a snapshot.
fn in_two(run: &Recorded, inputs: usize) -> [Vec<u8>; 2] {
    let records = run.records();
    let is_input = |(_, record): &&_| matches!(record, Record::Input(_));
    let mut left = inputs;
    let cut = records
        .iter()
        .position(|record| {
            let over = left == 0 && is_input(&record);
            left -= usize::from(is_input(&record) && left > 0);
            over
        })
        .unwrap_or(records.len());
    let at = inputs
        .checked_sub(1)
        .map_or(Instant::ZERO, |last| run.inputs[last].0);
    let second = Head {
        part: 2,
        at: at.as_nanos(),
        wall: head().wall_at(at),
        before: Continuation {
            inputs: inputs as u64,
            missed: 0,
            digest: run.digests[inputs].0,
        },
        ..head()
    };
    let mut rest = vec![(at, Record::Snapshot(cbor(&node_after(run, inputs))))];
    rest.extend_from_slice(&records[cut..]);
    [written(&head(), &records[..cut]), written(&second, &rest)]
}

#[test]
fn the_same_inputs_give_the_same_outputs() {
    let run = recorded(7, 3000, 0);
    let of_resources = |wanted: fn(&manager::Input) -> bool| {
        let inputs = run.inputs.iter().map(|(_, input)| input);
        inputs
            .filter(|input| matches!(input, Input::Resource(input) if wanted(input)))
            .count()
    };
    assert!(of_resources(|input| matches!(input, manager::Input::Done { .. })) > 3);
    assert!(of_resources(|input| matches!(input, manager::Input::Change { .. })) > 3);
    let (outcome, outputs, ..) = play(&[run.part()]);
    assert!(
        outcome.is_exact(),
        "{:?} {:?}",
        outcome.differences,
        outcome.damaged
    );
    assert!(outputs == run.outputs);
    assert_eq!(outcome.inputs, run.inputs.len() as u64);
    assert_eq!(outcome.agreed, run.inputs.len().div_ceil(10) as u64);
    assert_eq!(outcome.digest, *run.digests.last().unwrap());
}

#[test]
fn a_part_goes_on_from_its_snapshot_alone_or_behind_the_one_before() {
    let run = recorded(8, 2000, 40);
    for inputs in [1, 5, 100, run.inputs.len() - 1] {
        let parts = in_two(&run, inputs);
        let (outcome, outputs, ..) = play(&parts);
        assert!(outcome.is_exact(), "{inputs}: {:?}", outcome.differences);
        assert!(outputs == run.outputs, "{inputs}");
        assert_eq!(outcome.lives, 1);
        let (alone, outputs, ..) = play(&parts[1..]);
        assert!(alone.is_exact(), "{inputs}: {:?}", alone.differences);
        assert!(run.outputs.ends_with(&outputs), "{inputs}");
        assert_eq!(alone.digest, *run.digests.last().unwrap());
        assert_eq!(alone.inputs, (run.inputs.len() - inputs) as u64);
    }
}

#[test]
fn another_way_is_told_with_its_place_and_who_wrote_it() {
    let run = recorded(9, 1000, 0);
    let mut records = run.records();
    // The input behind the twentieth was another one: say, another version counted it so.
    let mut inputs = records.iter_mut().filter_map(|(_, record)| match record {
        Record::Input(input) => Some(input),
        _ => None,
    });
    *inputs.nth(20).unwrap() = Input::Datagram(b"something else".as_slice().into());
    let (outcome, _, files, _directory) = play(&[written(&head(), &records)]);
    let [difference] = &outcome.differences[..] else {
        panic!("{:?}", outcome.differences);
    };
    assert_eq!((difference.from.input, difference.to.input), (20, 30));
    assert!(matches!(difference.how, How::Digest { .. }));
    let told = difference.to_string();
    let place = format!("{}: after input 20 and by input 30", files[0].display());
    assert!(
        told.starts_with(&place) && told.contains(env!("CARGO_PKG_VERSION")),
        "{told}"
    );
}

#[test]
fn a_snapshot_that_is_not_the_replayed_state_is_told_and_goes_on() {
    let run = recorded(10, 1000, 0);
    let other = in_two(&recorded(11, 1000, 30), 50);
    let [first, _] = in_two(&run, 50);
    let (outcome, ..) = play(&[first, other[1].clone()]);
    assert!(
        matches!(outcome.differences[..], [ref d] if d.how == How::State),
        "{:?}",
        outcome.differences
    );
    assert!(outcome.damaged.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// A node taken from its snapshot cannot be told from the one that it was made of.
    #[test]
    fn a_snapshot_is_the_node(seed in any::<u64>(), loss in 0_usize..40, share in 0.0..1.0_f64) {
        let run = recorded(seed, 1200, loss);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss,
            reason = "any place within the run will do")]
        let inputs = (run.inputs.len() as f64 * share) as usize;
        let mut node = node_after(&run, inputs);
        let bytes = cbor(&node);
        let mut twin: Node = ciborium::from_reader(bytes.as_slice()).unwrap();
        prop_assert_eq!(cbor(&twin), bytes);
        let mut ours = run.digests[inputs];
        for (at, input) in &run.inputs[inputs..] {
            prop_assert_eq!(node.poll_timeout(), twin.poll_timeout());
            node.handle_input(*at, input.clone()).unwrap();
            twin.handle_input(*at, input.clone()).unwrap();
            while node.poll_output().is_some() {}
            let outputs: Vec<_> = std::iter::from_fn(|| twin.poll_output()).collect();
            ours = digest(ours, &outputs);
        }
        prop_assert_eq!(ours, *run.digests.last().unwrap());
        prop_assert_eq!(cbor(&twin), cbor(&node));
        prop_assert!(node.cmap() == twin.cmap() && node.cmap_stats() == twin.cmap_stats());
    }
}
