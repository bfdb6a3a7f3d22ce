//! `--fix`: the diff, the question, the file.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use ringwright_config::lint;
use similar::TextDiff;

use super::draw::{counted, text};
use super::input::{STDIN, failure};
use super::{File, Request, UNUSABLE, report};
use crate::command::Outcome;
use crate::failure::Failure;

/// Shows what the fixes change; unless `dry_run`, writes it, after asking unless `yes`, and reports what remains.
pub(crate) fn fix(request: &Request, mut files: Vec<File>, dry_run: bool, yes: bool) -> Outcome {
    let mut changed = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let fixed = lint::fix(&file.name, &file.bytes, |rule| request.wants(rule.name));
        if fixed.bytes != file.bytes {
            show(&file.name, &file.bytes, &fixed.bytes)?;
            changed.push((index, fixed.bytes));
        }
    }
    if dry_run {
        return Ok(ExitCode::from(u8::from(!changed.is_empty())));
    }
    if changed.is_empty() {
        anstream::eprintln!("nothing to fix");
    } else if !yes && !confirmed(changed.len())? {
        return Err(Failure::with_status(UNUSABLE, "nothing was written"));
    }
    for (index, bytes) in changed {
        let file = &mut files[index];
        if file.name == STDIN {
            return Err(failure(
                STDIN,
                "cannot be written; use --dry-run for the diff",
            ));
        }
        replace(Path::new(&file.name), &bytes).map_err(|error| failure(&file.name, error))?;
        anstream::eprintln!("{}: written", file.name);
        file.bytes = bytes;
    }
    report(request, &files, text)
}

/// Prints a unified diff: for `patch` as it is, on a terminal in colour and without control characters.
fn show(name: &str, before: &[u8], after: &[u8]) -> io::Result<()> {
    let diff = TextDiff::from_lines(before, after);
    let mut bytes = Vec::new();
    diff.unified_diff()
        .header(name, name)
        .to_writer(&mut bytes)?;
    let mut out = io::stdout().lock();
    if !out.is_terminal() {
        return out.write_all(&bytes);
    }
    let mut out = anstream::AutoStream::auto(out);
    for line in String::from_utf8_lossy(&bytes).lines() {
        let style = match line.as_bytes().first() {
            Some(b'+') => AnsiColor::Green.on_default(),
            Some(b'-') => AnsiColor::Red.on_default(),
            Some(b'@') => AnsiColor::Cyan.on_default(),
            _ => Style::new(),
        };
        let line = line.replace(|c: char| c.is_control() && c != '\t', "\u{fffd}");
        writeln!(out, "{style}{line}{style:#}")?;
    }
    Ok(())
}

/// Asks; without a terminal nobody can answer.
fn confirmed(files: usize) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        let message = "nothing was written: standard input is no terminal to ask on; say --yes";
        return Err(Failure::with_status(UNUSABLE, message));
    }
    anstream::eprint!("Write {}? [y/N] ", counted(files, "file"));
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Replaces a file at once: whoever reads it sees the old one or the new one. Its owner and mode stay; a link stays one.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let path = path.canonicalize()?;
    let before = fs::metadata(&path)?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    let made = file.as_file().metadata()?;
    if (made.uid(), made.gid()) != (before.uid(), before.gid()) {
        fchown(file.as_file(), Some(before.uid()), Some(before.gid()))?;
    }
    file.as_file().set_permissions(before.permissions())?;
    file.as_file().sync_all()?;
    file.persist(&path)?;
    fs::File::open(folder)?.sync_all()
}
