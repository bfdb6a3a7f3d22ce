//! The configuration of resources in a file that is replaced as a whole.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ringwright::manager::Base;
use tracing::{error, warn};

use super::file::{at, replace};

const CURRENT: &str = "cib.xml";
const PREVIOUS: &str = "cib.previous.xml";

/// The current configuration; if it is damaged it is put aside, and the one before counts.
pub(super) fn load(directory: &Path) -> io::Result<Option<Base>> {
    for name in [CURRENT, PREVIOUS] {
        let path = directory.join(name);
        let content = match fs::read(&path) {
            Ok(content) => content,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(at(&path, &error)),
        };
        let text = String::from_utf8_lossy(&content);
        match Base::decode(&path.display().to_string(), &text) {
            Ok(base) => {
                if name == PREVIOUS {
                    warn!("{}: taken instead of {CURRENT}", path.display());
                }
                return Ok(Some(base));
            }
            Err(damaged) => {
                let aside = aside(directory);
                error!(
                    "{} is damaged ({damaged}): kept as {}; the other nodes have a whole one",
                    path.display(),
                    aside.display()
                );
                fs::rename(&path, &aside).map_err(|error| at(&aside, &error))?;
            }
        }
    }
    Ok(None)
}

/// A name that is not taken yet.
fn aside(directory: &Path) -> PathBuf {
    let name = |number| directory.join(format!("cib.damaged-{number}.xml"));
    let free = (1..u32::MAX).map(name).find(|path| !path.exists());
    free.unwrap_or_else(|| name(u32::MAX))
}

/// Makes a configuration the current one; the current becomes the one before.
pub(super) fn save(directory: &Path, base: &Base) -> io::Result<()> {
    let current = directory.join(CURRENT);
    let previous = directory.join(PREVIOUS);
    let linked = directory.join("cib.previous.new");
    let keep = || {
        ignore_missing(fs::remove_file(&linked))?;
        ignore_missing(fs::hard_link(&current, &linked))?;
        ignore_missing(fs::rename(&linked, &previous))
    };
    keep().map_err(|error| at(&previous, &error))?;
    replace(directory, &current, base.encode().as_bytes())
}

fn ignore_missing(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(epoch: u64) -> Base {
        let text = format!(
            "<cib validate-with=\"pacemaker-3.7\" admin_epoch=\"0\" epoch=\"{epoch}\" num_updates=\"0\"><configuration>\
<crm_config/><nodes/><resources/><constraints/></configuration><status/></cib>"
        );
        Base::parse("cib.xml", &text).unwrap()
    }

    #[test]
    fn the_one_before_is_kept() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        assert_eq!(load(path).unwrap(), None);
        save(path, &base(1)).unwrap();
        save(path, &base(2)).unwrap();
        assert_eq!(load(path).unwrap(), Some(base(2)));
        fs::remove_file(path.join(CURRENT)).unwrap();
        assert_eq!(load(path).unwrap(), Some(base(1)));
    }

    #[test]
    fn a_damaged_one_is_put_aside_and_the_one_before_taken() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        save(path, &base(1)).unwrap();
        save(path, &base(2)).unwrap();
        let damaged = b"<cib>\xff";
        fs::write(path.join(CURRENT), damaged).unwrap();
        assert_eq!(load(path).unwrap(), Some(base(1)));
        assert_eq!(fs::read(path.join("cib.damaged-1.xml")).unwrap(), damaged);
        fs::write(path.join(PREVIOUS), damaged).unwrap();
        assert_eq!(load(path).unwrap(), None);
        assert!(path.join("cib.damaged-2.xml").exists());
    }

    #[test]
    fn a_crash_while_writing_leaves_what_was_saved_before() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        save(path, &base(1)).unwrap();
        let next = base(2).encode();
        for length in 0..=next.len() {
            fs::write(path.join("cib.new"), &next.as_bytes()[..length]).unwrap();
            assert_eq!(load(path).unwrap(), Some(base(1)), "{length} bytes written");
        }
        // The crash came when the one before was already moved, and the new one not there yet.
        fs::hard_link(path.join(CURRENT), path.join("cib.previous.new")).unwrap();
        fs::rename(path.join("cib.previous.new"), path.join(PREVIOUS)).unwrap();
        assert_eq!(load(path).unwrap(), Some(base(1)));
        save(path, &base(2)).unwrap();
        assert_eq!(load(path).unwrap(), Some(base(2)));
    }

    #[test]
    fn a_directory_that_cannot_be_written_is_an_error_that_names_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let gone = directory.path().join("gone");
        let error = save(&gone, &base(1)).unwrap_err().to_string();
        assert!(error.contains("cib.xml: "), "{error}");
    }
}
