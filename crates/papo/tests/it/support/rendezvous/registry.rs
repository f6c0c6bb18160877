//! The records, in the order in which they were first registered.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::Fault;

#[derive(Clone)]
pub(super) struct Record {
    pub(super) observed: SocketAddr,
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) port: Value,
    pub(super) ttl: Value,
    pub(super) claimed: Option<Value>,
    since: Instant,
}

pub(super) struct Registry {
    fault: Option<Fault>,
    second: Duration,
    records: Vec<Record>,
}

/// What UNREGISTER asks to remove.
pub(super) struct Filter<'a> {
    pub(super) namespace: Option<&'a str>,
    pub(super) name: Option<&'a str>,
    pub(super) port: Option<u64>,
}

impl Record {
    pub(super) fn new(observed: SocketAddr, name: String, namespace: String, port: Value, ttl: Value) -> Self {
        Self {
            observed,
            name,
            namespace,
            port,
            ttl,
            claimed: None,
            since: Instant::now(),
        }
    }

    fn lease(&self) -> f64 {
        self.ttl.as_f64().unwrap_or(60.0)
    }

    fn age(&self, second: Duration) -> f64 {
        self.since.elapsed().as_secs_f64() / second.as_secs_f64()
    }
}

impl Registry {
    pub(super) fn new(fault: Option<Fault>, second: Duration) -> Self {
        Self {
            fault,
            second,
            records: Vec::new(),
        }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn forget_the_dead(&mut self) {
        if self.has(Fault::LeasesNeverEnd) {
            return;
        }
        let second = self.second;
        self.records.retain(|record| record.age(second) < record.lease());
    }

    pub(super) fn register(&mut self, mut record: Record) {
        self.forget_the_dead();
        if self.has(Fault::ForgetsRecords) {
            return;
        }
        let same = |old: &Record| {
            old.observed.ip() == record.observed.ip()
                && old.name == record.name
                && (old.namespace == record.namespace || self.has(Fault::OneNameForAllNamespaces))
        };
        let place = self.records.iter().position(same);
        match place {
            Some(_) if self.has(Fault::KeepsTheFirst) => {}
            Some(_) if self.has(Fault::AddsAgain) => self.records.push(record),
            Some(place) if self.has(Fault::MovesToTheEnd) => {
                self.records.remove(place);
                self.records.push(record);
            }
            Some(place) => {
                if self.has(Fault::KeepsTheFirstLease) {
                    record.since = self.records[place].since;
                    record.ttl = self.records[place].ttl.clone();
                }
                self.records[place] = record;
            }
            None => self.records.push(record),
        }
        if self.has(Fault::SortsByName) {
            self.records.sort_by(|one, other| one.name.cmp(&other.name));
        }
    }

    pub(super) fn knows(&mut self, peer: SocketAddr) -> bool {
        self.forget_the_dead();
        self.records.iter().any(|record| record.observed.ip() == peer.ip())
    }

    /// How many records went.
    pub(super) fn unregister(&mut self, peer: SocketAddr, filter: &Filter<'_>) -> usize {
        self.forget_the_dead();
        let before = self.records.len();
        let (name_counts, port_counts) = (
            !self.has(Fault::UnregisterIgnoresName),
            !self.has(Fault::UnregisterIgnoresPort),
        );
        let everywhere = self.has(Fault::UnregisterIgnoresNamespace);
        if !self.has(Fault::UnregisterDoesNothing) {
            self.records.retain(|record| {
                let here = everywhere || filter.namespace == Some(&record.namespace);
                let named = !name_counts || filter.name.is_none_or(|name| name == record.name);
                let at = !port_counts || filter.port.is_none_or(|port| record.port == json!(port));
                !(record.observed.ip() == peer.ip() && here && named && at)
            });
        }
        before - self.records.len()
    }

    pub(super) fn list(&mut self, namespace: Option<&str>, september: bool) -> Vec<Value> {
        self.forget_the_dead();
        let same = |record: &Record| match namespace {
            Some(wanted) if self.has(Fault::NamespacesIgnoreCase) => record.namespace.eq_ignore_ascii_case(wanted),
            Some(wanted) => record.namespace == wanted || self.has(Fault::DiscoverIgnoresNamespace),
            None => true,
        };
        let records = self.records.iter().filter(|record| same(record));
        records.map(|record| self.shown(record, september)).collect()
    }

    fn shown(&self, record: &Record, september: bool) -> Value {
        let left = record.lease() - record.age(self.second);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "leases are at most a day and what is left is not negative"
        )]
        let left = left.max(0.0) as u64;
        let ip = match &record.claimed {
            Some(claimed) => claimed.clone(),
            None if self.has(Fault::MappedAddresses) => json!(format!("::ffff:{}", record.observed.ip())),
            None => json!(record.observed.ip()),
        };
        let mut shown = json!({
            "ip": ip, "port": record.port, "name": record.name, "namespace": record.namespace,
            "ttl": record.ttl, "expires_in": left,
        });
        if september {
            shown["observed_ip"] = json!(record.observed.ip());
            shown["observed_port"] = json!(record.observed.port());
        }
        match self.fault {
            Some(Fault::ExpiresAtATimeOfDay) => shown["expires_in"] = json!(1_763_700_000),
            Some(Fault::FewerKeys) => {
                shown.as_object_mut().unwrap().remove("expires_in");
            }
            _ => {}
        }
        shown
    }
}
