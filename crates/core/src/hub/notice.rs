//! What a hub tells one session alone. The driver puts it into words of the hub's language.

use crate::id::{Nick, ParseIdError, RoomName};

/// An answer for one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The commands of this door.
    Help,
    /// Somebody pressed Enter on an empty line: who and where they are.
    Hint {
        /// The session's label.
        label: String,
        /// Its room.
        room: RoomName,
    },
    /// No such command.
    UnknownCommand {
        /// The word as typed, slash included.
        given: String,
        /// The command that was probably meant.
        suggestion: Option<&'static str>,
    },
    /// Who is here.
    Who {
        /// The room.
        room: RoomName,
        /// All sessions of this hub in the room.
        count: usize,
        /// The first of their labels.
        labels: Vec<String>,
    },
    /// The nick is set.
    NickSet(Nick),
    /// The nick was taken; another was given.
    NickTaken {
        /// What was asked for.
        wanted: Nick,
        /// What was given.
        given: Nick,
    },
    /// That is no nick.
    NickBad(ParseIdError),
    /// `/nick` without a name.
    NickUsage,
    /// The session is in that room now.
    RoomJoined(RoomName),
    /// The session was there already.
    RoomSame(RoomName),
    /// That is no room name.
    RoomBad(ParseIdError),
    /// `/join` without a room.
    RoomUsage,
    /// The hub holds no more rooms.
    RoomsFull,
    /// What it said could not be kept, so it was not said.
    NotKept,
    /// Somebody says something to this session alone.
    Direct {
        /// The nick of who says it.
        from: String,
        /// What. Not fit for a terminal as it is.
        text: String,
    },
    /// The message was longer than a message may be, and was not said.
    TooLong {
        /// Its length in bytes.
        bytes: u64,
    },
}
