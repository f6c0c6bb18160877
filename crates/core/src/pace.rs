//! How fast somebody may go on: the generic cell rate algorithm, on the machine's own time.

use std::time::Duration;

use crate::time::Instant;

/// So many a second in the long run, so many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    interval: Duration,
    tolerance: Duration,
}

impl Rate {
    /// `per_second` in the long run and `burst` at once; both count at least 1.
    pub fn new(per_second: u32, burst: u32) -> Self {
        Self::over(Duration::from_secs(1), per_second, burst)
    }

    /// `count` in each `period` in the long run and `burst` at once; both count at least 1.
    pub fn over(period: Duration, count: u32, burst: u32) -> Self {
        let interval = period / count.max(1);
        Self {
            interval,
            tolerance: interval * (burst.max(1) - 1),
        }
    }
}

/// Where one session or address stands with its [`Rate`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Pace {
    /// When the rate alone, without any burst, would let the next one through.
    due: Instant,
}

impl Pace {
    /// Takes one if it may go now; else tells when it may.
    ///
    /// # Errors
    ///
    /// The moment at which the next one may go.
    pub fn take(&mut self, rate: Rate, now: Instant) -> Result<(), Instant> {
        let due = self.due.max(now);
        let wait = due.since(now).saturating_sub(rate.tolerance);
        if !wait.is_zero() {
            return Err(now + wait);
        }
        self.due = due + rate.interval;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_goes_at_once_and_the_rest_at_the_rate() {
        let rate = Rate::new(5, 20);
        let mut pace = Pace::default();
        let mut now = Instant::from_secs(100);
        for number in 0..20 {
            assert_eq!(pace.take(rate, now), Ok(()), "message {number} of the burst");
        }
        for number in 0..10 {
            let wait = pace.take(rate, now).unwrap_err();
            assert_eq!(
                wait.since(now),
                Duration::from_millis(200),
                "message {number} after the burst"
            );
            now = wait;
            assert_eq!(pace.take(rate, now), Ok(()));
        }
    }

    #[test]
    fn silence_restores_the_burst_and_no_more() {
        let rate = Rate::new(5, 3);
        let mut pace = Pace::default();
        let now = Instant::from_secs(3600);
        let taken = (0..10).take_while(|_| pace.take(rate, now).is_ok()).count();
        assert_eq!(taken, 3);
        let later = now + Duration::from_millis(400);
        let taken = (0..10).take_while(|_| pace.take(rate, later).is_ok()).count();
        assert_eq!(taken, 2);
    }
}
