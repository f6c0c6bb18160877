//! Random worlds, in which what is promised holds at every moment: docs/protocol.md 2.3, 2.5 and 2.6.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hasher as _};

use serde_json::Value;

use super::solo::check_line;
use super::*;
use crate::limits::{LEGACY_PACE, LINK_QUEUE_BYTES, LINKS, PENDING_SENDS, REVERSE_PATH_LIFE, SEARCHES, SEND_DEADLINE};

mod babbler;

use babbler::Babbler;

/// What a node said, was shown and passed on since it started.
#[derive(Default)]
struct Life {
    /// Messages to one peer that have not ended, and since when.
    open: BTreeMap<MsgId, Instant>,
    ended: BTreeSet<MsgId>,
    shown: BTreeSet<(Kind, PeerId, String)>,
    relayed: BTreeMap<(String, String, u64), Instant>,
    wrote: BTreeMap<PeerLinkId, Instant>,
}

struct Chaos {
    net: Net,
    rng: Rng,
    nodes: usize,
    doubles: usize,
    lives: Vec<Life>,
    /// Every text that a node was told to say, and by whom.
    said: BTreeMap<String, PeerId>,
    /// Messages to one peer that were shown there.
    arrived: BTreeSet<(String, String)>,
    /// Lines that anybody wrote, for those who repeat them.
    overheard: Vec<Vec<u8>>,
    trace: DefaultHasher,
    delivered: usize,
    shown: usize,
    relayed: usize,
}

fn name(machine: usize) -> String {
    format!("n{machine}@{}", if machine.is_multiple_of(2) { "UnB" } else { "USP" })
}

