//! The connections of a world.

use std::net::SocketAddr;
use std::time::Duration;

use super::{Body, Event, World, end_of, link_of};
use crate::id::{DialId, PeerLinkId};
use crate::limits::DIAL_TIMEOUT;
use crate::node::Input;
use crate::rng::Rng;
use crate::sim::legacy;
use crate::sim::net::{Wire, gathering};
use crate::sim::rules::Verdict;
use crate::sim::scenario::{Reads, Share};
use crate::sim::trace::Hop;
use crate::wire::line::Line;

impl World {
    pub(super) fn next_port(&mut self) -> u16 {
        self.last_port = self.last_port.wrapping_add(1) % 20_000;
        40_000 + self.last_port
    }

    pub(super) fn dial(&mut self, from: usize, dial: DialId, address: SocketAddr) {
        let now = self.now();
        let life = self.actors[from].life;
        let number = |seat: usize| self.plan.seats[seat].network;
        let Some(&to) = self.by_address.get(&address) else {
            return self
                .queue
                .push(now + DIAL_TIMEOUT, from, Event::DialFailed { dial, life });
        };
        // The worse of both networks, which is the one that a group has of its own.
        let network = number(from).max(number(to));
        let ends = [(from, life), (to, self.actors[to].life)];
        let wire = Wire::new(ends, network, &self.plan.networks[network], &mut self.rng);
        let silent = self.actors[to].vanished || self.plan.seats[to].nat || !self.rules.connects(now, from, to);
        let way = wire.latency();
        if silent || matches!(self.actors[to].body, Body::Down) {
            let after = if silent { DIAL_TIMEOUT } else { 2 * way };
            return self.queue.push(now + after, from, Event::DialFailed { dial, life });
        }
        let number = self.wires.len();
        self.wires.push(Some(Box::new(wire)));
        self.actors[from].wires.push(number);
        self.actors[to].wires.push(number);
        let opened = |dial| Event::Opened { wire: number, dial };
        self.queue.push(now + way, to, opened(None));
        self.queue.push(now + 2 * way, from, opened(Some(dial)));
    }

    pub(super) fn dial_failed(&mut self, actor: usize, dial: DialId, life: u32) {
        if self.actors[actor].life != life {
            return;
        }
        self.node_input(actor, Input::DialFailed { dial });
        self.legacy_input(actor, legacy::Input::DialFailed { dial });
    }

    pub(super) fn opened(&mut self, actor: usize, number: usize, dial: Option<DialId>) {
        let side = usize::from(dial.is_none());
        let Some(wire) = self.wires.get(number).and_then(Option::as_deref) else {
            return;
        };
        let (end, dialer) = (&wire.ends[side], wire.ends[0].actor);
        if !end.open || end.life != self.actors[actor].life {
            return;
        }
        let link = link_of(number, side);
        if let Some(dial) = dial {
            self.node_input(actor, Input::Dialed { dial, link });
            self.legacy_input(actor, legacy::Input::Dialed { dial, link });
        } else {
            let from = SocketAddr::new(self.plan.seats[dialer].address.ip(), self.next_port());
            self.node_input(actor, Input::Accepted { link, from });
            self.legacy_input(actor, legacy::Input::Accepted { link });
        }
    }

