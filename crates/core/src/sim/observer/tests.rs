//! Handmade histories: what is wrong is reported, what is right is not.

mod lines;
mod messages;
mod network;
mod real;

use std::collections::BTreeMap;

use super::*;
use crate::id::MsgId;
use crate::identity::Identity;
use crate::node::{CloseReason, Direction};
use crate::time::UtcMillis;
use crate::wire::peer::{Seal, Sealed, Ttl, encode, handshake};

const UTC: UtcMillis = UtcMillis::new(1_763_640_000_000);

fn peer(name: &str) -> PeerId {
    name.parse().unwrap()
}

fn id(text: &str) -> MsgId {
    text.parse().unwrap()
}

fn key(actor: usize) -> Identity {
    Identity::from_seed([u8::try_from(actor + 1).unwrap(); 32])
}

/// Nodes `n0@x`, `n1@x`, … and what was seen of them.
struct Story {
    observer: Observer,
    recorder: Recorder,
    now: Instant,
}

impl Story {
    fn of(nodes: usize) -> Self {
        let seats = (0..nodes).map(|number| Seat {
            name: peer(&format!("n{number}@x")),
            papo: true,
            hostile: false,
        });
        let mut story = Self {
            observer: Observer::new(seats.collect(), true),
            recorder: Recorder::new(false, false),
            now: Instant::from_secs(1),
        };
        for actor in 0..nodes {
            story.observer.born(story.now, actor, Some(key(actor).public()));
        }
        story
    }

    /// The same with another program, which is the last.
    fn with_other(nodes: usize, hostile: bool) -> Self {
        let mut story = Self::of(nodes);
        story.observer.seat(Seat {
            name: peer("old@x"),
            papo: false,
            hostile,
        });
        story
    }

    fn wait(&mut self, millis: u64) -> &mut Self {
        self.now = self.now + Duration::from_millis(millis);
        self
    }

    fn event(&mut self, actor: usize, event: &Event) -> &mut Self {
        self.observer.event(self.now, actor, event, &mut self.recorder);
        self
    }

    fn sent(&mut self, actor: usize, dst: &str, msg_id: &str, text: &str) -> &mut Self {
        let command = match Target::read(dst) {
            Target::Peer(to) => Command::Send {
                to,
                text: text.to_owned(),
            },
            Target::Namespace(name) => Command::Publish {
                scope: crate::node::Scope::Namespace(name),
                text: text.to_owned(),
            },
            _ => Command::Publish {
                scope: crate::node::Scope::Broadcast,
                text: text.to_owned(),
            },
        };
        self.observer.command(self.now, actor, &command);
        let event = Event::Sent {
            msg_id: id(msg_id),
            dst: dst.to_owned(),
        };
        self.event(actor, &event)
    }

    fn shown(&mut self, actor: usize, src: &str, dst: &str, msg_id: &str, text: &str, verified: bool) -> &mut Self {
        let event = Event::Message {
            kind: match Target::read(dst) {
                Target::Peer(_) => Kind::Send,
                _ => Kind::Pub,
            },
            msg_id: msg_id.to_owned(),
            src: peer(src),
            dst: dst.to_owned(),
            payload: text.to_owned(),
            ttl: Ttl::new(8),
            verified,
            via: None,
        };
        self.event(actor, &event)
    }

    fn delivered(&mut self, actor: usize, dst: &str, msg_id: &str, verified: bool) -> &mut Self {
        let event = Event::Delivered {
            msg_id: id(msg_id),
            dst: peer(dst),
            after: Duration::from_millis(30),
            verified,
        };
        self.event(actor, &event)
    }

    fn wrote(&mut self, actor: usize, link: u64, to: usize, line: &[u8]) -> &mut Self {
        let (now, link) = (self.now, PeerLinkId(link));
        self.observer
            .wrote(now, actor, link, Some(to), line, &mut self.recorder);
        self
    }

