//! A world of peers: production nodes, programs of others and a rendezvous, and the network between them.

mod acts;
mod bodies;
mod links;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use super::directory::Directory;
use super::keep::Keep;
use super::legacy::Legacy;
use super::net::Wire;
use super::observer::{Observer, Seat};
use super::plan::{Act, Plan};
use super::queue::Queue;
use super::record::Recorder;
use super::report::Report;
use super::rules::Rules;
use super::scenario::{Program, Scenario};
use super::{Options, Outcome};
use crate::id::{DialId, PeerLinkId};
use crate::node::Node;
use crate::rendezvous::client::Client;
use crate::rng::Rng;
use crate::time::{Instant, UtcMillis};

/// The time of day at which every world begins.
const UTC: UtcMillis = UtcMillis::new(1_763_640_000_000);
/// Target of what happens to nobody alone.
const NOBODY: usize = usize::MAX;

/// Something that happens.
#[derive(Debug)]
enum Event {
    /// An actor's process starts.
    Start { life: u32 },
    /// An actor's machine wanted to be woken.
    Wake,
    /// An action of the plan.
    Act(usize),
    /// A fault is over.
    Over,
    /// All that goes wrong is over.
    Calm,
    /// An attempt to connect failed.
    DialFailed { dial: DialId, life: u32 },
    /// A connection is there: at its dialer, or at its acceptor.
    Opened { wire: usize, dial: Option<DialId> },
    /// Bytes arrive at an end.
    Arrive {
        wire: usize,
        side: usize,
        bytes: Vec<u8>,
        hop: Option<usize>,
    },
    /// A process reads what arrived.
    Read { wire: usize, side: usize },
    /// The other end was closed.
    Fin { wire: usize, side: usize },
    /// A request arrives at the rendezvous.
    Asked { life: u32, number: u64, request: Vec<u8> },
    /// A request to the rendezvous ends.
    Answered {
        life: u32,
        number: u64,
        reply: Option<Vec<u8>>,
    },
}

/// What an actor is at the moment.
#[derive(Debug)]
enum Body {
    /// Its process does not run.
    Down,
    Node(Box<Node>),
    Legacy(Box<Legacy>),
}

/// A peer of the world, whatever it runs.
#[derive(Debug)]
struct Actor {
    body: Body,
    client: Option<Box<Client>>,
    /// Counts its processes.
    life: u32,
    /// Counts the keys that it had.
    keys: u32,
    /// The number of the request to the rendezvous that is out.
    request: u64,
    wakes_at: Option<Instant>,
    stalled_until: Instant,
    /// Its machine has no power: nobody is told anything.
    vanished: bool,
    /// How far its clock of the day is off.
    clock_millis: i64,
    wires: Vec<usize>,
}

/// A world while it runs.
struct World {
    plan: Plan,
    queue: Queue<Event>,
    actors: Vec<Actor>,
    wires: Vec<Option<Box<Wire>>>,
    by_address: BTreeMap<SocketAddr, usize>,
    rules: Rules,
    directory: Option<Directory>,
    observer: Observer,
    /// Somebody started while something was wrong, or just before.
    born_in_trouble: bool,
    recorder: Recorder,
    check: bool,
    /// Decides what the network does.
    rng: Rng,
    seed: u64,
    last_port: u16,
}

/// Runs a scenario with peers.
pub(super) fn run(name: &str, scenario: &Scenario, seed: u64, options: &Options, notes: bool) -> Outcome {
    let mut world = World::new(scenario, seed, &options.keep, notes, options.trace);
    world.begin(&options.keep);
    world.go();
    world.finish(name)
}

impl World {
    fn new(scenario: &Scenario, seed: u64, keep: &Keep, notes: bool, trace: bool) -> Self {
        let plan = Plan::new(scenario, seed, keep);
        let seats = plan.seats.iter().map(|seat| Seat {
            name: seat.name.clone(),
            papo: seat.program == Program::Papo,
            hostile: seat.program == Program::Hostile,
        });
        let mut observer = Observer::new(seats.collect(), scenario.check);
        observer.slow(plan.slowest());
        let mut recorder = Recorder::new(notes, trace);
        if let Some(trace) = recorder.trace() {
            trace.names = plan.seats.iter().map(|seat| seat.name.to_string()).collect();
        }
        let actors = plan.seats.iter().map(|_| Actor {
            body: Body::Down,
            client: None,
            life: 0,
            keys: 0,
            request: 0,
            wakes_at: None,
            stalled_until: Instant::ZERO,
            vanished: false,
            clock_millis: 0,
            wires: Vec::new(),
        });
        let by_address = plan.seats.iter().enumerate();
        Self {
            queue: Queue::new(Instant::ZERO),
            actors: actors.collect(),
            wires: Vec::new(),
            by_address: by_address.map(|(number, seat)| (seat.address, number)).collect(),
            born_in_trouble: false,
            rules: Rules::default(),
            directory: plan
                .rendezvous
                .map(|dialect| Directory::new(dialect, seed, Instant::ZERO, UTC)),
            observer,
            recorder,
            check: scenario.check,
            rng: Rng::new(seed),
            seed,
            last_port: 0,
            plan,
        }
    }

