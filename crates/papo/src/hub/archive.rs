//! What was said before, from the disk or from memory, for whoever asks.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use papo_core::error::Code;
use papo_core::hub::{Author, Cursor, Record, TokenVerdict};
use papo_core::id::{Nick, RoomId, RoomName, SessionId};
use papo_core::wire::session::{Frame, Message};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until};

use super::driver::Driver;
use super::store::tokens::{self, TokenCheck};
use super::store::{Before, Page, Query, ReadError, Store};
use super::{Event, Inbox, encode};
use crate::clock::utc_now;
use crate::net::connection::{Connection, Control};

/// How long after a failure the disk is asked again.
const LOAD_AGAIN: Duration = Duration::from_millis(500);

/// What is to be shown of a room.
#[derive(Debug)]
pub(crate) struct Asked {
    /// Before these messages; the newest if missing.
    pub(crate) before: Option<Cursor>,
    pub(crate) limit: usize,
    /// Only those with these words.
    pub(crate) query: Option<String>,
}

/// Where a hub keeps what it keeps.
#[derive(Debug, Clone, Default)]
pub(crate) struct Archive {
    store: Option<Arc<Store>>,
    folder: Option<PathBuf>,
    checks: Arc<Checks>,
}

/// Tokens that are checked at once: each check is made to cost memory and time.
#[derive(Debug)]
struct Checks(Semaphore);

impl Default for Checks {
    fn default() -> Self {
        Self(Semaphore::new(2))
    }
}

impl Archive {
    /// What is in a folder that was opened.
    pub(crate) fn new(store: Store, folder: PathBuf) -> Self {
        Self {
            store: Some(Arc::new(store)),
            folder: Some(folder),
            checks: Arc::default(),
        }
    }

    pub(crate) fn store(&self) -> Option<Arc<Store>> {
        self.store.clone()
    }

    pub(crate) fn is_durable(&self) -> bool {
        self.store.is_some()
    }

    pub(super) fn write(&self, record: Record) {
        if let Some(store) = &self.store {
            store.write(record);
        }
    }

    pub(super) fn load_acked(&self, author: Author, inbox: &Inbox) {
        let Some(store) = &self.store else { return };
        let (inbox, runtime) = (inbox.clone(), tokio::runtime::Handle::current());
        store.acked(author, move |acked| match acked {
            Ok(acked) => inbox.send_from_thread(Event::Acked { author, acked }),
            Err(ReadError::Ended) => {}
            // Who it is has to wait: without knowing what was said, the same would be said again.
            Err(error) => {
                tracing::warn!(%error, "cannot read what a session has sent; trying again");
                runtime.spawn(async move {
                    sleep_until(Instant::now() + LOAD_AGAIN).await;
                    inbox.send(Event::LoadAcked { author }).await;
                });
            }
        });
    }

    pub(super) fn check_token(&self, (session, nick, token): (SessionId, Nick, String), inbox: &Inbox) {
        let (archive, inbox) = (self.clone(), inbox.clone());
        tokio::spawn(async move {
            let verdict = archive.verdict(nick, token).await;
            inbox.send(Event::TokenChecked { session, verdict }).await;
        });
    }

    /// Whether a token is a nick's. Takes its time, so that guessing does too.
    pub(crate) async fn verdict(&self, nick: Nick, token: String) -> TokenVerdict {
        let Some(folder) = self.folder.clone() else {
            return TokenVerdict::Unchecked;
        };
        let Ok(_place) = self.checks.0.acquire().await else {
            return TokenVerdict::Unchecked;
        };
        let checked = tokio::task::spawn_blocking(move || tokens::check(&folder, &nick, &token, utc_now())).await;
        match checked {
            Ok(Ok(TokenCheck::Good)) => TokenVerdict::Good,
            Ok(Ok(TokenCheck::Unknown)) => TokenVerdict::Unknown,
            Ok(Ok(TokenCheck::Expired)) => TokenVerdict::Expired,
            Ok(Err(error)) => {
                tracing::error!(?error, "cannot read the tokens");
                TokenVerdict::Unchecked
            }
            Err(error) => {
                tracing::error!(%error, "checking a token ended by itself");
                TokenVerdict::Unchecked
            }
        }
    }

    /// Writes what waits. Blocks.
    pub(super) fn end(&self) {
        if let Some(store) = &self.store {
            store.end();
        }
    }
}

impl Driver {
    /// Lets a session read what it has missed.
    pub(super) fn replay(&mut self, session: SessionId, room: RoomId, after: Cursor, until: Cursor) {
        self.seal(room);
        let through = self.hub.end();
        let Some(attached) = self.sessions.get(&session) else {
            return;
        };
        if let Some(control) = self.logs.replay(room, after, until, through) {
            attached.connection.tell(control);
        }
    }

    /// Shows a session what was said before.
    pub(super) fn recall(&mut self, session: SessionId, room: RoomId, asked: Asked) {
        self.seal(room);
        let Some(connection) = self
            .sessions
            .get(&session)
            .map(|attached| Arc::clone(&attached.connection))
        else {
            return;
        };
        let Some(name) = self.logs.name(room).map(|name| RoomName::clone(name)) else {
            return;
        };
        let query = asked.query.clone();
        self.look_up((room, name.clone()), asked, move |page| {
            tell_history(&connection, &name, page, query.as_deref());
        });
    }

    /// Gets a page of a room, from the disk if there is one, else from memory.
    pub(super) fn look_up(
        &self,
        (id, room): (RoomId, RoomName),
        asked: Asked,
        answer: impl FnOnce(Result<Page, ReadError>) + Send + 'static,
    ) {
        let Some(store) = self.archive.store() else {
            return answer(Ok(self.logs.recall(id, asked.before.as_ref(), asked.limit)));
        };
        let before = asked.before.map_or(Before::Newest, Before::Cursor);
        let limit = asked.limit;
        let query = match asked.query {
            None => Query::Before { room, before, limit },
            Some(words) => Query::Search {
                room,
                words,
                before,
                limit,
            },
        };
        store.read(query, answer);
    }
}

fn tell_history(connection: &Connection, room: &RoomName, page: Result<Page, ReadError>, query: Option<&str>) {
    let mut bytes = Vec::new();
    match page {
        Ok(page) => {
            let frame = Frame::History {
                room,
                messages: page.entries.iter().map(|entry| Message::new(room, entry)).collect(),
                complete: page.complete,
                query,
            };
            encode::session_text(&frame.to_json(), &mut bytes);
        }
        Err(error) => {
            let (code, detail) = match error {
                ReadError::Busy | ReadError::Ended => (Code::Busy, "the hub is busy; ask again later"),
                ReadError::Failed(_) => (Code::Storage, "the hub cannot read what was said"),
            };
            let frame = Frame::Error {
                code,
                reference: "HISTORY",
                detail,
            };
            encode::session_text(&frame.to_json(), &mut bytes);
        }
    }
    if connection.is_behind() {
        bytes.clear();
        let frame = Frame::Error {
            code: Code::Busy,
            reference: "HISTORY",
            detail: "more waits for this session than it reads; ask again later",
        };
        encode::session_text(&frame.to_json(), &mut bytes);
    }
    if !connection.tell(Control::Bytes(bytes.into())) {
        connection.cut();
    }
}
