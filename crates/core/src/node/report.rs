//! What a node knows of itself and of its neighbors, for people (docs/protocol.md 2.7).

use super::Node;
use super::io::{Conn, Event, PeerRow, RouteRow, Rtt, Snapshot};
use super::queue::Lane;
use crate::id::{PeerId, PeerLinkId};
use crate::time::Instant;
use crate::wire::peer::{Complaint, MetricsReq, Ttl, encode};

/// What is counted since the start.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) sent: u64,
    pub(super) delivered: u64,
    pub(super) failed: u64,
    pub(super) published: u64,
    pub(super) received: u64,
    pub(super) duplicates: u64,
    pub(super) relayed: u64,
    pub(super) not_relayed: u64,
    pub(super) ttl_expired: u64,
    pub(super) passed_on: u64,
    /// Copies of PUBs among these that went out once more, because a later one could go farther.
    pub(super) passed_on_again: u64,
    /// Copies of PUBs that came, and how many of them were the first.
    pub(super) copies: u64,
    pub(super) first_copies: u64,
    pub(super) searches: u64,
    pub(super) forged: u64,
    pub(super) replayed: u64,
    pub(super) too_fast: u64,
    pub(super) bad_lines: u64,
    pub(super) unknown: u64,
    pub(super) impostors: u64,
    pub(super) refused_links: u64,
    pub(super) queue_full: u64,
}

/// How much a node holds at a moment, to be held against the bounds (docs/protocol.md 2.7).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Vitals {
    /// Links, live ones, and live and proven ones.
    pub(crate) links: usize,
    pub(crate) live: usize,
    pub(crate) proven: usize,
    /// Live links as the list of neighbors has them.
    pub(crate) listed: usize,
    /// Bytes that wait for the fullest link, and for the fullest proven one.
    pub(crate) queued: usize,
    pub(crate) queued_proven: usize,
    /// Own SENDs that have not ended, own PUBs that wait, and searches.
    pub(crate) pending: usize,
    pub(crate) publishing: usize,
    pub(crate) searching: usize,
    /// Ways back, and those of one link that have not ended, of the link with most.
    pub(crate) paths: usize,
    pub(crate) relayed_for_one: usize,
    /// Messages that were dropped because they came too fast, since the start.
    pub(crate) too_fast: u64,
}

/// What a node has counted of the cost of reaching others, since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tallies {
    /// Copies of PUBs that came, and how many of them were the first.
    pub(crate) copies: u64,
    pub(crate) first_copies: u64,
    /// Copies that it passed on only because they could go farther than the ones before.
    pub(crate) passed_on_again: u64,
    /// Searches that it began.
    pub(crate) searches: u64,
}

impl Node {
    pub(crate) fn vitals(&self) -> Vitals {
        let mut vitals = Vitals {
            links: self.links.len(),
            listed: self.neighbors.iter().map(|(_, neighbor)| neighbor.links.len()).sum(),
            pending: self.unicast.len(),
            publishing: self.publisher.len(),
            searching: self.searches.len(),
            paths: self.paths.len(),
            relayed_for_one: self.paths.most_open(),
            too_fast: self.counters.too_fast,
            ..Vitals::default()
        };
        for link in self.links.values() {
            let bytes = link.queue.bytes();
            vitals.live += usize::from(link.is_live());
            vitals.queued = vitals.queued.max(bytes);
            if link.is_live() && link.is_proven() {
                vitals.proven += 1;
                vitals.queued_proven = vitals.queued_proven.max(bytes);
            }
        }
        vitals
    }

    pub(crate) const fn tallies(&self) -> Tallies {
        Tallies {
            copies: self.counters.copies,
            first_copies: self.counters.first_copies,
            passed_on_again: self.counters.passed_on_again,
            searches: self.counters.searches,
        }
    }

    /// Peers with live proven links, and how many.
    pub(crate) fn proven_neighbors(&self) -> impl Iterator<Item = (&PeerId, usize)> {
        self.neighbors.iter().filter_map(|(peer, neighbor)| {
            let proven = neighbor.links.iter().filter(|&&link| self.is_proven(link)).count();
            (proven > 0).then_some((peer, proven))
        })
    }

    /// True for a link over which both sides may say anything.
    pub(crate) fn is_live(&self, link: PeerLinkId) -> bool {
        self.links.get(&link).is_some_and(super::link::Link::is_live)
    }

    /// What a node knows, at `now`.
    pub fn snapshot(&self, now: Instant) -> Snapshot {
        Snapshot {
            conns: self.conns(now),
            routes: self.route_rows(now),
            rtts: self.rtts(),
            peers: self.peer_rows(now),
            counters: self.counter_rows(),
        }
    }

