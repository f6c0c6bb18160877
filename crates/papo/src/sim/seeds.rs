//! Which seeds are run.

use std::str::FromStr;

use papo_core::limits::SIM_NODES;

use crate::error::Failure;
use crate::text::Message;

/// The seeds of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seeds {
    /// This one.
    One(u64),
    /// All from the first to the last, both included.
    Many {
        /// The first.
        first: u64,
        /// The last, not before the first.
        last: u64,
    },
}

impl Seeds {
    /// Reads `--seed` and `--seeds`, of which at most one is given.
    ///
    /// # Errors
    ///
    /// When a text is no number or no range.
    pub fn read(seed: Option<&str>, seeds: Option<&str>) -> Result<Self, Failure> {
        match (seed, seeds) {
            (_, Some(given)) => range(given).ok_or_else(|| complain("--seeds", given, "error-sim-seeds")),
            (Some(given), None) => number("--seed", given, "error-sim-seed").map(Self::One),
            (None, None) => Ok(Self::One(1)),
        }
    }
}

/// A number on the command line; `reason` is the text that says what it has to be.
///
/// # Errors
///
/// When it is none.
pub(crate) fn number<T: FromStr>(option: &'static str, given: &str, reason: &'static str) -> Result<T, Failure> {
    given.parse().map_err(|_| complain(option, given, reason))
}

/// How many peers `--nodes` asks for.
///
/// # Errors
///
/// When it is none that a world may have.
pub(crate) fn peers(given: &str) -> Result<u32, Failure> {
    let count = number("--nodes", given, "error-sim-nodes")?;
    if (1..=SIM_NODES).contains(&count) {
        return Ok(count);
    }
    Err(complain("--nodes", given, "error-sim-nodes"))
}

fn complain(option: &'static str, given: &str, reason: &'static str) -> Failure {
    Failure::usage(
        Message::new("error-setting")
            .with("source", option)
            .with("given", given.to_owned())
            .with("reason", Message::new(reason)),
    )
}

fn range(given: &str) -> Option<Seeds> {
    let (first, last) = given.split_once("..")?;
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first <= last).then_some(Seeds::Many { first, last })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_or_a_range_with_both_ends() {
        assert_eq!(Seeds::read(None, None).unwrap(), Seeds::One(1));
        assert_eq!(Seeds::read(Some("0"), None).unwrap(), Seeds::One(0));
        let many = |first, last| Seeds::Many { first, last };
        assert_eq!(Seeds::read(None, Some("3..7")).unwrap(), many(3, 7));
        assert_eq!(Seeds::read(None, Some("4 .. 4")).unwrap(), many(4, 4));
        let all = format!("0..{}", u64::MAX);
        assert_eq!(Seeds::read(None, Some(&all)).unwrap(), many(0, u64::MAX));
    }

    #[test]
    fn what_is_no_seed_is_refused_with_what_was_given() {
        for given in ["", "-1", "1.5", "seven", "18446744073709551616"] {
            let failure = Seeds::read(Some(given), None).unwrap_err();
            assert!(
                failure.to_string().contains(&format!("--seed: \"{given}\"")),
                "{failure}"
            );
        }
        for given in ["0", "200001", "-1", "many"] {
            let failure = peers(given).unwrap_err();
            assert!(
                failure.to_string().contains(&format!("--nodes: \"{given}\"")),
                "{failure}"
            );
        }
        assert_eq!(peers("200000").unwrap(), 200_000);
        for given in ["", "7", "7..", "..7", "7..3", "1..=3", "a..b"] {
            let failure = Seeds::read(None, Some(given)).unwrap_err();
            assert!(
                failure.to_string().contains(&format!("--seeds: \"{given}\"")),
                "{failure}"
            );
        }
    }
}
