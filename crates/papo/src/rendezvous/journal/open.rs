//! From a file, in whatever state a crash left it, to a journal that goes on.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use tokio::sync::watch;

use super::disk::{Disk, Handle, System, beside, folder, prepare};
use super::lines::Lines;
use super::queue::Queue;
use super::writer::Writer;
use super::{Journal, Position, Recovered, Rules, State, Tuning};
use crate::error::Failure;
use crate::lock::LockError;
use crate::text::Message;

/// Why a file is not taken.
#[derive(Debug)]
pub(super) enum OpenError {
    InUse,
    /// Its content was never written by a registry: cutting it or adding to it would spoil somebody's file.
    Foreign,
    /// Something else than a file has that name.
    NoFile,
    Io(io::Error),
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<LockError> for OpenError {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Held => Self::InUse,
            LockError::Io(error) => Self::Io(error),
        }
    }
}

/// The sentence for whoever named the file.
pub(super) fn refusal(path: &Path, error: impl Into<OpenError>) -> Failure {
    let message = match error.into() {
        OpenError::InUse => Message::new("error-journal-in-use"),
        OpenError::Foreign => Message::new("error-journal-foreign"),
        OpenError::NoFile => Message::new("error-journal-no-file"),
        OpenError::Io(error) => Message::new("error-journal").showing("detail", error),
    };
    Failure::storage(message.showing("path", path.display()))
}

pub(super) fn open(
    disk: Arc<dyn Disk>,
    path: &Path,
    rules: Rules,
    tuning: Tuning,
    each: impl FnMut(&[u8]),
) -> Result<(Journal, Recovered), OpenError> {
    let lock = disk.lock(&beside(path, ".lock"))?;
    // A compaction that did not come to its end: the file itself has everything.
    disk.remove(&beside(path, ".new"))?;
    let mut file = disk.open(path)?;
    let (recovered, whole) = recover(&mut *file, rules, each)?;
    // The name of a new file, and that of one which was renamed just before a crash.
    disk.sync_folder(folder(path))?;

    let queue = Arc::new(Queue::new(tuning.queue_bytes));
    let (told, state) = watch::channel(State::Durable(Position::START));
    let writer = Writer::new(disk, path, file, whole, rules, tuning, Arc::clone(&queue), told);
    let thread = thread::Builder::new().name("papo-journal".to_owned()).spawn(move || {
        let outcome = writer.run();
        drop(lock);
        outcome
    })?;
    let journal = Journal {
        path: path.to_owned(),
        queue,
        state,
        writer: Some(thread),
    };
    Ok((journal, recovered))
}

/// Puts a log with the content that `work` makes in place of the file, which nobody else has meanwhile: a crash leaves
/// the one or the other, whole. `work` gets the file's real name; when it fails, the file stays as it is.
pub(in crate::rendezvous) fn begin_with(
    path: &Path,
    work: impl FnOnce(&Path) -> Result<Vec<u8>, Failure>,
) -> Result<(), Failure> {
    let refuse = |error: io::Error| refusal(path, error);
    let real = prepare(path).map_err(|error| refusal(path, error))?;
    let lock = System
        .lock(&beside(&real, ".lock"))
        .map_err(|error| refusal(path, error))?;
    let content = work(&real)?;
    // What a crash leaves of this name is removed when the journal is opened.
    let new = beside(&real, ".new");
    let replace = || {
        let mut file = System.create(&new)?;
        file.write_all(0, &content)?;
        file.sync()?;
        System.rename(&new, &real)?;
        System.sync_folder(folder(&real))
    };
    let replaced = replace();
    if replaced.is_err() {
        drop(System.remove(&new));
    }
    drop(lock);
    replaced.map_err(refuse)
}

/// Reads every complete line and cuts off what follows the last.
fn recover(file: &mut dyn Handle, rules: Rules, mut each: impl FnMut(&[u8])) -> Result<(Recovered, u64), OpenError> {
    let length = file.length()?;
    let mut recovered = Recovered::default();
    let mut lines = Lines::new(file, length);
    while let Some(line) = lines.next()? {
        match line.text.filter(|text| (rules.read)(text).is_some()) {
            Some(text) => {
                recovered.lines += 1;
                each(text);
            }
            None => recovered.unreadable += 1,
        }
    }
    let whole = lines.whole();
    recovered.torn = length - whole;
    if recovered.lines == 0 && length > 0 {
        let mut first = [0];
        file.read_full(0, &mut first)?;
        // Of a very first entry there may be a piece, or zeros where it was to be.
        if recovered.unreadable > 0 || !matches!(first, [b'{' | 0]) {
            return Err(OpenError::Foreign);
        }
    }
    if recovered.torn > 0 {
        file.truncate(whole)?;
    }
    // What a killed process wrote may be in the file and not on the disk yet.
    file.sync()?;
    Ok((recovered, whole))
}
