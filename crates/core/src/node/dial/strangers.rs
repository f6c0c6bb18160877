//! How often an address is tried where nobody ever answered as a peer: a list may name others' machines.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};

use crate::address::counted_address;
use crate::limits::{DIAL_ADDRESSES, DIAL_PORTS_PER_ADDRESS, DIAL_STRANGER_TRIES, DIAL_STRANGER_WINDOW};
use crate::time::Instant;

/// What is known of an address that was dialed.
#[derive(Debug, Default)]
struct Known {
    greeted: bool,
    ourselves: bool,
    // The last tries, at most DIAL_STRANGER_TRIES.
    tries: VecDeque<Instant>,
}

impl Known {
    /// When the last try leaves the window; `None` when there was none.
    fn end(&self) -> Option<Instant> {
        self.tries.back().map(|&last| last + DIAL_STRANGER_WINDOW)
    }

    fn is_recent_stranger(&self, now: Instant) -> bool {
        !self.greeted && self.end().is_some_and(|end| now < end)
    }
}

/// The last [`DIAL_ADDRESSES`] addresses that were dialed, listed or not any more: to be listed anew gives no new tries.
#[derive(Debug, Default)]
pub(super) struct Strangers {
    known: BTreeMap<(IpAddr, SocketAddr), Known>,
}

impl Strangers {
    /// When an address may be dialed: `now` or later. `None` when it never may.
    ///
    /// Where somebody answered a HELLO once, it may at any time, and does not count for the ports of its host.
    pub(super) fn allowed_at(&self, address: SocketAddr, now: Instant) -> Option<Instant> {
        let known = self.known.get(&key(address));
        if known.is_some_and(|known| known.ourselves) {
            return None;
        }
        if known.is_some_and(|known| known.greeted) {
            return Some(now);
        }
        if let Some(known) = known.filter(|known| known.is_recent_stranger(now)) {
            // It is one of the ports of its host already.
            let full = known.tries.len() >= most_tries();
            let oldest = known.tries.front().filter(|_| full);
            return Some(oldest.map_or(now, |&oldest| now.max(oldest + DIAL_STRANGER_WINDOW)));
        }
        // A whole class may run on one machine.
        if address.ip().to_canonical().is_loopback() {
            return Some(now);
        }
        let mut ends: Vec<_> = self
            .host(address)
            .filter(|known| known.is_recent_stranger(now))
            .filter_map(Known::end)
            .collect();
        if ends.len() < DIAL_PORTS_PER_ADDRESS {
            return Some(now);
        }
        ends.sort_unstable();
        Some(ends[ends.len() - DIAL_PORTS_PER_ADDRESS])
    }

    /// An address is dialed.
    pub(super) fn tried(&mut self, address: SocketAddr, now: Instant) {
        let known = self.entry(address, now);
        if known.tries.len() >= most_tries() {
            known.tries.pop_front();
        }
        known.tries.push_back(now);
    }

    /// Somebody answered a HELLO there.
    pub(super) fn greeted(&mut self, address: SocketAddr, now: Instant) {
        self.entry(address, now).greeted = true;
    }

    /// This node itself answered there.
    pub(super) fn ourselves(&mut self, address: SocketAddr, now: Instant) {
        self.entry(address, now).ourselves = true;
    }

    /// A person wants an address to be dialed: its tries are forgotten.
    pub(super) fn forgive(&mut self, address: SocketAddr) {
        if let Some(known) = self.known.get_mut(&key(address)) {
            known.tries.clear();
        }
    }

    /// As [`Strangers::forgive`], for all addresses.
    pub(super) fn forgive_all(&mut self) {
        for known in self.known.values_mut() {
            known.tries.clear();
        }
    }

    /// How many addresses are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// What is known of the addresses of one host.
    fn host(&self, address: SocketAddr) -> impl Iterator<Item = &Known> {
        let host = counted_address(address.ip());
        let from = (host, SocketAddr::from(([0, 0, 0, 0], 0)));
        let entries = self.known.range(from..);
        entries
            .take_while(move |((ip, _), _)| *ip == host)
            .map(|(_, known)| known)
    }

    fn entry(&mut self, address: SocketAddr, now: Instant) -> &mut Known {
        let key = key(address);
        if self.known.len() >= DIAL_ADDRESSES && !self.known.contains_key(&key) {
            self.make_room(now);
        }
        self.known.entry(key).or_default()
    }

