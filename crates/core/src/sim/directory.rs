//! The rendezvous of a world: the production registry, a disk under it, and its moods.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};

use super::scenario::State;
use crate::id::ConnectionId;
use crate::rendezvous::log::Entry;
use crate::rendezvous::{Capacity, Config, Input, Output, Registry};
use crate::rng::Rng;
use crate::time::{Instant, UtcMillis};
use crate::wire::rendezvous::Dialect;

/// How long an entry takes to be on disk.
const COMMIT: Duration = Duration::from_millis(2);

/// A registry that answers, or does not.
#[derive(Debug)]
pub(super) struct Directory {
    registry: Registry,
    dialect: Dialect,
    seed: u64,
    /// What is on disk, and since when.
    log: Vec<(Instant, Entry)>,
    connections: u64,
    mood: Mood,
    /// The last list that each actor got.
    lists: BTreeMap<usize, Vec<u8>>,
}

#[derive(Debug)]
enum Mood {
    Well,
    Down(Instant),
    Stale(Instant),
    Lying(Instant, Rng),
}

impl Directory {
    /// One without records.
    pub(super) fn new(dialect: Dialect, seed: u64, now: Instant, utc: UtcMillis) -> Self {
        Self {
            registry: Registry::new(config(dialect, utc), seed, now),
            dialect,
            seed,
            log: Vec::new(),
            connections: 0,
            mood: Mood::Well,
            lists: BTreeMap::new(),
        }
    }

    /// It cannot be reached until then.
    pub(super) fn go_down(&mut self, until: Instant) {
        self.mood = Mood::Down(until);
    }

    /// It gives everybody the list that they got last, until then.
    pub(super) fn go_stale(&mut self, until: Instant) {
        self.mood = Mood::Stale(until);
    }

    /// It lists what is not there, until then.
    pub(super) fn lie(&mut self, until: Instant, salt: u64) {
        self.mood = Mood::Lying(until, Rng::new(salt));
    }

    /// It ends and starts again with what is on its disk.
    pub(super) fn restart(&mut self, state: State, now: Instant, utc: UtcMillis) {
        self.log.retain(|(durable, _)| *durable <= now);
        let kept = match state {
            State::Old | State::Any => self.log.len(),
            State::Truncated => self.log.len() * 2 / 3,
            State::Empty => 0,
        };
        self.log.truncate(kept);
        self.seed = self.seed.wrapping_add(1);
        self.registry = Registry::new(config(self.dialect, utc), self.seed, now);
        for (_, entry) in &self.log {
            self.registry.handle(now, Input::Restored(entry.clone()));
        }
    }

    /// What one connection gets for its line, and how long that takes; `None` when it gets nothing.
    pub(super) fn ask(
        &mut self,
        now: Instant,
        actor: usize,
        from: SocketAddr,
        request: &[u8],
    ) -> Option<(Vec<u8>, Duration)> {
        if let Mood::Down(until) | Mood::Stale(until) | Mood::Lying(until, _) = self.mood
            && until <= now
        {
            self.mood = Mood::Well;
        }
        if matches!(self.mood, Mood::Down(_)) {
            return None;
        }
        let (reply, stored) = self.serve(now, from, request)?;
        let is_list = reply.windows(8).any(|part| part == b"\"peers\":");
        let reply = match &mut self.mood {
            Mood::Stale(_) if is_list => self.lists.get(&actor).cloned().unwrap_or(reply),
            Mood::Lying(_, rng) if is_list => lie(&reply, rng),
            _ => {
                if is_list {
                    self.lists.insert(actor, reply.clone());
                }
                reply
            }
        };
        Some((reply, if stored { COMMIT } else { Duration::ZERO }))
    }

    fn serve(&mut self, now: Instant, from: SocketAddr, request: &[u8]) -> Option<(Vec<u8>, bool)> {
        self.connections += 1;
        let connection = ConnectionId(self.connections);
        self.registry.handle(now, Input::Opened { connection, from });
        let line = request.strip_suffix(b"\n").unwrap_or(request);
        let mut answer = None;
        for input in [None, Some(Input::Line { connection, line })] {
            if let Some(input) = input {
                self.registry.handle(now, input);
            }
            while let Some(output) = self.registry.poll_output() {
                match output {
                    Output::Read { .. } | Output::Close { .. } => {}
                    Output::Reply { line, stored, .. } => answer = Some((line, stored)),
                    Output::Store(entry) => self.log.push((now + COMMIT, entry)),
                }
            }
        }
        answer
    }
}

