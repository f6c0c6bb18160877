//! The thread that writes.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant as Clock};

use papo_core::hub::{Change, Position, Record, Retention};
use papo_core::id::{HubId, LinkId};
use papo_core::limits::{STORE_BATCH, STORE_DROPPED, STORE_LAZY, STORE_SWEEP};
use papo_core::time::UtcMillis;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::StoreEvent;
use super::queue::Queue;
use super::restore::forget_heads;
use super::rooms::{Changed, Rooms, Rule};
use super::row::{Insert, number};
use crate::clock::utc_now;
use crate::lock::Lock;

/// What the writer is asked to do.
pub(super) enum Task {
    Record(Record),
    /// What a test does with the writer's own connection, between two turns.
    #[cfg(test)]
    Test(Box<dyn FnOnce(&Connection) + Send>),
}

/// The times and bounds of the writer, which tests change.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tuning {
    pub(super) lazy: Duration,
    pub(super) sweep: Duration,
    pub(super) dropped: usize,
    pub(super) now: fn() -> UtcMillis,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            lazy: STORE_LAZY,
            sweep: STORE_SWEEP,
            dropped: STORE_DROPPED,
            now: utc_now,
        }
    }
}

/// Everything that the thread has.
pub(super) struct Writer {
    pub(super) connection: Connection,
    pub(super) queue: Arc<Queue<Task>>,
    pub(super) hub: HubId,
    pub(super) rooms: Rooms,
    /// The URL of each link.
    pub(super) links: Vec<String>,
    pub(super) retention: Retention,
    pub(super) tuning: Tuning,
    pub(super) on_event: Box<dyn Fn(StoreEvent) + Send>,
    pub(super) lock: Lock,
}

/// What the thread knows from one turn to the next.
struct Turns {
    batch: VecDeque<Record>,
    /// The records that wait are to be written at this moment at the latest.
    write_at: Option<Clock>,
    sweep_at: Clock,
    /// The last epoch of which something could not be written.
    failed: Option<u32>,
}

impl Writer {
    /// Until the queue ends; everything in it is written then, or was reported as failed.
    pub(super) fn run(mut self) {
        let now = Clock::now();
        let mut turns = Turns {
            batch: VecDeque::new(),
            write_at: None,
            sweep_at: now,
            failed: None,
        };
        loop {
            let until = turns.write_at.map_or(turns.sweep_at, |at| at.min(turns.sweep_at));
            let turn = self.queue.take(STORE_BATCH, Some(until));
            for task in turn.things {
                match task {
                    Task::Record(record) => self.take(&mut turns, record),
                    #[cfg(test)]
                    Task::Test(test) => test(&self.connection),
                }
            }
            let now = Clock::now();
            if turn.ended || turns.write_at.is_some_and(|at| at <= now) {
                turns.write_at = None;
                self.flush(&mut turns);
            }
            if turn.ended {
                break;
            }
            if turns.sweep_at <= now {
                turns.sweep_at = self.sweep(now);
            }
        }
        drop(self.connection);
        drop(self.lock);
    }

    fn take(&self, turns: &mut Turns, record: Record) {
        let urgent = match record.change {
            Change::Said(_) => true,
            Change::Sent { urgent, .. } => urgent,
        };
        let now = Clock::now();
        if urgent {
            turns.write_at = Some(now);
        } else if turns.write_at.is_none() {
            turns.write_at = Some(now + self.tuning.lazy);
        }
        turns.batch.push_back(record);
    }

    /// Writes what waits: one transaction, unless a new epoch begins in between.
    fn flush(&mut self, turns: &mut Turns) {
        while let Some(epoch) = turns.batch.front().map(|record| record.epoch) {
            let same = turns.batch.iter().take_while(|record| record.epoch == epoch).count();
            let records: Vec<Record> = turns.batch.drain(..same).collect();
            if turns.failed.is_some_and(|failed| epoch <= failed) {
                continue;
            }
            let event = match self.write(&records, turns) {
                Ok(()) => records.last().map(|last| StoreEvent::Stored { through: last.ticket }),
                Err(error) => {
                    turns.failed = Some(epoch);
                    Some(StoreEvent::Failed {
                        epoch,
                        detail: error.to_string(),
                    })
                }
            };
            if let Some(event) = event {
                (self.on_event)(event);
            }
        }
    }

    fn write(&mut self, records: &[Record], turns: &mut Turns) -> rusqlite::Result<()> {
        let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        let mut changes = self.rooms.changes();
        let mut through = HashMap::<LinkId, Position>::new();
        {
            let mut insert = Insert::new(&transaction)?;
            for record in records {
                match &record.change {
                    Change::Said(said) => {
                        let room = changes.id(&transaction, &said.room)?;
                        if insert.said(room, said)? {
                            changes.add(room, said);
                        }
                    }
                    Change::Sent {
                        link, through: sent, ..
                    } => {
                        // The last one counts: what did not go out after all is not done with.
                        through.insert(*link, *sent);
                    }
                }
            }
        }
        self.sent(&transaction, &through)?;
        let mut rule = self.rule();
        changes.trim(&transaction, &mut rule)?;
        let changed = changes.finish(&transaction)?;
        transaction.commit()?;
        self.rooms.apply(changed);
        if rule.budget == 0 {
            turns.sweep_at = Clock::now();
        }
        Ok(())
    }

    fn sent(&self, connection: &Connection, through: &HashMap<LinkId, Position>) -> rusqlite::Result<()> {
        if through.is_empty() {
            return Ok(());
        }
        let mut statement = connection.prepare_cached("UPDATE links SET through = ?2 WHERE url = ?1")?;
        for (link, place) in through {
            let url = usize::try_from(link.0).ok().and_then(|at| self.links.get(at));
            if let Some(url) = url {
                statement.execute(params![url, number(place.0)])?;
            }
        }
        Ok(())
    }

    /// Drops what became too old, and tells when to look again.
    fn sweep(&mut self, now: Clock) -> Clock {
        let mut rule = self.rule();
        match self.swept(&mut rule) {
            Ok(changed) => self.rooms.apply(changed),
            Err(error) => {
                tracing::warn!(%error, "old messages cannot be dropped; the next try is in a minute");
                return now + self.tuning.sweep;
            }
        }
        if rule.budget == 0 { now } else { now + self.tuning.sweep }
    }

    fn swept(&self, rule: &mut Rule) -> rusqlite::Result<Changed> {
        let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        let mut changes = self.rooms.changes();
        changes.trim_all(&transaction, rule)?;
        forget_heads(&transaction, self.hub)?;
        let changed = changes.finish(&transaction)?;
        transaction.commit()?;
        Ok(changed)
    }

    fn rule(&self) -> Rule {
        Rule {
            retention: self.retention,
            now: (self.tuning.now)(),
            budget: self.tuning.dropped,
        }
    }
}
