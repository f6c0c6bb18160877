//! A disk in memory that knows what a crash would leave of it.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Condvar, Mutex};

use super::super::disk::{Disk, Handle, Lock};
use super::*;
use crate::lock::LockError;

/// What a file holds: after a crash only what was synced is sure.
#[derive(Debug, Clone, Default)]
struct Content {
    now: Vec<u8>,
    synced: Vec<u8>,
}

#[derive(Debug, Clone, Default)]
struct Inner {
    files: Vec<Content>,
    names: BTreeMap<PathBuf, usize>,
    synced_names: BTreeMap<PathBuf, usize>,
    faults: Faults,
    syncs: usize,
    renames: usize,
    history: Vec<Moment>,
}

/// What goes wrong next.
#[derive(Debug, Clone, Copy, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fault of its own, in any combination"
)]
pub(super) struct Faults {
    /// Bytes that the disk takes before it is full.
    pub(super) room: Option<usize>,
    /// Writes that end after half of what was given.
    pub(super) short_writes: bool,
    /// A sync fails; what was written since the last one is thrown away and called written.
    pub(super) syncs: bool,
    pub(super) truncates: bool,
    pub(super) renames: bool,
    pub(super) folder_syncs: bool,
    /// A sync waits.
    pub(super) hang: bool,
}

/// What a crash would leave, and what was acknowledged before.
#[derive(Debug, Clone)]
pub(super) struct Moment {
    pub(super) acknowledged: Position,
    pub(super) left: [BTreeMap<PathBuf, Vec<u8>>; 4],
}

#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    inner: Arc<(Mutex<Inner>, Condvar)>,
    watched: Arc<Mutex<Option<watch::Receiver<State>>>>,
}

impl Model {
    /// A disk that was switched on again.
    pub(super) fn with(files: &BTreeMap<PathBuf, Vec<u8>>) -> Self {
        let model = Self::default();
        model.change(|inner| {
            for (number, (path, bytes)) in files.iter().enumerate() {
                let (now, synced) = (bytes.clone(), bytes.clone());
                inner.files.push(Content { now, synced });
                inner.names.insert(path.clone(), number);
            }
            inner.synced_names = inner.names.clone();
        });
        model
    }

    pub(super) fn start(&self, tuning: Tuning) -> (Journal, Vec<String>) {
        let mut lines = Vec::new();
        let path = Path::new("/log");
        let opened = open::open(Arc::new(self.clone()), path, RULES, tuning, |line| {
            lines.push(text(line));
        });
        (opened.unwrap().0, lines)
    }

    pub(super) fn faults(&self, faults: Faults) {
        self.change(|inner| inner.faults = faults);
    }

    pub(super) fn syncs(&self) -> usize {
        self.change(|inner| inner.syncs)
    }

    pub(super) fn renames(&self) -> usize {
        self.change(|inner| inner.renames)
    }

    /// Waits until so many syncs were begun.
    pub(super) fn until_syncs(&self, wanted: usize) {
        let inner = self.inner.0.lock().unwrap();
        let (inner, late) = self
            .inner
            .1
            .wait_timeout_while(inner, DEADLINE, |inner| inner.syncs < wanted)
            .unwrap();
        drop(inner);
        assert!(!late.timed_out());
    }

    /// Remembers from here on what a crash at each step would leave.
    pub(super) fn remember(&self, journal: &Journal) {
        *self.watched.lock().unwrap() = Some(journal.state());
    }

    pub(super) fn history(&self) -> Vec<Moment> {
        self.change(|inner| std::mem::take(&mut inner.history))
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        self.change(|inner| inner.files[inner.names[Path::new("/log")]].now.clone())
    }

    fn change<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        let watched = self.watched.lock().unwrap();
        let acknowledged = watched.as_ref().map(|state| state.borrow().durable());
        drop(watched);
        let mut inner = self.inner.0.lock().unwrap();
        let result = change(&mut inner);
        if let Some(acknowledged) = acknowledged {
            let left = inner.left();
            inner.history.push(Moment { acknowledged, left });
        }
        self.inner.1.notify_all();
        result
    }
}

