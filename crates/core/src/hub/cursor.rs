//! How far somebody has read a room, hub by hub, and what is to be read between two such places (docs/protocol.md 6.4).

use std::collections::BTreeMap;

use crate::hub::entry::Key;
use crate::id::{HubId, Seq};
use crate::planted::{Bug, planted};

/// For each hub the number of its last message in a room that was read. A hub that is not named was not read at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cursor(BTreeMap<HubId, u64>);

impl Cursor {
    /// The last number read of a hub; 0 before the first.
    pub fn after(&self, origin: HubId) -> u64 {
        self.0.get(&origin).copied().unwrap_or(0)
    }

    /// Everything up to `seq` is read, be it lower than before or not; 0 for nothing.
    pub fn set(&mut self, origin: HubId, seq: u64) {
        self.0.insert(origin, seq);
    }

    /// This message is read too.
    pub fn read(&mut self, key: Key) {
        let last = self.0.entry(key.origin).or_default();
        *last = key.seq.get().max(*last);
    }

    /// Nothing is known of this hub any more.
    pub(crate) fn forget(&mut self, origin: HubId) {
        self.0.remove(&origin);
    }

    /// True when this message is read.
    pub fn has(&self, key: Key) -> bool {
        key.seq.get() <= self.after(key.origin)
    }

    /// What both have read: for each hub the lower number. A hub that one of them does not name is not read.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Self {
        let both = self.0.iter().filter_map(|(&origin, &seq)| {
            let least = seq.min(other.after(origin));
            (least > 0).then_some((origin, least))
        });
        Self(both.collect())
    }

    /// The hubs and numbers, in the order of the hubs.
    pub fn iter(&self) -> impl Iterator<Item = (HubId, u64)> {
        self.0.iter().map(|(&origin, &seq)| (origin, seq))
    }

    /// How many hubs it names.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True when it names no hub.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(HubId, u64)> for Cursor {
    fn from_iter<I: IntoIterator<Item = (HubId, u64)>>(numbers: I) -> Self {
        Self(numbers.into_iter().collect())
    }
}

/// Numbers of one hub, both ends included, that are not there to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    /// The hub.
    pub origin: HubId,
    /// The first number.
    pub from: Seq,
    /// The last number.
    pub to: Seq,
}

/// What to do with the next message of a room's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It is not among those to be read.
    Skip,
    /// Show it.
    Show,
    /// Show that these are missing, then the message.
    ShowAfter(Missing),
}

/// Reads again what lies behind one cursor and not behind another, in the order of a room's log. The messages may come
/// from memory or from the disk, as long as those of each hub come in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// The last number read or given, hub by hub; of hubs that it does not name the first message sets it.
    at: Cursor,
    until: Cursor,
}

impl Replay {
    /// Everything behind `after`, up to and including `until`.
    pub fn new(after: Cursor, until: Cursor) -> Self {
        let at = if planted(Bug::ReplayOffByOne) {
            after
                .iter()
                .map(|(origin, seq)| (origin, seq.saturating_add(1)))
                .collect()
        } else {
            after
        };
        Self { at, until }
    }

    /// How far it has come.
    pub fn at(&self) -> &Cursor {
        &self.at
    }

    /// Where it ends.
    pub fn until(&self) -> &Cursor {
        &self.until
    }

    /// Nothing is to be read any more.
    pub fn is_done(&self) -> bool {
        self.until.iter().all(|(origin, seq)| self.at.after(origin) >= seq)
    }

    /// The next message of the log.
    pub fn step(&mut self, key: Key) -> Step {
        if self.at.has(key) || !self.until.has(key) {
            return Step::Skip;
        }
        let missing = self.missing_before(key);
        self.at.read(key);
        missing.map_or(Step::Show, Step::ShowAfter)
    }

    /// What is missing at the end, when the log has nothing more.
    pub fn finish(&mut self) -> Vec<Missing> {
        let mut missing = Vec::new();
        for (origin, seq) in self.until.clone().iter() {
            let last = self.at.after(origin);
            if last > 0
                && last < seq
                && let (Some(from), Some(to)) = (Seq::new(last.saturating_add(1)), Seq::new(seq))
            {
                missing.push(Missing { origin, from, to });
            }
            self.at.set(origin, seq.max(last));
        }
        missing
    }

    /// Of a hub that was never read, it begins with the oldest that there is.
    fn missing_before(&self, key: Key) -> Option<Missing> {
        let last = self.at.after(key.origin);
        let (from, to) = (Seq::new(last.saturating_add(1))?, key.seq.previous()?);
        (last > 0 && from <= to).then_some(Missing {
            origin: key.origin,
            from,
            to,
        })
    }
}

#[cfg(test)]
mod tests;
