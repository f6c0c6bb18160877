//! Addresses as limits count them, and a bounded memory of what each did.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv6Addr};

use crate::time::Instant;

/// The address that limits count by. An IPv6 host owns at least a /64, so its neighbours there are taken for it.
pub fn counted_address(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        v4 @ IpAddr::V4(_) => v4,
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
    }
}

/// What is remembered of each address, of at most so many: the one that was used longest ago is forgotten first.
#[derive(Debug, Clone)]
pub(crate) struct AddressTable<T> {
    most: usize,
    by_address: BTreeMap<IpAddr, (Instant, T)>,
    by_age: BTreeSet<(Instant, IpAddr)>,
}

impl<T: Default> AddressTable<T> {
    pub(crate) const fn new(most: usize) -> Self {
        Self {
            most,
            by_address: BTreeMap::new(),
            by_age: BTreeSet::new(),
        }
    }

    /// What is known of an address, which counts as used now. A new one takes the place of the oldest when the table
    /// is full.
    pub(crate) fn touch(&mut self, address: IpAddr, now: Instant) -> &mut T {
        if self.is_full_without(address) {
            self.forget_oldest();
        }
        let (used, known) = self.by_address.entry(address).or_insert_with(|| (now, T::default()));
        self.by_age.remove(&(*used, address));
        self.by_age.insert((now, address));
        *used = now;
        known
    }

    /// True when an address that is not remembered yet would cost another its place.
    pub(crate) fn is_full_without(&self, address: IpAddr) -> bool {
        self.by_address.len() >= self.most && !self.by_address.contains_key(&address)
    }

    /// Forgets the address that was used longest ago, and gives what was known of it.
    pub(crate) fn forget_oldest(&mut self) -> Option<T> {
        let (_, oldest) = self.by_age.pop_first()?;
        self.by_address.remove(&oldest).map(|(_, known)| known)
    }

    /// How many addresses are remembered.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.by_address.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(number: u32) -> IpAddr {
        IpAddr::V4((0xcb00_0000 + number).into())
    }

    #[test]
    fn the_longest_unused_is_forgotten_first() {
        let mut table: AddressTable<u32> = AddressTable::new(3);
        for number in 0..3 {
            *table.touch(ip(number), Instant::from_secs(number.into())) = number + 10;
        }
        assert_eq!(*table.touch(ip(0), Instant::from_secs(5)), 10);
        assert_eq!(*table.touch(ip(7), Instant::from_secs(6)), 0);
        assert_eq!(*table.touch(ip(0), Instant::from_secs(7)), 10);
        assert_eq!(*table.touch(ip(1), Instant::from_secs(8)), 0, "1 was forgotten for 7");
        assert_eq!((table.len(), table.by_age.len()), (3, 3));
    }

    #[test]
    fn hosts_of_a_slash_64_are_one() {
        let count = |text: &str| counted_address(text.parse().unwrap());
        assert_eq!(count("2001:db8::1"), count("2001:db8::ffff:1"));
        assert_ne!(count("2001:db8::1"), count("2001:db8:0:1::1"));
        assert_eq!(count("::ffff:192.0.2.1"), count("192.0.2.1"));
    }
}
