//! The thread that writes: everything that waits in one write and one sync, again and again.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant as Clock};

use papo_core::limits::JOURNAL_READ_BYTES;
use tokio::sync::watch;

use super::compact::{Compacted, Job};
use super::disk::{Disk, Handle, beside, count, folder};
use super::queue::Queue;
use super::{Position, Rules, State, Tuning};

/// What was still waiting for a disk that failed to the end.
#[derive(Debug)]
pub(super) struct Unsaved {
    pub(super) entries: u64,
    pub(super) error: Arc<str>,
}

#[derive(Debug)]
pub(super) struct Writer {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    rules: Rules,
    tuning: Tuning,
    queue: Arc<Queue>,
    told: watch::Sender<State>,
    file: Box<dyn Handle>,
    /// Bytes of the file that survive a crash. Nothing that is known of the file goes beyond.
    durable: u64,
    /// The file may have bytes beyond.
    dirty: bool,
    /// The file's name may not survive a crash yet.
    renamed: bool,
    /// What comes after in the file.
    tail: Vec<u8>,
    /// Entries up to the end of the tail.
    entries: u64,
    /// When to try again after the disk failed.
    pause: Option<Clock>,
    next_pause: Duration,
    job: Option<Job>,
    /// The file is compacted when it is larger.
    compact_above: u64,
}

impl Writer {
    #[expect(
        clippy::too_many_arguments,
        reason = "called once, and a struct for it would say the same twice"
    )]
    pub(super) fn new(
        disk: Arc<dyn Disk>,
        path: &Path,
        file: Box<dyn Handle>,
        durable: u64,
        rules: Rules,
        tuning: Tuning,
        queue: Arc<Queue>,
        told: watch::Sender<State>,
    ) -> Self {
        Self {
            disk,
            path: path.to_owned(),
            rules,
            tuning,
            queue,
            told,
            file,
            durable,
            dirty: false,
            renamed: false,
            tail: Vec::new(),
            entries: 0,
            pause: None,
            next_pause: tuning.pause_min,
            job: None,
            compact_above: tuning.compact_bytes,
        }
    }

    pub(super) fn run(mut self) -> Result<(), Unsaved> {
        loop {
            let turn = self.queue.wait(self.pause);
            if self.tail.is_empty() {
                self.tail = turn.bytes;
            } else {
                self.tail.extend_from_slice(&turn.bytes);
            }
            self.entries = turn.entries;
            if turn.compacted && !turn.closing {
                self.finish_compaction();
            }
            let paused = self.pause.is_some_and(|until| Clock::now() < until);
            let failed = if turn.closing || !paused {
                self.commit().err()
            } else {
                None
            };
            if turn.closing {
                if let Some(job) = self.job.take() {
                    job.abandon();
                    self.remove_new();
                }
                let durable = self.told.borrow().durable();
                let entries = self.entries - durable.get();
                return failed.map_or(Ok(()), |error| Err(Unsaved { entries, error }));
            }
            self.consider_compaction();
        }
    }

    /// Makes the tail survive a crash, and tells.
    fn commit(&mut self) -> Result<(), Arc<str>> {
        if self.tail.is_empty() {
            return Ok(());
        }
        let failing = self.pause.is_some();
        match self.try_commit() {
            Ok(()) => {
                let written = std::mem::take(&mut self.tail).len();
                self.durable += count(written);
                self.queue.release(written);
                self.pause = None;
                self.next_pause = self.tuning.pause_min;
                self.told.send_replace(State::Durable(Position(self.entries)));
                if failing {
                    tracing::info!(path = %self.path.display(), "the log file takes entries again");
                }
                Ok(())
            }
            Err(error) => {
                // A disk that is full gets back at once what a part of the tail took.
                self.dirty = self.file.truncate(self.durable).is_err();
                if !failing {
                    tracing::warn!(path = %self.path.display(), %error, "the log file takes nothing; what comes waits");
                }
                self.pause = Some(Clock::now() + self.next_pause);
                self.next_pause = (self.next_pause * 2).min(self.tuning.pause_max);
                let error = Arc::<str>::from(error.to_string());
                let durable = self.told.borrow().durable();
                self.told.send_replace(State::Failing {
                    durable,
                    error: Arc::clone(&error),
                });
                Err(error)
            }
        }
    }

    fn try_commit(&mut self) -> io::Result<()> {
        self.sync_name()?;
        if self.dirty {
            self.file.truncate(self.durable)?;
        }
        self.dirty = true;
        self.file.write_all(self.durable, &self.tail)?;
        // After an error the whole tail is cut off and written anew: a second sync would find nothing left to do.
        self.file.sync()?;
        self.dirty = false;
        Ok(())
    }

    /// Until the new file's name survives a crash, nothing that only this file has may be acknowledged.
    fn sync_name(&mut self) -> io::Result<()> {
        if self.renamed {
            self.disk.sync_folder(folder(&self.path))?;
            self.renamed = false;
        }
        Ok(())
    }

    fn consider_compaction(&mut self) {
        if self.job.is_some() || self.durable <= self.compact_above {
            return;
        }
        let (disk, path) = (Arc::clone(&self.disk), self.path.clone());
        match Job::start(disk, path, self.durable, self.rules, Arc::clone(&self.queue)) {
            Ok(job) => self.job = Some(job),
            Err(error) => self.put_off(&error),
        }
    }

    fn finish_compaction(&mut self) {
        let Some(job) = self.job.take() else { return };
        let before = self.durable;
        match job.outcome().and_then(|compacted| self.switch(compacted)) {
            Ok(()) => {
                tracing::debug!(path = %self.path.display(), before, after = self.durable, "compacted the log file");
                self.compact_above = self.durable.saturating_mul(2).max(self.tuning.compact_bytes);
                // When this fails, the next commit tries again before it acknowledges anything.
                drop(self.sync_name());
            }
            Err(error) => {
                self.remove_new();
                self.put_off(&error);
            }
        }
    }

    /// Goes on in the shorter file. After an error the old one is as it was.
    fn switch(&mut self, compacted: Compacted) -> io::Result<()> {
        let Compacted {
            mut file,
            mut length,
            upto,
        } = compacted;
        let mut at = upto;
        let mut piece = vec![0; JOURNAL_READ_BYTES];
        while at < self.durable {
            let left = usize::try_from(self.durable - at).unwrap_or(usize::MAX);
            let wanted = left.min(piece.len());
            let space = piece.get_mut(..wanted).unwrap_or_default();
            if self.file.read_full(at, space)? != wanted {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            file.write_all(length, space)?;
            at += count(wanted);
            length += count(wanted);
        }
        file.sync()?;
        self.disk.rename(&beside(&self.path, ".new"), &self.path)?;
        self.file = file;
        self.durable = length;
        self.dirty = false;
        self.renamed = true;
        Ok(())
    }

    fn remove_new(&self) {
        // One that stays is removed at the next start, or overwritten by the next compaction.
        drop(self.disk.remove(&beside(&self.path, ".new")));
    }

    fn put_off(&mut self, error: &io::Error) {
        tracing::warn!(path = %self.path.display(), %error, "the log file could not be compacted; it is used as it is");
        self.compact_above = self.durable + self.tuning.compact_bytes;
    }
}
