//! A part of what a scenario and a seed make happen: a failing schedule made small.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::time::Instant;

/// Which actors and which actions of a schedule are kept, by their numbers, and for how long it runs.
///
/// Written as `n=0-3,7/a=1,4/t=12500000`: actors, actions, and the last microsecond; a part that is missing keeps all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keep {
    /// Actors; `None` for all.
    pub actors: Option<BTreeSet<usize>>,
    /// Actions: what is said and what goes wrong; `None` for all.
    pub actions: Option<BTreeSet<usize>>,
    /// The last moment.
    pub until: Option<Instant>,
}

/// The text names no part of a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("is no part of a schedule: copy what a failing run printed, such as n=0-3,7/a=1,4/t=12500000")]
pub struct ParseKeepError;

impl Keep {
    /// True for an actor that takes part.
    pub fn actor(&self, number: usize) -> bool {
        self.actors.as_ref().is_none_or(|kept| kept.contains(&number))
    }

    /// True for an action that happens.
    pub fn action(&self, number: usize) -> bool {
        self.actions.as_ref().is_none_or(|kept| kept.contains(&number))
    }
}

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if let Some(actors) = &self.actors {
            parts.push(format!("n={}", numbers(actors)));
        }
        if let Some(actions) = &self.actions {
            parts.push(format!("a={}", numbers(actions)));
        }
        if let Some(until) = self.until {
            parts.push(format!("t={}", until.as_micros()));
        }
        f.write_str(&parts.join("/"))
    }
}

impl FromStr for Keep {
    type Err = ParseKeepError;

    fn from_str(text: &str) -> Result<Self, ParseKeepError> {
        let mut keep = Self::default();
        for part in text.split('/').filter(|part| !part.is_empty()) {
            match part.split_once('=').ok_or(ParseKeepError)? {
                ("n", list) => keep.actors = Some(parse_numbers(list)?),
                ("a", list) => keep.actions = Some(parse_numbers(list)?),
                ("t", micros) => {
                    keep.until = Some(Instant::from_micros(micros.parse().map_err(|_| ParseKeepError)?));
                }
                _ => return Err(ParseKeepError),
            }
        }
        Ok(keep)
    }
}

/// Numbers in their order, neighbors joined: `0-3,7`.
fn numbers(numbers: &BTreeSet<usize>) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let runs = runs.iter().map(|(from, to)| {
        if from == to {
            from.to_string()
        } else {
            format!("{from}-{to}")
        }
    });
    runs.collect::<Vec<_>>().join(",")
}

fn parse_numbers(list: &str) -> Result<BTreeSet<usize>, ParseKeepError> {
    /// More actors than any world has.
    const MOST: usize = 10_000_000;
    let number = |text: &str| -> Result<usize, ParseKeepError> {
        text.parse().ok().filter(|number| *number < MOST).ok_or(ParseKeepError)
    };
    let mut numbers = BTreeSet::new();
    for run in list.split(',').filter(|run| !run.is_empty()) {
        let (from, to) = run.split_once('-').unwrap_or((run, run));
        numbers.extend(number(from)?..=number(to)?);
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for text in ["", "n=0-3,7", "a=", "n=0/a=1,3-4/t=12500000"] {
            let keep: Keep = text.parse().unwrap();
            assert_eq!(keep.to_string(), text);
        }
        let keep: Keep = "n=0-3,7/a=1".parse().unwrap();
        assert!(keep.actor(2) && keep.actor(7) && !keep.actor(4));
        assert!(keep.action(1) && !keep.action(0));
        assert!(Keep::default().actor(9) && Keep::default().action(9));
    }

    #[test]
    fn what_is_no_part_is_refused() {
        for text in ["x", "n=a", "q=1", "n=1-", "t=-1", "n=0-99999999"] {
            assert_eq!(text.parse::<Keep>(), Err(ParseKeepError), "{text}");
        }
    }
}
