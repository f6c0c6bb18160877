//! Sockets: accepting connections, and the life of one connection between its socket and the hub.

pub(crate) mod accept;
pub(crate) mod connection;
pub(crate) mod files;
pub(crate) mod memory;
pub(crate) mod outbound;
pub(crate) mod reach;
pub(crate) mod replay;
