//! Messages to one peer that come in: for this node, or for somebody beyond it (docs/protocol.md 2.5).

use super::Node;
use super::Timer;
use super::flood::{FloodKey, Sight};
use super::io::{DropCause, Event, Kind};
use super::paths::{MsgKey, Path, PathKey, Refusal};
use super::queue::Lane;
use super::seals::Origin;
use super::unicast::speech_line;
use crate::error::Code;
use crate::id::{MsgId, PeerId, PeerLinkId};
use crate::planted::{Bug, planted};
use crate::time::Instant;
use crate::wire::peer::{Receipt, Seal, Speech, Target, Ttl, encode};

/// A message that this node is asked to pass on.
struct Incoming {
    link: PeerLinkId,
    src: PeerId,
    tag: MsgKey,
}

impl Node {
    pub(super) fn on_send(&mut self, now: Instant, link: PeerLinkId, speech: Speech) {
        let Some(sender) = self.peer_of(link).cloned() else {
            return;
        };
        if let Some(neighbor) = self.neighbors.get_mut(&sender) {
            neighbor.received += 1;
        }
        let src = speech.src.clone().unwrap_or_else(|| sender.clone());
        // A SEND that says not whom it is for is for whoever gets it.
        let dst = match &speech.dst {
            Target::Peer(peer) => peer.clone(),
            Target::Nobody | Target::Namespace(_) | Target::Everyone => self.me.clone(),
        };
        let dst_text = speech.dst.to_string();
        if self.is_taken_from_old(&sender, &src, speech.seal.as_ref()) {
            return self.drop_message(now, link, Some(src), DropCause::Forged);
        }
        let origin = self.check_origin(
            "SEND",
            &src,
            &dst_text,
            speech.msg_id.as_ref(),
            &speech.payload,
            speech.seal.as_ref(),
        );
        match origin {
            Err(cause) => self.drop_message(now, link, Some(src), cause),
            // Its own words, which somebody sent back: it passes nothing on for itself.
            Ok(_) if src == self.me => self.counters.duplicates += 1,
            Ok(origin) if dst == self.me || planted(Bug::ShownByRelay) => {
                self.deliver(now, link, &sender, src, speech, origin);
            }
            Ok(_) => {
                self.learn_key_in_time(now, &src, speech.seal.as_ref());
                self.forward(now, link, &sender, src, &dst, speech);
            }
        }
    }

    fn deliver(
        &mut self,
        now: Instant,
        link: PeerLinkId,
        sender: &PeerId,
        src: PeerId,
        speech: Speech,
        origin: Origin,
    ) {
        let key = FloodKey::of(&src, &speech, origin);
        let utc = self.utc(now);
        if self.shown.see(key.clone(), speech.ttl, now) == Sight::New || planted(Bug::ShownTwice) {
            if let (Origin::Verified(pk), Some(seal)) = (origin, &speech.seal)
                && self.keys.fresh(&pk, seal.q, seal.t, utc, now).is_err()
            {
                // Its copies must not be confirmed as if it had been shown.
                self.shown.take_back(&key);
                return self.drop_message(now, link, Some(src), DropCause::Replayed);
            }
            self.learn_key(now, &src, origin);
            self.counters.received += 1;
            self.event(Event::Message {
                kind: Kind::Send,
                msg_id: speech.msg_id.as_ref().map(ToString::to_string).unwrap_or_default(),
                src: src.clone(),
                dst: speech.dst.to_string(),
                payload: speech.payload,
                ttl: speech.ttl,
                verified: matches!(origin, Origin::Verified(_)),
                via: (src != *sender).then(|| sender.clone()),
            });
        } else {
            self.counters.duplicates += 1;
        }
        // Whoever sends again has not heard the first confirmation. Some old programs want one without saying so.
        let Some(msg_id) = speech.msg_id else { return };
        let attempt = speech.seal.as_ref().map_or(0, |seal| seal.attempt);
        let seal = self
            .is_proven(link)
            .then(|| self.seal(now, "ACK", src.as_str(), &msg_id, attempt));
        let line = encode::ack(
            &msg_id,
            &self.me,
            &src,
            self.utc(now),
            self.first_ttl(link),
            seal.as_ref(),
        );
        self.write(now, link, Lane::Control, line, None);
    }

