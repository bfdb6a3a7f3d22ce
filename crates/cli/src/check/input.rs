//! The files to check.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{File, UNUSABLE};
use crate::failure::Failure;

/// 384 nodes, as many as there can be, need a tenth of it; a device or a log given by mistake is larger.
const BYTES_MAX: u64 = 1 << 20;

/// What standard input is called.
pub(super) const STDIN: &str = "<stdin>";

/// Reads files, the files of directories, and standard input for `-`.
pub(crate) fn read(paths: &[PathBuf]) -> Result<Vec<File>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if path == Path::new("-") {
            files.push(file(STDIN.into(), io::stdin().lock())?);
        } else if path.is_dir() {
            files.extend(directory(path)?);
        } else {
            files.push(open(path)?);
        }
    }
    Ok(files)
}

/// The `*.conf` in a directory and the `corosync.conf` one level below, by name.
fn directory(path: &Path) -> Result<Vec<File>, Failure> {
    let unusable = |error: io::Error| failure(&path.display().to_string(), error);
    let mut found = Vec::new();
    for entry in fs::read_dir(path).map_err(unusable)? {
        let entry = entry.map_err(unusable)?.path();
        let below = entry.join("corosync.conf");
        if entry.is_file()
            && entry
                .extension()
                .is_some_and(|extension| extension == "conf")
        {
            found.push(entry);
        } else if below.is_file() {
            found.push(below);
        }
    }
    found.sort();
    if found.is_empty() {
        return Err(failure(
            &path.display().to_string(),
            "no *.conf and no */corosync.conf in this directory",
        ));
    }
    found.iter().map(|path| open(path)).collect()
}

fn open(path: &Path) -> Result<File, Failure> {
    let name = path.display().to_string();
    let opened = fs::File::open(path).map_err(|error| failure(&name, error))?;
    file(name, opened)
}

fn file(name: String, from: impl Read) -> Result<File, Failure> {
    let mut bytes = Vec::new();
    let read = from.take(BYTES_MAX + 1).read_to_end(&mut bytes);
    read.map_err(|error| failure(&name, error))?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(failure(&name, "larger than 1 MiB: no corosync.conf"));
    }
    Ok(File { name, bytes })
}

pub(super) fn failure(name: &str, why: impl std::fmt::Display) -> Failure {
    Failure::with_status(UNUSABLE, format!("{name}: {why}"))
}
