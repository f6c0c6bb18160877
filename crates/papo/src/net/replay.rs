//! What a session has missed, read again for it alone: from the recent part of a room's log in memory, or page by page
//! from the disk. The next page is read when the last one is written, so a slow reader costs one page.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use papo_core::hub::{Entry, EntryKind, Missing, Position, Replay, Step};
use papo_core::id::{RoomId, RoomName};

use super::connection::{Connection, Control};
use crate::hub::encode;
use crate::hub::fanout::Chunk;
use crate::hub::store::{Page, Query, ReadError, Store};

/// A room's past on its way to one session.
#[derive(Debug)]
pub(crate) struct Replaying {
    pub(crate) room: RoomId,
    name: Arc<RoomName>,
    replay: Replay,
    source: Source,
    done: bool,
}

#[derive(Debug)]
enum Source {
    /// The chunks from behind `at` up to and including `end`.
    Recent { at: Arc<Chunk>, end: Arc<Chunk> },
    Disk {
        store: Arc<Store>,
        /// What is behind it comes live.
        through: Position,
        /// Read up to here.
        from: Option<Position>,
        /// The question that the disk has not answered yet.
        asked: Option<u64>,
        page: Option<Result<Page, ReadError>>,
    },
}

impl Replaying {
    /// From memory: what stands behind `at`, up to and including `end`.
    pub(crate) fn recent(room: RoomId, name: Arc<RoomName>, replay: Replay, at: Arc<Chunk>, end: Arc<Chunk>) -> Self {
        let source = Source::Recent { at, end };
        Self {
            room,
            name,
            replay,
            source,
            done: false,
        }
    }

    /// From the disk, up to and including `through`.
    pub(crate) fn disk(
        room: RoomId,
        name: Arc<RoomName>,
        replay: Replay,
        store: Arc<Store>,
        through: Position,
    ) -> Self {
        let source = Source::Disk {
            store,
            through,
            from: None,
            asked: None,
            page: None,
        };
        Self {
            room,
            name,
            replay,
            source,
            done: false,
        }
    }

    /// The disk has answered.
    pub(crate) fn on_page(&mut self, question: u64, read: Result<Page, ReadError>) {
        // What was asked for a past that nobody wants any more may come late.
        if let Source::Disk { asked, page, .. } = &mut self.source
            && *asked == Some(question)
        {
            *asked = None;
            *page = Some(read);
        }
    }

    /// Everything is read.
    pub(crate) fn is_done(&self) -> bool {
        self.done
    }

    /// Nothing more comes before the disk has answered, or what waits is written (unless nothing does: `idle`).
    pub(crate) fn waits(&self, idle: bool) -> bool {
        match &self.source {
            Source::Recent { .. } => false,
            Source::Disk { page, asked, .. } => page.is_none() && (asked.is_some() || !idle),
        }
    }

    /// The next piece to write, if there is one now. With nothing to write left (`idle`) the disk is asked for more.
    pub(crate) fn next(&mut self, connection: &Arc<Connection>, idle: bool) -> Result<Option<Bytes>, ReadError> {
        if self.done {
            return Ok(None);
        }
        match &mut self.source {
            Source::Recent { at, end } => {
                let next = if Arc::ptr_eq(at, end) { None } else { at.next() };
                let mut out = Vec::new();
                match next {
                    None => self.finish(&mut out),
                    Some(chunk) => {
                        *at = Arc::clone(&chunk);
                        for entry in chunk.entries() {
                            step(&self.name, &mut self.replay, entry, &mut out);
                        }
                    }
                }
                Ok(Some(out.into()))
            }
            Source::Disk {
                store,
                through,
                from,
                asked,
                page,
            } => match page.take() {
                Some(Ok(page)) => {
                    let mut out = Vec::new();
                    for entry in &page.entries {
                        step(&self.name, &mut self.replay, entry, &mut out);
                    }
                    *from = page.entries.last().map(|entry| entry.position).or(*from);
                    if page.complete || self.replay.is_done() {
                        self.finish(&mut out);
                    }
                    Ok(Some(out.into()))
                }
                Some(Err(error)) => Err(error),
                None if asked.is_some() || !idle => Ok(None),
                None => {
                    static QUESTIONS: AtomicU64 = AtomicU64::new(0);
                    let question = QUESTIONS.fetch_add(1, Ordering::Relaxed);
                    *asked = Some(question);
                    let query = Query::After {
                        room: RoomName::clone(&self.name),
                        cursor: self.replay.at().clone(),
                        from: *from,
                        through: *through,
                    };
                    let connection = Arc::clone(connection);
                    store.read(query, move |page| {
                        connection.tell(Control::Page { question, page });
                    });
                    Ok(None)
                }
            },
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        for missing in self.replay.finish() {
            gap(&self.name, missing, out);
        }
        self.done = true;
    }
}

fn step(name: &RoomName, replay: &mut Replay, entry: &Entry, out: &mut Vec<u8>) {
    let Some(key) = entry.key.filter(|_| entry.kind == EntryKind::Said) else {
        return;
    };
    match replay.step(key) {
        Step::Skip => {}
        Step::Show => encode::session(name, entry, out),
        Step::ShowAfter(missing) => {
            gap(name, missing, out);
            encode::session(name, entry, out);
        }
    }
}

fn gap(name: &RoomName, missing: Missing, out: &mut Vec<u8>) {
    encode::session_gap(name, (missing.origin, missing.from, missing.to), "not_kept", out);
}
