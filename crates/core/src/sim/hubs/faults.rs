//! What goes wrong, and how it ends.

use std::collections::BTreeSet;

use super::driver::time_of_day;
use super::plan::{Trouble, What, pick};
use super::{Event, World};

use crate::hub::Input;
use crate::id::SessionId;
use crate::rng::Rng;
use crate::sim::scenario::Share;

impl World<'_> {
    /// An action begins.
    pub(super) fn on_act(&mut self, number: usize) {
        let Some(action) = self.plan.actions.get(number) else {
            return;
        };
        if let What::Say { who, bytes } = action.what {
            return self.say(number, who, bytes);
        }
        let Some((until, trouble)) = self.trouble(number) else {
            return;
        };
        match trouble {
            Trouble::Partition(side) => {
                self.mark_all(&side, "is cut off");
                self.weather.partitions.insert(number, side);
            }
            Trouble::OneWay(side) => {
                self.mark_all(&side, "is not heard");
                self.weather.one_ways.insert(number, side);
            }
            Trouble::HalfOpen(links) => {
                self.mark_links(&links, "has a dead link to");
                self.weather.half_open.insert(number, links);
            }
            Trouble::Links(links) => {
                self.mark_links(&links, "has a bad link to");
                self.weather.links.insert(number, links);
            }
            Trouble::Crash(hubs) => {
                for hub in hubs {
                    self.crash(hub, number);
                }
            }
            Trouble::Churn { moments, .. } => {
                for (at, draw) in moments {
                    self.queue.push(at, 0, Event::Again(number, draw));
                }
            }
            Trouble::Stall { hubs, share, which } => self.stall(&hubs, share, which, number),
            Trouble::Disks { hubs, full } => {
                self.mark_all(&hubs, if full { "has a full disk" } else { "has a slow disk" });
                self.set_disks(&hubs, full, number, true);
            }
            Trouble::Clock { hubs, ahead } => {
                self.mark_all(&hubs, "has its clock set");
                for hub in hubs {
                    self.set_clock(hub, ahead);
                }
            }
        }
        self.queue.push(until, 0, Event::Over(number));
    }

    /// A fault ends.
    pub(super) fn on_over(&mut self, number: usize) {
        let Some((_, trouble)) = self.trouble(number) else {
            return;
        };
        self.weather.partitions.remove(&number);
        self.weather.one_ways.remove(&number);
        self.weather.half_open.remove(&number);
        self.weather.links.remove(&number);
        match trouble {
            Trouble::Partition(hubs) | Trouble::OneWay(hubs) => self.mark_all(&hubs, "is whole again"),
            Trouble::Crash(hubs) => {
                for hub in hubs {
                    if let Some(site) = self.sites.get_mut(&hub) {
                        site.down.remove(&number);
                    }
                    self.on_start(hub);
                }
            }
            Trouble::Stall { .. } => {
                for (actor, session) in self.clients_of(None) {
                    self.reads_again(actor, session, number);
                }
            }
            Trouble::Disks { hubs, full } => self.set_disks(&hubs, full, number, false),
            Trouble::Clock { hubs, .. } => {
                for hub in hubs {
                    self.set_clock(hub, 0);
                }
            }
            Trouble::HalfOpen(_) | Trouble::Links(_) | Trouble::Churn { .. } => {}
        }
    }

    /// A session of a churn goes; another comes in its place.
    pub(super) fn on_again(&mut self, number: usize, draw: u64) {
        let Some((_, Trouble::Churn { hubs, .. })) = self.trouble(number) else {
            return;
        };
        let mut rng = Rng::new(draw);
        let clients = self.clients_of(Some(&hubs));
        if let Some(&(actor, session)) = clients.get(pick(&mut rng, clients.len())) {
            self.mark(actor, "", &format!("loses session {}", session.0));
            self.goes(actor, session, rng.below(3));
        }
    }

    /// A hub goes, and all that it held with it.
    fn crash(&mut self, actor: usize, number: usize) {
        let now = self.queue.now();
        let Some(site) = self.sites.get_mut(&actor) else { return };
        site.down.insert(number);
        if site.hub.take().is_none() {
            return;
        }
        site.life += 1;
        site.wake = None;
        site.overflow = 0;
        site.logs.clear();
        let sessions = std::mem::take(&mut site.sessions);
        let wires = site.wires.clone();
        let durable = site.disk.is_some();
        for session in sessions.into_keys() {
            self.checker.left(session);
            self.person_gone(session);
        }
        for &wire in &wires {
            self.wires[wire].flying = None;
        }
        if durable {
            self.crash_disk(actor, &wires);
        } else {
            self.checker.crashed(actor, now);
        }
        self.mark(actor, "", "crashes");
    }

    /// What is safe stays; requests of others end without an answer.
    fn crash_disk(&mut self, actor: usize, wires: &[usize]) {
        let now = self.queue.now();
        let written = self.draws.disks.below(2) == 0;
        let Some(site) = self.sites.get_mut(&actor) else { return };
        let id = site.id;
        let said = site.disk.as_mut().map(|disk| disk.crash(written)).unwrap_or_default();
        self.became_safe(actor, &said);
        self.checker.crashed_with_disk(now, (actor, id), wires);
        self.reset_requests(actor);
    }

    fn set_disks(&mut self, hubs: &BTreeSet<usize>, full: bool, number: usize, begins: bool) {
        for hub in hubs {
            let Some(disk) = self.sites.get_mut(hub).and_then(|site| site.disk.as_mut()) else {
                continue;
            };
            let faults = if full { &mut disk.full } else { &mut disk.slow };
            if begins {
                faults.insert(number);
            } else {
                faults.remove(&number);
            }
        }
    }

    fn stall(&mut self, hubs: &BTreeSet<usize>, share: u32, which: u64, number: usize) {
        let mut rng = Rng::new(which);
        for (actor, session) in self.clients_of(Some(hubs)) {
            if rng.below(Share::WHOLE.into()) >= share.into() {
                continue;
            }
            self.mark(actor, "", &format!("has session {} that reads nothing", session.0));
            if let Some(client) = self.client(actor, session) {
                client.stalls.insert(number);
            }
        }
    }

    fn set_clock(&mut self, actor: usize, ahead: i64) {
        let utc = time_of_day(self.queue.now(), ahead);
        if let Some(site) = self.sites.get_mut(&actor) {
            site.ahead = ahead;
            self.handle(actor, Input::WallClock(utc));
        }
    }

    /// The clients of these hubs, or of all, that have not begun to go.
    fn clients_of(&self, hubs: Option<&BTreeSet<usize>>) -> Vec<(usize, SessionId)> {
        let sites = self
            .sites
            .iter()
            .filter(|(actor, _)| hubs.is_none_or(|hubs| hubs.contains(actor)));
        let clients = sites.flat_map(|(&actor, site)| site.sessions.iter().map(move |client| (actor, client)));
        let staying = clients.filter(|(_, (_, client))| hubs.is_none() || !client.leaving);
        staying.map(|(actor, (&session, _))| (actor, session)).collect()
    }

    fn mark_links(&mut self, links: &BTreeSet<(usize, usize)>, text: &str) {
        for &(from, to) in links {
            let to = self.name(to);
            self.mark(from, "", &format!("{text} {to}"));
        }
    }

    fn mark_all(&mut self, actors: &BTreeSet<usize>, text: &str) {
        for &actor in actors {
            self.mark(actor, "", text);
        }
    }
}
