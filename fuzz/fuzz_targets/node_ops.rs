//! A small world of nodes and what happens to it: every message ends once, is shown once, and was really said.
#![no_main]

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use papo_core::id::{DialId, MsgId, PeerId, PeerLinkId};
use papo_core::identity::Identity;
use papo_core::limits::SEND_DEADLINE;
use papo_core::node::{Command, Config, Event, Input, Kind, Node, Output, Scope};
use papo_core::time::{Instant, UtcMillis};

const NODES: usize = 4;
const UTC: u64 = 1_763_640_000_000;

#[derive(Debug, Arbitrary)]
enum Op {
    Send { from: u8, to: u8 },
    Publish { from: u8, all: bool },
    Wait(u16),
    Cut { which: u8, silently: bool },
    Restart(u8),
    Reconnect(u8),
    Inject { which: u8, line: Vec<u8> },
    Repeat { which: u8, what: u8 },
}

enum Mail {
    Line(PeerLinkId, Vec<u8>),
    Written(PeerLinkId, usize),
    Closed(PeerLinkId),
    Accepted(PeerLinkId, SocketAddr),
    Dialed(DialId, PeerLinkId),
    Failed(DialId),
}

struct World {
    now: Instant,
    nodes: Vec<Node>,
    wires: BTreeMap<(usize, PeerLinkId), (usize, PeerLinkId)>,
    mail: BTreeMap<(Instant, u64), (usize, Mail)>,
    last: u64,
    said: BTreeMap<String, PeerId>,
    open: Vec<BTreeMap<MsgId, Instant>>,
    shown: Vec<BTreeSet<(Kind, PeerId, String)>>,
    overheard: Vec<Vec<u8>>,
}

fn name(number: usize) -> PeerId {
    format!("n{number}@UnB").parse().unwrap()
}

