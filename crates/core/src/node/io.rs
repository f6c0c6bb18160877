//! What goes into a node and what comes out.

use std::net::SocketAddr;
use std::time::Duration;

use serde::Serialize;

use crate::error::Code;
use crate::id::{DialId, MsgId, PeerId, PeerLinkId};
use crate::identity::{Identity, PublicKey};
use crate::time::UtcMillis;
use crate::wire::peer::Ttl;

/// What a node is made with.
#[derive(Debug)]
pub struct Config {
    /// The node's name.
    pub peer_id: PeerId,
    /// The key that proves it.
    pub identity: Identity,
    /// Addresses to dial whoever is there (`--connect`), now and whenever the link is gone.
    pub connect: Vec<SocketAddr>,
    /// Loopback and private addresses may be dialed: the rendezvous is at one itself.
    pub dial_private: bool,
    /// The port where it listens, to know its own record in a list.
    pub port: u16,
    /// The time of day at the first moment.
    pub utc: UtcMillis,
}

/// Who opened a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The other node.
    Inbound,
    /// This node.
    Outbound,
}

/// Whom a message is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// One peer.
    Unicast(PeerId),
    /// Everyone in a namespace, written `#namespace`.
    Namespace(String),
    /// Everyone, written `*`.
    Broadcast,
}

/// Something that happened.
#[derive(Debug)]
pub enum Input<'a> {
    /// A connection that this node asked for with [`Output::Dial`] is open.
    Dialed {
        /// Which attempt.
        dial: DialId,
        /// The new link.
        link: PeerLinkId,
    },
    /// An attempt failed: refused, unreachable or too slow.
    DialFailed {
        /// Which attempt.
        dial: DialId,
    },
    /// Somebody connected.
    Accepted {
        /// The new link.
        link: PeerLinkId,
        /// Where from.
        from: SocketAddr,
    },
    /// A line came, without its newline.
    Line {
        /// Over this link.
        link: PeerLinkId,
        /// What it says, of at most [`crate::limits::PEER_LINE_BYTES`] with the newline.
        line: &'a [u8],
    },
    /// A line came that is too long; its content was thrown away.
    TooLong {
        /// Over this link.
        link: PeerLinkId,
    },
    /// Bytes that [`Output::Write`] gave out have been written.
    Written {
        /// To this link.
        link: PeerLinkId,
        /// How many.
        bytes: usize,
    },
    /// The other side ended the connection, or it broke. The link is never heard of again.
    Closed {
        /// Which link.
        link: PeerLinkId,
    },
    /// The list of a rendezvous, without this node itself.
    Discovered(Vec<Listed>),
    /// The person, or the program, wants something.
    Command(Command),
    /// The time of day, whenever the clock was set.
    WallClock(UtcMillis),
    /// [`super::Node::poll_timeout`] has come.
    Timeout,
}

/// A peer as the rendezvous lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub peer: PeerId,
    /// Where it is said to be.
    pub address: SocketAddr,
    /// The key of a registration that was signed, and whose signature was verified.
    pub key: Option<PublicKey>,
}

/// What a person wants of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Say something to one peer. Answered by [`Event::Sent`], then by one of [`Event::Delivered`] and
    /// [`Event::Failed`]; or by [`Event::Refused`] alone.
    Send {
        /// To whom.
        to: PeerId,
        /// What.
        text: String,
    },
    /// Say something to many. Answered by [`Event::Sent`], or by [`Event::Refused`].
    Publish {
        /// To whom: no unicast.
        scope: Scope,
        /// What.
        text: String,
    },
    /// Dial a known peer now. Answered by [`Event::NeighborUp`] or [`Event::Refused`].
    Connect(PeerId),
    /// Ask a neighbor for a sign of life. Answered by [`Event::Pong`] or [`Event::Refused`].
    Ping(PeerId),
    /// Forget all backoff and dial everyone again.
    Reconnect,
    /// Say BYE on every link. [`Output::Quit`] comes when all are closed.
    Quit,
}

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Open a connection and answer with [`Input::Dialed`] or [`Input::DialFailed`] within
    /// [`crate::limits::DIAL_TIMEOUT`].
    Dial {
        /// Which attempt.
        dial: DialId,
        /// Where to.
        address: SocketAddr,
    },
    /// Write this in one call, and answer with [`Input::Written`] as it goes out. Never more than
    /// [`crate::limits::LINK_WINDOW_BYTES`] and one line are out for a link.
    Write {
        /// To this link.
        link: PeerLinkId,
        /// One line with its newline.
        line: Vec<u8>,
    },
    /// Close the connection once what was given out for it is written. The link is never heard of again, in neither
    /// direction.
    Close {
        /// Which link.
        link: PeerLinkId,
        /// Why, for the log.
        reason: CloseReason,
    },
    /// Something to show.
    Event(Event),
    /// Every link is closed: the node is done.
    Quit,
}

/// Why a link was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseReason {
    /// The other side ended the connection.
    Ended,
    /// The other side said BYE.
    TheirBye,
    /// This node said BYE.
    OurBye,
    /// No HELLO, or no answer to one, in time.
    NoHello,
    /// What came first was no HELLO.
    NotAPeer,
    /// The other side refused, because there is a connection already.
    AlreadyConnected,
    /// There is a better connection to the same peer.
    Duplicate,
    /// It is this node itself.
    Ourselves,
    /// It claims a name whose key is known, and did not prove it.
    Unauthorized,
    /// Nothing came for too long.
    Silent,
    /// It reads too slowly.
    SlowConsumer,
    /// A line was too long.
    LineTooLong,
    /// There are too many connections, in all or from its address.
    TooMany,
}

