//! The hub: sessions come in by its doors, say things in rooms, and hear what others say, on this hub and on others.

mod admission;
mod authors;
mod command;
mod cursor;
mod direct;
mod entry;
mod federation;
mod io;
mod lifecycle;
mod notice;
mod post_door;
mod protocol;
mod record;
mod relay_door;
mod retention;
mod room;
mod session;
mod speech;
mod staged;
mod storage;
mod text_door;

use std::collections::{BTreeMap, VecDeque};

pub use crate::pace::Rate;
pub use admission::SessionLimits;
pub use cursor::{Cursor, Missing, Replay, Step};
pub use entry::{Entry, EntryKind, Key};
pub use federation::{LinkKind, Lost, PostOutcome, RelayReply, RelayRequest};
use hmac::{Hmac, KeyInit, Mac};
pub use io::{CloseReason, Config, Input, Output, Post, Remark, TokenVerdict};
pub use notice::Notice;
pub use record::{Acked, Author, Change, Position, Record, Restored, Said, Ticket};
pub use retention::Retention;
pub use session::Door;
use sha2::Sha256;

use admission::Admission;
use authors::Authors;
use direct::Direct;
use federation::{Federation, Sending};
use room::Rooms;
use session::Session;
use staged::Staging;

use crate::id::{HubId, LinkId, RequestId, RoomId, RoomName, SessionId};
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
    /// A session has not said who it is.
    Hello(SessionId),
    /// Sessions are told who came and went in a room.
    Presence(RoomId),
    /// A direct message is not confirmed.
    Direct(u64),
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
/// # let config = Config { id: HubId::from_bits(1), name: "papo".to_owned(), home: "lobby".parse().unwrap(),
/// #     durable: false, require_token: false, session_key: [0; 32], session_rate: None, messages_per_second: None,
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
    name: String,
    session_rate: Option<Rate>,
    messages_per_second: Option<u32>,
    require_token: bool,
    session_key: [u8; 32],
    secrets_made: u64,
    sessions: BTreeMap<SessionId, Session>,
    nicks: BTreeMap<String, SessionId>,
    /// The session that speaks for an author now.
    by_author: BTreeMap<Author, SessionId>,
    authors: Authors,
    directs: BTreeMap<u64, Direct>,
    directs_made: u64,
    posts: BTreeMap<RequestId, Post>,
    rooms: Rooms,
    /// The place of the last message that everybody may hear of.
    end: Position,
    /// The place of the last message, be it safe or not.
    placed: Position,
    staged: Staging,
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
            name: config.name,
            session_rate: config.session_rate,
            messages_per_second: config.messages_per_second,
            require_token: config.require_token,
            session_key: config.session_key,
            secrets_made: 0,
            sessions: BTreeMap::new(),
            nicks: BTreeMap::new(),
            by_author: BTreeMap::new(),
            authors: Authors::default(),
            directs: BTreeMap::new(),
            directs_made: 0,
            posts: BTreeMap::new(),
            rooms: Rooms::new(config.home, config.durable),
            end: Position::default(),
            placed: Position::default(),
            staged: Staging::new(config.durable),
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
            Input::Closed { session, reason } => self.on_closed(now, session, reason),
            Input::Restored(restored) => self.on_restored(now, &restored),
            Input::Stored { through } => self.on_stored(now, through),
            Input::StoreFailed { epoch, detail } => self.on_store_failed(now, epoch, &detail),
            Input::Acked { author, acked } => self.on_acked(now, author, acked),
            Input::TokenChecked { session, verdict } => self.on_token_checked(now, session, verdict),
            Input::Confirmed { session, number } => self.on_confirmed(session, number),
            Input::Post(post) => self.on_post(now, post),
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

    /// Messages are on their way to old services, which get each of them once at most: an end now would lose them.
    pub fn has_fragile(&self) -> bool {
        self.federation.has_fragile()
    }

    /// Nothing waits for the disk.
    pub fn is_settled(&self) -> bool {
        self.staged.is_empty()
    }

    /// The rooms, by age: name, how many are in it, and what was said there.
    pub fn rooms(&self) -> impl Iterator<Item = (&RoomName, usize, &Cursor)> {
        self.rooms
            .iter()
            .map(|(_, room)| (&room.name, room.members.len(), room.head()))
    }

    /// A room that is known, by its name.
    pub fn room(&self, name: &RoomName) -> Option<RoomId> {
        self.rooms.find(name)
    }

    /// This hub's id.
    pub fn id(&self) -> HubId {
        self.id
    }

    /// The links: what answers at each, how many messages wait, and how many tries have failed in a row.
    pub fn links(&self) -> impl Iterator<Item = (LinkId, LinkKind, usize, u32)> {
        self.federation.links()
    }

    /// The place of the last message that everybody may hear of.
    pub fn end(&self) -> Position {
        self.end
    }

    fn tell(&mut self, session: SessionId, notice: Notice) {
        self.emit(Output::Notice { session, notice });
    }

    fn federate(&mut self, now: Instant, act: impl FnOnce(&mut Federation, &mut Sending<'_>)) {
        let utc = self.utc(now);
        let Self {
            federation,
            timers,
            outbox,
            rng,
            staged,
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
                staged,
            },
        );
    }

    /// A secret that can be told to the one session that it is of.
    fn next_secret(&mut self) -> u128 {
        self.secrets_made += 1;
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.session_key).expect("any length is a key");
        mac.update(&self.secrets_made.to_be_bytes());
        let mut bits = [0; 16];
        bits.copy_from_slice(&mac.finalize().into_bytes()[..16]);
        u128::from_be_bytes(bits)
    }

    fn utc(&self, now: Instant) -> UtcMillis {
        self.utc_start.after(now.since(Instant::ZERO))
    }
}

#[cfg(test)]
mod tests;
