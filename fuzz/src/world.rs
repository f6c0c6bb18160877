//! A registry, its log and its clock, watched after every step.

mod requests;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use papo_core::id::ConnectionId;
use papo_core::identity::Identity;
use papo_core::limits::{LEASE_MAX_SECS, OWNER_KEEPS};
use papo_core::rendezvous::log::Entry;
use papo_core::rendezvous::{Capacity, Config, Input, Output, Registry};
use papo_core::time::{Instant, UtcMillis};
use papo_core::wire::rendezvous::{Claim, Dialect, Purpose, Signed};
use serde_json::Value;

use crate::model::{Model, Owner, Presence, Record, presence};
use crate::ops::{How, Op, Place, Setup, Sign, Who};
use crate::{check_entry, read_reply};

/// Noon of some day.
const UTC: UtcMillis = UtcMillis::new(1_763_640_000_000);
/// Trusted, and nobody else's.
const WATCHER: &str = "127.0.0.9:9";

/// A registry that must agree with a model of it.
pub struct World {
    setup: Setup,
    registry: Registry,
    now: Instant,
    /// The time of day that was told last, and when.
    clock: (UtcMillis, Instant),
    /// Somebody set the clock, so leases need not survive a restart as they are.
    stepped: bool,
    storing: bool,
    log: Vec<Entry>,
    model: Model,
    next: u64,
    /// Connections that were opened for [`Op::Open`], and whether they wait for an answer.
    open: Vec<(ConnectionId, bool)>,
}

impl World {
    pub fn new(setup: &Setup) -> Self {
        Self {
            registry: Registry::new(config(setup, UTC), 42, Instant::ZERO),
            setup: setup.clone(),
            now: Instant::ZERO,
            clock: (UTC, Instant::ZERO),
            stepped: false,
            storing: true,
            log: Vec::new(),
            model: Model::default(),
            next: 0,
            open: Vec::new(),
        }
    }

    /// Takes one step, and looks whether everything is as it must be.
    pub fn play(&mut self, op: &Op) {
        let before = self.watch();
        match *op {
            Op::Register {
                from,
                who,
                port,
                ttl,
                sign,
            } => self.register(from.address(), who, port, ttl, sign),
            Op::Unregister {
                from,
                who,
                any_name,
                port,
                sign,
            } => {
                self.unregister(from.address(), who, any_name, port, sign);
            }
            Op::Discover {
                from,
                namespace,
                limit,
                sample,
            } => {
                self.discover(from.address(), namespace, limit, sample, &before);
            }
            Op::Open { from } => self.open(from.address()),
            Op::Finish { which, how } => self.finish(which, how),
            Op::Wait { micros } => self.now = self.now + Duration::from_micros(micros),
            Op::Due => {
                if let Some(due) = self.registry.poll_timeout() {
                    self.now = self.now.max(due);
                    self.tell(Input::Timeout);
                    let next = self.registry.poll_timeout();
                    assert!(next.is_none_or(|next| next > self.now), "what is due was not done");
                }
            }
            Op::Storing(storing) => {
                self.storing = storing;
                self.tell(Input::Storing(storing));
            }
            Op::Clock { step } => {
                self.clock = (stepped(self.utc(), step), self.now);
                self.stepped |= step != 0;
                self.tell(Input::WallClock(self.clock.0));
            }
            Op::Restart { seconds, step, compact } => self.restart(seconds, step, compact),
        }
        let after = self.watch();
        let unsigned = matches!(
            op,
            Op::Register { sign: Sign::No, .. } | Op::Unregister { sign: Sign::No, .. }
        );
        if unsigned && let (Some(before), Some(after)) = (before, after) {
            let signed = |list: Vec<Value>| {
                list.into_iter()
                    .filter(|peer| peer.get("x").is_some())
                    .collect::<Vec<_>>()
            };
            assert_eq!(
                signed(before),
                signed(after),
                "who signs nothing changes what is signed"
            );
        }
    }

    /// In the dialect of November nobody can look without being counted, so nothing is known when there is a limit.
    fn is_watched(&self) -> bool {
        self.setup.dialect == Dialect::September || self.setup.per_minute.is_none()
    }

