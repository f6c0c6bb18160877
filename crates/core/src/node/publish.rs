//! Messages to many: to a namespace or to everyone (docs/protocol.md 2.3, 2.5 and 2.7).

use std::collections::{BTreeMap, VecDeque};

use super::flood::{FloodKey, Sight};
use super::io::{DropCause, Event, Kind, Scope};
use super::queue::Lane;
use super::seals::Origin;
use super::unicast::speech_line;
use super::{Node, Timer};
use crate::error::Code;
use crate::id::{MsgId, PeerId, PeerLinkId};
use crate::limits::{PEER_PAYLOAD_BYTES, PENDING_SENDS, PUB_BURST, PUB_RATE};
use crate::pace::{Pace, Rate};
use crate::planted::{Bug, planted};
use crate::time::Instant;
use crate::wire::peer::{Speech, Target, Ttl};

/// What this node publishes, as fast as others take it from one source.
#[derive(Debug, Default)]
pub(super) struct Publisher {
    pace: Pace,
    waiting: VecDeque<(Scope, String)>,
}

impl Publisher {
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Forgets what waits, and gives whom each was for.
    pub(super) fn abandon(&mut self) -> Vec<String> {
        let waiting = self.waiting.drain(..);
        waiting
            .map(|(scope, _)| Target::from(scope.clone()).to_string())
            .collect()
    }
}

impl Node {
    pub(super) fn publish(&mut self, now: Instant, scope: &Scope, text: String) {
        let refusal = if text.len() > PEER_PAYLOAD_BYTES {
            Some(Code::MessageTooLarge)
        } else if text.is_empty() || matches!(scope, Scope::Unicast(_)) {
            Some(Code::BadFormat)
        } else if self.publisher.waiting.len() >= PENDING_SENDS || self.quitting {
            Some(Code::Busy)
        } else {
            None
        };
        if let Some(code) = refusal {
            let about = Target::from(scope.clone()).to_string();
            return self.event(Event::Refused { code, about });
        }
        self.publisher.waiting.push_back((scope.clone(), text));
        self.publish_waiting(now);
    }

    /// Everyone on the way holds a source to its rate; this node keeps to it, so that nothing of its own is dropped.
    pub(super) fn publish_waiting(&mut self, now: Instant) {
        let rate = Rate::new(PUB_RATE, PUB_BURST);
        while !self.publisher.waiting.is_empty() {
            match self.publisher.pace.take(rate, now) {
                Ok(()) => {
                    if let Some((scope, text)) = self.publisher.waiting.pop_front() {
                        self.publish_now(now, &scope, text);
                    }
                }
                Err(at) => return self.timers.set(Timer::Publish, at),
            }
        }
    }

    fn publish_now(&mut self, now: Instant, scope: &Scope, text: String) {
        let id = MsgId::random(&mut self.rng);
        let dst = Target::from(scope.clone());
        let dst_text = dst.to_string();
        self.counters.published += 1;
        self.event(Event::Sent {
            msg_id: id.clone(),
            dst: dst_text.clone(),
        });
        let (q, t) = (self.next_q(), self.utc(now));
        let seal = self.sealed("PUB", &dst_text, &id, q, t, &text).sign(&self.identity, 0);
        // A copy that comes back is known.
        if !planted(Bug::OwnShown) {
            self.flood
                .see(FloodKey::Signed(self.identity.public(), id.clone()), Ttl::FIRST, now);
        }
        let speech = Speech {
            msg_id: Some(id),
            src: Some(self.me.clone()),
            dst,
            payload: text,
            require_ack: false,
            ttl: Ttl::FIRST,
            via: None,
            seal: Some(seal),
        };
        let mut lines = Encoded::new(speech);
        for (peer, link) in self.all_links() {
            if self.is_proven(link) {
                self.write_speech(now, link, lines.signed());
            } else if reaches(&lines.speech.dst, &peer) {
                // An old program shows whatever it gets, and passes nothing on.
                self.write_speech(now, link, lines.plain(self.first_ttl(link)));
            }
        }
    }

    fn write_speech(&mut self, now: Instant, link: PeerLinkId, line: Option<&[u8]>) {
        if let Some(line) = line {
            self.write(now, link, Lane::Rest, line.to_vec(), None);
        }
    }

    /// The best link to each neighbor.
    fn all_links(&self) -> Vec<(PeerId, PeerLinkId)> {
        let peers = self.neighbors.iter();
        peers
            .filter_map(|(peer, neighbor)| Some((peer.clone(), self.best_of(neighbor)?)))
            .collect()
    }

