//! The log file of a registry: lines that are appended, synced in groups by a thread of its own, and compacted in the
//! background (docs/protocol.md 1.10).
//!
//! What the disk acknowledged is in the file after a crash at any moment. What it did not acknowledge is there in whole
//! lines, in order, up to some entry, or not at all.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use papo_core::limits::{
    JOURNAL_COMPACT_BYTES, JOURNAL_LINE_BYTES, JOURNAL_PAUSE_MAX, JOURNAL_PAUSE_MIN, JOURNAL_QUEUE_BYTES,
};
use papo_core::time::UtcMillis;
use tokio::sync::watch;

use crate::error::Failure;
use crate::text::Message;

mod compact;
mod disk;
mod lines;
mod open;
mod queue;
mod writer;

pub(super) use open::begin_with;
use queue::Queue;
use writer::Unsaved;

/// What a line says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept<'a> {
    /// What it is about. A later line with the same key replaces it and takes its place in the order, unless the key
    /// was gone in between.
    pub key: Cow<'a, [u8]>,
    /// It says nothing any more from this time of day on.
    pub until: UtcMillis,
    /// It says that there is nothing under this key any more.
    pub gone: bool,
}

/// What the journal has to know of the lines in it.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Reads a line, given without its newline; `None` when it makes no sense.
    pub read: fn(&[u8]) -> Option<Kept<'_>>,
    /// The time of day.
    pub now: fn() -> UtcMillis,
}

/// How many entries were appended up to one, since the journal was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position(u64);

impl Position {
    /// Before the first entry.
    pub const START: Self = Self(0);

    /// Entries up to here.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// So many entries further.
    #[must_use]
    pub const fn plus(self, entries: u64) -> Self {
        Self(self.0.saturating_add(entries))
    }
}

/// How far the disk is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It has everything up to there for good.
    Durable(Position),
    /// It does not take more at the moment. What waits is kept, and tried again every [`JOURNAL_PAUSE_MIN`] to
    /// [`JOURNAL_PAUSE_MAX`].
    Failing {
        /// It has everything up to there for good.
        durable: Position,
        /// What it said.
        error: Arc<str>,
    },
}

impl State {
    /// Up to where the disk has everything for good.
    pub const fn durable(&self) -> Position {
        match self {
            Self::Durable(position) | Self::Failing { durable: position, .. } => *position,
        }
    }
}

/// Why an entry was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// [`JOURNAL_QUEUE_BYTES`] wait for the disk.
    #[error("the disk is too slow: what waits for it is as much as may wait")]
    Full,
    /// It is not one line of at most [`JOURNAL_LINE_BYTES`] that ends in a newline.
    #[error("an entry must be one line with its newline, of at most {JOURNAL_LINE_BYTES} bytes")]
    NotALine,
}

/// What was found in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recovered {
    /// Lines that made sense.
    pub lines: u64,
    /// Lines that made none: they were skipped, and the next compaction drops them.
    pub unreadable: u64,
    /// Bytes of a last line that was not complete, which were cut off.
    pub torn: u64,
}

/// An open log file. This process alone has it.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    queue: Arc<Queue>,
    state: watch::Receiver<State>,
    writer: Option<JoinHandle<Result<(), Unsaved>>>,
}

impl Journal {
    /// Opens the file, which is made with its folders when it is missing, and hands every complete line that makes
    /// sense to `each`, without its newline. Blocks until the file is read.
    ///
    /// # Errors
    ///
    /// When another process has it, when it is no regular file or no log of a registry, or when the disk refuses.
    pub fn open(path: &Path, rules: Rules, each: impl FnMut(&[u8])) -> Result<(Self, Recovered), Failure> {
        let real = disk::prepare(path).map_err(|error| open::refusal(path, error))?;
        let (journal, recovered) = open::open(Arc::new(disk::System), &real, rules, Tuning::default(), each)
            .map_err(|error| open::refusal(path, error))?;
        let Recovered {
            lines,
            unreadable,
            torn,
        } = recovered;
        if unreadable > 0 || torn > 0 {
            let path = real.display();
            tracing::warn!(%path, lines, unreadable, torn, "the log file was damaged: unreadable lines were skipped and the bytes of an incomplete last one cut off");
        }
        Ok((journal, recovered))
    }

    /// Takes one entry: a whole line with its newline. Never waits; the entry is safe when [`State::durable`] has
    /// reached the position.
    ///
    /// # Errors
    ///
    /// When too much waits for the disk already, or this is no line. Then nothing was taken.
    pub fn append(&self, entry: &[u8]) -> Result<Position, Refused> {
        let newline = entry.iter().position(|&byte| byte == b'\n');
        if newline.map(|at| at + 1) != Some(entry.len()) || entry.len() > JOURNAL_LINE_BYTES {
            return Err(Refused::NotALine);
        }
        self.queue.push(entry).map(Position).ok_or(Refused::Full)
    }

    /// How far the disk is, now and from here on. The channel closes when the thread that writes is gone.
    pub fn state(&self) -> watch::Receiver<State> {
        self.state.clone()
    }

    /// Writes what waits and lets go of the file. Blocks until the disk has it.
    ///
    /// # Errors
    ///
    /// When the disk still fails: what was not acknowledged is lost.
    pub fn close(mut self) -> Result<(), Failure> {
        self.queue.close();
        let Some(writer) = self.writer.take() else {
            return Ok(());
        };
        match writer.join() {
            Ok(Ok(())) => Ok(()),
            Ok(Err(Unsaved { entries, error })) => Err(Failure::storage(
                Message::new("error-journal-unsaved")
                    .showing("path", self.path.display())
                    .with("entries", entries)
                    .showing("detail", error),
            )),
            Err(_) => Err(Failure::unexpected("the thread of the log file ended by itself")),
        }
    }
}

impl Drop for Journal {
    /// The thread writes what waits and ends; nobody waits for it.
    fn drop(&mut self) {
        self.queue.close();
    }
}

/// The bounds of a journal, which tests make small.
#[derive(Debug, Clone, Copy)]
struct Tuning {
    queue_bytes: usize,
    compact_bytes: u64,
    pause_min: Duration,
    pause_max: Duration,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            queue_bytes: JOURNAL_QUEUE_BYTES,
            compact_bytes: JOURNAL_COMPACT_BYTES,
            pause_min: JOURNAL_PAUSE_MIN,
            pause_max: JOURNAL_PAUSE_MAX,
        }
    }
}

#[cfg(test)]
mod tests;
