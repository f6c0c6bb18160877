//! The production nodes in small random worlds: they keep their promises, so nothing may be reported.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::*;
use crate::id::DialId;
use crate::node::{Config, Input, Output, Scope};
use crate::rng::Rng;

enum Mail {
    Line(PeerLinkId, Vec<u8>),
    Written(PeerLinkId, usize),
    Closed(PeerLinkId),
    Accepted(PeerLinkId, SocketAddr),
    Dialed(DialId, PeerLinkId),
    DialFailed(DialId),
}

struct World {
    story: Story,
    nodes: Vec<Option<Box<Node>>>,
    wires: BTreeMap<(usize, PeerLinkId), (usize, PeerLinkId)>,
    mail: BTreeMap<(Instant, u64), (usize, Mail)>,
    heard: Vec<Value>,
    rng: Rng,
    last: u64,
}

fn address(actor: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, u8::try_from(actor + 1).unwrap()], 7070))
}

impl World {
    /// Nodes that dial some of those before them, and somebody else.
    fn new(seed: u64, nodes: usize, hostile: bool) -> Self {
        let mut world = Self {
            story: Story::with_other(nodes, hostile),
            nodes: (0..nodes).map(|_| None).collect(),
            wires: BTreeMap::new(),
            mail: BTreeMap::new(),
            heard: Vec::new(),
            rng: Rng::new(seed),
            last: 0,
        };
        for actor in 0..nodes {
            world.start(actor);
        }
        world
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.rng.below(bound as u64)).unwrap()
    }

    fn start(&mut self, actor: usize) {
        let mut connect: Vec<usize> = actor.checked_sub(1).into_iter().collect();
        connect.push(self.below(self.nodes.len()));
        connect.retain(|&other| other != actor);
        let (now, seed) = (self.story.now, self.rng.next_u64());
        self.story.observer.born(now, actor, Some(key(actor).public()));
        let config = Config {
            peer_id: self.story.observer.name(actor).clone(),
            identity: key(actor),
            connect: connect.into_iter().map(address).collect(),
            dial_private: true,
            port: 7070,
            utc: UTC.after(now.since(Instant::ZERO)),
        };
        self.nodes[actor] = Some(Box::new(Node::new(config, seed, now)));
        self.drain(actor);
    }

    fn kill(&mut self, actor: usize) {
        let Some(node) = self.nodes[actor].take() else { return };
        self.story.observer.counted(node.tallies());
        self.story.observer.died(self.story.now, actor);
        self.story.observer.fault(self.story.now, self.story.now);
        let ends: Vec<_> = self.wires.keys().filter(|(of, _)| *of == actor).copied().collect();
        for (_, link) in ends {
            self.cut(actor, link);
        }
    }

    fn post(&mut self, to: usize, after: u64, mail: Mail) {
        self.last += 1;
        let at = self.story.now + Duration::from_millis(after);
        self.mail.insert((at, self.last), (to, mail));
    }

    fn cut(&mut self, actor: usize, link: PeerLinkId) {
        if let Some((other, end)) = self.wires.remove(&(actor, link)) {
            self.wires.remove(&(other, end));
            self.post(other, 5, Mail::Closed(end));
        }
    }

    fn connect(&mut self, from: usize, dial: DialId, to: usize) {
        let there = to == self.nodes.len() || self.nodes.get(to).is_some_and(Option::is_some);
        if !there {
            return self.post(from, 5, Mail::DialFailed(dial));
        }
        self.last += 2;
        let (near, far) = (PeerLinkId(self.last - 1), PeerLinkId(self.last));
        self.wires.insert((from, near), (to, far));
        self.wires.insert((to, far), (from, near));
        self.post(to, 5, Mail::Accepted(far, address(from)));
        self.post(from, 5, Mail::Dialed(dial, near));
    }

    fn input(&mut self, actor: usize, input: Input<'_>) {
        if let Some(Some(node)) = self.nodes.get_mut(actor) {
            node.handle(self.story.now, input);
            self.drain(actor);
        }
    }

    fn drain(&mut self, actor: usize) {
        while let Some(output) = self.nodes[actor].as_mut().and_then(|node| node.poll_output()) {
            match output {
                Output::Dial { dial, address: to } => {
                    let to = (0..self.nodes.len()).find(|&other| address(other) == to);
                    self.connect(actor, dial, to.unwrap_or(usize::MAX));
                }
                Output::Write { link, line } => {
                    let far = self.wires.get(&(actor, link)).copied();
                    self.story.wrote(actor, link.0, far.map_or(actor, |(to, _)| to), &line);
                    self.post(actor, 1, Mail::Written(link, line.len()));
                    if let Some((other, end)) = far {
                        self.heard.extend(serde_json::from_slice::<Value>(&line));
                        self.post(other, 5, Mail::Line(end, line));
                    }
                }
                Output::Close { link, .. } => self.cut(actor, link),
                Output::Event(event) => {
                    self.story.event(actor, &event);
                }
                Output::Quit => {}
            }
        }
        let Story {
            observer,
            recorder,
            now,
        } = &mut self.story;
        observer.after(*now, actor, self.nodes[actor].as_ref().unwrap(), recorder);
    }

    fn run(&mut self, millis: u64) {
        let end = self.story.now + Duration::from_millis(millis);
        loop {
            let mail = self.mail.first_key_value().map(|((at, _), _)| *at);
            let nodes = self.nodes.iter().enumerate();
            let due = nodes
                .filter_map(|(actor, node)| Some((node.as_ref()?.poll_timeout()?, actor)))
                .min();
            let next = mail.into_iter().chain(due.map(|(at, _)| at)).min();
            let Some(at) = next.filter(|&at| at <= end) else {
                self.story.now = end;
                return;
            };
            self.story.now = at.max(self.story.now);
            match due {
                Some((at, actor)) if mail.is_none_or(|mail| at < mail) => self.input(actor, Input::Timeout),
                _ => {
                    let (_, (actor, mail)) = self.mail.pop_first().unwrap();
                    self.deliver(actor, mail);
                }
            }
        }
    }

    fn deliver(&mut self, actor: usize, mail: Mail) {
        if actor == self.nodes.len() {
            return;
        }
        match mail {
            Mail::Line(link, line) => {
                let line = line.strip_suffix(b"\n").unwrap_or(&line);
                if self.nodes[actor].is_some() {
                    self.story.read(actor, link.0, line);
                    self.input(actor, Input::Line { link, line });
                }
            }
            Mail::Written(link, bytes) => self.input(actor, Input::Written { link, bytes }),
            Mail::Closed(link) => self.input(actor, Input::Closed { link }),
            Mail::Accepted(link, from) => self.input(actor, Input::Accepted { link, from }),
            Mail::Dialed(dial, link) => self.input(actor, Input::Dialed { dial, link }),
            Mail::DialFailed(dial) => self.input(actor, Input::DialFailed { dial }),
        }
    }

    fn command(&mut self, actor: usize, command: Command) {
        if self.nodes[actor].is_some() {
            self.story.observer.command(self.story.now, actor, &command);
            self.input(actor, Input::Command(command));
        }
    }

    fn act(&mut self, step: usize, harm: bool) {
        let actor = self.below(self.nodes.len());
        let text = format!("text {step} ção");
        match self.below(20) {
            0..=5 => {
                let other = self.below(self.nodes.len() + 1);
                let to = peer(&format!("n{other}@x"));
                self.command(actor, Command::Send { to, text });
            }
            6..=8 => {
                let scope = [Scope::Broadcast, Scope::Namespace("x".to_owned())];
                let scope = scope[step % 2].clone();
                self.command(actor, Command::Publish { scope, text });
            }
            9 | 10 if harm && self.below(3) == 0 => self.kill(actor),
            11 | 12 if harm => {
                let dead = self.nodes.iter().position(Option::is_none);
                if let Some(dead) = dead {
                    self.start(dead);
                }
            }
            13 if harm => {
                let which = self.below(self.wires.len().max(1));
                let end = self.wires.keys().nth(which).copied();
                if let Some((actor, link)) = end {
                    self.story.observer.fault(self.story.now, self.story.now);
                    self.cut(actor, link);
                    self.post(actor, 5, Mail::Closed(link));
                }
            }
            14..=18 if harm => self.babble(),
            _ => {}
        }
    }

    /// The stranger connects, or repeats what it heard, changed a little.
    fn babble(&mut self) {
        let stranger = self.nodes.len();
        let mine = self.wires.iter().filter(|((of, _), _)| *of == stranger);
        let ends: Vec<(usize, PeerLinkId)> = mine.map(|(_, end)| *end).collect();
        if ends.len() < 3 {
            let to = self.below(self.nodes.len());
            self.connect(stranger, DialId(0), to);
            let name = ["old@x", "n1@x", "n9@x"][self.below(3)];
            let hello = json!({"type": "HELLO", "peer_id": name, "features": ["relay"], "ttl": 1});
            let far = self
                .wires
                .iter()
                .rfind(|((of, _), _)| *of == stranger)
                .map(|(_, end)| *end);
            if let Some((actor, link)) = far {
                self.post(actor, 10, Mail::Line(link, hello.to_string().into_bytes()));
            }
            return;
        }
        for _ in 0..8 {
            let (actor, link) = ends[self.below(ends.len())];
            if self.heard.is_empty() {
                return;
            }
            // Anything, or something new.
            let most = [self.heard.len(), 40][self.below(2)].min(self.heard.len());
            let which = self.heard.len() - 1 - self.below(most);
            let mut line = self.heard[which].clone();
            match self.below(6) {
                0 => line["ttl"] = json!(8),
                1 => line["payload"] = json!("an INVALID text"),
                2 => line["x"]["try"] = json!(self.below(4)),
                3 => {
                    line["payload"] = json!("INVENTED");
                    line["x"] = Value::Null;
                }
                _ => {}
            }
            let unsigned = line["x"]["sig"].is_null();
            if !(unsigned && line.to_string().contains("INVALID")) {
                self.post(actor, 5, Mail::Line(link, line.to_string().into_bytes()));
            }
        }
    }

    fn finish(mut self, whole: bool) -> BTreeMap<Invariant, u64> {
        let alive: Vec<bool> = self.nodes.iter().map(Option::is_some).collect();
        let Story {
            observer,
            recorder,
            now,
        } = &mut self.story;
        observer.finish(*now, &alive, whole, recorder);
        let (checked, violation) = self.story.outcome();
        assert_eq!(violation, None);
        checked
    }
}

