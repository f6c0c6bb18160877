//! Which addresses of a list may be dialed at all: whoever writes the list must not aim this node at others.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Ports from 1024 upwards where databases, caches and the like listen, which take a line of JSON for a request.
const SERVICE_PORTS: [u16; 6] = [1900, 3306, 5432, 6379, 9200, 11_211];

/// The first port that needs no privilege: below, no peer listens.
const FIRST_PORT: u16 = 1024;

/// True for an address of a list that may be dialed: one host, another program than this node, a port that peers use.
/// Loopback and private addresses only with `dial_private`.
pub(super) fn may_be_dialed(address: SocketAddr, dial_private: bool, own_port: u16) -> bool {
    let port = address.port();
    if port < FIRST_PORT || SERVICE_PORTS.contains(&port) {
        return false;
    }
    let ip = address.ip().to_canonical();
    // Whatever name stands there: this node listens at that port of its own machine.
    if ip.is_loopback() {
        return dial_private && port != own_port;
    }
    let (never, private) = match ip {
        IpAddr::V4(ip) => (is_no_host(ip), is_private(ip)),
        IpAddr::V6(ip) => (is_no_host_v6(ip), is_private_v6(ip)),
    };
    !never && (dial_private || !private)
}

fn is_no_host(ip: Ipv4Addr) -> bool {
    let [first, ..] = ip.octets();
    // 0/8 is "this network"; from 224 on there are multicast, reserved and broadcast addresses.
    first == 0 || first >= 224 || ip.is_link_local()
}

fn is_private(ip: Ipv4Addr) -> bool {
    let [first, second, ..] = ip.octets();
    // 100.64/10 is what providers use behind their own address translation (RFC 6598).
    ip.is_private() || (first == 100 && (64..128).contains(&second))
}

fn is_no_host_v6(ip: Ipv6Addr) -> bool {
    ip.is_unspecified() || ip.is_multicast() || ip.is_unicast_link_local()
}

fn is_private_v6(ip: Ipv6Addr) -> bool {
    // fec0::/10 is what fc00::/7 replaced.
    ip.is_unique_local() || ip.segments()[0] & 0xffc0 == 0xfec0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(address: &str, dial_private: bool) -> bool {
        may_be_dialed(address.parse().unwrap(), dial_private, 7000)
    }

    #[test]
    fn public_hosts_at_usual_ports_may() {
        for address in [
            "203.0.113.7:4000",
            "[2001:db8::1]:4000",
            "203.0.113.7:1024",
            "203.0.113.7:7000",
        ] {
            assert!(may(address, false), "{address}");
        }
    }

    #[test]
    fn loopback_and_private_hosts_may_when_the_rendezvous_is_one() {
        let private = [
            "127.0.0.1:4000",
            "127.9.9.9:4000",
            "10.1.2.3:4000",
            "172.16.0.1:4000",
            "192.168.1.1:4000",
            "100.64.0.1:4000",
            "[::1]:4000",
            "[fd00::1]:4000",
            "[fec0::1]:4000",
            "[::ffff:10.1.2.3]:4000",
        ];
        for address in private {
            assert!(may(address, true) && !may(address, false), "{address}");
        }
    }

    #[test]
    fn what_is_no_host_never_may() {
        let never = [
            "0.0.0.0:4000",
            "0.1.2.3:4000",
            "224.0.0.1:4000",
            "255.255.255.255:4000",
            "240.0.0.1:4000",
            "169.254.1.1:4000",
            "[::]:4000",
            "[ff02::1]:4000",
            "[fe80::1]:4000",
            "[::ffff:169.254.1.1]:4000",
        ];
        for address in never {
            assert!(!may(address, true), "{address}");
        }
    }

    #[test]
    fn ports_of_other_services_never_may() {
        for port in [0, 22, 80, 1023, 1900, 3306, 5432, 6379, 9200, 11_211] {
            assert!(!may(&format!("203.0.113.7:{port}"), true), "{port}");
        }
    }

    #[test]
    fn this_node_itself_never_may() {
        for address in ["127.0.0.1:7000", "[::1]:7000", "[::ffff:127.0.0.1]:7000"] {
            assert!(!may(address, true), "{address}");
        }
    }
}
