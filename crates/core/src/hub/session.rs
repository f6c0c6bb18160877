//! One session of a text door: what it has sent but not yet said, and who it is.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

use crate::id::{Nick, RoomId};
use crate::limits::{LAST_WORDS, PAYLOAD_BYTES};
use crate::pace::{Pace, Rate};
use crate::time::Instant;
use crate::wire::line::{Line, LineDecoder};
use crate::wire::text;

/// The door that a session came in by, and what that door knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Door {
    /// The TCP text door (docs/protocol.md 4).
    TcpText,
    /// The WebSocket text door `/ws/{client_id}` (docs/protocol.md 5.1).
    WebSocketText {
        /// The id that the client chose.
        client: i64,
    },
}

/// A unit of what a session sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Text(String),
    TooLong(u64),
    /// An empty line: the first one of a text client is answered.
    Blank,
}

#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) door: Door,
    pub(crate) address: IpAddr,
    pub(crate) room: RoomId,
    pub(crate) label: Arc<str>,
    pub(crate) nick: Option<Nick>,
    /// Its input ended: it leaves as soon as everything it sent is said.
    pub(crate) ending: bool,
    /// The driver was told to leave its input unread.
    pub(crate) paused: bool,
    lines: LineDecoder,
    waiting: Waiting,
    pace: Pace,
    life: Life,
}

/// What it sent and has not said.
#[derive(Debug, Default)]
struct Waiting {
    items: VecDeque<Item>,
    blank_seen: bool,
}

/// Whether anything was heard since the last keep-alive interval ended, and for how many before it nothing was.
#[derive(Debug)]
struct Life {
    heard: bool,
    misses: u32,
}

impl Session {
    pub(crate) fn new(door: Door, address: IpAddr, room: RoomId) -> Self {
        let label = match &door {
            Door::TcpText => address.to_string(),
            Door::WebSocketText { client } => text::client_label(*client),
        };
        Self {
            door,
            address,
            room,
            label: label.into(),
            nick: None,
            ending: false,
            paused: false,
            lines: LineDecoder::new(PAYLOAD_BYTES),
            waiting: Waiting::default(),
            pace: Pace::default(),
            life: Life {
                heard: false,
                misses: 0,
            },
        }
    }

    /// Others are told when it comes and goes. A TCP client is only once it has a nick: port scans and health checks
    /// would fill the room otherwise, and the old server never told.
    pub(crate) fn announced(&self) -> bool {
        self.nick.is_some() || matches!(self.door, Door::WebSocketText { .. })
    }

    /// The local part of `src` on the wire between hubs: a name without spaces.
    pub(crate) fn name(&self) -> String {
        match (&self.nick, &self.door) {
            (Some(nick), _) => nick.to_string(),
            (None, Door::WebSocketText { client }) => format!("client-{client}"),
            (None, Door::TcpText) => self.address.to_string(),
        }
    }

    /// Bytes of the TCP text door: complete messages wait to be said. True when an unfinished one is held that a pause
    /// would end.
    pub(crate) fn on_bytes(&mut self, bytes: &[u8]) -> bool {
        let waiting = &mut self.waiting;
        self.lines.push(bytes, &mut |line| waiting.push_line(&line));
        self.lines.pending() && !self.lines.has_seen_newline()
    }

    /// The unfinished message, if there is one, ends here.
    pub(crate) fn end_message(&mut self) {
        let waiting = &mut self.waiting;
        self.lines.take_rest(&mut |line| waiting.push_line(&line));
    }

    /// The same for a client without newlines, whose message was probably whole; half a line of another was not.
    pub(crate) fn end_unframed(&mut self) {
        if !self.lines.has_seen_newline() {
            self.end_message();
        }
    }

    /// A whole message of the WebSocket text door.
    pub(crate) fn on_text(&mut self, text: String) {
        if text.len() > PAYLOAD_BYTES {
            self.waiting.items.push_back(Item::TooLong(text.len() as u64));
        } else if !text.trim().is_empty() {
            self.waiting.items.push_back(Item::Text(text));
        }
    }

    /// The next thing that it may say now, or when it may say the next one. `None`: nothing waits.
    pub(crate) fn next_item(&mut self, rate: Option<Rate>, now: Instant) -> Option<Result<Item, Instant>> {
        let Some(first) = self.waiting.items.pop_front() else {
            // One large read must not be held for as long as the session lives.
            self.waiting.items = VecDeque::new();
            return None;
        };
        // An empty line says nothing, so it costs nothing.
        let rate = rate.filter(|_| first != Item::Blank);
        Some(match rate.map_or(Ok(()), |rate| self.pace.take(rate, now)) {
            Ok(()) => Ok(first),
            Err(at) => {
                self.waiting.items.push_front(first);
                Err(at)
            }
        })
    }

    /// Its connection is gone: the last of what it sent is still said, but nobody speaks on for minutes as a ghost.
    pub(crate) fn keep_last_words(&mut self) {
        self.waiting.items.truncate(LAST_WORDS);
    }

    /// Something that it sent is not said yet.
    pub(crate) fn has_waiting(&self) -> bool {
        !self.waiting.items.is_empty()
    }

    /// Any sign of life.
    pub(crate) fn on_heard(&mut self) {
        self.life.heard = true;
    }

    /// Another interval has passed; returns how many in a row brought nothing.
    pub(crate) fn on_interval(&mut self) -> u32 {
        self.life.misses = if self.life.heard { 0 } else { self.life.misses + 1 };
        self.life.heard = false;
        self.life.misses
    }
}

impl Waiting {
    fn push_line(&mut self, line: &Line<'_>) {
        self.items.push_back(match line {
            Line::TooLong { bytes } => Item::TooLong(*bytes),
            Line::Text(bytes) => {
                let text = String::from_utf8_lossy(bytes);
                if !text.trim().is_empty() {
                    Item::Text(text.into_owned())
                } else if std::mem::replace(&mut self.blank_seen, true) {
                    return;
                } else {
                    Item::Blank
                }
            }
        });
    }
}
