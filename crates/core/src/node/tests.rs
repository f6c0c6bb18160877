use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use super::*;
use crate::id::{DialId, PeerLinkId};

mod chaos;
mod chat;
mod copies;
mod crossing;
mod gaps;
mod hostile;
mod late;
mod legacy;
mod relaying;
mod solo;

/// How long a line takes from one machine to another.
const LATENCY: Duration = Duration::from_millis(5);
/// Noon of some day.
const UTC: UtcMillis = UtcMillis::new(1_763_640_000_000);

/// Machines and the connections between them, on a clock of their own.
struct Net {
    now: Instant,
    actors: Vec<Option<Actor>>,
    /// Each end of a connection and the other one.
    wires: BTreeMap<(usize, PeerLinkId), (usize, PeerLinkId)>,
    /// What arrives, when, and where.
    mail: BTreeMap<(Instant, u64), (usize, Mail)>,
    /// What each node told its person.
    events: Vec<Vec<Event>>,
    /// Machines that nobody can connect to.
    hidden: Vec<usize>,
    /// Everything that came out of each node, for who wants it.
    recording: Option<Vec<(Instant, usize, Output)>>,
    /// Links that a node found to be proven.
    proven: BTreeSet<(usize, PeerLinkId)>,
    last: u64,
}

enum Actor {
    Node(Box<Node>),
    Double(Box<dyn Double>),
}

/// A program of others, as a script.
trait Double {
    /// Somebody connected.
    fn on_open(&mut self, _say: &mut Vec<String>) {}
    /// A line came; what is pushed is said, each in one write.
    fn on_line(&mut self, line: &str, say: &mut Vec<String>);
    /// True when it closes the connection now.
    fn closes(&mut self) -> bool {
        false
    }
}

#[derive(Debug)]
enum Mail {
    Line(PeerLinkId, Vec<u8>),
    Written(PeerLinkId, usize),
    Closed(PeerLinkId),
    Accepted(PeerLinkId, SocketAddr),
    Dialed(DialId, PeerLinkId),
    DialFailed(DialId),
}

fn address(machine: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, u8::try_from(machine + 1).unwrap()], 7070))
}

fn peer(name: &str) -> PeerId {
    name.parse().unwrap()
}

impl Net {
    fn new() -> Self {
        Self {
            now: Instant::from_secs(1),
            actors: Vec::new(),
            wires: BTreeMap::new(),
            mail: BTreeMap::new(),
            events: Vec::new(),
            hidden: Vec::new(),
            recording: None,
            proven: BTreeSet::new(),
            last: 0,
        }
    }

    /// A node that dials these machines; gives its number.
    fn node(&mut self, name: &str, connect: &[usize]) -> usize {
        let machine = self.actors.len();
        self.actors.push(None);
        self.events.push(Vec::new());
        self.restart(machine, name, connect);
        machine
    }

    /// A machine runs a new node, with the key that it always had.
    fn restart(&mut self, machine: usize, name: &str, connect: &[usize]) {
        let config = Config {
            peer_id: peer(name),
            identity: Identity::from_seed([u8::try_from(machine + 1).unwrap(); 32]),
            connect: connect.iter().map(|&other| address(other)).collect(),
            dial_private: true,
            port: 7070,
            utc: UTC.after(self.now.since(Instant::ZERO)),
        };
        let node = Node::new(config, machine as u64, self.now);
        self.actors[machine] = Some(Actor::Node(Box::new(node)));
        self.drain(machine);
    }

    fn double(&mut self, double: impl Double + 'static) -> usize {
        self.actors.push(Some(Actor::Double(Box::new(double))));
        self.events.push(Vec::new());
        self.actors.len() - 1
    }

    /// Nodes in a row, each dialing the one before.
    fn chain(&mut self, count: usize) -> Vec<usize> {
        (0..count)
            .map(|number| {
                let before: Vec<usize> = number.checked_sub(1).into_iter().collect();
                self.node(&format!("n{number}@UnB"), &before)
            })
            .collect()
    }

    fn input(&mut self, machine: usize, input: Input<'_>) {
        if let Some(Some(Actor::Node(node))) = self.actors.get_mut(machine) {
            node.handle(self.now, input);
            self.drain(machine);
        }
    }

    fn command(&mut self, machine: usize, command: Command) {
        self.input(machine, Input::Command(command));
    }

    fn say(&mut self, machine: usize, to: &str, text: &str) {
        let to = peer(to);
        let text = text.to_owned();
        self.command(machine, Command::Send { to, text });
    }

    fn post(&mut self, to: usize, after: Duration, mail: Mail) {
        self.last += 1;
        self.mail.insert((self.now + after, self.last), (to, mail));
    }

    fn drain(&mut self, machine: usize) {
        loop {
            let Some(Some(Actor::Node(node))) = self.actors.get_mut(machine) else {
                return;
            };
            let Some(output) = node.poll_output() else { return };
            if let Some(recording) = &mut self.recording {
                let proven = node.links.iter().filter(|(_, link)| link.is_proven());
                self.proven.extend(proven.map(|(&link, _)| (machine, link)));
                recording.push((self.now, machine, output.clone()));
            }
            match output {
                Output::Dial { dial, address } => self.connect(machine, dial, address),
                Output::Write { link, line } => {
                    self.post(machine, Duration::from_millis(1), Mail::Written(link, line.len()));
                    if let Some(&(other, end)) = self.wires.get(&(machine, link)) {
                        self.post(other, LATENCY, Mail::Line(end, line));
                    }
                }
                Output::Close { link, .. } => self.cut(machine, link),
                Output::Event(event) => self.events[machine].push(event),
                Output::Quit => {}
            }
        }
    }

    fn link(&mut self) -> PeerLinkId {
        self.last += 1;
        PeerLinkId(self.last)
    }

