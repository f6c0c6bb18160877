//! What a scenario and a seed make happen to hubs, decided before anything does.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::rng::Rng;
use crate::sim::Scenario;
use crate::sim::keep::Keep;
use crate::sim::scenario::{Fault, Few, Hubs, Saying, Shape, Share, Span, Wrong};
use crate::time::Instant;

/// Who is there and what happens. Actors are numbered: first the hubs, then the old services. Actions are numbered in
/// the order of their list, so that any of them can be left out.
#[derive(Debug)]
pub(super) struct Plan {
    /// Hubs, those that are left out included.
    pub(super) hubs: usize,
    /// Old services, numbered behind the hubs.
    pub(super) services: usize,
    /// Sessions that each hub is to have.
    pub(super) sessions: Vec<usize>,
    /// Links both ways between two actors that both take part; an old service stands second.
    pub(super) links: Vec<(usize, usize)>,
    pub(super) actions: Vec<Action>,
    /// Hubs have disks.
    pub(super) durable: bool,
}

/// One thing that happens.
#[derive(Debug, Clone)]
pub(super) struct Action {
    pub(super) at: Instant,
    pub(super) what: What,
}

/// What happens.
#[derive(Debug, Clone)]
pub(super) enum What {
    /// Somebody says a text of so many bytes; the number decides who.
    Say { who: u64, bytes: usize },
    /// Something goes wrong until then.
    Fault { until: Instant, wrong: Trouble },
}

/// What goes wrong.
#[derive(Debug, Clone)]
pub(super) enum Trouble {
    /// Nothing passes between those on this side and the others.
    Partition(BTreeSet<usize>),
    /// Nothing passes from those on this side to the others.
    OneWay(BTreeSet<usize>),
    /// Nothing passes between these pairs of actors.
    HalfOpen(BTreeSet<(usize, usize)>),
    /// Posts on these pairs of actors fail in all ways.
    Links(BTreeSet<(usize, usize)>),
    /// These hubs lose all that they know, and are away.
    Crash(BTreeSet<usize>),
    /// Sessions of these hubs come and go at these moments; the number decides which.
    Churn {
        hubs: BTreeSet<usize>,
        moments: Vec<(Instant, u64)>,
    },
    /// This share of the sessions of these hubs, in millionths, reads nothing; the number decides which.
    Stall {
        hubs: BTreeSet<usize>,
        share: u32,
        which: u64,
    },
    /// The disks of these hubs are slow, or take nothing.
    Disks { hubs: BTreeSet<usize>, full: bool },
    /// The time of day of these hubs is so many milliseconds ahead, or behind.
    Clock { hubs: BTreeSet<usize>, ahead: i64 },
}

/// The kinds that random faults are drawn from.
const KINDS: [Wrong; 7] = [
    Wrong::Partition,
    Wrong::OneWay,
    Wrong::HubLink,
    Wrong::HubCrash,
    Wrong::SessionChurn,
    Wrong::Stall,
    Wrong::Clock,
];

/// And those that hubs with disks have besides.
const DISKS: [Wrong; 3] = [Wrong::DiskSlow, Wrong::DiskFull, Wrong::HubCrash];

/// The most moments of one churn.
const CHURNS: usize = 1000;

impl Plan {
    /// What a scenario with these hubs makes of a seed's draws.
    pub(super) fn new(scenario: &Scenario, hubs: &Hubs, keep: &Keep, rng: &mut Rng) -> Self {
        let count = hubs.count.draw(rng).max(1);
        let services = hubs.old_services.draw(rng);
        let sessions = (0..count).map(|_| hubs.sessions.draw(rng)).collect();
        let mut links = shape(hubs.shape, count);
        links.extend((0..services).map(|service| (0, count + service)));
        links.retain(|&(one, other)| keep.actor(one) && keep.actor(other));
        let mut plan = Self {
            hubs: count,
            services,
            sessions,
            links,
            actions: Vec::new(),
            durable: hubs.durable,
        };
        let end = Instant::ZERO + scenario.duration.0;
        plan.plan_faults(scenario, end, rng);
        plan.plan_traffic(scenario, end, rng);
        plan
    }

