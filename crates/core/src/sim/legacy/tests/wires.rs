//! A few machines and the connections between them, 5 ms apart.

use std::collections::BTreeMap;

use super::*;
use crate::identity::Identity;
use crate::limits::PEER_LINE_BYTES;
use crate::node::{self, Command, Event, Node};
use crate::time::UtcMillis;
use crate::wire::line::{Line, LineDecoder};

const LATENCY: Duration = Duration::from_millis(5);
/// Noon of some day.
const UTC: UtcMillis = UtcMillis::new(1_763_640_000_000);

pub(super) struct Wires {
    pub(super) now: Instant,
    actors: Vec<Actor>,
    ends: BTreeMap<(usize, PeerLinkId), (usize, PeerLinkId)>,
    mail: BTreeMap<(Instant, u64), (usize, Mail)>,
    last: u64,
    /// What each node told its person, in short.
    pub(super) told: Vec<Vec<String>>,
    /// What came out of each scripted peer that is no connection.
    pub(super) out: Vec<Vec<Output>>,
    /// Each write: who, when, what.
    pub(super) wrote: Vec<(usize, Instant, Vec<u8>)>,
}

enum Actor {
    Node(Box<Node>, BTreeMap<PeerLinkId, LineDecoder>),
    Legacy(PeerId, Box<Legacy>),
}

enum Mail {
    Bytes(PeerLinkId, Vec<u8>),
    Written(PeerLinkId, usize),
    Closed(PeerLinkId),
    Accepted(PeerLinkId, SocketAddr),
    Dialed(DialId, PeerLinkId),
    DialFailed(DialId),
}

pub(super) fn address(actor: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, u8::try_from(actor + 1).unwrap()], 7070))
}

impl Wires {
    pub(super) fn new() -> Self {
        Self {
            now: Instant::from_secs(1),
            actors: Vec::new(),
            ends: BTreeMap::new(),
            mail: BTreeMap::new(),
            last: 0,
            told: Vec::new(),
            out: Vec::new(),
            wrote: Vec::new(),
        }
    }

    pub(super) fn node(&mut self, name: &str, connect: &[usize]) -> usize {
        let number = self.actors.len();
        let config = node::Config {
            peer_id: peer(name),
            identity: Identity::from_seed([u8::try_from(number + 1).unwrap(); 32]),
            connect: connect.iter().map(|&other| address(other)).collect(),
            dial_private: true,
            port: 7070,
            utc: UTC.after(self.now.since(Instant::ZERO)),
        };
        let node = Node::new(config, number as u64, self.now);
        self.add(Actor::Node(Box::new(node), BTreeMap::new()))
    }

    pub(super) fn legacy(&mut self, program: Program, name: &str, fixed: &[usize], seed: u64) -> usize {
        let fixed = fixed.iter().map(|&other| address(other)).collect();
        let legacy = Legacy::new(program, peer(name), 7070, fixed, seed, self.now);
        self.add(Actor::Legacy(peer(name), Box::new(legacy)))
    }

    fn add(&mut self, actor: Actor) -> usize {
        self.actors.push(actor);
        self.told.push(Vec::new());
        self.out.push(Vec::new());
        self.drain(self.actors.len() - 1);
        self.actors.len() - 1
    }

    pub(super) fn command(&mut self, actor: usize, command: Command) {
        self.node_input(actor, node::Input::Command(command));
    }

    pub(super) fn ask(&mut self, actor: usize, input: Input<'_>) {
        let Actor::Legacy(_, legacy) = &mut self.actors[actor] else {
            panic!("{actor} is a node")
        };
        legacy.handle(self.now, input);
        self.drain(actor);
    }

    fn node_input(&mut self, actor: usize, input: node::Input<'_>) {
        let Actor::Node(node, _) = &mut self.actors[actor] else {
            panic!("{actor} is no node")
        };
        node.handle(self.now, input);
        self.drain(actor);
    }

    /// Tells everyone of everyone, as a rendezvous does.
    pub(super) fn list(&mut self) {
        let name = |actor: &Actor| match actor {
            Actor::Node(node, _) => node.peer_id().clone(),
            Actor::Legacy(name, _) => name.clone(),
        };
        let all: Vec<_> = self.actors.iter().map(name).zip((0..).map(address)).collect();
        for number in 0..self.actors.len() {
            let mut others = all.clone();
            others.remove(number);
            if matches!(self.actors[number], Actor::Legacy(..)) {
                self.ask(number, Input::Listed(&others));
            } else {
                let listed = others.into_iter().map(|(peer, address)| node::Listed {
                    peer,
                    address,
                    key: None,
                });
                self.node_input(number, node::Input::Discovered(listed.collect()));
            }
        }
    }

