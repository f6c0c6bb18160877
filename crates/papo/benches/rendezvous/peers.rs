//! The peers of the benchmark: who they are, what they ask and what is stored of them.

use std::net::{IpAddr, Ipv4Addr};

use anyhow::{Context, Result};
use papo_core::rendezvous::log::{Entry, Stored};
use papo_core::time::UtcMillis;
use papo_core::wire::rendezvous::Lease;

/// Peers in each namespace: what a DISCOVER answers.
pub(crate) const PER_NAMESPACE: u64 = 50;
const PORT: u16 = 4000;
/// Nobody expires while it is measured.
const LEASE_SECS: u32 = 86_400;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Register,
    Discover,
}

/// The loopback address that a peer comes from: connections are closed by the thousand, and each address has its own
/// ports to do that with.
pub(crate) fn source(peer: u64) -> Ipv4Addr {
    const SOURCES: u64 = 200;
    Ipv4Addr::new(127, 1, 0, u8::try_from(peer % SOURCES + 1).unwrap_or(1))
}

fn namespace(peer: u64) -> String {
    format!("sala-{}", peer / PER_NAMESPACE)
}

fn name(peer: u64) -> String {
    format!("peer-{peer:07}")
}

/// A request of a peer, with its newline.
pub(crate) fn request(kind: Kind, peer: u64) -> String {
    let (namespace, name) = (namespace(peer), name(peer));
    match kind {
        Kind::Register => format!(
            "{{\"type\":\"REGISTER\",\"namespace\":\"{namespace}\",\"name\":\"{name}\",\"port\":{PORT},\"ttl\":{LEASE_SECS}}}\n"
        ),
        Kind::Discover => format!("{{\"type\":\"DISCOVER\",\"namespace\":\"{namespace}\"}}\n"),
    }
}

/// The line of the log after a peer registered from there.
pub(crate) fn stored(peer: u64, ip: IpAddr, at: UtcMillis) -> Vec<u8> {
    Entry::Put(Stored {
        ip,
        namespace: namespace(peer),
        name: name(peer),
        port: PORT,
        observed_port: 50_000,
        ttl: Lease::clamped(LEASE_SECS.into()),
        at,
        place: peer,
        x: None,
    })
    .encode()
}

/// The time of day.
pub(crate) fn utc_now() -> Result<UtcMillis> {
    let since = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .context("it is after 1970")?;
    Ok(UtcMillis::new(u64::try_from(since.as_millis())?))
}
