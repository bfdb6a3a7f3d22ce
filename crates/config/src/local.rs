//! Which node of the nodelist is this host?

use std::net::IpAddr;

use crate::{Config, Node};

impl Config {
    /// The node that this host is, found as corosync finds it; `None` if it is not in the nodelist.
    ///
    /// `hostname` is the host's own name (uname), `addresses` all addresses of its interfaces in the system's order,
    /// loopback included; `resolve` gives the addresses of a name. The first rule that finds a node wins, and names win
    /// over addresses: a host called like another node is taken for that node.
    ///
    /// 1. A `name` or `ring0_addr` that is the host's name,
    /// 2. or the host's name without its last part, again and again,
    /// 3. or, cut at its first dot, the host's short name;
    /// 4. a `name` or `ring0_addr` that is one of the host's IPv4 addresses as text;
    /// 5. a `name` or `ring0_addr` that resolves to one of the host's addresses.
    ///
    /// The one step of corosync that is left out is the look at the reverse names of the host's addresses, before 4.
    #[must_use]
    pub fn local_node(
        &self,
        hostname: &str,
        addresses: &[IpAddr],
        mut resolve: impl FnMut(&str) -> Vec<IpAddr>,
    ) -> Option<&Node> {
        let called = |wanted: &str| self.find(|name| name == wanted);
        let names = || {
            std::iter::successors(Some(hostname), |name| {
                name.rsplit_once('.').map(|(rest, _)| rest)
            })
        };
        let short = names().last().unwrap_or(hostname);
        names()
            .find_map(called)
            .or_else(|| self.find(|name| name.split('.').next() == Some(short)))
            .or_else(|| {
                addresses
                    .iter()
                    .filter(|address| address.is_ipv4())
                    .find_map(|ip| called(&ip.to_string()))
            })
            .or_else(|| {
                self.find(|name| {
                    let resolved = name
                        .parse()
                        .map_or_else(|_| resolve(name), |address| vec![address]);
                    self.totem
                        .ip_version
                        .choose(&resolved)
                        .is_some_and(|address| addresses.contains(&address))
                })
            })
    }

    /// The first node, by position, whose `name` or else `ring0_addr` fits.
    fn find(&self, mut fits: impl FnMut(&str) -> bool) -> Option<&Node> {
        self.nodes.iter().find(|node| {
            let mut names = node.name.as_deref().into_iter().chain(node.ring0_addr());
            names.any(&mut fits)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODES: &str = "nodelist {\nnode {\nring0_addr: 10.0.0.1\nname: one\n}\nnode {\nring0_addr: 10.0.0.2\n\
                         name: two.example.org\n}\nnode {\nring0_addr: three.lan\n}\nnode {\nring0_addr: fd00::4\n}\n}\n";

    fn local(hostname: &str, addresses: &[&str]) -> Option<usize> {
        let config = crate::parse(
            "t",
            format!("totem {{\nversion: 2\ntransport: udpu\n}}\n{NODES}"),
        )
        .config;
        let addresses: Vec<IpAddr> = addresses.iter().map(|text| text.parse().unwrap()).collect();
        let resolve = |name: &str| {
            if name == "three.lan" {
                vec!["10.0.0.3".parse().unwrap()]
            } else {
                vec![]
            }
        };
        config
            .local_node(hostname, &addresses, resolve)
            .map(|node| node.position)
    }

    #[test]
    fn names_win_over_addresses() {
        assert_eq!(local("one", &["10.0.0.2"]), Some(0));
        assert_eq!(local("one.example.org", &["10.0.0.2"]), Some(0));
        assert_eq!(local("two", &["10.0.0.1"]), Some(1));
        assert_eq!(local("two.other.net", &["10.0.0.1"]), Some(1));
    }

    #[test]
    fn addresses_find_the_node_of_a_host_with_another_name() {
        assert_eq!(local("box", &["127.0.0.1", "10.0.0.2"]), Some(1));
        assert_eq!(local("box", &["127.0.0.1", "10.0.0.3"]), Some(2));
        assert_eq!(local("box", &["::1", "fd00::4"]), Some(3));
        assert_eq!(local("box", &["127.0.0.1", "10.0.2.15"]), None);
    }
}
