//! The section `totem`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ringwright_totem::ring::timing::{Timing, TimingKeys};

use crate::Cmap;

/// How datagrams travel: `totem.transport`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// Unicast to every node of the nodelist.
    Udpu,
    /// Multicast, or broadcast.
    Udp,
    /// Sealed and fragmented datagrams over up to eight links; corosync's default.
    #[default]
    Knet,
}

impl Transport {
    /// As corosync.conf writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Udpu => "udpu",
            Self::Udp => "udp",
            Self::Knet => "knet",
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which family a name is resolved to: `totem.ip_version`. Default `ipv6-4`, for udp `ipv4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IpVersion {
    /// IPv4 only.
    V4,
    /// IPv6 only.
    V6,
    /// IPv6 if the name has it, otherwise IPv4.
    V6Then4,
    /// IPv4 if the name has it, otherwise IPv6.
    V4Then6,
}

/// `totem.crypto_cipher` and `totem.crypto_hash`, or what `secauth: on` stands for. Only knet can do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crypto {
    /// `aes256`, `aes192`, `aes128` or `none`.
    pub cipher: String,
    /// `sha256` and its kin, or `none`.
    pub hash: String,
}

/// The section `totem`. Source: corosync.conf(5), with the defaults of corosync 3.1.7.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totem {
    /// How datagrams travel.
    pub transport: Transport,
    /// `cluster_name`.
    pub cluster_name: Option<String>,
    /// `config_version`, default 0: whose file is newer when nodes join.
    pub config_version: u64,
    /// Which family a name is resolved to.
    pub ip_version: IpVersion,
    /// `netmtu`, bytes, default 1500: the largest packet with its IP and UDP headers.
    pub netmtu: u32,
    /// `block_unlisted_ips`, default yes: drop datagrams whose sender is not in the nodelist.
    pub block_unlisted_ips: bool,
    /// `clear_node_high_bit`, default no: generated ids lose their highest bit.
    pub clear_node_high_bit: bool,
    /// What is to be sealed how; `None` for plain traffic.
    pub crypto: Option<Crypto>,
    /// Link 0: `totem.interface` without `linknumber`, or with 0.
    pub interface: Interface,
    /// The timing keys as written.
    pub timing_keys: TimingKeys,
    /// The effective timers for a nodelist of this length; the defaults if the keys are refused.
    pub timing: Timing,
}

/// The section `totem.interface` of link 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// `bindnetaddr` as written. Without effect: the nodelist's address wins.
    pub bindnetaddr: Option<String>,
    /// The group that udp sends to: `mcastaddr`, otherwise derived from the cluster's name as corosync does; `None`
    /// with `broadcast`, or if neither is there.
    pub mcastaddr: Option<IpAddr>,
    /// `mcastport`, default 5405: the port of every node.
    pub mcastport: u16,
    /// `ttl` of multicast datagrams, default 1.
    pub ttl: u8,
    /// `broadcast: yes`: udp sends to 255.255.255.255 instead of a group; udpu does not care.
    pub broadcast: bool,
}

impl Totem {
    pub(crate) fn read(cmap: &Cmap, nodes: usize) -> Self {
        let text = |key: &str| cmap.text(&format!("totem.{key}"));
        let transport = match text("transport") {
            Some("udpu") => Transport::Udpu,
            Some("udp") => Transport::Udp,
            _ => Transport::Knet,
        };
        let ip_version = match text("ip_version") {
            Some("ipv4") => IpVersion::V4,
            Some("ipv6") => IpVersion::V6,
            Some("ipv4-6") => IpVersion::V4Then6,
            None if transport == Transport::Udp => IpVersion::V4,
            _ => IpVersion::V6Then4,
        };
        let timing_keys = timing_keys(cmap);
        Self {
            transport,
            cluster_name: text("cluster_name").map(Into::into),
            config_version: cmap.u64("totem.config_version").unwrap_or(0),
            ip_version,
            netmtu: cmap
                .u32("totem.netmtu")
                .filter(|&mtu| mtu != 0)
                .unwrap_or(1500),
            block_unlisted_ips: text("block_unlisted_ips") != Some("no"),
            clear_node_high_bit: text("clear_node_high_bit") == Some("yes"),
            crypto: crypto(cmap),
            interface: Interface::read(cmap, ip_version),
            timing: Timing::resolve(&timing_keys, nodes).unwrap_or_else(|_| Timing::of(nodes)),
            timing_keys,
        }
    }
}

fn timing_keys(cmap: &Cmap) -> TimingKeys {
    let ms = |key: &str| cmap.u32(&format!("totem.{key}"));
    let flag = |key: &str| cmap.text(&format!("totem.{key}")).map(|word| word == "yes");
    TimingKeys {
        token: ms("token"),
        token_coefficient: ms("token_coefficient"),
        token_warning: ms("token_warning"),
        token_retransmits_before_loss_const: ms("token_retransmits_before_loss_const"),
        token_retransmit: ms("token_retransmit"),
        hold: ms("hold"),
        join: ms("join"),
        send_join: ms("send_join"),
        consensus: ms("consensus"),
        merge: ms("merge"),
        downcheck: ms("downcheck"),
        fail_recv_const: ms("fail_recv_const"),
        seqno_unchanged_const: ms("seqno_unchanged_const"),
        window_size: ms("window_size"),
        max_messages: ms("max_messages"),
        miss_count_const: ms("miss_count_const"),
        heartbeat_failures_allowed: ms("heartbeat_failures_allowed"),
        max_network_delay: ms("max_network_delay"),
        cancel_token_hold_on_retransmit: cmap.text("totem.cancel_token_hold_on_retransmit")
            == Some("yes"),
        detect_refused: flag("detect_refused"),
        detect_unplugged: flag("detect_unplugged"),
        detect_silence: ms("detect_silence"),
        detect_patience: ms("detect_patience"),
        detect_pulse: ms("detect_pulse"),
    }
}

fn crypto(cmap: &Cmap) -> Option<Crypto> {
    let secauth = cmap.text("totem.secauth") == Some("on");
    let of = |key: &str, secure: &str| {
        cmap.text(key)
            .unwrap_or(if secauth { secure } else { "none" })
            .to_owned()
    };
    let crypto = Crypto {
        cipher: of("totem.crypto_cipher", "aes256"),
        hash: of("totem.crypto_hash", "sha256"),
    };
    (crypto.cipher != "none" || crypto.hash != "none").then_some(crypto)
}

impl Interface {
    fn read(cmap: &Cmap, ip_version: IpVersion) -> Self {
        let text = |key: &str| cmap.text(&format!("totem.interface.0.{key}"));
        let broadcast = text("broadcast") == Some("yes");
        let mcastaddr = match (text("mcastaddr"), cmap.text("totem.cluster_name")) {
            _ if broadcast => None,
            (Some(address), _) => address.parse().ok(),
            (None, Some(cluster)) => Some(group_of(cluster, ip_version == IpVersion::V6)),
            (None, None) => None,
        };
        Self {
            bindnetaddr: text("bindnetaddr").map(Into::into),
            mcastaddr,
            mcastport: cmap
                .u16("totem.interface.0.mcastport")
                .filter(|&port| port != 0)
                .unwrap_or(5405),
            ttl: cmap.u8("totem.interface.0.ttl").unwrap_or(1),
            broadcast,
        }
    }
}

/// The group of a cluster that names none: 239.192.x.y or `ff15::x` from a 16-bit hash of its name.
fn group_of(cluster: &str, v6: bool) -> IpAddr {
    // C's char is signed where corosync was measured.
    let hash = cluster.bytes().fold(0i32, |hash, byte| {
        hash.wrapping_shl(1)
            .wrapping_add(i32::from(byte.cast_signed()))
    });
    let [low, high, ..] = hash.to_le_bytes();
    let id = u16::from_le_bytes([low, high]);
    if v6 {
        Ipv6Addr::new(0xff15, 0, 0, 0, 0, 0, 0, id).into()
    } else {
        let low = u8::try_from(id % 255).expect("a remainder of 255");
        Ipv4Addr::new(239, 192, high, low).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_comes_from_the_clusters_name_as_corosync_was_seen_to_join_it() {
        let groups = [
            ("ab", "239.192.1.37"),
            ("lbcluster", "239.192.209.6"),
            ("h\u{ff}per", "239.192.10.46"),
        ];
        for (cluster, group) in groups {
            assert_eq!(group_of(cluster, false).to_string(), group);
        }
        assert_eq!(group_of("lbcluster", true).to_string(), "ff15::d134");
        assert_eq!(group_of("h\u{ff}per", true).to_string(), "ff15::a24");
    }
}
