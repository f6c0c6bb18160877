//! The ways that messages took, for drawing.

use serde::Serialize;

use crate::time::Instant;

/// Every line that carried a message or an answer to one, in the order in which they were sent; at most
/// [`Trace::MOST`] of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// Name of each actor; the others give places in this list.
    pub names: Vec<String>,
    /// Lines from one actor to another.
    pub hops: Vec<Hop>,
    /// What people were shown.
    pub marks: Vec<Mark>,
    /// Lines that were left out because there were too many.
    pub left_out: u64,
}

/// One line on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hop {
    /// When it was written.
    pub sent: Instant,
    /// When it was read; none when it never was.
    pub arrived: Option<Instant>,
    /// Who wrote it.
    pub from: usize,
    /// Who was to read it.
    pub to: usize,
    /// Its type, such as `SEND`.
    pub kind: String,
    /// The message that it is, or belongs to. Empty for none.
    pub msg_id: String,
    /// Its ttl, where it has one.
    pub ttl: Option<u8>,
}

/// Something that an actor told its person, or that happened to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// When.
    pub at: Instant,
    /// Whose.
    pub actor: usize,
    /// The message that it is about; empty for a fault.
    pub msg_id: String,
    /// Such as `shows "oi"`, `delivered`, `failed: no_route`, `crashes`.
    pub text: String,
}

impl Trace {
    /// Hops that are kept.
    pub const MOST: usize = 20_000;
}
