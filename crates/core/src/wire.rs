//! Bytes and texts as they stand on a connection: taken apart, put together, made harmless.
//!
//! Nothing here knows a room or a session. Every reader is bounded and takes bytes that were cut anywhere.

pub mod fields;
pub mod json;
pub mod line;
pub mod peer;
pub mod relay;
pub mod rendezvous;
pub mod session;
pub mod signature;
pub mod split;
pub mod text;
