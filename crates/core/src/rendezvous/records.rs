//! The records themselves, by every order in which they are asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::address::counted_address;
use crate::rng::Rng;
use crate::time::Instant;
use crate::wire::rendezvous::{Lease, Listed, Signed};

/// A record's place in the table; another record may have it once this one is gone.
type Slot = u32;

/// One peer as it was registered.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) namespace: Arc<str>,
    pub(super) name: Arc<str>,
    pub(super) address: IpAddr,
    pub(super) port: u16,
    pub(super) observed_port: u16,
    pub(super) lease: Lease,
    pub(super) expires: Instant,
    pub(super) signed: Option<Box<Signed>>,
    /// Grows with each new record; an update keeps it.
    order: u64,
    place_in_all: u32,
    place_in_namespace: u32,
}

/// What is registered, before it has a place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Registration<'a> {
    pub(super) namespace: &'a str,
    pub(super) name: &'a str,
    pub(super) from: SocketAddr,
    pub(super) port: u16,
    pub(super) lease: Lease,
    pub(super) expires: Instant,
    pub(super) signed: Option<&'a Signed>,
}

/// All records. Each of their orders costs a few words for a record, since there may be a million.
#[derive(Debug, Default)]
pub(super) struct Records {
    slots: Vec<Option<Record>>,
    free: Vec<Slot>,
    namespaces: BTreeMap<Arc<str>, Namespace>,
    by_address: BTreeSet<(IpAddr, Slot)>,
    by_end: BTreeSet<(Instant, Slot)>,
    all: Vec<Slot>,
    next_order: u64,
}

#[derive(Debug, Default)]
struct Namespace {
    by_name: BTreeMap<(Arc<str>, IpAddr), Slot>,
    all: Vec<Slot>,
}

impl Record {
    /// The record as a list shows it.
    pub(super) fn listed(&self, now: Instant) -> Listed<'_> {
        let left = self.expires.since(now).as_secs();
        Listed {
            ip: self.address,
            port: self.port,
            name: &self.name,
            namespace: &self.namespace,
            ttl: self.lease,
            // A clock that was set back must not make a lease longer than it is.
            expires_in: u32::try_from(left).unwrap_or(u32::MAX).min(self.lease.secs()),
            observed_port: self.observed_port,
            x: self.signed.as_deref(),
        }
    }
}

impl Records {
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Records in a namespace, or in all of them.
    pub(super) fn count(&self, namespace: Option<&str>) -> usize {
        self.pool(namespace).len()
    }

    /// Records of an address, counted no further than `most`.
    pub(super) fn count_of(&self, address: IpAddr, most: usize) -> usize {
        self.slots_of(address).take(most).count()
    }

    /// Records of a host, which may have many addresses of IPv6, counted no further than `most`.
    pub(super) fn count_of_host(&self, address: IpAddr, most: usize) -> usize {
        let host = counted_address(address);
        self.by_address
            .range((host, 0)..)
            .take_while(|(other, _)| counted_address(*other) == host)
            .take(most)
            .count()
    }

    pub(super) fn get(&self, namespace: &str, name: &str, address: IpAddr) -> Option<&Record> {
        let slot = *self.namespaces.get(namespace)?.by_name.get(&(name.into(), address))?;
        self.at(slot)
    }

    /// The records of one name, at whatever addresses.
    pub(super) fn named(&self, namespace: &str, name: &str) -> impl Iterator<Item = &Record> {
        let first: (Arc<str>, IpAddr) = (name.into(), IpAddr::from([0, 0, 0, 0]));
        let name = Arc::clone(&first.0);
        self.namespaces
            .get(namespace)
            .into_iter()
            .flat_map(move |space| space.by_name.range(first.clone()..))
            .take_while(move |((other, _), _)| *other == name)
            .filter_map(|(_, &slot)| self.at(slot))
    }

    /// The records of an address.
    pub(super) fn of(&self, address: IpAddr) -> impl Iterator<Item = &Record> {
        self.slots_of(address).filter_map(|slot| self.at(slot))
    }

    fn slots_of(&self, address: IpAddr) -> impl Iterator<Item = Slot> {
        self.by_address
            .range((address, 0)..=(address, Slot::MAX))
            .map(|&(_, slot)| slot)
    }

    /// Puts a record in place of the one with the same address, namespace and name, whose place in the order it keeps.
    /// Gives that place.
    pub(super) fn put(&mut self, new: Registration<'_>) -> u64 {
        let address = new.from.ip();
        let known = self
            .namespaces
            .get(new.namespace)
            .and_then(|space| space.by_name.get(&(new.name.into(), address)).copied());
        match known {
            Some(slot) => self.update(slot, new),
            None => self.insert(address, new, self.next_order),
        }
    }

    /// Puts a record back at a place in the order that it had before.
    pub(super) fn restore(&mut self, new: Registration<'_>, order: u64) {
        self.remove(new.namespace, new.name, new.from.ip());
        self.insert(new.from.ip(), new, order);
    }

