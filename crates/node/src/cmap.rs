//! The node's state as corosync's configuration map shows it: keys, types and values of `corosync-cmapctl`.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;
use core::time::Duration;

use ringwright_totem::ring::Stats;
use ringwright_totem::ring::timing::Timing;

use crate::{MemberState, Node};

/// A key's value with cmap's type for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CmapValue {
    /// `str`
    Str(String),
    /// `u8`
    U8(u8),
    /// `u16`
    U16(u16),
    /// `u32`
    U32(u32),
    /// `u64`
    U64(u64),
}

impl CmapValue {
    /// The type as corosync-cmapctl names it.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Str(_) => "str",
            Self::U8(_) => "u8",
            Self::U16(_) => "u16",
            Self::U32(_) => "u32",
            Self::U64(_) => "u64",
        }
    }
}

impl fmt::Display for CmapValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Str(text) => f.write_str(text),
            Self::U8(n) => n.fmt(f),
            Self::U16(n) => n.fmt(f),
            Self::U32(n) => n.fmt(f),
            Self::U64(n) => n.fmt(f),
        }
    }
}

/// Keys with their values, sorted bytewise as corosync's tools print them.
pub type Cmap = BTreeMap<String, CmapValue>;

/// The services that take part in a ring, by their ids.
const SERVICES: [(u16, &str); 4] = [(0, "cmap"), (2, "cpg"), (3, "quorum"), (5, "votequorum")];

impl Node {
    /// The `runtime` and `internal_configuration` keys. Those that come from corosync.conf are the owner's.
    ///
    /// Source: the key listing of corosync 3.1.7. Message counts of the services are not kept, nor keys of services that
    /// are not here (cfg, pload, mon, wd).
    #[must_use]
    pub fn cmap(&self) -> Cmap {
        let mut cmap = Cmap::new();
        self.put_members(&mut cmap);
        self.put_votequorum(&mut cmap);
        put_timing(self.engine().ring().timing(), &mut cmap);
        let votequorum = self.engine().quorum().is_some();
        for (id, name) in SERVICES.iter().filter(|(id, _)| *id != 5 || votequorum) {
            let prefix = format!("internal_configuration.service.{id}");
            cmap.insert(
                format!("{prefix}.name"),
                CmapValue::Str(format!("corosync_{name}")),
            );
            cmap.insert(format!("{prefix}.ver"), CmapValue::U32(0));
            cmap.insert(
                format!("runtime.services.{name}.service_id"),
                CmapValue::U16(*id),
            );
        }
        cmap
    }

    /// The keys of the map `stats`: the ring's counters.
    ///
    /// Ours beside corosync's: `malformed`, `unlisted` and `implausible`, which add up to `rx_msg_dropped`. Moving averages
    /// and times since the last token are not kept.
    #[must_use]
    pub fn cmap_stats(&self) -> Cmap {
        let stats = self.engine().ring().stats();
        let mut cmap: Cmap = counters(stats)
            .into_iter()
            .map(|(name, count)| (format!("stats.srp.{name}"), CmapValue::U64(count)))
            .collect();
        cmap.insert(
            "stats.srp.continuous_gather".to_string(),
            CmapValue::U32(stats.continuous_gather),
        );
        cmap
    }

    fn put_members(&self, cmap: &mut Cmap) {
        for (id, member) in self.members() {
            let mut put = |key: &str, value| {
                cmap.insert(format!("runtime.members.{id}.{key}"), value);
            };
            if let Some(version) = member.config_version {
                put("config_version", CmapValue::U64(version));
            }
            let entry = self.config().nodes.iter().find(|node| node.id == *id);
            let address = entry.map_or("", |node| node.address.as_str());
            // corosync ends each link with a blank.
            put("ip", CmapValue::Str(format!("r(0) ip({address}) ")));
            put("join_count", CmapValue::U32(member.join_count));
            let status = match member.state {
                MemberState::Joined => "joined",
                MemberState::Left => "left",
            };
            put("status", CmapValue::Str(status.to_string()));
        }
    }

