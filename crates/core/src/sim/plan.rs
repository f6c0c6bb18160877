//! What a scenario and a seed make happen, drawn in full before anything does: so a part of it can be left out.

mod faults;
mod overlay;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::keep::Keep;
use super::scenario::{Network, Peers, Program, Saying, Scenario, Shape, State, Traffic};
use crate::id::PeerId;
use crate::rng::Rng;
use crate::time::Instant;
use crate::wire::rendezvous::Dialect;

/// The most actors of a world.
const ACTORS: usize = 200_000;

/// Who is there and what happens.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) seats: Vec<Seat>,
    /// What is said and what goes wrong, in the order of time.
    pub(super) actions: Vec<(Instant, Act)>,
    /// From here on nothing is said and nothing goes wrong any more.
    pub(super) end: Instant,
    /// The last moment.
    pub(super) finish: Instant,
    /// What connections are like: that of the scenario, then those of groups.
    pub(super) networks: Vec<Network>,
    /// The rendezvous, if there is one.
    pub(super) rendezvous: Option<Dialect>,
}

/// A place for a peer.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) name: PeerId,
    pub(super) program: Program,
    pub(super) address: SocketAddr,
    pub(super) nat: bool,
    /// Which of the networks it is in.
    pub(super) network: usize,
    /// Whom it dials by itself.
    pub(super) dials: Vec<usize>,
    pub(super) starts: Instant,
}

/// Something that happens at its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Act {
    /// A person says something to one peer.
    Send { from: usize, to: usize, text: String },
    /// A person says something to many: `*` or `#namespace`.
    Publish { from: usize, dst: String, text: String },
    /// A process ends, and perhaps starts again.
    Stop {
        who: usize,
        how: Stop,
        back: Option<Instant>,
        state: State,
    },
    /// Those in `side` and the others do not reach each other; or only `side` does not reach the others.
    Split {
        side: Vec<bool>,
        one_way: bool,
        until: Instant,
    },
    /// Connections are reset: so many millionths of them, drawn from `salt`.
    Reset { share: u32, salt: u64 },
    /// Connections carry nothing any more.
    HalfOpen { share: u32, salt: u64 },
    /// A peer reads nothing.
    Stall { who: usize, until: Instant },
    /// A clock of the day is set by so many milliseconds.
    Clock { who: usize, millis: i64 },
    /// The rendezvous changes.
    Rendezvous(Rendezvous),
}

/// How a process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// It is killed; its machine tells the others.
    Crash,
    /// Its machine goes too, and nobody is told.
    Vanish,
    /// Its person leaves.
    Quit,
}

/// What happens to the rendezvous.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rendezvous {
    Down { until: Instant },
    Stale { until: Instant },
    Lying { until: Instant, salt: u64 },
    Restart { state: State },
}

impl Act {
    /// True for what goes wrong, false for what is said.
    pub(super) const fn is_fault(&self) -> bool {
        !matches!(self, Self::Send { .. } | Self::Publish { .. })
    }

    /// When what it does is over.
    pub(super) const fn until(&self) -> Option<Instant> {
        match self {
            Self::Split { until, .. }
            | Self::Stall { until, .. }
            | Self::Rendezvous(
                Rendezvous::Down { until } | Rendezvous::Stale { until } | Rendezvous::Lying { until, .. },
            ) => Some(*until),
            Self::Stop { back, .. } => *back,
            _ => None,
        }
    }
}

impl Plan {
    /// Draws everything, then leaves out what is not kept.
    pub(super) fn new(scenario: &Scenario, seed: u64, keep: &Keep) -> Self {
        // Other draws than those of the machines and the network, which begin with the same seed.
        let mut rng = Rng::new(seed ^ 0x706c_616e);
        let mut drafter = Drafter {
            plan: Self {
                seats: Vec::new(),
                actions: Vec::new(),
                end: Instant::ZERO + scenario.duration.0,
                finish: Instant::ZERO + scenario.duration.0 + scenario.settle.0,
                networks: vec![scenario.network.clone()],
                rendezvous: (scenario.overlay.shape == Shape::Rendezvous).then_some(scenario.overlay.dialect),
            },
            rng: &mut rng,
        };
        for group in &scenario.peers {
            drafter.seat_group(group, Instant::ZERO);
        }
        drafter.connect(&scenario.overlay);
        let first = drafter.plan.seats.len();
        drafter.faults(scenario, first);
        for traffic in &scenario.traffic {
            drafter.say(traffic, first);
        }
        let mut plan = drafter.plan;
        plan.actions.sort_by_key(|(at, _)| *at);
        plan.leave_out(keep);
        plan
    }

    /// How long a line takes at most, when nothing goes wrong. TCP sends again what gets lost.
    pub(super) fn slowest(&self) -> Duration {
        let spans = self.networks.iter().map(|network| {
            let lost = if network.loss.to > 0 {
                Duration::from_secs(30)
            } else {
                Duration::ZERO
            };
            let on_air = match network.bandwidth.0 {
                0 => Duration::ZERO,
                rate => Duration::from_millis(256 * 1024 * 1000 / rate),
            };
            network.latency.to + network.jitter.to + lost + on_air
        });
        spans.max().unwrap_or_default()
    }

    /// Whether something goes wrong then, or soon.
    pub(super) fn is_trouble(&self, now: Instant) -> bool {
        /// Whoever starts has met everybody by then.
        const SOON: Duration = Duration::from_secs(15);
        let mut faults = self.actions.iter().filter(|(_, act)| act.is_fault());
        faults.any(|(at, act)| *at <= now + SOON && act.until().unwrap_or(*at) + SOON > now)
    }

