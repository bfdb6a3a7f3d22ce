//! What a bundle asks for, and the definitions that follow from it: containers, addresses, connections.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::remote::connection;
use super::setup::nvset;
use crate::cib::value::{is_true, leading_integer};
use crate::cib::{Bundle, Operation, Primitive};
use crate::xml::Element;

/// Where logs of containers are kept on their hosts.
const LOGS: &str = "/var/log/pacemaker/bundles";
/// The key of connections, the same inside and outside.
const AUTH_KEY: &str = "/etc/pacemaker/authkey";
/// What runs in a container that holds a resource, unless something else is asked for.
const REMOTE_DAEMON: &str = "/usr/sbin/pacemaker-remoted";
/// The port of connections.
const REMOTE_PORT: &str = "3121";
/// More replicas than this are not made.
const REPLICAS_MAX: i64 = 1_000;

struct Mount {
    source: String,
    target: String,
    options: Option<String>,
    /// Each replica has a folder of its own.
    own: bool,
}

/// A bundle's settings.
pub(super) struct Layout<'b> {
    prefix: &'b str,
    agent: &'b str,
    image: &'b str,
    network: Option<&'b str>,
    command: Option<&'b str>,
    options: Option<&'b str>,
    control_port: Option<&'b str>,
    first_ip: Option<&'b str>,
    interface: Option<&'b str>,
    netmask: Option<&'b str>,
    add_host: bool,
    mounts: Vec<Mount>,
    /// Outside, inside.
    ports: Vec<(String, String)>,
    pub(super) replicas: u32,
    pub(super) per_host: i32,
    pub(super) promoted_max: u32,
    /// A resource runs inside.
    pub(super) filled: bool,
}

impl<'b> Layout<'b> {
    pub(super) fn of(b: &'b Bundle) -> Self {
        let c = &b.container.attrs;
        let number = |names: &[&str]| {
            let text = names.iter().find_map(|n| c.get(n));
            text.map(|t| leading_integer(t).clamp(0, REPLICAS_MAX))
        };
        let small = |n: i64| u32::try_from(n).unwrap_or(0);
        let net = |name: &str| b.network.as_ref().and_then(|n| n.attrs.get(name));
        let promoted = number(&["promoted-max", "masters"]).unwrap_or(0);
        let replicas = number(&["replicas"]).filter(|n| *n > 0);
        let per_host = number(&["replicas-per-host"]).filter(|n| *n > 0);
        let (control_port, first_ip) = (net("control-port"), net("ip-range-start"));
        let mut layout = Self {
            prefix: b.attrs.id(),
            agent: &b.container.name,
            image: c.get("image").unwrap_or(""),
            network: c.get("network"),
            command: c.get("run-command"),
            options: c.get("options"),
            control_port,
            first_ip,
            interface: net("host-interface"),
            netmask: net("host-netmask"),
            add_host: net("add-host").is_none_or(|v| is_true(Some(v))),
            mounts: Vec::new(),
            ports: Vec::new(),
            replicas: small(replicas.unwrap_or(promoted.max(1))),
            per_host: i32::try_from(per_host.unwrap_or(1)).unwrap_or(1),
            promoted_max: small(promoted),
            filled: b.primitive.is_some() && (control_port.is_some() || first_ip.is_some()),
        };
        // Without addresses the port can be used once on a host.
        if first_ip.is_none() {
            layout.per_host = 1;
        }
        layout.read_mappings(b);
        layout
    }

    fn read_mappings(&mut self, b: &Bundle) {
        let ports = b.network.iter().flat_map(|n| n.named("port-mapping"));
        for port in ports {
            let get = |name: &str| port.attrs.get(name).map(ToString::to_string);
            let outside = get("port").or_else(|| get("range"));
            if let Some(outside) = outside {
                let inside = get("internal-port").unwrap_or_else(|| outside.clone());
                self.ports.push((outside, inside));
            }
        }
        for m in b.storage.iter().flat_map(|s| s.named("storage-mapping")) {
            self.mounts.extend(mount(m));
        }
        if !self.filled {
            return;
        }
        self.mounts.push(Mount {
            source: AUTH_KEY.to_string(),
            target: AUTH_KEY.to_string(),
            options: None,
            own: false,
        });
        self.mounts.push(Mount {
            source: LOGS.to_string(),
            target: "/var/log".to_string(),
            options: None,
            own: true,
        });
        let port = self.control_port.unwrap_or(REMOTE_PORT).to_string();
        self.ports.push((port.clone(), port));
    }

    /// The address of a replica.
    pub(super) fn ip(&self, number: u32) -> Option<String> {
        let mut parts: Vec<u32> = Vec::new();
        for part in self.first_ip?.split('.') {
            parts.push(part.parse().ok()?);
        }
        let [a, b, mut c, mut d] = parts[..] else {
            return None;
        };
        for _ in 0..number {
            if d > 253 {
                c += 1;
                d = 1;
            } else {
                d += 1;
            }
        }
        Some(format!("{a}.{b}.{c}.{d}"))
    }

    fn host_options(&self) -> String {
        let entry = |number: u32| {
            let ip = self.ip(number).filter(|_| self.add_host)?;
            let host = format!("{}-{number}", self.prefix);
            Some(match self.agent {
                "rkt" => format!(" --hosts-entry={ip}={host}"),
                _ => format!(" --add-host={host}:{ip}"),
            })
        };
        (0..self.replicas).filter_map(entry).collect()
    }

