//! How fast somebody may go on: the generic cell rate algorithm, on the machine's own time.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use crate::limits::{ADDRESSES, TOKEN_TRIES};
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
    pub const fn over(period: Duration, count: u32, burst: u32) -> Self {
        let count = if count == 0 { 1 } else { count };
        let interval = match period.checked_div(count) {
            Some(interval) => interval,
            None => period,
        };
        Self {
            interval,
            tolerance: interval.saturating_mul(burst.saturating_sub(1)),
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

    /// What was taken last does not count after all.
    pub fn give_back(&mut self, rate: Rate) {
        self.due = Instant::ZERO + self.due.since(Instant::ZERO).saturating_sub(rate.interval);
    }
}

/// How fast wrong tokens may be tried from one address.
pub const TOKEN_RATE: Rate = Rate::over(Duration::from_secs(60), TOKEN_TRIES, TOKEN_TRIES);

/// How fast each of many addresses may do something: at most [`ADDRESSES`] of them, of which the one that did it first is
/// forgotten first. Give it the [counted address](crate::address::counted_address).
#[derive(Debug, Default)]
pub struct Paces {
    paces: BTreeMap<IpAddr, Pace>,
    order: VecDeque<IpAddr>,
}

impl Paces {
    /// Takes one for an address. True if it may go now.
    pub fn take(&mut self, address: IpAddr, rate: Rate, now: Instant) -> bool {
        if !self.paces.contains_key(&address) {
            self.order.push_back(address);
            if self.order.len() > ADDRESSES
                && let Some(oldest) = self.order.pop_front()
            {
                self.paces.remove(&oldest);
            }
        }
        self.paces.entry(address).or_default().take(rate, now).is_ok()
    }

    /// What an address took last does not count after all.
    pub fn give_back(&mut self, address: IpAddr, rate: Rate) {
        if let Some(pace) = self.paces.get_mut(&address) {
            pace.give_back(rate);
        }
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
    fn what_is_given_back_can_be_taken_again() {
        let (mut paces, now) = (Paces::default(), Instant::from_secs(100));
        let (ana, bia) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        for _ in 0..20 {
            assert!(paces.take(ana, TOKEN_RATE, now));
            paces.give_back(ana, TOKEN_RATE);
        }
        let taken = (0..10).filter(|_| paces.take(ana, TOKEN_RATE, now)).count();
        assert_eq!(taken, TOKEN_TRIES as usize);
        assert!(paces.take(bia, TOKEN_RATE, now));
        assert!(paces.take(ana, TOKEN_RATE, now + Duration::from_secs(20)));
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
