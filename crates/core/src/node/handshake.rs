//! How a connection becomes a link: HELLO, its answer and the proof (docs/protocol.md 3.3 and 3.6).

use std::net::SocketAddr;
use std::time::Duration;

use super::io::{CloseReason, Direction, Event, Output};
use super::link::{Announced, Link, Phase};
use super::queue::Lane;
use super::{Node, Timer};
use crate::address::counted_address;
use crate::error::Code;
use crate::id::{DialId, PeerId, PeerLinkId};
use crate::identity::{PublicKey, Signature};
use crate::limits::{
    CROSSED_DIALS, HELLO_DEADLINE, LEGACY_SILENCE, LINKS, LINKS_UNGREETED, LINKS_UNGREETED_PER_ADDRESS, PROOF_DEADLINE,
};
use crate::time::Instant;
use crate::wire::peer::{Greeting, HelloX, Message, encode, handshake};

impl Node {
    pub(super) fn on_accepted(&mut self, now: Instant, id: PeerLinkId, from: SocketAddr) {
        let from = SocketAddr::new(from.ip().to_canonical(), from.port());
        let ungreeted = |link: &&Link| matches!(link.phase, Phase::Ungreeted);
        let near = |link: &&Link| counted_address(link.address.ip()) == counted_address(from.ip());
        let waiting = self.links.values().filter(ungreeted);
        // Everybody on this machine has one address.
        let from_there =
            !from.ip().is_loopback() && waiting.clone().filter(near).count() >= LINKS_UNGREETED_PER_ADDRESS;
        if self.quitting || self.links.len() >= LINKS || waiting.count() >= LINKS_UNGREETED || from_there {
            self.counters.refused_links += 1;
            let reason = CloseReason::TooMany;
            return self.outbox.push_back(Output::Close { link: id, reason });
        }
        self.links
            .insert(id, Link::new(Direction::Inbound, from, Phase::Ungreeted, now));
        self.timers.set(Timer::Greeting(id), now + HELLO_DEADLINE);
    }

    pub(super) fn on_dialed(&mut self, now: Instant, dial: DialId, id: PeerLinkId) {
        let Some((address, expected)) = self.dials.remove(&dial) else {
            let reason = CloseReason::Duplicate;
            return self.outbox.push_back(Output::Close { link: id, reason });
        };
        if self.quitting {
            let reason = CloseReason::OurBye;
            return self.outbox.push_back(Output::Close { link: id, reason });
        }
        self.dialer.dialed(dial);
        let line = handshake::hello(&self.me, &self.identity, self.rng.nonce());
        let phase = Phase::Greeting {
            hello: without_newline(&line),
            dial,
            expected,
        };
        self.links
            .insert(id, Link::new(Direction::Outbound, address, phase, now));
        self.timers.set(Timer::Greeting(id), now + HELLO_DEADLINE);
        self.write(now, id, Lane::Control, line, None);
    }

    /// A message on a link that is not live.
    pub(super) fn on_early_message(&mut self, now: Instant, id: PeerLinkId, line: &[u8], message: Message) {
        let Some(link) = self.links.get(&id) else { return };
        match (&link.phase, message) {
            (Phase::Ungreeted, Message::Hello(greeting)) => self.on_hello(now, id, line, greeting),
            (Phase::Greeting { .. }, Message::HelloOk(greeting)) => self.on_hello_ok(now, id, line, greeting),
            (Phase::Greeting { .. }, Message::HelloReject { .. }) => {
                self.close(now, id, CloseReason::AlreadyConnected);
            }
            (Phase::Greeting { .. } | Phase::Ungreeted, Message::Bye { msg_id }) => {
                self.on_bye(now, id, msg_id.as_deref());
            }
            // One program asks for a sign of life before it has said who it is. Between HELLO and its answer nothing is
            // said: it asks again.
            (Phase::Ungreeted, Message::Ping { msg_id }) => {
                let line = encode::pong(msg_id.as_deref(), self.utc(now));
                self.write(now, id, Lane::Control, line, None);
            }
            (Phase::Greeting { .. }, Message::Error(complaint)) => self.on_greeting_refused(now, id, &complaint.code),
            (Phase::Proving(_), Message::XAuth { sig }) => self.on_x_auth(now, id, sig),
            // It announced a proof and says something else first: then it is an old program that repeats what it hears.
            (Phase::Proving(_), message) => {
                self.become_legacy(now, id);
                if self.links.get(&id).is_some_and(Link::is_live) {
                    self.on_message(now, id, line, message);
                }
            }
            (Phase::Leaving(CloseReason::Duplicate), message) if is_speech(&message) => {
                self.on_late_speech(now, id, line, message);
            }
            (Phase::Leaving(_), Message::ByeOk { .. } | Message::Bye { .. }) => {
                let Phase::Leaving(reason) = link.phase else { return };
                self.close(now, id, reason);
            }
            (Phase::Ungreeted, _) => self.close(now, id, CloseReason::NotAPeer),
            // What comes after goodbye, or before the answer, says nothing.
            (Phase::Greeting { .. } | Phase::Leaving(_) | Phase::Left | Phase::Live, _) => {}
        }
    }