    pub(super) fn on_pub(&mut self, now: Instant, link: PeerLinkId, line: &[u8], speech: Speech) {
        let Some(sender) = self.peer_of(link).cloned() else {
            return;
        };
        let src = speech.src.clone().unwrap_or_else(|| sender.clone());
        if let Some(neighbor) = self.neighbors.get_mut(&sender) {
            neighbor.received += 1;
        }
        self.counters.copies += 1;
        // A copy of this node's own words, which somebody passes on.
        let mine = self.identity.public();
        if speech.seal.as_ref().is_some_and(|seal| seal.pk == mine) && !planted(Bug::OwnShown) {
            self.counters.duplicates += 1;
            return;
        }
        if self.is_taken_from_old(&sender, &src, speech.seal.as_ref()) {
            return self.drop_message(now, link, Some(src), DropCause::Forged);
        }
        let (dst, seal) = (speech.dst.to_string(), speech.seal.as_ref());
        let origin = match self.check_origin("PUB", &src, &dst, speech.msg_id.as_ref(), &speech.payload, seal) {
            Ok(origin) => origin,
            Err(cause) => {
                if planted(Bug::ForwardUnverified) {
                    self.pass_pub_on(now, &sender, &src, speech);
                }
                return self.drop_message(now, link, Some(src), cause);
            }
        };
        // An old program that is a neighbor says it here itself; what others pass on of it would be shown twice.
        if origin == Origin::Unverified && src != sender && self.neighbors.contains(&src) {
            self.counters.duplicates += 1;
            return;
        }
        let key = FloodKey::of(&src, &speech, origin);
        let sight = self.flood.see(key.clone(), speech.ttl, now);
        if sight == Sight::Known {
            self.counters.duplicates += 1;
            return;
        }
        if sight == Sight::New {
            if matches!(origin, Origin::Verified(_)) {
                self.remember_copy(line, &key, &src, &speech);
            }
            if let Err(cause) = self.admit_pub(now, &src, &speech, origin) {
                self.flood.refuse(&key);
                return self.drop_message(now, link, Some(src), cause);
            }
            self.counters.first_copies += 1;
            self.show_pub(&sender, &src, &speech, origin);
        }
        let before = self.counters.passed_on;
        self.pass_pub_on(now, &sender, &src, speech);
        if sight == Sight::Farther {
            self.counters.passed_on_again += self.counters.passed_on - before;
        }
    }

    fn admit_pub(&mut self, now: Instant, src: &PeerId, speech: &Speech, origin: Origin) -> Result<(), DropCause> {
        if let (Origin::Verified(pk), Some(seal)) = (origin, &speech.seal) {
            let utc = self.utc(now);
            self.keys
                .fresh(&pk, seal.q, seal.t, utc, now)
                .map_err(|_| DropCause::Replayed)?;
        }
        let admitted = match origin {
            Origin::Verified(key) => self.sources.admit(&key, now),
            Origin::Unverified => self.unsigned_sources.admit(src, now),
        };
        if !admitted {
            return Err(DropCause::TooFast);
        }
        self.learn_key(now, src, origin);
        Ok(())
    }

    fn show_pub(&mut self, sender: &PeerId, src: &PeerId, speech: &Speech, origin: Origin) {
        if !reaches(&speech.dst, &self.me) {
            return;
        }
        self.counters.received += 1;
        self.event(Event::Message {
            kind: Kind::Pub,
            msg_id: speech.msg_id.as_ref().map(ToString::to_string).unwrap_or_default(),
            src: src.clone(),
            dst: speech.dst.to_string(),
            payload: speech.payload.clone(),
            ttl: speech.ttl,
            verified: matches!(origin, Origin::Verified(_)),
            via: (src != sender).then(|| sender.clone()),
        });
    }

    /// To every proven neighbor but those that have it. Old programs would show each copy, so they get none but from
    /// whoever says it.
    fn pass_pub_on(&mut self, now: Instant, sender: &PeerId, src: &PeerId, speech: Speech) {
        let Some(ttl) = speech.ttl.passed_on() else { return };
        let ttl = if planted(Bug::PubTtlKept) { speech.ttl } else { ttl };
        let ttl = if planted(Bug::PubTtlRaised) { Ttl::FIRST } else { ttl };
        let via = speech.seal.is_none().then(|| self.me.clone());
        let passed = Speech {
            src: Some(src.clone()),
            ttl,
            via,
            ..speech
        };
        if let Some(line) = speech_line("PUB", &passed) {
            self.pass_line_on(now, sender, src, &line);
        }
    }

    pub(super) fn pass_line_on(&mut self, now: Instant, sender: &PeerId, src: &PeerId, line: &[u8]) {
        let others = self
            .neighbors
            .iter()
            .filter(|(peer, _)| (*peer != sender && *peer != src) || planted(Bug::RelayedBack));
        let links: Vec<PeerLinkId> = others
            .filter_map(|(_, neighbor)| self.best_of(neighbor))
            .filter(|&link| self.is_proven(link) || planted(Bug::RelayedBack))
            .collect();
        for link in links {
            self.counters.passed_on += 1;
            self.write_speech(now, link, Some(line));
        }
    }
}

/// The lines of one message: each is written once, however many links it goes over.
struct Encoded {
    speech: Speech,
    signed: Option<Vec<u8>>,
    plain: BTreeMap<Ttl, Option<Vec<u8>>>,
}

impl Encoded {
    fn new(speech: Speech) -> Self {
        Self {
            signed: speech_line("PUB", &speech),
            speech,
            plain: BTreeMap::new(),
        }
    }

    fn signed(&self) -> Option<&[u8]> {
        self.signed.as_deref()
    }

    /// For a link on which nothing is signed.
    fn plain(&mut self, ttl: Ttl) -> Option<&[u8]> {
        let speech = &self.speech;
        let line = self.plain.entry(ttl).or_insert_with(|| {
            let plain = Speech {
                ttl,
                seal: None,
                ..speech.clone()
            };
            speech_line("PUB", &plain)
        });
        line.as_deref()
    }
}

/// Whether a message to many is for this peer.
fn reaches(dst: &Target, peer: &PeerId) -> bool {
    match dst {
        // One program leaves the destination out of what is for all.
        Target::Everyone | Target::Nobody => true,
        Target::Namespace(name) => name == peer.namespace(),
        Target::Peer(other) => other == peer,
    }
}