    /// The names of a node's neighbors.
    pub(super) fn neighbors(&self, actor: usize) -> Vec<String> {
        let Actor::Node(node, _) = &self.actors[actor] else {
            panic!("{actor} is no node")
        };
        let mut names: Vec<String> = node
            .snapshot(self.now)
            .conns
            .iter()
            .map(|conn| conn.peer_id.to_string())
            .collect();
        names.dedup();
        names
    }

    /// What a scripted peer showed since the last time.
    pub(super) fn shown(&mut self, actor: usize) -> Vec<String> {
        let out = std::mem::take(&mut self.out[actor]);
        let shown = out.into_iter().map(|output| match output {
            Output::Shown { kind, src, payload, .. } => format!("{kind:?} {src}: {payload}"),
            Output::Complaint(what) => panic!("complaint: {what}"),
            other => panic!("{other:?}"),
        });
        shown.collect()
    }

    /// The lines that an actor wrote since the last time, in their types.
    pub(super) fn types(&mut self, actor: usize) -> Vec<String> {
        let mut bytes = Vec::new();
        for (_, _, line) in self.wrote.iter().filter(|(who, ..)| *who == actor) {
            bytes.extend_from_slice(line);
        }
        self.wrote.retain(|(who, ..)| *who != actor);
        let lines = bytes
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.trim_ascii().is_empty());
        let types = lines.map(|line| {
            let line: serde_json::Value = serde_json::from_slice(line).unwrap();
            line["type"].as_str().unwrap_or_default().to_owned()
        });
        types.collect()
    }

    fn post(&mut self, to: usize, after: Duration, mail: Mail) {
        self.last += 1;
        self.mail.insert((self.now + after, self.last), (to, mail));
    }

    fn drain(&mut self, actor: usize) {
        loop {
            match &mut self.actors[actor] {
                Actor::Node(node, _) => {
                    let Some(output) = node.poll_output() else { return };
                    match output {
                        node::Output::Dial { dial, address } => self.connect(actor, dial, address),
                        node::Output::Write { link, line } => {
                            self.post(actor, Duration::from_millis(1), Mail::Written(link, line.len()));
                            self.write(actor, link, line);
                        }
                        node::Output::Close { link, .. } => self.cut(actor, link),
                        node::Output::Event(event) => self.told[actor].extend(told(&event)),
                        node::Output::Quit => {}
                    }
                }
                Actor::Legacy(_, legacy) => {
                    let Some(output) = legacy.poll_output() else { return };
                    match output {
                        Output::Dial { dial, address } => self.connect(actor, dial, address),
                        Output::Write { link, bytes } => self.write(actor, link, bytes),
                        Output::Close { link } | Output::Reset { link } => self.cut(actor, link),
                        other => self.out[actor].push(other),
                    }
                }
            }
        }
    }

    fn write(&mut self, actor: usize, link: PeerLinkId, bytes: Vec<u8>) {
        self.wrote.push((actor, self.now, bytes.clone()));
        if let Some(&(other, end)) = self.ends.get(&(actor, link)) {
            self.post(other, LATENCY, Mail::Bytes(end, bytes));
        }
    }

    fn connect(&mut self, from: usize, dial: DialId, to: SocketAddr) {
        let Some(other) = (0..self.actors.len()).find(|&other| address(other) == to) else {
            return self.post(from, LATENCY, Mail::DialFailed(dial));
        };
        self.last += 2;
        let (near, far) = (PeerLinkId(self.last - 1), PeerLinkId(self.last));
        self.ends.insert((from, near), (other, far));
        self.ends.insert((other, far), (from, near));
        self.post(other, LATENCY, Mail::Accepted(far, address(from)));
        self.post(from, LATENCY, Mail::Dialed(dial, near));
    }

    fn cut(&mut self, actor: usize, link: PeerLinkId) {
        if let Some((other, end)) = self.ends.remove(&(actor, link)) {
            self.ends.remove(&(other, end));
            self.post(other, LATENCY, Mail::Closed(end));
        }
    }

    pub(super) fn run(&mut self, span: Duration) {
        let end = self.now + span;
        for _ in 0..1_000_000 {
            let mail = self.mail.first_key_value().map(|((at, _), _)| *at);
            let due = (0..self.actors.len())
                .filter_map(|actor| Some((self.due(actor)?, actor)))
                .min();
            match (mail, due) {
                (Some(at), due) if at <= end && due.is_none_or(|(due, _)| at <= due) => {
                    self.now = self.now.max(at);
                    let (_, (actor, mail)) = self.mail.pop_first().unwrap();
                    self.deliver(actor, mail);
                }
                (_, Some((at, actor))) if at <= end => {
                    self.now = self.now.max(at);
                    match &self.actors[actor] {
                        Actor::Node(..) => self.node_input(actor, node::Input::Timeout),
                        Actor::Legacy(..) => self.ask(actor, Input::Timeout),
                    }
                }
                _ => {
                    self.now = end;
                    return;
                }
            }
        }
        panic!("it never comes to rest");
    }

    fn due(&self, actor: usize) -> Option<Instant> {
        match &self.actors[actor] {
            Actor::Node(node, _) => node.poll_timeout(),
            Actor::Legacy(_, legacy) => legacy.poll_timeout(),
        }
    }

    fn deliver(&mut self, actor: usize, mail: Mail) {
        if matches!(self.actors[actor], Actor::Legacy(..)) {
            return match mail {
                Mail::Bytes(link, bytes) => self.ask(actor, Input::Read { link, bytes: &bytes }),
                Mail::Written(..) => {}
                Mail::Closed(link) => self.ask(actor, Input::Closed { link }),
                Mail::Accepted(link, _) => self.ask(actor, Input::Accepted { link }),
                Mail::Dialed(dial, link) => self.ask(actor, Input::Dialed { dial, link }),
                Mail::DialFailed(dial) => self.ask(actor, Input::DialFailed { dial }),
            };
        }
        match mail {
            Mail::Bytes(link, bytes) => self.read(actor, link, &bytes),
            Mail::Written(link, bytes) => self.node_input(actor, node::Input::Written { link, bytes }),
            Mail::Closed(link) => {
                self.read_rest(actor, link);
                self.node_input(actor, node::Input::Closed { link });
            }
            Mail::Accepted(link, from) => self.node_input(actor, node::Input::Accepted { link, from }),
            Mail::Dialed(dial, link) => self.node_input(actor, node::Input::Dialed { dial, link }),
            Mail::DialFailed(dial) => self.node_input(actor, node::Input::DialFailed { dial }),
        }
    }

    fn read(&mut self, actor: usize, link: PeerLinkId, bytes: &[u8]) {
        let Actor::Node(_, readers) = &mut self.actors[actor] else {
            return;
        };
        let reader = readers
            .entry(link)
            .or_insert_with(|| LineDecoder::new(PEER_LINE_BYTES - 1));
        let mut lines = Vec::new();
        reader.push(bytes, &mut |line| lines.push(owned(line)));
        self.give(actor, link, lines);
    }

    fn read_rest(&mut self, actor: usize, link: PeerLinkId) {
        let Actor::Node(_, readers) = &mut self.actors[actor] else {
            return;
        };
        let mut lines = Vec::new();
        if let Some(mut reader) = readers.remove(&link) {
            reader.take_rest(&mut |line| lines.push(owned(line)));
        }
        self.give(actor, link, lines);
    }

    fn give(&mut self, actor: usize, link: PeerLinkId, lines: Vec<Option<Vec<u8>>>) {
        for line in lines {
            match line {
                Some(line) => self.node_input(actor, node::Input::Line { link, line: &line }),
                None => self.node_input(actor, node::Input::TooLong { link }),
            }
        }
    }
}

fn owned(line: Line<'_>) -> Option<Vec<u8>> {
    match line {
        Line::Text(text) => Some(text.to_vec()),
        Line::TooLong { .. } => None,
    }
}

fn told(event: &Event) -> Option<String> {
    Some(match event {
        Event::NeighborUp { peer, .. } => format!("up {peer}"),
        Event::NeighborDown { peer, reason, .. } => format!("down {peer} {reason:?}"),
        Event::Message { kind, src, payload, .. } => format!("{kind:?} {src}: {payload}"),
        Event::Delivered { dst, .. } => format!("delivered {dst}"),
        Event::Failed { dst, code, .. } => format!("failed {dst} {code}"),
        Event::Impostor { peer, .. } => format!("impostor {peer}"),
        Event::PeerError { code, .. } => format!("error {code}"),
        _ => return None,
    })
}
