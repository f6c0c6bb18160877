//! What a hub keeps on the disk: its rooms, in one SQLite file that one thread writes and another reads.
//!
//! Nothing here blocks whoever asks. What was reported as stored is there after a crash at any moment; of what was not
//! there is a beginning in the order of the tickets, or nothing.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use papo_core::hub::{Acked, Author, Cursor, Entry, Position, Record, Restored, Retention, Ticket};
use papo_core::id::{HubId, RoomName};
use papo_core::limits::{HISTORY_BYTES, STORE_QUESTIONS};
use rusqlite::OpenFlags;

pub(crate) mod archive;
mod error;
mod queue;
mod reader;
mod restore;
mod rooms;
mod row;
mod schema;
pub(crate) mod tokens;
mod writer;

pub(crate) use error::OpenError;

use error::Why;
use queue::Queue;
use reader::Question;
use rooms::Rooms;
use writer::{Task, Tuning, Writer};

use crate::lock::{self, Lock};

/// What the disk says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreEvent {
    /// This record and all before it are safe, but for those that failed.
    Stored { through: Ticket },
    /// Every record of this epoch that is not safe yet is forgotten, those that come later included. Said once for
    /// each epoch.
    Failed { epoch: u32, detail: String },
}

/// The rooms of a hub, open. This process alone may write them.
pub(crate) struct Store {
    records: Arc<Queue<Task>>,
    questions: Arc<Queue<Question>>,
    reader: Thread,
    writer: Thread,
}

/// A store, and what was in it.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) store: Store,
    /// Who this hub is: made with the file.
    pub(crate) hub: HubId,
    /// All heads in the order of their places, then what waits for each link in the order of the places.
    pub(crate) restored: Vec<Restored>,
}

/// Where a page that goes back ends: it holds what stands before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Before {
    /// The end of the log.
    Newest,
    /// The first message of the named hubs with the named number or a higher one; the end if there is none.
    Cursor(Cursor),
    /// That place.
    Position(Position),
}

/// What to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Query {
    /// What stands behind a place, or from the first message on that a cursor has not read, up to `through`: as many
    /// as [`papo_core::limits::REPLAY_PAGE_BYTES`] hold, at least one. What the cursor has read may be among them.
    After {
        room: RoomName,
        cursor: Cursor,
        from: Option<Position>,
        through: Position,
    },
    /// The newest before a place.
    Before {
        room: RoomName,
        before: Before,
        limit: usize,
    },
    /// The newest before a place that hold all of these words, in whatever case and with or without accents. Of the
    /// last word the beginning is enough.
    Search {
        room: RoomName,
        words: String,
        before: Before,
        limit: usize,
    },
}

/// Messages in the order of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) entries: Vec<Entry>,
    /// There is nothing more in that direction.
    pub(crate) complete: bool,
}

impl Page {
    /// As many of these, the newest first, as one answer takes.
    pub(crate) fn newest<E>(found: impl Iterator<Item = Result<Entry, E>>, limit: usize) -> Result<Self, E> {
        let mut page = Self::default();
        let mut bytes = 0;
        for entry in found {
            let entry = entry?;
            bytes += json_bytes(&entry);
            if page.entries.len() >= limit || (bytes > HISTORY_BYTES && !page.entries.is_empty()) {
                page.complete = false;
                break;
            }
            page.entries.push(entry);
        }
        page.entries.reverse();
        Ok(page)
    }
}

/// Roughly what a message takes as JSON, in which some bytes become six.
fn json_bytes(entry: &Entry) -> usize {
    const FIELDS: usize = 256;
    let escaped = entry.payload.bytes().map(|byte| match byte {
        0..0x20 => 6,
        b'"' | b'\\' => 2,
        _ => 1,
    });
    FIELDS + entry.label.len() + entry.src.len() + escaped.sum::<usize>()
}

impl Default for Page {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            complete: true,
        }
    }
}

/// Why nothing was read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ReadError {
    /// [`STORE_QUESTIONS`] wait already.
    #[error("too many wait for the disk")]
    Busy,
    /// The store ends.
    #[error("the hub is ending")]
    Ended,
    /// The disk or the file fails.
    #[error("{0}")]
    Failed(String),
}

impl Store {
    /// Opens the rooms in a folder, which is made when it is missing. `links` are the URLs of the links, `LinkId(n)`
    /// the nth. A link that is new here needs nothing of what was said before; of one that was here before what it has
    /// not passed on comes back, at most the newest [`papo_core::limits::OUTBOX_MESSAGES`]. `on_event` is called on
    /// the thread that writes, which [`Store::end`] waits for. Blocks until everything is read.
    ///
    /// # Errors
    ///
    /// When another process has the folder, when the file is not of this version nor an older one, when it is no
    /// hub's, or when the disk refuses.
    pub(crate) fn open(
        folder: &Path,
        links: &[String],
        retention: Retention,
        on_event: impl Fn(StoreEvent) + Send + 'static,
    ) -> Result<Opened, OpenError> {
        Self::open_with(folder, links, retention, Tuning::default(), on_event)
    }