    fn forward(&mut self, now: Instant, link: PeerLinkId, sender: &PeerId, src: PeerId, dst: &PeerId, speech: Speech) {
        let Some(msg_id) = speech.msg_id.clone() else {
            return self.drop_message(now, link, Some(src), DropCause::BadFormat);
        };
        let tag = MsgKey {
            id: msg_id,
            attempt: speech.seal.as_ref().map_or(0, |seal| seal.attempt),
            src: src.to_string(),
        };
        let key = PathKey::Message(tag.clone());
        if self.paths.back(&key).is_some() && !planted(Bug::RelayLoops) {
            // It came around: a relay passes on each try once.
            self.counters.duplicates += 1;
            return;
        }
        let incoming = Incoming { link, src, tag };
        if speech.ttl.passed_on().is_none() {
            let detail = format!("{dst} is further than this message may go");
            return self.refuse_relay(now, &incoming, Code::TtlExpired, &detail);
        }
        let Some((next, next_hop)) = self.next_link(now, sender, dst) else {
            let detail = format!("{} knows no way to {dst}", self.me);
            return self.refuse_relay(now, &incoming, Code::NoRoute, &detail);
        };
        let Incoming { src, tag, .. } = &incoming;
        let before = self.paths.back_from(&tag.id, next, None, Some(src));
        let shown_there = before.is_some_and(|(_, path)| !path.finished && path.origin.as_ref() == Some(src));
        let between = (Some(src.clone()), Some(dst.clone()));
        match self.paths.remember(key, link, between, Some(next), now) {
            Ok(()) => self.set_paths_timer(),
            Err(Refusal::Duplicate) if planted(Bug::RelayLoops) => {}
            Err(Refusal::Duplicate) => return,
            Err(Refusal::OverQuota) => {
                let detail = format!("too much waits for {sender}");
                return self.refuse_relay(now, &incoming, Code::OverQuota, &detail);
            }
            Err(Refusal::Busy) => {
                let detail = format!("{} relays too much already", self.me);
                return self.refuse_relay(now, &incoming, Code::Busy, &detail);
            }
        }
        if shown_there && !self.is_proven(next) {
            // It shows every copy. Its answer to the try before goes to this one's sender.
            return self.answer_relayed(now, &incoming);
        }
        self.hand_on(now, &incoming, (next, &next_hop), speech);
    }

    /// Gives a message to the next node, and tells where it came from.
    fn hand_on(&mut self, now: Instant, incoming: &Incoming, next: (PeerLinkId, &PeerId), speech: Speech) {
        let (next, next_hop) = next;
        // An old program gets what old programs send; its answer comes back to this node by the message's id.
        let seal = speech.seal.filter(|_| self.is_proven(next));
        let via = seal.is_none().then(|| self.me.clone());
        let ttl = speech.ttl.passed_on().unwrap_or(Ttl::NEIGHBOR);
        let ttl = if planted(Bug::SendTtlKept) { speech.ttl } else { ttl };
        let passed = Speech {
            src: Some(incoming.src.clone()),
            require_ack: true,
            ttl,
            via,
            seal,
            ..speech
        };
        let key = PathKey::Message(incoming.tag.clone());
        let Some(line) = speech_line("SEND", &passed) else {
            self.paths.finish(&key);
            return self.refuse_relay(now, incoming, Code::MessageTooLarge, "");
        };
        if !self.write(now, next, Lane::Unicast, line, Some(incoming.tag.clone())) {
            self.paths.finish(&key);
            let detail = format!("{next_hop} takes nothing more at the moment");
            return self.refuse_relay(now, incoming, Code::Busy, &detail);
        }
        self.counters.relayed += 1;
        if planted(Bug::AckForOthers)
            && let Target::Peer(dst) = &passed.dst
        {
            let ack = encode::ack(&incoming.tag.id, dst, &incoming.src, self.utc(now), Ttl::FIRST, None);
            self.write(now, incoming.link, Lane::Control, ack, None);
        }
        self.answer_relayed(now, incoming);
    }

