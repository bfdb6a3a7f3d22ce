//! A floating address as its resource's parameters describe it: those of `ocf:heartbeat:IPaddr2`, and two of our own.
//! Pure.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;
use std::time::Duration;

/// The longest label that the kernel takes, bytes.
const LABEL_MAX: usize = 15;

/// The most announcements or probes; what asks for more gets these.
const FRAMES_MAX: u32 = 1000;

/// The broadcast address that goes with an IPv4 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broadcast {
    /// That of the address from which its network is reached, if there is one.
    Inherited,
    /// `+`: the host bits set.
    HostBitsSet,
    /// `-`: the host bits clear.
    HostBitsClear,
    /// This one.
    Given(Ipv4Addr),
}

/// What the network is told of a new address, and what is looked for before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frames {
    /// How many.
    pub count: u32,
    /// The time between two.
    pub interval: Duration,
}

/// A floating address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressSpec {
    /// `ip`.
    pub ip: IpAddr,
    /// `cidr_netmask`, also as dotted quad. Without: the prefix of the route to it.
    pub prefix_len: Option<u8>,
    /// `nic`: the interface's name. Without: that of the route to it.
    pub link: Option<String>,
    /// `broadcast`; IPv4 only.
    pub broadcast: Broadcast,
    /// `iflabel`, or what follows a colon in `nic`: the label after the interface's name; IPv4 only.
    pub label: Option<String>,
    /// `nodad`: IPv6's duplicate address detection is left out.
    pub no_dad: bool,
    /// `noprefixroute`: no route to the address's network comes with it.
    pub no_prefix_route: bool,
    /// `preferred_lft` in seconds, 0: never a source address by the kernel's choice. `None` for ever: as long as the lease.
    /// IPv6 only.
    pub preferred: Option<u32>,
    /// `arp_count` and `arp_interval` (ms), default 5 and 200 ms: announcements, each a gratuitous ARP request and reply, or
    /// an unsolicited neighbour advertisement.
    pub announcements: Frames,
    /// `arp_bg`: the start does not wait for the announcements after the first. Default true for IPv4, false for IPv6.
    pub background: bool,
    /// `arp_count_refresh`, default 0: announcements at each monitor; IPv4 only.
    pub refresh: u32,
    /// `probe_count` and `probe_interval` (ms), default 3 and 100 ms: the ARP probes before an IPv4 address is taken. RFC
    /// 5227 probes three times too, with 1 to 2 s between; a failover cannot wait that long, and a host on the same
    /// network answers within milliseconds. IPv6 addresses are probed by the kernel, at its pace.
    pub probes: Frames,
}

/// Why parameters describe no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecError {
    /// The parameter's name.
    pub parameter: &'static str,
    /// Its value; `None` without one.
    pub value: Option<String>,
    /// What it must be.
    pub expected: &'static str,
    /// Also a stop, or a look, makes no sense with it.
    pub always: bool,
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            parameter,
            expected,
            ..
        } = self;
        match &self.value {
            Some(value) => write!(f, "{parameter}={value}: expected {expected}"),
            None => write!(f, "{parameter} is missing: expected {expected}"),
        }
    }
}

impl std::error::Error for SpecError {}

impl AddressSpec {
    /// An address with nothing else given.
    #[must_use]
    pub fn new(ip: IpAddr) -> Self {
        Self {
            ip,
            prefix_len: None,
            link: None,
            broadcast: Broadcast::Inherited,
            label: None,
            no_dad: false,
            no_prefix_route: false,
            preferred: None,
            announcements: frames(5, 200),
            background: ip.is_ipv4(),
            refresh: 0,
            probes: frames(3, 100),
        }
    }

    /// Reads a resource's parameters. Empty values count as none.
    pub fn from_parameters(parameters: &BTreeMap<String, String>) -> Result<Self, SpecError> {
        let p = Parameters(parameters);
        let mut spec = Self::new(p.ip()?);
        p.frames(&mut spec)?;
        p.refuse_what_only_the_script_does()?;
        let (link, label) = p.link_and_label()?;
        (spec.link, spec.label) = (link, label);
        spec.prefix_len = p.prefix_len(spec.ip)?;
        spec.broadcast = p.broadcast()?;
        spec.no_dad = p.is_true("nodad");
        spec.no_prefix_route = p.is_true("noprefixroute");
        spec.preferred = match p.get("preferred_lft") {
            None | Some("forever") => None,
            Some(_) => Some(p.number("preferred_lft", 0, "seconds, or forever")?),
        };
        if spec.ip.to_string().starts_with("fe80:") && spec.link.is_none() {
            return Err(SpecError {
                parameter: "nic",
                value: None,
                expected: "an interface, as for every link-local address",
                always: false,
            });
        }
        Ok(spec)
    }

