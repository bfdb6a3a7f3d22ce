//! What this machine calls itself.

use std::{fs, io};

/// The host's name, as `uname -n` prints it.
pub fn hostname() -> io::Result<String> {
    let name = fs::read_to_string("/proc/sys/kernel/hostname")?;
    Ok(name.trim_end().to_owned())
}
