//! Messages of this node to one peer: each ends exactly once, delivered or failed (docs/protocol.md 2.5).

use std::collections::BTreeMap;

use super::io::Event;
use super::paths::{MsgKey, PathKey};
use super::queue::Lane;
use super::{Node, Timer};
use crate::error::Code;
use crate::id::{MsgId, PeerId, PeerLinkId};
use crate::limits::{ACK_TIMEOUT, PEER_PAYLOAD_BYTES, PENDING_SENDS, SEND_DEADLINE};
use crate::planted::{Bug, planted};
use crate::time::{Instant, UtcMillis};
use crate::wire::peer::{Complaint, Receipt, Speech, Target, encode};

/// Messages that have not ended.
#[derive(Debug, Default)]
pub(super) struct Unicast(BTreeMap<MsgId, Pending>);

/// A message that has not ended.
#[derive(Debug, Clone)]
struct Pending {
    to: PeerId,
    text: String,
    /// The number and time of day that its signature holds; every try has the same.
    q: u64,
    t: UtcMillis,
    started: Instant,
    /// Counts the tries, from 0.
    attempt: u8,
    /// The way of the current try; none while the peer is looked for.
    way: Option<Way>,
    /// Next hops that failed it: another try goes another way.
    tried: Vec<PeerId>,
    searched: bool,
    /// Why the last try failed.
    failure: Option<(Code, String)>,
}

#[derive(Debug, Clone)]
struct Way {
    next_hop: PeerId,
    link: PeerLinkId,
    proven: bool,
}

impl Unicast {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl Node {
    pub(super) fn send(&mut self, now: Instant, to: PeerId, text: String) {
        let refusal = if text.len() > PEER_PAYLOAD_BYTES {
            Some(Code::MessageTooLarge)
        } else if to == self.me || text.is_empty() {
            Some(Code::BadFormat)
        } else if self.unicast.0.len() >= PENDING_SENDS || self.quitting {
            Some(Code::Busy)
        } else {
            None
        };
        if let Some(code) = refusal {
            return self.refuse_command(code, &to);
        }
        let id = MsgId::random(&mut self.rng);
        self.counters.sent += 1;
        self.event(Event::Sent {
            msg_id: id.clone(),
            dst: to.to_string(),
        });
        let pending = Pending {
            to,
            text,
            q: self.next_q(),
            t: self.utc(now),
            started: now,
            attempt: 0,
            way: None,
            tried: Vec::new(),
            searched: false,
            failure: None,
        };
        self.unicast.0.insert(id.clone(), pending);
        self.timers.set(Timer::Deadline(id.clone()), now + SEND_DEADLINE);
        self.try_next(now, &id);
    }

    /// Sends a message on its way: to the peer itself, over a known route, or after a search.
    fn try_next(&mut self, now: Instant, id: &MsgId) {
        loop {
            let Some(pending) = self.unicast.0.get(id) else { return };
            let Some(next_hop) = self.next_way(now, pending) else {
                return self.search_or_fail(now, id);
            };
            if self.try_over(now, id, &next_hop) {
                return;
            }
        }
    }

    /// The best neighbor that has not failed this message.
    fn next_way(&self, now: Instant, pending: &Pending) -> Option<PeerId> {
        if self.neighbors.contains(&pending.to) && !pending.tried.contains(&pending.to) {
            return Some(pending.to.clone());
        }
        self.routes
            .next_hops(&pending.to, now)
            .find(|hop| self.neighbors.contains(hop) && !pending.tried.contains(hop))
            .cloned()
    }

