//! Many seeds at once, told in their order.

use std::collections::BTreeMap;
use std::sync::mpsc::sync_channel;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// What is to be done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) first: u64,
    pub(super) last: u64,
    /// So many may be done, or under way, that come after one that is not.
    pub(super) ahead: u64,
    pub(super) workers: usize,
}

/// Who does what.
#[derive(Debug)]
struct Board {
    /// The seed that is begun next; none when there is no more.
    next: Option<u64>,
    /// None after it is begun: one that failed, or the last.
    last: u64,
    /// Seeds that were told.
    told: u64,
}

/// Does `job` for every seed on several threads and tells of each in the order of seeds, up to the first that `fails`.
/// Which one that is does not depend on the threads: seeds are begun in their order, and whatever was begun before a
/// failing one is finished.
pub(super) fn work<T: Send>(
    plan: Plan,
    job: impl Fn(u64) -> T + Sync,
    fails: impl Fn(&T) -> bool + Sync,
    mut tell: impl FnMut(T),
) {
    let board = Mutex::new(Board {
        next: Some(plan.first),
        last: plan.last,
        told: 0,
    });
    let moved = Condvar::new();
    // A worker waits with its result until the one before is taken.
    let (results, done) = sync_channel::<(u64, T, bool)>(plan.workers);
    thread::scope(|scope| {
        for _ in 0..plan.workers {
            let results = results.clone();
            let (board, moved, job, fails) = (&board, &moved, &job, &fails);
            scope.spawn(move || {
                while let Some(seed) = take(board, moved, plan) {
                    let result = job(seed);
                    let failed = fails(&result);
                    if failed {
                        let mut board = locked(board);
                        board.last = board.last.min(seed);
                        // Whoever waits for its turn is not needed any more.
                        moved.notify_all();
                    }
                    if results.send((seed, result, failed)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(results);
        let mut waiting = BTreeMap::new();
        let mut next = plan.first;
        let mut over = false;
        for (seed, result, failed) in done {
            waiting.insert(seed, (result, failed));
            while let Some((result, failed)) = waiting.remove(&next).filter(|_| !over) {
                tell(result);
                over = failed;
                next = next.wrapping_add(1);
                locked(&board).told += 1;
                moved.notify_all();
            }
        }
    });
}

/// The next seed to do, none when there is no more. Waits while too many are ahead of the one that is told next.
fn take(board: &Mutex<Board>, moved: &Condvar, plan: Plan) -> Option<u64> {
    let mut board = locked(board);
    loop {
        let seed = board.next.filter(|seed| *seed <= board.last)?;
        if seed - plan.first - board.told < plan.ahead {
            board.next = seed.checked_add(1);
            return Some(seed);
        }
        board = moved.wait(board).unwrap_or_else(PoisonError::into_inner);
    }
}

/// No panic leaves a board in an impossible state.
fn locked(board: &Mutex<Board>) -> MutexGuard<'_, Board> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    fn told(plan: Plan, job: impl Fn(u64) -> u64 + Sync, fails: impl Fn(u64) -> bool + Sync) -> Vec<u64> {
        let mut told = Vec::new();
        work(plan, job, |seed| fails(*seed), |seed| told.push(seed));
        told
    }

    const PLAN: Plan = Plan {
        first: 1,
        last: 100,
        ahead: 8,
        workers: 4,
    };

    #[test]
    fn every_seed_is_told_once_and_in_order() {
        assert_eq!(told(PLAN, |seed| seed, |_| false), (1..=100).collect::<Vec<_>>());
        let end = Plan {
            first: u64::MAX - 2,
            last: u64::MAX,
            ..PLAN
        };
        assert_eq!(
            told(end, |seed| seed, |_| false),
            [u64::MAX - 2, u64::MAX - 1, u64::MAX]
        );
    }

    #[test]
    fn the_lowest_failing_seed_is_the_last_that_is_told() {
        // Seed 5 fails too, but not before 6 has: threads must not decide.
        let six = (Mutex::new(false), Condvar::new());
        let job = |seed| {
            let mut failed = six.0.lock().unwrap();
            if seed == 6 {
                *failed = true;
                six.1.notify_all();
            }
            while seed == 5 && !*failed {
                failed = six.1.wait(failed).unwrap();
            }
            seed
        };
        assert_eq!(told(PLAN, job, |seed| seed >= 5), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn nobody_runs_too_far_ahead() {
        // The first seed waits until no other can be begun.
        let begun = AtomicU64::new(0);
        let most = AtomicU64::new(0);
        let gate = (Mutex::new(0), Condvar::new());
        let job = |seed: u64| {
            most.fetch_max(seed, Ordering::SeqCst);
            begun.fetch_add(1, Ordering::SeqCst);
            let mut count = gate.0.lock().unwrap();
            *count += 1;
            gate.1.notify_all();
            while seed == 1 && *count < PLAN.ahead {
                count = gate.1.wait(count).unwrap();
            }
            if seed == 1 {
                assert_eq!(most.load(Ordering::SeqCst), PLAN.ahead);
            }
            seed
        };
        assert_eq!(told(PLAN, job, |_| false).len(), 100);
        assert_eq!(begun.load(Ordering::SeqCst), 100);
    }
}
