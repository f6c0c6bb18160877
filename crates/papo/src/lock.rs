//! Locks that keep two processes from using the same data.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// A lock that is held until this is dropped, or the process ends in whatever way.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "the open file is the lock")] File);

/// Why a lock is not to be had.
#[derive(Debug)]
pub(crate) enum LockError {
    /// Somebody else has it.
    Held,
    /// The file cannot be opened or locked.
    Io(io::Error),
}

/// Takes the lock of that file, which is made when it is missing and stays when the lock is gone.
///
/// # Errors
///
/// When somebody else has it, or the file cannot be opened.
pub(crate) fn take(path: &Path) -> Result<Lock, LockError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let file = options.open(path).map_err(LockError::Io)?;
    exclude_others(&file)?;
    Ok(Lock(file))
}

#[cfg(unix)]
fn exclude_others(file: &File) -> Result<(), LockError> {
    use rustix::fs::{FlockOperation, flock};
    use rustix::io::Errno;
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(()),
        Err(Errno::WOULDBLOCK) => Err(LockError::Held),
        Err(error) => Err(LockError::Io(error.into())),
    }
}

/// The standard library's own locks are newer than the oldest compiler that builds papo.
#[cfg(not(unix))]
fn exclude_others(_: &File) -> Result<(), LockError> {
    Ok(())
}