    fn open_with(
        folder: &Path,
        links: &[String],
        retention: Retention,
        tuning: Tuning,
        on_event: impl Fn(StoreEvent) + Send + 'static,
    ) -> Result<Opened, OpenError> {
        let lock = take_folder(folder)?;
        let path = folder.join(schema::FILE);
        let refuse = |error: rusqlite::Error| OpenError::new(&path, error);
        let connection = schema::open(&path, schema::MIGRATIONS)?;
        let hub = restore::identity(&connection).map_err(|why| OpenError::new(&path, why))?;
        let restored = restore::restore(&connection, hub, links).map_err(refuse)?;
        let rooms = Rooms::read(&connection).map_err(refuse)?;
        let reading = schema::visit(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;

        let (records, questions) = (Arc::new(Queue::new(usize::MAX)), Arc::new(Queue::new(STORE_QUESTIONS)));
        let writer = Writer {
            connection,
            queue: Arc::clone(&records),
            hub,
            rooms,
            links: links.to_vec(),
            retention,
            tuning,
            on_event: Box::new(on_event),
            lock,
        };
        let store = Self {
            records,
            questions: Arc::clone(&questions),
            reader: Thread::default(),
            writer: Thread::default(),
        };
        let start = |name: &str, run: Box<dyn FnOnce() + Send>| {
            let thread = thread::Builder::new().name(name.to_owned()).spawn(run);
            thread.map_err(|error| OpenError::new(&path, error))
        };
        let reading = start("papo-reader", Box::new(move || reader::run(&reading, &questions)))?;
        store.reader.set(reading);
        store.writer.set(start("papo-writer", Box::new(move || writer.run()))?);
        Ok(Opened { store, hub, restored })
    }

    /// Takes a record; never waits. The machine sees to it that not more than
    /// [`papo_core::limits::UNSTORED_MESSAGES`] wait for the disk. Those that change nothing urgent are written with the
    /// next that do, or after [`papo_core::limits::STORE_LAZY`].
    pub(crate) fn write(&self, record: Record) {
        // Only a store that has ended takes nothing more, and this one has not.
        let _ = self.records.push(Task::Record(record));
    }

    /// Reads a page; never waits. The answer comes on the thread that reads, after those that were asked for before,
    /// or at once on this thread when too many wait.
    pub(crate) fn read(&self, query: Query, answer: impl FnOnce(Result<Page, ReadError>) + Send + 'static) {
        self.ask(Question::Page(query, Box::new(answer)));
    }

    /// The newest [`papo_core::limits::ACKED_PER_AUTHOR`] messages of an author that are still kept, in the order of the
    /// log; answers as [`Store::read`] does. They go with the messages: somebody who sends a message again that the
    /// retention has dropped says it twice.
    pub(crate) fn acked(&self, author: Author, answer: impl FnOnce(Result<Vec<Acked>, ReadError>) + Send + 'static) {
        self.ask(Question::Acked(author, Box::new(answer)));
    }

    fn ask(&self, question: Question) {
        // Who waits to come in does not wait behind those who look around.
        let pushed = if matches!(question, Question::Acked(..)) {
            self.questions.push_first(question)
        } else {
            self.questions.push(question)
        };
        if let Err(question) = pushed {
            let ended = self.questions.is_closed();
            question.refuse(if ended { ReadError::Ended } else { ReadError::Busy });
        }
    }

    /// Writes everything that waits, refuses what is still to be read, and lets go of the folder. Blocks.
    pub(crate) fn end(&self) {
        // Whoever lets go of the file last tidies it, which only the writer can.
        self.questions.close();
        self.reader.join();
        self.records.close();
        self.writer.join();
    }
}

impl Drop for Store {
    /// The threads do what [`Store::end`] says; nobody waits for them.
    fn drop(&mut self) {
        self.questions.close();
        self.records.close();
    }
}

/// One of the store's threads, until somebody waits for its end.
#[derive(Debug, Default)]
struct Thread(Mutex<Option<JoinHandle<()>>>);

impl Thread {
    fn set(&self, thread: JoinHandle<()>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
    }

    fn join(&self) {
        let thread = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // One that ended by a bug has said so already.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

/// Makes a folder and takes its lock: two hubs never share one.
fn take_folder(folder: &Path) -> Result<Lock, OpenError> {
    let refuse = |why: Why| OpenError::new(folder, why);
    fs::create_dir_all(folder).map_err(|error| refuse(error.into()))?;
    lock::take(&folder.join(LOCK)).map_err(|error| refuse(error.into()))
}

/// The file whose lock a hub holds.
const LOCK: &str = "hub.lock";

#[cfg(test)]
mod tests;
