//! Greeting, signs of life, and goodbye.

use std::net::SocketAddr;

use serde_json::{Map, Value, json};

use super::{CONFUSED, GOODBYE, GREETING, Link, Old, PING, Phase, Timer, peer};
use crate::id::{DialId, PeerId, PeerLinkId};
use crate::limits::PEER_LINE_BYTES;
use crate::sim::legacy::Output;
use crate::time::Instant;
use crate::wire::json::to_ascii;
use crate::wire::line::LineDecoder;

impl Old {
    pub(super) fn on_dialed(&mut self, now: Instant, dial: DialId, id: PeerLinkId) {
        let opened = self.dialing.opened(dial);
        let Some((address, peer)) = opened.filter(|_| !self.quitting) else {
            return self.outbox.push_back(Output::Close { link: id });
        };
        self.open(now, id, Some(address), peer);
        let hello = self.pen.greeting("HELLO");
        self.write(id, &hello);
    }

    pub(super) fn on_accepted(&mut self, now: Instant, id: PeerLinkId) {
        if self.quitting {
            return self.outbox.push_back(Output::Close { link: id });
        }
        self.open(now, id, None, None);
    }

    fn open(&mut self, now: Instant, id: PeerLinkId, dialed: Option<SocketAddr>, peer: Option<PeerId>) {
        let link = Link {
            dialed,
            peer,
            phase: Phase::Greeting,
            papo: false,
            called: None,
            early: None,
            lines: LineDecoder::new(PEER_LINE_BYTES - 1),
            behind: false,
            heard: now,
        };
        self.links.insert(id, link);
        self.timers.set(Timer::Greeting(id), now + GREETING);
    }

    pub(super) fn on_hello(&mut self, now: Instant, id: PeerLinkId, hello: &Map<String, Value>) {
        let name = peer(hello, "peer_id");
        self.recognise(id, hello);
        let is_confused = |name: &PeerId| self.confused.get(name).is_some_and(|until| *until > now);
        if self.quitting || name.as_ref().is_some_and(is_confused) {
            return self.close(now, id);
        }
        let known = |link: &Link| link.phase == Phase::Live && link.peer == name;
        if self.habits.rejects() && name.is_some() && self.links.values().any(known) {
            return self.reject(now, id, hello);
        }
        let ok = self.pen.hello_ok(hello);
        self.write(id, &ok);
        self.go_live(now, id, name);
    }

    pub(super) fn on_hello_ok(&mut self, now: Instant, id: PeerLinkId, ok: &Map<String, Value>) {
        self.recognise(id, ok);
        let name = peer(ok, "peer_id").filter(|name| *name != self.pen.me);
        let dialed = self.links.get(&id).and_then(|link| link.peer.clone());
        self.go_live(now, id, dialed.or(name));
        if let Some(address) = self.links.get(&id).and_then(|link| link.dialed) {
            self.dialing.greeted(address);
        }
    }

