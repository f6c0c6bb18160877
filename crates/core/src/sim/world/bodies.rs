//! The processes of a world: what goes into their machines and what comes out.

use std::collections::VecDeque;
use std::net::SocketAddr;

use super::{Body, Event, World, end_of, seed_of};
use crate::id::{PeerId, PeerLinkId};
use crate::identity::Identity;
use crate::limits::RENDEZVOUS_REQUEST_DEADLINE;
use crate::node::{self, Command, Input, Listed, Node, Output, Scope};
use crate::rendezvous::client::{self, Client};
use crate::sim::legacy::{self, Legacy};
use crate::sim::plan::Stop;
use crate::sim::scenario::{Program, State};
use crate::sim::trace::Mark;

impl World {
    /// An actor's process starts, unless another one of it did already.
    pub(super) fn start(&mut self, actor: usize, life: u32) {
        let now = self.now();
        if self.actors[actor].life != life || !matches!(self.actors[actor].body, Body::Down) {
            return;
        }
        self.born_in_trouble |= self.plan.is_trouble(now);
        let (utc, seed) = (self.utc(actor), seed_of(self.seed, actor, life));
        let seat = &self.plan.seats[actor];
        let fixed: Vec<SocketAddr> = seat.dials.iter().map(|&other| self.plan.seats[other].address).collect();
        let identity = identity(self.seed, actor, self.actors[actor].keys);
        let papo = seat.program == Program::Papo;
        let key = papo.then(|| identity.public());
        if self.directory.is_some() {
            let config = client::Config {
                identity: papo.then(|| identity.clone()),
                ..client::Config::new(seat.name.name(), seat.name.namespace(), seat.address.port(), utc)
            };
            let mut client = Client::new(config, seed, now);
            client.handle(now, client::Input::Start);
            self.actors[actor].client = Some(Box::new(client));
        }
        let (name, port) = (seat.name.clone(), seat.address.port());
        self.actors[actor].body = if papo {
            let config = node::Config {
                peer_id: name,
                identity,
                connect: fixed,
                dial_private: true,
                port,
                utc,
            };
            Body::Node(Box::new(Node::new(config, seed, now)))
        } else {
            Body::Legacy(Box::new(Legacy::new(seat.program, name, port, fixed, seed, now)))
        };
        self.actors[actor].vanished = false;
        self.observer.born(now, actor, key);
        self.mark(actor, "", || "starts".to_owned());
        self.pump(actor);
    }

    /// An actor's process ends.
    pub(super) fn stop(&mut self, actor: usize, how: Stop, state: State) {
        if matches!(self.actors[actor].body, Body::Down) {
            return;
        }
        match how {
            Stop::Quit => {
                self.mark(actor, "", || "leaves".to_owned());
                let now = self.now();
                if let Some(client) = &mut self.actors[actor].client {
                    client.handle(now, client::Input::Leave);
                }
                match &mut self.actors[actor].body {
                    Body::Node(node) => {
                        self.observer.command(now, actor, &Command::Quit);
                        node.handle(now, Input::Command(Command::Quit));
                    }
                    Body::Legacy(legacy) => legacy.handle(now, legacy::Input::Quit),
                    Body::Down => {}
                }
                self.pump(actor);
            }
            Stop::Crash | Stop::Vanish => {
                self.mark(actor, "", || "crashes".to_owned());
                self.actors[actor].vanished = how == Stop::Vanish;
                self.end_process(actor);
                for wire in std::mem::take(&mut self.actors[actor].wires) {
                    self.abandon(actor, wire, how == Stop::Crash);
                }
            }
        }
        if state == State::Empty {
            self.actors[actor].keys += 1;
        }
    }

    fn end_process(&mut self, actor: usize) {
        let now = self.now();
        let one = &mut self.actors[actor];
        if let Body::Node(node) = std::mem::replace(&mut one.body, Body::Down) {
            self.observer.counted(node.tallies());
        }
        one.client = None;
        one.life += 1;
        one.wakes_at = None;
        self.observer.died(now, actor);
    }

