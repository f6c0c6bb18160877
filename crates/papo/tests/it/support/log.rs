//! Things that happened, in order, written by one thread and waited for by another.

use std::fmt::Debug;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::PATIENCE;

/// A growing list that can be waited on.
pub(crate) struct Log<T>(Arc<(Mutex<Vec<T>>, Condvar)>);

impl<T> Clone for Log<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Clone + Debug> Log<T> {
    pub(crate) fn new() -> Self {
        Self(Arc::new((Mutex::new(Vec::new()), Condvar::new())))
    }

    pub(crate) fn push(&self, item: T) {
        self.items().push(item);
        self.0.1.notify_all();
    }

    pub(crate) fn items(&self) -> MutexGuard<'_, Vec<T>> {
        // A wait in vain panics with the lock; what is in the list is still what there is to show.
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the list holds `count` items and returns all of them.
    pub(crate) fn at_least(&self, count: usize, what: &str) -> Vec<T> {
        self.wait(what, |items| (items.len() >= count).then(|| items.to_vec()))
    }

    /// Waits until an item is there that `is_it`.
    pub(crate) fn find(&self, what: &str, is_it: impl Fn(&T) -> bool) -> T {
        self.wait(what, |items| items.iter().find(|item| is_it(item)).cloned())
    }

    fn wait<R>(&self, what: &str, ready: impl Fn(&[T]) -> Option<R>) -> R {
        let (items, timeout) = self
            .0
            .1
            .wait_timeout_while(self.items(), PATIENCE, |items| ready(items).is_none())
            .unwrap();
        assert!(
            !timeout.timed_out(),
            "waited in vain for {what}; there is only {:#?}",
            *items
        );
        ready(&items).unwrap()
    }
}
