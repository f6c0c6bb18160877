//! The fields of a JSON object from elsewhere, each read as what it has to be.

use serde_json::{Map, Value};
use thiserror::Error;

use crate::id::ParseIdError;

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Problem {
    /// It is not there.
    #[error("is missing")]
    Missing,
    /// It has another JSON type, or is a number out of range.
    #[error("is not {0}")]
    Not(&'static str),
    /// Longer than this many bytes.
    #[error("is longer than {0} bytes")]
    TooLong(usize),
    /// Not an id, room or hub.
    #[error(transparent)]
    Id(#[from] ParseIdError),
}

/// A field and what is wrong with it.
pub(crate) type Wrong = (&'static str, Problem);

/// The fields of one object.
pub(crate) struct Fields<'a>(pub(crate) &'a Map<String, Value>);

impl<'a> Fields<'a> {
    /// A field that may be missing or null.
    pub(crate) fn optional(&self, field: &str) -> Option<&'a Value> {
        self.0.get(field).filter(|value| !value.is_null())
    }

    pub(crate) fn value(&self, field: &'static str) -> Result<&'a Value, Wrong> {
        self.0.get(field).ok_or((field, Problem::Missing))
    }

    pub(crate) fn text(&self, field: &'static str) -> Result<&'a str, Wrong> {
        self.value(field)?.as_str().ok_or((field, Problem::Not("a string")))
    }

    pub(crate) fn number(&self, field: &'static str) -> Result<u64, Wrong> {
        self.value(field)?
            .as_u64()
            .ok_or((field, Problem::Not("a whole number from 0")))
    }

    pub(crate) fn bounded(&self, field: &'static str, most: usize) -> Result<&'a str, Wrong> {
        match self.text(field)? {
            text if text.len() > most => Err((field, Problem::TooLong(most))),
            text => Ok(text),
        }
    }

    pub(crate) fn id<T: std::str::FromStr<Err = ParseIdError>>(&self, field: &'static str) -> Result<T, Wrong> {
        self.text(field)?.parse().map_err(|error| (field, Problem::Id(error)))
    }
}