    fn refuse_relay(&mut self, now: Instant, incoming: &Incoming, code: Code, detail: &str) {
        if code == Code::TtlExpired {
            self.counters.ttl_expired += 1;
        } else {
            self.counters.not_relayed += 1;
        }
        let MsgKey { id, attempt, .. } = &incoming.tag;
        self.answer_failure(now, incoming.link, id, &incoming.src, *attempt, code, detail);
    }

    fn answer_relayed(&mut self, now: Instant, incoming: &Incoming) {
        let Incoming { link, src, tag } = incoming;
        let seal = self
            .is_proven(*link)
            .then(|| self.seal(now, "RELAY_OK", src.as_str(), &tag.id, tag.attempt));
        let line = encode::relay_ok(&tag.id, &self.me, src, Ttl::FIRST, tag.attempt, seal.as_ref());
        self.write(now, *link, Lane::Control, line, None);
    }

    /// Where a message for `dst` goes next: to the peer itself, or over a known route; never back.
    fn next_link(&self, now: Instant, sender: &PeerId, dst: &PeerId) -> Option<(PeerLinkId, PeerId)> {
        if let Some(link) = self.best_link(dst) {
            return Some((link, dst.clone()));
        }
        self.routes
            .next_hops(dst, now)
            .filter(|hop| *hop != sender)
            .find_map(|hop| Some((self.best_link(hop)?, hop.clone())))
    }

    #[expect(clippy::too_many_arguments, reason = "each is one field of one line")]
    fn answer_failure(
        &mut self,
        now: Instant,
        link: PeerLinkId,
        msg_id: &MsgId,
        origin: &PeerId,
        attempt: u8,
        code: Code,
        detail: &str,
    ) {
        let kind = if code == Code::TtlExpired {
            "TTL_EXPIRED"
        } else {
            "RELAY_FAIL"
        };
        let seal = self
            .is_proven(link)
            .then(|| self.seal(now, kind, origin.as_str(), msg_id, attempt));
        let line = if code == Code::TtlExpired {
            encode::ttl_expired(msg_id, &self.me, origin, detail, Ttl::FIRST, attempt, seal.as_ref())
        } else {
            encode::relay_fail(
                msg_id,
                &self.me,
                origin,
                code,
                detail,
                Ttl::FIRST,
                attempt,
                seal.as_ref(),
            )
        };
        self.write(now, link, Lane::Control, line, None);
    }

    pub(super) fn on_ack(&mut self, now: Instant, link: PeerLinkId, receipt: &Receipt) {
        if self.on_own_ack(now, link, receipt) {
            return;
        }
        let Some((key, path)) = self.way_back(link, receipt) else {
            return;
        };
        self.pass_back(now, &path, "ACK", receipt);
        self.paths.finish(&key);
    }

    pub(super) fn on_relay_ok(&mut self, now: Instant, link: PeerLinkId, receipt: &Receipt) {
        if let Some((_, path)) = self.way_back(link, receipt) {
            self.pass_back(now, &path, "RELAY_OK", receipt);
        }
    }

