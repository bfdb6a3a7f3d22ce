//! What the tests share.

use std::fs;
use std::path::{Path, PathBuf};

/// The recorded cases of the scheduler's own suite, or nothing, with a word, where they are not.
#[allow(dead_code, reason = "not every test uses it")]
pub(crate) fn shared_cases() -> Option<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference/placement");
    let mut files = Vec::new();
    for set in ["cases", "micro", "seed"] {
        let Ok(entries) = fs::read_dir(folder.join(set).join("xml")) else {
            eprintln!("skipped: {} has no {set}", folder.display());
            return None;
        };
        files.extend(entries.map(|entry| entry.expect("an entry").path()));
    }
    files.sort();
    Some(files)
}

/// Whether one of Pacemaker's tools is here; says so if it is not.
#[allow(dead_code, reason = "not every test uses it")]
pub(crate) fn installed(tool: &str) -> bool {
    let found = std::process::Command::new(tool).arg("--version").output();
    let found = found.is_ok_and(|out| out.status.success());
    if !found {
        eprintln!("skipped: {tool} is not installed");
    }
    found
}
