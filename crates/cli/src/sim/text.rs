//! A timeline told on a terminal.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use ringwright_sims::Timeline;
use ringwright_sims::timeline::View;

use crate::story::{self, Event, Kind};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const FAULT: Style = AnsiColor::Yellow.on_default().bold();
const BAD: Style = AnsiColor::BrightRed.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const PLAIN: Style = Style::new();

/// Of the column of names at least.
const NAME: usize = 8;

/// The story: time, node, what. Without `all`, steps of the ring protocol and messages of processes are left out.
pub(crate) fn story(out: &mut dyn Write, timeline: &Timeline, all: bool) -> io::Result<()> {
    let names = timeline.lanes.iter().map(|lane| lane.name.chars().count());
    let name_width = names.max().unwrap_or(0).max(NAME);
    writeln!(
        out,
        "{BOLD}{:>11}    {:<name_width$}  What{BOLD:#}",
        "Time", "Node"
    )?;
    let wanted = |event: &Event| all || !matches!(event.kind, Kind::Phase | Kind::Work);
    for event in story::events(timeline).into_iter().filter(wanted) {
        let (style, mark) = match event.kind {
            Kind::Fault => (FAULT, "⚑"),
            Kind::Alarm => (BAD, "⚠"),
            Kind::Trouble => (BAD, "✗"),
            Kind::Ring => (PLAIN, " "),
            Kind::Phase | Kind::Work => (DIM, " "),
        };
        let name = event.node.map_or("", |node| story::name(timeline, node));
        let (time, text) = (story::seconds(event.at), &event.text);
        writeln!(
            out,
            "{time:>11}  {style}{mark} {name:<name_width$}  {text}{style:#}"
        )?;
    }
    Ok(())
}

/// How every node stands at the end, as a table, and all in one line.
pub(crate) fn ends(out: &mut dyn Write, timeline: &Timeline) -> io::Result<()> {
    let ends = story::ends(timeline);
    let width = |of: &dyn Fn(&story::Ends) -> String, least: usize| {
        let widths = ends.iter().map(|end| of(end).chars().count());
        widths.max().unwrap_or(0).max(least)
    };
    let name = width(&|end| end.name.clone(), 4);
    let runs = width(&|end| end.software.clone(), 4);
    let view = width(&|end| end.view.to_string(), 14);
    let state = width(&|end| end.state.clone(), 6);
    let title = format!(
        "{:>4}  {:<name$}  {:<runs$}  {:<view$}  {:<state$}  {:<7}  Floating address",
        "Node", "Name", "Runs", "Its tools show", "Daemon", "Ring"
    );
    writeln!(out, "{BOLD}{title}{BOLD:#}")?;
    for end in &ends {
        let style = match end.view {
            View::Dead => BAD,
            View::Members(_, true) => GOOD,
            _ => PLAIN,
        };
        let shown = end.view.to_string();
        let floating = if end.floating { "holds it" } else { "" };
        let line = format!(
            "{:>4}  {:<name$}  {:<runs$}  {style}{shown:<view$}{style:#}  {:<state$}  {:<7}  {floating}",
            end.node, end.name, end.software, end.state, end.ring
        );
        writeln!(out, "{}", line.trim_end())?;
    }
    writeln!(out, "\nAt the end  {BOLD}{}{BOLD:#}", timeline.outcome())
}

/// What was lost, by cause.
pub(crate) fn lost(out: &mut dyn Write, timeline: &Timeline) -> io::Result<()> {
    let lost = story::lost(timeline);
    if lost.is_empty() {
        return writeln!(out, "No datagram was lost.");
    }
    let causes = lost
        .iter()
        .map(|lost| lost.cause.to_string().chars().count());
    let cause_width = causes.max().unwrap_or(0).max(5);
    writeln!(
        out,
        "{BOLD}{:>7}  {:<cause_width$}  On the way from{BOLD:#}",
        "Lost", "Cause"
    )?;
    for lost in lost {
        let cause = lost.cause.to_string();
        writeln!(
            out,
            "{:>7}  {cause:<cause_width$}  {}",
            lost.count, lost.ways
        )?;
    }
    Ok(())
}
