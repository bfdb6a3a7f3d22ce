//! Parts of a sweep, put together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::UNUSABLE;
use super::shard::Part as Shard;
use super::tally::{Form, Part};
use crate::command::Outcome;
use crate::failure::Failure;

/// Shows what the sweep would have shown in one piece.
pub(crate) fn merge(files: &[PathBuf], form: &Form) -> Outcome {
    let mut parts: BTreeMap<u64, (&Path, Part)> = BTreeMap::new();
    for file in files {
        let part = Part::read(file)?;
        if let Some((other, first)) = parts.values().next()
            && let Some(why) = difference(first, &part)
        {
            return Err(refused(&format!(
                "{} and {}: {why}",
                other.display(),
                file.display()
            )));
        }
        let (index, of) = (part.shard.index, part.shard.of);
        if let Some((other, _)) = parts.insert(index, (file, part)) {
            let (other, file) = (other.display(), file.display());
            return Err(refused(&format!(
                "{other} and {file} are both part {index} of {of}"
            )));
        }
    }
    together(parts)?.show(form)
}

/// Why two are not parts of one sweep.
fn difference(one: &Part, other: &Part) -> Option<String> {
    let differ = |what: &str, one: &dyn std::fmt::Display, other: &dyn std::fmt::Display| {
        Some(format!("{what} differ: {one} and {other}"))
    };
    let (a, b) = (&one.subject, &other.subject);
    if one.ringwright != other.ringwright {
        return differ("versions", &one.ringwright, &other.ringwright);
    }
    if a.name != b.name {
        return differ("scenarios", &a.name, &b.name);
    }
    if a.vintage != b.vintage {
        return differ("vintages", &a.vintage, &b.vintage);
    }
    if a.engine != b.engine {
        return differ("engines", &a.engine, &b.engine);
    }
    if one.seeds != other.seeds {
        let range = |part: &Part| format!("{}..{}", part.seeds.start, part.seeds.end);
        return differ("seeds", &range(one), &range(other));
    }
    if one.at != other.at {
        return Some("they look at different times".into());
    }
    if one.shard.of != other.shard.of {
        return differ("numbers of parts", &one.shard.of, &other.shard.of);
    }
    // The command says where files were, which is not the same everywhere.
    let mut same = b.clone();
    same.command.clone_from(&a.command);
    (*a != same).then(|| format!("options or files differ:\n  {}\n  {}", a.command, b.command))
}

fn together(parts: BTreeMap<u64, (&Path, Part)>) -> Result<Part, Failure> {
    let mut all = parts.into_values();
    let (path, mut whole) = all.next().ok_or_else(|| refused("no file"))?;
    let of = whole.shard.of;
    let mut there = vec![(path, whole.shard, whole.summary.runs)];
    for (path, part) in all {
        there.push((path, part.shard, part.summary.runs));
        whole.summary.merge(part.summary);
    }
    let missing: Vec<String> = (1..=of)
        .filter(|index| there.iter().all(|(_, shard, _)| shard.index != *index))
        .map(|index| index.to_string())
        .take(20)
        .collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        return Err(refused(&format!("missing of {of} parts: {missing}")));
    }
    for (path, shard, runs) in there {
        let seeds = shard.seeds(&whole.seeds);
        if runs != seeds.end - seeds.start {
            let path = path.display();
            return Err(refused(&format!(
                "{path}: {runs} runs, but seeds {}..{}",
                seeds.start, seeds.end
            )));
        }
    }
    whole.shard = Shard::WHOLE;
    Ok(whole)
}

fn refused(why: &str) -> Failure {
    Failure::with_status(UNUSABLE, format!("cannot merge: {why}"))
}
