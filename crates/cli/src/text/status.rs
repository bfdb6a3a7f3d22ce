//! Tables of our own.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};

use crate::control::report::{Member, Status};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();

/// `ringwright status`.
pub(crate) fn status(status: &Status) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &dyn std::fmt::Display| {
        let _ = writeln!(text, "{:<12}{value}", format!("{name}:"));
    };
    let Status { dropped, .. } = status;
    let (style, verdict) = if status.quorate {
        (GOOD, "yes")
    } else {
        (BAD, "no")
    };
    line(
        "Node",
        &format_args!("{} ({}, {})", status.node, status.name, status.address),
    );
    line("Config", &status.config);
    line(
        "Phase",
        &match status.phase.as_str() {
            "waiting" => "waiting for its address to be on this machine",
            phase => phase,
        },
    );
    line("Ring", &status.ring.as_deref().unwrap_or("none"));
    line("Quorate", &format_args!("{style}{verdict}{style:#}"));
    let synchronised = if status.synchronised { "yes" } else { "no" };
    line("Synced", &synchronised);
    line(
        "Dropped",
        &format_args!(
            "{} malformed, {} unlisted, {} implausible, {} rejected, {} too long, {} undeliverable; {} unsent",
            dropped.malformed,
            dropped.unlisted,
            dropped.implausible,
            dropped.rejected,
            dropped.too_long,
            dropped.undeliverable,
            dropped.unsent
        ),
    );
    for notice in &status.notices {
        line("Notice", notice);
    }
    text.push('\n');
    text + &members(&status.members)
}

/// `ringwright members`.
pub(crate) fn members(members: &[Member]) -> String {
    let mut text = format!(
        "{:>10} {:<8} {:>5} {:>8} {:<20} Name\n",
        "Nodeid", "Status", "Joins", "Config", "Address"
    );
    for member in members {
        let (style, state) = if member.joined {
            (GOOD, "joined")
        } else {
            (BAD, "left")
        };
        let version = member
            .config_version
            .map_or_else(|| "-".into(), |version| version.to_string());
        let local = if member.local { " (local)" } else { "" };
        let _ = writeln!(
            text,
            "{:>10} {style}{state:<8}{style:#} {:>5} {version:>8} {:<20} {}{local}",
            member.node, member.join_count, member.address, member.name
        );
    }
    text
}
