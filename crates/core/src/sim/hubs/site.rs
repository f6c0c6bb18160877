//! A hub with its driver: logs, and sessions that read them with cursors of their own.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::checker::Place;
use super::disk::Disk;
use super::people::Told;

use crate::hub::{Entry, Hub};
use crate::id::{HubId, RoomId, SessionId};
use crate::limits::{SEND_QUEUE_BYTES, SEND_QUEUE_HARD_BYTES, SEND_QUEUE_SOFT_BYTES, SLOW_GRACE, SLOW_GRACE_HARD};
use crate::sim::scenario::Reads;
use crate::time::Instant;

/// One hub and whoever is attached to it.
#[derive(Debug)]
pub(super) struct Site {
    /// None while it is away.
    pub(super) hub: Option<Hub>,
    pub(super) id: HubId,
    /// Counts its starts: what was meant for another life does not happen.
    pub(super) life: u32,
    /// The faults that keep it away.
    pub(super) down: BTreeSet<usize>,
    pub(super) sessions: BTreeMap<SessionId, Session>,
    pub(super) logs: BTreeMap<RoomId, Log>,
    /// The wires of its links, in their order.
    pub(super) wires: Vec<usize>,
    pub(super) wake: Option<Instant>,
    /// How far its time of day is off, in milliseconds.
    pub(super) ahead: i64,
    /// Messages that its outboxes dropped, as far as that is known.
    pub(super) overflow: u64,
    /// What it keeps.
    pub(super) disk: Option<Disk>,
}

/// A room's log, without what everybody has read.
#[derive(Debug, Default)]
pub(super) struct Log {
    base: u64,
    entries: VecDeque<(Instant, Entry)>,
}

/// A part of a log that a session reads.
#[derive(Debug)]
struct Segment {
    room: RoomId,
    next: u64,
    /// Where it left the room.
    end: Option<u64>,
}

/// What a client sends.
#[derive(Debug, Clone)]
pub(super) enum Sent {
    Bytes(Vec<u8>),
    Text(String),
    /// A sign of life.
    Alive,
    /// Nothing more.
    End,
    /// The connection is gone.
    Cut,
}

/// How a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Tcp,
    WebSocket,
    /// The session protocol.
    Session,
}

/// One client and its connection.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) form: Form,
    /// It has ended its side, or is about to go.
    pub(super) leaving: bool,
    pub(super) latency: Duration,
    pub(super) reads: Reads,
    /// How long it takes to read what comes.
    pub(super) read_delay: Duration,
    /// When the last of what it sent is there.
    pub(super) arrived: Instant,
    /// A read is under way.
    pub(super) reading: bool,
    /// The faults that keep it from reading, and when the last one ended.
    pub(super) stalls: BTreeSet<usize>,
    pub(super) stalled_until: Option<Instant>,
    /// The hub wants its input left unread.
    pub(super) paused: bool,
    pub(super) unread_input: VecDeque<Sent>,
    /// What was written to a client of the session protocol, and the rooms that it reads.
    pub(super) inbox: VecDeque<(Instant, Told)>,
    pub(super) attached: BTreeSet<RoomId>,
    segments: VecDeque<Segment>,
    backlog: u64,
    over_since: Option<Instant>,
}

/// An entry that a session has read, and in which room.
pub(super) type Display = (RoomId, (Instant, Entry));

impl Site {
    pub(super) fn new(wires: Vec<usize>) -> Self {
        Self {
            hub: None,
            id: HubId::from_bits(0),
            life: 0,
            down: BTreeSet::new(),
            sessions: BTreeMap::new(),
            logs: BTreeMap::new(),
            wires,
            wake: None,
            ahead: 0,
            overflow: 0,
            disk: None,
        }
    }

    pub(super) fn place(&self, hub: usize, room: RoomId) -> Place {
        Place {
            hub,
            id: self.id,
            room: room_number(room),
        }
    }

    pub(super) fn append(&mut self, room: RoomId, now: Instant, entry: Entry) {
        self.logs.entry(room).or_default().entries.push_back((now, entry));
    }

    pub(super) fn attach(&mut self, session: SessionId, room: RoomId) {
        let next = self.logs.entry(room).or_default().end();
        if let Some(session) = self.sessions.get_mut(&session) {
            let end = None;
            session.segments.push_back(Segment { room, next, end });
        }
    }