    /// Writes to a connection; true when the kernel took it at once.
    pub(super) fn write(&mut self, actor: usize, link: PeerLinkId, bytes: Vec<u8>) -> bool {
        let (number, side) = end_of(link);
        let now = self.now();
        let Some(wire) = self.wires.get_mut(number).and_then(Option::as_deref_mut) else {
            return false;
        };
        let to = wire.ends[1 - side].actor;
        self.observer
            .wrote(now, actor, link, Some(to), &bytes, &mut self.recorder);
        self.recorder.note(now, || {
            let line = String::from_utf8_lossy(&bytes);
            let (from, to) = (&self.plan.seats[actor].name, &self.plan.seats[to].name);
            format!("{from} → {to} (link {}): {}", link.0, line.trim_end())
        });
        if !wire.ends[side].open {
            return false;
        }
        let held = match self.rules.verdict(now, actor, to) {
            Verdict::Pass => None,
            Verdict::Hold(until) => Some(until),
        };
        let network = &self.plan.networks[wire.network()];
        let latency = wire.latency();
        let pipe = &mut wire.ends[1 - side].pipe;
        let sent = pipe.send(now, bytes.len(), network, latency, held, &mut self.rng);
        if !wire.dead {
            let hop = self.hop(actor, to, &bytes);
            let event = Event::Arrive {
                wire: number,
                side: 1 - side,
                bytes,
                hop,
            };
            self.queue.push(sent.arrives, to, event);
        }
        sent.taken
    }

    fn hop(&mut self, from: usize, to: usize, bytes: &[u8]) -> Option<usize> {
        let sent = self.now();
        let trace = self.recorder.trace()?;
        let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
        let text = |field: &str| value[field].as_str().unwrap_or_default().to_owned();
        let kind = text("type");
        let about_message = matches!(
            kind.as_str(),
            "SEND" | "ACK" | "PUB" | "WHO_HAS" | "WHO_HAS_HIT" | "RELAY_OK" | "RELAY_FAIL" | "TTL_EXPIRED" | "ERROR"
        );
        if !about_message {
            return None;
        }
        let msg_id = if kind == "ERROR" { text("ref") } else { text("msg_id") };
        trace.hop(Hop {
            sent,
            arrived: None,
            from,
            to,
            kind,
            msg_id,
            ttl: value["ttl"].as_u64().and_then(|ttl| u8::try_from(ttl).ok()),
        })
    }

    pub(super) fn arrive(&mut self, number: usize, side: usize, bytes: &[u8], hop: Option<usize>) {
        let now = self.now();
        let Some(wire) = self.wires.get_mut(number).and_then(Option::as_deref_mut) else {
            return;
        };
        if wire.dead {
            return;
        }
        let reads = wire.reads();
        let end = &mut wire.ends[side];
        let one = &self.actors[end.actor];
        if !end.open {
            // A machine that runs tells who writes to what is closed.
            if !one.vanished {
                self.end_other_side(number, side);
            }
            return;
        }
        if let (Some(hop), Some(trace)) = (hop, self.recorder.trace()) {
            trace.arrived(hop, now);
        }
        let direct = reads == Reads::Whole && end.pipe.inbox.is_empty() && one.stalled_until <= now;
        if direct {
            return self.take(number, side, bytes);
        }
        end.pipe.inbox.extend_from_slice(bytes);
        if !std::mem::replace(&mut end.pipe.reading, true) {
            let at = (now + gathering(reads)).max(one.stalled_until);
            let actor = end.actor;
            self.queue.push(at, actor, Event::Read { wire: number, side });
        }
    }

    pub(super) fn read(&mut self, number: usize, side: usize) {
        let now = self.now();
        let Some(wire) = self.wires.get_mut(number).and_then(Option::as_deref_mut) else {
            return;
        };
        let reads = wire.reads();
        let end = &mut wire.ends[side];
        end.pipe.reading = false;
        let actor = end.actor;
        let stalled = self.actors[actor].stalled_until;
        if stalled > now {
            end.pipe.reading = true;
            return self.queue.push(stalled, actor, Event::Read { wire: number, side });
        }
        let (bytes, pause) = end.pipe.next_read(reads, &mut self.rng);
        let more = !end.pipe.inbox.is_empty();
        if more {
            end.pipe.reading = true;
        }
        if reads == Reads::Bytes {
            bytes.chunks(1).for_each(|byte| self.take(number, side, byte));
        } else if !bytes.is_empty() {
            self.take(number, side, &bytes);
        }
        if more {
            self.queue.push(now + pause, actor, Event::Read { wire: number, side });
        }
    }

