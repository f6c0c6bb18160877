//! A peer that means harm: it greets as others, repeats and changes what it read, makes things up, and floods.
//!
//! It knows only what it was listed and what it read. It never announces `papo1`, so that old programs can tell that
//! what they get from it was not written by a papo node.

mod deeds;
mod forge;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};

use super::dialing::{Dialing, Redial};
use super::{Input, Output};
use crate::id::{DialId, PeerId, PeerLinkId};
use crate::identity::{Identity, KEY_BYTES, PublicKey};
use crate::limits::PEER_LINE_BYTES;
use crate::rng::Rng;
use crate::time::{Instant, UtcMillis};
use crate::wire::json::to_ascii_line;
use crate::wire::line::{Line, LineDecoder};
use crate::wire::peer::handshake;

/// Stands in the text of what no correct node may pass on: a signature does not fit it, or it is no message.
pub(in crate::sim) const INVALID: &str = "INVALID";
/// Stands in the text of what nobody said, but what nodes that know no better may pass on and show as unverified.
pub(in crate::sim) const INVENTED: &str = "INVENTED";

/// Lines a second, all connections together. Answers to greetings come on top.
const LINES_PER_SECOND: u32 = 64;
/// Lines that it remembers, and how long they may be.
const OVERHEARD: usize = 64;
const OVERHEARD_BYTES: usize = 8 * 1024;
/// Names that it remembers.
const NAMES: usize = 256;
/// It does something so often.
const DEED_MIN: Duration = Duration::from_millis(50);
const DEED_MORE_MICROS: u64 = 250_000;
const REDIAL: Duration = Duration::from_secs(5);

/// A peer that means harm.
#[derive(Debug)]
pub(super) struct Hostile {
    me: PeerId,
    identity: Identity,
    /// It proves its own key where it dials, as a papo node would: what it does then comes from a proven neighbor.
    insider: bool,
    names: Vec<PeerId>,
    /// Public keys, and whose they are.
    keys: Vec<(PeerId, Value)>,
    overheard: VecDeque<Value>,
    links: BTreeMap<PeerLinkId, Link>,
    dialing: Dialing,
    pub(super) outbox: VecDeque<Output>,
    rng: Rng,
    next_deed: Instant,
    /// The time of day that somebody signed, and when it was read.
    clock: Option<(UtcMillis, Instant)>,
    last_q: u64,
    /// A second, and lines written in it.
    budget: (u64, u32),
    quitting: bool,
}

#[derive(Debug)]
struct Link {
    dialed: Option<SocketAddr>,
    live: bool,
    /// Half a line stands there, and nothing more is said.
    stuck: bool,
    /// The HELLO with which it proves itself.
    hello: Option<Vec<u8>>,
    lines: LineDecoder,
}

impl Hostile {
    pub(super) fn new(me: PeerId, fixed: Vec<SocketAddr>, mut rng: Rng, now: Instant) -> Self {
        let mut key = [0; KEY_BYTES];
        for part in key.chunks_mut(size_of::<u64>()) {
            part.copy_from_slice(&rng.next_u64().to_le_bytes());
        }
        let insider = rng.below(2) == 0;
        let dialing = Dialing::new(fixed, Redial::After(REDIAL), &mut rng, now);
        let mut hostile = Self {
            me,
            identity: Identity::from_seed(key),
            insider,
            names: Vec::new(),
            keys: Vec::new(),
            overheard: VecDeque::new(),
            links: BTreeMap::new(),
            dialing,
            outbox: VecDeque::new(),
            rng,
            next_deed: now + DEED_MIN,
            clock: None,
            last_q: 0,
            budget: (0, 0),
            quitting: false,
        };
        hostile.dial(now);
        hostile
    }

