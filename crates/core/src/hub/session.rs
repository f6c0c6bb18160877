//! One session of a text door: what it has sent but not yet said, and who it is.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

use crate::hub::protocol::{Protocol, Stage};
use crate::id::{Nick, RoomId};
use crate::limits::{HISTORY_BURST, HISTORY_RATE, LAST_WORDS, PAYLOAD_BYTES, REQUEST_BURST, REQUEST_RATE};
use crate::pace::{Pace, Rate};
use crate::time::Instant;
use crate::wire::line::{Line, LineDecoder};
use crate::wire::session::{Refused, Request};
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
    /// The session protocol (docs/protocol.md 6).
    Session,
}

/// A unit of what a session sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Text(String),
    TooLong(u64),
    /// An empty line: the first one of a text client is answered.
    Blank,
    /// What a client of the session protocol asks for.
    Request(Box<Result<Request, Refused>>),
}

impl Item {
    /// What makes a disk look for what was said.
    fn recalls(&self) -> bool {
        matches!(self, Self::Request(request) if matches!(**request, Ok(Request::History { .. })))
    }

    /// What says something takes its time; what only asks has another pace.
    fn says(&self) -> bool {
        match self {
            Self::Text(_) | Self::TooLong(_) => true,
            Self::Blank => false,
            Self::Request(request) => matches!(**request, Ok(Request::Pub { .. } | Request::Send { .. })),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) door: Door,
    pub(crate) address: IpAddr,
    /// The room of a session of a text door; others may be in several.
    room: RoomId,
    /// What is known of a session of the session protocol.
    pub(crate) protocol: Option<Protocol>,
    pub(crate) label: Arc<str>,
    pub(crate) nick: Option<Nick>,
    /// Its input ended: it leaves as soon as everything it sent is said.
    pub(crate) ending: bool,
    /// The driver was told to leave its input unread.
    pub(crate) paused: bool,
    lines: LineDecoder,
    waiting: Waiting,
    pace: Pace,
    requests: Pace,
    histories: Pace,
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
            Door::WebSocketText { client } => text::client_label(*client),
            // A session of the protocol until it says who it is.
            Door::TcpText | Door::Session => address.to_string(),
        };
        Self {
            address,
            room,
            protocol: (door == Door::Session).then(Protocol::default),
            door,
            label: label.into(),
            nick: None,
            ending: false,
            paused: false,
            lines: LineDecoder::new(PAYLOAD_BYTES),
            waiting: Waiting::default(),
            pace: Pace::default(),
            requests: Pace::default(),
            histories: Pace::default(),
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
            (None, Door::TcpText | Door::Session) => self.address.to_string(),
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

    /// The room of a session of a text door, and the first one of any other.
    pub(crate) fn room(&self) -> RoomId {
        let first = self.protocol.as_ref().and_then(|protocol| protocol.rooms.keys().next());
        first.copied().unwrap_or(self.room)
    }

    /// The rooms that it is in.
    pub(crate) fn rooms(&self) -> Vec<RoomId> {
        match &self.protocol {
            None => vec![self.room],
            Some(protocol) => protocol.rooms.keys().copied().collect(),
        }
    }

    /// A session of a text door goes elsewhere.
    pub(crate) fn move_to(&mut self, room: RoomId) {
        self.room = room;
    }

    /// Nothing more is taken of it before it is known what it has sent.
    pub(crate) fn is_unsettled(&self) -> bool {
        let stage = self.protocol.as_ref().map(|protocol| &protocol.stage);
        matches!(stage, Some(Stage::Waits(_) | Stage::Asks(_)))
    }

    /// A whole message of a WebSocket.
    pub(crate) fn on_text(&mut self, text: String) {
        if self.protocol.is_some() {
            let request = Box::new(Request::parse(&text));
            return self.waiting.items.push_back(Item::Request(request));
        }
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
        let taken = if first.says() {
            rate.map_or(Ok(()), |rate| self.pace.take(rate, now))
        } else if first == Item::Blank {
            Ok(())
        } else if first.recalls() {
            self.histories.take(Rate::new(HISTORY_RATE, HISTORY_BURST), now)
        } else {
            self.requests.take(Rate::new(REQUEST_RATE, REQUEST_BURST), now)
        };
        Some(match taken {
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
