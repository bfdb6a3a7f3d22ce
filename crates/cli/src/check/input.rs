//! The files to check.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{File, UNUSABLE};
use crate::failure::Failure;

/// 384 nodes, as many as there can be, need a tenth of it; a device or a log given by mistake is larger.
const BYTES_MAX: u64 = 1 << 20;

/// What standard input is called.
pub(super) const STDIN: &str = "<stdin>";

/// Reads files, the files of directories, and standard input for `-`. What is given twice is read once.
pub(crate) fn read(paths: &[PathBuf]) -> Result<Vec<File>, Failure> {
    let mut files: Vec<File> = Vec::new();
    for path in paths {
        if path == Path::new("-") {
            if files.iter().all(|file| file.name != STDIN) {
                files.push(file(STDIN.into(), None, io::stdin().lock())?);
            }
        } else if path.is_dir() {
            files.extend(directory(path)?);
        } else {
            files.push(open(path)?);
        }
    }
    let mut known = BTreeSet::new();
    files.retain(|file| file.identity.is_none_or(|identity| known.insert(identity)));
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
    let found = opened.metadata().map_err(|error| failure(&name, error))?;
    let identity = found.is_file().then(|| (found.dev(), found.ino()));
    Ok(File {
        key: key_beside(path),
        ..file(name, identity, opened)?
    })
}

/// The sum of the `authkey` in a file's folder, if it can be read.
fn key_beside(path: &Path) -> Option<u64> {
    let mut key = Vec::new();
    let file = fs::File::open(path.with_file_name("authkey")).ok()?;
    file.take(BYTES_MAX).read_to_end(&mut key).ok()?;
    // FNV-1a: enough to tell keys apart, and nothing to guess one by.
    let step = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
    Some(key.iter().fold(0xCBF2_9CE4_8422_2325, step))
}

fn file(name: String, identity: Option<(u64, u64)>, from: impl Read) -> Result<File, Failure> {
    let mut bytes = Vec::new();
    let read = from.take(BYTES_MAX + 1).read_to_end(&mut bytes);
    read.map_err(|error| failure(&name, error))?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(failure(&name, "larger than 1 MiB: no corosync.conf"));
    }
    Ok(File {
        name,
        bytes,
        identity,
        key: None,
    })
}

pub(super) fn failure(name: &str, why: impl std::fmt::Display) -> Failure {
    Failure::with_status(UNUSABLE, format!("{name}: {why}"))
}