fn sum(into: &mut BTreeMap<Invariant, u64>, checked: BTreeMap<Invariant, u64>) {
    for (invariant, count) in checked {
        *into.entry(invariant).or_default() += count;
    }
}

const PEERS: [Invariant; 14] = [
    Invariant::U1,
    Invariant::U2,
    Invariant::U3,
    Invariant::U4,
    Invariant::U5,
    Invariant::U6,
    Invariant::U7,
    Invariant::B1,
    Invariant::B2,
    Invariant::B3,
    Invariant::B4,
    Invariant::Legacy,
    Invariant::Heals,
    Invariant::Truth,
];

#[test]
fn what_is_kept_is_not_reported() {
    let mut all = BTreeMap::new();
    for seed in 0..SEEDS {
        // B3 says nothing of worlds in which somebody means harm.
        let mut world = World::new(seed, 3 + usize::try_from(seed % 5).unwrap(), seed % 4 != 0);
        for step in 0..150 {
            world.act(step, true);
            let pause = world.rng.below(700);
            world.run(pause);
        }
        for actor in 0..world.nodes.len() {
            if world.nodes[actor].is_none() {
                world.start(actor);
            }
        }
        world.story.observer.calm(world.story.now);
        world.run(120_000);
        for step in 150..200 {
            world.act(step, false);
            let pause = world.rng.below(700);
            world.run(pause);
        }
        world.run(25_000);
        sum(&mut all, world.finish(true));
    }
    for invariant in PEERS {
        assert!(all[&invariant] > 0, "{invariant} was not looked at: {all:?}");
    }
}

const SEEDS: u64 = 8;
