//! The daemon's log: standard error, and the file that `logging` names.

use std::fs::OpenOptions;
use std::io::{IsTerminal, stderr};
use std::sync::Arc;

use jiff::Zoned;
use ringwright_config::{Debug, Logging, Timestamp};
use tracing::Subscriber;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt};

use super::status;
use crate::failure::Failure;

/// Starts logging as `logging` says. What goes to syslog under corosync is left to whoever keeps our standard error.
pub(super) fn start(logging: &Logging) -> Result<(), Failure> {
    let mut layers: Vec<Box<dyn Layer<Registry> + Send + Sync>> = Vec::new();
    if logging.to_stderr || !logging.to_logfile {
        let coloured = stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let level = level(&logging.syslog_priority, logging.debug);
        layers.push(layer(stderr, coloured, logging.timestamp, level));
    }
    if let (true, Some(path)) = (logging.to_logfile, &logging.logfile) {
        let file = OpenOptions::new().create(true).append(true).open(path);
        let file = file.map_err(|error| {
            Failure::with_status(status::CONFIG, format!("logging.logfile {path}: {error}"))
        })?;
        let level = level(&logging.logfile_priority, logging.debug);
        layers.push(layer(Arc::new(file), false, logging.timestamp, level));
    }
    tracing_subscriber::registry().with(layers).init();
    Ok(())
}

fn layer<S, W>(
    writer: W,
    coloured: bool,
    timestamp: Timestamp,
    level: LevelFilter,
) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let layer = fmt::layer()
        .with_writer(writer)
        .with_ansi(coloured)
        .with_target(false);
    // Of the libraries only what goes wrong.
    let ours = ["ringwright", "ringwright_driver", "ringwright_linux"];
    let filter = Targets::new()
        .with_default(LevelFilter::WARN.min(level))
        .with_targets(ours.map(|target| (target, level)));
    match timestamp {
        Timestamp::Off => layer.without_time().with_filter(filter).boxed(),
        Timestamp::On => layer
            .with_timer(Clock("%b %d %H:%M:%S"))
            .with_filter(filter)
            .boxed(),
        Timestamp::Hires => {
            let clock = Clock("%b %d %H:%M:%S%.3f");
            layer.with_timer(clock).with_filter(filter).boxed()
        }
    }
}

/// Syslog's priorities have no trace, and ours no notice.
fn level(priority: &str, debug: Debug) -> LevelFilter {
    match debug {
        Debug::Trace => return LevelFilter::TRACE,
        Debug::On => return LevelFilter::DEBUG,
        Debug::Off => {}
    }
    match priority {
        "debug" => LevelFilter::DEBUG,
        "warning" => LevelFilter::WARN,
        "err" | "crit" | "alert" | "emerg" => LevelFilter::ERROR,
        _ => LevelFilter::INFO,
    }
}

/// Local time in a strftime form.
struct Clock(&'static str);

impl FormatTime for Clock {
    fn format_time(&self, w: &mut Writer<'_>) -> std::fmt::Result {
        write!(w, "{}", Zoned::now().strftime(self.0))
    }
}