    /// Puts all that is planned into the queue.
    fn begin(&mut self, keep: &Keep) {
        for (actor, seat) in self.plan.seats.iter().enumerate() {
            if keep.actor(actor) {
                self.queue.push(seat.starts, actor, Event::Start { life: 0 });
            }
        }
        for (number, (at, act)) in self.plan.actions.iter().enumerate() {
            self.queue.push(*at, NOBODY, Event::Act(number));
            if let Some(until) = act.until() {
                self.queue.push(until, NOBODY, Event::Over);
            }
        }
        self.queue.push(self.plan.end, NOBODY, Event::Calm);
    }

    /// Lets things happen until the end, or until a promise was not kept.
    fn go(&mut self) {
        while !self.recorder.violated() {
            let Some((target, event)) = self.queue.pop(self.plan.finish) else {
                break;
            };
            self.happen(target, event);
        }
    }

    fn happen(&mut self, target: usize, event: Event) {
        match event {
            Event::Start { life } => self.start(target, life),
            Event::Wake => self.wake(target),
            Event::Act(number) => self.act(number),
            Event::Over => {
                let now = self.queue.now();
                self.rules.expire(now);
            }
            Event::Calm => {
                let now = self.queue.now();
                self.observer.calm(now);
            }
            Event::DialFailed { dial, life } => self.dial_failed(target, dial, life),
            Event::Opened { wire, dial } => self.opened(target, wire, dial),
            Event::Arrive { wire, side, bytes, hop } => self.arrive(wire, side, &bytes, hop),
            Event::Read { wire, side } => self.read(wire, side),
            Event::Fin { wire, side } => self.fin(wire, side),
            Event::Asked { life, number, request } => self.asked(target, life, number, &request),
            Event::Answered { life, number, reply } => self.answered(target, life, number, reply.as_deref()),
        }
    }

    fn now(&self) -> Instant {
        self.queue.now()
    }

    /// The time of day by an actor's clock.
    fn utc(&self, actor: usize) -> UtcMillis {
        let true_time = UTC.after(self.now().since(Instant::ZERO)).get();
        UtcMillis::new(true_time.saturating_add_signed(self.actors[actor].clock_millis))
    }

    fn finish(mut self, name: &str) -> Outcome {
        let now = self.now();
        let alive: Vec<bool> = self
            .actors
            .iter()
            .map(|actor| !matches!(actor.body, Body::Down))
            .collect();
        if !self.recorder.violated() {
            let whole = self.is_whole(&alive);
            self.observer.finish(now, &alive, whole, &mut self.recorder);
        }
        for actor in &self.actors {
            if let Body::Node(node) = &actor.body {
                self.observer.counted(node.tallies());
            }
        }
        let mut report = Report {
            scenario: name.to_owned(),
            seed: self.seed,
            virtual_ms: now.as_micros() / 1000,
            steps: self.recorder.steps(),
            ..Report::default()
        };
        self.observer.figures(&alive, &mut report);
        let (checked, violation, trace, trace_hash) = self.recorder.finish();
        Outcome {
            report: Report {
                trace_hash,
                checked,
                ..report
            },
            violation,
            trace,
        }
    }

    /// Whether all who are up have to find together: they had the time, and somebody whom each can reach.
    fn is_whole(&self, alive: &[bool]) -> bool {
        /// A dial after the longest wait, the next list, and what all that takes.
        const LONG_ENOUGH: Duration = Duration::from_secs(150);
        /// Where nobody answers when a node starts, it tries again after ten minutes (docs/protocol.md 3.3).
        const LONGEST: Duration = Duration::from_secs(750);
        let needed = if self.born_in_trouble { LONGEST } else { LONG_ENOUGH };
        let healed = self.plan.finish.since(self.plan.end) >= needed;
        let everybody = alive.iter().all(|&up| up);
        healed
            && everybody
            && self
                .plan
                .seats
                .iter()
                .all(|seat| seat.program == Program::Papo && !seat.nat)
    }
}

/// The end of a connection as a machine knows it.
fn link_of(wire: usize, side: usize) -> PeerLinkId {
    PeerLinkId((wire * 2 + side) as u64)
}

/// The connection and the end that a machine means.
fn end_of(link: PeerLinkId) -> (usize, usize) {
    let number = usize::try_from(link.0).unwrap_or(usize::MAX);
    (number / 2, number % 2)
}

/// What is drawn for one process.
fn seed_of(seed: u64, actor: usize, life: u32) -> u64 {
    Rng::new(seed ^ (actor as u64) << 24 ^ u64::from(life)).next_u64()
}

impl World {
    /// Words for a violation; the action that caused something says more than its consequences.
    fn note_act(&mut self, act: &Act) {
        let now = self.now();
        self.recorder.note(now, || format!("{act:?}"));
    }
}
