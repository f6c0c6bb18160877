//! What keeps the records of a registry, if anything does.

use std::collections::VecDeque;

use tokio::sync::watch;

use super::journal::{Journal, Position, State};
use crate::error::Failure;

/// The log file, or nothing.
#[derive(Debug)]
pub(super) struct Store {
    journal: Option<Journal>,
    last: Position,
    durable: Position,
    failing: bool,
    /// What the journal had no room for; it goes first when there is.
    overflow: VecDeque<Vec<u8>>,
}

impl Store {
    /// `None` keeps nothing.
    pub(super) const fn new(journal: Option<Journal>) -> Self {
        Self {
            journal,
            last: Position::START,
            durable: Position::START,
            failing: false,
            overflow: VecDeque::new(),
        }
    }

    pub(super) fn state(&self) -> Option<watch::Receiver<State>> {
        self.journal.as_ref().map(Journal::state)
    }

    /// Takes an entry. Nothing is lost: what the journal has no room for waits here, and [`Store::works`] says no until
    /// it has gone in, so that this never grows by more than one request makes.
    pub(super) fn append(&mut self, entry: Vec<u8>) {
        if self.journal.is_some() {
            self.overflow.push_back(entry);
            self.push();
        }
    }

    fn push(&mut self) {
        let Some(journal) = &self.journal else { return };
        while let Some(Ok(position)) = self.overflow.front().map(|entry| journal.append(entry)) {
            self.last = position;
            self.overflow.pop_front();
        }
    }

    pub(super) fn on_state(&mut self, state: &State) {
        self.durable = state.durable();
        self.failing = matches!(state, State::Failing { .. });
        self.push();
    }

    /// The position behind everything that was taken.
    pub(super) fn last(&self) -> Position {
        self.last.plus(self.overflow.len() as u64)
    }

    /// Up to where the disk has everything.
    pub(super) const fn durable(&self) -> Position {
        self.durable
    }

    /// Whether more can be taken.
    pub(super) fn works(&self) -> bool {
        !self.failing && self.overflow.is_empty()
    }

    /// Writes what waits and lets go of the file. Blocks.
    pub(super) fn close(self) -> Result<(), Failure> {
        self.journal.map_or(Ok(()), Journal::close)
    }
}