    /// Forgets what means nothing any more, or else the address that was tried longest ago. Dials are too rare for
    /// recent ones to fill the table.
    fn make_room(&mut self, now: Instant) {
        self.known
            .retain(|_, known| known.greeted || known.ourselves || known.is_recent_stranger(now));
        if self.known.len() >= DIAL_ADDRESSES {
            let oldest = self.known.iter().min_by_key(|(_, known)| known.end());
            if let Some(oldest) = oldest.map(|(key, _)| *key) {
                self.known.remove(&oldest);
            }
        }
    }
}

fn key(address: SocketAddr) -> (IpAddr, SocketAddr) {
    (counted_address(address.ip()), address)
}

fn most_tries() -> usize {
    usize::try_from(DIAL_STRANGER_TRIES).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([203, 0, 113, 7], port))
    }

    fn at(second: u64) -> Instant {
        Instant::from_secs(second)
    }

    #[test]
    fn a_stranger_is_tried_twice_in_ten_minutes() {
        let mut strangers = Strangers::default();
        for second in [0, 100] {
            assert_eq!(strangers.allowed_at(address(4000), at(second)), Some(at(second)));
            strangers.tried(address(4000), at(second));
        }
        assert_eq!(strangers.allowed_at(address(4000), at(101)), Some(at(600)));
        assert_eq!(strangers.allowed_at(address(4000), at(600)), Some(at(600)));
        strangers.tried(address(4000), at(600));
        assert_eq!(strangers.allowed_at(address(4000), at(601)), Some(at(700)));
        strangers.greeted(address(4000), at(602));
        assert_eq!(strangers.allowed_at(address(4000), at(602)), Some(at(602)));
    }

    #[test]
    fn a_host_has_eight_ports_where_nobody_answered() {
        let mut strangers = Strangers::default();
        for port in 4000..4008 {
            strangers.tried(address(port), at(u64::from(port) - 4000));
        }
        assert_eq!(strangers.allowed_at(address(4008), at(10)), Some(at(600)));
        assert_eq!(strangers.allowed_at(address(4001), at(10)), Some(at(10)), "one of them");
        let other = SocketAddr::from(([203, 0, 113, 8], 4008));
        assert_eq!(strangers.allowed_at(other, at(10)), Some(at(10)));
        strangers.greeted(address(4003), at(11));
        assert_eq!(strangers.allowed_at(address(4008), at(11)), Some(at(11)));
    }

    #[test]
    fn hosts_of_one_slash_64_are_one_and_loopback_has_all_its_ports() {
        let mut strangers = Strangers::default();
        for host in 0..8 {
            strangers.tried(format!("[2001:db8::{host:x}]:4000").parse().unwrap(), at(0));
            strangers.tried(SocketAddr::from(([127, 0, 0, 1], 4000 + host)), at(0));
        }
        assert_eq!(
            strangers.allowed_at("[2001:db8::ff]:4000".parse().unwrap(), at(1)),
            Some(at(600))
        );
        assert_eq!(
            strangers.allowed_at("127.0.0.1:5000".parse().unwrap(), at(1)),
            Some(at(1))
        );
    }

    #[test]
    fn we_are_never_dialed_again_and_people_may_forgive() {
        let mut strangers = Strangers::default();
        strangers.ourselves(address(4000), at(0));
        for port in [4001, 4001, 4002, 4002] {
            strangers.tried(address(port), at(1));
        }
        strangers.forgive(address(4001));
        let allowed = [4000, 4001, 4002].map(|port| strangers.allowed_at(address(port), at(2)));
        assert_eq!(allowed, [None, Some(at(2)), Some(at(601))]);
        strangers.forgive_all();
        assert_eq!(strangers.allowed_at(address(4000), at(2)), None);
        assert_eq!(strangers.allowed_at(address(4002), at(2)), Some(at(2)));
    }

    #[test]
    fn memory_is_bounded_and_the_longest_untried_is_forgotten() {
        let mut strangers = Strangers::default();
        for number in 0..DIAL_ADDRESSES as u64 + 5 {
            let host = u32::try_from(number).unwrap().to_be_bytes();
            strangers.tried(SocketAddr::from((host, 4000)), Instant::from_millis(number));
        }
        assert_eq!(strangers.len(), DIAL_ADDRESSES);
        assert!(
            !strangers
                .known
                .contains_key(&key(SocketAddr::from(([0, 0, 0, 4], 4000))))
        );
        strangers.tried(address(1), at(700));
        assert_eq!(strangers.len(), 1, "old tries mean nothing");
    }
}
