//! `ringwright bench`: what is measured, on all cores, and how it is shown.

pub(crate) mod changes;
pub(crate) mod convergence;
mod hosts;
pub(crate) mod lab;
mod parallel;
mod processor;
mod sample;
mod table;
pub(crate) mod throughput;

use ringwright_sims::Vintage;

/// A vintage by its program's name.
fn program(vintage: Vintage) -> String {
    match vintage {
        Vintage::Ringwright => vintage.to_string(),
        _ => format!("corosync {vintage}"),
    }
}

/// Percent, such as `2.5`, as datagrams of a thousand.
pub(crate) fn permille(text: &str) -> Result<u32, String> {
    let percent: f64 = text
        .trim_end_matches('%')
        .parse()
        .map_err(|_| "not a number of percent")?;
    let permille = (0..=1000).find(|&permille| f64::from(permille) >= percent * 10.0);
    permille
        .filter(|_| percent >= 0.0)
        .ok_or_else(|| "not between 0 and 100".into())
}
