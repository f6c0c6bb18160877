//! What peers say to each other: lines of JSON (docs/protocol.md sections 2 and 3).
//!
//! [`decode`] reads what any program of the family may send, [`encode`] writes what all of them understand, and
//! [`handshake`] proves who is on the other side. Lines are ASCII and at most [`crate::limits::PEER_LINE_BYTES`] long
//! with their newline.

pub mod encode;
mod fields;
pub mod handshake;
mod message;
mod read;
mod seal;
mod target;
mod ttl;

#[cfg(test)]
mod tests;

pub use message::{
    Complaint, Greeting, HelloX, Hit, Message, Metrics, MetricsReq, NONCE_BYTES, Receipt, Search, Speech,
};
pub use read::{Undecodable, decode};
pub use seal::{Seal, Sealed};
pub use target::Target;
pub use ttl::{BadTtl, Ttl};

/// The version that HELLO names.
const VERSION: &str = "1.0";
/// The feature of a peer that passes messages on.
const RELAY: &str = "relay";
/// What this program can do, as HELLO announces it. It proves nothing: others send back what they were sent.
const FEATURES: [&str; 5] = ["ack", RELAY, "who_has", "metrics", "papo1"];
/// What this program can do beyond, once both sides are proven (docs/protocol.md 3.6).
const EXTENSIONS: [&str; 0] = [];
