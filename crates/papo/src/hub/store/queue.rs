//! What waits for one of the store's threads.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant as Clock;

/// Things on their way to the one thread that takes them, in order.
#[derive(Debug)]
pub(super) struct Queue<T> {
    waiting: Mutex<Waiting<T>>,
    rung: Condvar,
    limit: usize,
}

#[derive(Debug)]
struct Waiting<T> {
    things: VecDeque<T>,
    closed: bool,
}

/// What the thread finds when it looks.
#[derive(Debug)]
pub(super) struct Turn<T> {
    pub(super) things: VecDeque<T>,
    /// These are the last.
    pub(super) ended: bool,
}

impl<T> Queue<T> {
    /// Room for so many.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            waiting: Mutex::new(Waiting {
                things: VecDeque::new(),
                closed: false,
            }),
            rung: Condvar::new(),
            limit,
        }
    }

    /// Never waits; gives back what there is no room for, or what nobody will take any more.
    pub(super) fn push(&self, thing: T) -> Result<(), T> {
        let mut waiting = self.lock();
        if waiting.closed || waiting.things.len() >= self.limit {
            return Err(thing);
        }
        waiting.things.push_back(thing);
        self.rung.notify_one();
        Ok(())
    }

    /// The same, before everything that waits.
    pub(super) fn push_first(&self, thing: T) -> Result<(), T> {
        let mut waiting = self.lock();
        if waiting.closed || waiting.things.len() >= self.limit {
            return Err(thing);
        }
        waiting.things.push_front(thing);
        self.rung.notify_one();
        Ok(())
    }

    /// Nothing more will come.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.rung.notify_one();
    }

    /// Whether nothing more will come.
    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Waits until something is there, nothing more will come, or that moment has come; then takes at most so many.
    pub(super) fn take(&self, most: usize, until: Option<Clock>) -> Turn<T> {
        let mut waiting = self.lock();
        while waiting.things.is_empty() && !waiting.closed {
            waiting = match until {
                None => self.rung.wait(waiting).unwrap_or_else(PoisonError::into_inner),
                Some(until) => {
                    let left = until.saturating_duration_since(Clock::now());
                    if left.is_zero() {
                        break;
                    }
                    let woken = self.rung.wait_timeout(waiting, left);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        let count = waiting.things.len().min(most);
        let things = waiting.things.drain(..count).collect();
        Turn {
            things,
            ended: waiting.closed && waiting.things.is_empty(),
        }
    }

    /// No panic leaves a queue half changed.
    fn lock(&self) -> MutexGuard<'_, Waiting<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