fn address(number: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, number as u8 + 1], 7070))
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            now: Instant::from_secs(1),
            nodes: Vec::new(),
            wires: BTreeMap::new(),
            mail: BTreeMap::new(),
            last: 0,
            said: BTreeMap::new(),
            open: vec![BTreeMap::new(); NODES],
            shown: vec![BTreeSet::new(); NODES],
            overheard: Vec::new(),
        };
        for number in 0..NODES {
            let node = world.make(number);
            world.nodes.push(node);
        }
        for number in 0..NODES {
            world.drain(number);
        }
        world
    }

    /// A row, and one way around its middle.
    fn make(&self, number: usize) -> Node {
        let mut connect: Vec<SocketAddr> = number.checked_sub(1).map(address).into_iter().collect();
        if number == 3 {
            connect.push(address(0));
        }
        let config = Config {
            peer_id: name(number),
            identity: Identity::from_seed([number as u8 + 1; 32]),
            connect,
            dial_private: true,
            port: 7070,
            utc: UtcMillis::new(UTC + self.now.as_micros() / 1000),
        };
        Node::new(config, number as u64, self.now)
    }

    fn post(&mut self, to: usize, mail: Mail) {
        self.last += 1;
        self.mail
            .insert((self.now + Duration::from_millis(5), self.last), (to, mail));
    }

    fn tell(&mut self, number: usize, input: Input<'_>) {
        self.nodes[number].handle(self.now, input);
        self.drain(number);
    }

    fn drain(&mut self, number: usize) {
        while let Some(output) = self.nodes[number].poll_output() {
            match output {
                Output::Dial { dial, address: to } => self.dial(number, dial, to),
                Output::Write { link, line } => {
                    if self.overheard.len() < 64 {
                        self.overheard.push(line.clone());
                    }
                    self.post(number, Mail::Written(link, line.len()));
                    if let Some(&(other, end)) = self.wires.get(&(number, link)) {
                        self.post(other, Mail::Line(end, line));
                    }
                }
                Output::Close { link, .. } => self.cut(number, link),
                Output::Event(event) => self.check(number, event),
                Output::Quit => {}
            }
        }
    }

    fn dial(&mut self, from: usize, dial: DialId, to: SocketAddr) {
        let Some(other) = (0..NODES).find(|&other| address(other) == to) else {
            return self.post(from, Mail::Failed(dial));
        };
        self.last += 2;
        let (near, far) = (PeerLinkId(self.last - 1), PeerLinkId(self.last));
        self.wires.insert((from, near), (other, far));
        self.wires.insert((other, far), (from, near));
        self.post(other, Mail::Accepted(far, address(from)));
        self.post(from, Mail::Dialed(dial, near));
    }

    fn cut(&mut self, number: usize, link: PeerLinkId) {
        if let Some((other, end)) = self.wires.remove(&(number, link)) {
            self.wires.remove(&(other, end));
            self.post(other, Mail::Closed(end));
        }
    }

    fn check(&mut self, number: usize, event: Event) {
        match event {
            Event::Sent { msg_id, dst } if !dst.starts_with(['#', '*']) => {
                assert!(self.open[number].insert(msg_id, self.now).is_none(), "sent twice");
            }
            Event::Delivered { msg_id, .. } | Event::Failed { msg_id, .. } => {
                let began = self.open[number]
                    .remove(&msg_id)
                    .expect("it ends twice, or never began");
                assert!(self.now.since(began) <= SEND_DEADLINE + Duration::from_millis(1));
            }
            Event::Message {
                kind,
                msg_id,
                src,
                payload,
                verified,
                ..
            } if verified => {
                assert_eq!(self.said.get(&payload), Some(&src), "nobody said this");
                assert!(self.shown[number].insert((kind, src, msg_id)), "shown twice");
            }
            _ => {}
        }
    }

    fn run(&mut self, span: Duration) {
        let end = self.now + span;
        for _ in 0..20_000 {
            let mail = self.mail.first_key_value().map(|(key, _)| key.0);
            let due = self.nodes.iter().filter_map(Node::poll_timeout);
            let Some(at) = due.chain(mail).min().filter(|&at| at <= end) else {
                self.now = end;
                return;
            };
            self.now = self.now.max(at);
            if mail.is_some_and(|mail| mail <= self.now) {
                if let Some((_, (number, mail))) = self.mail.pop_first() {
                    self.deliver(number, mail);
                }
                continue;
            }
            for number in 0..NODES {
                if self.nodes[number].poll_timeout().is_some_and(|at| at <= self.now) {
                    self.tell(number, Input::Timeout);
                }
            }
        }
        panic!("the world never comes to rest");
    }

    fn deliver(&mut self, number: usize, mail: Mail) {
        match mail {
            Mail::Line(link, line) => {
                let line = line.strip_suffix(b"\n").unwrap_or(&line);
                self.tell(number, Input::Line { link, line });
            }
            Mail::Written(link, bytes) => self.tell(number, Input::Written { link, bytes }),
            Mail::Closed(link) => self.tell(number, Input::Closed { link }),
            Mail::Accepted(link, from) => self.tell(number, Input::Accepted { link, from }),
            Mail::Dialed(dial, link) => self.tell(number, Input::Dialed { dial, link }),
            Mail::Failed(dial) => self.tell(number, Input::DialFailed { dial }),
        }
    }

    fn wire(&self, which: u8) -> Option<(usize, PeerLinkId)> {
        let count = self.wires.len().max(1);
        self.wires.keys().nth(usize::from(which) % count).copied()
    }

    fn act(&mut self, step: usize, op: Op) {
        let text = format!("text {step}");
        match op {
            Op::Send { from, to } => {
                let (from, to) = (usize::from(from) % NODES, usize::from(to) % (NODES + 1));
                self.said.insert(text.clone(), name(from));
                self.tell(from, Input::Command(Command::Send { to: name(to), text }));
            }
            Op::Publish { from, all } => {
                let from = usize::from(from) % NODES;
                self.said.insert(text.clone(), name(from));
                let scope = if all {
                    Scope::Broadcast
                } else {
                    Scope::Namespace("UnB".into())
                };
                self.tell(from, Input::Command(Command::Publish { scope, text }));
            }
            Op::Wait(millis) => self.run(Duration::from_millis(millis.into())),
            Op::Cut { which, silently } => {
                if let Some((number, link)) = self.wire(which) {
                    if silently {
                        if let Some(far) = self.wires.remove(&(number, link)) {
                            self.wires.remove(&far);
                        }
                    } else {
                        self.cut(number, link);
                        self.tell(number, Input::Closed { link });
                    }
                }
            }
            Op::Restart(which) => self.restart(usize::from(which) % NODES),
            Op::Reconnect(which) => {
                self.tell(usize::from(which) % NODES, Input::Command(Command::Reconnect));
            }
            Op::Inject { which, line } => {
                if let Some((number, link)) = self.wire(which) {
                    self.post(number, Mail::Line(link, line));
                }
            }
            Op::Repeat { which, what } => {
                if let (Some((number, link)), Some(line)) = (self.wire(which), self.overheard.get(usize::from(what))) {
                    let line = line.clone();
                    self.post(number, Mail::Line(link, line));
                }
            }
        }
    }

    /// Another process with the same name and key. What it had shown before, it does not know.
    fn restart(&mut self, number: usize) {
        let links: Vec<PeerLinkId> = self
            .wires
            .keys()
            .filter(|key| key.0 == number)
            .map(|key| key.1)
            .collect();
        for link in links {
            self.cut(number, link);
        }
        self.mail.retain(|_, (to, _)| *to != number);
        self.open[number].clear();
        self.shown[number].clear();
        self.nodes[number] = self.make(number);
        self.drain(number);
    }
}

fuzz_target!(|ops: Vec<Op>| {
    let mut world = World::new();
    world.run(Duration::from_secs(2));
    for (step, op) in ops.into_iter().take(60).enumerate() {
        world.act(step, op);
    }
    world.run(SEND_DEADLINE + Duration::from_secs(1));
    assert!(world.open.iter().all(BTreeMap::is_empty), "a message never ended");
});
