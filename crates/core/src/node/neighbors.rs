//! Peers with a live link (docs/protocol.md 3.3).

use std::collections::BTreeMap;

use super::rtt::Estimate;
use crate::id::{PeerId, PeerLinkId};
use crate::identity::PublicKey;
use crate::time::Instant;

/// A peer with at least one live link.
#[derive(Debug, Default)]
pub(super) struct Neighbor {
    /// Its live links, in the order in which they became so.
    pub(super) links: Vec<PeerLinkId>,
    pub(super) rtt: Estimate,
    /// The key that it proved.
    pub(super) key: Option<PublicKey>,
    /// It says, or proved, that it relays.
    pub(super) relay: bool,
    /// Messages sent to it and received from it.
    pub(super) sent: u64,
    pub(super) received: u64,
    pub(super) last_seen: Instant,
}

/// All of them, by name.
#[derive(Debug, Default)]
pub(super) struct Neighbors(BTreeMap<PeerId, Neighbor>);

impl Neighbors {
    pub(super) fn get(&self, peer: &PeerId) -> Option<&Neighbor> {
        self.0.get(peer)
    }

    pub(super) fn get_mut(&mut self, peer: &PeerId) -> Option<&mut Neighbor> {
        self.0.get_mut(peer)
    }

    pub(super) fn contains(&self, peer: &PeerId) -> bool {
        self.0.contains_key(peer)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&PeerId, &Neighbor)> {
        self.0.iter()
    }

    /// A link of the peer became live; true when it is its first.
    pub(super) fn add(
        &mut self,
        peer: &PeerId,
        link: PeerLinkId,
        key: Option<PublicKey>,
        relay: bool,
        now: Instant,
    ) -> bool {
        let new = !self.0.contains_key(peer);
        let neighbor = self.0.entry(peer.clone()).or_default();
        neighbor.links.push(link);
        neighbor.key = key.or(neighbor.key);
        neighbor.relay |= relay || key.is_some();
        neighbor.last_seen = now;
        new
    }

    /// The peer proved a key on a link that it has.
    pub(super) fn prove(&mut self, peer: &PeerId, key: PublicKey) {
        if let Some(neighbor) = self.0.get_mut(peer) {
            neighbor.key = Some(key);
            neighbor.relay = true;
        }
    }

    /// A link is live no more; true when it was the peer's last.
    pub(super) fn remove(&mut self, peer: &PeerId, link: PeerLinkId) -> bool {
        let Some(neighbor) = self.0.get_mut(peer) else {
            return false;
        };
        neighbor.links.retain(|&other| other != link);
        let gone = neighbor.links.is_empty();
        if gone {
            self.0.remove(peer);
        }
        gone
    }
}
