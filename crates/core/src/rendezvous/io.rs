//! What goes into the registry and what comes out.

use std::net::SocketAddr;

use ipnet::IpNet;

use super::log::Entry;
use crate::id::ConnectionId;
use crate::limits::{REGISTRATIONS, REGISTRATIONS_PER_ADDRESS, REGISTRATIONS_PER_NAMESPACE};
use crate::time::UtcMillis;
use crate::wire::rendezvous::Dialect;

/// What a registry is made with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Whose habits it has.
    pub dialect: Dialect,
    /// How often one address may ask in a minute; `None` for any number.
    pub per_minute: Option<u32>,
    /// Networks without limits per address, in dialect 2025-09 besides loopback.
    pub trusted: Vec<IpNet>,
    /// How many registrations there may be.
    pub capacity: Capacity,
    /// The time of day at the first moment.
    pub utc: UtcMillis,
}

/// How many registrations there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacity {
    /// In all.
    pub total: usize,
    /// In one namespace.
    pub per_namespace: usize,
    /// From one address. Loopback and trusted networks have no such bound.
    pub per_address: usize,
}

impl Default for Capacity {
    fn default() -> Self {
        Self {
            total: REGISTRATIONS,
            per_namespace: REGISTRATIONS_PER_NAMESPACE,
            per_address: REGISTRATIONS_PER_ADDRESS,
        }
    }
}

/// Something that happened.
#[derive(Debug)]
pub enum Input<'a> {
    /// Somebody connected. Answered by [`Output::Read`], [`Output::Reply`] or [`Output::Close`].
    Opened {
        /// The connection, which no other had before.
        connection: ConnectionId,
        /// Its other end, as the operating system sees it.
        from: SocketAddr,
    },
    /// The first line of a connection, or all that came before its end. Answered by [`Output::Reply`].
    Line {
        /// The connection.
        connection: ConnectionId,
        /// The line without its newline.
        line: &'a [u8],
    },
    /// More than [`crate::limits::RENDEZVOUS_LINE_BYTES`] came. Answered by [`Output::Reply`].
    TooLong {
        /// The connection.
        connection: ConnectionId,
    },
    /// No whole line came within [`crate::limits::RENDEZVOUS_LINE_DEADLINE`]. Answered by [`Output::Reply`].
    Silent {
        /// The connection.
        connection: ConnectionId,
    },
    /// The connection is gone before it was answered.
    Closed {
        /// The connection.
        connection: ConnectionId,
    },
    /// An entry of the log, read back at the start, in its order. Nothing is put out for it.
    Restored(Entry),
    /// Whether what is to be stored can be stored. While it cannot, registrations are refused.
    Storing(bool),
    /// The time of day, at the start and whenever the clock was set.
    WallClock(UtcMillis),
    /// [`super::Registry::poll_timeout`] has come.
    Timeout,
}

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Read a line from the connection.
    Read {
        /// The connection.
        connection: ConnectionId,
    },
    /// Send this and close.
    Reply {
        /// The connection.
        connection: ConnectionId,
        /// The whole reply, its newline included.
        line: Vec<u8>,
        /// Only after every [`Output::Store`] before it is durable.
        stored: bool,
    },
    /// Close without a byte.
    Close {
        /// The connection.
        connection: ConnectionId,
    },
    /// Append this to the log.
    Store(Entry),
}