    pub(super) fn detach(&mut self, session: SessionId, room: RoomId) {
        let end = self.logs.get(&room).map(Log::end);
        let segment = self
            .sessions
            .get_mut(&session)
            .and_then(|session| session.segments.back_mut());
        if let Some(segment) = segment {
            segment.end = end;
        }
    }

    /// What waits for a session; it has read it then.
    pub(super) fn read(&mut self, id: SessionId) -> Vec<Display> {
        let mut displays = Vec::new();
        let Some(session) = self.sessions.get_mut(&id) else {
            return displays;
        };
        for segment in &mut session.segments {
            let Some(log) = self.logs.get(&segment.room) else {
                continue;
            };
            let end = segment.end.unwrap_or_else(|| log.end());
            let skip = usize::try_from(segment.next.saturating_sub(log.base)).unwrap_or(usize::MAX);
            let count = usize::try_from(end.saturating_sub(segment.next)).unwrap_or(0);
            let entries = log.entries.iter().skip(skip).take(count);
            displays.extend(entries.map(|entry| (segment.room, entry.clone())));
            segment.next = end;
        }
        session.segments.retain(|segment| segment.end.is_none());
        session.backlog = 0;
        displays
    }

    /// Forgets what everybody has read.
    pub(super) fn trim(&mut self) {
        for (room, log) in &mut self.logs {
            let segments = self.sessions.values().flat_map(|session| &session.segments);
            let oldest = segments
                .filter(|segment| segment.room == *room)
                .map(|segment| segment.next)
                .min();
            let keep = oldest.unwrap_or_else(|| log.end());
            while log.base < keep && log.entries.pop_front().is_some() {
                log.base += 1;
            }
        }
    }

    /// Counts a burst of so many bytes for everybody in a room. Gives those who have to read, and those who read too
    /// slowly.
    pub(super) fn burst(&mut self, room: RoomId, weight: u64, now: Instant) -> (Vec<SessionId>, Vec<SessionId>) {
        let (mut readers, mut slow) = (Vec::new(), Vec::new());
        for (&id, session) in &mut self.sessions {
            if session
                .segments
                .back()
                .is_none_or(|segment| segment.room != room || segment.end.is_some())
            {
                continue;
            }
            if session.expect(weight, now) {
                readers.push(id);
            } else {
                slow.push(id);
            }
        }
        (readers, slow)
    }
}

impl Log {
    fn end(&self) -> u64 {
        self.base + self.entries.len() as u64
    }
}

impl Session {
    pub(super) fn new(form: Form, latency: Duration, reads: Reads, read_delay: Duration) -> Self {
        Self {
            form,
            leaving: false,
            latency,
            reads,
            read_delay,
            arrived: Instant::ZERO,
            reading: false,
            stalls: BTreeSet::new(),
            stalled_until: None,
            paused: false,
            unread_input: VecDeque::new(),
            inbox: VecDeque::new(),
            attached: BTreeSet::new(),
            segments: VecDeque::new(),
            backlog: 0,
            over_since: None,
        }
    }

    /// The hub reads what this session sends.
    pub(super) fn is_heard(&self) -> bool {
        !self.paused && self.backlog <= SEND_QUEUE_SOFT_BYTES
    }

    /// The bound of the real driver on what waits: see `net/connection.rs` there. False for a slow consumer.
    fn expect(&mut self, weight: u64, now: Instant) -> bool {
        let before = self.backlog;
        self.backlog += weight;
        if before <= SEND_QUEUE_BYTES {
            self.over_since = None;
            return true;
        }
        let since = *self.over_since.get_or_insert(now);
        let late = now.since(since);
        late < SLOW_GRACE && (late < SLOW_GRACE_HARD || before <= SEND_QUEUE_HARD_BYTES)
    }
}

/// Rooms as the checks number them: 0 is the home room, and there is one other.
pub(super) fn room_number(room: RoomId) -> usize {
    usize::from(room.0 != 0)
}

/// The address of a hub or an old service.
pub(super) fn actor_address(actor: usize) -> IpAddr {
    address(0x0a09_0001, actor as u64)
}

/// The address of a session: each has its own.
pub(super) fn session_address(session: SessionId) -> IpAddr {
    address(0x0b00_0001, session.0)
}

fn address(first: u32, number: u64) -> IpAddr {
    Ipv4Addr::from(first.saturating_add(u32::try_from(number).unwrap_or(u32::MAX))).into()
}
