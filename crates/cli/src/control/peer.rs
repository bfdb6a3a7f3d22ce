//! Who may ask: root, and the daemon's own user.

use std::fs;
use std::os::unix::fs::MetadataExt;

/// This process's effective user, the owner of its entry in /proc.
pub(super) fn own_uid() -> Option<u32> {
    fs::metadata("/proc/self").ok().map(|entry| entry.uid())
}

pub(super) fn is_root() -> bool {
    own_uid() == Some(0)
}

/// Whether a peer of this user may ask.
pub(super) fn may_ask(uid: u32) -> bool {
    uid == 0 || own_uid() == Some(uid)
}
