//! Runs a scenario by name and shows what the tools on each node would have shown: `scenario s03-cut 2.4.3 7`.

use ringwright_sims::scenario::{self, Engine, Options};
use ringwright_sims::timeline::Lane;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or("s03-cut".into());
    let vintage = arguments.next().unwrap_or("ringwright".into()).parse()?;
    let seed = arguments.next().unwrap_or("0".into()).parse()?;
    let engine: Engine = arguments.next().unwrap_or("step".into()).parse()?;
    let scenario = scenario::find(&name).ok_or("no such scenario")?;
    let case = scenario.case(seed, &Options::of(vintage));
    let run = case.run_on(engine)?;
    println!("{}: {}\n", scenario.name, scenario.sentence);
    for fault in &run.timeline.faults {
        println!("{:>11}  {}", seconds(fault.at), fault.verb);
    }
    for lane in &run.timeline.lanes {
        show(lane);
    }
    println!("\nat the end: {}", run.outcome);
    for unmet in &run.unmet {
        println!("not as expected: {unmet}");
    }
    Ok(())
}

fn show(lane: &Lane) {
    println!("\n{} ({})", lane.name, lane.vintage);
    for span in &lane.spans {
        let floating = if span.floating {
            "  holds the floating address"
        } else {
            ""
        };
        let verdict = if span.quorate { 'Q' } else { '-' };
        println!(
            "{:>11}  {:<14} {:?}{verdict} {}{floating}",
            seconds(span.from),
            format!("{:?}", span.state),
            span.members,
            span.ring
        );
    }
}

fn seconds(micros: u64) -> String {
    format!("{}.{:03} s", micros / 1_000_000, micros / 1000 % 1000)
}
