//! Looking for a peer, ring by ring, and helping others look (docs/protocol.md 2.5).

use std::collections::BTreeMap;

use super::flood::{Flood, FloodKey, Sight};
use super::io::DropCause;
use super::paths::PathKey;
use super::queue::Lane;
use super::{Node, Timer};
use crate::id::{MsgId, PeerId, PeerLinkId};
use crate::limits::{RING_WAIT, SEARCH_BURST, SEARCH_RATE, SEARCHES, TTL};
use crate::pace::{Pace, Rate};
use crate::time::Instant;
use crate::wire::peer::{Hit, Search, Ttl, encode};

/// Searches of this node, and what it has seen of others'.
#[derive(Debug)]
pub(super) struct Searches {
    /// By the peer that is sought.
    own: BTreeMap<PeerId, Own>,
    /// The current ring of each, by its message's id.
    by_id: BTreeMap<MsgId, PeerId>,
    seen: Flood,
    /// How fast each link asks.
    paces: BTreeMap<PeerLinkId, Pace>,
}

#[derive(Debug)]
struct Own {
    ring: u8,
    id: MsgId,
}

impl Searches {
    pub(super) fn new() -> Self {
        Self {
            own: BTreeMap::new(),
            by_id: BTreeMap::new(),
            seen: Flood::new(),
            paces: BTreeMap::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.own.len()
    }
}

impl Node {
    /// Begins to look for a peer, unless it is looked for already.
    pub(super) fn search_for(&mut self, now: Instant, peer: &PeerId) {
        if self.searches.own.contains_key(peer) {
            return;
        }
        if self.searches.own.len() >= SEARCHES {
            return self.on_not_found(peer);
        }
        self.counters.searches += 1;
        self.send_ring(now, peer, 1);
    }

    /// Each ring has an id of its own: whoever keeps only the first arrival would drop the wider one.
    fn send_ring(&mut self, now: Instant, peer: &PeerId, ring: u8) {
        let id = MsgId::random(&mut self.rng);
        if let Some(before) = self.searches.own.insert(peer.clone(), Own { ring, id: id.clone() }) {
            self.searches.by_id.remove(&before.id);
        }
        self.searches.by_id.insert(id.clone(), peer.clone());
        self.timers
            .set(Timer::Ring(peer.clone()), now + RING_WAIT * u32::from(ring));
        let seal = self.seal(now, "WHO_HAS", peer.as_str(), &id, 0);
        for (_, link) in self.relaying_links(None) {
            let seal = Some(&seal).filter(|_| self.is_proven(link));
            let line = encode::who_has(&id, &self.me, peer, Ttl::new(ring), seal);
            self.write(now, link, Lane::Control, line, None);
        }
    }

    pub(super) fn on_ring_over(&mut self, now: Instant, peer: &PeerId) {
        let Some(own) = self.searches.own.get(peer) else { return };
        if own.ring < TTL {
            return self.send_ring(now, peer, (own.ring * 2).min(TTL));
        }
        self.end_search(peer);
        self.on_not_found(peer);
    }

    pub(super) fn end_search(&mut self, peer: &PeerId) {
        self.timers.cancel(Timer::Ring(peer.clone()));
        if let Some(own) = self.searches.own.remove(peer) {
            self.searches.by_id.remove(&own.id);
        }
    }

    /// Somebody became a neighbor: whoever looked for it need not go on.
    pub(super) fn on_neighbor_up(&mut self, now: Instant, peer: &PeerId) {
        if self.searches.own.contains_key(peer) {
            self.end_search(peer);
        }
        self.on_found(now, peer);
    }

    /// Links to all that relay, one for each peer, without one.
    fn relaying_links(&self, without: Option<&PeerId>) -> Vec<(PeerId, PeerLinkId)> {
        self.neighbors
            .iter()
            .filter(|(peer, neighbor)| neighbor.relay && Some(*peer) != without)
            .filter_map(|(peer, _)| Some((peer.clone(), self.best_link(peer)?)))
            .collect()
    }

