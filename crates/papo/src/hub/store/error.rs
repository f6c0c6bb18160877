//! Why a folder is not taken.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::error::Failure;
use crate::lock::LockError;
use crate::text::Message;

/// Why the rooms in a folder cannot be had.
#[derive(Debug)]
pub(crate) struct OpenError {
    path: PathBuf,
    why: Why,
}

/// What is wrong.
#[derive(Debug)]
pub(crate) enum Why {
    /// Another papo has the folder.
    InUse,
    /// There is no file.
    Missing,
    /// There is a file already where a new one is to be.
    Exists,
    /// It was written by a papo that knows more.
    Newer,
    /// It was written by a papo that knew less, and may not be changed now.
    Older,
    /// It was never written by a hub.
    Foreign,
    /// It is damaged.
    Damaged(String),
    /// The disk or the system refuses.
    Refused(String),
}

impl OpenError {
    pub(crate) fn new(path: &Path, why: impl Into<Why>) -> Self {
        Self {
            path: path.to_owned(),
            why: why.into(),
        }
    }

    /// There is no file of this version, and a hub that starts would make one.
    pub(super) const fn wants_a_hub(&self) -> bool {
        matches!(self.why, Why::Missing | Why::Older)
    }

    /// What is wrong.
    #[cfg(test)]
    pub(crate) const fn why(&self) -> &Why {
        &self.why
    }

    #[cfg(test)]
    pub(crate) fn into_why(self) -> Why {
        self.why
    }
}

impl From<rusqlite::Error> for Why {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::Foreign,
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged(error.to_string()),
            _ => Self::Refused(error.to_string()),
        }
    }
}

impl From<io::Error> for Why {
    fn from(error: io::Error) -> Self {
        Self::Refused(error.to_string())
    }
}

impl From<LockError> for Why {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Held => Self::InUse,
            LockError::Io(error) => error.into(),
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        let message = match error.why {
            Why::InUse => Message::new("error-rooms-in-use"),
            Why::Missing => Message::new("error-rooms-missing"),
            Why::Exists => Message::new("error-rooms-exists"),
            Why::Newer => Message::new("error-rooms-newer"),
            Why::Older => Message::new("error-rooms-older"),
            Why::Foreign => Message::new("error-rooms-foreign"),
            Why::Damaged(detail) => Message::new("error-rooms-damaged").with("detail", detail),
            Why::Refused(detail) => Message::new("error-rooms").with("detail", detail),
        };
        Self::storage(message.showing("path", error.path.display()))
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.path.display(), self.why)
    }
}

impl std::error::Error for OpenError {}