    /// Everything that is listed now, after it was found to be what must be.
    fn watch(&mut self) -> Option<Vec<Value>> {
        if !self.is_watched() {
            return None;
        }
        self.model.forget(self.now);
        let list = self.whole_list();
        for peer in &list {
            let (namespace, name, ip) = identity(peer);
            let record = self.model.record(&namespace, &name, ip);
            let record = record.unwrap_or_else(|| panic!("{peer} is listed and should not be"));
            assert_eq!(peer["port"], record.port);
            assert_eq!(peer["ttl"], record.ttl);
            assert_eq!(
                peer["x"]["pk"].as_str(),
                record.key.map(|key| key.to_string()).as_deref()
            );
            let left = peer["expires_in"].as_u64().expect("expires_in is a number");
            let expected = record.expires.since(self.now).as_secs();
            assert!(
                left.abs_diff(expected) <= 1 && left <= record.ttl.into(),
                "{peer} should end in {expected}"
            );
        }
        let (now, listed) = (self.now, list.iter().map(identity).collect::<Vec<_>>());
        self.model.records.retain(|record| {
            let there = listed.contains(&(record.namespace.clone(), record.name.clone(), record.ip));
            assert!(
                there || presence(record.expires, now) != Presence::Yes,
                "{record:?} is not listed"
            );
            there
        });
        assert_eq!(self.registry.len(), list.len());
        assert_eq!(listed.len(), self.model.records.len(), "a record is listed twice");
        assert!(list.is_empty() || self.registry.poll_timeout().is_some_and(|due| due > self.now));
        Some(list)
    }

    fn whole_list(&mut self) -> Vec<Value> {
        let line = br#"{"type":"DISCOVER"}"#;
        if self.setup.dialect == Dialect::September {
            let reply = self
                .ask(WATCHER.parse().expect("it is an address"), line)
                .expect("the watcher is trusted");
            return peers(&reply);
        }
        // Only who is registered may ask: one of those is enough to see all, and nobody else may.
        let mut list = Vec::new();
        for place in Place::all() {
            let from = place.address();
            let reply = self.ask(from, line).expect("there is no limit");
            let allowed = reply["status"] == "OK";
            let at = self
                .model
                .records
                .iter()
                .filter(|record| record.ip == from.ip().to_canonical());
            let certain = at
                .clone()
                .any(|record| presence(record.expires, self.now) == Presence::Yes);
            assert!(
                allowed || (reply["message"] == "peer_not_registered" && !certain),
                "{reply}"
            );
            assert!(!allowed || at.count() > 0, "{from} may ask and is not registered");
            if allowed {
                list = peers(&reply);
            }
        }
        list
    }

    fn open(&mut self, from: SocketAddr) {
        let connection = self.next();
        let waits = self.connect(connection, from).is_none();
        self.open.push((connection, waits));
    }

    fn finish(&mut self, which: u8, how: How) {
        if self.open.is_empty() {
            return;
        }
        let which = usize::from(which) % self.open.len();
        let (connection, waits) = self.open[which];
        self.tell(match how {
            How::Garbage => Input::Line {
                connection,
                line: b"{\"type\":",
            },
            How::Silent => Input::Silent { connection },
            How::TooLong => Input::TooLong { connection },
            How::Closed => Input::Closed { connection },
        });
        self.open[which].1 = false;
        match self.registry.poll_output() {
            Some(Output::Reply {
                connection: of,
                line,
                stored,
            }) => {
                assert!(of == connection && waits && !stored && !matches!(how, How::Closed));
                assert_eq!(read_reply(&line)["status"], "ERROR");
            }
            Some(other) => panic!("{other:?}"),
            None => assert!(!waits || matches!(how, How::Closed), "nobody is answered"),
        }
        assert_eq!(self.registry.poll_output(), None);
    }

    /// Another process reads the log: the same records in the same order, unless somebody set the clock.
    fn restart(&mut self, seconds: u32, step: i32, compact: bool) {
        let later = self.now + Duration::from_secs(seconds.into());
        let honest = self.utc().after(later.since(self.now));
        let utc = stepped(honest, step);
        if compact {
            self.compact();
        }
        self.now = later;
        let list = self.watch();
        self.stepped |= step != 0;
        let mut registry = Registry::new(config(&self.setup, utc), 43, Instant::ZERO);
        for entry in &self.log {
            registry.handle(Instant::ZERO, Input::Restored(entry.clone()));
            assert_eq!(registry.poll_output(), None);
        }
        let model = Model::of_log(&self.log, utc);
        if !self.stepped && self.is_watched() {
            self.model.assert_same(later, &model, Instant::ZERO);
        }
        self.registry = registry;
        self.model = model;
        self.clock = (utc, Instant::ZERO);
        self.now = Instant::ZERO;
        self.storing = true;
        self.open.clear();
        let again = self.watch();
        if let (false, Some(list), Some(again)) = (self.stepped, list, again) {
            let certain = |list: &[Value]| {
                let long = |peer: &&Value| peer["expires_in"].as_u64().is_some_and(|left| left > 2);
                list.iter().filter(long).map(identity).collect::<Vec<_>>()
            };
            let (list, again) = (certain(&list), certain(&again));
            let (mut before, mut after) = (list.clone(), again.clone());
            before.retain(|peer| again.contains(peer));
            after.retain(|peer| list.contains(peer));
            assert_eq!(before, after, "a restart changes the order");
        }
    }

