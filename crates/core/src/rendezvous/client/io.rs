//! What goes into a rendezvous client and what comes out of it.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::identity::{Identity, PublicKey};
use crate::limits::{RENDEZVOUS_DISCOVER_INTERVAL, RENDEZVOUS_LEASE};
use crate::time::{Instant, UtcMillis};

/// What a client is made with.
#[derive(Debug, Clone)]
pub struct Config {
    /// The peer's name: 1 to 64 characters.
    pub name: String,
    /// Its namespace: 1 to 64 characters.
    pub namespace: String,
    /// The port where it is reached. Its address is what the server sees.
    pub port: u16,
    /// The lease to ask for; whole seconds count.
    pub lease: Duration,
    /// With it registrations are signed (docs/protocol.md 1.8).
    pub identity: Option<Identity>,
    /// False for a peer that only looks: it asks for the list and is not in it.
    pub register: bool,
    /// How often to ask for the list, on average.
    pub discover_every: Duration,
    /// Whom to ask for.
    pub scope: Scope,
    /// The time of day at the client's first moment.
    pub utc: UtcMillis,
}

impl Config {
    /// A peer that registers unsigned, with the usual lease, and asks for everybody.
    pub fn new(name: impl Into<String>, namespace: impl Into<String>, port: u16, utc: UtcMillis) -> Self {
        Self {
            name: name.into(),
            namespace: namespace.into(),
            port,
            lease: RENDEZVOUS_LEASE,
            identity: None,
            register: true,
            discover_every: RENDEZVOUS_DISCOVER_INTERVAL,
            scope: Scope::Everybody,
            utc,
        }
    }
}

/// Whom a client asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Scope {
    /// All namespaces: a peer's own is not enough to reach those of other ones.
    #[default]
    Everybody,
    /// One namespace.
    Namespace(String),
}

/// What happens to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input<'a> {
    /// Begin.
    Start,
    /// The request in flight was sent, and this came until the server closed; may be empty.
    Reply {
        /// All of it, or somewhat more than [`crate::limits::RENDEZVOUS_REPLY_BYTES`] of it.
        bytes: &'a [u8],
    },
    /// The request in flight ended otherwise: no connection, no end of the reply in time.
    Failed,
    /// Somebody wants the list now.
    DiscoverNow,
    /// Forget every wait but that for the budget, and register again.
    Reconnect,
    /// Take the registration back and end.
    Leave,
    /// The clock of the day says this now.
    WallClock(UtcMillis),
    /// [`super::Client::poll_timeout`] has come.
    Timeout,
}

/// What a client wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Open a connection of its own, write this at once, read until the server closes, and tell how it ended with
    /// [`Input::Reply`] or [`Input::Failed`]. Only one is in flight: when another `Send` comes first, which
    /// [`Input::Leave`] can cause, drop the connection of the former and tell nothing of it.
    Send {
        /// One line of JSON in ASCII, with its newline.
        request: Vec<u8>,
    },
    /// The list that the server gave.
    Peers(Vec<Listed>),
    /// The list that somebody wanted has to wait, at least until then. It stays wanted.
    Later {
        /// The next moment at which the client may ask anything.
        at: Instant,
    },
    /// How the client stands with its server has changed.
    Status(ClientStatus),
    /// For the log.
    Remark(Remark),
}

/// A peer as a rendezvous server lists it. Nothing of it is proven but what [`Record::verified`] says: it may be wrong,
/// old, or meant to make many dial one victim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Where it is said to be reached: not unspecified, multicast or broadcast, the port not 0. IPv4 where it is one.
    pub address: SocketAddr,
    /// Its name: 1 to 64 characters, no controls, no `@`.
    pub name: String,
    /// Its namespace, of the same shape.
    pub namespace: String,
    /// How long the server will keep it without a renewal.
    pub left: Duration,
    /// Who signed the registration.
    pub record: Option<Record>,
}

/// A signed registration (docs/protocol.md 1.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// The key that is said to have signed.
    pub key: PublicKey,
    /// The registration's number, which grows.
    pub seq: u64,
    /// True when the key has signed just this name, namespace, port and number. The address is not signed.
    pub verified: bool,
}

/// How a client stands with its server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientStatus {
    /// Not registered; nothing is wrong.
    Unregistered,
    /// Registered.
    Registered {
        /// The address that the server sees, if it said so.
        observed: Option<IpAddr>,
        /// The lease that it gave.
        lease: Duration,
        /// When that ends, unless it is renewed.
        until: Instant,
    },
    /// Not registered because it does not want to be; the server answers.
    Looking,
    /// The last request failed.
    Failing {
        /// So.
        reason: Trouble,
        /// Not before then comes the next one.
        next_try: Instant,
    },
    /// The server does not listen to this address for a while.
    Banned {
        /// Not before then comes the next request.
        until: Instant,
    },
    /// It has left. Nothing more comes.
    Gone,
}

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// No connection, or no reply in time.
    Unreachable,
    /// The reply is longer than [`crate::limits::RENDEZVOUS_REPLY_BYTES`].
    TooLong,
    /// The reply is not what a rendezvous server says.
    NotUnderstood,
    /// The server said no, in these words. A stranger's: make them harmless before showing them.
    Refused(String),
}

/// What is worth a line in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remark {
    /// The server gave another lease than was asked for.
    LeaseChanged {
        /// Asked for.
        asked: Duration,
        /// Given.
        got: Duration,
    },
    /// So many entries of a list were left out: nonsense, or beyond [`crate::limits::RENDEZVOUS_LISTED`].
    EntriesSkipped(usize),
    /// The server has forgotten this peer, which registers again.
    Forgotten,
}
