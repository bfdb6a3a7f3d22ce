//! Evidence for people and for programs.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

use super::Evidence;
use super::cause::{Finding, Reason, Verdict};
use super::fact::{Fact, Vantage, What};

/// Rings shown at most: a ring that flaps makes hundreds.
const RINGS_MAX: usize = 12;

const HEADING: Style = Style::new().bold();
const SUPPORTED: Style = AnsiColor::Red.on_default().bold();
const RULED_OUT: Style = AnsiColor::Green.on_default();
const SILENT: Style = Style::new().dimmed();

impl Finding {
    fn shown(self) -> (&'static str, Style) {
        match self {
            Self::Supported => ("supported", SUPPORTED),
            Self::RuledOut => ("ruled out", RULED_OUT),
            Self::Silent => ("silent", SILENT),
        }
    }
}

impl Evidence {
    fn vantage(&self) -> String {
        match self.facts.vantage {
            Vantage::Between => {
                "where traffic between the nodes passes (a switch or a bridge)".into()
            }
            Vantage::At(host) => {
                format!("on {}: only its own traffic is seen", self.facts.host(host))
            }
            Vantage::Unclear => "somewhere between too few nodes to tell".into(),
            Vantage::Inside(node) => format!(
                "in {}: what it was told and what it sent",
                self.facts.name(node)
            ),
        }
    }

    /// Facts worth a line each; of many rings the first and the last.
    fn shown(&self) -> (Vec<&Fact>, usize) {
        let is_ring = |fact: &&Fact| matches!(fact.what, What::Ring { .. });
        let rings = self.facts.seen.iter().filter(is_ring).count();
        let (mut seen, mut left_out) = (0, 0);
        let mut shown = Vec::new();
        for fact in &self.facts.seen {
            if is_ring(&fact) {
                seen += 1;
                if rings > RINGS_MAX && seen > RINGS_MAX / 2 && seen + RINGS_MAX / 2 <= rings {
                    left_out += 1;
                    continue;
                }
            }
            shown.push(fact);
        }
        (shown, left_out)
    }

    /// For people.
    pub(crate) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let facts = &self.facts;
        let begun = crate::journal::local(facts.start).strftime("%Y-%m-%d %H:%M:%S %Z");
        writeln!(out, "{HEADING}Evidence{HEADING:#}")?;
        writeln!(
            out,
            "  {}, from {begun}, {:.1} s",
            facts.source, facts.seconds
        )?;
        writeln!(out, "  taken {}", self.vantage())?;
        writeln!(out, "\n{HEADING}Facts{HEADING:#}")?;
        let (shown, left_out) = self.shown();
        let mut skipped = left_out;
        for fact in shown {
            let late_ring = matches!(fact.what, What::Ring { .. });
            writeln!(
                out,
                "{:>10.3} s {:>7}  {}",
                fact.at.seconds,
                fact.at.number,
                facts.text(&fact.what)
            )?;
            if late_ring && skipped == left_out && left_out > 0 && self.is_last_before_gap(fact) {
                writeln!(out, "{:>20}  … {left_out} more rings", "")?;
                skipped = 0;
            }
        }
        writeln!(out, "\n{HEADING}Causes{HEADING:#}")?;
        for verdict in &self.verdicts {
            write_verdict(out, verdict)?;
        }
        Ok(())
    }

    fn is_last_before_gap(&self, fact: &Fact) -> bool {
        let rings = self
            .facts
            .seen
            .iter()
            .filter(|fact| matches!(fact.what, What::Ring { .. }));
        rings
            .take(RINGS_MAX / 2)
            .last()
            .is_some_and(|last| std::ptr::eq(last, fact))
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        let facts = self.facts.seen.iter().map(|fact| {
            json!({
                "time": fact.at.seconds,
                "number": fact.at.number,
                "fact": fact.what.kind(),
                "text": self.facts.text(&fact.what),
            })
        });
        let reasons = |verdict: &Verdict| -> Vec<Value> {
            let reasons = verdict.reasons.iter();
            let object = |reason: &Reason| match reason.at {
                Some(at) => json!({"time": at.seconds, "number": at.number, "text": reason.text}),
                None => json!({"text": reason.text}),
            };
            reasons.map(object).collect()
        };
        let verdicts = self.verdicts.iter().map(|verdict| {
            json!({
                "cause": format!("{:?}", verdict.cause),
                "name": verdict.cause.name(),
                "finding": verdict.finding.shown().0,
                "reasons": reasons(verdict),
            })
        });
        json!({
            "source": self.facts.source,
            "start": crate::journal::local(self.facts.start).timestamp().to_string(),
            "seconds": self.facts.seconds,
            "taken": self.vantage(),
            "facts": facts.collect::<Vec<_>>(),
            "causes": verdicts.collect::<Vec<_>>(),
        })
    }
}

fn write_verdict(out: &mut dyn Write, verdict: &Verdict) -> io::Result<()> {
    let (word, style) = verdict.finding.shown();
    writeln!(
        out,
        "  {:?}  {style}{word:<10}{style:#} {}",
        verdict.cause,
        verdict.cause.name()
    )?;
    let mut reasons = verdict.reasons.iter();
    for Reason { at, text } in reasons.by_ref().take(6) {
        match at {
            Some(at) => writeln!(out, "     {text}  {SILENT}({at}){SILENT:#}")?,
            None => writeln!(out, "     {text}")?,
        }
    }
    match reasons.count() {
        0 => Ok(()),
        more => writeln!(out, "     and {more} more of the kind"),
    }
}
