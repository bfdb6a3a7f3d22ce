//! `ringwright bench lab`: rings of real daemons, ours and corosync's in turn, on hosts that are made for it.

mod round;
mod show;
mod wire;

use std::path::PathBuf;
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use nix::unistd::geteuid;
use ringwright_sims::Rng;
use ringwright_sims::convergence::Fault;
use serde::Serialize;

use super::hosts::{self, Hosts, Program, Timers};
use crate::command::Outcome;
use crate::failure::Failure;
use crate::{chart, html};
use round::Round;
use wire::Wire;

/// What is measured, in the order in which it is done.
const FAULTS: [Fault; 6] = [
    Fault::Boot,
    Fault::Leave,
    Fault::Join,
    Fault::Kill,
    Fault::Cut,
    Fault::Heal,
];

/// What to measure.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) nodes: Vec<u32>,
    /// ms.
    pub(crate) token: u32,
    /// ms.
    pub(crate) token_coefficient: u32,
    /// Of each program, with each number of nodes.
    pub(crate) repeats: u32,
    pub(crate) seed: u64,
    pub(crate) json: Option<PathBuf>,
    pub(crate) svg: Option<PathBuf>,
}

/// One fault, as it is written.
#[derive(Debug, Serialize)]
struct Run {
    program: Program,
    nodes: u32,
    fault: Fault,
    repeat: u32,
    /// Until the new ring, s; absent if it did not come.
    seconds: Option<f64>,
}

/// Measures and shows.
pub(crate) fn run(request: &Request) -> Outcome {
    html::try_open(request.json.iter().chain(&request.svg))?;
    if !geteuid().is_root() {
        return Err(Failure::new("network namespaces are made by root only"));
    }
    let programs = programs();
    let mut runs = Vec::new();
    let bar = bar(request, programs.len());
    let stop = hosts::stop_on_interrupt();
    let mut rng = Rng::new(request.seed);
    for &nodes in &request.nodes {
        let timers = Timers {
            token: request.token,
            token_coefficient: request.token_coefficient,
        };
        let mut hosts = Hosts::new(nodes, timers)?;
        let mut wire = Wire::listen(&hosts.hub())?;
        for repeat in 0..request.repeats {
            // Both do the same: the same nodes, after the same waits.
            let seed = rng.bits();
            for &program in &programs {
                bar.set_message(format!("{program}, {nodes} nodes"));
                let rng = Rng::new(seed);
                let round = Round::new(&mut hosts, &mut wire, program, timers, rng, stop)?;
                round.run(&mut |fault, took| {
                    bar.inc(1);
                    runs.push(Run {
                        program,
                        nodes,
                        fault,
                        repeat,
                        seconds: took.map(|took| took.as_secs_f64()),
                    });
                })?;
            }
        }
    }
    bar.finish_and_clear();
    show::print(request, &programs, &runs)?;
    if let Some(path) = &request.json {
        let text = serde_json::to_string_pretty(&runs).map_err(Failure::new)?;
        html::write(path, &text)?;
    }
    if let Some(path) = &request.svg {
        html::write(path, &chart::svg(&show::picture(request, &programs, &runs)))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Ours, and corosync if it is installed.
fn programs() -> Vec<Program> {
    let mut programs = vec![Program::Ringwright];
    if hosts::is_installed("corosync") {
        programs.push(Program::Corosync);
    } else {
        anstream::eprintln!("ringwright: corosync is not installed: only ringwright is measured");
    }
    programs
}

fn bar(request: &Request, programs: usize) -> ProgressBar {
    let rounds = request.nodes.len() * programs * request.repeats as usize;
    // Somebody joins after a leave and after a kill.
    let bar = ProgressBar::new((rounds * (FAULTS.len() + 1)) as u64);
    let style =
        ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} faults  {eta} left  {msg}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
