//! How somebody who reads a room sees its numbers.

use std::collections::BTreeMap;

use crate::hub::Key;
use crate::id::HubId;

/// The numbers that a reader was shown, hub by hub.
#[derive(Debug, Default)]
pub(in crate::sim::hubs) struct Follower {
    heads: BTreeMap<HubId, Head>,
}

#[derive(Debug)]
struct Head {
    first: u64,
    last: u64,
    gaps: Vec<(u64, u64)>,
}

/// What is wrong with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sim::hubs) enum Flaw {
    /// Numbers are missing and nothing said so; this one was to come.
    Hole(u64),
    /// It was shown before.
    Again,
    /// It was announced as missing.
    AfterGap,
    /// It is lower than the first one.
    Backwards,
    /// A gap that ends before it begins.
    Empty,
}

impl Follower {
    /// A message is shown. The first number of a hub is believed.
    pub(in crate::sim::hubs) fn see(&mut self, key: Key) -> Option<Flaw> {
        self.advance(key.origin, key.seq.get(), key.seq.get())
    }

    /// A gap is shown.
    pub(in crate::sim::hubs) fn gap(&mut self, origin: HubId, from: u64, to: u64) -> Option<Flaw> {
        if from > to {
            return Some(Flaw::Empty);
        }
        let flaw = self.advance(origin, from, to);
        if let Some(head) = self.heads.get_mut(&origin) {
            head.gaps.push((from, to));
        }
        flaw
    }

    /// True once something of that hub was shown.
    pub(in crate::sim::hubs) fn knows(&self, origin: HubId) -> bool {
        self.heads.contains_key(&origin)
    }

    fn advance(&mut self, origin: HubId, from: u64, to: u64) -> Option<Flaw> {
        let Some(head) = self.heads.get_mut(&origin) else {
            let head = Head {
                first: from,
                last: to,
                gaps: Vec::new(),
            };
            self.heads.insert(origin, head);
            return None;
        };
        if from <= head.last {
            let missing = head.gaps.iter().any(|&(first, last)| (first..=last).contains(&from));
            return Some(if missing {
                Flaw::AfterGap
            } else if from >= head.first {
                Flaw::Again
            } else {
                Flaw::Backwards
            });
        }
        let expected = head.last + 1;
        head.last = to;
        (from != expected).then_some(Flaw::Hole(expected))
    }
}
