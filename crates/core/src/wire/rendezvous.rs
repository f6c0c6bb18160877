//! Requests and replies of the rendezvous, in both of its dialects (docs/protocol.md section 1).

mod reply;
mod request;
mod signed;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use reply::{Listed, Refusal, Reply};
pub use request::{Discover, Register, Request, Unregister, Wanted};
pub use signed::{Claim, Purpose, Signed};

use crate::limits::{LEASE_DEFAULT_SECS, LEASE_MAX_SECS};

/// Which program's habits a rendezvous has (docs/protocol.md section 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum Dialect {
    /// The program of September 2025: errors under `error`, everyone may discover, no limit per address.
    #[default]
    #[serde(rename = "2025-09")]
    September,
    /// The program of November 2025: errors under `message`, only who is registered may discover, and whoever connects
    /// too often is banned.
    #[serde(rename = "2025-11")]
    November,
}

/// The text names no dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("is no dialect: write 2025-09 or 2025-11")]
pub struct ParseDialectError;

impl FromStr for Dialect {
    type Err = ParseDialectError;

    fn from_str(text: &str) -> Result<Self, ParseDialectError> {
        match text {
            "2025-09" => Ok(Self::September),
            "2025-11" => Ok(Self::November),
            _ => Err(ParseDialectError),
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::September => "2025-09",
            Self::November => "2025-11",
        })
    }
}

/// How long a registration lives, in whole seconds from 1 to 86400. On the wire it is called `ttl`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lease(u32);

impl Lease {
    /// What a request without `ttl` gets.
    pub const DEFAULT: Self = Self(LEASE_DEFAULT_SECS);

    /// Seconds, clamped to what is possible.
    pub fn clamped(seconds: i64) -> Self {
        Self(u32::try_from(seconds.clamp(1, LEASE_MAX_SECS.into())).unwrap_or(LEASE_MAX_SECS))
    }

    /// In seconds.
    pub const fn secs(self) -> u32 {
        self.0
    }
}

impl From<Lease> for std::time::Duration {
    fn from(lease: Lease) -> Self {
        Self::from_secs(lease.0.into())
    }
}

#[cfg(test)]
mod tests;
