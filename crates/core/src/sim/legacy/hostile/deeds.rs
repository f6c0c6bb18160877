//! What it does, of itself and when it hears something.

use serde_json::{Value, json};

use super::{Hostile, INVENTED};
use crate::id::PeerLinkId;
use crate::limits::PEER_LINE_BYTES;
use crate::time::Instant;

/// Lines of one flood.
const FLOOD: usize = 30;

impl Hostile {
    /// Says what its person says, to everyone who is there.
    pub(super) fn say(&mut self, now: Instant, kind: &str, dst: &str, text: &str) {
        let line = self.own(now, kind, dst, text);
        for id in self.live() {
            self.write_line(now, id, &line);
        }
    }

    fn live(&self) -> Vec<PeerLinkId> {
        let live = self.links.iter().filter(|(_, link)| link.live && !link.stuck);
        live.map(|(id, _)| *id).collect()
    }

    fn any_live(&mut self) -> Option<PeerLinkId> {
        let live = self.live();
        let drawn = self.below(live.len());
        live.get(drawn).copied()
    }

    /// Something that it read.
    fn material(&mut self) -> Option<Value> {
        let drawn = self.below(self.overheard.len());
        self.overheard.get(drawn).cloned()
    }

    /// A SEND that it read.
    fn some_send(&mut self) -> Option<Value> {
        let sends: Vec<&Value> = self.overheard.iter().filter(|line| line["type"] == "SEND").collect();
        let drawn = usize::try_from(self.rng.below(sends.len() as u64)).unwrap_or(0);
        sends.get(drawn).map(|line| (*line).clone())
    }

    /// Does one thing of its own accord.
    pub(super) fn deed(&mut self, now: Instant) {
        let Some(id) = self.any_live() else { return };
        match self.rng.below(16) {
            0..=3 => self.repeat(now, id),
            4 => {
                let dst = if self.rng.below(2) == 0 {
                    "*".to_owned()
                } else {
                    self.name().to_string()
                };
                if let Some(line) = self.forged(now, &dst) {
                    self.write_line(now, id, &line);
                }
            }
            5 => {
                if let Some(send) = self.some_send() {
                    let ack = self.false_ack(&send);
                    self.write_line(now, id, &ack);
                }
            }
            6 => {
                if let Some(about) = self.material() {
                    let failure = self.false_failure(&about);
                    self.write_line(now, id, &failure);
                }
            }
            7 => {
                let search = self.search();
                let hit = self.false_hit(&search);
                self.write_line(now, id, &hit);
            }
            8 => self.flood(now, id),
            9 | 10 => self.invent(now, id),
            11 => {
                let line = self.malformed();
                self.write(now, id, line, false);
            }
            12 => self.impersonate(now, id),
            13 => {
                if let Some(line) = self.material() {
                    let line = self.noise(&line);
                    self.write(now, id, line, false);
                }
            }
            14 => self.jam(now, id),
            _ => {
                let bytes: Vec<u8> = (0..64)
                    .map(|_| u8::try_from(self.rng.below(256)).unwrap_or(0))
                    .collect();
                self.write(now, id, bytes, false);
            }
        }
    }

    /// Says again what it read, as it was or not.
    fn repeat(&mut self, now: Instant, id: PeerLinkId) {
        let Some(mut line) = self.material() else { return };
        match self.rng.below(5) {
            0 => {}
            1 => line["ttl"] = json!(8 + self.rng.below(250)),
            2 => line = self.altered(line),
            3 => {
                line["src"] = json!(self.some_name());
                line = self.altered(line);
            }
            _ => {
                // In its own name, as if it had been its own from the start.
                line["via"] = json!(self.me);
                line["ttl"] = json!(8);
            }
        }
        self.write_line(now, id, &line);
    }

    /// Too much of something, under many names.
    fn flood(&mut self, now: Instant, id: PeerLinkId) {
        let searches = self.rng.below(2) == 0;
        for number in 0..FLOOD {
            let line = if searches {
                self.search()
            } else {
                let src = self.stranger();
                self.speech("PUB", &src, "*", &format!("{INVENTED} {number}"))
            };
            self.write_line(now, id, &line);
        }
    }

    /// Says something that may be passed on.
    fn invent(&mut self, now: Instant, id: PeerLinkId) {
        let text = format!("{INVENTED} {}", self.rng.next_u64());
        let name = self.name();
        let line = match self.rng.below(4) {
            0 => self.own(now, "PUB", "*", &text),
            1 => self.own(now, "SEND", name.as_str(), &text),
            2 => {
                let src = self.stranger();
                self.speech("SEND", &src, name.as_str(), &text)
            }
            _ => {
                let src = self.stranger();
                let room = format!("#{}", self.me.namespace());
                self.speech("PUB", &src, &room, &text)
            }
        };
        self.write_line(now, id, &line);
    }

    /// Speaks for somebody else on its own connection.
    fn impersonate(&mut self, now: Instant, id: PeerLinkId) {
        let line = match self.rng.below(4) {
            0 => self.greeting("HELLO"),
            1 => self.greeting("HELLO_OK"),
            2 => json!({"type": "PONG", "msg_id": self.id(), "timestamp": 7, "ttl": 1}),
            _ => {
                let (src, dst) = (self.name(), self.name());
                json!({"type": "METRICS_REQ", "msg_id": self.id(), "src": src, "dst": dst, "ttl": 8})
            }
        };
        self.write_line(now, id, &line);
    }

    /// Spoils a connection: too long a line, half a line and then nothing, BYE for somebody else, or an end.
    fn jam(&mut self, now: Instant, id: PeerLinkId) {
        match self.rng.below(8) {
            0 => {
                let mut line = vec![b'x'; PEER_LINE_BYTES + 1];
                line.push(b'\n');
                self.write(now, id, line, false);
            }
            1 => {
                self.write(now, id, b"{\"type\":\"SEND\",\"msg_id\":\"".to_vec(), false);
                if let Some(link) = self.links.get_mut(&id) {
                    link.stuck = true;
                    // It goes on over another connection.
                    self.dialing.lost(link.dialed, None, &mut self.rng, now);
                }
            }
            2 => {
                let (src, dst) = (self.name(), self.name());
                let line =
                    json!({"type": "BYE", "msg_id": self.id(), "src": src, "dst": dst, "reason": "quit", "ttl": 1});
                self.write_line(now, id, &line);
            }
            3 => self.close(now, id),
            _ => {}
        }
    }

    /// Does something about what came over `id`.
    pub(super) fn react(&mut self, now: Instant, id: PeerLinkId, line: &Value) {
        match line["type"].as_str().unwrap_or_default() {
            "SEND" => {
                let answer = match self.rng.below(6) {
                    0 | 1 => self.false_ack(line),
                    2 | 3 => self.false_failure(line),
                    4 => return self.pass_on(now, id, line),
                    _ => return,
                };
                self.write_line(now, id, &answer);
            }
            "WHO_HAS" if self.rng.below(2) == 0 => {
                let hit = self.false_hit(line);
                self.write_line(now, id, &hit);
            }
            "PUB" if self.rng.below(4) == 0 => self.pass_on(now, id, line),
            _ => {}
        }
    }

    /// Passes on what came over `from`, back or to somebody else, mostly with another text.
    fn pass_on(&mut self, now: Instant, from: PeerLinkId, line: &Value) {
        let to = self.any_live().unwrap_or(from);
        let line = if self.rng.below(4) == 0 {
            line.clone()
        } else {
            self.altered(line.clone())
        };
        self.write_line(now, to, &line);
    }
}