    /// A process has read bytes of one of its connections.
    fn take(&mut self, number: usize, side: usize, bytes: &[u8]) {
        let Some(wire) = self.wires.get_mut(number).and_then(Option::as_deref_mut) else {
            return;
        };
        let network = &self.plan.networks[wire.network()];
        let end = &mut wire.ends[side];
        if !end.open {
            return;
        }
        let written = end.pipe.read(bytes.len(), network);
        let actor = end.actor;
        let (writer, writer_open) = (wire.ends[1 - side].actor, wire.ends[1 - side].open);
        let link = link_of(number, side);
        if matches!(self.actors[actor].body, Body::Legacy(_)) {
            self.legacy_input(actor, legacy::Input::Read { link, bytes });
        } else if let Some(line) = self.whole_line(number, side, bytes) {
            self.on_line(actor, link, line);
        } else {
            self.decode(number, side, bytes);
        }
        if writer_open {
            let link = link_of(number, 1 - side);
            for bytes in written {
                self.node_input(writer, Input::Written { link, bytes });
            }
        }
    }

    /// The line that these bytes are, when they are one and nothing was held: the usual case, which has to be fast.
    fn whole_line<'a>(&self, number: usize, side: usize, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let wire = self.wires.get(number)?.as_deref()?;
        let line = bytes.strip_suffix(b"\n")?;
        let whole = !wire.ends[side].pipe.decoder.pending()
            && !line.contains(&b'\n')
            && !line.ends_with(b"\r")
            && line.len() < crate::limits::PEER_LINE_BYTES;
        whole.then_some(line)
    }

    fn decode(&mut self, number: usize, side: usize, bytes: &[u8]) {
        let mut lines = Vec::new();
        let mut actor = None;
        if let Some(wire) = self.wires.get_mut(number).and_then(Option::as_deref_mut) {
            let end = &mut wire.ends[side];
            actor = Some(end.actor);
            end.pipe.decoder.push(bytes, &mut |line| {
                lines.push(match line {
                    Line::Text(text) => Some(text.to_vec()),
                    Line::TooLong { .. } => None,
                });
            });
        }
        let Some(actor) = actor else { return };
        let link = link_of(number, side);
        for line in lines {
            match line {
                Some(line) => self.on_line(actor, link, &line),
                None if self.is_open(link) => self.node_input(actor, Input::TooLong { link }),
                None => {}
            }
        }
    }

    fn is_open(&self, link: PeerLinkId) -> bool {
        let (number, side) = end_of(link);
        let wire = self.wires.get(number).and_then(Option::as_deref);
        wire.is_some_and(|wire| wire.ends[side].open)
    }

    fn on_line(&mut self, actor: usize, link: PeerLinkId, line: &[u8]) {
        if !self.is_open(link) {
            return;
        }
        let now = self.now();
        if self.check {
            self.observer.read(now, actor, link, line);
        }
        self.node_input(actor, Input::Line { link, line });
    }

    /// A process closes its end; the other side learns of it behind all that was written.
    pub(super) fn close(&mut self, link: PeerLinkId) {
        let (number, side) = end_of(link);
        let now = self.now();
        let Some(wire) = self.wires.get_mut(number).and_then(Option::as_deref_mut) else {
            return;
        };
        if !std::mem::replace(&mut wire.ends[side].open, false) {
            return;
        }
        let (from, to) = (wire.ends[side].actor, wire.ends[1 - side].actor);
        if !wire.dead && wire.ends[1 - side].open {
            let held = match self.rules.verdict(now, from, to) {
                Verdict::Pass => None,
                Verdict::Hold(until) => Some(until),
            };
            let latency = wire.latency();
            let at = wire.ends[1 - side].pipe.end(now, latency, held);
            let event = Event::Fin {
                wire: number,
                side: 1 - side,
            };
            self.queue.push(at, to, event);
        }
        self.forget_if_over(number);
    }

    /// The other side of an end has closed, or says that it knows nothing of the connection.
    pub(super) fn fin(&mut self, number: usize, side: usize) {
        let now = self.now();
        let Some(wire) = self.wires.get_mut(number).and_then(Option::as_deref_mut) else {
            return;
        };
        let end = &mut wire.ends[side];
        if wire.dead || !end.open {
            return;
        }
        let actor = end.actor;
        // What arrived before is read before.
        if end.pipe.reading {
            let at = self.actors[actor].stalled_until.max(now + Duration::from_millis(5));
            return self.queue.push(at, actor, Event::Fin { wire: number, side });
        }
        let mut rest = None;
        end.pipe.decoder.take_rest(&mut |line| {
            if let Line::Text(text) = line {
                rest = Some(text.to_vec());
            }
        });
        let link = link_of(number, side);
        if let Some(rest) = rest {
            self.on_line(actor, link, &rest);
        }
        if let Some(wire) = self.wires.get_mut(number).and_then(Option::as_deref_mut)
            && std::mem::replace(&mut wire.ends[side].open, false)
        {
            self.node_input(actor, Input::Closed { link });
            self.legacy_input(actor, legacy::Input::Closed { link });
        }
        self.forget_if_over(number);
    }

    /// A process is gone: its end of a connection is too, and the other side is told or not.
    pub(super) fn abandon(&mut self, actor: usize, number: usize, told: bool) {
        let Some(wire) = self.wires.get_mut(number).and_then(Option::as_deref_mut) else {
            return;
        };
        let side = usize::from(wire.ends[0].actor != actor);
        if told {
            return self.close(link_of(number, side));
        }
        wire.ends[side].open = false;
        self.forget_if_over(number);
    }

    fn end_other_side(&mut self, number: usize, side: usize) {
        let now = self.now();
        let Some(wire) = self.wires.get(number).and_then(Option::as_deref) else {
            return;
        };
        let other = &wire.ends[1 - side];
        if other.open {
            let event = Event::Fin {
                wire: number,
                side: 1 - side,
            };
            self.queue.push(now + wire.latency(), other.actor, event);
        }
    }

    /// A connection is reset: what is on the way arrives up to some byte, then both sides are told.
    pub(super) fn reset(&mut self, number: usize) {
        let now = self.now();
        let Some(wire) = self.wires.get_mut(number).and_then(Option::as_deref_mut) else {
            return;
        };
        if wire.dead || wire.is_over() {
            return;
        }
        let half_line: &[u8] = br#"{"type":"SEND","msg_id":"cut","src":""#;
        for side in 0..2 {
            let end = &mut wire.ends[side];
            if end.open && !end.pipe.reading {
                end.pipe.decoder.push(half_line, &mut |_| {});
            }
            self.queue.push(now, end.actor, Event::Fin { wire: number, side });
        }
    }

    /// So many millionths of the connections that are open.
    pub(super) fn some_wires(&self, share: u32, salt: u64) -> Vec<usize> {
        let mut rng = Rng::new(salt);
        let open = self.wires.iter().enumerate();
        open.filter(|(_, wire)| wire.as_ref().is_some_and(|wire| !wire.is_over()))
            .filter(|_| rng.below(u64::from(Share::WHOLE)) < u64::from(share))
            .map(|(number, _)| number)
            .collect()
    }

    pub(super) fn kill_wire(&mut self, number: usize) {
        if let Some(wire) = self.wires.get_mut(number).and_then(Option::as_deref_mut) {
            wire.dead = true;
        }
    }

    fn forget_if_over(&mut self, number: usize) {
        let over = self.wires[number].as_ref().filter(|wire| wire.is_over());
        let Some(actors) = over.map(|wire| [wire.ends[0].actor, wire.ends[1].actor]) else {
            return;
        };
        self.wires[number] = None;
        for actor in actors {
            self.actors[actor].wires.retain(|&known| known != number);
        }
    }
}
