//! What is decided but may not leave the hub before what comes first is safe on the disk (docs/semantics.md).
//!
//! Everything that somebody could notice goes through one queue, so that waiting for the disk changes no order. While
//! nothing waits for the disk, the queue is empty and nothing passes through it.

use std::collections::{BTreeSet, VecDeque};

use super::entry::Entry;
use super::record::{Author, Change, Record, Said, Ticket};
use super::{Cursor, Output};

use crate::hub::federation::Undo;
use crate::id::{HubId, MsgId, RequestId, RoomId, Seq, SessionId};
use crate::limits::UNSTORED_MESSAGES;
use crate::wire::relay::Envelope;

/// One thing that waits.
#[derive(Debug)]
pub(crate) enum Staged {
    /// Nothing but to be done.
    Output(Box<Output>),
    /// Something was said.
    Said(Box<Speech>),
    /// A notice for a room, and for other hubs if it has an envelope.
    Notice {
        room: RoomId,
        entry: Box<Entry>,
        envelope: Option<Box<Envelope>>,
        /// The hub that it came from.
        from: Option<HubId>,
    },
    /// A session begins to read a room, or catches up in it.
    Join {
        session: SessionId,
        room: RoomId,
        after: Option<Cursor>,
        /// It was not in the room before.
        enters: bool,
    },
    /// A session asks for a message again that an earlier one of the same author said, and that waits.
    Again {
        session: SessionId,
        author: Author,
        msg_id: MsgId,
    },
    /// What a request to `/relay` brought is safe.
    Relayed { request: RequestId },
}

/// Something that was said, here or elsewhere.
#[derive(Debug)]
pub(crate) struct Speech {
    /// Where it is shown; other hubs may say things in rooms that nobody here has entered.
    pub(crate) room: Option<RoomId>,
    pub(crate) said: Said,
    /// As it came, or as it goes to other hubs.
    pub(crate) envelope: Envelope,
    /// The hub that it came from.
    pub(crate) from: Option<HubId>,
    /// Who has to know when it could not be kept.
    pub(crate) by: By,
    /// What it moved.
    pub(crate) undo: Undone,
    /// Numbers of its hub that did not arrive before it.
    pub(crate) missed: Option<(Seq, Seq)>,
}

/// Who said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// Somebody elsewhere, and its hub says it again.
    Elsewhere,
    /// A session of a text door.
    Text(SessionId),
    /// A session of the session protocol.
    Session(SessionId),
    /// A request of the HTTP API.
    Post(RequestId),
}

/// What is to be taken back when it could not be kept.
#[derive(Debug)]
pub(crate) enum Undone {
    /// A number of this hub.
    Own(Seq),
    /// The head of another hub.
    Head(Undo),
}

/// The queue.
#[derive(Debug)]
pub(crate) struct Staging {
    durable: bool,
    queue: VecDeque<(Ticket, Staged)>,
    /// Messages in the queue.
    speeches: usize,
    last: Ticket,
    /// The last one that anything waits for.
    awaited: Ticket,
    epoch: u32,
    /// Sessions that have more to say, once there is room.
    pub(crate) held: BTreeSet<SessionId>,
}

impl Staging {
    pub(crate) fn new(durable: bool) -> Self {
        Self {
            durable,
            queue: VecDeque::new(),
            speeches: 0,
            last: Ticket(0),
            awaited: Ticket(0),
            epoch: 0,
            held: BTreeSet::new(),
        }
    }

    pub(crate) fn is_durable(&self) -> bool {
        self.durable
    }

    /// Nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Too much waits for the disk.
    pub(crate) fn is_full(&self) -> bool {
        self.speeches >= UNSTORED_MESSAGES
    }

    /// There is room again for those who were held.
    pub(crate) fn has_room(&self) -> bool {
        self.speeches <= UNSTORED_MESSAGES / 2
    }

    /// The record of a change; what is staged from now on waits for it.
    pub(crate) fn record(&mut self, change: Change) -> Record {
        let record = self.record_aside(change);
        self.awaited = record.ticket;
        record
    }

    /// The record of a change that nothing waits for.
    pub(crate) fn record_aside(&mut self, change: Change) -> Record {
        self.last = Ticket(self.last.0 + 1);
        Record {
            ticket: self.last,
            epoch: self.epoch,
            change,
        }
    }

    /// Puts something behind everything that waits.
    pub(crate) fn push(&mut self, staged: Staged) {
        self.speeches += usize::from(matches!(staged, Staged::Said(_)));
        self.queue.push_back((self.awaited, staged));
    }

    /// The next thing that needs nothing but what is safe up to `through`.
    pub(crate) fn pop_safe(&mut self, through: Ticket) -> Option<Staged> {
        let (ticket, _) = self.queue.front()?;
        if *ticket > through {
            return None;
        }
        self.pop()
    }

    /// Everything, in order; what is put in from now on waits for other records.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = Staged> + use<> {
        self.speeches = 0;
        std::mem::take(&mut self.queue).into_iter().map(|(_, staged)| staged)
    }

    /// The next thing.
    fn pop(&mut self) -> Option<Staged> {
        let (_, staged) = self.queue.pop_front()?;
        self.speeches -= usize::from(matches!(staged, Staged::Said(_)));
        Some(staged)
    }

    /// A write failed. True when it was one of those that wait: then nothing that waits will ever be safe.
    pub(crate) fn fail(&mut self, epoch: u32) -> bool {
        let fails = epoch == self.epoch;
        if fails {
            self.epoch += 1;
        }
        fails
    }

    /// What was said and waits, the last first.
    pub(crate) fn speeches(&self) -> impl Iterator<Item = &Speech> {
        self.queue.iter().rev().filter_map(|(_, staged)| match staged {
            Staged::Said(speech) => Some(&**speech),
            _ => None,
        })
    }

    /// This session has said this, and it waits.
    pub(crate) fn is_said_by(&self, session: SessionId, msg_id: &MsgId) -> bool {
        self.speeches()
            .any(|speech| speech.by == By::Session(session) && speech.said.entry.id.as_ref() == Some(msg_id))
    }
}
