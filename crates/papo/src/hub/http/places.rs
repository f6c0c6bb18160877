//! How many HTTP connections a hub holds that are no sessions, in all and for one address.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ipnet::IpNet;
use papo_core::address::counted_address;

/// The places. Those per address are not counted for loopback nor for trusted networks.
#[derive(Debug)]
pub(crate) struct Places {
    total: usize,
    per_address: usize,
    trusted: Vec<IpNet>,
    /// Connections begin and end on every thread; the lock is held for one look-up and never across an await.
    taken: Mutex<Taken>,
}

/// One place, free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    counted: Option<IpAddr>,
}

#[derive(Debug, Default)]
struct Taken {
    total: usize,
    /// Only addresses that hold a place: never more than there are places.
    by_address: BTreeMap<IpAddr, usize>,
}

impl Places {
    pub(crate) fn new(total: usize, per_address: usize, trusted: Vec<IpNet>) -> Self {
        Self {
            total,
            per_address,
            trusted,
            taken: Mutex::default(),
        }
    }

    /// A place for a connection from `address`, if there is one.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let trusted = address.is_loopback() || self.trusted.iter().any(|net| net.contains(&address));
        let counted = (!trusted).then(|| counted_address(address));
        let mut taken = self.taken();
        if taken.total >= self.total {
            return None;
        }
        if let Some(address) = counted {
            let held = taken.by_address.get(&address).copied().unwrap_or(0);
            if held >= self.per_address {
                return None;
            }
            taken.by_address.insert(address, held + 1);
        }
        taken.total += 1;
        Some(Place {
            places: Arc::clone(self),
            counted,
        })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        // Nothing panics while the lock is held.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        taken.total -= 1;
        let Some(address) = self.counted else { return };
        if let Some(held) = taken.by_address.get_mut(&address) {
            *held -= 1;
            if *held == 0 {
                taken.by_address.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(total: usize, per_address: usize) -> Arc<Places> {
        Arc::new(Places::new(
            total,
            per_address,
            vec!["198.51.100.0/24".parse().unwrap()],
        ))
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_address_holds_so_many_and_leaves_the_rest_to_others() {
        let places = places(100, 2);
        let held: Vec<Place> = (0..2).filter_map(|_| places.take(ip("203.0.113.1"))).collect();
        assert_eq!(held.len(), 2);
        assert!(places.take(ip("203.0.113.1")).is_none());
        assert!(places.take(ip("203.0.113.2")).is_some());
        drop(held);
        assert!(places.take(ip("203.0.113.1")).is_some());
    }

    #[test]
    fn an_ipv6_address_counts_by_its_network() {
        let places = places(100, 1);
        let _held = places.take(ip("2001:db8::1")).unwrap();
        assert!(places.take(ip("2001:db8::ffff:2")).is_none());
        assert!(places.take(ip("2001:db8:0:1::1")).is_some());
    }

    #[test]
    fn loopback_and_trusted_networks_are_bounded_in_all_only() {
        let places = places(3, 1);
        let held: Vec<Place> = ["127.0.0.1", "::1", "198.51.100.7"]
            .into_iter()
            .filter_map(|address| places.take(ip(address)))
            .collect();
        assert_eq!(held.len(), 3);
        assert!(places.take(ip("127.0.0.1")).is_none());
        drop(held);
        let held: Vec<Place> = (0..3).filter_map(|_| places.take(ip("198.51.100.7"))).collect();
        assert_eq!(held.len(), 3);
    }

    #[test]
    fn nothing_is_remembered_of_connections_that_are_gone() {
        let places = places(100, 2);
        for last in 0..200 {
            assert!(places.take(ip(&format!("203.0.113.{last}"))).is_some());
        }
        let taken = places.taken();
        assert_eq!((taken.total, taken.by_address.len()), (0, 0));
    }
}
