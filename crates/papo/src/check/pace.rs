//! No more connections than a server allows before it bans us (docs/protocol.md 1.6).

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Counts our connections within a sliding window.
#[derive(Debug)]
pub(super) struct Pace {
    most: usize,
    window: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Connections that a case may still make without asking again.
    reserved: usize,
    /// Those that are being made or open.
    open: usize,
    /// When the others began and ended; the server took each of them somewhere in between.
    past: VecDeque<Span>,
}

/// A connection from its first packet to its last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    begun: Instant,
    ended: Instant,
}

/// The right to make some connections; what is left of it goes back.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    pace: &'a Pace,
    left: usize,
}

impl Pace {
    /// At most so many connections within the window.
    pub(super) fn new(most: usize, window: Duration) -> Self {
        Self {
            most,
            window,
            state: Mutex::default(),
        }
    }

    /// Two clocks and the way between them are not exact.
    fn doubt(&self) -> Duration {
        self.window / 60
    }

    /// How long a connection may count.
    fn life(&self) -> Duration {
        self.window + self.doubt()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until so many connections may be made. `wait` is told each time how long it will take.
    pub(super) async fn turn(&self, connections: usize, wait: impl Fn(Duration)) -> Turn<'_> {
        loop {
            let free_at = {
                let mut state = self.state();
                let now = Instant::now();
                state.past.retain(|span| span.ended + self.life() > now);
                let busy = state.reserved + state.open;
                let excess = (busy + state.past.len() + connections).saturating_sub(self.most);
                if excess == 0 || busy + state.past.len() == 0 {
                    state.reserved += connections;
                    return Turn {
                        pace: self,
                        left: connections,
                    };
                }
                // They stand in the order in which they ended, so this one makes room enough by going.
                state.past.get(excess - 1).map(|span| span.ended + self.life())
            };
            if let Some(free_at) = free_at {
                wait(free_at.saturating_duration_since(Instant::now()));
                sleep_until(free_at).await;
            } else {
                // Only the end of what is open makes room: soon there is more to say about when.
                sleep_until(Instant::now() + self.doubt()).await;
            }
        }
    }

    /// Notes a connection that nobody asked about before.
    pub(super) fn note(&self, begun: Instant) {
        self.state().past.push_back(Span {
            begun,
            ended: Instant::now(),
        });
    }

    /// How many connections a server has certainly counted in the window up to a connection that began and ended then,
    /// and how many it may have counted, that one included.
    pub(super) fn counted(&self, begun: Instant, ended: Instant) -> (usize, usize) {
        let state = self.state();
        let surely = state
            .past
            .iter()
            .filter(|span| span.begun + self.window > ended + self.doubt())
            .count();
        let perhaps = state
            .past
            .iter()
            .filter(|span| span.ended + self.life() > begun)
            .count();
        (surely, perhaps)
    }
}

impl Turn<'_> {
    /// One of the connections is being made, until `future` is done.
    pub(super) async fn connection<T>(&mut self, future: impl Future<Output = T>) -> T {
        {
            let mut state = self.pace.state();
            let reserved = usize::from(self.left > 0);
            self.left -= reserved;
            state.reserved -= reserved;
            state.open += 1;
        }
        let begun = Instant::now();
        let result = future.await;
        self.pace.state().open -= 1;
        self.pace.note(begun);
        result
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.pace.state().reserved -= self.left;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(60);

    async fn made(pace: &Pace, connections: usize) -> Duration {
        let before = Instant::now();
        let mut turn = pace.turn(connections, |_| {}).await;
        for _ in 0..connections {
            turn.connection(async {}).await;
        }
        before.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_window_is_waited_for_and_no_longer() {
        let pace = Pace::new(5, WINDOW);
        assert_eq!(made(&pace, 3).await, Duration::ZERO);
        sleep_until(Instant::now() + Duration::from_secs(20)).await;
        assert_eq!(made(&pace, 2).await, Duration::ZERO);
        let waited = made(&pace, 3).await;
        assert!(
            (40..=41).contains(&waited.as_secs()),
            "the first three leave after 60 s: {waited:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_case_did_not_use_goes_back() {
        let pace = Pace::new(5, WINDOW);
        drop(pace.turn(5, |_| {}).await);
        assert_eq!(made(&pace, 5).await, Duration::ZERO);
        assert_eq!(pace.counted(Instant::now(), Instant::now()), (5, 5));
    }

    #[tokio::test(start_paused = true)]
    async fn old_connections_are_counted_perhaps_and_then_not_at_all() {
        let pace = Pace::new(5, WINDOW);
        made(&pace, 2).await;
        for (seconds, expected) in [(0, (2, 2)), (60, (0, 2)), (2, (0, 0))] {
            sleep_until(Instant::now() + Duration::from_secs(seconds)).await;
            assert_eq!(pace.counted(Instant::now(), Instant::now()), expected);
        }
    }
}