    /// One try; false when not even the link takes it.
    fn try_over(&mut self, now: Instant, id: &MsgId, next_hop: &PeerId) -> bool {
        let Some(link) = self.best_link(next_hop) else {
            return false;
        };
        let proven = self.is_proven(link);
        let ttl = self.first_ttl(link);
        let Some(pending) = self.unicast.0.get(id) else {
            return true;
        };
        let (attempt, text) = (pending.attempt, pending.text.clone());
        let seal = proven.then(|| {
            let sealed = self.sealed("SEND", pending.to.as_str(), id, pending.q, pending.t, &text);
            sealed.sign(&self.identity, attempt)
        });
        let speech = Speech {
            msg_id: Some(id.clone()),
            src: Some(self.me.clone()),
            dst: Target::Peer(pending.to.clone()),
            payload: text,
            require_ack: true,
            ttl,
            via: None,
            seal,
        };
        let written = match speech_line("SEND", &speech) {
            Some(line) => self.write(
                now,
                link,
                Lane::Unicast,
                line,
                Some(MsgKey {
                    id: id.clone(),
                    attempt,
                    src: self.me.to_string(),
                }),
            ),
            None => false,
        };
        let Some(pending) = self.unicast.0.get_mut(id) else {
            return true;
        };
        if !written {
            pending.failure = Some((Code::Busy, format!("{next_hop} takes nothing more at the moment")));
            pending.tried.push(next_hop.clone());
            return false;
        }
        pending.way = Some(Way {
            next_hop: next_hop.clone(),
            link,
            proven,
        });
        if let Some(neighbor) = self.neighbors.get_mut(next_hop) {
            neighbor.sent += 1;
        }
        self.timers.set(Timer::Ack(id.clone()), now + ACK_TIMEOUT);
        true
    }

    fn search_or_fail(&mut self, now: Instant, id: &MsgId) {
        let Some(pending) = self.unicast.0.get_mut(id) else {
            return;
        };
        pending.way = None;
        let to = pending.to.clone();
        let untried = self
            .neighbors
            .iter()
            .any(|(peer, neighbor)| neighbor.relay && !pending.tried.contains(peer) && *peer != to);
        if pending.searched || !untried {
            let (code, detail) = pending.failure.clone().unwrap_or((
                Code::NoRoute,
                format!("nobody who relays is connected, and {to} is not"),
            ));
            return self.end_failed(id, code, detail);
        }
        pending.searched = true;
        self.timers.cancel(Timer::Ack(id.clone()));
        self.search_for(now, &to);
    }

    /// The current try failed: the route is dropped, and the next try goes another way.
    fn on_try_failed(&mut self, now: Instant, id: &MsgId, code: Code, detail: String) {
        let Some(pending) = self.unicast.0.get_mut(id) else {
            return;
        };
        let Some(way) = pending.way.take() else { return };
        pending.failure = Some((code, detail));
        pending.tried.push(way.next_hop.clone());
        pending.tried.retain(|_| !planted(Bug::RouteKept));
        pending.attempt = pending.attempt.saturating_add(1);
        let to = pending.to.clone();
        self.timers.cancel(Timer::Ack(id.clone()));
        if way.next_hop != to {
            self.routes.fail(&to, &way.next_hop);
        }
        self.try_next(now, id);
    }

    pub(super) fn on_ack_late(&mut self, now: Instant, id: &MsgId) {
        let Some(pending) = self.unicast.0.get(id) else { return };
        let Some(way) = pending.way.clone() else { return };
        let detail = format!("no confirmation over {} in time", way.next_hop);
        if way.proven {
            return self.on_try_failed(now, id, Code::AckTimeout, detail);
        }
        // An old program shows every copy: better one that may have arrived than two.
        self.end_failed(id, Code::AckTimeout, format!("{detail}; it may have arrived"));
    }

    pub(super) fn on_deadline(&mut self, id: &MsgId) {
        let Some(pending) = self.unicast.0.get(id) else { return };
        let code = if pending.way.is_some() {
            Code::AckTimeout
        } else {
            Code::WhoHasTimeout
        };
        let failure = pending.failure.clone();
        let (code, detail) = failure.unwrap_or((code, "the time for it is over".to_owned()));
        self.end_failed(id, code, detail);
    }

    /// Ends every message, and every search for somebody.
    pub(super) fn abandon_sends(&mut self) {
        let open: Vec<(MsgId, PeerId)> = self
            .unicast
            .0
            .iter()
            .map(|(id, pending)| (id.clone(), pending.to.clone()))
            .collect();
        for (id, to) in open {
            self.on_deadline(&id);
            self.end_search(&to);
        }
    }

    fn end_failed(&mut self, id: &MsgId, code: Code, detail: String) {
        let Some(pending) = self.finish(id) else { return };
        self.counters.failed += 1;
        self.event(Event::Failed {
            msg_id: id.clone(),
            dst: pending.to,
            code,
            detail,
        });
    }