    /// What was under way when this node gave up one of two links to a peer. It counts as if it had come over the other
    /// one, where the answers go.
    fn on_late_speech(&mut self, now: Instant, id: PeerLinkId, line: &[u8], message: Message) {
        let kept = self.peer_of(id).and_then(|peer| self.best_link(peer));
        self.on_live_message(now, kept.unwrap_or(id), line, message);
    }

    fn on_greeting_refused(&mut self, now: Instant, id: PeerLinkId, code: &str) {
        let reason = if code == Code::Unauthorized.as_str() {
            CloseReason::Unauthorized
        } else {
            CloseReason::AlreadyConnected
        };
        self.close(now, id, reason);
    }

    fn on_hello(&mut self, now: Instant, id: PeerLinkId, line: &[u8], greeting: Greeting) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let peer = greeting.peer_id.unwrap_or_else(|| nameless(link.address));
        link.peer = Some(peer.clone());
        link.relay = greeting.relay;
        let nonce = self.rng.nonce();
        let Some(x) = greeting.x else {
            if self.is_claimed(&peer) {
                return self.refuse_impostor(now, id, peer);
            }
            if self.just_dialed(&peer, now) {
                // Chat works both ways when the connection that was dialed second goes (docs/protocol.md 3.3).
                return self.close(now, id, CloseReason::Duplicate);
            }
            let answer = handshake::hello_ok(&self.me, &self.identity, nonce, None);
            self.answer_hello(now, id, answer, LEGACY_SILENCE);
            return self.become_live(now, id, None);
        };
        if x.pk == self.identity.public() {
            return self.close(now, id, CloseReason::Ourselves);
        }
        let answer = handshake::hello_ok(&self.me, &self.identity, nonce, Some(line));
        let ok = without_newline(&answer);
        self.answer_hello(now, id, answer, PROOF_DEADLINE);
        if let Some(link) = self.links.get_mut(&id) {
            link.phase = Phase::Proving(Box::new(Announced {
                hello: line.to_vec(),
                ok,
                x,
            }));
            self.timers.set(Timer::Greeting(id), now + PROOF_DEADLINE);
        }
    }

    fn answer_hello(&mut self, now: Instant, id: PeerLinkId, line: Vec<u8>, silence: Duration) {
        if let Some(link) = self.links.get_mut(&id)
            && link.queue.push_before_silence(line, silence).is_ok()
        {
            self.pump(now, id);
        }
    }

    fn on_hello_ok(&mut self, now: Instant, id: PeerLinkId, line: &[u8], greeting: Greeting) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let Phase::Greeting { hello, expected, .. } = &link.phase else {
            return;
        };
        link.relay = greeting.relay;
        let proof = greeting
            .x
            .as_ref()
            .filter(|x| handshake::verify_hello_ok(hello, line, x));
        let Some(HelloX { pk, .. }) = proof else {
            // The name in the answer proves nothing: one program answers with ours. Who was dialed is known better.
            let said = greeting.peer_id.filter(|said| *said != self.me);
            let peer = expected.clone().or(said).unwrap_or_else(|| nameless(link.address));
            link.peer = Some(peer.clone());
            if self.is_claimed(&peer) {
                return self.refuse_impostor(now, id, peer);
            }
            return self.become_live(now, id, None);
        };
        let pk = *pk;
        if pk == self.identity.public() {
            return self.close(now, id, CloseReason::Ourselves);
        }
        let auth = handshake::x_auth(&self.identity, hello, line);
        let Some(peer) = greeting.peer_id else {
            return self.close(now, id, CloseReason::NotAPeer);
        };
        link.peer = Some(peer.clone());
        if peer == self.me || self.keys.learn(&peer, pk, now).is_err() {
            return self.refuse_impostor(now, id, peer);
        }
        self.write(now, id, Lane::Control, auth, None);
        self.become_live(now, id, Some(pk));
    }

    /// The proof that was announced came, in time or late.
    pub(super) fn on_x_auth(&mut self, now: Instant, id: PeerLinkId, sig: Option<Signature>) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let late = link.late.take();
        let announced = match &link.phase {
            Phase::Proving(announced) => Some(announced),
            _ => late.as_ref(),
        };
        let (Some(announced), Some(peer)) = (announced, &link.peer) else {
            return;
        };
        let Announced { hello, ok, x } = announced.as_ref();
        let pk = x.pk;
        if !sig.is_some_and(|sig| handshake::verify_x_auth(&pk, hello, ok, &sig)) {
            return self.close(now, id, CloseReason::Unauthorized);
        }
        let peer = peer.clone();
        if peer == self.me || self.keys.learn(&peer, pk, now).is_err() {
            return self.refuse_impostor(now, id, peer);
        }
        if late.is_some() {
            self.become_proven(now, id, &peer, pk);
        } else {
            self.become_live(now, id, Some(pk));
        }
    }

    /// A link that was legacy only because its proof was late is proven after all.
    fn become_proven(&mut self, now: Instant, id: PeerLinkId, peer: &PeerId, key: PublicKey) {
        let Some(link) = self.links.get_mut(&id) else { return };
        link.key = Some(key);
        link.queue.set_paced(false, now);
        let interval = link.interval();
        self.timers.set(Timer::Keepalive(id), now + self.rng.jitter(interval));
        self.keys.pin(peer);
        self.neighbors.prove(peer, key);
        self.pump(now, id);
        self.keep_one(now, peer, &key);
        self.on_found(now, peer);
    }

    pub(super) fn on_greeting_late(&mut self, now: Instant, id: PeerLinkId) {
        let Some(link) = self.links.get(&id) else { return };
        // Whose key is known is nobody without its proof; over a slow network that takes longer.
        let patient = link.since + HELLO_DEADLINE;
        let known = link.peer.as_ref().is_some_and(|peer| self.is_claimed(peer));
        match self.links.get(&id).map(|link| &link.phase) {
            Some(Phase::Proving(_)) if known && now < patient => self.timers.set(Timer::Greeting(id), patient),
            Some(Phase::Proving(_)) if known => self.become_legacy(now, id),
            Some(Phase::Proving(_)) => self.become_legacy_for_now(now, id),
            Some(Phase::Ungreeted | Phase::Greeting { .. }) => self.close(now, id, CloseReason::NoHello),
            _ => {}
        }
    }

    /// The proof that was announced is late. Its sender takes the link for proven, so one that still comes counts.
    fn become_legacy_for_now(&mut self, now: Instant, id: PeerLinkId) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let Phase::Proving(late) = std::mem::replace(&mut link.phase, Phase::Live) else {
            return;
        };
        link.late = Some(late);
        self.become_legacy(now, id);
    }

    /// The proof that was announced did not come.
    pub(super) fn become_legacy(&mut self, now: Instant, id: PeerLinkId) {
        let Some(peer) = self.peer_of(id).cloned() else { return };
        if self.is_claimed(&peer) {
            return self.refuse_impostor(now, id, peer);
        }
        self.become_live(now, id, None);
    }

    fn become_live(&mut self, now: Instant, id: PeerLinkId, key: Option<PublicKey>) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let Some(peer) = link.peer.clone() else { return };
        let dial = match std::mem::replace(&mut link.phase, Phase::Live) {
            Phase::Greeting { dial, .. } => Some(dial),
            _ => None,
        };
        link.key = key;
        link.since = now;
        if key.is_some() {
            link.queue.set_paced(false, now);
        }
        let (direction, address, relay, interval) = (link.direction, link.address, link.relay, link.interval());
        self.timers.cancel(Timer::Greeting(id));
        // Not all at the same moment: a node has many links that became live together.
        self.timers.set(Timer::Keepalive(id), now + self.rng.jitter(interval));
        if key.is_some() {
            self.keys.pin(&peer);
        }
        if let Some(dial) = dial {
            self.dialer.greeted(dial, &peer, now);
        }
        if self.neighbors.add(&peer, id, key, relay, now) {
            self.event(Event::NeighborUp {
                peer: peer.clone(),
                direction,
                proven: key.is_some(),
                address,
            });
        }
        self.pump(now, id);
        if let Some(key) = key {
            self.keep_one(now, &peer, &key);
        }
        self.on_neighbor_up(now, &peer);
    }

    /// Of several links between the same two proven nodes, one stays: the one that the smaller key dialed, and of two
    /// of these the newest, since the older one may be dead without knowing. Both sides find the same.
    fn keep_one(&mut self, now: Instant, peer: &PeerId, key: &PublicKey) {
        let Some(neighbor) = self.neighbors.get(peer) else {
            return;
        };
        let dialed_by_smaller = if self.identity.public() < *key {
            Direction::Outbound
        } else {
            Direction::Inbound
        };
        let proven: Vec<PeerLinkId> = neighbor
            .links
            .iter()
            .filter(|id| self.links.get(id).is_some_and(Link::is_proven))
            .copied()
            .collect();
        let right = |id: &&PeerLinkId| {
            self.links
                .get(id)
                .is_some_and(|link| link.direction == dialed_by_smaller)
        };
        let Some(&kept) = proven.iter().rev().find(right).or(proven.last()) else {
            return;
        };
        for other in proven.into_iter().filter(|&other| other != kept) {
            // The side that knows first says so; the other one answers.
            self.leave(now, other, CloseReason::Duplicate);
        }
    }

    /// A name whose owner is known by key, or this node's own.
    fn is_claimed(&self, peer: &PeerId) -> bool {
        *peer == self.me || self.keys.known(peer).is_some()
    }

    fn refuse_impostor(&mut self, now: Instant, id: PeerLinkId, peer: PeerId) {
        let Some(link) = self.links.get(&id) else { return };
        let address = link.address;
        let detail = "this name belongs to a key that you did not prove";
        self.last_words(id, encode::error(Code::Unauthorized, None, detail));
        self.counters.impostors += 1;
        self.event(Event::Impostor { peer, address });
        self.close(now, id, CloseReason::Unauthorized);
    }

    /// This node's own dial to an old program succeeded a moment ago.
    fn just_dialed(&self, peer: &PeerId, now: Instant) -> bool {
        self.neighbors.get(peer).is_some_and(|neighbor| {
            neighbor.links.iter().any(|id| {
                self.links
                    .get(id)
                    .is_some_and(|link| link.direction == Direction::Outbound && now.since(link.since) < CROSSED_DIALS)
            })
        })
    }
}

/// Whether others wait for what a message says, whichever link it comes over.
const fn is_speech(message: &Message) -> bool {
    matches!(
        message,
        Message::Send(_)
            | Message::Pub(_)
            | Message::Ack(_)
            | Message::RelayOk(_)
            | Message::RelayFail(_)
            | Message::TtlExpired(_)
            | Message::WhoHas(_)
            | Message::WhoHasHit(_)
    )
}

fn without_newline(line: &[u8]) -> Vec<u8> {
    line.strip_suffix(b"\n").unwrap_or(line).to_vec()
}

/// A name for somebody who does not say one.
fn nameless(address: SocketAddr) -> PeerId {
    let text = format!("{}-{}@unknown", address.ip(), address.port());
    text.parse().unwrap_or_else(|_| unreachable!("an address fits a name"))
}
