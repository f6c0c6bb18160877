//! The hub: sessions come in by its doors, say things in rooms, and hear what others say, on this hub and on others.

mod admission;
mod command;
mod entry;
mod federation;
mod io;
mod notice;
mod relay_door;
mod room;
mod session;
mod speech;
mod text_door;

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

pub use crate::pace::Rate;
pub use admission::SessionLimits;
pub use entry::{Entry, EntryKind, Key};
pub use federation::{LinkKind, Lost, PostOutcome, RelayReply, RelayRequest};
pub use io::{CloseReason, Config, Input, Output, Remark};
pub use notice::Notice;
pub use session::Door;

use admission::{Admission, Refusal};
use federation::{Federation, Sending};
use room::Rooms;
use session::{Item, Session};

use crate::id::{HubId, LinkId, RoomId, RoomName, SessionId};
use crate::limits::{KEEPALIVE_INTERVAL, KEEPALIVE_MISSES, MESSAGE_PAUSE};
use crate::rng::Rng;
use crate::time::{Instant, UtcMillis};
use crate::timers::Timers;

/// Outputs that wait to be polled.
pub(crate) type Outbox = VecDeque<Output>;

/// What a hub's timers are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// The pause that ends a message of a client without newlines.
    MessagePause(SessionId),
    /// The next message of a session that speaks too fast may go.
    Pace(SessionId),
    /// Another keep-alive interval of a session.
    Keepalive(SessionId),
    /// The next try on a link.
    Link(LinkId),
}

/// The hub's state machine.
///
/// It touches nothing: time, bytes and the seed of its randomness come in, and what it wants done is pulled out.
///
/// - [`Hub::handle`] takes one [`Input`] with the time at which it happened. `now` never goes back.
/// - After each `handle`, drain [`Hub::poll_output`] before the next one.
/// - When [`Hub::poll_timeout`] has come, call `handle` with [`Input::Timeout`].
/// - The same configuration, seed and inputs give the same outputs, byte for byte.
/// - No input makes it panic.
///
/// A hub never says who gets a message. It appends one [`Entry`] to a room's log ([`Output::Append`]) and tells which
/// sessions attach to and detach from the log; cursors and writes are the driver's:
///
/// ```
/// # use papo_core::{hub::*, time::*, id::*};
/// # let config = Config { id: HubId::from_bits(1), home: "lobby".parse().unwrap(), session_rate: None,
/// #     session_limits: SessionLimits { total: 9, per_address: 9, per_window: 9 }, trusted: vec![], unlimited: vec![], links: 0,
/// #     link_secret: None, utc: UtcMillis::new(0) };
/// let mut hub = Hub::new(config, 42, Instant::ZERO);
/// # let session = SessionId(1);
/// # let arrivals = [
/// #     Input::Opened { session, door: Door::TcpText, address: [127, 0, 0, 1].into(), room: None },
/// #     Input::Bytes { session, bytes: b"oi\n" },
/// # ];
/// # let mut appended = 0;
/// for input in arrivals {
///     hub.handle(Instant::from_millis(1), input);
///     while let Some(output) = hub.poll_output() {
///         // act on it
/// #       appended += usize::from(matches!(output, Output::Append { .. }));
///     }
///     let wake_at = hub.poll_timeout();
/// }
/// # assert_eq!(appended, 1);
/// ```
#[derive(Debug)]
pub struct Hub {
    id: HubId,
    session_rate: Option<Rate>,
    sessions: BTreeMap<SessionId, Session>,
    nicks: BTreeMap<String, SessionId>,
    rooms: Rooms,
    admission: Admission,
    federation: Federation,
    timers: Timers<Timer>,
    outbox: Outbox,
    rng: Rng,
    /// The time of day at the hub's first moment, as far as is known now.
    utc_start: UtcMillis,
    ending: bool,
}

impl Hub {
    /// A hub with no sessions. `seed` decides everything that it draws.
    pub fn new(config: Config, seed: u64, now: Instant) -> Self {
        let utc_start = UtcMillis::new(config.utc.get().saturating_sub(now.as_micros() / 1000));
        Self {
            id: config.id,
            session_rate: config.session_rate,
            sessions: BTreeMap::new(),
            nicks: BTreeMap::new(),
            rooms: Rooms::new(config.home),
            admission: Admission::new(config.session_limits, config.trusted, config.unlimited),
            federation: Federation::new(config.id, config.links, config.link_secret),
            timers: Timers::new(),
            outbox: Outbox::new(),
            rng: Rng::new(seed),
            utc_start,
            ending: false,
        }
    }

