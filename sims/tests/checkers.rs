//! Checkers find what a broken node would do: real histories, then damaged.

use std::time::Duration;

use ringwright_sims::check::{self, Violation};
use ringwright_sims::script::Store;
use ringwright_sims::{Cluster, History, Settings, Step, What, World};

/// A run with messages of all nodes and a crash, without a fault of the protocol.
fn sound() -> (History, Settings) {
    let settings = Settings::new(3, 7);
    let mut c = Cluster::<Step>::not_started(settings.clone());
    c.start(1, Store::Lost).start(2, Store::Lost);
    c.until_ring_of(&[1, 2]);
    // The processes of 1 and 2 are in their group for as long as the ring of three lasts.
    c.pass(Duration::from_secs(1)).start(3, Store::Lost);
    c.until_one_ring();
    c.pass(Duration::from_secs(1));
    for node in [1, 2, 3, 1, 2, 3] {
        c.multicast(node, 200);
    }
    c.until_settled();
    c.pass(Duration::from_secs(1)).crash(3);
    c.until_ring_of(&[1, 2]);
    (c.world().history().clone(), settings)
}

/// The places of node 1's deliveries.
fn deliveries(history: &History) -> Vec<usize> {
    let records = history.records.iter().enumerate();
    records
        .filter(|(_, record)| {
            record.life.node.0 == 1 && matches!(record.what, What::Delivered { .. })
        })
        .map(|(place, _)| place)
        .collect()
}

fn verdict(damage: impl Fn(&mut History)) -> Result<(), Violation> {
    let (mut history, settings) = sound();
    damage(&mut history);
    check::safety(&history, &settings)
}

fn property(damage: impl Fn(&mut History)) -> &'static str {
    verdict(damage).expect_err("damage is found").property
}

#[test]
fn a_sound_history_passes() {
    assert_eq!(verdict(|_| {}), Ok(()));
}

#[test]
fn two_deliveries_swapped_at_one_node() {
    let swap = |history: &mut History| {
        let places = deliveries(history);
        let (one, other) = (places[1], places[2]);
        let what = history.records[one].what.clone();
        history.records[one].what = history.records[other].what.clone();
        history.records[other].what = what;
    };
    assert_eq!(property(swap), "agreed_order");
}

#[test]
fn a_delivery_left_out_at_one_node() {
    let leave_out = |history: &mut History| {
        let place = deliveries(history)[2];
        history.records.remove(place);
    };
    assert_eq!(property(leave_out), "virtual_synchrony");
}

#[test]
fn a_delivery_repeated_at_one_node() {
    let repeat = |history: &mut History| {
        let place = deliveries(history)[2];
        let again = history.records[place].clone();
        history.records.insert(place + 1, again);
    };
    assert_eq!(property(repeat), "at_most_once");
}

#[test]
fn a_delivery_put_off_to_the_next_ring() {
    let put_off = |history: &mut History| {
        let place = deliveries(history)[5];
        let late = history.records.remove(place);
        history.records.push(late);
    };
    assert!(verdict(put_off).is_err());
}