    /// What compaction leaves: of each key the last line, in some order.
    fn compact(&mut self) {
        let utc = self.utc();
        let mut kept: Vec<(Vec<u8>, Entry, bool)> = Vec::new();
        for entry in self.log.drain(..) {
            let line = entry.kept();
            kept.retain(|(key, ..)| *key != line.key);
            kept.push((line.key, entry, !line.gone && line.until > utc));
        }
        self.log = kept
            .into_iter()
            .rev()
            .filter(|(.., stays)| *stays)
            .map(|(_, entry, _)| entry)
            .collect();
    }

    fn next(&mut self) -> ConnectionId {
        self.next += 1;
        ConnectionId(self.next)
    }

    fn tell(&mut self, input: Input<'_>) {
        self.registry.handle(self.now, input);
    }

    fn utc(&self) -> UtcMillis {
        self.clock.0.after(self.now.since(self.clock.1))
    }

    /// Opens a connection; gives what it was told at the door, if anything.
    fn connect(&mut self, connection: ConnectionId, from: SocketAddr) -> Option<Output> {
        self.tell(Input::Opened { connection, from });
        let output = self.registry.poll_output().expect("whoever connects is answered");
        assert_eq!(self.registry.poll_output(), None);
        match &output {
            Output::Read { connection: of } if *of == connection => return None,
            Output::Reply {
                connection: of,
                line,
                stored: false,
            } if *of == connection => {
                assert_eq!(read_reply(line)["status"], "ERROR");
            }
            Output::Close { connection: of } if *of == connection => {
                assert_eq!(self.setup.dialect, Dialect::November);
            }
            other => panic!("{other:?}"),
        }
        assert!(self.setup.per_minute.is_some(), "there is no limit");
        Some(output)
    }

    /// One request; `None` when it was refused at the door.
    fn ask(&mut self, from: SocketAddr, line: &[u8]) -> Option<Value> {
        let connection = self.next();
        if self.connect(connection, from).is_some() {
            return None;
        }
        self.tell(Input::Line { connection, line });
        let mut stores = 0;
        loop {
            match self.registry.poll_output().expect("every request is answered") {
                Output::Store(entry) => {
                    check_entry(&entry);
                    assert!(self.storing, "something changes that cannot be stored");
                    self.log.push(entry);
                    stores += 1;
                }
                Output::Reply {
                    connection: of,
                    line,
                    stored,
                } => {
                    assert_eq!(of, connection);
                    // An UNREGISTER that finds nothing waits for the disk too.
                    let plain = read_reply(&line).as_object().is_some_and(|reply| reply.len() == 1);
                    assert!(stored == (stores > 0) || (stored && plain));
                    assert_eq!(self.registry.poll_output(), None);
                    let reply = read_reply(&line);
                    assert!(
                        stores == 0 || reply["status"] == "OK",
                        "what is refused changes the log"
                    );
                    return Some(reply);
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

struct Refusal {
    code: Option<&'static str>,
    /// An owner that would refuse it leaves about now.
    perhaps_owned: bool,
}

fn config(setup: &Setup, utc: UtcMillis) -> Config {
    Config {
        dialect: setup.dialect,
        per_minute: setup.per_minute,
        trusted: vec![],
        capacity: Capacity {
            total: setup.total,
            per_namespace: setup.per_namespace,
            per_address: setup.per_address,
        },
        utc,
    }
}

fn stepped(utc: UtcMillis, seconds: i32) -> UtcMillis {
    UtcMillis::new(utc.get().saturating_add_signed(i64::from(seconds) * 1000))
}

fn peers(reply: &Value) -> Vec<Value> {
    reply["peers"].as_array().expect("a list").clone()
}

fn identity(peer: &Value) -> (String, String, IpAddr) {
    let text = |key: &str| peer[key].as_str().expect("it is a text").to_owned();
    (
        text("namespace"),
        text("name"),
        text("ip").parse().expect("it is an address"),
    )
}

fn signature(sign: Sign, purpose: Purpose, namespace: &str, name: &str, port: u16) -> Option<Signed> {
    let other = match purpose {
        Purpose::Register => Purpose::Unregister,
        Purpose::Unregister => Purpose::Register,
    };
    let (key, seq, purpose, port) = match sign {
        Sign::No => return None,
        Sign::Good { key, seq } => (key, seq, purpose, port),
        Sign::Misused { key, seq } => (key, seq, other, port),
        Sign::Elsewhere { key, seq } => (key, seq, purpose, port + 1),
    };
    let claim = Claim {
        purpose,
        namespace,
        name,
        port,
        seq,
    };
    Some(claim.sign(&Identity::from_seed([key + 1; 32])))
}
