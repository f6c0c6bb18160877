//! A peer that runs one of the old programs.

mod links;
mod speech;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::dialing::Dialing;
use super::habits::Habits;
use super::lines::Pen;
use super::{Input, Output, bear};
use crate::id::{PeerId, PeerLinkId};
use crate::limits::PEER_LINE_BYTES;
use crate::rng::Rng;
use crate::sim::scenario::Program;
use crate::time::Instant;
use crate::timers::Timers;
use crate::wire::line::{Line, LineDecoder};

/// How long it waits for HELLO, and for the answer to its own.
const GREETING: Duration = Duration::from_secs(10);
/// How often it says PING where it dialed.
const PING: Duration = Duration::from_secs(30);
/// How long it waits for BYE_OK.
const GOODBYE: Duration = Duration::from_secs(2);
/// How long a program that somebody left without BYE refuses that peer, until its person starts it again.
const CONFUSED: Duration = Duration::from_secs(10);

/// What its timers are for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// A greeting is late.
    Greeting(PeerLinkId),
    /// A sign of life is due, or was.
    Keepalive(PeerLinkId),
    /// The answer to a BYE is late.
    Goodbye(PeerLinkId),
    /// Something is said again.
    Again(u64),
    /// Somebody may be dialed.
    Dial,
}

/// One of the old programs at work.
#[derive(Debug)]
pub(super) struct Old {
    habits: Habits,
    pen: Pen,
    links: BTreeMap<PeerLinkId, Link>,
    dialing: Dialing,
    /// What is said again, and where.
    again: BTreeMap<u64, (PeerLinkId, Value)>,
    /// Who left without BYE, and until when that confuses it.
    confused: BTreeMap<PeerId, Instant>,
    pub(super) timers: Timers<Timer>,
    pub(super) outbox: VecDeque<Output>,
    rng: Rng,
    last: u64,
    quitting: bool,
}

/// One of its connections.
#[derive(Debug)]
struct Link {
    /// Where it dialed; `None` for who came by itself.
    dialed: Option<SocketAddr>,
    peer: Option<PeerId>,
    phase: Phase,
    /// The other side is a papo node, so what it writes must be borne.
    papo: bool,
    /// The name in its greeting.
    called: Option<String>,
    /// What was wrong before it was known whether it is one.
    early: Option<String>,
    lines: LineDecoder,
    /// What stands in `lines` began behind another line of a read.
    behind: bool,
    heard: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// HELLO is on its way, in one direction or the other.
    Greeting,
    Live,
    /// It said BYE, or was told.
    Leaving,
}

impl Old {
    pub(super) fn new(program: Program, me: PeerId, fixed: Vec<SocketAddr>, mut rng: Rng, now: Instant) -> Self {
        let habits = Habits(program);
        let ttl = if rng.below(2) == 0 { 1 } else { 8 };
        let dialing = Dialing::new(fixed, habits.redial(), &mut rng, now);
        let mut old = Self {
            habits,
            pen: Pen { habits, me, ttl },
            links: BTreeMap::new(),
            dialing,
            again: BTreeMap::new(),
            confused: BTreeMap::new(),
            timers: Timers::new(),
            outbox: VecDeque::new(),
            rng,
            last: 0,
            quitting: false,
        };
        old.dial(now);
        old
    }

    /// Which one it is.
    #[cfg(test)]
    pub(super) const fn program(&self) -> Program {
        self.habits.0
    }

    pub(super) fn handle(&mut self, now: Instant, input: Input<'_>) {
        match input {
            Input::Dialed { dial, link } => self.on_dialed(now, dial, link),
            Input::DialFailed { dial } => self.dialing.failed(dial, &mut self.rng, now),
            Input::Accepted { link } => self.on_accepted(now, link),
            Input::Read { link, bytes } => self.on_read(now, link, bytes),
            Input::Closed { link } => self.on_closed(now, link),
            Input::Listed(listed) if !self.quitting => {
                self.dialing.listed(listed, &self.pen.me, &mut self.rng, now);
            }
            Input::Send { to, text } if !self.quitting => self.send(now, &to, &text),
            Input::Publish { dst, text } if !self.quitting => self.publish(now, &dst, &text),
            Input::Quit => self.quit(now),
            Input::Timeout => self.on_timeout(now),
            Input::Listed(_) | Input::Send { .. } | Input::Publish { .. } => {}
        }
        self.dial(now);
    }