    /// The life that an actor's next process would have.
    pub(super) fn next_life(&self, actor: usize) -> u32 {
        self.actors[actor].life
    }

    pub(super) fn wake(&mut self, actor: usize) {
        let now = self.now();
        if self.actors[actor].wakes_at != Some(now) {
            return;
        }
        self.actors[actor].wakes_at = None;
        self.recorder.step();
        let one = &mut self.actors[actor];
        if let Some(client) = &mut one.client
            && client.poll_timeout().is_some_and(|at| at <= now)
        {
            client.handle(now, client::Input::Timeout);
        }
        match &mut one.body {
            Body::Node(node) if node.poll_timeout().is_some_and(|at| at <= now) => node.handle(now, Input::Timeout),
            Body::Legacy(legacy) => legacy.handle(now, legacy::Input::Timeout),
            _ => {}
        }
        self.pump(actor);
    }

    /// Gives a node an input, and does what it wants.
    pub(super) fn node_input(&mut self, actor: usize, input: Input<'_>) {
        let now = self.now();
        if let Body::Node(node) = &mut self.actors[actor].body {
            self.recorder.step();
            node.handle(now, input);
            self.pump(actor);
        }
    }

    /// Gives a program of others an input, and does what it wants.
    pub(super) fn legacy_input(&mut self, actor: usize, input: legacy::Input<'_>) {
        let now = self.now();
        if let Body::Legacy(legacy) = &mut self.actors[actor].body {
            self.recorder.step();
            legacy.handle(now, input);
            self.pump(actor);
        }
    }

    /// Does what an actor's machines want, until they want nothing more.
    fn pump(&mut self, actor: usize) {
        self.pump_client(actor);
        match std::mem::replace(&mut self.actors[actor].body, Body::Down) {
            Body::Down => {}
            Body::Node(mut node) => {
                let quit = self.pump_node(actor, &mut node);
                self.actors[actor].body = Body::Node(node);
                if quit {
                    self.end_process(actor);
                }
            }
            Body::Legacy(mut legacy) => {
                while let Some(output) = legacy.poll_output() {
                    self.legacy_output(actor, output);
                }
                self.actors[actor].body = Body::Legacy(legacy);
            }
        }
        self.schedule(actor);
    }

    fn pump_node(&mut self, actor: usize, node: &mut Node) -> bool {
        let now = self.now();
        let mut written = VecDeque::new();
        let mut quit = false;
        loop {
            while let Some(output) = node.poll_output() {
                quit |= self.node_output(actor, output, &mut written);
            }
            let Some((link, bytes)) = written.pop_front() else {
                break;
            };
            node.handle(now, Input::Written { link, bytes });
        }
        if self.check {
            self.observer.after(now, actor, node, &mut self.recorder);
        }
        quit
    }

    /// True when the node is done.
    fn node_output(&mut self, actor: usize, output: Output, written: &mut VecDeque<(PeerLinkId, usize)>) -> bool {
        let now = self.now();
        match output {
            Output::Dial { dial, address } => {
                self.recorder.output(now, actor, format!("dial {address}").as_bytes());
                self.dial(actor, dial, address);
            }
            Output::Write { link, line } => {
                self.recorder.output(now, actor, &line);
                let bytes = line.len();
                if self.write(actor, link, line) {
                    written.push_back((link, bytes));
                }
            }
            Output::Close { link, reason } => {
                self.recorder
                    .output(now, actor, format!("close {} {reason:?}", link.0).as_bytes());
                let name = &self.plan.seats[actor].name;
                self.recorder
                    .note(now, || format!("{name} closes link {}: {reason:?}", link.0));
                self.close(link);
            }
            Output::Event(event) => {
                let words = format!("{event:?}");
                self.recorder.output(now, actor, words.as_bytes());
                let name = &self.plan.seats[actor].name;
                self.recorder.note(now, || format!("{name} tells {words}"));
                self.mark_event(actor, &event);
                self.observer.event(now, actor, &event, &mut self.recorder);
            }
            Output::Quit => return true,
        }
        false
    }