    /// Takes one input that happened at `now`.
    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        match input {
            Input::Opened {
                session,
                door,
                address,
                room,
            } => self.on_opened(now, session, door, address, room),
            Input::Bytes { session, bytes } => self.on_bytes(now, session, bytes),
            Input::Text { session, text } => self.on_text(now, session, text),
            Input::Alive { session } => self.on_alive(session),
            Input::Ended { session } => self.on_ended(now, session),
            Input::Closed { session } => self.on_closed(now, session),
            Input::Relay(request) => self.on_relay(now, &request),
            Input::Posted { link, outcome } => {
                self.federate(now, |federation, to| federation.on_posted(link, outcome, to));
            }
            Input::LinkAddresses { link, addresses } => self.federation.set_addresses(link, addresses),
            Input::WallClock(utc) => self.utc_start = UtcMillis::new(utc.get().saturating_sub(now.as_micros() / 1000)),
            Input::Timeout => self.on_timeout(now),
            Input::Shutdown => self.on_shutdown(now),
        }
    }

    /// The next thing to do, in order.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outbox.pop_front()
    }

    /// When to call [`Hub::handle`] with [`Input::Timeout`] at the latest.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Messages that wait for hub links.
    pub fn waiting_for_links(&self) -> usize {
        self.federation.waiting()
    }

    /// Messages that will not reach the other side, link by link.
    pub fn lost(&self) -> impl Iterator<Item = (LinkId, Lost)> {
        self.federation.lost()
    }

    /// Sessions attached.
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    fn on_opened(&mut self, now: Instant, id: SessionId, door: Door, address: IpAddr, room: Option<RoomName>) {
        if self.ending {
            self.outbox.push_back(Output::Close {
                session: id,
                reason: CloseReason::GoingAway,
            });
            return;
        }
        if let Err(refusal) = self.admission.open(address, now) {
            let reason = match refusal {
                Refusal::HubFull => CloseReason::HubFull,
                Refusal::TooManyFromAddress => CloseReason::TooManySessions,
            };
            self.outbox.push_back(Output::Close { session: id, reason });
            return;
        }
        let Some(room) = room.map_or(Some(Rooms::HOME), |name| self.rooms.open(&name)) else {
            self.admission.close(address);
            let reason = CloseReason::HubFull;
            self.outbox.push_back(Output::Close { session: id, reason });
            return;
        };
        if matches!(door, Door::WebSocketText { .. }) {
            self.timers.set(Timer::Keepalive(id), now + KEEPALIVE_INTERVAL);
        }
        self.sessions.insert(id, Session::new(door, address, room));
        self.enter(now, id, room);
    }

    fn on_bytes(&mut self, now: Instant, id: SessionId, bytes: &[u8]) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        session.on_heard();
        if session.on_bytes(bytes) {
            self.timers.set(Timer::MessagePause(id), now + MESSAGE_PAUSE);
        } else {
            self.timers.cancel(Timer::MessagePause(id));
        }
        self.speak(now, id);
    }

    fn on_text(&mut self, now: Instant, id: SessionId, text: String) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        session.on_heard();
        session.on_text(text);
        self.speak(now, id);
    }

    fn on_alive(&mut self, id: SessionId) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.on_heard();
        }
    }

    fn on_ended(&mut self, now: Instant, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        session.ending = true;
        session.end_message();
        self.timers.cancel(Timer::MessagePause(id));
        self.speak(now, id);
    }

    /// What arrived before the connection went is still said, at the session's pace; then the session goes too.
    fn on_closed(&mut self, now: Instant, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        session.end_unframed();
        session.keep_last_words();
        if session.has_waiting() {
            session.ending = true;
            self.timers.cancel(Timer::MessagePause(id));
            self.speak(now, id);
        } else {
            self.remove(now, id);
        }
    }

    fn on_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.pop_due(now) {
            match timer {
                Timer::MessagePause(id) => {
                    if let Some(session) = self.sessions.get_mut(&id) {
                        session.end_message();
                        self.speak(now, id);
                    }
                }
                Timer::Pace(id) => self.speak(now, id),
                Timer::Keepalive(id) => self.on_keepalive(now, id),
                Timer::Link(id) => self.federate(now, |federation, to| federation.on_rested(id, to)),
            }
        }
    }

    fn on_keepalive(&mut self, now: Instant, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        // What it answers is left unread by order of the hub, and what it sent before is still to be said.
        if session.paused {
            session.on_heard();
        }
        if session.on_interval() >= KEEPALIVE_MISSES {
            self.close(now, id, CloseReason::KeepaliveTimeout);
        } else {
            self.outbox.push_back(Output::Ping { session: id });
            self.timers.set(Timer::Keepalive(id), now + KEEPALIVE_INTERVAL);
        }
    }

    /// Says at once what waits, whatever the rate, and closes every session. Nobody is told that somebody left: all do.
    fn on_shutdown(&mut self, now: Instant) {
        if std::mem::replace(&mut self.ending, true) {
            return;
        }
        self.session_rate = None;
        let ids: Vec<SessionId> = self.sessions.keys().copied().collect();
        for &id in &ids {
            if let Some(session) = self.sessions.get_mut(&id) {
                session.end_message();
                self.speak(now, id);
            }
        }
        for id in ids {
            if let Some(session) = self.sessions.remove(&id) {
                let room = session.room;
                self.outbox.push_back(Output::Detach { session: id, room });
                self.outbox.push_back(Output::Close {
                    session: id,
                    reason: CloseReason::GoingAway,
                });
            }
        }
    }

    /// Takes what a session has sent, as fast as it may speak.
    fn speak(&mut self, now: Instant, id: SessionId) {
        loop {
            let Some(session) = self.sessions.get_mut(&id) else {
                return;
            };
            match session.next_item(self.session_rate, now) {
                Some(Ok(item)) => self.on_item(now, id, item),
                Some(Err(at)) => {
                    if !std::mem::replace(&mut session.paused, true) {
                        self.outbox.push_back(Output::PauseInput { session: id });
                    }
                    self.timers.set(Timer::Pace(id), at);
                    return;
                }
                None => {
                    if std::mem::replace(&mut session.paused, false) {
                        self.outbox.push_back(Output::ResumeInput { session: id });
                    }
                    if session.ending {
                        self.close(now, id, CloseReason::Ended);
                    }
                    return;
                }
            }
        }
    }

    fn on_item(&mut self, now: Instant, id: SessionId, item: Item) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        match item {
            Item::TooLong(bytes) => self.tell(id, Notice::TooLong { bytes }),
            Item::Blank => {
                let label = session.label.to_string();
                if let Some(room) = self.rooms.get(session.room) {
                    let room = room.name.clone();
                    self.tell(id, Notice::Hint { label, room });
                }
            }
            Item::Text(text) => match session.door {
                Door::WebSocketText { .. } => self.say(now, id, &text),
                Door::TcpText => self.on_line(now, id, &text),
            },
        }
    }

    fn enter(&mut self, now: Instant, id: SessionId, room: RoomId) {
        if let Some(room) = self.rooms.get_mut(room) {
            room.members.insert(id);
        }
        self.outbox.push_back(Output::Attach { session: id, room });
        if self.sessions.get(&id).is_some_and(Session::announced) {
            self.announce(now, id, room, EntryKind::Joined);
        }
    }

    fn leave(&mut self, now: Instant, id: SessionId, room: RoomId, announced: bool) {
        self.outbox.push_back(Output::Detach { session: id, room });
        if announced {
            self.announce(now, id, room, EntryKind::Left);
        }
        if self.rooms.leave(room, id) {
            self.outbox.push_back(Output::RoomClosed { room });
        }
    }

    fn close(&mut self, now: Instant, id: SessionId, reason: CloseReason) {
        self.remove(now, id);
        self.outbox.push_back(Output::Close { session: id, reason });
    }

    /// Forgets a session.
    fn remove(&mut self, now: Instant, id: SessionId) {
        let Some(session) = self.sessions.get(&id) else { return };
        let (room, announced) = (session.room, session.announced());
        self.leave(now, id, room, announced);
        for timer in [Timer::MessagePause(id), Timer::Pace(id), Timer::Keepalive(id)] {
            self.timers.cancel(timer);
        }
        if let Some(session) = self.sessions.remove(&id) {
            self.admission.close(session.address);
            if let Some(nick) = session.nick {
                self.nicks.remove(&nick.key());
            }
        }
    }

    fn tell(&mut self, session: SessionId, notice: Notice) {
        self.outbox.push_back(Output::Notice { session, notice });
    }

    fn federate(&mut self, now: Instant, act: impl FnOnce(&mut Federation, &mut Sending<'_>)) {
        let utc = self.utc(now);
        let Self {
            federation,
            timers,
            outbox,
            rng,
            ..
        } = self;
        act(
            federation,
            &mut Sending {
                now,
                utc,
                rng,
                timers,
                outbox,
            },
        );
    }

    fn utc(&self, now: Instant) -> UtcMillis {
        self.utc_start.after(now.since(Instant::ZERO))
    }
}

#[cfg(test)]
mod tests;