    fn plan_faults(&mut self, scenario: &Scenario, end: Instant, rng: &mut Rng) {
        for fault in &scenario.faults {
            let at = Instant::ZERO + fault.at.0;
            let until = fault.lasting.map_or(end, |lasting| (at + lasting.draw(rng)).min(end));
            self.plan_fault(fault, at, until, rng);
        }
        for _ in 0..scenario.random_faults.draw(rng) {
            let (fault, at, until) = random_fault(end, self.durable, rng);
            self.plan_fault(&fault, at, until, rng);
        }
    }

    fn plan_fault(&mut self, fault: &Fault, at: Instant, until: Instant, rng: &mut Rng) {
        let hubs = self.chosen(fault, self.hubs, rng);
        let wrong = match fault.what {
            Wrong::Partition => Trouble::Partition(self.side(fault, rng)),
            Wrong::HalfOpen => Trouble::HalfOpen(self.chosen_links(fault, rng)),
            Wrong::OneWay => Trouble::OneWay(self.side(fault, rng)),
            Wrong::HubLink | Wrong::Reset => Trouble::Links(self.chosen_links(fault, rng)),
            Wrong::HubCrash | Wrong::Crash | Wrong::Vanish => Trouble::Crash(hubs),
            Wrong::SessionChurn | Wrong::Churn => Trouble::Churn {
                hubs,
                moments: moments(fault, at, until, rng),
            },
            Wrong::Stall => Trouble::Stall {
                hubs: (0..self.hubs).collect(),
                share: fault.share.draw(rng),
                which: rng.next_u64(),
            },
            Wrong::DiskSlow | Wrong::DiskFull => Trouble::Disks {
                hubs,
                full: fault.what == Wrong::DiskFull,
            },
            // Hubs show the time and decide nothing by it.
            Wrong::Clock | Wrong::Drift => Trouble::Clock {
                hubs,
                ahead: ahead(fault, rng),
            },
            // What is not about hubs does not happen to them.
            Wrong::Join
            | Wrong::RendezvousDown
            | Wrong::RendezvousStale
            | Wrong::RendezvousLying
            | Wrong::RendezvousRestart => return,
        };
        if at < until {
            let what = What::Fault { until, wrong };
            self.actions.push(Action { at, what });
        }
    }

    fn plan_traffic(&mut self, scenario: &Scenario, end: Instant, rng: &mut Rng) {
        for traffic in scenario.traffic.iter().filter(|traffic| traffic.what == Saying::Say) {
            let mut at = Instant::ZERO + traffic.from.0;
            for _ in 0..traffic.count.draw(rng) {
                at = at + traffic.every.draw(rng);
                let (who, bytes) = (rng.next_u64(), traffic.bytes.draw(rng));
                if at < end {
                    let what = What::Say { who, bytes };
                    self.actions.push(Action { at, what });
                }
            }
        }
    }

    /// Name of an actor: `h0` for the first hub, `o0` for the first old service.
    pub(super) fn name(&self, actor: usize) -> String {
        if actor < self.hubs {
            format!("h{actor}")
        } else {
            format!("o{}", actor - self.hubs)
        }
    }

    fn named(&self, fault: &Fault, among: usize) -> BTreeSet<usize> {
        (0..among)
            .filter(|&actor| fault.who.contains(&self.name(actor)))
            .collect()
    }

    /// Whom a fault happens to, one at least.
    fn chosen(&self, fault: &Fault, among: usize, rng: &mut Rng) -> BTreeSet<usize> {
        let share = u64::from(fault.share.draw(rng));
        let drawn: BTreeSet<usize> = (0..among).filter(|_| rng.below(Share::WHOLE.into()) < share).collect();
        let one = pick(rng, among);
        if !fault.who.is_empty() {
            self.named(fault, among)
        } else if drawn.is_empty() {
            BTreeSet::from([one])
        } else {
            drawn
        }
    }

