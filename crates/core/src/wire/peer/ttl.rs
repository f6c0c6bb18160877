//! How far a message may still go (docs/protocol.md 2.3).

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::limits::TTL;

/// Hops that a message may still make, from 0 to [`TTL`]. It only falls: nothing here raises one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ttl(u8);

/// What stands in place of a ttl is no whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("ttl is no whole number")]
pub struct BadTtl;

impl Ttl {
    /// What a message begins with that others may pass on.
    pub const FIRST: Self = Self(TTL);
    /// For the neighbor alone.
    pub const NEIGHBOR: Self = Self(1);

    /// `hops`, at most [`TTL`].
    pub const fn new(hops: u8) -> Self {
        if hops > TTL { Self::FIRST } else { Self(hops) }
    }

    /// Reads the field of a message: a missing one counts as 1, texts of digits and whole floats are converted, what is
    /// above [`TTL`] counts as that.
    ///
    /// # Errors
    ///
    /// When it is no whole number, or below 0.
    pub fn read(value: Option<&Value>) -> Result<Self, BadTtl> {
        let Some(value) = value else {
            return Ok(Self::NEIGHBOR);
        };
        let number = crate::wire::json::whole_number(value).ok_or(BadTtl)?;
        u64::try_from(number)
            .map(|hops| Self(u8::try_from(hops).map_or(TTL, |hops| hops.min(TTL))))
            .map_err(|_| BadTtl)
    }

    /// What the next node gets when this one passes the message on; `None` when it may not.
    pub const fn passed_on(self) -> Option<Self> {
        if self.0 > 1 { Some(Self(self.0 - 1)) } else { None }
    }

    /// The number of hops.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ttl_is_read_as_others_write_it() {
        assert_eq!(Ttl::read(None), Ok(Ttl::NEIGHBOR));
        let good = [
            (json!(8), 8),
            (json!(1), 1),
            (json!(0), 0),
            (json!(9), 8),
            (json!(255), 8),
            (json!(1e18), 8),
            (json!("3"), 3),
            (json!(2.0), 2),
        ];
        for (value, hops) in good {
            assert_eq!(Ttl::read(Some(&value)).map(Ttl::get), Ok(hops), "{value}");
        }
        for value in [json!(-1), json!(1.5), json!("x"), json!(null), json!([8]), json!(true)] {
            assert_eq!(Ttl::read(Some(&value)), Err(BadTtl), "{value}");
        }
    }

    #[test]
    fn the_last_hop_gets_one_and_goes_no_further() {
        let mut ttl = Ttl::FIRST;
        let mut relays = 0;
        while let Some(next) = ttl.passed_on() {
            ttl = next;
            relays += 1;
        }
        assert_eq!((ttl, relays), (Ttl::NEIGHBOR, 7));
        assert_eq!(Ttl::new(0).passed_on(), None);
    }
}
