//! The sections and keys that corosync.conf has, with their types: one row each.
//!
//! Source: corosync.conf(5) and votequorum(5); types, ranges and words as corosync 3.1.7 was measured to take them.

/// What a key's value must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    U8,
    U16,
    U32,
    I32,
    U64,
    /// One of these words, each time the key is written.
    Word(&'static [&'static str]),
    /// One of these words, where the key is written last.
    LastWord(&'static [&'static str]),
    /// As `LastWord`, in any case.
    LastWordAnyCase(&'static [&'static str]),
}

impl Kind {
    pub(crate) fn is_number(self) -> bool {
        matches!(
            self,
            Self::U8 | Self::U16 | Self::U32 | Self::I32 | Self::U64
        )
    }
}

/// A key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// Sections and key; `ringN_addr` stands for all of its kind.
    pub(crate) path: &'static str,
    pub(crate) kind: Kind,
    /// Why it has no effect in corosync 3, if it has none.
    pub(crate) dead: Option<&'static str>,
}

const fn key(path: &'static str, kind: Kind) -> Key {
    Key {
        path,
        kind,
        dead: None,
    }
}

const fn dead(path: &'static str, kind: Kind, why: &'static str) -> Key {
    Key {
        path,
        kind,
        dead: Some(why),
    }
}

/// A section.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) path: &'static str,
    pub(crate) use_: Use,
}

/// Who reads a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// Its keys are in the table of keys.
    Listed,
    /// Its keys are judged elsewhere, or belong to somebody else, such as a quorum device.
    Open,
    /// Nobody, and why.
    Dead(&'static str),
}

/// The sections that stand at the top.
pub(crate) const TOP: &[&str] = &[
    "totem",
    "nodelist",
    "quorum",
    "logging",
    "system",
    "resources",
    "nozzle",
    "uidgid",
    "service",
];

const PLUGIN: &str = "corosync 2 and later load no plugins: Pacemaker is started by itself";
const OPENAIS: &str = "it belonged to openais and corosync 1";
const REDUNDANT_RING: &str =
    "redundant rings ended with corosync 2: several links need `transport: knet`";

pub(crate) const SECTIONS: &[Section] = &[
    Section {
        path: "totem",
        use_: Use::Listed,
    },
    Section {
        path: "totem.interface",
        use_: Use::Listed,
    },
    Section {
        path: "totem.interface.member",
        use_: Use::Open,
    },
    Section {
        path: "nodelist",
        use_: Use::Listed,
    },
    Section {
        path: "nodelist.node",
        use_: Use::Listed,
    },
    Section {
        path: "quorum",
        use_: Use::Listed,
    },
    Section {
        path: "quorum.device",
        use_: Use::Listed,
    },
    Section {
        path: "quorum.device.net",
        use_: Use::Open,
    },
    Section {
        path: "quorum.device.heuristics",
        use_: Use::Open,
    },
    Section {
        path: "logging",
        use_: Use::Listed,
    },
    Section {
        path: "logging.logger_subsys",
        use_: Use::Listed,
    },
    Section {
        path: "logging.logging_daemon",
        use_: Use::Listed,
    },
    Section {
        path: "system",
        use_: Use::Listed,
    },
    Section {
        path: "resources",
        use_: Use::Open,
    },
    Section {
        path: "nozzle",
        use_: Use::Listed,
    },
    Section {
        path: "uidgid",
        use_: Use::Open,
    },
    Section {
        path: "service",
        use_: Use::Dead(PLUGIN),
    },
    Section {
        path: "aisexec",
        use_: Use::Dead(OPENAIS),
    },
    Section {
        path: "amf",
        use_: Use::Dead(OPENAIS),
    },
    Section {
        path: "event",
        use_: Use::Dead(OPENAIS),
    },
];

const YES_NO: &[&str] = &["yes", "no"];
const ON_OFF: &[&str] = &["on", "off"];
const SWITCH: &[&str] = &["yes", "on", "no", "off"];
const PRIORITIES: &[&str] = &[
    "emerg", "alert", "crit", "err", "error", "warning", "notice", "info", "debug",
];
const FACILITIES: &[&str] = &[
    "auth", "authpriv", "cron", "daemon", "ftp", "kern", "lpr", "mail", "news", "syslog", "user",
    "uucp", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
];

