//! What goes into a hub and what comes out of it.

use std::net::IpAddr;

use crate::error::Code;
use crate::hub::admission::SessionLimits;
use crate::hub::cursor::Cursor;
use crate::hub::entry::{Entry, Key};
use crate::hub::federation::{LinkKind, PostOutcome, RelayReply, RelayRequest};
use crate::hub::notice::Notice;
use crate::hub::record::{Acked, Author, Record, Restored, Ticket};
use crate::hub::session::Door;
use crate::id::{HubId, LinkId, MsgId, Nick, RequestId, RoomId, RoomName, SessionId};
#[expect(unused_imports, reason = "named in documentation")]
use crate::limits::KEEPALIVE_MISSES;
use crate::pace::Rate;
use crate::time::UtcMillis;
use crate::wire::signature::LinkSecret;

/// What a hub is made with.
#[derive(Debug, Clone)]
pub struct Config {
    /// 128 random bits, made with the data or new for every start.
    pub id: HubId,
    /// What people call it.
    pub name: String,
    /// What was said is kept, and nothing leaves before it is: the driver answers [`Output::Store`].
    pub durable: bool,
    /// Sessions of the session protocol have to bring a token, and nobody comes in by another door.
    pub require_token: bool,
    /// Random bytes that nobody else knows: the secrets of sessions are made of them.
    pub session_key: [u8; 32],
    /// What `session_rate` is made of, for those who ask.
    pub messages_per_second: Option<u32>,
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
        /// Why.
        reason: CloseReason,
    },
    /// What was kept of an earlier life; before anything else.
    Restored(Restored),
    /// This record and all before it are safe.
    Stored {
        /// The record's ticket.
        through: Ticket,
    },
    /// Records could not be written: none of this epoch that is not safe yet will ever be.
    StoreFailed {
        /// The epoch of the records.
        epoch: u32,
        /// What the disk said.
        detail: String,
    },
    /// What [`Output::LoadAcked`] asked for.
    Acked {
        /// The author.
        author: Author,
        /// The author's messages that are safe.
        acked: Vec<Acked>,
    },
    /// What [`Output::CheckToken`] asked for.
    TokenChecked {
        /// The session.
        session: SessionId,
        /// What was found.
        verdict: TokenVerdict,
    },
    /// A session has got everything up to the direct message of this number.
    Confirmed {
        /// The session.
        session: SessionId,
        /// Of [`Output::Direct`].
        number: u64,
    },
    /// A request of the HTTP API wants to say something.
    Post(Post),
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

/// What a request of the HTTP API wants to say (docs/protocol.md 6.8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Named again in [`Output::Posted`].
    pub request: RequestId,
    /// The address that it came from.
    pub source: IpAddr,
    /// Where.
    pub room: RoomName,
    /// Who says it.
    pub nick: Nick,
    /// The same id of the same nick again is the same message.
    pub msg_id: Option<MsgId>,
    /// What, 1 to [`crate::limits::PAYLOAD_BYTES`].
    pub payload: String,
}

/// What became of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenVerdict {
    /// It is the nick's.
    Good,
    /// It is not.
    Unknown,
    /// It was, until a time that is over.
    Expired,
    /// Nobody could look.
    Unchecked,
}

/// What a hub wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// This room has a log from here on, for those who enter it.
    RoomOpened {
        /// The room.
        room: RoomId,
        /// Its name.
        name: RoomName,
    },
    /// Keep this; answered by [`Input::Stored`] or [`Input::StoreFailed`].
    Store(Record),
    /// Look up what an author has sent; answered by [`Input::Acked`].
    LoadAcked {
        /// The author.
        author: Author,
    },
    /// Look whether a token is the nick's; answered by [`Input::TokenChecked`].
    CheckToken {
        /// For this session.
        session: SessionId,
        /// The nick.
        nick: Nick,
        /// The token.
        token: String,
    },
    /// Tell one session of the session protocol, behind what its rooms have heard.
    Reply {
        /// The session.
        session: SessionId,
        /// A whole frame.
        frame: String,
    },
    /// The same, and find out when it has arrived: then [`Input::Confirmed`].
    Direct {
        /// The session.
        session: SessionId,
        /// A whole frame.
        frame: String,
        /// Never used before.
        number: u64,
    },
    /// Let the session read the room's log from behind `after` up to `until`, before it reads on live. What is not kept
    /// any more is shown as a gap ([`crate::hub::Replay`]).
    Replay {
        /// The session.
        session: SessionId,
        /// The room.
        room: RoomId,
        /// What it has read.
        after: Cursor,
        /// Where live began.
        until: Cursor,
    },
    /// Show the session what was said before.
    Recall {
        /// The session.
        session: SessionId,
        /// The room.
        room: RoomId,
        /// Before these messages; the newest if missing.
        before: Option<Cursor>,
        /// How many at most.
        limit: usize,
        /// Only those with these words.
        query: Option<String>,
    },
    /// Answer a request of the HTTP API: the message's id and number, or why it was not said.
    Posted {
        /// The request.
        request: RequestId,
        /// What became of it.
        result: Result<(MsgId, Key), (Code, String)>,
    },
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
    /// This room is forgotten: nobody needs its log any more.
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
    /// The same session has a newer connection.
    Replaced,
    /// It may not come in.
    Unauthorized,
    /// It did not say who it is in time.
    NoHello,
}

impl CloseReason {
    /// The word for it on the wire (docs/protocol.md 6.3).
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Quit => "quit",
            Self::GoingAway => "going_away",
            Self::KeepaliveTimeout => "keepalive_timeout",
            Self::TooManySessions => "too_many_sessions",
            Self::HubFull => "hub_full",
            Self::SlowConsumer => "slow_consumer",
            Self::Binary => "binary",
            Self::BadUtf8 => "bad_utf8",
            Self::TooLarge => "too_large",
            Self::BadFrame => "bad_frame",
            Self::Lost => "lost",
            Self::Replaced => "replaced",
            Self::Unauthorized => "unauthorized",
            Self::NoHello => "no_hello",
        }
    }
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
    /// Messages could not be kept and were not said; whoever said them was told.
    NotStored {
        /// How many.
        messages: usize,
        /// What the disk said.
        detail: String,
    },
    /// A session asked for something that makes no sense, for the first time.
    BadRequest {
        /// The session.
        session: SessionId,
        /// What was wrong.
        detail: String,
    },
    /// Messages of another hub did not arrive.
    Missed {
        /// The hub.
        origin: HubId,
        /// How many.
        count: u64,
    },
}