    fn legacy_output(&mut self, actor: usize, output: legacy::Output) {
        let now = self.now();
        match output {
            legacy::Output::Dial { dial, address } => self.dial(actor, dial, address),
            legacy::Output::Write { link, bytes } => {
                self.recorder.output(now, actor, &bytes);
                self.write(actor, link, bytes);
            }
            legacy::Output::Close { link } => self.close(link),
            legacy::Output::Reset { link } => {
                let (wire, _) = end_of(link);
                self.reset(wire);
            }
            legacy::Output::Shown { kind, src, payload, .. } => {
                let name = &self.plan.seats[actor].name;
                self.recorder.note(now, || format!("{name} shows {src}: {payload}"));
                self.observer
                    .legacy_shown(now, actor, kind, &src, &payload, &mut self.recorder);
            }
            legacy::Output::Complaint(words) => {
                let invariant = crate::sim::Invariant::Legacy;
                self.recorder
                    .check(now, invariant, false, || format!("{actor}: {words}"));
            }
        }
    }

    fn pump_client(&mut self, actor: usize) {
        loop {
            let Some(client) = &mut self.actors[actor].client else {
                return;
            };
            let Some(output) = client.poll_output() else { return };
            match output {
                client::Output::Send { request } => self.ask(actor, request),
                client::Output::Peers(list) => self.listed(actor, &list),
                client::Output::Later { .. } | client::Output::Status(_) | client::Output::Remark(_) => {}
            }
        }
    }

    /// A list came. As the driver does it, keys count only when their signature is good.
    fn listed(&mut self, actor: usize, list: &[client::Listed]) {
        let now = self.now();
        let own = &self.plan.seats[actor].name;
        let peers = list.iter().filter_map(|listed| {
            let peer = PeerId::new(&listed.name, &listed.namespace).ok()?;
            let key = listed.record.filter(|record| record.verified).map(|record| record.key);
            (peer != *own).then_some(Listed {
                peer,
                address: listed.address,
                key,
            })
        });
        let peers: Vec<Listed> = peers.collect();
        match &mut self.actors[actor].body {
            Body::Node(node) => {
                self.observer.discovered(actor, &peers);
                node.handle(now, Input::Discovered(peers));
            }
            Body::Legacy(legacy) => {
                let peers: Vec<_> = peers.into_iter().map(|listed| (listed.peer, listed.address)).collect();
                legacy.handle(now, legacy::Input::Listed(&peers));
            }
            Body::Down => {}
        }
    }

    fn ask(&mut self, actor: usize, request: Vec<u8>) {
        let way = self.plan.networks[self.plan.seats[actor].network]
            .latency
            .draw(&mut self.rng);
        let one = &mut self.actors[actor];
        one.request += 1;
        let (life, number) = (one.life, one.request);
        // Connecting takes one round trip.
        let at = self.now() + 3 * way;
        self.queue.push(at, actor, Event::Asked { life, number, request });
    }

    pub(super) fn asked(&mut self, actor: usize, life: u32, number: u64, request: &[u8]) {
        let now = self.now();
        let from = SocketAddr::new(self.plan.seats[actor].address.ip(), self.next_port());
        let Some(directory) = &mut self.directory else { return };
        let way = self.plan.networks[self.plan.seats[actor].network]
            .latency
            .draw(&mut self.rng);
        let (at, reply) = match directory.ask(now, actor, from, request) {
            Some((reply, took)) => (now + took + way, Some(reply)),
            None => (now + RENDEZVOUS_REQUEST_DEADLINE, None),
        };
        self.queue.push(at, actor, Event::Answered { life, number, reply });
    }