/// The kind of a received message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Kind {
    /// To this node alone.
    #[serde(rename = "SEND")]
    Send,
    /// To a namespace or to everyone.
    #[serde(rename = "PUB")]
    Pub,
}

/// Why a received message was neither shown nor passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DropCause {
    /// Its signature is wrong, or the key is not the one known for its source.
    Forged,
    /// It was signed long ago, or its number was used before.
    Replayed,
    /// It is no message of its kind.
    BadFormat,
    /// Its source, or the link, sends too much.
    TooFast,
}

/// Something to show to the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A peer has its first live link.
    NeighborUp {
        /// Who.
        peer: PeerId,
        /// Who opened the connection.
        direction: Direction,
        /// It proved its key.
        proven: bool,
        /// Where it is.
        address: SocketAddr,
    },
    /// A peer's last link is gone.
    NeighborDown {
        /// Who.
        peer: PeerId,
        /// Who had opened the last connection.
        direction: Direction,
        /// Why.
        reason: CloseReason,
    },
    /// A message for this node came.
    Message {
        /// To it alone, or to many.
        kind: Kind,
        /// The message's id.
        msg_id: String,
        /// Who said it.
        src: PeerId,
        /// To whom, as it stands on the wire.
        dst: String,
        /// The text, as it came.
        payload: String,
        /// Hops that it could still have made.
        ttl: Ttl,
        /// Its signature is good, and its key is the one known for `src`.
        verified: bool,
        /// The neighbor that passed it on, when that is not `src`.
        via: Option<PeerId>,
    },
    /// A message of this node is on its way, or looks for one.
    Sent {
        /// Its id.
        msg_id: MsgId,
        /// To whom, as it stands on the wire.
        dst: String,
    },
    /// The destination confirmed it.
    Delivered {
        /// Its id.
        msg_id: MsgId,
        /// To whom.
        dst: PeerId,
        /// How long that took since it was sent first.
        after: Duration,
        /// The destination signed the confirmation.
        verified: bool,
    },
    /// It will not be delivered any more, or nobody can tell.
    Failed {
        /// Its id.
        msg_id: MsgId,
        /// To whom.
        dst: PeerId,
        /// Why.
        code: Code,
        /// What is known beyond that, in English, such as where it stopped.
        detail: String,
    },
    /// A command was not done.
    Refused {
        /// Why.
        code: Code,
        /// What about, such as a peer's name.
        about: String,
    },
    /// A neighbor answered a PING that somebody asked for.
    Pong {
        /// Who.
        peer: PeerId,
        /// How long it took.
        rtt: Duration,
    },
    /// A received message was dropped. Told once for each cause and source within a minute; counted always.
    Dropped {
        /// Who is said to have sent it, if that could be read.
        src: Option<PeerId>,
        /// Over which neighbor it came.
        via: Option<PeerId>,
        /// Why.
        cause: DropCause,
    },
    /// Somebody at this address claims a name whose key is known, without proving it.
    Impostor {
        /// Whose name.
        peer: PeerId,
        /// Where from.
        address: SocketAddr,
    },
    /// An ERROR came that belongs to no message of this node.
    PeerError {
        /// From whom.
        peer: PeerId,
        /// Its code, as it came.
        code: String,
        /// What else it says.
        detail: String,
    },
    /// For the log: a round-trip time was measured.
    RttMeasured {
        /// To whom.
        peer: PeerId,
        /// The single measurement.
        rtt: Duration,
    },
}

/// The state of a node, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Every live link.
    pub conns: Vec<Conn>,
    /// Every known route: neighbors and what was learned.
    pub routes: Vec<RouteRow>,
    /// Every neighbor's round-trip time.
    pub rtts: Vec<Rtt>,
    /// Known peers: listed by the rendezvous or connected, with whether a link is live, and the time until the next
    /// dial.
    pub peers: Vec<PeerRow>,
    /// Counters and queue depths, by name, in a fixed order.
    pub counters: Vec<(&'static str, u64)>,
}

/// A known peer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PeerRow {
    /// Who.
    pub peer_id: PeerId,
    /// Where it is said to be; none when it only came by itself.
    pub addresses: Vec<SocketAddr>,
    /// A link is live.
    pub connected: bool,
    /// Dials that failed in a row.
    pub failures: u32,
    /// When it is dialed next, from now.
    pub next_dial: Option<Duration>,
}

/// A live link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conn {
    /// Who is on the other side.
    pub peer_id: PeerId,
    /// Its address.
    pub address: SocketAddr,
    /// Who opened it.
    pub direction: Direction,
    /// It proved its key.
    pub proven: bool,
    /// Since when it is live.
    pub age: Duration,
    /// Lines and bytes that came.
    pub received: (u64, u64),
    /// Lines and bytes that went.
    pub sent: (u64, u64),
    /// Bytes that wait.
    pub queued: usize,
    /// Its peer's smoothed round-trip time.
    pub rtt: Option<Duration>,
}

/// A way to a peer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RouteRow {
    /// To whom.
    pub destination: PeerId,
    /// Over which neighbor.
    pub next_hop: PeerId,
    /// How far it is.
    pub hops: u8,
    /// Since when it is known.
    pub age: Duration,
    /// The round-trip time of the next hop.
    pub rtt: Option<Duration>,
}

/// A neighbor's round-trip time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rtt {
    /// Whose.
    pub peer_id: PeerId,
    /// Smoothed (RFC 6298).
    pub smoothed: Duration,
    /// How much it varies.
    pub jitter: Duration,
    /// The last measurement.
    pub last: Duration,
    /// How many there were.
    pub samples: u64,
}
