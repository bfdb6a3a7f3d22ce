//! The files, and what is wrong with them.

use std::fs;
use std::io::{self, Read};
use std::ops::Deref;
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use memmap2::{Advice, MmapMut};
use ringwright_placement::cib::Resource;
use ringwright_placement::{Cib, Diagnostic, Refused};

use super::{UNUSABLE, unusable};
use crate::failure::Failure;

/// 32 nodes with 20,000 resources need 300 MB.
const BYTES_MAX: u64 = 1 << 30;

/// From here on a file is read to pages of its own, bytes.
const LARGE: u64 = 1 << 20;

/// Bytes of a huge page, on most machines.
const HUGE: u64 = 2 << 20;

/// Columns shown around a mistake.
const WIDTH: usize = 100;

const MARK: Style = AnsiColor::Red.on_default().bold();

/// The bytes of a file.
enum Content {
    Heap(Vec<u8>),
    /// So many bytes of these pages.
    Pages(MmapMut, usize),
}

impl Deref for Content {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Heap(bytes) => bytes,
            Self::Pages(pages, len) => &pages[..*len],
        }
    }
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

/// The configuration in a file, and the file's name; warnings go to standard error.
pub(crate) fn cib(path: &Path) -> Result<(String, Cib), Failure> {
    let name = name(path);
    let content = read(path, &name)?;
    let text = text(&content, &name)?;
    let parsed = Cib::parse(&name, text)
        .map_err(|error| Failure::with_status(UNUSABLE, pointed(text, &error)))?;
    drop(content);
    for warning in &parsed.warnings {
        anstream::eprintln!("{warning}");
    }
    Ok((name, parsed.cib))
}

fn name(path: &Path) -> String {
    if path == Path::new("-") {
        "<stdin>".into()
    } else {
        path.display().to_string()
    }
}

/// A file, unpacked.
fn read(path: &Path, name: &str) -> Result<Content, Failure> {
    let unusable = |error| unusable(name, error);
    let content = if path == Path::new("-") {
        Content::Heap(bytes(io::stdin().lock()).map_err(unusable)?)
    } else {
        let mut file = fs::File::open(path).map_err(unusable)?;
        let size = file.metadata().map_err(unusable)?.len();
        if (LARGE..=BYTES_MAX).contains(&size) {
            paged(&mut file, size).map_err(unusable)?
        } else {
            Content::Heap(bytes(file).map_err(unusable)?)
        }
    };
    if content.starts_with(b"BZh") {
        let unpacked = bytes(bzip2::read::MultiBzDecoder::new(&*content));
        return Ok(Content::Heap(unpacked.map_err(|error| {
            unusable(io::Error::new(
                error.kind(),
                format!("not unpacked: {error}"),
            ))
        })?));
    }
    Ok(content)
}

/// Everything up to a byte more than may be.
fn bytes(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(BYTES_MAX + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A file of so many bytes, read to huge pages where the system has them.
fn paged(file: &mut fs::File, size: u64) -> io::Result<Content> {
    // A multiple of their size is put where they fit.
    let len = size.next_multiple_of(HUGE);
    let mut pages = MmapMut::map_anon(usize::try_from(len).map_err(io::Error::other)?)?;
    // Without them it takes longer, no more.
    let _ = pages.advise(Advice::HugePage);
    let mut len = 0;
    loop {
        match file.read(&mut pages[len..]) {
            Ok(0) => return Ok(Content::Pages(pages, len)),
            Ok(read) => len += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// What is read, if it can be a configuration.
fn text<'a>(content: &'a [u8], name: &str) -> Result<&'a str, Failure> {
    if content.len() as u64 > BYTES_MAX {
        return Err(unusable(name, "larger than 1 GiB"));
    }
    if content.is_empty() {
        return Err(unusable(name, "empty"));
    }
    if content.starts_with(&[0x1f, 0x8b]) {
        return Err(unusable(
            name,
            "packed by gzip: unpack it first, as by `zcat FILE | ringwright place -`",
        ));
    }
    str::from_utf8(content).map_err(|error| {
        let before = &content[..error.valid_up_to()];
        let line = before.split(|b| *b == b'\n').count();
        unusable(
            &format!("{name}:{line}"),
            "not UTF-8: no XML that Pacemaker writes",
        )
    })
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