    /// Whoever is dialed, and whoever came by itself.
    fn peer_rows(&self, now: Instant) -> Vec<PeerRow> {
        let mut rows = self.dialer.rows(now, |peer| self.neighbors.contains(peer));
        for (peer, _) in self.neighbors.iter() {
            if rows.iter().all(|row| row.peer_id != *peer) {
                rows.push(PeerRow {
                    peer_id: peer.clone(),
                    addresses: Vec::new(),
                    connected: true,
                    failures: 0,
                    next_dial: None,
                });
            }
        }
        rows.sort_by(|one, other| one.peer_id.cmp(&other.peer_id));
        rows
    }

    fn conns(&self, now: Instant) -> Vec<Conn> {
        let live = self.links.values().filter(|link| link.is_live());
        live.filter_map(|link| {
            let peer = link.peer.clone()?;
            let rtt = self.neighbors.get(&peer).and_then(|neighbor| neighbor.rtt.smoothed());
            Some(Conn {
                peer_id: peer,
                address: link.address,
                direction: link.direction,
                proven: link.is_proven(),
                age: now.since(link.since),
                received: link.received,
                sent: link.sent,
                queued: link.queue.bytes(),
                rtt,
            })
        })
        .collect()
    }

    fn route_rows(&self, now: Instant) -> Vec<RouteRow> {
        let direct = self.neighbors.iter().map(|(peer, neighbor)| RouteRow {
            destination: peer.clone(),
            next_hop: peer.clone(),
            hops: 1,
            age: neighbor
                .links
                .first()
                .and_then(|link| self.links.get(link))
                .map_or_else(Default::default, |link| now.since(link.since)),
            rtt: neighbor.rtt.smoothed(),
        });
        let learned = self
            .routes
            .rows(now)
            .into_iter()
            .map(|(destination, next_hop, hops, age)| RouteRow {
                rtt: self
                    .neighbors
                    .get(&next_hop)
                    .and_then(|neighbor| neighbor.rtt.smoothed()),
                destination,
                next_hop,
                hops,
                age,
            });
        direct.chain(learned).collect()
    }

    fn rtts(&self) -> Vec<Rtt> {
        self.neighbors
            .iter()
            .filter_map(|(peer, neighbor)| neighbor.rtt.row(peer))
            .collect()
    }

    fn counter_rows(&self) -> Vec<(&'static str, u64)> {
        let counters = &self.counters;
        let queued: usize = self.links.values().map(|link| link.queue.bytes()).sum();
        vec![
            ("links", self.links.len() as u64),
            ("neighbors", self.neighbors.iter().count() as u64),
            ("queued_bytes", queued as u64),
            ("pending", self.unicast.len() as u64),
            ("publishing", self.publisher.len() as u64),
            ("searching", self.searches.len() as u64),
            ("sent", counters.sent),
            ("delivered", counters.delivered),
            ("failed", counters.failed),
            ("published", counters.published),
            ("received", counters.received),
            ("duplicates", counters.duplicates),
            ("relayed", counters.relayed),
            ("not_relayed", counters.not_relayed),
            ("ttl_expired", counters.ttl_expired),
            ("passed_on", counters.passed_on),
            ("searches", counters.searches),
            ("forged", counters.forged),
            ("replayed", counters.replayed),
            ("too_fast", counters.too_fast),
            ("bad_lines", counters.bad_lines),
            ("unknown", counters.unknown),
            ("impostors", counters.impostors),
            ("refused_links", counters.refused_links),
            ("queue_full", counters.queue_full),
        ]
    }

    pub(super) fn on_metrics_req(&mut self, now: Instant, link: PeerLinkId, request: &MetricsReq) {
        let Some(peer) = self.peer_of(link).cloned() else {
            return;
        };
        let Some(neighbor) = self.neighbors.get(&peer) else {
            return;
        };
        let Some(msg_id) = &request.msg_id else { return };
        let metrics = encode::Metrics {
            msg_id,
            src: &self.me,
            dst: &peer,
            ttl: Ttl::NEIGHBOR,
            rtt_ms: neighbor.rtt.smoothed().map(|rtt| rtt.as_secs_f64() * 1000.0),
            sent_count: neighbor.sent,
            recv_count: neighbor.received,
            last_seen: Some(self.utc(now)),
        };
        let line = encode::metrics(&metrics);
        self.write(now, link, Lane::Control, line, None);
    }

    /// An ERROR: about a message of this node, or about the link.
    pub(super) fn on_complaint(&mut self, now: Instant, link: PeerLinkId, complaint: Complaint) {
        let Some(peer) = self.peer_of(link).cloned() else {
            return;
        };
        if self.on_own_complaint(now, link, &complaint) {
            return;
        }
        self.event(Event::PeerError {
            peer,
            code: complaint.code,
            detail: complaint.detail,
        });
    }
}
