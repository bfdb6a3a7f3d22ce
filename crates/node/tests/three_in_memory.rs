//! The example does what it says.

use std::process::Command;

#[test]
fn the_example_prints_the_same_messages_in_the_same_order_for_each_node() {
    // Cargo has built the examples before it runs this test.
    let this = std::env::current_exe().unwrap();
    let example = this
        .ancestors()
        .nth(2)
        .unwrap()
        .join("examples/three_in_memory");
    let output = Command::new(example).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let seen: Vec<_> = text
        .lines()
        .map(|line| line.split_once(": ").unwrap().1)
        .collect();
    assert_eq!(seen.len(), 3, "{text}");
    assert_eq!(seen[0].split(", ").count(), 9, "{text}");
    assert!(seen.iter().all(|line| *line == seen[0]), "{text}");
}