    pub(super) fn on_who_has(&mut self, now: Instant, link: PeerLinkId, search: &Search) {
        let Some(sender) = self.peer_of(link).cloned() else {
            return;
        };
        let (Some(id), Some(sought)) = (&search.msg_id, &search.dst) else {
            return self.drop_message(now, link, search.src.clone(), DropCause::BadFormat);
        };
        let asker = search.src.clone().unwrap_or_else(|| sender.clone());
        if asker == self.me {
            return;
        }
        if self.is_taken_from_old(&sender, &asker, search.seal.as_ref())
            || self
                .check_origin("WHO_HAS", &asker, sought.as_str(), Some(id), "", search.seal.as_ref())
                .is_err()
        {
            return self.drop_message(now, link, Some(asker), DropCause::Forged);
        }
        let key = FloodKey::search(&asker, id);
        if self.searches.seen.knows(&key, search.ttl, now) {
            return;
        }
        let rate = Rate::new(SEARCH_RATE, SEARCH_BURST);
        if self.searches.paces.entry(link).or_default().take(rate, now).is_err() {
            // It may still come over another link.
            return self.drop_message(now, link, Some(asker), DropCause::TooFast);
        }
        let sight = self.searches.seen.see(key, search.ttl, now);
        self.learn_key_in_time(now, &asker, search.seal.as_ref());
        let here = *sought == self.me;
        // Only what is live counts: a route may be old, and two that believe each other would be wrong together.
        if here || (self.neighbors.contains(sought) && *sought != sender) {
            if sight == Sight::New {
                self.answer_hit(now, link, id, sought, u8::from(!here));
            }
            return;
        }
        self.pass_search_on(now, link, &sender, &asker, sight == Sight::New, search);
    }

    fn pass_search_on(
        &mut self,
        now: Instant,
        link: PeerLinkId,
        sender: &PeerId,
        asker: &PeerId,
        first: bool,
        search: &Search,
    ) {
        let (Some(id), Some(sought), Some(ttl)) = (&search.msg_id, &search.dst, search.ttl.passed_on()) else {
            return;
        };
        // The way back is that of the first arrival, which was the fastest; a copy that may go farther only goes on.
        if first
            && self
                .paths
                .remember(
                    PathKey::Search(id.clone()),
                    link,
                    (Some(asker.clone()), Some(sought.clone())),
                    None,
                    now,
                )
                .is_err()
        {
            return;
        }
        self.set_paths_timer();
        for (peer, next) in self.relaying_links(Some(sender)) {
            if peer != *asker {
                let seal = search.seal.as_ref().filter(|_| self.is_proven(next));
                let line = encode::who_has(id, asker, sought, ttl, seal);
                self.write(now, next, Lane::Control, line, None);
            }
        }
    }

    fn answer_hit(&mut self, now: Instant, link: PeerLinkId, id: &MsgId, sought: &PeerId, hops: u8) {
        let seal = self
            .is_proven(link)
            .then(|| self.seal(now, "WHO_HAS_HIT", sought.as_str(), id, 0));
        let line = encode::who_has_hit(id, &self.me, sought, &self.me, hops, Ttl::FIRST, seal.as_ref());
        self.write(now, link, Lane::Control, line, None);
    }

    pub(super) fn on_hit(&mut self, now: Instant, link: PeerLinkId, hit: &Hit) {
        let (Some(id), Some(sought), Some(sender)) = (&hit.msg_id, &hit.dst, self.peer_of(link).cloned()) else {
            return;
        };
        let answerer = hit.src.clone().unwrap_or_else(|| sender.clone());
        if *sought == self.me
            || self.is_taken_from_old(&sender, &answerer, hit.seal.as_ref())
            || self
                .check_origin(
                    "WHO_HAS_HIT",
                    &answerer,
                    sought.as_str(),
                    Some(id),
                    "",
                    hit.seal.as_ref(),
                )
                .is_err()
        {
            return self.drop_message(now, link, Some(answerer), DropCause::Forged);
        }
        let hops = hit.hops.saturating_add(1);
        let own = self.searches.by_id.get(id) == Some(sought);
        let key = PathKey::Search(id.clone());
        let path = self
            .paths
            .back(&key)
            .filter(|path| path.destination.as_ref() == Some(sought));
        let path = path.cloned();
        // Nobody teaches a way unasked.
        if own || path.is_some() {
            self.learn_key_in_time(now, &answerer, hit.seal.as_ref());
            if sender != *sought {
                self.routes.learn(sought, &sender, hops, now);
            }
        }
        if own {
            self.on_found(now, &sought.clone());
            // A way that every message has tried already ends nothing: a wider ring may bring another.
            if self.waiting_for(sought).is_empty() {
                self.end_search(sought);
            }
            return;
        }
        let Some(path) = path else { return };
        let seal = hit.seal.as_ref().filter(|_| self.is_proven(path.from));
        let ttl = hit.ttl.passed_on().unwrap_or(Ttl::NEIGHBOR);
        let line = encode::who_has_hit(id, &answerer, sought, &self.me, hops, ttl, seal);
        self.write(now, path.from, Lane::Control, line, None);
    }

    pub(super) fn forget_pace(&mut self, link: PeerLinkId) {
        self.searches.paces.remove(&link);
    }
}
