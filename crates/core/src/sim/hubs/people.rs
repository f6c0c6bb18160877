//! People who speak the session protocol: they come back, say again what was not acknowledged, and read on where they
//! were.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde_json::Value;

use super::clients::words;
use super::plan::pick;
use super::site::{Form, Sent, Session};
use super::{Event, HOME, OTHER, World};

use crate::hub::{Cursor, Door, Entry, EntryKind, Input, Key, Missing, Replay, Step};
use crate::id::{HubId, RoomId, RoomName, Seq, SessionId};
use crate::rng::Rng;
use crate::sim::check::Invariant;
use crate::sim::scenario::Reads;
use crate::wire::session::{Address, Request, parse_cursor};

/// The longest until somebody connects again.
const RETURN_MICROS: u64 = 2_000_000;
/// The longest until somebody says again what could not be kept.
const AGAIN_MICROS: u64 = 1_000_000;
/// The longest that a client takes to read what is there.
const READ_MICROS: u64 = 20_000;

/// Somebody with a client of the session protocol.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) hub: usize,
    nick: String,
    secret: Option<u128>,
    pub(super) session: Option<SessionId>,
    /// Everything is asked and said at once, without waiting for answers.
    hasty: bool,
    greeted: bool,
    /// A time to say it all again is set.
    again: bool,
    /// What was not acknowledged: number, room and text.
    outbox: VecDeque<(u32, usize, String)>,
    rooms: BTreeMap<usize, Reading>,
}

/// How far somebody has read a room.
#[derive(Debug, Default)]
struct Reading {
    /// Read, up to here.
    cursor: Option<Cursor>,
    /// Where this connection's live began, and what came live.
    head: Option<Cursor>,
    live: Cursor,
    replaying: bool,
    /// All that can be read is wanted, the first time.
    curious: bool,
}

/// What a driver writes to a client of the session protocol.
#[derive(Debug, Clone)]
pub(super) enum Told {
    /// A frame.
    Frame(String),
    /// An entry of a room's log, live.
    Live(usize, Entry),
    /// One of those that were missed.
    Missed(usize, Entry),
    /// Some of those are not there.
    Gap(usize, Missing),
    /// That was all that was missed; these could be read.
    Caught(usize, Vec<Key>),
}

fn room_name(room: usize) -> RoomName {
    let name = if room == 0 { HOME } else { OTHER };
    name.parse().expect("a room of the simulator")
}

fn read_through(cursor: &mut Cursor, origin: HubId, seq: u64) {
    if let Some(seq) = Seq::new(seq) {
        cursor.read(Key { origin, seq });
    }
}

impl Reading {
    /// A new connection knows what was read and nothing else.
    fn begins(&mut self) {
        self.head = None;
        self.live = Cursor::default();
        self.replaying = false;
    }

    fn caught(&mut self) {
        self.replaying = false;
        let cursor = self.cursor.get_or_insert_default();
        for (origin, seq) in self.head.iter().flat_map(Cursor::iter).chain(self.live.iter()) {
            read_through(cursor, origin, seq);
        }
    }
}