    pub(super) fn answered(&mut self, actor: usize, life: u32, number: u64, reply: Option<&[u8]>) {
        let now = self.now();
        let one = &mut self.actors[actor];
        if one.life != life || one.request != number {
            return;
        }
        if let Some(client) = &mut one.client {
            client.handle(
                now,
                match reply {
                    Some(bytes) => client::Input::Reply { bytes },
                    None => client::Input::Failed,
                },
            );
        }
        self.pump(actor);
    }

    /// Makes sure that an actor is woken when it wants to be.
    fn schedule(&mut self, actor: usize) {
        let one = &mut self.actors[actor];
        let body = match &one.body {
            Body::Node(node) => node.poll_timeout(),
            Body::Legacy(legacy) => legacy.poll_timeout(),
            Body::Down => return,
        };
        let client = one.client.as_ref().and_then(|client| client.poll_timeout());
        let Some(at) = body.into_iter().chain(client).min() else {
            return;
        };
        if one.wakes_at.is_none_or(|before| at < before) {
            let at = at.max(self.queue.now());
            one.wakes_at = Some(at);
            self.queue.push(at, actor, Event::Wake);
        }
    }

    /// A person says something to many.
    pub(super) fn publish(&mut self, actor: usize, dst: String, text: String) {
        let now = self.now();
        let scope = match dst.strip_prefix('#') {
            Some(namespace) => Scope::Namespace(namespace.to_owned()),
            None => Scope::Broadcast,
        };
        match &self.actors[actor].body {
            Body::Node(_) => {
                let command = Command::Publish { scope, text };
                self.observer.command(now, actor, &command);
                self.node_input(actor, Input::Command(command));
            }
            Body::Legacy(_) => {
                self.observer.legacy_said(now, actor, &dst, &text);
                self.legacy_input(actor, legacy::Input::Publish { dst, text });
            }
            Body::Down => {}
        }
    }

    /// A person says something to one peer.
    pub(super) fn say(&mut self, actor: usize, to: usize, text: String) {
        let now = self.now();
        let to = self.plan.seats[to].name.clone();
        match &self.actors[actor].body {
            Body::Node(_) => {
                let command = Command::Send { to, text };
                self.observer.command(now, actor, &command);
                self.node_input(actor, Input::Command(command));
            }
            Body::Legacy(_) => {
                self.observer.legacy_said(now, actor, to.as_str(), &text);
                self.legacy_input(actor, legacy::Input::Send { to, text });
            }
            Body::Down => {}
        }
    }

    fn mark_event(&mut self, actor: usize, event: &node::Event) {
        let (id, words) = match event {
            node::Event::Message { msg_id, payload, .. } => (msg_id.as_str(), format!("shows “{payload}”")),
            node::Event::Sent { msg_id, dst } => (msg_id.as_str(), format!("says it to {dst}")),
            node::Event::Delivered { msg_id, .. } => (msg_id.as_str(), "delivered".to_owned()),
            node::Event::Failed { msg_id, code, .. } => (msg_id.as_str(), format!("failed: {code}")),
            _ => return,
        };
        self.mark(actor, id, || words);
    }

    pub(super) fn mark(&mut self, actor: usize, msg_id: &str, words: impl FnOnce() -> String) {
        let at = self.now();
        if let Some(trace) = self.recorder.trace() {
            trace.mark(Mark {
                at,
                actor,
                msg_id: msg_id.to_owned(),
                text: words(),
            });
        }
    }
}

/// The key of an actor, which a restart keeps unless the disk was lost.
fn identity(seed: u64, actor: usize, number: u32) -> Identity {
    let mut rng = crate::rng::Rng::new(seed ^ (actor as u64) << 20 ^ u64::from(number) << 50 ^ 0x6b65_7973);
    let mut key = [0; 32];
    for part in key.chunks_mut(8) {
        part.copy_from_slice(&rng.next_u64().to_le_bytes());
    }
    Identity::from_seed(key)
}