    fn update(&mut self, slot: Slot, new: Registration<'_>) -> u64 {
        let Some(record) = self.slots.get_mut(slot as usize).and_then(Option::as_mut) else {
            return 0;
        };
        self.by_end.remove(&(record.expires, slot));
        self.by_end.insert((new.expires, slot));
        record.port = new.port;
        record.observed_port = new.from.port();
        record.lease = new.lease;
        record.expires = new.expires;
        record.signed = new.signed.copied().map(Box::new);
        record.order
    }

    fn insert(&mut self, address: IpAddr, new: Registration<'_>, order: u64) -> u64 {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            index(self.slots.len() - 1)
        });
        let namespace: Arc<str> = match self.namespaces.get_key_value(new.namespace) {
            Some((known, _)) => Arc::clone(known),
            None => new.namespace.into(),
        };
        let name: Arc<str> = new.name.into();
        let space = self.namespaces.entry(Arc::clone(&namespace)).or_default();
        space.by_name.insert((Arc::clone(&name), address), slot);
        space.all.push(slot);
        self.all.push(slot);
        self.by_address.insert((address, slot));
        self.by_end.insert((new.expires, slot));
        let record = Record {
            place_in_all: index(self.all.len() - 1),
            place_in_namespace: index(space.all.len() - 1),
            namespace,
            name,
            address,
            port: new.port,
            observed_port: new.from.port(),
            lease: new.lease,
            expires: new.expires,
            signed: new.signed.copied().map(Box::new),
            order,
        };
        self.next_order = self.next_order.max(order.saturating_add(1));
        self.slots[slot as usize] = Some(record);
        order
    }

    pub(super) fn remove(&mut self, namespace: &str, name: &str, address: IpAddr) {
        let slot = self
            .namespaces
            .get(namespace)
            .and_then(|space| space.by_name.get(&(name.into(), address)).copied());
        if let Some(slot) = slot {
            self.remove_slot(slot);
        }
    }

    fn remove_slot(&mut self, slot: Slot) {
        let Some(record) = self.slots.get_mut(slot as usize).and_then(Option::take) else {
            return;
        };
        self.free.push(slot);
        self.by_address.remove(&(record.address, slot));
        self.by_end.remove(&(record.expires, slot));
        // The last of a pool takes the place that becomes free.
        self.all.swap_remove(record.place_in_all as usize);
        if let Some(&moved) = self.all.get(record.place_in_all as usize)
            && let Some(other) = self.slots[moved as usize].as_mut()
        {
            other.place_in_all = record.place_in_all;
        }
        let Some(space) = self.namespaces.get_mut(&record.namespace) else {
            return;
        };
        space.by_name.remove(&(record.name, record.address));
        space.all.swap_remove(record.place_in_namespace as usize);
        if let Some(&moved) = space.all.get(record.place_in_namespace as usize)
            && let Some(other) = self.slots[moved as usize].as_mut()
        {
            other.place_in_namespace = record.place_in_namespace;
        }
        if space.all.is_empty() {
            self.namespaces.remove(&record.namespace);
        }
    }

    /// When the next lease ends.
    pub(super) fn next_end(&self) -> Option<Instant> {
        self.by_end.first().map(|&(end, _)| end)
    }

    /// Removes every record whose lease has ended.
    pub(super) fn expire(&mut self, now: Instant) {
        while let Some(&(end, slot)) = self.by_end.first()
            && end <= now
        {
            self.remove_slot(slot);
        }
    }

    /// All records of a namespace, or of all of them, in order.
    pub(super) fn in_order(&self, namespace: Option<&str>) -> Vec<&Record> {
        self.sorted(self.pool(namespace))
    }

    /// `count` of these records, drawn at random.
    pub(super) fn sample<'a>(&'a self, namespace: Option<&str>, count: usize, rng: &mut Rng) -> Vec<&'a Record> {
        let pool = self.pool(namespace);
        let mut drawn = BTreeSet::new();
        // Floyd's way: each number is drawn once, and nothing as large as the pool is made.
        for bound in pool.len().saturating_sub(count)..pool.len() {
            let candidate = usize::try_from(rng.below(bound as u64 + 1)).unwrap_or(bound);
            if !drawn.insert(candidate) {
                drawn.insert(bound);
            }
        }
        drawn.into_iter().filter_map(|place| self.at(pool[place])).collect()
    }

    fn sorted(&self, slots: &[Slot]) -> Vec<&Record> {
        let mut records: Vec<&Record> = slots.iter().filter_map(|&slot| self.at(slot)).collect();
        records.sort_unstable_by_key(|record| record.order);
        records
    }

    fn pool(&self, namespace: Option<&str>) -> &[Slot] {
        match namespace {
            None => &self.all,
            Some(name) => self.namespaces.get(name).map_or(&[], |space| &space.all),
        }
    }

    fn at(&self, slot: Slot) -> Option<&Record> {
        self.slots.get(slot as usize)?.as_ref()
    }
}

impl Record {
    /// Its place among all records, by when each was first registered.
    pub(super) const fn order(&self) -> u64 {
        self.order
    }
}

/// A place in a table that is bounded far below four thousand million.
fn index(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
