//! What waits for the disk.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant as Clock;

/// Entries on their way to the thread that writes.
#[derive(Debug)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    rung: Condvar,
    limit: usize,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Entries that the thread has not taken yet, one after the other.
    bytes: Vec<u8>,
    /// Bytes that the disk does not have for good, taken or not.
    held: usize,
    /// Entries that were ever taken in.
    entries: u64,
    closing: bool,
    compacted: bool,
}

/// What the thread finds when it is woken.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) bytes: Vec<u8>,
    /// Entries that were ever taken in, these included.
    pub(super) entries: u64,
    /// Nothing more will come.
    pub(super) closing: bool,
    /// A compaction has ended.
    pub(super) compacted: bool,
}

impl Queue {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            waiting: Mutex::default(),
            rung: Condvar::new(),
            limit,
        }
    }

    /// Takes an entry in and tells how many that makes; `None` when there is no room.
    pub(super) fn push(&self, entry: &[u8]) -> Option<u64> {
        let mut waiting = self.lock();
        if waiting.held + entry.len() > self.limit {
            return None;
        }
        waiting.held += entry.len();
        waiting.bytes.extend_from_slice(entry);
        waiting.entries += 1;
        self.rung.notify_one();
        Some(waiting.entries)
    }

    /// The disk has so many bytes more for good.
    pub(super) fn release(&self, bytes: usize) {
        let mut waiting = self.lock();
        waiting.held = waiting.held.saturating_sub(bytes);
    }

    pub(super) fn close(&self) {
        self.lock().closing = true;
        self.rung.notify_one();
    }

    pub(super) fn compacted(&self) {
        self.lock().compacted = true;
        self.rung.notify_one();
    }

    /// Waits for something to do. Entries alone are none before `pause` is over.
    pub(super) fn wait(&self, pause: Option<Clock>) -> Turn {
        let mut waiting = self.lock();
        while !waiting.closing && !waiting.compacted {
            match pause {
                None if !waiting.bytes.is_empty() => break,
                None => waiting = self.rung.wait(waiting).unwrap_or_else(PoisonError::into_inner),
                Some(until) => {
                    let left = until.saturating_duration_since(Clock::now());
                    if left.is_zero() {
                        break;
                    }
                    let woken = self.rung.wait_timeout(waiting, left);
                    waiting = woken.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
        Turn {
            bytes: std::mem::take(&mut waiting.bytes),
            entries: waiting.entries,
            closing: waiting.closing,
            compacted: std::mem::take(&mut waiting.compacted),
        }
    }

    /// No panic leaves a queue half changed.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
