//! Ports that are known before anybody listens on them.

use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Socket, Type};

/// A port of this machine that stays ours: bound, but not listening, so that whoever connects is refused until a hub
/// or a double shares and serves it, and nobody else gets it in between.
pub(crate) struct Port {
    address: SocketAddr,
    _held: Socket,
}

impl Port {
    pub(crate) fn reserve() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_reuse_address(true).unwrap();
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        Self {
            address: socket.local_addr().unwrap().as_socket().unwrap(),
            _held: socket,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The relay that will be there.
    pub(crate) fn relay_url(&self) -> String {
        format!("http://{}/relay", self.address)
    }
}