    fn leave_out(&mut self, keep: &Keep) {
        let mut number = 0;
        self.actions.retain(|(_, act)| {
            number += 1;
            keep.action(number - 1) && act.actors().all(|actor| keep.actor(actor))
        });
        if let Some(until) = keep.until {
            self.finish = self.finish.min(until);
        }
    }
}

impl Act {
    /// Those without whom it cannot happen.
    pub(super) fn actors(&self) -> impl Iterator<Item = usize> {
        let (one, other) = match self {
            Self::Send { from, to, .. } => (Some(*from), Some(*to)),
            Self::Publish { from, .. } => (Some(*from), None),
            Self::Stop { who, .. } | Self::Stall { who, .. } | Self::Clock { who, .. } => (Some(*who), None),
            Self::Split { .. } | Self::Reset { .. } | Self::HalfOpen { .. } | Self::Rendezvous(_) => (None, None),
        };
        one.into_iter().chain(other)
    }
}

/// A plan while it is drawn.
struct Drafter<'a> {
    plan: Plan,
    rng: &'a mut Rng,
}

impl Drafter<'_> {
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.rng.below(bound as u64)).unwrap_or(0)
    }

    /// A moment between two.
    fn moment(&mut self, from: Instant, to: Instant) -> Instant {
        let width = to.as_micros().saturating_sub(from.as_micros());
        Instant::from_micros(from.as_micros() + self.rng.below(width + 1))
    }

    fn seat_group(&mut self, group: &Peers, starts: Instant) {
        let count = group.count.draw(self.rng);
        self.seat(group, count, starts);
    }

    fn seat(&mut self, group: &Peers, count: usize, starts: Instant) {
        let network = match &group.network {
            None => 0,
            Some(network) => {
                self.plan.networks.push(network.clone());
                self.plan.networks.len() - 1
            }
        };
        let legacy = u64::from(group.legacy.draw(self.rng));
        let first = self.plan.seats.len();
        let shared = host(first);
        let named = self
            .plan
            .seats
            .iter()
            .filter(|seat| seat.name.name().starts_with(&group.name));
        let numbered_from = named.count();
        for number in 0..count.min(ACTORS - first) {
            let namespace = &group.namespaces[number % group.namespaces.len().max(1)];
            let Ok(name) = PeerId::new(&format!("{}{}", group.name, numbered_from + number), namespace) else {
                return;
            };
            let old = self.rng.below(u64::from(super::scenario::Share::WHOLE)) < legacy;
            let program = if old { Program::AnyLegacy } else { group.program };
            let program = match program {
                Program::AnyLegacy => Program::LEGACY[self.below(Program::LEGACY.len())],
                other => other,
            };
            let place = self.plan.seats.len();
            let address = if group.one_address {
                SocketAddr::from((shared, 7070 + u16::try_from(number % 50_000).unwrap_or(0)))
            } else {
                SocketAddr::from((host(place), 7070))
            };
            // Not all at once, as people start their programs.
            let jitter = Duration::from_micros(self.rng.below(1_000_000));
            self.plan.seats.push(Seat {
                name,
                program,
                address,
                nat: group.nat,
                network,
                dials: Vec::new(),
                starts: starts + jitter,
            });
        }
    }

    fn say(&mut self, traffic: &Traffic, first: usize) {
        if first == 0 || traffic.what == Saying::Say {
            return;
        }
        let mut at = Instant::ZERO + traffic.from.0;
        for _ in 0..traffic.count.draw(self.rng) {
            let from = match &traffic.by {
                Some(name) => self.find(name),
                None => Some(self.below(first)),
            };
            // Nobody speaks to themselves, unless there is nobody else.
            let other = self.below(first.saturating_sub(1).max(1));
            let to = other + usize::from(from.is_some_and(|from| other >= from));
            let number = self.plan.actions.len();
            let text = text(number, traffic.bytes.draw(self.rng));
            if let Some(from) = from
                && at < self.plan.end
            {
                self.say_once(traffic, at, from, to, text);
            }
            at = at + traffic.every.draw(self.rng);
        }
    }

    fn say_once(&mut self, traffic: &Traffic, at: Instant, from: usize, to: usize, text: String) {
        let act = if traffic.what == Saying::Publish {
            let dst = traffic.to.clone().unwrap_or_else(|| "*".to_owned());
            Act::Publish { from, dst, text }
        } else {
            let to = match &traffic.to {
                Some(name) => self.find(name),
                None => Some(to),
            };
            match to.filter(|to| *to != from) {
                Some(to) => Act::Send { from, to, text },
                None => return,
            }
        };
        self.plan.actions.push((at, act));
    }

    /// A peer by its name, with or without its namespace.
    fn find(&self, name: &str) -> Option<usize> {
        let is = |seat: &Seat| seat.name.as_str() == name || seat.name.name() == name;
        self.plan.seats.iter().position(is)
    }
}

/// The address of a machine of its own.
fn host(number: usize) -> Ipv4Addr {
    let [_, a, b, c] = u32::try_from(number + 1).unwrap_or(u32::MAX).to_be_bytes();
    Ipv4Addr::new(10, a, b, c)
}

/// A text that is said once in a world, with letters beyond ASCII.
fn text(number: usize, bytes: usize) -> String {
    let mut text = format!("fala {number} é");
    while text.len() < bytes {
        text.push(if text.len() % 8 == 7 { ' ' } else { 'x' });
    }
    text
}
