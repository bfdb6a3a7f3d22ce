//! Which interface an address belongs on, by the routes of this machine. Pure.

use std::net::IpAddr;

use crate::interfaces::same_network;

/// A connected route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    /// Its network.
    pub(crate) network: IpAddr,
    /// The length of its network's prefix.
    pub(crate) prefix_len: u8,
    /// The number of its interface.
    pub(crate) link: u32,
    /// The address that packets by this route come from.
    pub(crate) source: Option<IpAddr>,
}

/// The route with the longest prefix that leads to `ip`: no longer than `prefix_len` if one is given, by the interface
/// `link` if one is given. Of equal ones the last, as IPaddr2 does; neither defaults nor routes to single hosts, which
/// have no prefix to tell.
pub(crate) fn best(
    routes: &[Route],
    ip: IpAddr,
    prefix_len: Option<u8>,
    link: Option<u32>,
) -> Option<Route> {
    let host = if ip.is_ipv4() { 32 } else { 128 };
    let fits = |route: &&Route| {
        (1..host).contains(&route.prefix_len)
            && prefix_len.is_none_or(|len| route.prefix_len <= len)
            && link.is_none_or(|link| route.link == link)
            && same_network(route.network, ip, route.prefix_len)
    };
    let fitting = routes.iter().filter(fits);
    fitting.max_by_key(|route| route.prefix_len).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(network: &str, prefix_len: u8, link: u32) -> Route {
        Route {
            network: network.parse().unwrap(),
            prefix_len,
            link,
            source: None,
        }
    }

    fn found(ip: &str, prefix_len: Option<u8>, link: Option<u32>) -> Option<(u8, u32)> {
        let routes = [
            route("0.0.0.0", 0, 1),
            route("10.0.0.0", 8, 2),
            route("10.1.0.0", 16, 3),
            route("10.1.0.0", 16, 4),
            route("10.1.2.3", 32, 5),
            route("fd00::", 64, 6),
        ];
        best(&routes, ip.parse().unwrap(), prefix_len, link).map(|r| (r.prefix_len, r.link))
    }

    #[test]
    fn the_longest_prefix_wins_and_of_equal_ones_the_last() {
        assert_eq!(found("10.1.2.3", None, None), Some((16, 4)));
        assert_eq!(found("10.2.2.3", None, None), Some((8, 2)));
        assert_eq!(found("fd00::9", None, None), Some((64, 6)));
    }

    #[test]
    fn a_default_route_leads_nowhere() {
        assert_eq!(found("192.168.56.56", None, None), None);
    }

    #[test]
    fn what_is_given_narrows_the_choice() {
        assert_eq!(found("10.1.2.3", Some(12), None), Some((8, 2)));
        assert_eq!(found("10.1.2.3", None, Some(3)), Some((16, 3)));
        assert_eq!(found("10.1.2.3", Some(24), Some(3)), Some((16, 3)));
        assert_eq!(found("10.1.2.3", None, Some(6)), None);
    }
}