pub(crate) const KEYS: &[Key] = &[
    key("totem.version", Kind::U32),
    key("totem.transport", Kind::LastWord(&["knet", "udpu", "udp"])),
    key("totem.cluster_name", Kind::Text),
    // Written and read by pcs; corosync stores it.
    key("totem.cluster_uuid", Kind::Text),
    key("totem.config_version", Kind::U64),
    key(
        "totem.ip_version",
        Kind::Word(&["ipv4", "ipv6", "ipv6-4", "ipv4-6"]),
    ),
    key("totem.netmtu", Kind::U32),
    key("totem.block_unlisted_ips", Kind::Text),
    key("totem.cancel_token_hold_on_retransmit", Kind::Text),
    key("totem.clear_node_high_bit", Kind::Text),
    key("totem.token", Kind::U32),
    key("totem.token_coefficient", Kind::U32),
    key("totem.token_retransmit", Kind::U32),
    key("totem.token_retransmits_before_loss_const", Kind::U32),
    key("totem.token_warning", Kind::U32),
    key("totem.hold", Kind::U32),
    key("totem.join", Kind::U32),
    key("totem.send_join", Kind::U32),
    key("totem.consensus", Kind::U32),
    key("totem.merge", Kind::U32),
    key("totem.downcheck", Kind::U32),
    key("totem.fail_recv_const", Kind::U32),
    key("totem.seqno_unchanged_const", Kind::U32),
    key("totem.heartbeat_failures_allowed", Kind::U32),
    key("totem.max_network_delay", Kind::U32),
    key("totem.window_size", Kind::U32),
    key("totem.max_messages", Kind::U32),
    key("totem.miss_count_const", Kind::U32),
    key("totem.threads", Kind::U32),
    // This program's own; corosync stores them.
    key("totem.detect_refused", Kind::LastWord(YES_NO)),
    key("totem.detect_unplugged", Kind::LastWord(YES_NO)),
    key("totem.detect_silence", Kind::U32),
    key("totem.detect_patience", Kind::U32),
    key("totem.detect_pulse", Kind::U32),
    key("totem.secauth", Kind::Text),
    key("totem.crypto_model", Kind::Word(&["nss", "openssl"])),
    key(
        "totem.crypto_cipher",
        Kind::Word(&["none", "aes256", "aes192", "aes128"]),
    ),
    key(
        "totem.crypto_hash",
        Kind::Word(&["none", "md5", "sha1", "sha256", "sha384", "sha512"]),
    ),
    key("totem.keyfile", Kind::Text),
    key("totem.key", Kind::Text),
    key(
        "totem.link_mode",
        Kind::LastWord(&["active", "passive", "rr"]),
    ),
    key("totem.knet_pmtud_interval", Kind::U32),
    key("totem.knet_mtu", Kind::U32),
    key("totem.knet_compression_threshold", Kind::U32),
    key("totem.knet_compression_level", Kind::I32),
    key(
        "totem.knet_compression_model",
        Kind::Word(&["zlib", "lz4", "lz4hc", "lzo2", "lzma", "bzip2", "zstd"]),
    ),
    dead(
        "totem.nodeid",
        Kind::U32,
        "a node's id is the `nodeid` of its `node` section",
    ),
    dead("totem.vsftype", Kind::Text, OPENAIS),
    dead("totem.rrp_mode", Kind::Text, REDUNDANT_RING),
    dead("totem.rrp_token_expired_timeout", Kind::U32, REDUNDANT_RING),
    dead("totem.rrp_problem_count_timeout", Kind::U32, REDUNDANT_RING),
    dead(
        "totem.rrp_problem_count_threshold",
        Kind::U32,
        REDUNDANT_RING,
    ),
    dead(
        "totem.rrp_problem_count_mcast_threshold",
        Kind::U32,
        REDUNDANT_RING,
    ),
    dead(
        "totem.rrp_autorecovery_check_timeout",
        Kind::U32,
        REDUNDANT_RING,
    ),
    key("totem.interface.linknumber", Kind::U8),
    key("totem.interface.bindnetaddr", Kind::Text),
    key("totem.interface.mcastaddr", Kind::Text),
    key("totem.interface.mcastport", Kind::U16),
    key("totem.interface.broadcast", Kind::Text),
    key("totem.interface.ttl", Kind::U8),
    key(
        "totem.interface.knet_transport",
        Kind::LastWord(&["udp", "sctp"]),
    ),
    key("totem.interface.knet_link_priority", Kind::U8),
    key("totem.interface.knet_ping_interval", Kind::U32),
    key("totem.interface.knet_ping_timeout", Kind::U32),
    key("totem.interface.knet_ping_precision", Kind::U32),
    key("totem.interface.knet_pong_count", Kind::U32),
    dead(
        "totem.interface.ringnumber",
        Kind::Text,
        "corosync 3 numbers the links by `linknumber`, from 0",
    ),
    key("totem.interface.member.memberaddr", Kind::Text),
    key("nodelist.node.nodeid", Kind::U32),
    key("nodelist.node.quorum_votes", Kind::U32),
    key("nodelist.node.name", Kind::Text),
    key("nodelist.node.ringN_addr", Kind::Text),
    key(
        "quorum.provider",
        Kind::LastWord(&["corosync_votequorum", "corosync_ykd"]),
    ),
    key("quorum.expected_votes", Kind::U32),
    key("quorum.votes", Kind::U32),
    key("quorum.two_node", Kind::U8),
    key(
        "quorum.two_node_semantics",
        Kind::LastWord(&["strict", "corosync"]),
    ),
    key("quorum.wait_for_all", Kind::U8),
    key("quorum.auto_tie_breaker", Kind::U8),
    key("quorum.auto_tie_breaker_node", Kind::Text),
    key("quorum.last_man_standing", Kind::U8),
    key("quorum.last_man_standing_window", Kind::U32),
    key("quorum.allow_downscale", Kind::U8),
    key("quorum.expected_votes_tracking", Kind::U8),
    dead(
        "quorum.leaving_timeout",
        Kind::U32,
        "corosync 3 does not read it",
    ),
    dead(
        "quorum.cancel_wait_for_all",
        Kind::Text,
        "it is a request made at run time, not a setting",
    ),
    key("quorum.device.model", Kind::Text),
    key("quorum.device.votes", Kind::U32),
    key("quorum.device.timeout", Kind::U32),
    key("quorum.device.sync_timeout", Kind::U32),
    key("quorum.device.master_wins", Kind::U8),
    key("logging.to_stderr", Kind::LastWord(SWITCH)),
    key("logging.to_syslog", Kind::LastWord(SWITCH)),
    key("logging.to_logfile", Kind::LastWord(SWITCH)),
    key("logging.logfile", Kind::Text),
    key("logging.debug", Kind::LastWord(&["on", "off", "trace"])),
    key("logging.timestamp", Kind::LastWord(&["on", "off", "hires"])),
    key("logging.fileline", Kind::LastWord(ON_OFF)),
    key("logging.function_name", Kind::LastWord(ON_OFF)),
    key("logging.blackbox", Kind::LastWord(ON_OFF)),
    key("logging.syslog_facility", Kind::LastWord(FACILITIES)),
    key("logging.syslog_priority", Kind::LastWordAnyCase(PRIORITIES)),
    key(
        "logging.logfile_priority",
        Kind::LastWordAnyCase(PRIORITIES),
    ),
    key(
        "system.qb_ipc_type",
        Kind::Word(&["native", "shm", "socket"]),
    ),
    key("system.sched_rr", Kind::Word(YES_NO)),
    key(
        "system.move_to_root_cgroup",
        Kind::Word(&["yes", "no", "auto"]),
    ),
    key("system.allow_knet_handle_fallback", Kind::Word(YES_NO)),
    key("system.state_dir", Kind::Text),
    key("system.priority", Kind::Text),
    key("system.watchdog_device", Kind::Text),
    key("resources.watchdog_timeout", Kind::U32),
    key("resources.system.poll_period", Kind::U64),
    key("resources.system.memory_used.poll_period", Kind::U64),
    key("resources.process.poll_period", Kind::U64),
    key("resources.process.memory_used.poll_period", Kind::U64),
    key("nozzle.name", Kind::Text),
    key("nozzle.ipaddr", Kind::Text),
    key("nozzle.ipprefix", Kind::Text),
    key("nozzle.macaddr", Kind::Text),
    key("uidgid.uid", Kind::Text),
    key("uidgid.gid", Kind::Text),
    dead("compatibility", Kind::Text, OPENAIS),
];

