//! Notices and close reasons as messages, to be put in the hub's language.

use papo_core::hub::{CloseReason, Notice};
use papo_core::limits::PAYLOAD_BYTES;
use papo_core::wire::text::visible;

use crate::text::{Message, Texts};

/// One or more lines for the session. Names and what was typed are in them as they came.
pub(crate) fn notice(texts: &Texts, notice: Notice) -> String {
    let message = match notice {
        Notice::Help => Message::new("notice-help"),
        Notice::Hint { label, room } => Message::new("notice-hint").with("label", label).showing("room", room),
        Notice::UnknownCommand {
            given,
            suggestion: None,
        } => Message::new("notice-unknown-command").with("given", given),
        Notice::UnknownCommand {
            given,
            suggestion: Some(suggestion),
        } => Message::new("notice-unknown-command-suggest")
            .with("given", given)
            .with("suggestion", suggestion),
        Notice::Who { room, count, labels } => return who(texts, &room, count, &labels),
        Notice::NickSet(nick) => Message::new("notice-nick-set").showing("nick", nick),
        Notice::NickTaken { wanted, given } => Message::new("notice-nick-taken")
            .showing("wanted", wanted)
            .showing("given", given),
        Notice::NickBad(problem) => Message::new("notice-nick-bad").with("reason", Message::from(problem)),
        Notice::NickUsage => Message::new("notice-nick-usage"),
        Notice::RoomJoined(room) => Message::new("notice-room-joined").showing("room", room),
        Notice::RoomSame(room) => Message::new("notice-room-same").showing("room", room),
        Notice::RoomBad(problem) => Message::new("notice-room-bad").with("reason", Message::from(problem)),
        Notice::RoomUsage => Message::new("notice-room-usage"),
        Notice::RoomsFull => Message::new("notice-rooms-full"),
        Notice::NotKept => Message::new("notice-not-kept"),
        // One line, whatever is in it: only the hub begins lines of its own.
        Notice::Direct { from, text } => Message::new("notice-direct")
            .with("from", from)
            .with("text", visible(&text).into_owned()),
        Notice::TooLong { bytes } => Message::new("notice-too-long")
            .with("bytes", bytes)
            .with("limit", PAYLOAD_BYTES),
    };
    texts.say(&message)
}

fn who(texts: &Texts, room: &impl std::fmt::Display, count: usize, labels: &[String]) -> String {
    let message = Message::new("notice-who").showing("room", room).with("count", count);
    let mut words = texts.say(&message.with("labels", labels.join(", ")));
    if count > labels.len() {
        words.push('\n');
        words.push_str(&texts.say(&Message::new("notice-who-more").with("count", count - labels.len())));
    }
    words
}

/// Why a connection ends, if its client is still there to read it.
pub(crate) fn farewell(texts: &Texts, reason: CloseReason) -> Option<String> {
    let key = match reason {
        CloseReason::Ended | CloseReason::Lost => return None,
        CloseReason::Quit => "notice-goodbye",
        CloseReason::GoingAway => "close-going-away",
        CloseReason::KeepaliveTimeout => "close-keepalive",
        CloseReason::TooManySessions => "close-too-many-sessions",
        CloseReason::HubFull => "close-hub-full",
        CloseReason::SlowConsumer => "close-slow-consumer",
        CloseReason::Binary => "close-binary",
        CloseReason::BadUtf8 => "close-bad-utf8",
        CloseReason::TooLarge => "close-too-large",
        CloseReason::BadFrame => "close-bad-frame",
        CloseReason::Replaced => "close-replaced",
        CloseReason::Unauthorized => "close-unauthorized",
        CloseReason::NoHello => "close-no-hello",
    };
    Some(texts.get(key))
}