    fn put_votequorum(&self, cmap: &mut Cmap) {
        let Some(quorum) = self.engine().quorum() else {
            return;
        };
        let runtime = quorum.runtime();
        let extremes = runtime.lowest_and_highest;
        let keys = [
            ("this_node_id", Some(CmapValue::U32(self.config().me.0))),
            ("two_node", Some(CmapValue::U8(runtime.two_node))),
            ("ev_barrier", Some(CmapValue::U32(runtime.ev_barrier))),
            (
                "wait_for_all_status",
                runtime
                    .wait_for_all_status
                    .map(|on| CmapValue::U8(on.into())),
            ),
            (
                "lowest_node_id",
                extremes.map(|(lowest, _)| CmapValue::U32(lowest.0)),
            ),
            (
                "highest_node_id",
                extremes.map(|(_, highest)| CmapValue::U32(highest.0)),
            ),
            ("atb_type", runtime.tie_breaker.map(CmapValue::U32)),
            (
                "ev_tracking_barrier",
                runtime.ev_tracking_barrier.map(CmapValue::U32),
            ),
            (
                "qdevice_can_operate",
                runtime
                    .device_can_operate
                    .map(|on| CmapValue::U8(on.into())),
            ),
            (
                "qdevice_master_wins",
                runtime
                    .device_master_wins
                    .map(|on| CmapValue::U8(on.into())),
            ),
        ];
        for (key, value) in keys {
            if let Some(value) = value {
                cmap.insert(format!("runtime.votequorum.{key}"), value);
            }
        }
    }
}

fn put_timing(timing: &Timing, cmap: &mut Cmap) {
    let ms = |time: Duration| u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
    let keys = [
        (
            "cancel_token_hold_on_retransmit",
            timing.cancel_token_hold_on_retransmit.into(),
        ),
        ("consensus", ms(timing.consensus)),
        ("detect_patience", ms(timing.detection.patience)),
        ("detect_pulse", ms(timing.detection.pulse)),
        ("detect_refused", timing.detection.refused.into()),
        ("detect_silence", ms(timing.detection.silence)),
        ("detect_unplugged", timing.detection.unplugged.into()),
        ("downcheck", ms(timing.downcheck)),
        ("fail_recv_const", timing.fail_recv_const),
        (
            "heartbeat_failures_allowed",
            timing.heartbeat_failures_allowed,
        ),
        ("hold", ms(timing.hold)),
        ("join", ms(timing.join)),
        ("max_messages", timing.max_messages),
        ("max_network_delay", ms(timing.max_network_delay)),
        ("merge", ms(timing.merge)),
        ("miss_count_const", timing.miss_count_const),
        ("send_join", ms(timing.send_join)),
        ("seqno_unchanged_const", timing.seqno_unchanged_const),
        ("token", ms(timing.token)),
        ("token_retransmit", ms(timing.token_retransmit)),
        ("token_warning", timing.token_warning),
        ("window_size", timing.window_size),
    ];
    for (key, value) in keys {
        cmap.insert(format!("runtime.config.totem.{key}"), CmapValue::U32(value));
    }
}

fn counters(stats: &Stats) -> [(&'static str, u64); 26] {
    [
        ("commit_entered", stats.commit_entered),
        ("commit_token_lost", stats.commit_token_lost),
        ("consensus_timeouts", stats.consensus_timeouts),
        ("gather_entered", stats.gather_entered),
        ("gather_token_lost", stats.gather_token_lost),
        ("implausible", stats.implausible),
        ("malformed", stats.malformed),
        ("mcast_retx", stats.mcast_retx),
        ("mcast_rx", stats.mcast_rx),
        ("mcast_tx", stats.mcast_tx),
        ("memb_commit_token_rx", stats.memb_commit_token_rx),
        ("memb_commit_token_tx", stats.memb_commit_token_tx),
        ("memb_join_rx", stats.memb_join_rx),
        ("memb_join_tx", stats.memb_join_tx),
        ("memb_merge_detect_rx", stats.memb_merge_detect_rx),
        ("memb_merge_detect_tx", stats.memb_merge_detect_tx),
        ("operational_entered", stats.operational_entered),
        ("operational_token_lost", stats.operational_token_lost),
        ("orf_token_rx", stats.orf_token_rx),
        ("orf_token_tx", stats.orf_token_tx),
        ("recovery_entered", stats.recovery_entered),
        ("recovery_token_lost", stats.recovery_token_lost),
        ("rx_msg_dropped", stats.rx_msg_dropped()),
        ("token_hold_cancel_rx", stats.token_hold_cancel_rx),
        ("token_hold_cancel_tx", stats.token_hold_cancel_tx),
        ("unlisted", stats.unlisted),
    ]
}
