//! What the journal asks of a disk; tests put one in its place that fails.

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::open::OpenError;
use crate::lock::{self, LockError};

/// A place for files.
pub(super) trait Disk: fmt::Debug + Send + Sync + 'static {
    /// Keeps every other process from locking the same name until what is returned is dropped.
    fn lock(&self, path: &Path) -> Result<Lock, LockError>;
    /// Opens a file, made empty when it is missing.
    fn open(&self, path: &Path) -> io::Result<Box<dyn Handle>>;
    /// Makes a new file, in place of one that is there.
    fn create(&self, path: &Path) -> io::Result<Box<dyn Handle>>;
    /// Gives a file another name, in place of the file that had it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file, if there is one.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes what names a folder holds survive a crash.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
}

/// An open file.
pub(super) trait Handle: fmt::Debug + Send + 'static {
    fn length(&mut self) -> io::Result<u64>;
    /// Reads at a place, possibly less than there is; 0 at the end.
    fn read(&mut self, at: u64, buffer: &mut [u8]) -> io::Result<usize>;
    /// Writes at a place, possibly less than was given.
    fn write(&mut self, at: u64, bytes: &[u8]) -> io::Result<usize>;
    /// Makes what was written survive a crash. After an error nothing is known of what was written since the last
    /// success: the system may have thrown it away and called it written.
    fn sync(&mut self) -> io::Result<()>;
    fn truncate(&mut self, length: u64) -> io::Result<()>;
}

impl dyn Handle {
    /// Writes all of it at a place.
    pub(super) fn write_all(&mut self, mut at: u64, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.write(at, bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    bytes = bytes.get(written..).unwrap_or_default();
                    at += count(written);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads until the buffer is full or the file ends, and tells how much that was.
    pub(super) fn read_full(&mut self, mut at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.read(at, rest) {
                Ok(0) => break,
                Ok(got) => {
                    filled += got;
                    at += count(got);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}

/// A length in memory as one in a file.
pub(super) fn count(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// What holds a lock.
pub(super) type Lock = Box<dyn fmt::Debug + Send>;

/// The file of that name with an ending added.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().map_or_else(OsString::new, OsString::from);
    name.push(ending);
    path.with_file_name(name)
}

/// The folder that a file is in.
pub(super) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Makes the folders of a file and finds where it really is: a file that is replaced must not replace a link to it.
pub(super) fn prepare(path: &Path) -> Result<PathBuf, OpenError> {
    let parent = folder(path);
    let missing: Vec<&Path> = parent.ancestors().take_while(|folder| !folder.exists()).collect();
    fs::create_dir_all(parent)?;
    for made in missing {
        System.sync_folder(folder(made))?;
    }
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => Err(OpenError::NoFile),
        Ok(_) => Ok(fs::canonicalize(path)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(path.to_owned()),
        Err(error) => Err(error.into()),
    }
}

/// The disk of this machine.
#[derive(Debug, Clone, Copy)]
pub(super) struct System;

impl Disk for System {
    fn lock(&self, path: &Path) -> Result<Lock, LockError> {
        Ok(Box::new(lock::take(path)?))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Handle>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        Ok(Box::new(options.open(path)?))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn Handle>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        Ok(Box::new(options.open(path)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    #[cfg(unix)]
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        match File::open(folder)?.sync_all() {
            // Some network file systems know no such thing and keep names by their own rules.
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
            outcome => outcome,
        }
    }

    /// Other systems do not open folders as files.
    #[cfg(not(unix))]
    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }
}

impl Handle for File {
    fn length(&mut self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read(&mut self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.seek(SeekFrom::Start(at))?;
        Read::read(self, buffer)
    }

    fn write(&mut self, at: u64, bytes: &[u8]) -> io::Result<usize> {
        self.seek(SeekFrom::Start(at))?;
        Write::write(self, bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}
