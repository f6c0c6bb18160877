//! The world of federated hubs: production machines, their sessions, and the old services that they are linked to.

mod checker;
mod clients;
mod disk;
mod driver;
mod faults;
mod people;
mod plan;
mod posts;
mod site;
mod wires;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use checker::{Checker, Ending};
use disk::Disk;
use people::Person;
use plan::{Plan, Trouble, What};
use posts::{Incoming, Request};
use site::{Sent, Site};
use wires::{Weather, Wire};

use crate::hub::{Author, PostOutcome};
use crate::id::{HubId, LinkId, RequestId, SessionId};
use crate::rng::Rng;
use crate::sim::queue::Queue;
use crate::sim::record::Recorder;
use crate::sim::scenario::{Hubs, Scenario};
use crate::sim::trace::Mark;
use crate::sim::{Options, Outcome, Report};
use crate::time::{Instant, UtcMillis};

/// The least time without faults and words before all has to be everywhere: the longest try, the longest pause, and
/// the ways.
const SETTLE: Duration = Duration::from_secs(15);
/// Sessions that speak too fast are waited for, but not longer than this.
const PATIENCE: Duration = Duration::from_secs(3600);
/// The time of day at which every run begins.
const BEGIN: UtcMillis = UtcMillis::new(1_763_683_200_000);
/// The room that everybody starts in.
const HOME: &str = "lobby";
/// The one other room.
const OTHER: &str = "redes";

/// Runs a scenario that has hubs and no peers. `notes` keeps what happened last in words, for a violation.
pub(super) fn run(name: &str, scenario: &Scenario, seed: u64, options: &Options, notes: bool) -> Outcome {
    let hubs = scenario.hubs.clone().unwrap_or(Hubs {
        count: crate::sim::scenario::Few::exactly(1),
        shape: crate::sim::scenario::Shape::Ring,
        sessions: crate::sim::scenario::Few::exactly(0),
        old_services: crate::sim::scenario::Few::exactly(0),
        durable: false,
    });
    let mut seeds = Rng::new(seed);
    let plan = Plan::new(scenario, &hubs, &options.keep, &mut Rng::new(seeds.next_u64()));
    let mut world = World::new(scenario, options, plan, &mut seeds, Recorder::new(notes, options.trace));
    world.begin();
    let whole = world.play();
    if whole && scenario.check {
        world.finish();
    }
    world.report(name, seed)
}

/// Something that happens to an actor.
#[derive(Debug)]
enum Event {
    /// A hub starts, or starts again.
    Start,
    /// A timer of a hub.
    Wake(u32),
    /// A hub has looked up where a link leads.
    Lookup(u32, LinkId),
    /// Somebody comes to a hub.
    Open(u32),
    /// Something that a client sent arrives.
    Arrive(SessionId, Sent),
    /// A client reads what waits for it.
    Read(SessionId),
    /// A request arrives.
    Request(Box<Request>),
    /// What an old service posts arrives.
    Bare(usize, String),
    /// A post ended: wire, life of the sender, number of the request.
    Posted(usize, u32, u64, PostOutcome),
    /// A write of a hub's disk ended, in this life of the hub.
    Written(u32),
    /// A hub's disk has found what an author has sent.
    Acked(u32, Author),
    /// Somebody connects, or connects again.
    Dial(usize),
    /// Somebody says again what was not acknowledged.
    Resend(usize),
    /// An action begins.
    Act(usize),
    /// One of its moments.
    Again(usize, u64),
    /// It is over.
    Over(usize),
}

/// Everything there is.
struct World<'a> {
    scenario: &'a Scenario,
    options: &'a Options,
    plan: Plan,
    queue: Queue<Event>,
    rec: Recorder,
    checker: Checker,
    sites: BTreeMap<usize, Site>,
    /// Those who always come back to their hub, and their connections.
    people: Vec<Person>,
    by_session: BTreeMap<SessionId, usize>,
    /// Requests that hubs have not answered.
    incoming: BTreeMap<RequestId, Incoming>,
    /// Services that know `{"message"}` and nothing else.
    services: BTreeSet<usize>,
    wires: Vec<Wire>,
    weather: Weather,
    draws: Draws,
    /// With a secret among hubs, posts are signed.
    secret: bool,
    rate: bool,
    sessions: u64,
    requests: u64,
    duration: Instant,
}