    pub(super) fn handle(&mut self, now: Instant, input: Input<'_>) {
        match input {
            Input::Dialed { dial, link } => self.on_dialed(now, dial, link),
            Input::DialFailed { dial } => self.dialing.failed(dial, &mut self.rng, now),
            Input::Accepted { link } => self.open(link, None, None),
            Input::Read { link, bytes } => self.on_read(now, link, bytes),
            Input::Closed { link } => self.forget(now, link),
            Input::Listed(listed) if !self.quitting => {
                for (peer, _) in listed {
                    self.learn(peer.clone());
                }
                self.dialing.listed(listed, &self.me, &mut self.rng, now);
            }
            Input::Send { to, text } => self.say(now, "SEND", to.as_str(), &text),
            Input::Publish { dst, text } => self.say(now, "PUB", &dst, &text),
            Input::Quit => self.quit(),
            Input::Listed(_) | Input::Timeout => {}
        }
        if self.next_deed <= now && !self.quitting {
            self.next_deed = now + DEED_MIN + Duration::from_micros(self.rng.below(DEED_MORE_MICROS));
            self.deed(now);
        }
        self.dial(now);
    }

    /// When something is to be done at the latest.
    pub(super) fn next_at(&self) -> Option<Instant> {
        let deed = (!self.quitting).then_some(self.next_deed);
        [deed, self.dialing.next_at()].into_iter().flatten().min()
    }

    fn dial(&mut self, now: Instant) {
        while let Some((dial, address)) = self.dialing.poll(now, |_, _| false) {
            self.outbox.push_back(Output::Dial { dial, address });
        }
    }

    fn on_dialed(&mut self, now: Instant, dial: DialId, id: PeerLinkId) {
        let opened = self.dialing.opened(dial);
        let Some((address, _)) = opened.filter(|_| !self.quitting) else {
            return self.outbox.push_back(Output::Close { link: id });
        };
        let mut hello = self.greeting("HELLO");
        let proof = self.insider && hello["peer_id"] == self.me.as_str();
        if proof {
            hello["x"] = json!({"v": 1, "pk": self.identity.public(), "n": self.nonce(), "f": []});
        }
        let line = to_ascii_line(&hello);
        self.open(id, Some(address), proof.then(|| line.clone()));
        self.write(now, id, line, true);
    }

    fn open(&mut self, id: PeerLinkId, dialed: Option<SocketAddr>, hello: Option<Vec<u8>>) {
        if self.quitting {
            return self.outbox.push_back(Output::Close { link: id });
        }
        let link = Link {
            dialed,
            live: false,
            stuck: false,
            hello,
            lines: LineDecoder::new(PEER_LINE_BYTES),
        };
        self.links.insert(id, link);
    }

