//! `ringwright events`.

use std::collections::BTreeMap;
use std::io::Write;

use anstyle::{AnsiColor, Style};
use clap::Args;

use super::Outcome;
use crate::control::client::Control;
use crate::control::resources::{Event, Resources};
use crate::control::{Request, report};
use crate::text;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const FAINT: Style = Style::new().dimmed();

/// Follow what happens to resources: agreements, plans, actions and what came of them, leases, fencing
///
/// Every member tells the same actions and outcomes, its own leases only.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ringwright events
  ringwright events --json | jq 'select(.event == \"done\")'")]
pub(crate) struct Events {
    #[command(flatten)]
    control: Control,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

impl Events {
    pub(crate) fn run(self) -> Outcome {
        let mut events = self.control.connect(&Request::ResourceEvents)?;
        let names = if self.json {
            BTreeMap::new()
        } else {
            self.names()?
        };
        let mut out = anstream::stdout().lock();
        while let Some(event) = events.next::<Event>()? {
            if self.json {
                writeln!(out, "{}", serde_json::json!(event))?;
            } else {
                let time = jiff::Zoned::now().strftime("%H:%M:%S%.3f");
                let (style, kind, what) = words(&event, &names);
                writeln!(
                    out,
                    "{FAINT}{time}{FAINT:#}  {kind:<11}  {style}{what}{style:#}"
                )?;
            }
            out.flush()?;
        }
        Err(events.gone())
    }

    /// What nodes are called.
    fn names(&self) -> Result<BTreeMap<u32, String>, crate::failure::Failure> {
        let request = Request::Status { wait_members: None };
        let status: report::Status = self.control.ask(&request)?;
        let members = status.members.into_iter().map(|m| (m.node, m.name));
        let request = Request::Resources { wait_members: None };
        let mut names: BTreeMap<u32, String> = members.collect();
        // A node that waits for its address has none yet.
        if let Ok(told) = self.control.ask::<Resources>(&request) {
            names.extend(told.nodes.into_iter().map(|node| (node.id, node.name)));
        }
        Ok(names)
    }
}

fn words(event: &Event, names: &BTreeMap<u32, String>) -> (Style, &'static str, String) {
    let name = |id: &u32| names.get(id).cloned().unwrap_or_else(|| id.to_string());
    let all = |ids: &[u32]| ids.iter().map(name).collect::<Vec<_>>().join(" ");
    let plain = Style::new();
    match event {
        Event::Settled {
            members,
            quorate,
            version,
            dc,
        } => {
            let (style, quorum) = if *quorate {
                (GOOD, "with")
            } else {
                (BAD, "WITHOUT")
            };
            let (members, dc) = (all(members), name(dc));
            let what =
                format!("{members} agree, {quorum} quorum; DC {dc}, configuration {version}");
            (style, "members", what)
        }
        Event::Configured { version } => (plain, "configured", version.clone()),
        Event::Planned { transition, steps } => {
            let what = format!("transition {transition}: {steps} steps");
            (plain, "planned", what)
        }
        Event::Ended {
            transition,
            abandoned,
        } => {
            let how = match abandoned {
                Some(why) => format!("abandoned: {why}"),
                None => "done".to_owned(),
            };
            (plain, "planned", format!("transition {transition} {how}"))
        }
        Event::Done { .. } => done(event, &name),
        Event::Waits { resource, holders } => {
            let what = format!("{resource} until {} cannot hold it any more", all(holders));
            (plain, "waits", what)
        }
        Event::Lapsed { resource } => (BAD, "lease over", resource.clone()),
        Event::NotRenewed { resource, why } => (BAD, "not renewed", format!("{resource}: {why}")),
        Event::Fenced {
            node,
            failure: None,
        } => (GOOD, "fenced", name(node)),
        Event::Fenced {
            node,
            failure: Some(why),
        } => (BAD, "not fenced", format!("{}: {why}", name(node))),
        Event::NotPlaced { why } => (BAD, "not placed", why.clone()),
        Event::Other { what } => (plain, "other", what.clone()),
        Event::Missed { count } => {
            let what = format!("{count} events: this reader was too slow");
            (BAD, "missed", what)
        }
    }
}

/// An action that ended.
fn done(event: &Event, name: &impl Fn(&u32) -> String) -> (Style, &'static str, String) {
    let Event::Done {
        node,
        resource,
        operation,
        interval_ms,
        status,
        code,
        expected,
        reason,
    } = event
    else {
        unreachable!("only ended actions are told here");
    };
    let every = match interval_ms {
        0 => String::new(),
        every => format!(" every {every} ms"),
    };
    let reason = match reason.as_str() {
        "" => String::new(),
        reason => format!(": {reason}"),
    };
    let style = if (*status, code) == (0, expected) {
        GOOD
    } else {
        BAD
    };
    let outcome = text::exit(*code);
    let what = format!(
        "{resource} {operation}{every} on {}: {outcome} ({code}){reason}",
        name(node)
    );
    (style, "action", what)
}
