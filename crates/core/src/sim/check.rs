//! What is promised, as named checks (docs/semantics.md).

use std::fmt;

use serde::{Deserialize, Serialize};

/// A promise. Their names are those of docs/semantics.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Invariant {
    /// What was acknowledged survives a crash.
    R1,
    /// No silent gap: numbers at a session follow each other, or a gap says which are missing.
    R2,
    /// Numbers only grow, in a room, from one hub.
    R3,
    /// No message of a hub is shown twice at a session.
    R4,
    /// Saying the same again does not say it twice.
    R5,
    /// Who comes back gets exactly what was missed.
    R6,
    /// Linked hubs come to show the same, and a message crosses a hub link once.
    R7,
    /// A stalled session delays nobody else.
    R8,
    /// What an old service said, without an id, is shown once and goes no further.
    R9,
    /// Every message to one peer ends once, delivered or failed.
    U1,
    /// It is shown at most once.
    U2,
    /// A confirmation counts only if the destination signed it, and it does so only for what it showed.
    U3,
    /// No loops: ttl falls, a way has at most eight hops, a relay passes a try on once.
    U4,
    /// A way that failed is not tried again for the same message.
    U5,
    /// What a relay holds is bounded.
    U6,
    /// A message to one peer has ended after 20 s.
    U7,
    /// What a node publishes it shows nobody twice.
    B1,
    /// A published message is displayed at most once by each node.
    B2,
    /// Without faults every node that the ttl reaches gets it.
    B3,
    /// What is invalid is not passed on, and what waits is bounded.
    B4,
    /// Old programs get what they can bear: one line in a write, in ASCII, with pauses.
    Legacy,
    /// No machine panics.
    Panic,
    /// After the last fault all become one network again.
    Heals,
    /// Nobody is shown what nobody said.
    Truth,
}

impl Invariant {
    /// All of them.
    pub const ALL: [Self; 24] = [
        Self::R1,
        Self::R2,
        Self::R3,
        Self::R4,
        Self::R5,
        Self::R6,
        Self::R7,
        Self::R8,
        Self::R9,
        Self::U1,
        Self::U2,
        Self::U3,
        Self::U4,
        Self::U5,
        Self::U6,
        Self::U7,
        Self::B1,
        Self::B2,
        Self::B3,
        Self::B4,
        Self::Legacy,
        Self::Panic,
        Self::Heals,
        Self::Truth,
    ];

    /// What is promised, in a few words.
    pub const fn promise(self) -> &'static str {
        match self {
            Self::R1 => "what was acknowledged survives a crash",
            Self::R2 => "no silent gap",
            Self::R3 => "numbers only grow",
            Self::R4 => "no message of a hub is shown twice",
            Self::R5 => "saying the same again does not say it twice",
            Self::R6 => "who comes back gets exactly what was missed",
            Self::R7 => "linked hubs come to show the same",
            Self::R8 => "a stalled session delays nobody else",
            Self::R9 => "what an old service said is shown once and goes no further",
            Self::U1 => "every message to one peer ends exactly once",
            Self::U2 => "a message to one peer is shown at most once",
            Self::U3 => "what is confirmed was shown",
            Self::U4 => "no loops: ttl falls and a relay passes a try on once",
            Self::U5 => "a way that failed is not tried again for the same message",
            Self::U6 => "what a relay holds is bounded",
            Self::U7 => "a message to one peer has ended after 20 s",
            Self::B1 => "what a node publishes it shows nobody twice",
            Self::B2 => "a published message is displayed at most once",
            Self::B3 => "without faults every node that the ttl reaches gets it",
            Self::B4 => "what is invalid is not passed on, and what waits is bounded",
            Self::Legacy => "old programs get what they can bear",
            Self::Panic => "no machine panics",
            Self::Heals => "after the last fault all become one network again",
            Self::Truth => "nobody is shown what nobody said",
        }
    }
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
