//! Running worlds until one notices something.

use std::cell::RefCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use papo_core::planted::{Bug, plant};
use papo_core::sim::{self, Invariant};

use crate::worlds;

/// One run: a world and the seed that it is drawn from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) world: &'static str,
    pub(crate) seed: u64,
}

/// What a run noticed.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) place: Place,
    pub(crate) by: Invariant,
    detail: String,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { world, seed } = self.place;
        write!(f, "{world}, seed {seed}: {}: {}", self.by, self.detail)
    }
}

/// The first of the seeds from 1 on that notices something with this bug. Seeds run on every processor; which is the
/// first does not depend on who is faster.
pub(crate) fn first(bug: Option<Bug>, seeds: u64, place: impl Fn(u64) -> Place + Sync) -> Option<Found> {
    plant(bug);
    let next = AtomicU64::new(1);
    // The smallest that noticed something: nobody need try a greater one.
    let enough = AtomicU64::new(seeds);
    let search = || {
        let mut first: Option<Found> = None;
        loop {
            let seed = next.fetch_add(1, Ordering::SeqCst);
            if seed > enough.load(Ordering::SeqCst) {
                return first;
            }
            if let Some(found) = run(place(seed)) {
                enough.fetch_min(seed, Ordering::SeqCst);
                first = first.or(Some(found));
            }
        }
    };
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let found = thread::scope(|scope| {
        let searches: Vec<_> = (0..threads).map(|_| scope.spawn(search)).collect();
        let found = searches.into_iter().filter_map(|search| search.join().ok().flatten());
        found.min_by_key(|found| found.place.seed)
    });
    plant(None);
    found
}

/// What one run notices with this bug.
pub(crate) fn at(bug: Option<Bug>, place: Place) -> Option<Found> {
    plant(bug);
    let found = run(place);
    plant(None);
    found
}

thread_local! {
    /// What the last panic of this thread said, and where.
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// A panic is told with what it was found by: by itself it would stand between the lines of the table.
pub(crate) fn silence_panics() {
    std::panic::set_hook(Box::new(|info| PANIC.set(info.to_string())));
}

fn run(place: Place) -> Option<Found> {
    let scenario = worlds::world(place.world)?;
    let ended = catch_unwind(AssertUnwindSafe(|| {
        sim::run(place.world, &scenario, place.seed, &sim::Options::default())
    }));
    let (by, detail) = match ended {
        Ok(outcome) => {
            let violation = outcome.violation?;
            (violation.invariant, violation.detail)
        }
        Err(_) => (Invariant::Panic, PANIC.take().replace('\n', " ")),
    };
    Some(Found { place, by, detail })
}
