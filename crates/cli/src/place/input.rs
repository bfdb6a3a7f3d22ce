//! The files, and what is wrong with them.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use ringwright_placement::cib::Resource;
use ringwright_placement::{Cib, Diagnostic, Refused};

use super::{UNUSABLE, unusable};
use crate::failure::Failure;

/// 32 nodes with 20,000 resources need 300 MB.
const BYTES_MAX: u64 = 1 << 30;

/// Columns shown around a mistake.
const WIDTH: usize = 100;

const MARK: Style = AnsiColor::Red.on_default().bold();

/// A file that was read.
struct File {
    name: String,
    text: String,
}

/// The files that are meant: those of a directory are sorted by name.
pub(super) fn paths(given: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut paths = Vec::new();
    for path in given {
        if !path.is_dir() {
            paths.push(path.clone());
            continue;
        }
        let name = path.display().to_string();
        let mut found = Vec::new();
        for entry in fs::read_dir(path).map_err(|error| unusable(&name, error))? {
            let entry = entry.map_err(|error| unusable(&name, error))?.path();
            let file = entry.to_string_lossy();
            if file.ends_with(".xml") || file.ends_with(".xml.bz2") {
                found.push(entry);
            }
        }
        if found.is_empty() {
            return Err(unusable(&name, "no *.xml in this directory"));
        }
        found.sort();
        paths.extend(found);
    }
    Ok(paths)
}

/// The name of a case: that of the file, without what it ends in.
pub(super) fn case(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".bz2").unwrap_or(&name);
    name.strip_suffix(".xml").unwrap_or(name).to_owned()
}

fn read(path: &Path) -> Result<File, Failure> {
    if path == Path::new("-") {
        return file("<stdin>".into(), io::stdin().lock());
    }
    let name = path.display().to_string();
    let opened = fs::File::open(path).map_err(|error| unusable(&name, error))?;
    file(name, opened)
}

/// The configuration in a file, and the file's name; warnings go to standard error.
pub(crate) fn cib(path: &Path) -> Result<(String, Cib), Failure> {
    let File { name, text } = read(path)?;
    let parsed = Cib::parse(&name, &text)
        .map_err(|error| Failure::with_status(UNUSABLE, pointed(&text, &error)))?;
    for warning in &parsed.warnings {
        anstream::eprintln!("{warning}");
    }
    Ok((name, parsed.cib))
}

fn file(name: String, from: impl Read) -> Result<File, Failure> {
    let mut bytes = Vec::new();
    let read = from.take(BYTES_MAX + 1).read_to_end(&mut bytes);
    read.map_err(|error| unusable(&name, error))?;
    if bytes.starts_with(b"BZh") {
        let packed = std::mem::take(&mut bytes);
        let unpacked = bzip2::read::MultiBzDecoder::new(&*packed);
        let read = unpacked.take(BYTES_MAX + 1).read_to_end(&mut bytes);
        read.map_err(|error| unusable(&name, format!("not unpacked: {error}")))?;
    }
    if bytes.len() as u64 > BYTES_MAX {
        return Err(unusable(&name, "larger than 1 GiB"));
    }
    if bytes.is_empty() {
        return Err(unusable(&name, "empty"));
    }
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return Err(unusable(
            &name,
            "packed by gzip: unpack it first, as by `zcat FILE | ringwright place -`",
        ));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(File { name, text }),
        Err(error) => {
            let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = before.split(|b| *b == b'\n').count();
            Err(unusable(
                &format!("{name}:{line}"),
                "not UTF-8: no XML that Pacemaker writes",
            ))
        }
    }
}

/// What is wrong, with the line below which it is pointed at.
fn pointed(text: &str, error: &Diagnostic) -> String {
    let column = error.place.column as usize;
    let Some(line) = text
        .lines()
        .nth((error.place.line as usize).saturating_sub(1))
    else {
        return error.to_string();
    };
    let from = column.saturating_sub(WIDTH / 2);
    let shown: String = line.chars().skip(from).take(WIDTH).collect();
    let shown = shown.replace(|c: char| c.is_control(), " ");
    let before = if from > 0 { "…" } else { "" };
    let blanks = " ".repeat(column - 1 - from + before.chars().count());
    let number = error.place.line.to_string();
    let margin = " ".repeat(number.len());
    format!("{error}\n {number} | {before}{shown}\n {margin} | {blanks}{MARK}^{MARK:#}")
}

/// What is not supported, one line each, with its place if its name says which element it is.
pub(super) fn refusal(name: &str, cib: &Cib, refused: &Refused) -> String {
    let line = |feature: &String| {
        let id = feature.split('`').nth(1).unwrap_or_default();
        let found = cib
            .resources
            .iter()
            .find(|r| r.attrs().id() == id)
            .map(Resource::attrs);
        match found {
            Some(attrs) => format!("{name}:{}: not supported: {feature}", attrs.place),
            None => format!("{name}: not supported: {feature}"),
        }
    };
    let lines: Vec<String> = refused.features.iter().map(line).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_pointed_at_in_its_line() {
        let text = "<cib>\n  <configuration x=1/>\n</cib>";
        let error = Cib::parse("a.xml", text).expect_err("no quotes");
        let told = anstream::adapter::strip_str(&pointed(text, &error)).to_string();
        let want = "a.xml:2:20: error: the value of `x` has no quotes\n 2 |   <configuration x=1/>\n   |                    ^";
        assert_eq!(told, want);
    }

    #[test]
    fn a_long_line_is_cut_around_the_mistake() {
        let text = format!("<cib a=\"{}\" b=1/>", "x".repeat(1000));
        let error = Cib::parse("a.xml", &text).expect_err("no quotes");
        let told = anstream::adapter::strip_str(&pointed(&text, &error)).to_string();
        let lines: Vec<&str> = told.lines().collect();
        let at = lines[2].chars().position(|c| c == '^').expect("a mark");
        assert_eq!(lines[1].chars().nth(at), Some('1'));
        assert!(lines[1].chars().count() < 120);
    }
}
