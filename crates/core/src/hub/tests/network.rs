//! Several hubs, and old services, joined by links that fail on command.

use super::*;
use serde_json::Value;

/// Hubs whose requests reach one another in an order drawn from a seed.
pub(super) struct Network {
    pub(super) hubs: Vec<World>,
    pub(super) old: Vec<OldService>,
    wires: BTreeMap<(usize, LinkId), Wire>,
    in_flight: Vec<(usize, Post)>,
    rng: Rng,
}

/// A service that knows `{"message"}` and nothing else.
#[derive(Default)]
pub(super) struct OldService {
    pub(super) shown: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    Hub(usize),
    Old(usize),
}

/// What happens to requests on a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weather {
    Fine,
    /// Nothing goes out.
    Down,
    /// The request arrives, its reply does not.
    LosesReplies,
    Refuses(u16),
}

struct Wire {
    target: Target,
    weather: Weather,
    bodies: Vec<String>,
}

impl Network {
    /// `links[n]` is where the links of hub `n` lead.
    pub(super) fn new(links: &[&[Target]], seed: u64) -> Self {
        let mut wires = BTreeMap::new();
        let mut old = 0;
        let mut hubs = Vec::new();
        for (number, targets) in (0..).zip(links) {
            for (link, &target) in (0..).zip(*targets) {
                let wire = Wire {
                    target,
                    weather: Weather::Fine,
                    bodies: Vec::new(),
                };
                wires.insert((number, LinkId(link)), wire);
                if let Target::Old(service) = target {
                    old = old.max(service + 1);
                }
            }
            let config = Config {
                links: u32::try_from(targets.len()).unwrap(),
                ..config(number as u128 + 1)
            };
            hubs.push(World::seeded(config, seed ^ (number as u64 + 1) << 32));
        }
        Self {
            hubs,
            old: std::iter::repeat_with(OldService::default).take(old).collect(),
            wires,
            in_flight: Vec::new(),
            rng: Rng::new(seed),
        }
    }

    /// Two hubs, each with a link to the other.
    pub(super) fn pair() -> Self {
        Self::new(&[&[Target::Hub(1)], &[Target::Hub(0)]], 1)
    }

    /// One hub with a link to an old service.
    pub(super) fn with_old_service() -> Self {
        Self::new(&[&[Target::Old(0)]], 1)
    }

    /// Every hub with links to both of its neighbors.
    pub(super) fn ring(count: usize, seed: u64) -> Self {
        let links: Vec<_> = (0..count)
            .map(|at| [Target::Hub((at + 1) % count), Target::Hub((at + count - 1) % count)])
            .collect();
        let links: Vec<&[Target]> = links.iter().map(<[Target; 2]>::as_slice).collect();
        Self::new(&links, seed)
    }

    /// Changes what happens on all links of a hub.
    pub(super) fn weather(&mut self, hub: usize, weather: Weather) {
        for (_, wire) in self.wires.iter_mut().filter(|((from, _), _)| *from == hub) {
            wire.weather = weather;
        }
    }

    pub(super) fn weather_on(&mut self, hub: usize, link: LinkId, weather: Weather) {
        self.wires.get_mut(&(hub, link)).unwrap().weather = weather;
    }

    /// The bodies that a hub's first link has carried since the last time.
    pub(super) fn carried(&mut self, hub: usize) -> Vec<String> {
        std::mem::take(&mut self.wires.get_mut(&(hub, LinkId(0))).unwrap().bodies)
    }

    /// Delivers one request; which, the seed decides. False when there is none.
    pub(super) fn deliver_one(&mut self) -> bool {
        for (number, hub) in self.hubs.iter_mut().enumerate() {
            self.in_flight.extend(hub.posts.drain(..).map(|post| (number, post)));
        }
        if self.in_flight.is_empty() {
            return false;
        }
        let at = self.rng.below(self.in_flight.len() as u64);
        let (from, post) = self.in_flight.remove(usize::try_from(at).unwrap());
        let wire = self.wires.get_mut(&(from, post.link)).unwrap();
        wire.bodies.push(post.body.clone());
        let (target, weather) = (wire.target, wire.weather);
        let outcome = match weather {
            Weather::Down => PostOutcome::Failed { sent: false },
            Weather::Refuses(status) => PostOutcome::Rejected { status },
            Weather::Fine => self.arrive(from, target, &post),
            Weather::LosesReplies => {
                self.arrive(from, target, &post);
                PostOutcome::Failed { sent: true }
            }
        };
        let link = post.link;
        self.hubs[from].step(Input::Posted { link, outcome });
        true
    }

    /// Delivers until nothing is under way.
    pub(super) fn settle(&mut self) {
        while self.deliver_one() {}
    }

    /// Lets time go by on all hubs alike, delivering what becomes due on the way.
    pub(super) fn pass(&mut self, span: Duration) {
        let end = self.hubs[0].now + span;
        self.settle();
        while let Some(at) = self.hubs.iter().filter_map(|hub| hub.hub.poll_timeout()).min() {
            if at > end {
                break;
            }
            self.hubs.iter_mut().for_each(|hub| hub.pass_until(at));
            self.settle();
        }
        self.hubs.iter_mut().for_each(|hub| hub.pass_until(end));
    }

    fn arrive(&mut self, from: usize, target: Target, post: &Post) -> PostOutcome {
        let service = match target {
            Target::Old(service) => &mut self.old[service],
            Target::Hub(to) => {
                let source = format!("10.9.0.{from}");
                let reply = self.hubs[to].relay(&source, post.signature.as_deref(), post.body.as_bytes());
                return match reply {
                    RelayReply::Ok { hub } => PostOutcome::Accepted { hub: Some(hub) },
                    RelayReply::Unauthorized(_) => PostOutcome::Rejected { status: 401 },
                    RelayReply::Forbidden => PostOutcome::Rejected { status: 403 },
                    RelayReply::Unprocessable(_) => PostOutcome::Rejected { status: 422 },
                    RelayReply::Busy => PostOutcome::Failed { sent: true },
                };
            }
        };
        let body: Value = serde_json::from_str(&post.body).unwrap();
        match body["message"].as_str() {
            None => PostOutcome::Rejected { status: 422 },
            Some(message) => {
                service.shown.push(message.to_owned());
                PostOutcome::Accepted { hub: None }
            }
        }
    }
}
