//! One connection to another node, from its first byte to its last (docs/protocol.md 3.3 to 3.6).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use super::io::{CloseReason, Direction};
use super::queue::Queue;
use crate::id::{DialId, MsgId, PeerId, PeerLinkId};
use crate::identity::PublicKey;
use crate::limits::{LEGACY_MISSES, LEGACY_PING, PROVEN_MISSES, PROVEN_PING};
use crate::time::Instant;
use crate::wire::peer::HelloX;

/// PINGs of one link that are remembered; an old program may answer none.
const PINGS: usize = 8;

/// Where a link stands.
#[derive(Debug)]
pub(super) enum Phase {
    /// Somebody connected and has said nothing.
    Ungreeted,
    /// This node said HELLO.
    Greeting {
        /// The line, which the answer signs.
        hello: Vec<u8>,
        /// The attempt that made the connection.
        dial: DialId,
        /// Who is said to be there.
        expected: Option<PeerId>,
    },
    /// HELLO was answered, and the other side announced a proof.
    Proving(Box<Announced>),
    /// Both may say anything.
    Live,
    /// This node said BYE.
    Leaving(CloseReason),
    /// They said BYE, and it was answered.
    Left,
}

/// A proof that was announced.
#[derive(Debug)]
pub(super) struct Announced {
    /// Their line.
    pub(super) hello: Vec<u8>,
    /// Our answer.
    pub(super) ok: Vec<u8>,
    /// What they said of it.
    pub(super) x: HelloX,
}

/// A link and what it has done.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) direction: Direction,
    pub(super) address: SocketAddr,
    pub(super) phase: Phase,
    /// Who is there; known from HELLO on.
    pub(super) peer: Option<PeerId>,
    /// The key that the other side proved.
    pub(super) key: Option<PublicKey>,
    /// It says that it relays.
    pub(super) relay: bool,
    /// Since when it is live.
    pub(super) since: Instant,
    pub(super) queue: Queue,
    /// Lines and bytes that came.
    pub(super) received: (u64, u64),
    /// Lines and bytes that went.
    pub(super) sent: (u64, u64),
    /// PINGs that were not answered, the oldest first, and whether a person waits for the answer.
    pings: Vec<(MsgId, Instant, bool)>,
    heard: bool,
    misses: u32,
    /// The proof that did not come in time, as long as nothing else came either and no PING was due.
    pub(super) late: Option<Box<Announced>>,
}

/// Every link, in the order of their ids. Each is in a box, because the tables have empty places.
#[derive(Debug, Default)]
pub(super) struct Links(BTreeMap<PeerLinkId, Box<Link>>);

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as the table that it stands for")]
impl Links {
    pub(super) fn get(&self, id: &PeerLinkId) -> Option<&Link> {
        self.0.get(id).map(Box::as_ref)
    }

    pub(super) fn get_mut(&mut self, id: &PeerLinkId) -> Option<&mut Link> {
        self.0.get_mut(id).map(Box::as_mut)
    }

    pub(super) fn insert(&mut self, id: PeerLinkId, link: Link) {
        self.0.insert(id, Box::new(link));
    }

    pub(super) fn remove(&mut self, id: &PeerLinkId) -> Option<Link> {
        self.0.remove(id).map(|link| *link)
    }

    pub(super) fn contains_key(&self, id: &PeerLinkId) -> bool {
        self.0.contains_key(id)
    }

    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = (&PeerLinkId, &Link)> {
        self.0.iter().map(|(id, link)| (id, link.as_ref()))
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &PeerLinkId> {
        self.0.keys()
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Link> + Clone {
        self.0.values().map(Box::as_ref)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Link {
    pub(super) fn new(direction: Direction, address: SocketAddr, phase: Phase, now: Instant) -> Self {
        Self {
            direction,
            address,
            phase,
            peer: None,
            key: None,
            relay: false,
            since: now,
            queue: Queue::new(true),
            received: (0, 0),
            sent: (0, 0),
            pings: Vec::new(),
            heard: true,
            misses: 0,
            late: None,
        }
    }

    pub(super) const fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live)
    }

    /// It announced a proof that has not come.
    pub(super) const fn is_proving(&self) -> bool {
        matches!(self.phase, Phase::Proving(_))
    }

    pub(super) const fn is_proven(&self) -> bool {
        self.key.is_some()
    }

    /// Something came, whatever it was.
    pub(super) const fn on_bytes(&mut self, bytes: usize) {
        self.heard = true;
        self.received.0 += 1;
        self.received.1 += bytes as u64;
    }

    /// Another keep-alive interval is over; true when the link is dead.
    pub(super) fn on_interval(&mut self) -> bool {
        self.late = None;
        if self.heard {
            self.misses = 0;
        } else {
            self.misses += 1;
        }
        self.heard = false;
        let most = if self.is_proven() { PROVEN_MISSES } else { LEGACY_MISSES };
        self.misses >= most
    }

    /// How often it is asked for a sign of life.
    pub(super) const fn interval(&self) -> Duration {
        if self.is_proven() { PROVEN_PING } else { LEGACY_PING }
    }

    /// A PING goes out.
    pub(super) fn on_ping_sent(&mut self, id: MsgId, asked_for: bool, now: Instant) {
        if self.pings.len() >= PINGS {
            self.pings.remove(0);
        }
        self.pings.push((id, now, asked_for));
    }

    /// A PONG came: how long it took, and whether a person waits for it. One without an id answers the oldest PING.
    pub(super) fn on_pong(&mut self, id: Option<&str>, now: Instant) -> Option<(Duration, bool)> {
        let place = match id {
            Some(id) => self.pings.iter().position(|(known, ..)| known.as_str() == id)?,
            None => 0,
        };
        let (_, at, asked_for) = (place < self.pings.len()).then(|| self.pings.remove(place))?;
        Some((now.since(at), asked_for))
    }
}
