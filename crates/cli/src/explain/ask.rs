//! From files to an answer.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ringwright_config::Diagnostic;
use ringwright_config::lint::{Cluster, lint};
use ringwright_sims::Setup;
use ringwright_sims::Vintage;
use ringwright_sims::explain::{self, Cause, File, Question, Symptom};

use super::nodes::Nodes;
use super::{Asked, Explained, UNUSABLE};
use crate::check;
use crate::daemon::status::CONFIG;
use crate::evidence::Evidence;
use crate::failure::Failure;

/// Reads the files; one that corosync's own reader would refuse wholly is drawn and refused.
pub(super) fn files(paths: &[PathBuf]) -> Result<(Vec<File>, Cluster), Failure> {
    if paths.is_empty() {
        return Ok((Vec::new(), Cluster::default()));
    }
    let read = check::read(paths)?;
    let cluster = check::cluster(&read);
    let mut files = Vec::new();
    for file in cluster.files() {
        let name = file.document.name().to_owned();
        let text = String::from_utf8_lossy(&file.document.to_bytes()).into_owned();
        if !file.document.is_balanced() {
            let source = check::source(text.as_bytes());
            for found in file
                .diagnostics
                .iter()
                .filter(|found| Diagnostic::is_error(found))
            {
                anstream::eprintln!("{}", check::diagnostic(&source, found));
            }
            let why = format!("{name} is refused, as said above");
            return Err(Failure::with_status(CONFIG, why));
        }
        files.push(File { name, text });
    }
    Ok((files, cluster))
}

/// Asks about one version.
pub(super) fn ask(
    asked: &Asked,
    files: &[File],
    cluster: &Cluster,
    vintage: Vintage,
    evidence: Option<&Evidence>,
) -> Result<Explained, Failure> {
    let setup =
        Setup::from_files(files, vintage).map_err(|error| Failure::with_status(UNUSABLE, error))?;
    let nodes = Nodes::of(&setup);
    let symptom = asked
        .symptom
        .as_deref()
        .map(|text| symptom(text, &nodes))
        .transpose()?;
    let mut question = Question::new(setup, symptom, asked.seeds);
    question.steady = asked.steady;
    question.proof = asked.proof;
    if let Some(evidence) = evidence {
        let of = |letters: Vec<char>| {
            let causes = Cause::ALL.into_iter();
            causes
                .filter(|cause| letters.contains(&cause.letter()))
                .collect()
        };
        question.supported = of(evidence.supported());
        question.ruled_out = of(evidence.ruled_out());
    }
    let answer = with_progress(vintage, |progress| explain::explain(&question, progress));
    let mut findings: Vec<(String, String, String)> = Vec::new();
    for finding in lint(cluster) {
        let told = (
            finding.rule.name.to_owned(),
            finding.rule.severity.to_string(),
            finding.rule.summary.to_owned(),
        );
        if !findings.contains(&told) {
            findings.push(told);
        }
    }
    Ok(Explained {
        question,
        nodes,
        answer,
        findings,
        files: files.iter().map(|file| file.name.clone()).collect(),
    })
}

fn symptom(text: &str, nodes: &Nodes) -> Result<Symptom, Failure> {
    let known = "alone=NODE, dead=NODE, apart, split-brain, no-quorum";
    let parsed = Symptom::parse(text, |called| nodes.find(called));
    parsed.unwrap_or_else(|| Err(Failure::new(format!("`{text}` is no symptom: {known} are"))))
}

/// A bar on a terminal's standard error, nothing elsewhere.
fn with_progress<T>(vintage: Vintage, work: impl FnOnce(&(dyn Fn(u64, u64) + Sync)) -> T) -> T {
    let bar = ProgressBar::with_draw_target(
        None,
        if std::io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        },
    );
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} schedules, {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_message(vintage.to_string());
    bar.enable_steady_tick(Duration::from_millis(200));
    let answer = work(&|done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    answer
}