/// A stream of draws for each purpose, so that one does not disturb another.
struct Draws {
    machines: Rng,
    clients: Rng,
    network: Rng,
    disks: Rng,
}

impl<'a> World<'a> {
    fn new(scenario: &'a Scenario, options: &'a Options, plan: Plan, seeds: &mut Rng, rec: Recorder) -> Self {
        let mut network = Rng::new(seeds.next_u64());
        let mut wires = Vec::new();
        let mut sites: BTreeMap<usize, Site> = BTreeMap::new();
        for hub in (0..plan.hubs).filter(|&hub| options.keep.actor(hub)) {
            let mut site = Site::new(Vec::new());
            for &(one, other) in plan.links.iter().filter(|&&(one, other)| one == hub || other == hub) {
                site.wires.push(wires.len());
                wires.push(Wire {
                    from: hub,
                    to: if one == hub { other } else { one },
                    link: LinkId(u32::try_from(site.wires.len() - 1).unwrap_or(u32::MAX)),
                    latency: scenario.network.latency.draw(&mut network),
                    flying: None,
                });
            }
            sites.insert(hub, site);
        }
        let services = (plan.hubs..plan.hubs + plan.services).filter(|&actor| options.keep.actor(actor));
        let faults = plan
            .actions
            .iter()
            .enumerate()
            .filter(|(number, _)| options.keep.action(*number));
        let last_fault = faults.filter_map(|(_, action)| match action.what {
            What::Fault { until, .. } => Some(until),
            What::Say { .. } => None,
        });
        let draws = Draws {
            machines: Rng::new(seeds.next_u64()),
            clients: Rng::new(seeds.next_u64()),
            network,
            disks: Rng::new(0),
        };
        let mut world = Self {
            scenario,
            options,
            queue: Queue::new(Instant::ZERO),
            rec,
            checker: Checker::new(last_fault.max()),
            sites,
            services: services.collect(),
            wires,
            weather: Weather::default(),
            draws,
            secret: plan.services == 0 && seeds.next_u64().is_multiple_of(2),
            rate: seeds.next_u64().is_multiple_of(2),
            sessions: 0,
            requests: 0,
            duration: Instant::ZERO + scenario.duration.0,
            plan,
            people: Vec::new(),
            by_session: BTreeMap::new(),
            incoming: BTreeMap::new(),
        };
        if world.plan.durable {
            world.give_disks(Rng::new(seeds.next_u64()));
        }
        world
    }

    fn give_disks(&mut self, rng: Rng) {
        self.draws.disks = rng;
        self.checker.durable = true;
        for site in self.sites.values_mut() {
            site.disk = Some(Disk::new(disk::draw_retained(&mut self.draws.disks)));
        }
    }

    fn begin(&mut self) {
        if let Some(trace) = self.rec.trace() {
            trace.names = (0..self.plan.hubs + self.plan.services)
                .map(|actor| self.plan.name(actor))
                .collect();
        }
        let hubs: Vec<usize> = self.sites.keys().copied().collect();
        for hub in hubs {
            self.queue.push(Instant::ZERO, hub, Event::Start);
        }
        for (number, action) in self.plan.actions.iter().enumerate() {
            if self.options.keep.action(number) {
                self.queue.push(action.at, 0, Event::Act(number));
            }
        }
    }

    /// Lets everything happen. True when it came to its end.
    fn play(&mut self) -> bool {
        let settle = self.scenario.settle.0.max(SETTLE);
        let patience = self.duration + PATIENCE;
        let until = self.options.keep.until.unwrap_or(Instant::from_micros(u64::MAX));
        let mut end = self.duration + settle;
        loop {
            while let Some((actor, event)) = self.queue.pop(end.min(until)) {
                self.on_event(actor, event);
                if self.rec.violated() {
                    return false;
                }
            }
            let quiet = (self.checker.last_said() + settle).min(patience);
            if quiet <= end || until <= end {
                return until >= end;
            }
            end = quiet;
        }
    }