    fn connect(&mut self, from: usize, dial: DialId, to: SocketAddr) {
        let target = (0..self.actors.len()).find(|&machine| address(machine) == to);
        let reached = target.filter(|&machine| self.actors[machine].is_some() && !self.hidden.contains(&machine));
        let Some(machine) = reached else {
            return self.post(from, LATENCY, Mail::DialFailed(dial));
        };
        let (near, far) = (self.link(), self.link());
        self.wires.insert((from, near), (machine, far));
        self.wires.insert((machine, far), (from, near));
        self.post(machine, LATENCY, Mail::Accepted(far, address(from)));
        self.post(from, LATENCY, Mail::Dialed(dial, near));
    }

    /// One end closes; the other learns of it behind what was said.
    fn cut(&mut self, machine: usize, link: PeerLinkId) {
        if let Some((other, end)) = self.wires.remove(&(machine, link)) {
            self.wires.remove(&(other, end));
            self.post(other, LATENCY, Mail::Closed(end));
        }
    }

    /// A machine loses its power.
    fn kill(&mut self, machine: usize) {
        self.actors[machine] = None;
        let links: Vec<PeerLinkId> = self
            .wires
            .keys()
            .filter(|(of, _)| *of == machine)
            .map(|(_, link)| *link)
            .collect();
        for link in links {
            self.cut(machine, link);
        }
    }

    fn run(&mut self, span: Duration) {
        let end = self.now + span;
        for _ in 0..1_000_000 {
            let mail = self.mail.first_key_value().map(|((at, _), _)| *at);
            let due = self.actors.iter().flatten().filter_map(|actor| match actor {
                Actor::Node(node) => node.poll_timeout(),
                Actor::Double(_) => None,
            });
            let next = due.chain(mail).min().filter(|&at| at <= end);
            let Some(at) = next else {
                self.now = end;
                return;
            };
            self.now = at.max(self.now);
            if mail.is_some_and(|mail| mail <= self.now) {
                if let Some((_, (machine, mail))) = self.mail.pop_first() {
                    self.deliver(machine, mail);
                }
            } else {
                for machine in 0..self.actors.len() {
                    let due = match &self.actors[machine] {
                        Some(Actor::Node(node)) => node.poll_timeout().is_some_and(|at| at <= self.now),
                        _ => false,
                    };
                    if due {
                        self.input(machine, Input::Timeout);
                    }
                }
            }
        }
        panic!("it never comes to rest");
    }

    fn deliver(&mut self, machine: usize, mail: Mail) {
        if let Some(Some(Actor::Double(double))) = self.actors.get_mut(machine) {
            let mut said = Vec::new();
            let link = match &mail {
                Mail::Line(link, line) => {
                    double.on_line(String::from_utf8_lossy(line).trim_end(), &mut said);
                    *link
                }
                Mail::Accepted(link, _) => {
                    double.on_open(&mut said);
                    *link
                }
                _ => return,
            };
            let closes = double.closes();
            for text in said {
                if let Some(&(other, end)) = self.wires.get(&(machine, link)) {
                    self.post(other, LATENCY, Mail::Line(end, text.into_bytes()));
                }
            }
            if closes {
                self.cut(machine, link);
            }
            return;
        }
        match mail {
            Mail::Line(link, line) => {
                for line in line.strip_suffix(b"\n").unwrap_or(&line).split(|&byte| byte == b'\n') {
                    self.input(machine, Input::Line { link, line });
                }
            }
            Mail::Written(link, bytes) => self.input(machine, Input::Written { link, bytes }),
            Mail::Closed(link) => self.input(machine, Input::Closed { link }),
            Mail::Accepted(link, from) => self.input(machine, Input::Accepted { link, from }),
            Mail::Dialed(dial, link) => self.input(machine, Input::Dialed { dial, link }),
            Mail::DialFailed(dial) => self.input(machine, Input::DialFailed { dial }),
        }
    }

    fn node_at(&self, machine: usize) -> &Node {
        match &self.actors[machine] {
            Some(Actor::Node(node)) => node,
            _ => panic!("{machine} is no node"),
        }
    }

    /// What a node's person was told since the last time, in short.
    fn told(&mut self, machine: usize) -> Vec<String> {
        self.events[machine]
            .drain(..)
            .filter_map(|event| shown(&event))
            .collect()
    }
}

fn shown(event: &Event) -> Option<String> {
    Some(match event {
        Event::NeighborUp { peer, proven, .. } => format!("up {peer}{}", if *proven { "" } else { " legacy" }),
        Event::NeighborDown { peer, reason, .. } => format!("down {peer} {reason:?}"),
        Event::Message {
            kind,
            src,
            dst,
            payload,
            verified,
            via,
            ..
        } => format!(
            "{kind:?} {src} → {dst}: {payload}{}{}",
            if *verified { "" } else { " (unverified)" },
            via.as_ref().map_or_else(String::new, |via| format!(" via {via}"))
        ),
        Event::Sent { .. } | Event::RttMeasured { .. } => return None,
        Event::Delivered { dst, verified, .. } => {
            format!("delivered {dst}{}", if *verified { "" } else { " (unverified)" })
        }
        Event::Failed { dst, code, .. } => format!("failed {dst} {code}"),
        Event::Refused { code, about } => format!("refused {about} {code}"),
        Event::Pong { peer, .. } => format!("pong {peer}"),
        Event::Dropped { src, cause, .. } => format!("dropped {src:?} {cause:?}"),
        Event::Impostor { peer, .. } => format!("impostor {peer}"),
        Event::PeerError { peer, code, .. } => format!("error of {peer}: {code}"),
    })
}

const SECOND: Duration = Duration::from_secs(1);
