//! The report's configuration on addresses of this machine.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use ringwright_config::{Config, Diagnostic};
use ringwright_driver::from_conf::{self, Settings};

use crate::failure::Failure;

/// The corosync.conf of the report, as it stands there.
const REPORT: &str = include_str!("corosync.conf");
/// The report's network, its port, and the words in the place of each host's own address.
const NETWORK: &str = "192.168.56.";
const PORT: &str = "mcastport: 5405";
/// How often another port is tried when somebody takes one of the three meanwhile.
const PORT_ATTEMPTS: usize = 64;

/// What the three nodes are started with.
pub(super) struct Setup {
    pub(super) nodes: Vec<Settings>,
    findings: Vec<Diagnostic>,
    network: String,
    port: u16,
    token_ms: u128,
}

impl Setup {
    pub(super) fn new() -> Result<Self, Failure> {
        // Of the loopback network a part of this process's own, so that demonstrations side by side do not meet.
        let [_, _, high, low] = std::process::id().to_be_bytes();
        let network = format!("127.{}.{}.", high % 254 + 1, low);
        let port = free_port(&network).map_err(|error| {
            Failure::new(format!("no free UDP port on {network}2 to 4: {error}"))
        })?;
        let text = REPORT
            .replace(NETWORK, &network)
            .replace(PORT, &format!("mcastport: {port}"));
        let parsed = ringwright_config::parse("corosync.conf", text);
        let findings = parsed.diagnostics.clone();
        let config = parsed.accepted().map_err(Failure::new)?;
        let nodes = config.nodes.iter().map(|node| settings(&config, node));
        Ok(Self {
            nodes: nodes.collect::<Result<_, _>>()?,
            token_ms: config.totem.timing.token.as_millis(),
            findings,
            network,
            port,
        })
    }

    /// Says what is about to run.
    pub(super) fn introduce(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "Three nodes with the report's corosync.conf, over UDP in this process."
        )?;
        writeln!(
            out,
            "Changed: addresses {}2 to 4 for {NETWORK}2 to 4, port {} for 5405;\n  nothing is written to the log file.",
            self.network, self.port
        )?;
        writeln!(
            out,
            "Unchanged: everything else, also the token timeout of {} ms.",
            self.token_ms
        )?;
        writeln!(out, "\nWhat ringwright says of the file:")?;
        for finding in &self.findings {
            writeln!(out, "  {finding}")?;
        }
        Ok(())
    }
}

fn settings(config: &Config, node: &ringwright_config::Node) -> Result<Settings, Failure> {
    let unnamed = || Failure::new(format!("node {} has no id", node.label()));
    from_conf::settings(config, node.id.ok_or_else(unnamed)?).map_err(Failure::new)
}

/// A port that is free on all three addresses now.
fn free_port(network: &str) -> io::Result<u16> {
    let address = |last: u8| {
        let address: Ipv4Addr = format!("{network}{last}")
            .parse()
            .map_err(io::Error::other)?;
        Ok::<_, io::Error>(IpAddr::V4(address))
    };
    let mut failed = io::Error::other("all are taken");
    for _ in 0..PORT_ATTEMPTS {
        let first = UdpSocket::bind((address(2)?, 0))?;
        let port = first.local_addr()?.port();
        let others = [3, 4].map(|last| UdpSocket::bind((address(last)?, port)));
        match others.into_iter().find_map(Result::err) {
            None => return Ok(port),
            Some(error) => failed = error,
        }
    }
    Err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_is_taken_and_its_two_node_is_spoken_of() {
        let setup = Setup::new().expect("three loopback addresses");
        let names: Vec<_> = setup.nodes[0]
            .node
            .nodes
            .iter()
            .map(|n| n.name.as_str())
            .collect();
        assert_eq!(names, ["primary", "secondary", "terciary"]);
        let mut text = Vec::new();
        setup.introduce(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains("two_node is switched off"), "{text}");
        assert!(text.contains("broadcast"), "{text}");
    }
}