    /// Whether it is a papo node that greets. Old programs never announce `papo1` to each other, and those that mean
    /// harm do not either; a HELLO that brings a key has a list of features in any case.
    fn recognise(&mut self, id: PeerLinkId, greeting: &Map<String, Value>) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let features = greeting.get("features").and_then(Value::as_array);
        let announced = features.is_some_and(|list| list.iter().any(|feature| feature == "papo1"));
        let keyed = greeting.get("x").is_some_and(|x| x.get("pk").is_some());
        link.papo = announced || (keyed && features.is_none());
        link.called = greeting.get("peer_id").and_then(Value::as_str).map(str::to_owned);
        if let Some(what) = link.early.take().filter(|_| link.papo) {
            self.outbox.push_back(Output::Complaint(what));
        }
    }

    fn go_live(&mut self, now: Instant, id: PeerLinkId, name: Option<PeerId>) {
        let patience = self.habits.patience();
        let Some(link) = self.links.get_mut(&id) else { return };
        link.phase = Phase::Live;
        link.peer = name;
        let wait = if link.dialed.is_some() { PING } else { patience };
        self.timers.cancel(Timer::Greeting(id));
        self.timers.set(Timer::Keepalive(id), now + wait);
    }

    /// There is a connection already; it says so in one of four ways.
    fn reject(&mut self, now: Instant, id: PeerLinkId, hello: &Map<String, Value>) {
        let way = self.rng.below(4);
        if way >= 2 {
            let ok = self.pen.hello_ok(hello);
            self.write(id, &ok);
        }
        if way % 2 == 1 {
            let no = json!({"type": "HELLO_REJECT", "reason": "already connected", "ttl": 1});
            self.write_bytes(id, to_ascii(&no));
        }
        self.close(now, id);
    }

    pub(super) fn on_greeting_late(&mut self, now: Instant, id: PeerLinkId) {
        if self.links.get(&id).is_some_and(|link| link.phase == Phase::Greeting) {
            self.close(now, id);
        }
    }

    pub(super) fn on_interval(&mut self, now: Instant, id: PeerLinkId) {
        let patience = self.habits.patience();
        let Some(link) = self.links.get(&id).filter(|link| link.phase == Phase::Live) else {
            return;
        };
        let end = link.heard + patience;
        if end <= now {
            return self.close(now, id);
        }
        if link.dialed.is_none() {
            return self.timers.set(Timer::Keepalive(id), end);
        }
        let number = self.id();
        let ping = self.pen.ping(&number, now);
        self.write(id, &ping);
        self.timers.set(Timer::Keepalive(id), now + PING);
    }

    pub(super) fn on_bye(&mut self, now: Instant, id: PeerLinkId, bye: &Map<String, Value>) {
        let own = self.id();
        if self.habits.answers_bye() {
            let ok = self.pen.bye_ok(&own, bye);
            self.write(id, &ok);
        }
        if self.habits.closes_after_bye() {
            return self.close(now, id);
        }
        self.stop(id);
    }

    /// A link that nothing is said on any more.
    fn stop(&mut self, id: PeerLinkId) {
        if let Some(link) = self.links.get_mut(&id) {
            link.phase = Phase::Leaving;
        }
        self.timers.cancel(Timer::Greeting(id));
        self.timers.cancel(Timer::Keepalive(id));
    }

    /// Says goodbye everywhere, or vanishes.
    pub(super) fn quit(&mut self, now: Instant) {
        self.quitting = true;
        self.dialing.stop();
        let ids: Vec<PeerLinkId> = self.links.keys().copied().collect();
        for id in ids {
            let own = self.id();
            let Some(link) = self.links.get(&id) else { continue };
            match (link.phase, self.pen.bye(&own, link.peer.as_ref())) {
                (Phase::Live, Some(bye)) if self.habits.ends_without_newline() => {
                    self.write_bytes(id, to_ascii(&bye));
                    self.close(now, id);
                }
                (Phase::Live, Some(bye)) => {
                    self.write(id, &bye);
                    self.stop(id);
                    self.timers.set(Timer::Goodbye(id), now + GOODBYE);
                }
                (Phase::Live, None) if self.rng.below(2) == 0 => {
                    self.forget(now, id);
                    self.outbox.push_back(Output::Reset { link: id });
                }
                _ => self.close(now, id),
            }
        }
    }

    pub(super) fn on_closed(&mut self, now: Instant, id: PeerLinkId) {
        let Some(link) = self.links.get(&id) else { return };
        if let Some(name) = link
            .peer
            .clone()
            .filter(|_| link.phase == Phase::Live && self.habits.is_strict())
        {
            self.confused.retain(|_, until| *until > now);
            self.confused.insert(name, now + CONFUSED);
        }
        self.forget(now, id);
    }

    pub(super) fn close(&mut self, now: Instant, id: PeerLinkId) {
        if self.links.contains_key(&id) {
            self.forget(now, id);
            self.outbox.push_back(Output::Close { link: id });
        }
    }

    /// A connection is no more, or will not be.
    pub(super) fn forget(&mut self, now: Instant, id: PeerLinkId) {
        let Some(link) = self.links.remove(&id) else { return };
        for timer in [Timer::Greeting(id), Timer::Keepalive(id), Timer::Goodbye(id)] {
            self.timers.cancel(timer);
        }
        self.dialing.lost(link.dialed, link.peer.as_ref(), &mut self.rng, now);
    }
}