    fn on_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.pop_due(now) {
            match timer {
                Timer::Greeting(link) => self.on_greeting_late(now, link),
                Timer::Keepalive(link) => self.on_interval(now, link),
                Timer::Goodbye(link) => {
                    if self.habits.closes_after_bye() {
                        self.close(now, link);
                    }
                }
                Timer::Again(number) => {
                    if let Some((link, line)) = self.again.remove(&number) {
                        self.write(link, &line);
                    }
                }
                // Happens after every input.
                Timer::Dial => {}
            }
        }
    }

    fn dial(&mut self, now: Instant) {
        let links = &self.links;
        let anyway = self.habits.speaks_where_it_dialed();
        let connected = |address: &SocketAddr, peer: Option<&PeerId>| {
            links.values().any(|link| {
                let known = peer.is_some() && link.peer.as_ref() == peer;
                link.dialed.as_ref() == Some(address) || (known && (!anyway || link.dialed.is_some()))
            })
        };
        while let Some((dial, address)) = self.dialing.poll(now, connected) {
            self.outbox.push_back(Output::Dial { dial, address });
        }
        match self.dialing.next_at() {
            Some(at) => self.timers.set(Timer::Dial, at.max(now + Duration::from_millis(1))),
            None => self.timers.cancel(Timer::Dial),
        }
    }

    fn on_read(&mut self, now: Instant, id: PeerLinkId, bytes: &[u8]) {
        let Some(link) = self.links.get_mut(&id) else { return };
        link.heard = now;
        let was_behind = link.behind;
        let mut lines: Vec<Option<Vec<u8>>> = Vec::new();
        link.lines.push(bytes, &mut |line| {
            lines.push(match line {
                Line::Text(text) => Some(text.to_vec()),
                Line::TooLong { .. } => None,
            });
        });
        if !lines.is_empty() {
            link.behind = link.lines.pending();
        }
        if self.habits.is_strict() && std::str::from_utf8(bytes).is_err() {
            self.look_at(id, bytes);
            return self.close(now, id);
        }
        for (number, line) in lines.into_iter().enumerate() {
            let Some(line) = line else {
                self.complain(id, format!("a line of more than {PEER_LINE_BYTES} bytes"));
                return self.close(now, id);
            };
            self.look_at(id, &line);
            if !self.habits.reads_first_line() || (number == 0 && !was_behind) {
                self.on_line(now, id, &line);
            }
        }
    }

    /// Complains if a papo node wrote what it should not.
    fn look_at(&mut self, id: PeerLinkId, line: &[u8]) {
        let Some(link) = self.links.get(&id) else { return };
        let matters = link.phase == Phase::Greeting || link.papo;
        if let Some(what) = bear::trouble(line, link.called.as_deref()).filter(|_| matters) {
            self.complain(id, what);
        }
    }

    fn complain(&mut self, id: PeerLinkId, what: String) {
        let Some(link) = self.links.get_mut(&id) else { return };
        if link.papo {
            self.outbox.push_back(Output::Complaint(what));
        } else if link.phase == Phase::Greeting {
            link.early.get_or_insert(what);
        }
    }

    fn on_line(&mut self, now: Instant, id: PeerLinkId, line: &[u8]) {
        let Some(link) = self.links.get(&id) else { return };
        let Ok(Value::Object(line)) = serde_json::from_str(&String::from_utf8_lossy(line)) else {
            if self.habits.is_strict() {
                self.close(now, id);
            }
            return;
        };
        let kind = line.get("type").and_then(Value::as_str).unwrap_or_default();
        match (link.phase, kind) {
            (Phase::Greeting, "HELLO") if link.dialed.is_none() => self.on_hello(now, id, &line),
            (Phase::Greeting, "HELLO_OK") if link.dialed.is_some() => self.on_hello_ok(now, id, &line),
            (_, "BYE") => self.on_bye(now, id, &line),
            (Phase::Leaving, "BYE_OK") if self.habits.closes_after_bye() => self.close(now, id),
            (_, "HELLO_REJECT") => self.close(now, id),
            (_, "ERROR") if self.habits.is_strict() => self.close(now, id),
            (Phase::Greeting, _) => self.on_early(now, id, kind),
            (Phase::Live, "PING") if self.habits.pongs() => {
                let pong = self.pen.pong(&line, now);
                self.write(id, &pong);
            }
            (Phase::Live, "HELLO") => {
                let ok = self.pen.hello_ok(&line);
                self.write(id, &ok);
            }
            (Phase::Live, "SEND") => self.on_send(now, id, &line),
            (Phase::Live, "PUB") => self.on_pub(now, id, &line),
            // Receipts, searches, and what it does not know.
            _ => {}
        }
    }

    /// Something comes that is no greeting. A papo node that turns out to be there should have waited.
    fn on_early(&mut self, now: Instant, id: PeerLinkId, kind: &str) {
        let Some(link) = self.links.get_mut(&id) else { return };
        link.early.get_or_insert_with(|| format!("{kind} before a greeting"));
        if self.habits.is_strict() {
            self.close(now, id);
        }
    }

    /// Writes a line as this program does.
    fn write(&mut self, link: PeerLinkId, line: &Value) {
        for bytes in self.pen.writes(line) {
            self.write_bytes(link, bytes);
        }
    }

    fn write_bytes(&mut self, link: PeerLinkId, bytes: Vec<u8>) {
        if !self.links.contains_key(&link) {
            return;
        }
        match self.outbox.back_mut() {
            Some(Output::Write {
                link: last,
                bytes: before,
            }) if *last == link && self.habits.writes_together() => {
                before.extend_from_slice(&bytes);
            }
            _ => self.outbox.push_back(Output::Write { link, bytes }),
        }
    }

    /// An id of its own for something that it says.
    fn id(&mut self) -> Value {
        if self.habits.is_loose() {
            self.last += 1;
            json!(self.last)
        } else {
            json!(format!("{:032x}", self.rng.next_u128()))
        }
    }
}

/// The text in a field, of numbers their digits.
fn text(line: &Map<String, Value>, field: &str) -> Option<String> {
    match line.get(field)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn peer(line: &Map<String, Value>, field: &str) -> Option<PeerId> {
    line.get(field)?.as_str()?.parse().ok()
}
