//! Where others find what listens here.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

/// The addresses under which a listening socket is reached, as far as this machine can tell: its own on the network
/// first.
pub(crate) fn addresses(listening: SocketAddr) -> Vec<SocketAddr> {
    if !listening.ip().is_unspecified() {
        return vec![listening];
    }
    let here = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), listening.port());
    lan_address()
        .map(|ip| SocketAddr::new(ip, listening.port()))
        .into_iter()
        .chain([here])
        .collect()
}

/// The address of this machine on its network: the one from which it would reach the rest of the world. Connecting a
/// UDP socket only asks the routing table and sends nothing.
fn lan_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    // An address of the block that is set aside for documentation.
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_unspecified() && !address.is_loopback()).then_some(address)
}
