//! Writes a large cluster: `cluster NODES RESOURCES cold|running|lost`.

use ringwright_benches::cluster::{State, cluster};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [nodes, resources, state] = &args[..] else {
        eprintln!("usage: cluster NODES RESOURCES cold|running|lost");
        std::process::exit(2);
    };
    let number = |text: &String| text.parse().expect("a number");
    let state = match &**state {
        "cold" => State::Cold,
        "running" => State::Running,
        "lost" => State::Lost,
        other => panic!("expected cold, running or lost, not {other}"),
    };
    println!(
        "{}",
        cluster(number(nodes), number(resources), state).to_xml()
    );
}