    fn on_event(&mut self, actor: usize, event: Event) {
        match event {
            Event::Start => self.on_start(actor),
            Event::Wake(life) => self.on_wake(actor, life),
            Event::Lookup(life, link) => self.on_lookup(actor, life, link),
            Event::Open(life) => self.on_open(actor, life),
            Event::Arrive(session, sent) => self.on_arrive(actor, session, sent),
            Event::Read(session) => self.on_read(actor, session),
            Event::Request(request) => self.on_request(&request),
            Event::Bare(service, body) => self.on_bare(actor, service, &body),
            Event::Posted(wire, life, number, outcome) => self.on_posted(wire, life, number, outcome),
            Event::Written(life) => self.on_written(actor, life),
            Event::Acked(life, author) => self.on_acked(actor, life, author),
            Event::Dial(person) => self.on_dial(actor, person),
            Event::Resend(person) => self.on_resend(actor, person),
            Event::Act(number) => self.on_act(number),
            Event::Again(number, draw) => self.on_again(number, draw),
            Event::Over(number) => self.on_over(number),
        }
    }

    /// Looks at what has to be true after a time without faults.
    fn finish(&mut self) {
        let hubs: BTreeMap<usize, HubId> = self
            .sites
            .iter()
            .filter(|(_, site)| site.hub.is_some())
            .map(|(&hub, site)| (hub, site.id))
            .collect();
        let links: Vec<_> = self
            .plan
            .links
            .iter()
            .copied()
            .filter(|&(_, other)| other < self.plan.hubs)
            .collect();
        let disks = self
            .sites
            .iter()
            .filter_map(|(&hub, site)| Some((hub, site.disk.as_ref()?.kept())));
        let disks: BTreeMap<_, _> = disks.collect();
        let machines = self.sites.values().filter_map(|site| site.hub.as_ref());
        let ending = Ending {
            hubs: &hubs,
            links: &links,
            waiting: machines.map(crate::hub::Hub::waiting_for_links).sum(),
            disks: &disks,
        };
        self.checker.finish(&mut self.rec, self.queue.now(), &ending);
        self.finish_people();
    }

    fn report(self, name: &str, seed: u64) -> Outcome {
        let virtual_ms = self.queue.now().as_micros() / 1000;
        let steps = self.rec.steps();
        let figures = self.checker.figures();
        let hubs = self.sites.len() as u64;
        let (checked, violation, trace, trace_hash) = self.rec.finish();
        let report = Report {
            scenario: name.to_owned(),
            seed,
            nodes: 0,
            legacy: 0,
            hubs,
            virtual_ms,
            steps,
            trace_hash,
            publications: 0,
            delivery: None,
            redundancy: None,
            redundancy_first_arrival: None,
            last_hop_mean: None,
            last_hop_max: None,
            last_peer_ms_mean: None,
            last_peer_ms_max: None,
            sends: 0,
            send_delivery: None,
            send_ms_mean: None,
            control_per_payload: None,
            searches: 0,
            messages_per_search: None,
            degree_mean: None,
            healing_ms: figures.healing_ms.filter(|_| violation.is_none()),
            said: figures.said,
            said_delivery: share(figures.shown, figures.expected),
            checked,
        };
        Outcome {
            report,
            violation,
            trace,
        }
    }

    /// Something that happened to an actor, for the notes and the trace.
    fn mark(&mut self, actor: usize, msg_id: &str, text: &str) {
        let at = self.queue.now();
        let name = self.plan.name(actor);
        self.rec.note(at, || format!("{name} {msg_id} {text}"));
        if let Some(trace) = self.rec.trace() {
            trace.mark(Mark {
                at,
                actor,
                msg_id: msg_id.to_owned(),
                text: text.to_owned(),
            });
        }
    }

    fn name(&self, actor: usize) -> String {
        self.plan.name(actor)
    }

    fn trouble(&self, number: usize) -> Option<(Instant, Trouble)> {
        match &self.plan.actions.get(number)?.what {
            What::Fault { until, wrong } => Some((*until, wrong.clone())),
            What::Say { .. } => None,
        }
    }
}

/// A part of a whole, rounded to six digits.
fn share(part: u64, whole: u64) -> Option<f64> {
    let millionths = (part * 1_000_000).checked_div(whole)?;
    u32::try_from(millionths)
        .ok()
        .map(|millionths| f64::from(millionths) / 1e6)
}

#[cfg(test)]
mod tests;
