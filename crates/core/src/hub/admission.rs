//! How many sessions a hub holds, in all and for one address.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;

use ipnet::IpNet;

use crate::address::counted_address;
use crate::limits::{ADDRESSES, SESSION_WINDOW};
use crate::pace::{Paces, Rate, TOKEN_RATE};
use crate::time::Instant;

/// Bounds on sessions. Those per address do not count for loopback, trusted and unlimited networks.
#[derive(Debug, Clone)]
pub struct SessionLimits {
    /// At once, in all.
    pub total: usize,
    /// At once, from one address.
    pub per_address: usize,
    /// New ones from one address within [`SESSION_WINDOW`].
    pub per_window: usize,
}

/// Why a session was not admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    HubFull,
    TooManyFromAddress,
}

/// Counts sessions by address.
#[derive(Debug)]
pub(crate) struct Admission {
    limits: SessionLimits,
    trusted: Vec<IpNet>,
    unlimited: Vec<IpNet>,
    open: usize,
    by_address: BTreeMap<IpAddr, Counts>,
    /// The addresses by the moment they last opened a session: the front is forgotten first.
    by_age: BTreeSet<(Instant, IpAddr)>,
    tries: Paces,
    posts: Paces,
}

#[derive(Debug, Default)]
struct Counts {
    open: usize,
    recent: VecDeque<Instant>,
    last: Instant,
}

impl Admission {
    pub(crate) fn new(limits: SessionLimits, trusted: Vec<IpNet>, unlimited: Vec<IpNet>) -> Self {
        Self {
            limits,
            trusted,
            unlimited,
            open: 0,
            by_address: BTreeMap::new(),
            by_age: BTreeSet::new(),
            tries: Paces::default(),
            posts: Paces::default(),
        }
    }

    /// Loopback and trusted networks.
    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        address.is_loopback() || self.trusted.iter().any(|net| net.contains(&address))
    }

    fn is_unlimited(&self, address: IpAddr) -> bool {
        self.trusts(address) || self.unlimited.iter().any(|net| net.contains(&address))
    }

    /// Counts a new session, or says why there is no place for it.
    pub(crate) fn open(&mut self, address: IpAddr, now: Instant) -> Result<(), Refusal> {
        if self.open >= self.limits.total {
            return Err(Refusal::HubFull);
        }
        if !self.is_unlimited(address) {
            let key = counted_address(address);
            let counts = self.by_address.entry(key).or_default();
            while counts.recent.front().is_some_and(|&at| now.since(at) >= SESSION_WINDOW) {
                counts.recent.pop_front();
            }
            if counts.open >= self.limits.per_address || counts.recent.len() >= self.limits.per_window {
                return Err(Refusal::TooManyFromAddress);
            }
            self.by_age.remove(&(counts.last, key));
            self.by_age.insert((now, key));
            counts.open += 1;
            counts.recent.push_back(now);
            counts.last = now;
            self.forget_oldest();
        }
        self.open += 1;
        Ok(())
    }

    /// A session that [`Admission::open`] admitted is gone.
    /// A token is tried, if it may be: guessing takes its time, from wherever it comes.
    pub(crate) fn try_token(&mut self, address: IpAddr, now: Instant) -> bool {
        self.trusts(address) || self.tries.take(counted_address(address), TOKEN_RATE, now)
    }

    /// It was the right one, which does not count: a class comes back together.
    pub(crate) fn token_was_right(&mut self, address: IpAddr) {
        self.tries.give_back(counted_address(address), TOKEN_RATE);
    }

    /// A request of the HTTP API may say something.
    pub(crate) fn may_post(&mut self, address: IpAddr, rate: Rate, now: Instant) -> bool {
        self.trusts(address) || self.posts.take(counted_address(address), rate, now)
    }

    pub(crate) fn close(&mut self, address: IpAddr) {
        self.open = self.open.saturating_sub(1);
        if let Some(counts) = self.by_address.get_mut(&counted_address(address)) {
            counts.open = counts.open.saturating_sub(1);
        }
    }

    /// Keeps the table bounded; an address with open sessions stays, and there are never more of those than sessions.
    fn forget_oldest(&mut self) {
        if self.by_address.len() <= ADDRESSES {
            return;
        }
        let unused = self
            .by_age
            .iter()
            .find(|(_, key)| self.by_address.get(key).is_none_or(|counts| counts.open == 0));
        if let Some(&(at, key)) = unused {
            self.by_age.remove(&(at, key));
            self.by_address.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn admission(total: usize, per_address: usize, per_window: usize) -> Admission {
        let trusted = vec!["10.0.0.0/8".parse().unwrap()];
        Admission::new(
            SessionLimits {
                total,
                per_address,
                per_window,
            },
            trusted,
            vec!["172.16.0.0/12".parse().unwrap()],
        )
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_address_holds_so_many_at_once() {
        let mut admission = admission(100, 2, 50);
        let now = Instant::from_secs(1);
        assert_eq!(admission.open(ip("203.0.113.1"), now), Ok(()));
        assert_eq!(admission.open(ip("203.0.113.1"), now), Ok(()));
        assert_eq!(admission.open(ip("203.0.113.1"), now), Err(Refusal::TooManyFromAddress));
        assert_eq!(admission.open(ip("203.0.113.2"), now), Ok(()));
        admission.close(ip("203.0.113.1"));
        assert_eq!(admission.open(ip("203.0.113.1"), now), Ok(()));
    }

    #[test]
    fn one_address_opens_so_many_in_a_window() {
        let mut admission = admission(100, 10, 3);
        for second in 0..3 {
            assert_eq!(admission.open(ip("203.0.113.1"), Instant::from_secs(second)), Ok(()));
            admission.close(ip("203.0.113.1"));
        }
        assert!(admission.open(ip("203.0.113.1"), Instant::from_secs(3)).is_err());
        assert_eq!(
            admission.open(ip("203.0.113.1"), Instant::ZERO + SESSION_WINDOW),
            Ok(())
        );
    }

    #[test]
    fn a_slash_64_is_one_host_and_trusted_networks_are_not_counted() {
        let mut admission = admission(8, 1, 1);
        let now = Instant::ZERO;
        assert_eq!(admission.open(ip("2001:db8::1"), now), Ok(()));
        assert!(admission.open(ip("2001:db8::ffff"), now).is_err());
        assert_eq!(admission.open(ip("2001:db8:0:1::1"), now), Ok(()));
        for _ in 0..3 {
            assert_eq!(admission.open(ip("10.1.2.3"), now), Ok(()));
            assert_eq!(admission.open(ip("127.0.0.1"), now), Ok(()));
        }
        assert!(admission.trusts(ip("10.1.2.3")) && !admission.trusts(ip("172.16.0.1")));
        assert_eq!(admission.open(ip("127.0.0.1"), now), Err(Refusal::HubFull));
    }

    #[test]
    fn the_table_of_addresses_is_bounded() {
        let mut admission = admission(10, 5, 5);
        let count = u32::try_from(ADDRESSES).unwrap() + 500;
        for number in 0..count {
            let address = IpAddr::V4((0xcb00_0000 + number).into());
            assert_eq!(
                admission.open(address, Instant::ZERO + Duration::from_micros(number.into())),
                Ok(())
            );
            admission.close(address);
        }
        assert_eq!(admission.by_address.len(), ADDRESSES);
        assert_eq!(admission.by_age.len(), ADDRESSES);
    }
}