impl Inner {
    /// What may be there after a crash: of names and contents, what is sure and what is likely; a piece of an append.
    fn left(&self) -> [BTreeMap<PathBuf, Vec<u8>>; 4] {
        let torn = |content: &Content| {
            let common = content.now.len().min(content.synced.len());
            if content.now[..common] == content.synced[..common] && content.now.len() > common {
                content.now[..common + (content.now.len() - common) / 2].to_vec()
            } else {
                content.synced.clone()
            }
        };
        let all = |names: &BTreeMap<PathBuf, usize>, pick: &dyn Fn(&Content) -> Vec<u8>| {
            let files = names
                .iter()
                .map(|(path, file)| (path.clone(), pick(&self.files[*file])));
            files.collect()
        };
        [
            all(&self.synced_names, &|content| content.synced.clone()),
            all(&self.names, &|content| content.synced.clone()),
            all(&self.names, &|content| content.now.clone()),
            all(&self.synced_names, &torn),
        ]
    }
}

fn broken<T>() -> io::Result<T> {
    Err(io::Error::other("broken"))
}

impl Disk for Model {
    fn lock(&self, _: &Path) -> Result<Lock, LockError> {
        Ok(Box::new(()))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Handle>> {
        let file = self.change(|inner| {
            let next = inner.files.len();
            let file = *inner.names.entry(path.to_owned()).or_insert(next);
            if file == next {
                inner.files.push(Content::default());
            }
            file
        });
        Ok(Box::new(ModelFile {
            model: self.clone(),
            file,
        }))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn Handle>> {
        self.remove(path)?;
        self.open(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.change(|inner| {
            if inner.faults.renames {
                return broken();
            }
            let file = inner.names.remove(from).unwrap();
            inner.names.insert(to.to_owned(), file);
            inner.renames += 1;
            Ok(())
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.change(|inner| inner.names.remove(path));
        Ok(())
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        assert_eq!(folder, Path::new("/"));
        self.change(|inner| {
            if inner.faults.folder_syncs {
                return broken();
            }
            inner.synced_names = inner.names.clone();
            Ok(())
        })
    }
}

#[derive(Debug)]
struct ModelFile {
    model: Model,
    file: usize,
}

impl Handle for ModelFile {
    fn length(&mut self) -> io::Result<u64> {
        Ok(disk::count(self.model.change(|inner| inner.files[self.file].now.len())))
    }

    fn read(&mut self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.model.change(|inner| {
            let now = &inner.files[self.file].now;
            let rest = &now[usize::try_from(at).unwrap().min(now.len())..];
            // Readers must bear pieces.
            let got = rest.len().min(buffer.len()).min(100);
            buffer[..got].copy_from_slice(&rest[..got]);
            Ok(got)
        })
    }

    fn write(&mut self, at: u64, bytes: &[u8]) -> io::Result<usize> {
        self.model.change(|inner| {
            let half = if inner.faults.short_writes {
                bytes.len().div_ceil(2)
            } else {
                bytes.len()
            };
            let taken = half.min(inner.faults.room.unwrap_or(half));
            if taken == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            if let Some(room) = &mut inner.faults.room {
                *room -= taken;
            }
            let now = &mut inner.files[self.file].now;
            let at = usize::try_from(at).unwrap();
            assert!(at <= now.len(), "a hole in the file");
            now.resize(now.len().max(at + taken), 0);
            now[at..at + taken].copy_from_slice(&bytes[..taken]);
            Ok(taken)
        })
    }

    fn sync(&mut self) -> io::Result<()> {
        let failed = self.model.change(|inner| {
            inner.syncs += 1;
            inner.faults.syncs
        });
        let inner = self.model.inner.0.lock().unwrap();
        let waited = self
            .model
            .inner
            .1
            .wait_timeout_while(inner, DEADLINE, |inner| inner.faults.hang);
        drop(waited.unwrap());
        self.model.change(|inner| {
            let content = &mut inner.files[self.file];
            if failed {
                // Pages that could not be written are clean now, and gone when the memory is needed: what is read
                // there later are zeros.
                let kept = content.now.len().min(content.synced.len());
                content.now[kept..].fill(0);
                return broken();
            }
            content.synced = content.now.clone();
            Ok(())
        })
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.model.change(|inner| {
            if inner.faults.truncates {
                return broken();
            }
            let now = &mut inner.files[self.file].now;
            now.truncate(usize::try_from(length).unwrap());
            Ok(())
        })
    }
}