    /// What the container is run with, as one text with a blank before each word.
    fn run_opts(&self, number: u32) -> String {
        let prefix = self.prefix;
        let rkt = self.agent == "rkt";
        let env = if rkt { "--environment=" } else { "-e " };
        let mut words: Vec<String> = Vec::new();
        if self.agent == "docker" {
            words.push("--restart=no".to_string());
        }
        if self.first_ip.is_some() {
            let host = if rkt { "--hostname=" } else { "-h " };
            words.push(format!("{host}{prefix}-{number}"));
        }
        words.push(format!("{env}PCMK_stderr=1"));
        words.extend(self.network.map(|network| format!("--net={network}")));
        let port = self.control_port.unwrap_or(REMOTE_PORT);
        words.push(format!("{env}PCMK_remote_port={port}"));
        let mounts = self.mounts.iter().enumerate();
        words.extend(mounts.map(|(volume, m)| {
            let source = m.source_of(prefix, number);
            m.option(&source, rkt.then_some(volume))
        }));
        let ip = self.ip(number);
        for (outside, inside) in &self.ports {
            let at = ip.as_ref().map_or(String::new(), |ip| format!("{ip}:"));
            if rkt {
                words.push(format!("--port={inside}:{at}{outside}"));
            } else if ip.is_some() || self.network != Some("host") {
                words.push(format!("-p {at}{outside}:{inside}"));
            }
        }
        words.extend(self.options.map(ToString::to_string));
        // The blank is there even if no hosts follow.
        words.push(self.host_options());
        let spaced: Vec<String> = words.iter().map(|w| format!(" {w}")).collect();
        spaced.concat()
    }

    pub(super) fn container(&self, number: u32) -> Primitive {
        let points: Vec<String> = self
            .mounts
            .iter()
            .filter(|m| m.own)
            .map(|m| m.source_of(self.prefix, number))
            .collect();
        let text = |s: &str| s.to_string();
        let mut params = alloc::vec![
            ("image", text(self.image)),
            ("allow_pull", text("true")),
            ("force_kill", text("false")),
            ("reuse", text("false")),
            ("run_opts", self.run_opts(number)),
            ("mount_points", points.join(",")),
        ];
        let daemon = self.filled.then_some(REMOTE_DAEMON);
        if let Some(command) = self.command.or(daemon) {
            params.push(("run_cmd", text(command)));
        }
        params.push(("monitor_cmd", text("/bin/true")));
        let id = format!("{}-{}-{number}", self.prefix, self.agent);
        implicit(&id, self.agent, &params)
    }

    pub(super) fn address(&self, number: u32) -> Option<Primitive> {
        let ip = self.ip(number)?;
        let mut params = alloc::vec![("ip", ip.clone())];
        if let Some(interface) = self.interface {
            params.push(("nic", interface.to_string()));
        }
        params.push(("cidr_netmask", self.netmask.unwrap_or("32").to_string()));
        Some(implicit(
            &format!("{}-ip-{ip}", self.prefix),
            "IPaddr2",
            &params,
        ))
    }

    /// The name of a replica's connection and node.
    pub(super) fn node(&self, number: u32) -> String {
        format!("{}-{number}", self.prefix)
    }

    pub(super) fn connection(&self, number: u32, container: &str) -> Primitive {
        let addr = self.ip(number).unwrap_or_else(|| "#uname".to_string());
        let port = self.control_port.unwrap_or(REMOTE_PORT).to_string();
        let meta = [
            ("internal_rsc", "true".to_string()),
            ("container", container.to_string()),
        ];
        connection(
            &self.node(number),
            &meta,
            &[("addr", addr), ("port", port)],
            None,
        )
    }
}

impl Mount {
    /// The option that makes it; the agent rkt numbers its volumes.
    fn option(&self, source: &str, volume: Option<usize>) -> String {
        let target = &self.target;
        let more = |mark: char| {
            let options = self.options.as_ref();
            options.map_or(String::new(), |o| format!("{mark}{o}"))
        };
        match volume {
            Some(n) => format!(
                "--volume vol{n},kind=host,source={source}{} --mount volume=vol{n},target={target}",
                more(',')
            ),
            None => format!("-v {source}:{target}{}", more(':')),
        }
    }

    fn source_of(&self, prefix: &str, number: u32) -> String {
        if self.own {
            format!("{}/{prefix}-{number}", self.source)
        } else {
            self.source.clone()
        }
    }
}

fn mount(e: &Element) -> Option<Mount> {
    let get = |name: &str| e.attrs.get(name).map(ToString::to_string);
    let own = get("source-dir").is_none();
    Some(Mount {
        source: get("source-dir").or_else(|| get("source-dir-root"))?,
        target: get("target-dir")?,
        options: get("options"),
        own,
    })
}

fn implicit(id: &str, agent: &str, params: &[(&str, String)]) -> Primitive {
    let mut p = Primitive::default();
    for (k, v) in [
        ("id", id),
        ("class", "ocf"),
        ("provider", "heartbeat"),
        ("type", agent),
    ] {
        p.attrs.set(k, v);
    }
    p.params.push(nvset(params));
    let mut monitor = Operation::default();
    monitor.attrs.set("name", "monitor");
    monitor.attrs.set("interval", "60s");
    p.operations.push(monitor);
    p
}
