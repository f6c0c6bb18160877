//! What happens in the network, and how the node stands, for programs: one object a line.

use std::net::SocketAddr;
use std::time::Duration;

use papo_core::id::PeerId;
use papo_core::node::{CloseReason, Conn, Direction, DropCause, Event, Kind, PeerRow, RouteRow, Rtt, Snapshot};
use papo_core::rendezvous::client::Trouble;
use serde::{Serialize, Serializer};

use super::view::RendezvousState;

/// One line.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Line<'a> {
    Ready {
        peer_id: &'a PeerId,
        port: u16,
        addresses: &'a [SocketAddr],
    },
    NeighborUp {
        peer_id: &'a PeerId,
        direction: Direction,
        proven: bool,
        address: SocketAddr,
    },
    NeighborDown {
        peer_id: &'a PeerId,
        direction: Direction,
        reason: CloseReason,
    },
    Message {
        kind: Kind,
        msg_id: &'a str,
        src: &'a PeerId,
        dst: &'a str,
        payload: &'a str,
        ttl: u8,
        verified: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        via: Option<&'a PeerId>,
    },
    Sent {
        msg_id: &'a str,
        dst: &'a str,
    },
    Delivered {
        msg_id: &'a str,
        dst: &'a PeerId,
        rtt_ms: Millis,
        verified: bool,
    },
    Failed {
        msg_id: &'a str,
        dst: &'a PeerId,
        code: &'a str,
        detail: &'a str,
    },
    Pong {
        peer_id: &'a PeerId,
        rtt_ms: Millis,
    },
    RttMeasured {
        peer_id: &'a PeerId,
        rtt_ms: Millis,
    },
    Dropped {
        src: Option<&'a PeerId>,
        via: Option<&'a PeerId>,
        cause: DropCause,
    },
    Impostor {
        peer_id: &'a PeerId,
        address: SocketAddr,
    },
    Error {
        code: &'a str,
        detail: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        peer_id: Option<&'a PeerId>,
    },
    Peers {
        items: Vec<PeerItem<'a>>,
    },
    Conn {
        items: Vec<ConnItem<'a>>,
    },
    Routes {
        items: Vec<RouteItem<'a>>,
    },
    Rtt {
        items: Vec<RttItem<'a>>,
    },
    Status {
        peer_id: &'a PeerId,
        rendezvous: Rendezvous<'a>,
        counters: Counters<'a>,
    },
    Rendezvous {
        #[serde(flatten)]
        state: Rendezvous<'a>,
    },
    Watch {
        on: bool,
    },
    Log {
        level: &'a str,
    },
    Help {
        text: &'a str,
    },
}

impl Line<'_> {
    /// The line, without its end.
    pub(super) fn write(&self) -> String {
        // Texts, numbers and lists of them: there is nothing that JSON could not hold.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl<'a> From<&'a Event> for Line<'a> {
    #[expect(clippy::too_many_lines, reason = "one arm for each event, each of which only copies")]
    fn from(event: &'a Event) -> Self {
        match event {
            Event::NeighborUp {
                peer,
                direction,
                proven,
                address,
            } => Self::NeighborUp {
                peer_id: peer,
                direction: *direction,
                proven: *proven,
                address: *address,
            },
            Event::NeighborDown {
                peer,
                direction,
                reason,
            } => Self::NeighborDown {
                peer_id: peer,
                direction: *direction,
                reason: *reason,
            },
            Event::Message {
                kind,
                msg_id,
                src,
                dst,
                payload,
                ttl,
                verified,
                via,
            } => Self::Message {
                kind: *kind,
                msg_id,
                src,
                dst,
                payload,
                ttl: ttl.get(),
                verified: *verified,
                via: via.as_ref(),
            },
            Event::Sent { msg_id, dst } => Self::Sent {
                msg_id: msg_id.as_str(),
                dst,
            },
            Event::Delivered {
                msg_id,
                dst,
                after,
                verified,
            } => Self::Delivered {
                msg_id: msg_id.as_str(),
                dst,
                rtt_ms: Millis(*after),
                verified: *verified,
            },
            Event::Failed {
                msg_id,
                dst,
                code,
                detail,
            } => Self::Failed {
                msg_id: msg_id.as_str(),
                dst,
                code: code.as_str(),
                detail,
            },
            Event::Refused { code, about } => Self::Error {
                code: code.as_str(),
                detail: about,
                peer_id: None,
            },
            Event::Pong { peer, rtt } => Self::Pong {
                peer_id: peer,
                rtt_ms: Millis(*rtt),
            },
            Event::Dropped { src, via, cause } => Self::Dropped {
                src: src.as_ref(),
                via: via.as_ref(),
                cause: *cause,
            },
            Event::Impostor { peer, address } => Self::Impostor {
                peer_id: peer,
                address: *address,
            },
            Event::PeerError { peer, code, detail } => Self::Error {
                code,
                detail,
                peer_id: Some(peer),
            },
            Event::RttMeasured { peer, rtt } => Self::RttMeasured {
                peer_id: peer,
                rtt_ms: Millis(*rtt),
            },
        }
    }
}