    pub(super) fn on_relay_failed(&mut self, now: Instant, link: PeerLinkId, receipt: &Receipt, usual: Code) {
        let said = receipt.code.as_deref();
        let code = Code::ALL
            .iter()
            .copied()
            .find(|code| Some(code.as_str()) == said)
            .unwrap_or(usual);
        if self.on_own_relay_failure(now, link, receipt, code) {
            return;
        }
        let Some((key, path)) = self.way_back(link, receipt) else {
            return;
        };
        let kind = if usual == Code::TtlExpired {
            "TTL_EXPIRED"
        } else {
            "RELAY_FAIL"
        };
        // This node's own route to the destination is the one that failed.
        if let Some(next_hop) = self.peer_of(link).cloned()
            && let Some(dst) = &path.destination
        {
            self.routes.fail(dst, &next_hop);
        }
        self.pass_back(now, &path, kind, receipt);
        self.paths.finish(&key);
    }

    /// The way that a receipt goes on, if it came from where the message went.
    fn way_back(&self, link: PeerLinkId, receipt: &Receipt) -> Option<(PathKey, Path)> {
        let msg_id = receipt.msg_id.as_ref()?;
        // An old program knows nothing of tries.
        let attempt = (receipt.seal.is_some() || receipt.attempt > 0).then_some(receipt.attempt);
        self.paths.back_from(msg_id, link, attempt, receipt.dst.as_ref())
    }

    fn pass_back(&mut self, now: Instant, path: &Path, kind: &str, receipt: &Receipt) {
        let Some(msg_id) = &receipt.msg_id else { return };
        // The way back is fixed, so it cannot go in circles; a receipt of an old program begins with 1.
        let ttl = receipt.ttl.passed_on().unwrap_or(Ttl::NEIGHBOR);
        let src = receipt.src.clone().or_else(|| path.destination.clone());
        let (Some(src), Some(dst)) = (src, receipt.dst.clone().or_else(|| path.origin.clone())) else {
            return;
        };
        let seal: Option<&Seal> = receipt.seal.as_ref().filter(|_| self.is_proven(path.from));
        let attempt = receipt.attempt;
        let code = Code::ALL
            .iter()
            .copied()
            .find(|code| Some(code.as_str()) == receipt.code.as_deref())
            .unwrap_or(Code::NoRoute);
        let line = match kind {
            "ACK" => encode::ack(msg_id, &src, &dst, self.utc(now), ttl, seal),
            "RELAY_OK" => encode::relay_ok(msg_id, &src, &dst, ttl, attempt, seal),
            "TTL_EXPIRED" => encode::ttl_expired(msg_id, &src, &dst, &receipt.detail, ttl, attempt, seal),
            _ => encode::relay_fail(msg_id, &src, &dst, code, &receipt.detail, ttl, attempt, seal),
        };
        self.write(now, path.from, Lane::Control, line, None);
    }

    /// Messages that this node passed on over a link that is gone: whoever sent them learns of it.
    pub(super) fn on_relay_link_lost(&mut self, now: Instant, link: PeerLinkId) {
        for (key, path) in self.paths.link_lost(link) {
            let PathKey::Message(MsgKey {
                id: msg_id, attempt, ..
            }) = key
            else {
                continue;
            };
            let Some(origin) = path.origin else { continue };
            let detail = path
                .destination
                .map_or_else(String::new, |dst| format!("the way to {dst} broke"));
            self.answer_failure(
                now,
                path.from,
                &msg_id,
                &origin,
                attempt,
                Code::PeerUnreachable,
                &detail,
            );
        }
    }

    /// A line that waited for a link will never be written.
    pub(super) fn on_not_written(&mut self, now: Instant, tag: &MsgKey, code: Code) {
        if self.on_own_not_written(now, tag, code) {
            return;
        }
        let key = PathKey::Message(tag.clone());
        let Some(path) = self.paths.back(&key).cloned() else {
            return;
        };
        self.paths.finish(&key);
        if let Some(origin) = path.origin {
            self.answer_failure(now, path.from, &tag.id, &origin, tag.attempt, code, "");
        }
    }

    pub(super) fn set_paths_timer(&mut self) {
        if let Some(at) = self.paths.next_end() {
            self.timers.set(Timer::Paths, at);
        }
    }
}
