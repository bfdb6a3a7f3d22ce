//! Placing resources of cluster information bases.

mod dot;
mod graph;
pub(crate) mod input;
mod json;
mod status;
mod text;
mod why;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use ringwright_placement::cib::EventError;
use ringwright_placement::{Cib, Options, Overview, Placement, Refused, overview, place};

use crate::failure::Failure;

/// A file cannot be used.
const UNUSABLE: u8 = 2;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const CAREFUL: Style = AnsiColor::Yellow.on_default();
const TITLE: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) form: Form,
    pub(crate) scores: bool,
    pub(crate) events: Vec<Event>,
    pub(crate) now: Option<i64>,
}

/// How it is shown.
#[derive(Debug)]
pub(crate) enum Form {
    Text,
    Quiet,
    Json(Option<PathBuf>),
    Dot,
    Why(String),
}

/// A change of the status before anything is decided.
#[derive(Debug)]
pub(crate) enum Event {
    NodeUp(String),
    NodeDown(String),
    NodeLost(String),
    Standby(String),
    Fail(String),
    Quorum(bool),
}

/// A cluster that was placed, before and after.
struct Placed<'a> {
    name: &'a str,
    cib: &'a Cib,
    placement: &'a Placement,
    after: &'a Cib,
    options: &'a Options,
}

/// Places each file and shows what comes out; the worst status counts.
pub(crate) fn run(request: &Request) -> Result<ExitCode, Failure> {
    let options = Options {
        now: request.now,
        clock: jiff::Timestamp::now().as_second(),
        scores: request.scores || matches!(request.form, Form::Why(_)),
        orders: false,
    };
    if let Form::Json(Some(folder)) = &request.form {
        let unusable = |error| unusable(&folder.display().to_string(), error);
        fs::create_dir_all(folder).map_err(unusable)?;
    }
    let paths = input::paths(&request.files)?;
    let mut worst = 0;
    for (index, path) in paths.iter().enumerate() {
        let titled =
            paths.len() > 1 && matches!(request.form, Form::Text | Form::Quiet | Form::Why(_));
        if titled {
            let gap = if index == 0 { "" } else { "\n" };
            let name = path.display();
            writeln!(anstream::stdout(), "{gap}{TITLE}{name}{TITLE:#}")?;
        }
        match one(request, &options, path, index + 1 == paths.len()) {
            Ok(()) => {}
            Err(failure) if failure.status() == 0 => return Err(failure),
            Err(failure) => {
                worst = worst.max(failure.status());
                failure.report();
            }
        }
    }
    Ok(ExitCode::from(worst))
}

/// Places a file; after the last one nothing is freed.
fn one(request: &Request, options: &Options, path: &Path, last: bool) -> Result<(), Failure> {
    let (name, mut cib) = input::cib(path)?;
    for event in &request.events {
        happen(&mut cib, event, options)
            .map_err(|error| Failure::new(format!("{name}: {error}")))?;
    }
    let refused =
        |refused: Refused| Failure::with_status(UNUSABLE, input::refusal(&name, &cib, &refused));
    let placement = place(&cib, options).map_err(refused)?;
    let mut out = io::BufWriter::new(anstream::stdout().lock());
    if matches!(request.form, Form::Quiet) {
        text::plan(&mut out, &placement)?;
    } else {
        let after = placement.graph.carry_out(&cib);
        let placed = Placed {
            name: &name,
            cib: &cib,
            placement: &placement,
            after: &after,
            options,
        };
        show(&mut out, request, path, &placed, &refused)?;
        if last {
            std::mem::forget(after);
        }
    }
    out.flush()?;
    if last {
        // The system takes it back at once; to free a large cluster text by text takes a tenth of the whole time.
        std::mem::forget((cib, placement));
    }
    Ok(())
}

fn show(
    out: &mut dyn Write,
    request: &Request,
    path: &Path,
    placed: &Placed<'_>,
    refused: &dyn Fn(Refused) -> Failure,
) -> Result<(), Failure> {
    let both = || -> Result<(Overview, Overview), Failure> {
        let before = overview(placed.cib, placed.options).map_err(refused)?;
        let after = overview(placed.after, placed.options).map_err(refused)?;
        Ok((before, after))
    };
    match &request.form {
        Form::Text => {
            let (before, after) = both()?;
            text::whole(out, placed, &before, &after, request.scores)?;
        }
        Form::Json(folder) => {
            let json = json::object(placed, request.scores).map_err(refused)?;
            match folder {
                None => writeln!(out, "{json}")?,
                Some(folder) => {
                    let file = folder.join(format!("{}.json", input::case(path)));
                    let written = fs::write(&file, format!("{json}\n"));
                    written.map_err(|error| unusable(&file.display().to_string(), error))?;
                }
            }
        }
        Form::Dot => dot::graph(out, &placed.placement.graph)?,
        Form::Why(resource) => {
            let before = overview(placed.cib, placed.options).map_err(refused)?;
            why::explain(out, placed, &before, resource)?;
        }
        Form::Quiet => {}
    }
    Ok(())
}

fn happen(cib: &mut Cib, event: &Event, options: &Options) -> Result<(), EventError> {
    match event {
        Event::NodeUp(node) => cib.node_up(node),
        Event::NodeDown(node) => cib.node_down(node),
        Event::NodeLost(node) => cib.node_lost(node),
        Event::Standby(node) => cib.standby(node),
        Event::Quorum(quorum) => {
            cib.set_quorum(*quorum);
            Ok(())
        }
        Event::Fail(what) => {
            let (resource, node) = match what.split_once('@') {
                Some((resource, node)) => (resource, Some(node)),
                None => (what.as_str(), None),
            };
            cib.fail(resource, node, options.time(cib))
        }
    }
}

/// A time on the command line, in seconds since 1970.
pub(crate) fn time(text: &str) -> Result<i64, String> {
    if let Ok(seconds) = text.parse() {
        return Ok(seconds);
    }
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Ok(time.as_second());
    }
    let date = text.parse::<jiff::civil::DateTime>();
    let utc = date
        .ok()
        .and_then(|date| date.to_zoned(jiff::tz::TimeZone::UTC).ok());
    utc.map(|zoned| zoned.timestamp().as_second())
        .ok_or_else(|| "expected seconds since 1970, or a time such as 2026-11-25T12:00:00Z".into())
}

fn unusable(name: &str, why: impl std::fmt::Display) -> Failure {
    Failure::with_status(UNUSABLE, format!("{name}: {why}"))
}