    fn read(&mut self, actor: usize, link: u64, line: &[u8]) -> &mut Self {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        self.observer.read(self.now, actor, PeerLinkId(link), line);
        self
    }

    /// A node's end of a link is proven: it read the other one's proof.
    fn prove(&mut self, actor: usize, link: u64, other: usize) -> &mut Self {
        let name = self.observer.name(other).clone();
        let hello = handshake::hello(&name, &key(other), [0; 16]);
        let proof = handshake::x_auth(&key(other), &hello, b"{}");
        self.read(actor, link, &hello).read(actor, link, &proof)
    }

    /// Two nodes have a proven link.
    fn join(&mut self, one: usize, other: usize) -> &mut Self {
        for (actor, far) in [(one, other), (other, one)] {
            let name = self.observer.name(far).clone();
            self.event(actor, &up(name.as_str(), true));
            let mut proven: BTreeMap<PeerId, usize> = self.observer.memory(actor).unwrap().proven.clone();
            proven.insert(name, 1);
            self.observer.on_links(self.now, actor, proven);
        }
        self
    }

    fn finish(&mut self, whole: bool) -> &mut Self {
        let alive = vec![true; self.observer.seats.len()];
        self.observer.finish(self.now, &alive, whole, &mut self.recorder);
        self
    }

    fn outcome(&mut self) -> (BTreeMap<Invariant, u64>, Option<crate::sim::Violation>) {
        let recorder = std::mem::replace(&mut self.recorder, Recorder::new(false, false));
        let (checked, violation, ..) = recorder.finish();
        (checked, violation)
    }

    /// What was found broken first.
    fn broken(&mut self) -> Option<Invariant> {
        self.outcome().1.map(|violation| violation.invariant)
    }

    /// Nothing was found broken, and this was looked at.
    fn kept(&mut self, invariant: Invariant) {
        let (checked, violation) = self.outcome();
        assert_eq!(violation, None);
        assert!(checked[&invariant] > 0, "{invariant} was not looked at");
    }
}

fn up(name: &str, proven: bool) -> Event {
    Event::NeighborUp {
        peer: peer(name),
        direction: Direction::Inbound,
        proven,
        address: "10.0.0.1:7070".parse().unwrap(),
    }
}

fn down(name: &str) -> Event {
    Event::NeighborDown {
        peer: peer(name),
        direction: Direction::Inbound,
        reason: CloseReason::Ended,
    }
}

/// What SEND and PUB lines are made of.
#[derive(Clone, Copy)]
struct Words<'a> {
    kind: &'a str,
    by: usize,
    dst: &'a str,
    id: &'a str,
    text: &'a str,
}

impl Words<'_> {
    fn seal(&self, attempt: u8) -> Seal {
        let src = format!("n{}@x", self.by);
        let sealed = Sealed {
            kind: self.kind,
            src: &src,
            dst: self.dst,
            msg_id: self.id,
            q: 1,
            t: UTC,
            payload: self.text,
        };
        sealed.sign(&key(self.by), attempt)
    }

    /// A signed line, or with no try an unsigned one.
    fn line(&self, ttl: u8, attempt: Option<u8>) -> Vec<u8> {
        let seal = attempt.map(|attempt| self.seal(attempt));
        let speech = encode::Speech {
            msg_id: &id(self.id),
            src: &peer(&format!("n{}@x", self.by)),
            dst: self.dst,
            payload: self.text,
            require_ack: self.kind == "SEND",
            ttl: Ttl::new(ttl),
            via: None,
            seal: seal.as_ref(),
        };
        encode::speech(self.kind, &speech).unwrap()
    }
}

const SEND: Words<'_> = Words {
    kind: "SEND",
    by: 0,
    dst: "n2@x",
    id: "m1",
    text: "oi",
};

const PUB: Words<'_> = Words {
    kind: "PUB",
    by: 0,
    dst: "*",
    id: "p1",
    text: "all",
};