    fn on_read(&mut self, now: Instant, id: PeerLinkId, bytes: &[u8]) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let mut lines: Vec<Vec<u8>> = Vec::new();
        link.lines.push(bytes, &mut |line| {
            if let Line::Text(text) = line {
                lines.push(text.to_vec());
            }
        });
        for line in lines {
            self.on_line(now, id, &line);
        }
    }

    fn on_line(&mut self, now: Instant, id: PeerLinkId, bytes: &[u8]) {
        let Ok(line) = serde_json::from_slice::<Value>(bytes) else {
            return;
        };
        let Some(link) = self.links.get_mut(&id).filter(|_| line.is_object()) else {
            return;
        };
        match line["type"].as_str().unwrap_or_default() {
            "HELLO" if link.dialed.is_none() && !link.live => {
                link.live = true;
                self.learn_names(&line);
                self.learn_key(&line);
                self.answer_hello(now, id);
            }
            "HELLO_OK" if link.dialed.is_some() && !link.live => {
                link.live = true;
                let hello = link.hello.take().filter(|_| line.get("x").is_some());
                self.learn_names(&line);
                self.learn_key(&line);
                if let Some(hello) = hello {
                    let proof = handshake::x_auth(&self.identity, &hello, bytes);
                    self.write(now, id, proof, true);
                }
            }
            "BYE" => {
                if self.rng.below(2) == 0 {
                    self.write_line(now, id, &json!({"type": "BYE_OK", "msg_id": line["msg_id"], "ttl": 1}));
                }
                self.close(now, id);
            }
            "PING" if self.rng.below(8) > 0 => {
                let pong = json!({"type": "PONG", "msg_id": line["msg_id"], "timestamp": "now", "ttl": 1});
                self.write(now, id, to_ascii_line(&pong), true);
            }
            "SEND" | "PUB" | "ACK" | "WHO_HAS" | "WHO_HAS_HIT" | "RELAY_OK" | "RELAY_FAIL" => {
                self.learn_names(&line);
                self.remember(now, &line, bytes.len());
                self.react(now, id, &line);
            }
            _ => {}
        }
    }

    /// What was read is material.
    fn remember(&mut self, now: Instant, line: &Value, length: usize) {
        if let Some(millis) = line["x"]["t"].as_u64() {
            self.clock = Some((UtcMillis::new(millis), now));
        }
        // What another of its kind made invalid would be valid as it is written here.
        let spoilt = line["payload"].as_str().is_some_and(|text| text.contains(INVALID));
        if length > OVERHEARD_BYTES || (spoilt && line.get("x").is_none()) {
            return;
        }
        if self.overheard.len() == OVERHEARD {
            self.overheard.pop_front();
        }
        self.overheard.push_back(line.clone());
    }

    fn learn_names(&mut self, line: &Value) {
        for field in ["peer_id", "src", "dst", "via"] {
            if let Some(peer) = line[field].as_str().and_then(|name| name.parse().ok()) {
                self.learn(peer);
            }
        }
    }

    fn learn(&mut self, peer: PeerId) {
        if peer != self.me && self.names.len() < NAMES && !self.names.contains(&peer) {
            self.names.push(peer);
        }
    }

    fn learn_key(&mut self, greeting: &Value) {
        let peer: Option<PeerId> = greeting["peer_id"].as_str().and_then(|name| name.parse().ok());
        let pk = &greeting["x"]["pk"];
        let is_key = pk.as_str().is_some_and(|pk| pk.parse::<PublicKey>().is_ok());
        let Some(peer) = peer.filter(|_| is_key && self.keys.len() < NAMES) else {
            return;
        };
        if !self.keys.iter().any(|(known, _)| *known == peer) {
            self.keys.push((peer, pk.clone()));
        }
    }

    fn answer_hello(&mut self, now: Instant, id: PeerLinkId) {
        match self.rng.below(12) {
            // Silence.
            0 => {}
            1 => self.write(now, id, b"220 ready\r\n".to_vec(), true),
            2 => self.write(now, id, b"{\"type\":\"HELLO_OK\",\"peer_".to_vec(), true),
            _ => {
                let ok = self.greeting("HELLO_OK");
                self.write(now, id, to_ascii_line(&ok), true);
            }
        }
    }

    fn quit(&mut self) {
        self.quitting = true;
        self.dialing.stop();
        for (id, _) in std::mem::take(&mut self.links) {
            self.outbox.push_back(Output::Reset { link: id });
        }
    }

    fn close(&mut self, now: Instant, id: PeerLinkId) {
        self.forget(now, id);
        self.outbox.push_back(Output::Close { link: id });
    }

    fn forget(&mut self, now: Instant, id: PeerLinkId) {
        if let Some(link) = self.links.remove(&id) {
            self.dialing.lost(link.dialed, None, &mut self.rng, now);
        }
    }

    fn write_line(&mut self, now: Instant, id: PeerLinkId, line: &Value) {
        self.write(now, id, to_ascii_line(line), false);
    }

    /// Writes, unless it wrote enough in this second or `always`.
    fn write(&mut self, now: Instant, id: PeerLinkId, bytes: Vec<u8>, always: bool) {
        let second = now.as_micros() / 1_000_000;
        if self.budget.0 != second {
            self.budget = (second, 0);
        }
        let open = self.links.get(&id).is_some_and(|link| !link.stuck);
        if open && (always || self.budget.1 < LINES_PER_SECOND) {
            self.budget.1 += 1;
            self.outbox.push_back(Output::Write { link: id, bytes });
        }
    }
}
