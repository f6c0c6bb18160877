//! `papo peer`: a node of the peer-to-peer network (docs/protocol.md section 2).

mod ask;
mod commands;
mod connection;
mod driver;
mod identity;
mod interface;
mod json;
mod outlet;
mod plain;
mod remarks;
mod screen;
mod view;

use std::net::SocketAddr;
use std::time::Instant as Clock;

use papo_core::limits::RENDEZVOUS_DISCOVER_INTERVAL;
use papo_core::node::{Config, Node};
use papo_core::rendezvous::client::{self, Client, Scope};
use papo_core::time::Instant;
use tokio::net::lookup_host;

use crate::clock::utc_now;
use crate::config::{PEER_PORT, PeerSettings};
use crate::connect::Target;
use crate::error::{Exit, Failure};
use crate::net::accept::bind;
use crate::net::{files, reach};
use crate::shutdown::Shutdown;
use crate::text::{Message, Texts};

pub(crate) use ask::ask;

use driver::{Driver, Registration};
use interface::Interface;

/// Runs a node until `shutdown`, or until the person leaves.
///
/// # Errors
///
/// When an address cannot be bound or looked up, the key cannot be read, or the terminal or the log file cannot be used.
pub async fn run(settings: PeerSettings, texts: Texts, shutdown: Shutdown) -> Result<Exit, Failure> {
    // A connection is a file; there are the terminal, the log and libraries besides.
    files::raise(papo_core::limits::LINKS + 256, &texts);
    let listener = if settings.listen {
        Some(bind(settings.bind, "peer", "--port")?)
    } else {
        None
    };
    let bound = listener
        .as_ref()
        .map(tokio::net::TcpListener::local_addr)
        .transpose()
        .map_err(Failure::unexpected)?;
    // A port that nobody listens on is registered all the same, and none is 0.
    let unheard = Some(settings.bind.port())
        .filter(|&port| port != 0)
        .unwrap_or(PEER_PORT);
    let port = bound.map_or(unheard, |address| address.port());
    let identity = identity::load(settings.identity.as_deref())?;
    let connect = resolve(&settings.connect).await?;
    let private = near_rendezvous(&settings).await || connect.iter().any(|address| is_private(*address));
    let mut seeds = [0; 16];
    getrandom::fill(&mut seeds).map_err(Failure::unexpected)?;
    let (node_seed, client_seed) = seeds.split_at(8);
    let started = Clock::now();
    let registration = settings.rendezvous.as_ref().map(|server| {
        let client = Client::new(
            registration_config(&settings, port, &identity),
            seed(client_seed),
            Instant::ZERO,
        );
        Registration::new(client, server.to_string())
    });
    let config = Config {
        peer_id: settings.peer_id.clone(),
        identity,
        connect,
        dial_private: private,
        port,
        utc: utc_now(),
    };
    let node = Node::new(config, seed(node_seed), Instant::ZERO);
    let (mut interface, typed) = Interface::start(&settings, texts)?;
    interface.ready(port, &bound.map(reach::addresses).unwrap_or_default());
    let driver = Driver::new(node, registration, interface, started);
    // In a task of its own: if it panics, every connection still says goodbye.
    let driving = tokio::spawn(driver.run(listener, typed, shutdown));
    match driving.await {
        Ok(exit) => Ok(exit),
        Err(error) => {
            tokio::time::sleep_until(tokio::time::Instant::now() + papo_core::limits::BYE_LINGER).await;
            Err(Failure::unexpected(format!("the node's task ended by itself: {error}")))
        }
    }
}

fn registration_config(settings: &PeerSettings, port: u16, identity: &papo_core::identity::Identity) -> client::Config {
    client::Config {
        name: settings.peer_id.name().to_owned(),
        namespace: settings.peer_id.namespace().to_owned(),
        port,
        lease: settings.lease,
        identity: Some(identity.clone()),
        register: true,
        discover_every: RENDEZVOUS_DISCOVER_INTERVAL,
        scope: Scope::Everybody,
        utc: utc_now(),
    }
}

fn seed(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |seed, &byte| seed << 8 | u64::from(byte))
}

/// The addresses of `--connect`, IPv4 first: most programs of this kind know nothing else.
async fn resolve(places: &[Target]) -> Result<Vec<SocketAddr>, Failure> {
    let mut addresses = Vec::new();
    for place in places {
        let found = lookup_host((place.host(), place.port())).await;
        let found = found.map_err(|error| {
            let message = Message::new("error-connect-failed").showing("address", place);
            Failure::network(message.showing("detail", error))
        })?;
        addresses.extend(found.min_by_key(SocketAddr::is_ipv6));
    }
    Ok(addresses)
}

/// Whether the rendezvous is on this machine or this network: then its peers are too, and may be dialed there.
async fn near_rendezvous(settings: &PeerSettings) -> bool {
    let Some(server) = &settings.rendezvous else {
        return false;
    };
    match lookup_host((server.host(), server.port())).await {
        Ok(mut found) => found.any(is_private),
        Err(error) => {
            tracing::warn!(%server, %error, "cannot look up the rendezvous now; peers on this network will not be dialed");
            false
        }
    }
}

fn is_private(address: SocketAddr) -> bool {
    use std::net::IpAddr;
    match address.ip().to_canonical() {
        IpAddr::V4(ip) => {
            let [first, second, ..] = ip.octets();
            // 100.64/10 is what providers use behind their own address translation (RFC 6598).
            let carrier = first == 100 && (64..128).contains(&second);
            ip.is_loopback() || ip.is_private() || ip.is_link_local() || carrier
        }
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_behind_a_carriers_translation_are_private() {
        for address in [
            "100.64.0.0:1",
            "100.127.255.255:1",
            "[::ffff:100.64.0.1]:1",
            "10.0.0.1:1",
            "[fd00::1]:1",
        ] {
            assert!(is_private(address.parse().unwrap()), "{address}");
        }
        for address in ["100.63.255.255:1", "100.128.0.0:1", "203.0.113.7:1", "[2001:db8::1]:1"] {
            assert!(!is_private(address.parse().unwrap()), "{address}");
        }
    }
}
