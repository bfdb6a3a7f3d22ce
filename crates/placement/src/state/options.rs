//! Cluster options.

use alloc::string::{String, ToString};

use crate::cib::Cib;
use crate::cib::value::{is_true, parse_bool, parse_ms, parse_score};
use crate::rule::{Asked, Values};
use crate::score::{INFINITY, Score};

/// What happens without quorum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Quorum {
    Ignore,
    #[default]
    Stop,
    Freeze,
    Demote,
    Suicide,
}

/// How capacity counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Strategy {
    #[default]
    Default,
    Utilization,
    Minimal,
    Balanced,
}

/// The options that matter.
#[expect(
    clippy::struct_excessive_bools,
    reason = "options are independent switches"
)]
#[derive(Clone, Debug, Default)]
pub(crate) struct Config {
    pub(crate) values: Values,
    pub(crate) quorum_policy: Quorum,
    pub(crate) have_quorum: bool,
    pub(crate) symmetric: bool,
    pub(crate) maintenance: bool,
    pub(crate) startup_probes: bool,
    pub(crate) stonith: bool,
    pub(crate) stonith_action: String,
    pub(crate) startup_fencing: bool,
    pub(crate) concurrent_fencing: bool,
    pub(crate) stop_all: bool,
    pub(crate) stop_orphans: bool,
    pub(crate) stop_orphan_actions: bool,
    pub(crate) shutdown_lock: bool,
    /// Seconds, 0 for ever.
    pub(crate) shutdown_lock_limit: i64,
    pub(crate) have_watchdog: bool,
    pub(crate) strategy: Strategy,
    pub(crate) health: String,
    pub(crate) health_base: Score,
    pub(crate) health_red: Score,
    pub(crate) health_yellow: Score,
    pub(crate) health_green: Score,
}

impl Config {
    pub(crate) fn read(cib: &Cib, now: i64) -> Self {
        let asked = Asked {
            now,
            ..Asked::default()
        };
        let mut values = Values::new();
        asked.merge(&mut values, &cib.crm_config, Some("cib-bootstrap-options"));
        let get = |name: &str| {
            values
                .get(name)
                .or_else(|| values.get(&*name.replace('-', "_")))
                .map(|v| &**v)
        };
        let flag = |name: &str, default: bool| get(name).and_then(parse_bool).unwrap_or(default);
        let stonith = flag("stonith-enabled", true);
        let mut config = Self {
            quorum_policy: quorum_policy(get("no-quorum-policy"), stonith, cib),
            have_quorum: is_true(cib.attrs.get("have-quorum")),
            symmetric: flag("symmetric-cluster", true),
            maintenance: flag("maintenance-mode", false),
            startup_probes: flag("enable-startup-probes", true),
            stonith,
            stonith_action: match get("stonith-action") {
                Some("poweroff") => "off".to_string(),
                Some(action) => action.to_string(),
                None => "reboot".to_string(),
            },
            startup_fencing: flag("startup-fencing", true),
            concurrent_fencing: flag("concurrent-fencing", false),
            stop_all: flag("stop-all-resources", false),
            stop_orphans: flag("stop-orphan-resources", true),
            stop_orphan_actions: flag("stop-orphan-actions", true),
            shutdown_lock: flag("shutdown-lock", false),
            shutdown_lock_limit: get("shutdown-lock-limit").and_then(parse_ms).unwrap_or(0) / 1000,
            have_watchdog: flag("have-watchdog", false),
            strategy: match get("placement-strategy") {
                Some("utilization") => Strategy::Utilization,
                Some("minimal") => Strategy::Minimal,
                Some("balanced") => Strategy::Balanced,
                _ => Strategy::Default,
            },
            health: get("node-health-strategy").unwrap_or("none").to_string(),
            health_base: get("node-health-base").map_or(0, parse_score),
            health_red: get("node-health-red").map_or(-INFINITY, parse_score),
            health_yellow: get("node-health-yellow").map_or(0, parse_score),
            health_green: get("node-health-green").map_or(0, parse_score),
            values: Values::new(),
        };
        config.values = values;
        config
    }
}

fn quorum_policy(value: Option<&str>, stonith: bool, cib: &Cib) -> Quorum {
    match value.map(str::to_ascii_lowercase).as_deref() {
        Some("ignore") => Quorum::Ignore,
        Some("freeze") => Quorum::Freeze,
        Some("demote") => Quorum::Demote,
        Some("suicide") if stonith => {
            // Without ever having had quorum there is nothing to commit suicide for.
            let had =
                is_true(cib.attrs.get("have-quorum")) || is_true(cib.attrs.get("no-quorum-panic"));
            if had { Quorum::Suicide } else { Quorum::Stop }
        }
        _ => Quorum::Stop,
    }
}
