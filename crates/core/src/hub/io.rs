//! What goes into a hub and what comes out of it.

use std::net::IpAddr;

use crate::hub::admission::SessionLimits;
use crate::hub::entry::Entry;
use crate::hub::federation::{LinkKind, PostOutcome, RelayReply, RelayRequest};
use crate::hub::notice::Notice;
use crate::hub::session::Door;
use crate::id::{HubId, LinkId, RequestId, RoomId, RoomName, SessionId};
#[expect(unused_imports, reason = "named in documentation")]
use crate::limits::KEEPALIVE_MISSES;
use crate::pace::Rate;
use crate::time::UtcMillis;
use crate::wire::signature::LinkSecret;

/// What a hub is made with.
#[derive(Debug, Clone)]
pub struct Config {
    /// 128 random bits, new for every start.
    pub id: HubId,
    /// The room that every session starts in, and the only one that old services have.
    pub home: RoomName,
    /// How fast a session may speak; `None`: as fast as it likes.
    pub session_rate: Option<Rate>,
    /// Bounds on sessions.
    pub session_limits: SessionLimits,
    /// Networks that no bound per address counts for and that may relay, besides loopback.
    pub trusted: Vec<ipnet::IpNet>,
    /// Networks that no bound per address counts for, but that may not relay.
    pub unlimited: Vec<ipnet::IpNet>,
    /// How many hub links there are: `LinkId(0)` to `LinkId(links - 1)`.
    pub links: u32,
    /// With it every request between hubs is signed and every unsigned one refused.
    pub link_secret: Option<LinkSecret>,
    /// The time of day at the hub's first moment.
    pub utc: UtcMillis,
}

/// What happens to a hub.
#[derive(Debug)]
pub enum Input<'a> {
    /// A client came in by a door.
    Opened {
        /// A number that was never used before.
        session: SessionId,
        /// The door.
        door: Door,
        /// Its address, plain IPv4 where it is one.
        address: IpAddr,
        /// The room that it wants, if its door let it say so.
        room: Option<RoomName>,
    },
    /// Bytes of a session of the TCP text door.
    Bytes {
        /// The session.
        session: SessionId,
        /// The bytes, cut anywhere.
        bytes: &'a [u8],
    },
    /// A text frame of a session of the WebSocket text door.
    Text {
        /// The session.
        session: SessionId,
        /// The text.
        text: String,
    },
    /// A sign of life without content, as a WebSocket pong.
    Alive {
        /// The session.
        session: SessionId,
    },
    /// A session will send nothing more, but reads on.
    Ended {
        /// The session.
        session: SessionId,
    },
    /// A connection is gone.
    Closed {
        /// Its session.
        session: SessionId,
    },
    /// Another hub or an old service posted to `/relay`.
    Relay(RelayRequest<'a>),
    /// A request that [`Output::Post`] asked for ended.
    Posted {
        /// Over this link.
        link: LinkId,
        /// So.
        outcome: PostOutcome,
    },
    /// The host of a link has these addresses now.
    LinkAddresses {
        /// The link.
        link: LinkId,
        /// The addresses.
        addresses: Vec<IpAddr>,
    },
    /// The clock of the day says this now.
    WallClock(UtcMillis),
    /// [`crate::hub::Hub::poll_timeout`] has come.
    Timeout,
    /// The hub is to end.
    Shutdown,
}

/// What a hub wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Append to a room's log. Whoever is attached gets it; nobody is named.
    Append {
        /// The room.
        room: RoomId,
        /// The entry.
        entry: Entry,
    },
    /// The session reads this room's log from here on.
    Attach {
        /// The session.
        session: SessionId,
        /// The room.
        room: RoomId,
    },
    /// The session reads this room's log up to here.
    Detach {
        /// The session.
        session: SessionId,
        /// The room.
        room: RoomId,
    },
    /// Nobody needs this room's log any more.
    RoomClosed {
        /// The room.
        room: RoomId,
    },
    /// Tell one session.
    Notice {
        /// The session.
        session: SessionId,
        /// What.
        notice: Notice,
    },
    /// Leave this session's input unread: it speaks faster than it may.
    PauseInput {
        /// The session.
        session: SessionId,
    },
    /// Read it again.
    ResumeInput {
        /// The session.
        session: SessionId,
    },
    /// Ask this WebSocket session for a sign of life.
    Ping {
        /// The session.
        session: SessionId,
    },
    /// Write what waits for this session, then close its connection. The hub has forgotten it already.
    Close {
        /// The session.
        session: SessionId,
        /// Why.
        reason: CloseReason,
    },
    /// `POST` this body, as application/json, to the URL of a link, and report how it ended.
    Post {
        /// The link.
        link: LinkId,
        /// The body.
        body: String,
        /// The value of the header `Papo-Signature`, if there is to be one.
        signature: Option<String>,
        /// Sending it twice does no harm, so a kept connection may be used.
        repeatable: bool,
    },
    /// Answer a request to `/relay`.
    RelayReply {
        /// The request.
        request: RequestId,
        /// The answer.
        reply: RelayReply,
    },
    /// Something that whoever runs the hub should know.
    Remark(Remark),
}

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CloseReason {
    /// The client ended its input and everything it sent is said.
    Ended,
    /// `/quit`.
    Quit,
    /// The hub ends.
    GoingAway,
    /// Nothing was heard of it for [`KEEPALIVE_MISSES`] intervals.
    KeepaliveTimeout,
    /// Its address holds as many sessions as it may.
    TooManySessions,
    /// The hub holds as many sessions as it may.
    HubFull,
    /// It reads too slowly.
    SlowConsumer,
    /// It sent a binary frame where text is spoken.
    Binary,
    /// It sent text that is no UTF-8.
    BadUtf8,
    /// It sent a frame or message larger than [`crate::limits::WEBSOCKET_BYTES`].
    TooLarge,
    /// It broke the rules of WebSocket.
    BadFrame,
    /// The connection was reset or closed without a word.
    Lost,
}

/// For the log of the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remark {
    /// A link answers, for the first time or again or as something else.
    LinkUp {
        /// The link.
        link: LinkId,
        /// What answers.
        kind: LinkKind,
    },
    /// A link stopped answering; what is said waits.
    LinkDown {
        /// The link.
        link: LinkId,
        /// Messages waiting.
        waiting: usize,
    },
    /// The other side refuses whatever this hub sends; what is said waits.
    LinkRefused {
        /// The link.
        link: LinkId,
        /// The HTTP status.
        status: u16,
    },
    /// The other side refused a message for good.
    LinkRejected {
        /// The link.
        link: LinkId,
        /// The HTTP status.
        status: u16,
    },
    /// A message to an old service may or may not have arrived and is not sent again.
    LinkUncertain {
        /// The link.
        link: LinkId,
    },
    /// An outbox is full and drops its oldest messages.
    OutboxFull {
        /// The link.
        link: LinkId,
    },
    /// Messages of another hub did not arrive.
    Missed {
        /// The hub.
        origin: HubId,
        /// How many.
        count: u64,
    },
}
