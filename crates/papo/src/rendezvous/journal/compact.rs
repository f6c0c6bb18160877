//! A shorter file that says the same: written beside the log by a thread of its own, while the log goes on.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use papo_core::limits::JOURNAL_READ_BYTES;

use super::Rules;
use super::disk::{Disk, Handle, beside, count};
use super::lines::Lines;
use super::queue::Queue;

/// A compaction that goes on.
#[derive(Debug)]
pub(super) struct Job {
    thread: JoinHandle<io::Result<Compacted>>,
    stop: Arc<AtomicBool>,
}

/// The shorter file, not synced yet.
#[derive(Debug)]
pub(super) struct Compacted {
    pub(super) file: Box<dyn Handle>,
    pub(super) length: u64,
    /// It says the same as the log up to here.
    pub(super) upto: u64,
}

impl Job {
    /// Compacts the complete lines of `path` up to `upto`, and rings the queue when that has ended.
    pub(super) fn start(
        disk: Arc<dyn Disk>,
        path: PathBuf,
        upto: u64,
        rules: Rules,
        queue: Arc<Queue>,
    ) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::Builder::new().name("papo-compact".to_owned()).spawn(move || {
            // Rings however this thread ends: the writer must learn of a panic too.
            let _ring = Ring(queue);
            compact(&*disk, &path, upto, rules, &stopped)
        })?;
        Ok(Self { thread, stop })
    }

    /// What came of it. Blocks until it has ended.
    pub(super) fn outcome(self) -> io::Result<Compacted> {
        let panicked = |_| Err(io::Error::other("the thread that compacts ended by itself"));
        self.thread.join().unwrap_or_else(panicked)
    }

    /// Ends it early.
    pub(super) fn abandon(self) {
        self.stop.store(true, Ordering::Relaxed);
        drop(self.outcome());
    }
}

struct Ring(Arc<Queue>);

impl Drop for Ring {
    fn drop(&mut self) {
        self.0.compacted();
    }
}

fn compact(disk: &dyn Disk, path: &Path, upto: u64, rules: Rules, stop: &AtomicBool) -> io::Result<Compacted> {
    let mut log = disk.open(path)?;
    let alive = living(&mut *log, upto, rules, stop)?;
    let mut file = disk.create(&beside(path, ".new"))?;
    let mut length = 0;
    let mut ready = Vec::with_capacity(JOURNAL_READ_BYTES);
    for Span { at, bytes } in alive {
        if stop.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let begin = ready.len();
        ready.resize(begin + bytes, 0);
        let space = ready.get_mut(begin..).unwrap_or_default();
        if log.read_full(at, space)? != bytes {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if ready.len() >= JOURNAL_READ_BYTES {
            file.write_all(length, &ready)?;
            length += count(ready.len());
            ready.clear();
        }
    }
    file.write_all(length, &ready)?;
    length += count(ready.len());
    Ok(Compacted { file, length, upto })
}

/// Where a line is, with its newline.
#[derive(Debug, Clone, Copy)]
struct Span {
    at: u64,
    bytes: usize,
}

/// The last line of every key that still matters, in the order in which the keys appeared.
fn living(log: &mut dyn Handle, upto: u64, rules: Rules, stop: &AtomicBool) -> io::Result<Vec<Span>> {
    let now = (rules.now)();
    let mut places = HashMap::<Vec<u8>, u64>::new();
    let mut alive = BTreeMap::new();
    let mut next = 0_u64;
    let mut lines = Lines::new(log, upto);
    while let Some(line) = lines.next()? {
        if stop.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let Some((text, kept)) = line.text.and_then(|text| Some((text, (rules.read)(text)?))) else {
            continue;
        };
        if kept.gone {
            if let Some(place) = places.remove(&*kept.key) {
                alive.remove(&place);
            }
            continue;
        }
        let place = *places.entry(kept.key.into_owned()).or_insert_with(|| {
            next += 1;
            next
        });
        let span = Span {
            at: line.at,
            bytes: text.len() + 1,
        };
        // What is over still keeps the place of a later line.
        alive.insert(place, (kept.until > now).then_some(span));
    }
    Ok(alive.into_values().flatten().collect())
}
