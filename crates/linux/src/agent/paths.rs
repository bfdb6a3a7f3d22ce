//! Where agents are.

use std::path::PathBuf;

/// Folders and programs of this host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// OCF's root, `/usr/lib/ocf`: agents are below it, `resource.d/PROVIDER/TYPE`.
    pub ocf: PathBuf,
    /// Where agents keep what does not survive a start of the host, `/run/resource-agents`; made if it is missing.
    pub scratch: PathBuf,
    /// Fence agents, `/usr/sbin`.
    pub fence: PathBuf,
    /// Init scripts, `/etc/init.d`.
    pub init: PathBuf,
    /// The program `systemctl`.
    pub systemctl: PathBuf,
    /// What is there where systemd runs, `/run/systemd/system`.
    pub systemd: PathBuf,
}

impl Default for Paths {
    fn default() -> Self {
        Self {
            ocf: "/usr/lib/ocf".into(),
            scratch: "/run/resource-agents".into(),
            fence: "/usr/sbin".into(),
            init: "/etc/init.d".into(),
            systemctl: "/usr/bin/systemctl".into(),
            systemd: "/run/systemd/system".into(),
        }
    }
}