fn config(dialect: Dialect, utc: UtcMillis) -> Config {
    Config {
        dialect,
        // A class behind one address would be banned in the dialect of November.
        per_minute: None,
        trusted: Vec::new(),
        capacity: Capacity {
            per_address: 100_000,
            ..Capacity::default()
        },
        utc,
    }
}

/// A list in which ports, names and addresses are wrong, and which holds what nobody registered.
fn lie(reply: &[u8], rng: &mut Rng) -> Vec<u8> {
    let Ok(mut value) = serde_json::from_slice::<Value>(reply) else {
        return reply.to_vec();
    };
    let Some(peers) = value.get_mut("peers").and_then(Value::as_array_mut) else {
        return reply.to_vec();
    };
    let honest = peers.clone();
    for peer in peers.iter_mut() {
        let other = usize::try_from(rng.below(honest.len() as u64)).unwrap_or(0);
        match rng.below(5) {
            0 => peer["port"] = json!(1 + rng.below(65_535)),
            1 => peer["name"] = honest[other]["name"].clone(),
            2 => peer["ip"] = honest[other]["ip"].clone(),
            3 => peer["ip"] = json!(format!("10.255.{}.{}", rng.below(256), rng.below(256))),
            _ => {}
        }
    }
    // Many names for one victim.
    if let Some(victim) = honest.first() {
        for number in 0..rng.below(20) {
            let mut false_peer = victim.clone();
            false_peer["name"] = json!(format!("nobody{number}"));
            peers.push(false_peer);
        }
    }
    format!("{value}\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const UTC: UtcMillis = UtcMillis::new(1_763_640_000_000);

    fn at(second: u64) -> Instant {
        Instant::from_secs(second)
    }

    fn ask(directory: &mut Directory, second: u64, request: &str) -> Option<String> {
        let from = "10.0.0.1:40000".parse().unwrap();
        let reply = directory.ask(at(second), 0, from, format!("{request}\n").as_bytes());
        reply.map(|(reply, _)| String::from_utf8(reply).unwrap())
    }

    const REGISTER: &str = r#"{"type":"REGISTER","namespace":"UnB","name":"ana","port":7070,"ttl":60}"#;
    const DISCOVER: &str = r#"{"type":"DISCOVER"}"#;

    #[test]
    fn it_has_its_moods() {
        let mut directory = Directory::new(Dialect::September, 1, at(0), UTC);
        let empty = ask(&mut directory, 1, DISCOVER).unwrap();
        assert!(ask(&mut directory, 1, REGISTER).unwrap().contains("OK"));
        directory.go_stale(at(3));
        assert_eq!(ask(&mut directory, 2, DISCOVER).unwrap(), empty, "an old list");
        assert!(ask(&mut directory, 3, DISCOVER).unwrap().contains("ana"));
        directory.go_down(at(5));
        assert_eq!(ask(&mut directory, 4, DISCOVER), None);
        let honest = ask(&mut directory, 5, DISCOVER).unwrap();
        directory.lie(at(9), 5);
        let lies: Vec<_> = (0..8).map(|_| ask(&mut directory, 6, DISCOVER).unwrap()).collect();
        assert!(lies.iter().any(|lie| lie.contains("nobody")) && lies.iter().all(|lie| *lie != honest));
    }

    #[test]
    fn a_restart_keeps_what_was_on_disk() {
        for (state, kept) in [(State::Old, true), (State::Empty, false)] {
            let mut directory = Directory::new(Dialect::September, 1, at(0), UTC);
            ask(&mut directory, 1, REGISTER);
            directory.restart(state, at(2), UTC);
            assert_eq!(ask(&mut directory, 2, DISCOVER).unwrap().contains("ana"), kept);
        }
        let mut directory = Directory::new(Dialect::September, 1, at(0), UTC);
        ask(&mut directory, 1, REGISTER);
        directory.restart(State::Old, at(1), UTC);
        assert!(
            !ask(&mut directory, 2, DISCOVER).unwrap().contains("ana"),
            "it was not durable yet"
        );
    }
}
