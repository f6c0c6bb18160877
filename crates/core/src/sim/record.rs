//! What a run leaves behind: a hash of all that came out, counts of what was looked at, and the first violation.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::check::Invariant;
use super::report::Violation;
use super::trace::{Hop, Mark, Trace};
use crate::time::Instant;

/// Lines about what happened last that are kept for a violation.
const LAST: usize = 40;

/// The record of a run.
#[derive(Debug)]
pub(super) struct Recorder {
    hash: Sha256,
    steps: u64,
    /// Kept only in a second run, which a violation in the first one asks for: writing them costs more than the run.
    last: Option<VecDeque<String>>,
    checked: BTreeMap<Invariant, u64>,
    violation: Option<Violation>,
    trace: Option<Trace>,
}

impl Recorder {
    /// Nothing happened. With `notes` what happens last is remembered in words, with `trace` the ways of messages.
    pub(super) fn new(notes: bool, trace: bool) -> Self {
        Self {
            hash: Sha256::new(),
            steps: 0,
            last: notes.then(VecDeque::new),
            checked: Invariant::ALL.into_iter().map(|invariant| (invariant, 0)).collect(),
            violation: None,
            trace: trace.then(Trace::default),
        }
    }

    /// A machine takes an input.
    pub(super) const fn step(&mut self) {
        self.steps += 1;
    }

    /// How many inputs were taken.
    pub(super) const fn steps(&self) -> u64 {
        self.steps
    }

    /// Something came out of a machine: bytes that say all of it.
    pub(super) fn output(&mut self, now: Instant, actor: usize, what: &[u8]) {
        let mut head = [0; 24];
        head[..8].copy_from_slice(&now.as_micros().to_le_bytes());
        head[8..16].copy_from_slice(&(actor as u64).to_le_bytes());
        head[16..].copy_from_slice(&(what.len() as u64).to_le_bytes());
        self.hash.update(head);
        self.hash.update(what);
    }

    /// Something happened that is worth a line before a violation. The line is only made when it is wanted.
    pub(super) fn note(&mut self, now: Instant, line: impl FnOnce() -> String) {
        if let Some(last) = &mut self.last {
            if last.len() >= LAST {
                last.pop_front();
            }
            last.push_back(format!("{now} {}", line()));
        }
    }

    /// A promise was looked at, and was kept or not. Only the first that was not is remembered.
    pub(super) fn check(&mut self, now: Instant, invariant: Invariant, kept: bool, detail: impl FnOnce() -> String) {
        if let Some(count) = self.checked.get_mut(&invariant) {
            *count += 1;
        }
        if !kept && self.violation.is_none() {
            self.violation = Some(Violation {
                invariant,
                step: self.steps,
                at: now,
                detail: detail(),
                last: self.last.iter().flatten().cloned().collect(),
            });
        }
    }

    /// True once a promise was not kept: the run ends.
    pub(super) const fn violated(&self) -> bool {
        self.violation.is_some()
    }

    /// The ways of messages, when they are to be remembered.
    pub(super) const fn trace(&mut self) -> Option<&mut Trace> {
        self.trace.as_mut()
    }

    /// How often each promise was looked at, the first that was not kept, the ways of messages, and the hash in
    /// hexadecimal digits.
    pub(super) fn finish(self) -> (BTreeMap<Invariant, u64>, Option<Violation>, Option<Trace>, String) {
        let mut digits = String::new();
        for byte in self.hash.finalize() {
            let _ = write!(digits, "{byte:02x}");
        }
        (self.checked, self.violation, self.trace, digits)
    }
}

impl Trace {
    /// Remembers a line that was written; gives its place, to tell later when it was read.
    pub(super) fn hop(&mut self, hop: Hop) -> Option<usize> {
        if self.hops.len() >= Self::MOST {
            self.left_out += 1;
            return None;
        }
        self.hops.push(hop);
        Some(self.hops.len() - 1)
    }

    /// A line was read.
    pub(super) fn arrived(&mut self, place: usize, at: Instant) {
        if let Some(hop) = self.hops.get_mut(place) {
            hop.arrived = Some(at);
        }
    }

    /// Something was shown or happened.
    pub(super) fn mark(&mut self, mark: Mark) {
        if self.marks.len() < Self::MOST {
            self.marks.push(mark);
        }
    }
}
