//! Does what a hub wants done, as its real driver does.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use super::checker::Checker;
use super::people::Told;
use super::site::{Sent, actor_address};
use super::{BEGIN, Event, HOME, World};

use crate::hub::{Config, Door, Entry, EntryKind, Hub, Input, Output, Rate, Restored, SessionLimits};
use crate::id::{HubId, LinkId, RoomId, SessionId};
use crate::limits::OUTBOX_MESSAGES;
use crate::sim::check::Invariant;
use crate::time::{Instant, UtcMillis};
use crate::wire::signature::LinkSecret;

/// The longest that a hub takes to look up where its links lead.
const LOOKUP_MICROS: u64 = 500_000;
/// The longest until somebody comes in the place of who left.
const COME_MICROS: u64 = 2_000_000;
/// What a hub's machine draws is its own.
const SECRET: &[u8] = b"a secret of the simulator";

impl World<'_> {
    /// A hub starts with nothing but its configuration.
    pub(super) fn on_start(&mut self, actor: usize) {
        let now = self.queue.now();
        let (drawn, seed) = (
            HubId::from_bits(self.draws.machines.next_u128()),
            self.draws.machines.next_u64(),
        );
        let mut session_key = [7; 32];
        if self.plan.durable {
            session_key[..16].copy_from_slice(&self.draws.disks.next_u128().to_be_bytes());
        }
        let (secret, rate) = (self.secret, self.rate);
        let Some(site) = self.sites.get_mut(&actor) else { return };
        if site.hub.is_some() || !site.down.is_empty() {
            return;
        }
        let Ok(home) = HOME.parse() else { return };
        // What is kept is kept by the same hub.
        let durable = site.disk.is_some();
        let id = if durable && site.life > 0 { site.id } else { drawn };
        let links = u32::try_from(site.wires.len()).unwrap_or(0);
        let many = SessionLimits {
            total: 10_000,
            per_address: 10_000,
            per_window: 10_000,
        };
        let config = Config {
            id,
            name: "papo".to_owned(),
            durable,
            require_token: false,
            session_key,
            messages_per_second: rate.then_some(crate::limits::SESSION_RATE),
            home,
            session_rate: rate.then(|| Rate::new(crate::limits::SESSION_RATE, crate::limits::SESSION_BURST)),
            session_limits: many,
            trusted: Vec::new(),
            unlimited: Vec::new(),
            links,
            link_secret: if secret { LinkSecret::new(SECRET).ok() } else { None },
            utc: time_of_day(now, site.ahead),
        };
        site.hub = Some(Hub::new(config, seed, now));
        site.id = id;
        let restored = site.disk.as_ref().map(|disk| disk.restored(links));
        let (life, links) = (site.life, site.wires.len());
        for link in 0..u32::try_from(links).unwrap_or(0) {
            let after = Duration::from_micros(self.draws.clients.below(LOOKUP_MICROS));
            self.queue.push(now + after, actor, Event::Lookup(life, LinkId(link)));
        }
        if let Some(restored) = restored {
            self.restore(actor, restored);
        }
        let people = self.people.iter().filter(|person| person.hub == actor).count();
        for _ in people..self.plan.sessions.get(actor).copied().unwrap_or(0) {
            self.somebody_comes(actor);
        }
        self.mark(actor, "", "starts");
    }

    /// A hub is given what it kept, and has all that it acknowledged.
    fn restore(&mut self, actor: usize, restored: Vec<Restored>) {
        let now = self.queue.now();
        for restored in restored {
            self.handle(actor, Input::Restored(restored));
        }
        if let Some(disk) = self.sites.get(&actor).and_then(|site| site.disk.as_ref()) {
            self.checker.still_there(&mut self.rec, now, actor, disk.kept());
        }
        self.settle_people(actor);
    }

    /// Somebody will come to a hub soon, while anything happens at all.
    pub(super) fn somebody_comes(&mut self, actor: usize) {
        let Some(site) = self.sites.get(&actor) else { return };
        let at = self.queue.now() + Duration::from_micros(1000 + self.draws.clients.below(COME_MICROS));
        if at < self.duration {
            self.queue.push(at, actor, Event::Open(site.life));
        }
    }

    pub(super) fn on_lookup(&mut self, actor: usize, life: u32, link: LinkId) {
        let Some(site) = self.sites.get(&actor).filter(|site| site.life == life) else {
            return;
        };
        let Some(&wire) = site.wires.get(link.0 as usize) else {
            return;
        };
        let addresses = vec![actor_address(self.wires[wire].to)];
        self.handle(actor, Input::LinkAddresses { link, addresses });
    }

    pub(super) fn on_wake(&mut self, actor: usize, life: u32) {
        let now = self.queue.now();
        let Some(site) = self.sites.get_mut(&actor).filter(|site| site.life == life) else {
            return;
        };
        if site.wake.is_some_and(|at| at <= now) {
            site.wake = None;
        }
        let due = site.hub.as_ref().and_then(Hub::poll_timeout);
        if due.is_some_and(|at| at <= now) {
            self.handle(actor, Input::Timeout);
        } else {
            self.set_alarm(actor);
        }
    }

    /// Gives a hub one input and does all that it wants done.
    pub(super) fn handle(&mut self, actor: usize, input: Input<'_>) {
        let now = self.queue.now();
        let Some(hub) = self.sites.get_mut(&actor).and_then(|site| site.hub.as_mut()) else {
            return;
        };
        self.rec.step();
        hub.handle(now, input);
        let outputs: Vec<Output> = std::iter::from_fn(|| hub.poll_output()).collect();
        let mut replies = Vec::new();
        let mut bursts: BTreeMap<RoomId, u64> = BTreeMap::new();
        let mut line = String::new();
        for output in outputs {
            line.clear();
            let _ = write!(line, "{output:?}");
            self.rec.output(now, actor, line.as_bytes());
            if let Output::Append { room, entry } = &output {
                *bursts.entry(*room).or_default() += entry.weight();
            }
            if let Output::RelayReply { request, reply } = output {
                replies.push((request, reply));
            } else {
                self.obey(actor, output);
            }
        }
        self.check_bounds(actor);
        self.set_alarm(actor);
        for (room, weight) in bursts {
            self.end_burst(actor, room, weight);
        }
        for (request, reply) in replies {
            self.answer(actor, request, &reply);
        }
    }

    fn obey(&mut self, actor: usize, output: Output) {
        let now = self.queue.now();
        let Some(site) = self.sites.get_mut(&actor) else { return };
        match output {
            Output::Append { room, entry } => self.append(actor, room, &entry),
            Output::Attach { session, room } => self.attach(actor, session, room),
            Output::Detach { session, room } => self.detach(actor, session, room),
            Output::RoomClosed { room } => self.checker.room_closed(site.place(actor, room)),
            Output::PauseInput { session } => {
                if let Some(session) = site.sessions.get_mut(&session) {
                    session.paused = true;
                }
            }
            Output::ResumeInput { session } => {
                if let Some(client) = site.sessions.get_mut(&session) {
                    client.paused = false;
                }
                self.queue.push(now, actor, Event::Read(session));
            }
            Output::Ping { session } => {
                let client = site.sessions.get(&session).filter(|client| client.stalls.is_empty());
                if let Some(client) = client {
                    let at = (now + client.latency).max(client.arrived);
                    self.queue.push(at, actor, Event::Arrive(session, Sent::Alive));
                }
            }
            Output::Close { session, .. } => self.dismiss(actor, session),
            Output::Post {
                link,
                body,
                signature,
                repeatable,
            } => self.post(actor, link, body, signature, repeatable),
            Output::Store(record) => self.store(actor, record),
            Output::LoadAcked { author } => self.load_acked(actor, author),
            Output::Reply { session, frame } => self.tell(actor, session, Told::Frame(frame)),
            Output::Replay {
                session,
                room,
                after,
                until,
            } => self.replay(actor, session, room, after, until),
            Output::RelayReply { .. }
            | Output::Notice { .. }
            | Output::Remark(_)
            | Output::RoomOpened { .. }
            | Output::CheckToken { .. }
            | Output::Direct { .. }
            | Output::Recall { .. }
            | Output::Posted { .. } => {}
        }
    }

    fn attach(&mut self, actor: usize, session: SessionId, room: RoomId) {
        let now = self.queue.now();
        let Some(site) = self.sites.get_mut(&actor) else { return };
        if !self.by_session.contains_key(&session) {
            site.attach(session, room);
            self.checker.attached(session, site.place(actor, room), now);
        } else if let Some(client) = site.sessions.get_mut(&session) {
            client.attached.insert(room);
        }
    }

    fn detach(&mut self, actor: usize, session: SessionId, room: RoomId) {
        let Some(site) = self.sites.get_mut(&actor) else { return };
        if !self.by_session.contains_key(&session) {
            site.detach(session, room);
            self.checker.left(session);
        } else if let Some(client) = site.sessions.get_mut(&session) {
            client.attached.remove(&room);
        }
    }

    fn append(&mut self, actor: usize, room: RoomId, entry: &Entry) {
        let now = self.queue.now();
        let Some(site) = self.sites.get_mut(&actor) else { return };
        let place = site.place(actor, room);
        if let (Some(key), Some(disk)) = (entry.key, &site.disk) {
            Checker::is_safe(&mut self.rec, now, (actor, key), "shows", disk.has(place.room, key));
        }
        self.checker.appended(&mut self.rec, now, place, entry);
        let name = self.plan.name(actor);
        self.rec.note(now, || format!("{name} shows {entry:?}"));
        let msg_id = entry
            .key
            .map_or_else(String::new, |key| format!("{}/{}", key.origin, key.seq.get()));
        if entry.kind == EntryKind::Said
            && let Some(trace) = self.rec.trace()
        {
            trace.mark(crate::sim::trace::Mark {
                at: now,
                actor,
                msg_id,
                text: format!("shows {:?}", entry.payload),
            });
        }
        site.append(room, now, entry.clone());
        if !self.by_session.is_empty() {
            self.tell_readers(actor, room, entry);
        }
    }

    /// Lets everybody in a room read, and cuts who does not.
    fn end_burst(&mut self, actor: usize, room: RoomId, weight: u64) {
        let now = self.queue.now();
        let Some(site) = self.sites.get_mut(&actor) else { return };
        let (readers, slow) = site.burst(room, weight, now);
        site.trim();
        for session in readers {
            self.will_read(actor, session);
        }
        for session in slow {
            self.mark(actor, "", &format!("cuts session {} that does not read", session.0));
            self.cut(actor, session);
        }
    }

    /// A session reads after its delay, unless something keeps it from reading.
    pub(super) fn will_read(&mut self, actor: usize, session: SessionId) {
        let now = self.queue.now();
        let client = self
            .sites
            .get_mut(&actor)
            .and_then(|site| site.sessions.get_mut(&session));
        if let Some(client) = client.filter(|client| client.stalls.is_empty())
            && !std::mem::replace(&mut client.reading, true)
        {
            self.queue.push(now + client.read_delay, actor, Event::Read(session));
        }
    }

    fn set_alarm(&mut self, actor: usize) {
        let Some(site) = self.sites.get_mut(&actor) else { return };
        let Some(at) = site.hub.as_ref().and_then(Hub::poll_timeout) else {
            return;
        };
        if site.wake.is_none_or(|wake| at < wake) {
            site.wake = Some(at);
            self.queue.push(at, actor, Event::Wake(site.life));
        }
    }

    fn check_bounds(&mut self, actor: usize) {
        let now = self.queue.now();
        let Some(site) = self.sites.get_mut(&actor) else { return };
        let Some(hub) = &site.hub else { return };
        let (waiting, most) = (hub.waiting_for_links(), site.wires.len() * OUTBOX_MESSAGES);
        self.rec.check(now, Invariant::B4, waiting <= most, || {
            format!("{waiting} messages wait for the links of hub {actor}, {most} at most")
        });
        let overflow = hub.lost().map(|(_, lost)| lost.overflow).sum();
        if overflow > site.overflow {
            self.checker.overflowed(now);
        }
        site.overflow = overflow;
    }

    /// Opens a session's connection at its hub.
    pub(super) fn open(&mut self, actor: usize, session: SessionId, door: Door, other_room: bool) {
        let room = if other_room { super::OTHER.parse().ok() } else { None };
        let address = super::site::session_address(session);
        self.handle(
            actor,
            Input::Opened {
                session,
                door,
                address,
                room,
            },
        );
    }
}

/// What a clock shows that is so many milliseconds ahead.
pub(super) fn time_of_day(now: Instant, ahead: i64) -> UtcMillis {
    let right = BEGIN.get() + now.as_micros() / 1000;
    UtcMillis::new(right.saturating_add_signed(ahead))
}