    /// One side of a cut: never empty and never all.
    fn side(&self, fault: &Fault, rng: &mut Rng) -> BTreeSet<usize> {
        let all = self.hubs + self.services;
        let half = Share {
            from: Share::WHOLE / 2,
            to: Share::WHOLE / 2,
        };
        let share = if fault.share == Share::whole() {
            half
        } else {
            fault.share
        };
        let fault = Fault { share, ..fault.clone() };
        let mut side = self.chosen(&fault, all, rng);
        if side.len() == all {
            side.remove(&pick(rng, all));
        }
        side
    }

    /// Links in one direction: all that lead to or from a named actor, or those among several named ones.
    fn chosen_links(&self, fault: &Fault, rng: &mut Rng) -> BTreeSet<(usize, usize)> {
        let directed: Vec<_> = self
            .links
            .iter()
            .flat_map(|&(one, other)| [(one, other), (other, one)])
            .collect();
        let named = self.named(fault, self.hubs + self.services);
        if !named.is_empty() {
            let ends = |(one, other): &&(usize, usize)| [one, other].iter().filter(|end| named.contains(end)).count();
            return directed
                .iter()
                .filter(|link| ends(link) >= named.len().min(2))
                .copied()
                .collect();
        }
        let drawn = self.chosen(fault, directed.len(), rng);
        drawn.iter().filter_map(|&at| directed.get(at).copied()).collect()
    }
}

/// The links of a shape. Shapes that only peers have are a ring.
fn shape(shape: Shape, count: usize) -> Vec<(usize, usize)> {
    let chain = (1..count).map(|hub| (hub - 1, hub));
    match shape {
        Shape::Chain => chain.collect(),
        Shape::Star => (1..count).map(|hub| (0, hub)).collect(),
        Shape::Full => (1..count)
            .flat_map(|hub| (0..hub).map(move |before| (before, hub)))
            .collect(),
        Shape::Ring | Shape::Rendezvous | Shape::Random => chain.chain((count > 2).then_some((0, count - 1))).collect(),
    }
}

/// A fault of any kind at any time, for up to a third of the time that there is.
fn random_fault(end: Instant, durable: bool, rng: &mut Rng) -> (Fault, Instant, Instant) {
    let at = Instant::from_micros(rng.below(end.as_micros()));
    let lasting = Duration::from_micros(10_000 + rng.below(end.as_micros() / 3));
    let part = |rng: &mut Rng| 100_000 + Few { from: 0, to: 600_000 }.draw(rng);
    let share = u32::try_from(part(rng)).unwrap_or(Share::WHOLE);
    let kinds = KINDS.iter().chain(DISKS.iter().filter(|_| durable));
    let kinds: Vec<Wrong> = kinds.copied().collect();
    let fault = Fault {
        what: kinds[pick(rng, kinds.len())],
        at: crate::sim::scenario::Time(at.since(Instant::ZERO)),
        lasting: None,
        share: Share { from: share, to: share },
        who: Vec::new(),
        state: crate::sim::scenario::State::Old,
        median: None,
        times: Few::exactly(1),
    };
    (fault, at, (at + lasting).min(end))
}

/// When a session goes and another comes: about as far apart as a session lasts.
fn moments(fault: &Fault, at: Instant, until: Instant, rng: &mut Rng) -> Vec<(Instant, u64)> {
    let median = fault.median.unwrap_or(Span::millis(200, 2000));
    let mut moments = Vec::new();
    let mut next = at;
    while next < until && moments.len() < CHURNS {
        moments.push((next, rng.next_u64()));
        let around = median.draw(rng) * 2;
        next = next + rng.jitter(around).max(Duration::from_millis(1));
    }
    moments
}

/// How far a clock is set, forward or back.
fn ahead(fault: &Fault, rng: &mut Rng) -> i64 {
    let far = fault.median.unwrap_or(Span::millis(1000, 600_000)).draw(rng);
    let millis = i64::try_from(far.as_millis()).unwrap_or(i64::MAX);
    if rng.below(2) == 0 { millis } else { -millis }
}

/// A place among so many.
pub(super) fn pick(rng: &mut Rng, among: usize) -> usize {
    usize::try_from(rng.below(among as u64)).unwrap_or(0)
}