/// A time in milliseconds, with up to three decimals.
#[derive(Debug, Clone, Copy)]
pub(super) struct Millis(pub(super) Duration);

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let micros = u64::try_from(self.0.as_micros()).unwrap_or(u64::MAX);
        if micros.is_multiple_of(1000) {
            return serializer.serialize_u64(micros / 1000);
        }
        // Below 2^53 the nearest float has the three decimals and no others; that is 285 years.
        #[expect(clippy::cast_precision_loss, reason = "285 years of microseconds fit")]
        let millis = micros as f64 / 1000.0;
        serializer.serialize_f64(millis)
    }
}

/// A known peer.
#[derive(Debug, Serialize)]
pub(super) struct PeerItem<'a> {
    peer_id: &'a PeerId,
    addresses: &'a [SocketAddr],
    connected: bool,
    failures: u32,
    next_dial_ms: Option<Millis>,
}

impl<'a> From<&'a PeerRow> for PeerItem<'a> {
    fn from(peer: &'a PeerRow) -> Self {
        Self {
            peer_id: &peer.peer_id,
            addresses: &peer.addresses,
            connected: peer.connected,
            failures: peer.failures,
            next_dial_ms: peer.next_dial.map(Millis),
        }
    }
}

/// A live link.
#[derive(Debug, Serialize)]
pub(super) struct ConnItem<'a> {
    peer_id: &'a PeerId,
    address: SocketAddr,
    direction: Direction,
    proven: bool,
    age_ms: Millis,
    rtt_ms: Option<Millis>,
    lines_received: u64,
    bytes_received: u64,
    lines_sent: u64,
    bytes_sent: u64,
    bytes_queued: usize,
}

impl<'a> From<&'a Conn> for ConnItem<'a> {
    fn from(conn: &'a Conn) -> Self {
        Self {
            peer_id: &conn.peer_id,
            address: conn.address,
            direction: conn.direction,
            proven: conn.proven,
            age_ms: Millis(conn.age),
            rtt_ms: conn.rtt.map(Millis),
            lines_received: conn.received.0,
            bytes_received: conn.received.1,
            lines_sent: conn.sent.0,
            bytes_sent: conn.sent.1,
            bytes_queued: conn.queued,
        }
    }
}

/// A way to a peer.
#[derive(Debug, Serialize)]
pub(super) struct RouteItem<'a> {
    destination: &'a PeerId,
    next_hop: &'a PeerId,
    hops: u8,
    age_ms: Millis,
    rtt_ms: Option<Millis>,
}

impl<'a> From<&'a RouteRow> for RouteItem<'a> {
    fn from(route: &'a RouteRow) -> Self {
        Self {
            destination: &route.destination,
            next_hop: &route.next_hop,
            hops: route.hops,
            age_ms: Millis(route.age),
            rtt_ms: route.rtt.map(Millis),
        }
    }
}

/// A neighbor's round-trip time.
#[derive(Debug, Serialize)]
pub(super) struct RttItem<'a> {
    peer_id: &'a PeerId,
    smoothed_ms: Millis,
    jitter_ms: Millis,
    last_ms: Millis,
    samples: u64,
}

impl<'a> From<&'a Rtt> for RttItem<'a> {
    fn from(rtt: &'a Rtt) -> Self {
        Self {
            peer_id: &rtt.peer_id,
            smoothed_ms: Millis(rtt.smoothed),
            jitter_ms: Millis(rtt.jitter),
            last_ms: Millis(rtt.last),
            samples: rtt.samples,
        }
    }
}

/// How the node stands with its rendezvous.
#[derive(Debug, Serialize)]
pub(super) struct Rendezvous<'a> {
    server: Option<&'a str>,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    observed: Option<std::net::IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_ms: Option<Millis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_try_ms: Option<Millis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

impl<'a> Rendezvous<'a> {
    pub(super) fn new(state: &'a RendezvousState, server: Option<&'a str>) -> Self {
        let (mut observed, mut left_ms, mut next_try_ms, mut reason) = (None, None, None, None);
        match state {
            RendezvousState::Registered { observed: seen, left } => {
                observed = *seen;
                left_ms = Some(Millis(*left));
            }
            RendezvousState::Failing { reason: why, next_try } => {
                next_try_ms = Some(Millis(*next_try));
                reason = Some(match why {
                    Trouble::Unreachable => "unreachable",
                    Trouble::TooLong => "too_long",
                    Trouble::NotUnderstood => "not_understood",
                    Trouble::Refused(complaint) => complaint,
                });
            }
            RendezvousState::Banned { left } => left_ms = Some(Millis(*left)),
            _ => {}
        }
        Self {
            server,
            state: state.word(),
            observed,
            left_ms,
            next_try_ms,
            reason,
        }
    }
}

/// Counters and queue depths by name, in their order.
#[derive(Debug)]
pub(super) struct Counters<'a>(pub(super) &'a Snapshot);

impl Serialize for Counters<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.counters.iter().copied())
    }
}

#[cfg(test)]
mod tests;