impl World<'_> {
    /// Those who will always come back to a hub.
    pub(super) fn settle_people(&mut self, actor: usize) {
        if self.people.iter().any(|person| person.hub == actor) {
            return;
        }
        let slots = self.plan.sessions.get(actor).copied().unwrap_or(0);
        for _ in 0..(slots * 2).div_ceil(3) {
            let number = self.people.len();
            let rng = &mut self.draws.clients;
            let (curious, two_rooms) = (rng.below(2) == 0, rng.below(3) == 0);
            let rooms = 0..=usize::from(two_rooms);
            let rooms = rooms.map(|room| {
                let reading = Reading {
                    curious,
                    ..Reading::default()
                };
                (room, reading)
            });
            let rooms = rooms.collect();
            self.people.push(Person {
                hub: actor,
                nick: format!("p{number}x"),
                secret: None,
                session: None,
                hasty: false,
                greeted: false,
                again: false,
                outbox: VecDeque::new(),
                rooms,
            });
            self.will_dial(number);
        }
    }

    fn will_dial(&mut self, person: usize) {
        let hub = self.people[person].hub;
        let after = Duration::from_micros(1000 + self.draws.clients.below(RETURN_MICROS));
        self.queue.push(self.queue.now() + after, hub, Event::Dial(person));
    }

    pub(super) fn on_dial(&mut self, actor: usize, person: usize) {
        if self.people[person].session.is_some() {
            return;
        }
        let Some(site) = self.sites.get_mut(&actor) else { return };
        if site.hub.is_none() {
            return self.will_dial(person);
        }
        self.sessions += 1;
        let session = SessionId(self.sessions);
        let rng = &mut self.draws.clients;
        let latency = self.scenario.network.latency.draw(rng);
        let delay = Duration::from_micros(rng.below(READ_MICROS));
        let hasty = rng.below(2) == 0;
        site.sessions
            .insert(session, Session::new(Form::Session, latency, Reads::Whole, delay));
        let it = &mut self.people[person];
        it.session = Some(session);
        it.greeted = false;
        // Without a secret nobody could say the same again.
        it.hasty = hasty && it.secret.is_some();
        it.rooms.values_mut().for_each(Reading::begins);
        let (nick, secret, hasty) = (it.nick.clone(), it.secret, it.hasty);
        self.by_session.insert(session, person);
        self.checker.connected(session, actor);
        let address = super::site::session_address(session);
        self.handle(
            actor,
            Input::Opened {
                session,
                door: Door::Session,
                address,
                room: None,
            },
        );
        if let Ok(peer_id) = Address::parse(&format!("{nick}@{HOME}")) {
            let hello = Request::Hello {
                peer_id,
                token: None,
                session: secret,
            };
            self.ask(actor, session, &hello);
        }
        if hasty {
            self.catch_up(actor, person);
        }
    }

    fn ask(&mut self, actor: usize, session: SessionId, request: &Request) {
        self.send(actor, session, Sent::Text(request.to_json()));
    }

    /// Asks for what was missed, and says what was not acknowledged.
    fn catch_up(&mut self, actor: usize, person: usize) {
        let it = &mut self.people[person];
        let Some(session) = it.session else { return };
        let mut joins = Vec::new();
        for (&room, reading) in &mut it.rooms {
            let after = match &reading.cursor {
                None if reading.curious => Some(Cursor::default()),
                cursor => cursor.clone(),
            };
            reading.replaying = after.is_some();
            if room != 0 || after.is_some() {
                joins.push((room, after));
            }
        }
        for (room, after) in joins {
            self.checker.asks(session, room, after.as_ref());
            let room = room_name(room);
            self.ask(actor, session, &Request::Join { room, after });
        }
        self.say_again(actor, person);
    }

    /// Says all that was not acknowledged.
    fn say_again(&mut self, actor: usize, person: usize) {
        let it = &self.people[person];
        let Some(session) = it.session else { return };
        let publications: Vec<_> = it.outbox.iter().cloned().collect();
        for (number, room, payload) in publications {
            self.publish(actor, session, number, room, payload);
        }
    }

    fn publish(&mut self, actor: usize, session: SessionId, number: u32, room: usize, payload: String) {
        let Ok(msg_id) = format!("m{number}").parse() else {
            return;
        };
        let room = room_name(room);
        let src = None;
        let publish = Request::Pub {
            msg_id,
            src,
            room,
            payload,
        };
        self.ask(actor, session, &publish);
    }

    pub(super) fn on_resend(&mut self, actor: usize, person: usize) {
        self.people[person].again = false;
        if self.people[person].greeted {
            self.say_again(actor, person);
        }
    }

    /// Somebody says something, now or as soon as there is a connection.
    pub(super) fn person_says(&mut self, person: usize, number: u32, who: u64, bytes: usize) {
        let text = words('m', number, bytes);
        let it = &mut self.people[person];
        let rooms: Vec<usize> = it.rooms.keys().copied().collect();
        let room = rooms[pick(&mut Rng::new(who.rotate_left(32)), rooms.len())];
        it.outbox.push_back((number, room, text.clone()));
        let (hub, nick) = (it.hub, it.nick.clone());
        let ready = it.session.filter(|_| it.greeted || it.hasty);
        self.checker.person_sends(number, hub, nick, text.clone());
        let leaving = |world: &mut Self, session| world.client(hub, session).is_none_or(|client| client.leaving);
        if let Some(session) = ready
            && !leaving(self, session)
        {
            self.publish(hub, session, number, room, text);
        }
    }

    /// The connection of a session is over. True if it was a person's, who will come back.
    pub(super) fn person_gone(&mut self, session: SessionId) -> bool {
        let Some(person) = self.by_session.remove(&session) else {
            return false;
        };
        self.checker.disconnected(session);
        if self.people[person].session == Some(session) {
            self.people[person].session = None;
            self.people[person].greeted = false;
            self.will_dial(person);
        }
        true
    }

    /// A driver writes to a session.
    pub(super) fn tell(&mut self, actor: usize, session: SessionId, told: Told) {
        let now = self.queue.now();
        if let Some(client) = self.client(actor, session) {
            client.inbox.push_back((now, told));
            self.will_read(actor, session);
        }
    }

    /// Lets those who read a room have an entry of its log.
    pub(super) fn tell_readers(&mut self, actor: usize, room: RoomId, entry: &Entry) {
        let Some(site) = self.sites.get(&actor) else { return };
        let reads = |session: &&Session| session.attached.contains(&room);
        let readers = site.sessions.iter().filter(|(_, session)| reads(session));
        let readers: Vec<SessionId> = readers.map(|(&id, _)| id).collect();
        for session in readers {
            let room = super::site::room_number(room);
            self.tell(actor, session, Told::Live(room, entry.clone()));
        }
    }

    /// Lets a session read what it missed.
    pub(super) fn replay(&mut self, actor: usize, session: SessionId, room: RoomId, after: Cursor, until: Cursor) {
        let room = super::site::room_number(room);
        let Some(disk) = self.sites.get(&actor).and_then(|site| site.disk.as_ref()) else {
            return;
        };
        let mut replay = Replay::new(after, until);
        let mut told = Vec::new();
        let mut readable = Vec::new();
        for said in disk.readable(room) {
            let Some(key) = said.entry.key else { continue };
            readable.push(key);
            match replay.step(key) {
                Step::Skip => continue,
                Step::Show => {}
                Step::ShowAfter(missing) => told.push(Told::Gap(room, missing)),
            }
            told.push(Told::Missed(room, said.entry.clone()));
        }
        told.extend(replay.finish().into_iter().map(|missing| Told::Gap(room, missing)));
        told.push(Told::Caught(room, readable));
        for told in told {
            self.tell(actor, session, told);
        }
    }

    /// A client reads all that was written to it.
    pub(super) fn read_frames(&mut self, actor: usize, session: SessionId) {
        let Some(client) = self.client(actor, session) else {
            return;
        };
        let inbox = std::mem::take(&mut client.inbox);
        let Some(&person) = self.by_session.get(&session) else {
            return;
        };
        for (_, told) in inbox {
            match told {
                Told::Frame(frame) => self.on_frame(actor, (session, person), &frame),
                Told::Live(room, entry) => self.on_live(actor, (session, person), room, &entry),
                Told::Missed(room, entry) => {
                    let now = self.queue.now();
                    self.checker.replayed(&mut self.rec, now, (session, room), &entry);
                    if let (Some(key), Some(reading)) = (entry.key, self.people[person].rooms.get_mut(&room)) {
                        reading.cursor.get_or_insert_default().read(key);
                    }
                }
                Told::Gap(room, missing) => {
                    let now = self.queue.now();
                    self.checker.replay_gap(&mut self.rec, now, (session, room), missing);
                    if let Some(reading) = self.people[person].rooms.get_mut(&room) {
                        let cursor = reading.cursor.get_or_insert_default();
                        read_through(cursor, missing.origin, missing.to.get());
                    }
                }
                Told::Caught(room, readable) => {
                    let now = self.queue.now();
                    self.checker.caught(&mut self.rec, now, (session, room), &readable);
                    if let Some(reading) = self.people[person].rooms.get_mut(&room) {
                        reading.caught();
                    }
                }
            }
        }
    }

    fn on_live(&mut self, actor: usize, (session, person): (SessionId, usize), room: usize, entry: &Entry) {
        let now = self.queue.now();
        self.checker.live(&mut self.rec, now, (session, room), entry);
        let (EntryKind::Said, Some(key)) = (entry.kind, entry.key) else {
            return;
        };
        if let Some(reading) = self.people[person].rooms.get_mut(&room) {
            reading.live.read(key);
            if !reading.replaying {
                reading.cursor.get_or_insert_default().read(key);
            }
        }
        // In place of its own words a client is told that they are said.
        if entry.author == Some(session)
            && let Some(msg_id) = &entry.id
        {
            self.on_said(actor, person, msg_id.as_str(), key);
        }
    }

    fn on_said(&mut self, actor: usize, person: usize, msg_id: &str, key: Key) {
        let now = self.queue.now();
        let number = msg_id.strip_prefix('m').and_then(|number| number.parse().ok());
        let Some(number) = number else { return };
        self.people[person].outbox.retain(|(waits, _, _)| *waits != number);
        let disk = self.sites.get(&actor).and_then(|site| site.disk.as_ref());
        let is_safe = disk.is_some_and(|disk| disk.has(0, key) || disk.has(1, key));
        self.checker.acked(&mut self.rec, now, actor, number, key, is_safe);
    }

    fn on_frame(&mut self, actor: usize, (session, person): (SessionId, usize), frame: &str) {
        let now = self.queue.now();
        let frame: Value = serde_json::from_str(frame).unwrap_or_default();
        match frame["type"].as_str().unwrap_or_default() {
            "HELLO_OK" => {
                let secret = frame["session"]
                    .as_str()
                    .and_then(|text| u128::from_str_radix(text, 16).ok());
                let it = &mut self.people[person];
                let same = it.secret.is_none_or(|before| Some(before) == secret);
                it.secret = secret;
                it.greeted = true;
                self.rec.check(now, Invariant::R5, same, || {
                    format!("session {} comes back as somebody else", session.0)
                });
            }
            "JOINED" => self.on_joined(actor, (session, person), &frame),
            "ACK" => {
                let origin = frame["origin"].as_str().and_then(|origin| origin.parse().ok());
                let seq = frame["seq"].as_u64().and_then(Seq::new);
                if let (Some(id), Some(origin), Some(seq)) = (frame["msg_id"].as_str(), origin, seq) {
                    self.on_said(actor, person, id, Key { origin, seq });
                }
            }
            "ERROR" => {
                let passing = matches!(frame["code"].as_str(), Some("storage" | "busy"));
                self.rec.check(now, Invariant::R6, passing, || {
                    format!("session {} is refused: {frame}", session.0)
                });
                if std::mem::replace(&mut self.people[person].again, true) {
                    return;
                }
                let after = Duration::from_micros(1000 + self.draws.clients.below(AGAIN_MICROS));
                self.queue.push(now + after, actor, Event::Resend(person));
            }
            _ => {}
        }
    }

    fn on_joined(&mut self, actor: usize, (session, person): (SessionId, usize), frame: &Value) {
        let room = usize::from(frame["room"].as_str() != Some(HOME));
        let Ok(head) = parse_cursor(&frame["head"]) else {
            return;
        };
        self.checker.joined(session, room, &head);
        let it = &mut self.people[person];
        let Some(reading) = it.rooms.get_mut(&room) else { return };
        let first = reading.head.is_none();
        if first {
            reading.head = Some(head.clone());
            if reading.cursor.is_none() && !reading.curious {
                reading.cursor = Some(head);
            }
        }
        if first && room == 0 && !it.hasty {
            self.catch_up(actor, person);
        }
    }

    /// Looks at whether everybody has read everything, and was heard.
    pub(super) fn finish_people(&mut self) {
        let now = self.queue.now();
        for person in &self.people {
            let Some(site) = self.sites.get(&person.hub).filter(|site| site.hub.is_some()) else {
                continue;
            };
            let Some(disk) = &site.disk else { continue };
            let nick = &person.nick;
            let waits = person.outbox.front().map(|(number, _, _)| *number);
            self.rec.check(now, Invariant::R5, waits.is_none(), || {
                format!("m{} of {nick} was never acknowledged", waits.unwrap_or_default())
            });
            for (room, reading) in &person.rooms {
                let cursor = reading.cursor.clone().unwrap_or_default();
                let mut unread = disk.kept().iter().filter(|(of, _)| of == room).map(|(_, key)| *key);
                let unread = unread.rfind(|key| cursor.after(key.origin) > 0 && !cursor.has(*key));
                self.rec
                    .check(now, Invariant::R6, unread.is_none() && !reading.replaying, || {
                        format!("{nick} never read {unread:?} in room {room} of hub {}", person.hub)
                    });
            }
        }
    }
}