/// The row of a key, by sections and name.
pub(crate) fn key_at(path: &str) -> Option<&'static Key> {
    let path = match path.strip_prefix("nodelist.node.") {
        Some(name) if ring_number(name).is_some() => "nodelist.node.ringN_addr",
        _ => path,
    };
    KEYS.iter().find(|key| key.path == path)
}

/// The path of a section or key inside `outer`, which is empty at the top.
pub(crate) fn join(outer: &str, name: &str) -> String {
    if outer.is_empty() {
        name.into()
    } else {
        format!("{outer}.{name}")
    }
}

/// Whether corosync can store a key of this path.
pub(crate) fn can_store(path: &str) -> bool {
    const KEY_BYTES_MIN: usize = 3;
    path.len() >= KEY_BYTES_MIN
        && path
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._-/:".contains(&b))
}

/// The row of a section.
pub(crate) fn section_at(path: &str) -> Option<&'static Section> {
    SECTIONS.iter().find(|section| section.path == path)
}

/// The N of `ringN_addr`.
pub(crate) fn ring_number(key: &str) -> Option<u32> {
    let digits = key.strip_prefix("ring")?.strip_suffix("_addr")?;
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
        .then(|| digits.parse().unwrap_or(u32::MAX))
}

/// The row for a key that is stored under `logging`, also when it stands in a subsystem's section.
pub(crate) fn logging_key(name: &str) -> Option<&'static Key> {
    KEYS.iter()
        .find(|key| key.path.strip_prefix("logging.") == Some(name))
}