    fn finish(&mut self, id: &MsgId) -> Option<Pending> {
        self.timers.cancel(Timer::Ack(id.clone()));
        self.timers.cancel(Timer::Deadline(id.clone()));
        if planted(Bug::EndedTwice) {
            return self.unicast.0.get(id).cloned();
        }
        self.unicast.0.remove(id)
    }

    /// An ACK for a message of this node; false when it is for somebody else's.
    pub(super) fn on_own_ack(&mut self, now: Instant, link: PeerLinkId, receipt: &Receipt) -> bool {
        let Some(id) = receipt.msg_id.as_ref().filter(|id| self.unicast.0.contains_key(*id)) else {
            return false;
        };
        let Some(to) = self.unicast.0.get(id).map(|pending| pending.to.clone()) else {
            return false;
        };
        let Ok(verified) = self.check_receipt("ACK", &to, receipt) else {
            self.counters.forged += 1;
            return true;
        };
        if !verified && !self.was_asked(id, link) {
            self.counters.forged += 1;
            return true;
        }
        self.learn_key_in_time(now, &to, receipt.seal.as_ref());
        let Some(pending) = self.finish(id) else { return true };
        if let Some(way) = &pending.way
            && way.next_hop != to
        {
            self.routes.confirm(&to, &way.next_hop, now);
        }
        self.counters.delivered += 1;
        self.event(Event::Delivered {
            msg_id: id.clone(),
            dst: to,
            after: now.since(pending.started),
            verified,
        });
        true
    }

    /// Whether the other side of a link is who a message is for, or was given it. It need not be the same link: some
    /// programs only speak on connections that they dialed.
    fn was_asked(&self, id: &MsgId, link: PeerLinkId) -> bool {
        let (Some(pending), Some(peer)) = (self.unicast.0.get(id), self.peer_of(link)) else {
            return false;
        };
        let now = pending.way.as_ref().is_some_and(|way| way.next_hop == *peer);
        now || pending.to == *peer || pending.tried.contains(peer)
    }

    /// A relay could not pass on a message of this node; false when it is somebody else's.
    pub(super) fn on_own_relay_failure(
        &mut self,
        now: Instant,
        link: PeerLinkId,
        receipt: &Receipt,
        code: Code,
    ) -> bool {
        let Some(id) = receipt.msg_id.as_ref() else {
            return false;
        };
        let Some(pending) = self.unicast.0.get(id) else {
            return false;
        };
        // What a try before this one met says nothing about this one; and only who was asked may answer.
        let current = pending.attempt == receipt.attempt && pending.way.as_ref().is_some_and(|way| way.link == link);
        if current {
            let at = receipt
                .src
                .as_ref()
                .map_or_else(String::new, |relay| format!(" at {relay}"));
            let more = if receipt.detail.is_empty() {
                String::new()
            } else {
                format!(": {}", receipt.detail)
            };
            let detail = format!("stopped{at}{more}");
            self.on_try_failed(now, &id.clone(), code, detail);
        }
        true
    }

    /// An ERROR that is about a message of this node, from a program that has no RELAY_FAIL.
    pub(super) fn on_own_complaint(&mut self, now: Instant, link: PeerLinkId, complaint: &Complaint) -> bool {
        let Some(id) = complaint.reference.as_deref().and_then(|id| id.parse::<MsgId>().ok()) else {
            return false;
        };
        let Some(pending) = self.unicast.0.get(&id) else {
            return false;
        };
        if pending.way.as_ref().is_none_or(|way| way.link != link) {
            return true;
        }
        let known = Code::ALL.iter().copied().find(|code| code.as_str() == complaint.code);
        let detail = if complaint.detail.is_empty() {
            complaint.code.clone()
        } else {
            complaint.detail.clone()
        };
        let code = known.unwrap_or(Code::InternalError);
        if pending.way.as_ref().is_some_and(|way| way.next_hop == pending.to) {
            // Who it is for does not want it: no other way changes that.
            self.end_failed(&id, code, detail);
        } else {
            self.on_try_failed(now, &id, code, detail);
        }
        true
    }

