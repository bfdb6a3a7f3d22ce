//! One daemon a control socket.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use super::status;
use crate::failure::Failure;

/// Locks a file beside the socket for as long as the result lives; the kernel unlocks it when the daemon dies.
pub(super) fn take(socket: &Path) -> Result<File, Failure> {
    let path = socket.with_extension("lock");
    let fail = |error: std::io::Error| {
        Failure::with_status(status::LOCK, format!("{}: {error}", path.display()))
    };
    if let Some(directory) = socket.parent().filter(|d| !d.as_os_str().is_empty()) {
        let made = DirBuilder::new()
            .recursive(true)
            .mode(0o755)
            .create(directory);
        made.map_err(fail)?;
    }
    let file = fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(fail)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Failure::with_status(
            status::RUNNING,
            format!(
                "a daemon with the control socket {} runs already",
                socket.display()
            ),
        )),
        Err(TryLockError::Error(error)) => Err(fail(error)),
    }
}