impl Chaos {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let (nodes, doubles) = (3 + usize::try_from(rng.below(6)).unwrap(), 2);
        let mut net = Net::new();
        net.recording = Some(Vec::new());
        for machine in 0..nodes {
            let mut connect: Vec<usize> = (0..nodes + doubles).filter(|_| rng.below(4) == 0).collect();
            connect.extend(machine.checked_sub(1));
            connect.retain(|&other| other != machine);
            net.node(&name(machine), &connect);
        }
        for number in 0..doubles {
            net.double(Babbler::new(seed + number as u64, nodes + number));
        }
        Self {
            lives: (0..nodes).map(|_| Life::default()).collect(),
            net,
            rng,
            nodes,
            doubles,
            said: BTreeMap::new(),
            arrived: BTreeSet::new(),
            overheard: Vec::new(),
            trace: DefaultHasher::new(),
            delivered: 0,
            shown: 0,
            relayed: 0,
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.rng.below(bound as u64)).unwrap()
    }

    fn run(mut self, steps: usize) -> Self {
        for step in 0..steps {
            self.act(step);
            let pause = Duration::from_millis(self.rng.below(700));
            self.net.run(pause);
            self.look();
        }
        for _ in 0..22 {
            self.net.run(SECOND);
            self.look();
        }
        for life in &self.lives {
            assert!(life.open.is_empty(), "a message never ended");
        }
        self
    }

    fn act(&mut self, step: usize) {
        let machine = self.below(self.nodes);
        let text = format!("text {step} ção");
        match self.below(20) {
            0..=6 => {
                let to = self.below(self.nodes + self.doubles + 1);
                self.said.insert(text.clone(), peer(&name(machine)));
                self.net.say(machine, &name(to), &text);
            }
            7..=9 => {
                let scope = match self.below(2) {
                    0 => Scope::Broadcast,
                    _ => Scope::Namespace("UnB".to_owned()),
                };
                self.said.insert(text.clone(), peer(&name(machine)));
                self.net.command(machine, Command::Publish { scope, text });
            }
            10 => self.net.command(machine, Command::Ping(peer(&name(step % self.nodes)))),
            11 => self.net.command(machine, Command::Reconnect),
            12 => self.break_wire(),
            13 if step.is_multiple_of(2) => {
                self.net.kill(machine);
                self.lives[machine] = Life::default();
            }
            13 | 14 => self.restart(),
            15 => self.call_in(machine),
            _ => self.babble(),
        }
    }

    /// A wire dies, with a word or without.
    fn break_wire(&mut self) {
        let ends: Vec<_> = self.net.wires.keys().copied().collect();
        if ends.is_empty() {
            return;
        }
        let (machine, link) = ends[self.below(ends.len())];
        if self.below(2) == 0 {
            let far = self.net.wires.remove(&(machine, link));
            far.map(|far| self.net.wires.remove(&far));
        } else if let Some(&(other, end)) = self.net.wires.get(&(machine, link)) {
            self.net.cut(machine, link);
            self.net.cut(other, end);
            self.net.post(machine, LATENCY, Mail::Closed(link));
        }
    }

    fn restart(&mut self) {
        let dead = (0..self.nodes).find(|&machine| self.net.actors[machine].is_none());
        if let Some(machine) = dead {
            let other = self.below(self.nodes);
            self.net.restart(machine, &name(machine), &[other, self.nodes]);
        }
    }

    /// A double connects to a node and says who it is, which may be somebody else.
    fn call_in(&mut self, machine: usize) {
        let double = self.nodes + self.below(self.doubles);
        let before = self.net.wires.len();
        self.net.connect(double, DialId(0), address(machine));
        let new = self.net.wires.len() > before;
        let last = self.net.wires.iter().rfind(|((of, _), _)| *of == double);
        if let Some((_, &(machine, end))) = last.filter(|_| new) {
            let claimed = self.below(self.nodes + self.doubles + 3);
            let hello = format!(
                r#"{{"type":"HELLO","peer_id":"{}","features":["relay"]}}"#,
                name(claimed)
            );
            self.net.post(machine, 2 * LATENCY, Mail::Line(end, hello.into_bytes()));
        }
    }

    /// A double says anything, such as what somebody else said, changed a little.
    fn babble(&mut self) {
        let wires: Vec<_> = self
            .net
            .wires
            .iter()
            .filter(|((of, _), _)| *of >= self.nodes)
            .map(|(_, end)| *end)
            .collect();
        if wires.is_empty() {
            return;
        }
        for _ in 0..5 {
            let (machine, end) = wires[self.below(wires.len())];
            let names = self.nodes + self.doubles;
            let line = babbler::babble(&mut self.rng, &self.overheard, names);
            self.net.post(machine, LATENCY, Mail::Line(end, line));
        }
    }

    /// Looks at all that came out since the last time.
    fn look(&mut self) {
        for (at, machine, output) in self.net.recording.replace(Vec::new()).unwrap() {
            self.trace.write(format!("{at:?} {machine} {output:?}").as_bytes());
            if machine >= self.nodes || self.net.actors[machine].is_none() {
                continue;
            }
            match output {
                Output::Write { link, line } => self.on_write(at, machine, link, line),
                Output::Event(event) => self.on_event(at, machine, &event),
                Output::Dial { .. } | Output::Close { .. } | Output::Quit => {}
            }
        }
        for machine in 0..self.nodes {
            self.net.events[machine].clear();
            let Some(Some(Actor::Node(node))) = self.net.actors.get(machine) else {
                continue;
            };
            let life = &self.lives[machine];
            assert!(
                life.open
                    .values()
                    .all(|&since| self.net.now.since(since) <= SEND_DEADLINE),
                "late"
            );
            assert_eq!(life.open.len(), node.unicast.len());
            assert!(node.links.len() <= LINKS && life.open.len() <= PENDING_SENDS && node.searches.len() <= SEARCHES);
            assert!(node.links.values().all(|link| link.queue.bytes() <= LINK_QUEUE_BYTES));
            let live = node.links.values().filter(|link| link.is_live()).count();
            let listed: usize = node.neighbors.iter().map(|(_, neighbor)| neighbor.links.len()).sum();
            assert_eq!(live, listed, "links and neighbors agree");
        }
    }

    fn on_write(&mut self, at: Instant, machine: usize, link: PeerLinkId, line: Vec<u8>) {
        let value = check_line(&line);
        let kind = value["type"].as_str().unwrap();
        let life = &mut self.lives[machine];
        let last = life.wrote.insert(link, at);
        let proven = self.net.proven.contains(&(machine, link));
        // These close the link, or come from who proves itself.
        if !proven && !matches!(kind, "ERROR" | "BYE_OK" | "X_AUTH") {
            assert!(
                last.is_none_or(|last| at.since(last) >= LEGACY_PACE),
                "too soon: {value}"
            );
        }
        if kind == "SEND" && value["src"] != name(machine) && value["x"]["sig"].is_string() {
            let text = |field: &str| value[field].as_str().unwrap().to_owned();
            let key = (text("src"), text("msg_id"), value["x"]["try"].as_u64().unwrap());
            let before = life.relayed.insert(key, at);
            assert!(
                before.is_none_or(|before| at.since(before) >= REVERSE_PATH_LIFE),
                "passed on twice: {value}"
            );
            self.relayed += 1;
        }
        if self.overheard.len() < 300 {
            self.overheard.push(line);
        } else {
            let place = self.below(300);
            self.overheard[place] = line;
        }
    }

    fn on_event(&mut self, at: Instant, machine: usize, event: &Event) {
        let life = &mut self.lives[machine];
        match event {
            Event::Sent { msg_id, dst } if dst.contains('@') => {
                assert!(life.open.insert(msg_id.clone(), at).is_none());
            }
            Event::Delivered {
                msg_id, dst, verified, ..
            } => {
                assert!(
                    life.open.remove(msg_id).is_some() && life.ended.insert(msg_id.clone()),
                    "ended twice"
                );
                let arrived = self.arrived.contains(&(dst.to_string(), msg_id.to_string()));
                assert!(arrived || !verified, "confirmed and never shown: {msg_id}");
                self.delivered += usize::from(*verified);
            }
            Event::Failed { msg_id, .. } => {
                assert!(
                    life.open.remove(msg_id).is_some() && life.ended.insert(msg_id.clone()),
                    "ended twice"
                );
            }
            Event::Message {
                kind,
                msg_id,
                src,
                payload,
                verified: true,
                ..
            } => {
                assert!(
                    life.shown.insert((*kind, src.clone(), msg_id.clone())),
                    "shown twice: {payload}"
                );
                assert_eq!(self.said.get(payload), Some(src), "nobody said {payload}");
                self.arrived.insert((name(machine), msg_id.clone()));
                self.shown += 1;
            }
            _ => {}
        }
    }
}

#[test]
fn promises_hold_in_any_world() {
    let (mut delivered, mut shown, mut relayed) = (0, 0, 0);
    for seed in 0..8 {
        let world = Chaos::new(seed).run(120);
        delivered += world.delivered;
        shown += world.shown;
        relayed += world.relayed;
    }
    // Worlds in which nothing happens prove nothing.
    assert!(
        delivered > 50 && shown > 200 && relayed > 20,
        "{delivered} {shown} {relayed}"
    );
}

#[test]
fn the_same_seed_gives_the_same_outputs() {
    let trace = |seed| Chaos::new(seed).run(60).trace.finish();
    assert_eq!(trace(77), trace(77));
    assert_ne!(trace(77), trace(78));
}

/// The line as a JSON object, if it is one.
fn object(line: &[u8]) -> Option<Value> {
    serde_json::from_slice(line).ok().filter(Value::is_object)
}
