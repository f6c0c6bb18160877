//! What is said, and what is shown.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Link, Old, Phase, Timer, peer, text};
use crate::id::{PeerId, PeerLinkId};
use crate::node::Kind;
use crate::sim::legacy::Output;
use crate::time::Instant;

/// When a program that says everything twice says it again: between a tenth of a second and two.
const AGAIN_MIN: Duration = Duration::from_millis(100);
const AGAIN_MORE_MICROS: u64 = 1_900_000;

impl Old {
    /// Says something to one peer, if it is connected.
    pub(super) fn send(&mut self, now: Instant, to: &PeerId, said: &str) {
        let speaks = |link: &Link| self.speaks_on(link) && link.peer.as_ref() == Some(to);
        let Some(id) = self
            .links
            .iter()
            .rev()
            .find(|(_, link)| speaks(link))
            .map(|(id, _)| *id)
        else {
            return;
        };
        let number = self.id();
        let line = self.pen.send(&number, to, said);
        self.say(now, id, line);
    }

    /// Says something to everyone who is connected, once to each.
    pub(super) fn publish(&mut self, now: Instant, dst: &str, said: &str) {
        let mut named: BTreeMap<&PeerId, PeerLinkId> = BTreeMap::new();
        let mut ids: Vec<PeerLinkId> = Vec::new();
        for (id, link) in self.links.iter().filter(|(_, link)| self.speaks_on(link)) {
            match &link.peer {
                Some(peer) => {
                    named.insert(peer, *id);
                }
                None => ids.push(*id),
            }
        }
        ids.extend(named.into_values());
        ids.sort_unstable();
        let mut number = self.id();
        for id in ids {
            let line = self.pen.publication(&number, dst, said);
            self.say(now, id, line);
            if self.habits.is_loose() {
                number = self.id();
            }
        }
    }

    fn speaks_on(&self, link: &Link) -> bool {
        link.phase == Phase::Live && (link.dialed.is_some() || !self.habits.speaks_where_it_dialed())
    }

    fn say(&mut self, now: Instant, id: PeerLinkId, line: Value) {
        self.write(id, &line);
        if self.habits.repeats() {
            self.last += 1;
            let wait = AGAIN_MIN + Duration::from_micros(self.rng.below(AGAIN_MORE_MICROS));
            self.timers.set(Timer::Again(self.last), now + wait);
            self.again.insert(self.last, (id, line));
        }
    }

    /// Shows every copy, and confirms it as this program does.
    pub(super) fn on_send(&mut self, now: Instant, id: PeerLinkId, line: &Map<String, Value>) {
        if self.habits.is_strict() && peer(line, "dst").is_some_and(|dst| dst != self.pen.me) {
            // Somebody took it for a relay. The others do not look.
            return;
        }
        self.show(Kind::Send, id, line);
        if let Some(ack) = self.pen.ack(line, now) {
            self.write(id, &ack);
            if self.habits.writes_together() {
                self.write(id, &json!({"type": "STATUS", "peer_id": self.pen.me, "status": "OK"}));
            }
        }
    }

    pub(super) fn on_pub(&mut self, now: Instant, id: PeerLinkId, line: &Map<String, Value>) {
        let dst = text(line, "dst").unwrap_or_else(|| "*".to_owned());
        let own = self.pen.me.namespace();
        if dst == "*" || dst.strip_prefix('#').unwrap_or(&dst) == own {
            self.show(Kind::Pub, id, line);
        }
        if self.habits.dies_of_pub() {
            let how = if self.rng.below(4) == 0 {
                Output::Reset { link: id }
            } else {
                Output::Close { link: id }
            };
            self.forget(now, id);
            self.outbox.push_back(how);
        }
    }

    fn show(&mut self, kind: Kind, id: PeerLinkId, line: &Map<String, Value>) {
        let neighbor = self.links.get(&id).and_then(|link| link.peer.as_ref());
        let src = text(line, "src").or_else(|| neighbor.map(ToString::to_string));
        let payload = match line.get("payload") {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        };
        self.outbox.push_back(Output::Shown {
            kind,
            src: src.unwrap_or_default(),
            msg_id: text(line, "msg_id").unwrap_or_default(),
            payload,
        });
    }
}
