//! The section `logging`.

use std::collections::BTreeMap;

use crate::Cmap;

/// How much is logged: `debug`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Debug {
    /// Only what the priorities say.
    #[default]
    Off,
    /// Debug messages too.
    On,
    /// Everything.
    Trace,
}

/// What stands before each message: `timestamp`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Timestamp {
    /// Nothing.
    Off,
    /// Date and time to the second.
    On,
    /// To the millisecond.
    #[default]
    Hires,
}

/// The section `logging`. Source: corosync.conf(5).
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the section"
)]
pub struct Logging {
    /// `to_stderr`, default yes.
    pub to_stderr: bool,
    /// `to_syslog`, default yes.
    pub to_syslog: bool,
    /// `to_logfile`, default no.
    pub to_logfile: bool,
    /// `logfile`.
    pub logfile: Option<String>,
    /// `debug`, default off.
    pub debug: Debug,
    /// `timestamp`, default hires.
    pub timestamp: Timestamp,
    /// `fileline`, default off.
    pub fileline: bool,
    /// `function_name`, default off.
    pub function_name: bool,
    /// `syslog_facility`, default `daemon`.
    pub syslog_facility: String,
    /// `syslog_priority`, lower case, default `info`.
    pub syslog_priority: String,
    /// `logfile_priority`, lower case, default `info`.
    pub logfile_priority: String,
    /// `logger_subsys` by `subsys`, such as `QUORUM`.
    pub subsystems: BTreeMap<String, Subsystem>,
}

/// What a `logger_subsys` changes for one subsystem; `None` is as for the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subsystem {
    /// `debug`.
    pub debug: Option<Debug>,
    /// `syslog_priority`, lower case.
    pub syslog_priority: Option<String>,
    /// `logfile_priority`, lower case.
    pub logfile_priority: Option<String>,
}

impl Logging {
    pub(crate) fn read(cmap: &Cmap) -> Self {
        let text = |key: &str| cmap.text(&format!("logging.{key}"));
        let switch = |key: &str, default: bool| match text(key) {
            Some("yes" | "on") => true,
            Some("no" | "off") => false,
            _ => default,
        };
        let lower = |key: &str, default: &str| text(key).unwrap_or(default).to_ascii_lowercase();
        Self {
            to_stderr: switch("to_stderr", true),
            to_syslog: switch("to_syslog", true),
            to_logfile: switch("to_logfile", false),
            logfile: text("logfile").map(Into::into),
            debug: text("debug").and_then(debug).unwrap_or_default(),
            timestamp: match text("timestamp") {
                Some("off") => Timestamp::Off,
                Some("on") => Timestamp::On,
                _ => Timestamp::Hires,
            },
            fileline: switch("fileline", false),
            function_name: switch("function_name", false),
            syslog_facility: text("syslog_facility").unwrap_or("daemon").into(),
            syslog_priority: lower("syslog_priority", "info"),
            logfile_priority: lower("logfile_priority", "info"),
            subsystems: subsystems(cmap),
        }
    }
}

fn debug(text: &str) -> Option<Debug> {
    match text {
        "off" => Some(Debug::Off),
        "on" => Some(Debug::On),
        "trace" => Some(Debug::Trace),
        _ => None,
    }
}

fn subsystems(cmap: &Cmap) -> BTreeMap<String, Subsystem> {
    let mut all: BTreeMap<String, Subsystem> = BTreeMap::new();
    for (rest, entry) in cmap.under("logging.logger_subsys.") {
        let Some((name, key)) = rest.rsplit_once('.') else {
            continue;
        };
        let subsystem = all.entry(name.into()).or_default();
        let text = entry.value.to_string();
        match key {
            "debug" => subsystem.debug = debug(&text),
            "syslog_priority" => subsystem.syslog_priority = Some(text.to_ascii_lowercase()),
            "logfile_priority" => subsystem.logfile_priority = Some(text.to_ascii_lowercase()),
            _ => {}
        }
    }
    all
}