    /// True for a line that somebody waits for to arrive: a message of this node that has not ended, or one that it
    /// passes on.
    pub(super) fn is_open(&self, tag: &MsgKey) -> bool {
        let own = self.unicast.0.get(&tag.id);
        own.is_some_and(|pending| pending.attempt == tag.attempt && tag.src == self.me.as_str())
            || self
                .paths
                .back(&PathKey::Message(tag.clone()))
                .is_some_and(|path| !path.finished)
    }

    /// The peer was found: every message for it goes on.
    pub(super) fn on_found(&mut self, now: Instant, peer: &PeerId) {
        for id in self.waiting_for(peer) {
            if self
                .unicast
                .0
                .get(&id)
                .is_some_and(|pending| self.next_way(now, pending).is_some())
            {
                self.try_next(now, &id);
            }
        }
    }

    /// The search found nobody, or nobody new.
    pub(super) fn on_not_found(&mut self, peer: &PeerId) {
        for id in self.waiting_for(peer) {
            let failure = self.unicast.0.get(&id).and_then(|pending| pending.failure.clone());
            let (code, detail) =
                failure.unwrap_or_else(|| (Code::WhoHasTimeout, format!("nobody within reach knows {peer}")));
            self.end_failed(&id, code, detail);
        }
    }

    pub(super) fn waiting_for(&self, peer: &PeerId) -> Vec<MsgId> {
        let waiting = self.unicast.0.iter();
        waiting
            .filter(|(_, pending)| pending.way.is_none() && pending.to == *peer)
            .map(|(id, _)| id.clone())
            .collect()
    }

    /// A line with this tag was never given out: nobody has seen it.
    pub(super) fn on_own_not_written(&mut self, now: Instant, tag: &MsgKey, code: Code) -> bool {
        let Some(pending) = self
            .unicast
            .0
            .get(&tag.id)
            .filter(|pending| pending.attempt == tag.attempt && tag.src == self.me.as_str())
        else {
            return false;
        };
        let to = pending.to.clone();
        self.on_try_failed(now, &tag.id, code, format!("the way to {to} is full"));
        true
    }

    /// A link is gone. What was surely not sent over it goes another way; what may have arrived at an old program ends.
    pub(super) fn on_link_lost(
        &mut self,
        now: Instant,
        link: PeerLinkId,
        peer: &PeerId,
        gone: bool,
        unwritten: &[MsgKey],
    ) {
        let over: Vec<(MsgId, bool, u8)> = self
            .unicast
            .0
            .iter()
            .filter_map(|(id, pending)| {
                let way = pending.way.as_ref().filter(|way| way.link == link)?;
                Some((id.clone(), way.proven, pending.attempt))
            })
            .collect();
        let forgotten = |id: &MsgId| planted(Bug::PendingDropped) && over.iter().any(|(lost, ..)| lost == id);
        self.unicast.0.retain(|id, _| !forgotten(id));
        for (id, proven, attempt) in over {
            let unsent = unwritten
                .iter()
                .any(|tag| tag.id == id && tag.attempt == attempt && tag.src == self.me.as_str());
            let detail = format!("the connection to {peer} ended");
            if !gone && (unsent || proven) {
                // The peer has another link; the same try may come twice, and is shown once.
                if let Some(pending) = self.unicast.0.get_mut(&id) {
                    pending.way = None;
                    pending.attempt = pending.attempt.saturating_add(1);
                }
                self.try_next(now, &id);
            } else if unsent || proven {
                self.on_try_failed(now, &id, Code::PeerUnreachable, detail);
            } else if gone {
                self.end_failed(
                    &id,
                    Code::PeerUnreachable,
                    format!("{detail} before it confirmed; it may have arrived"),
                );
            }
        }
        self.on_relay_link_lost(now, link);
    }

    pub(super) fn next_q(&mut self) -> u64 {
        self.last_q = self.last_q.saturating_add(1);
        self.last_q
    }
}

/// A message as a line; none when it lacks an id or a source, or would be too long.
pub(super) fn speech_line(kind: &str, speech: &Speech) -> Option<Vec<u8>> {
    encode::speech(
        kind,
        &encode::Speech {
            msg_id: speech.msg_id.as_ref()?,
            src: speech.src.as_ref()?,
            dst: &speech.dst.to_string(),
            payload: &speech.payload,
            require_ack: speech.require_ack,
            ttl: speech.ttl,
            via: speech.via.as_ref(),
            seal: speech.seal.as_ref(),
        },
    )
}
