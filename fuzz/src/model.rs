//! What must be true of a registry, in the plainest way to say it: a list of records and one of owners.

use std::net::IpAddr;
use std::time::Duration;

use papo_core::identity::PublicKey;
use papo_core::limits::{LEASE_MAX_SECS, OWNER_KEEPS};
use papo_core::rendezvous::log::Entry;
use papo_core::time::{Instant, UtcMillis};

/// By how much a lease may end early or late.
pub const SLACK: Duration = Duration::from_secs(1);

/// A record of which one knows when it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub namespace: String,
    pub name: String,
    pub ip: IpAddr,
    pub port: u16,
    pub ttl: u32,
    pub expires: Instant,
    pub key: Option<PublicKey>,
}

/// A name that belongs to a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    pub namespace: String,
    pub name: String,
    pub key: PublicKey,
    pub seq: u64,
    pub until: Instant,
}

/// Whether something is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Yes,
    /// It ends about now.
    Perhaps,
    No,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Model {
    pub records: Vec<Record>,
    pub owners: Vec<Owner>,
}

/// Whether something that ends at `end` is there.
pub fn presence(end: Instant, now: Instant) -> Presence {
    if end > now + SLACK {
        Presence::Yes
    } else if end + SLACK > now {
        Presence::Perhaps
    } else {
        Presence::No
    }
}

impl Model {
    pub fn record(&self, namespace: &str, name: &str, ip: IpAddr) -> Option<&Record> {
        self.records
            .iter()
            .find(|record| record.ip == ip && record.namespace == namespace && record.name == name)
    }

    pub fn owner(&self, namespace: &str, name: &str) -> Option<&Owner> {
        self.owners
            .iter()
            .find(|owner| owner.namespace == namespace && owner.name == name)
    }

    pub fn put(&mut self, record: Record) {
        self.records
            .retain(|other| (&other.namespace, &other.name, other.ip) != (&record.namespace, &record.name, record.ip));
        self.records.push(record);
    }

    pub fn own(&mut self, owner: Owner) {
        self.owners
            .retain(|other| (&other.namespace, &other.name) != (&owner.namespace, &owner.name));
        self.owners.push(owner);
    }

    /// Forgets what has certainly ended.
    pub fn forget(&mut self, now: Instant) {
        self.records
            .retain(|record| presence(record.expires, now) != Presence::No);
        self.owners.retain(|owner| presence(owner.until, now) != Presence::No);
    }

    /// What a log says at a time of day, for a process that begins then: of each key the last line counts.
    pub fn of_log(log: &[Entry], utc: UtcMillis) -> Self {
        let mut model = Self::default();
        let end = |until: UtcMillis, most: Duration| {
            let left = Duration::from_millis(until.get().saturating_sub(utc.get()));
            (!left.is_zero()).then(|| Instant::ZERO + left.min(most))
        };
        for entry in log {
            match entry {
                Entry::Put(stored) => {
                    model.records.retain(|other| {
                        (&other.namespace, &other.name, other.ip) != (&stored.namespace, &stored.name, stored.ip)
                    });
                    if let Some(expires) = end(stored.until(), stored.ttl.into()) {
                        model.put(Record {
                            namespace: stored.namespace.clone(),
                            name: stored.name.clone(),
                            ip: stored.ip,
                            port: stored.port,
                            ttl: stored.ttl.secs(),
                            expires,
                            key: stored.x.map(|signed| signed.pk),
                        });
                    }
                }
                Entry::Del { ip, namespace, name } => {
                    model
                        .records
                        .retain(|other| (&other.namespace, &other.name, other.ip) != (namespace, name, *ip));
                }
                Entry::Own {
                    namespace,
                    name,
                    pk,
                    seq,
                    until,
                } => {
                    model
                        .owners
                        .retain(|other| (&other.namespace, &other.name) != (namespace, name));
                    if let Some(until) = end(*until, Duration::from_secs(LEASE_MAX_SECS.into()) + OWNER_KEEPS) {
                        let (namespace, name) = (namespace.clone(), name.clone());
                        model.own(Owner {
                            namespace,
                            name,
                            key: *pk,
                            seq: *seq,
                            until,
                        });
                    }
                }
            }
        }
        model
    }

    /// Asserts that another model, of the same moment on another process's clock, says the same.
    pub fn assert_same(&self, now: Instant, other: &Self, other_now: Instant) {
        let close = |mine: Instant, its: Instant| {
            let (mine, its) = (mine.since(now), its.since(other_now));
            mine.abs_diff(its) <= SLACK
        };
        for (mine, its, mine_now, its_now) in [(self, other, now, other_now), (other, self, other_now, now)] {
            for record in &mine.records {
                let twin = its.record(&record.namespace, &record.name, record.ip);
                assert!(
                    twin.is_some() || presence(record.expires, mine_now) != Presence::Yes,
                    "a restart loses {record:?} or brings it back"
                );
                if let Some(twin) = twin {
                    let (mine, its) = (record.expires.since(mine_now), twin.expires.since(its_now));
                    assert!(
                        mine.abs_diff(its) <= SLACK,
                        "a restart moves the end: {record:?} {twin:?}"
                    );
                    assert_eq!((record.port, record.ttl, record.key), (twin.port, twin.ttl, twin.key));
                }
            }
        }
        for owner in &self.owners {
            let twin = other.owner(&owner.namespace, &owner.name);
            assert!(
                twin.is_some_and(|twin| twin.key == owner.key
                    && twin.seq == owner.seq
                    && close(owner.until, twin.until))
                    || presence(owner.until, now) != Presence::Yes,
                "a restart forgets {owner:?}: {twin:?}"
            );
        }
        for owner in &other.owners {
            assert!(
                self.owner(&owner.namespace, &owner.name).is_some()
                    || presence(owner.until, other_now) != Presence::Yes,
                "a restart brings back {owner:?}"
            );
        }
    }
}