    /// The label of the address on an interface of this name.
    pub(crate) fn full_label(&self, link: &str) -> Option<String> {
        let label = self.label.as_ref().filter(|_| self.ip.is_ipv4())?;
        Some(format!("{link}:{label}"))
    }

    /// Refuses a label that does not fit behind the interface's name.
    pub(crate) fn check_label(&self, link: &str) -> Result<(), SpecError> {
        match self.full_label(link) {
            Some(label) if label.len() > LABEL_MAX => Err(SpecError {
                parameter: "iflabel",
                value: Some(label),
                expected: "at most 15 characters with the interface's name",
                always: false,
            }),
            _ => Ok(()),
        }
    }
}

fn frames(count: u32, millis: u32) -> Frames {
    Frames {
        count: count.min(FRAMES_MAX),
        interval: Duration::from_millis(millis.into()),
    }
}

/// What scripts take for true.
fn is_true(value: &str) -> bool {
    ["yes", "true", "1", "YES", "TRUE", "True", "ja", "on", "ON"].contains(&value)
}

struct Parameters<'a>(&'a BTreeMap<String, String>);

impl Parameters<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }

    fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(is_true)
    }

    fn refuse(&self, parameter: &'static str, expected: &'static str) -> SpecError {
        SpecError {
            parameter,
            value: self.get(parameter).map(str::to_owned),
            expected,
            always: false,
        }
    }

    fn number(
        &self,
        name: &'static str,
        default: u32,
        expected: &'static str,
    ) -> Result<u32, SpecError> {
        let value = self.get(name).map(u32::from_str).transpose();
        value
            .map(|value| value.unwrap_or(default))
            .map_err(|_| self.refuse(name, expected))
    }

    fn ip(&self) -> Result<IpAddr, SpecError> {
        let ip = self.get("ip").and_then(|ip| ip.parse().ok());
        // As the script, which asks for a first part from 1 to 255.
        let ip = ip.filter(|ip| !matches!(ip, IpAddr::V4(ip) if ip.octets()[0] == 0));
        ip.filter(|ip| !ip.is_multicast()).ok_or_else(|| SpecError {
            always: self.get("ip").is_none(),
            ..self.refuse("ip", "an IPv4 or IPv6 address")
        })
    }

    /// IPaddr2 judges these numbers whatever it is asked for.
    fn frames(&self, spec: &mut AddressSpec) -> Result<(), SpecError> {
        let judged = |name, default| {
            let expected = "a number above 0";
            let number = self.number(name, default, expected);
            let number =
                number.and_then(|n| (n > 0).then_some(n).ok_or(self.refuse(name, expected)));
            number.map_err(|error| SpecError {
                always: true,
                ..error
            })
        };
        let count = judged("arp_count", 5)?;
        spec.announcements = frames(count, judged("arp_interval", 200)?);
        let count = self.number("probe_count", 3, "a number, 0 for no probes")?;
        spec.probes = frames(count, judged("probe_interval", 100)?);
        let refresh = self.number("arp_count_refresh", 0, "a number")?;
        spec.refresh = refresh.min(FRAMES_MAX);
        if let Some(background) = self.get("arp_bg") {
            spec.background = is_true(background);
        }
        Ok(())
    }

    /// What would make another thing of the address must not be left out silently.
    fn refuse_what_only_the_script_does(&self) -> Result<(), SpecError> {
        let switches = ["lvs_support", "lvs_ipv6_addrlabel", "unique_clone_address"];
        for name in switches {
            if self.is_true(name) {
                let refused = self.refuse(name, "false: only IPaddr2's script can do that");
                return Err(SpecError {
                    always: true,
                    ..refused
                });
            }
        }
        if self.get("network_namespace").is_some() {
            let expected = "none: only IPaddr2's script can do that";
            return Err(self.refuse("network_namespace", expected));
        }
        Ok(())
    }

    fn link_and_label(&self) -> Result<(Option<String>, Option<String>), SpecError> {
        let nic = self.get("nic");
        let (link, label) = match nic.and_then(|nic| nic.split_once(':')) {
            Some((link, label)) => (Some(link), Some(label)),
            None => (nic, self.get("iflabel")),
        };
        if link.is_some_and(|link| link.is_empty() || link.len() > LABEL_MAX) {
            return Err(self.refuse("nic", "the name of an interface"));
        }
        let label = label.filter(|label| !label.is_empty());
        Ok((link.map(str::to_owned), label.map(str::to_owned)))
    }

    fn prefix_len(&self, ip: IpAddr) -> Result<Option<u8>, SpecError> {
        // An old name of it.
        let name = match self.get("cidr_netmask") {
            None => "netmask",
            Some(_) => "cidr_netmask",
        };
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let longest = if ip.is_ipv4() { 32 } else { 128 };
        let quad = value.parse::<Ipv4Addr>().ok().filter(|_| ip.is_ipv4());
        let length = match quad.map(u32::from) {
            Some(mask) if mask.count_zeros() == mask.trailing_zeros() => {
                u8::try_from(mask.leading_ones()).ok()
            }
            Some(_) => None,
            None => value.parse().ok(),
        };
        let length = length.filter(|length| (1..=longest).contains(length));
        let length = length.ok_or_else(|| self.refuse(name, "the bits of the network's prefix"))?;
        Ok(Some(length))
    }

    fn broadcast(&self) -> Result<Broadcast, SpecError> {
        match self.get("broadcast") {
            None => Ok(Broadcast::Inherited),
            Some("+") => Ok(Broadcast::HostBitsSet),
            Some("-") => Ok(Broadcast::HostBitsClear),
            Some(address) => match address.parse::<Ipv4Addr>() {
                Ok(address) if address.octets()[0] != 0 => Ok(Broadcast::Given(address)),
                _ => Err(self.refuse("broadcast", "an IPv4 address, + or -")),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parameters: &str) -> Result<AddressSpec, SpecError> {
        let pairs = parameters
            .split(' ')
            .map(|pair| pair.split_once('=').unwrap());
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        AddressSpec::from_parameters(&pairs.collect())
    }

    fn refusal(parameters: &str) -> String {
        read(parameters).unwrap_err().to_string()
    }

    #[test]
    fn the_reports_address_is_read_with_ipaddr2s_defaults() {
        let spec = read("ip=192.168.56.56 cidr_netmask=24").unwrap();
        let expected = AddressSpec {
            prefix_len: Some(24),
            ..AddressSpec::new("192.168.56.56".parse().unwrap())
        };
        assert_eq!(spec, expected);
        assert_eq!(spec.announcements, frames(5, 200));
        assert!(spec.background);
        assert!(!read("ip=fd00::1").unwrap().background);
    }

    #[test]
    fn all_parameters_are_read() {
        let spec = read(
            "ip=10.0.0.9 netmask=255.255.240.0 nic=eth0:web broadcast=+ noprefixroute=true nodad=on \
             preferred_lft=0 arp_count=2 arp_interval=50 arp_bg=no arp_count_refresh=1 probe_count=0 \
             probe_interval=20 arp_sender=send_arp",
        );
        let spec = spec.unwrap();
        assert_eq!(spec.prefix_len, Some(20));
        assert_eq!(spec.link.as_deref(), Some("eth0"));
        assert_eq!(spec.full_label("eth0").as_deref(), Some("eth0:web"));
        assert_eq!(spec.broadcast, Broadcast::HostBitsSet);
        assert!(spec.no_prefix_route && spec.no_dad && !spec.background);
        assert_eq!(spec.preferred, Some(0));
        assert_eq!((spec.announcements, spec.refresh), (frames(2, 50), 1));
        assert_eq!(spec.probes, frames(0, 20));
    }

    #[test]
    fn a_refusal_names_the_parameter_and_what_it_must_be() {
        assert_eq!(
            refusal("x=y"),
            "ip is missing: expected an IPv4 or IPv6 address"
        );
        for ip in ["999.1.1.1", "0.1.2.3", "fd00::zz", "224.0.0.1", "host"] {
            let expected = format!("ip={ip}: expected an IPv4 or IPv6 address");
            assert_eq!(refusal(&format!("ip={ip}")), expected);
        }
        for prefix in ["0", "33", "-1", "255.0.255.0", "abc"] {
            let parameters = format!("ip=10.0.0.9 cidr_netmask={prefix}");
            assert!(refusal(&parameters).starts_with(&format!("cidr_netmask={prefix}: ")));
        }
        assert!(read("ip=fd00::1 cidr_netmask=128").is_ok());
        assert!(refusal("ip=10.0.0.9 broadcast=none").starts_with("broadcast=none: "));
        assert!(refusal("ip=fe80::1").starts_with("nic is missing: "));
        assert!(refusal("ip=10.0.0.9 lvs_support=true").starts_with("lvs_support=true: "));
        assert!(refusal("ip=10.0.0.9 network_namespace=x").starts_with("network_namespace=x: "));
        assert!(refusal("ip=10.0.0.9 preferred_lft=long").starts_with("preferred_lft=long: "));
    }

    #[test]
    fn numbers_of_announcements_are_judged_always() {
        for bad in ["arp_count=0", "arp_count=x", "arp_interval=0"] {
            assert!(read(&format!("ip=10.0.0.9 {bad}")).unwrap_err().always);
        }
        assert!(!read("ip=10.0.0.9 cidr_netmask=99").unwrap_err().always);
        let many = read("ip=10.0.0.9 arp_count=4000000000").unwrap();
        assert_eq!(many.announcements.count, FRAMES_MAX);
    }

    #[test]
    fn a_label_fits_behind_the_interfaces_name() {
        let spec = read("ip=10.0.0.9 iflabel=0123456789").unwrap();
        assert!(spec.check_label("eth0").is_ok());
        assert!(spec.check_label("eth00").is_err());
    }
}
