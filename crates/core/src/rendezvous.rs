//! The rendezvous: peers register where they listen, and find each other (docs/protocol.md section 1).

pub mod client;
mod door;
mod io;
mod listing;
pub mod log;
mod owners;
mod records;

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

pub use io::{Capacity, Config, Input, Output};

use door::{Admittance, Doorkeeper};
use log::{Entry, Stored};
use owners::{Denied, Owner, Owners};
use records::{Record, Records, Registration};

use crate::id::ConnectionId;
use crate::limits::{LEASE_MAX_SECS, OWNER_KEEPS};
use crate::rng::Rng;
use crate::time::{Instant, UtcMillis};
use crate::wire::rendezvous::{
    Claim, Dialect, Discover, Purpose, Refusal, Register, Reply, Request, Signed, Unregister,
};

/// The state machine of a rendezvous: a table of peers that forgets each of them at the end of its lease.
///
/// It has the contract of every machine here (see [`crate::hub::Hub`]): [`Registry::handle`] takes an [`Input`] at a
/// time that never goes back, [`Registry::poll_output`] is drained after each, [`Registry::poll_timeout`] tells when
/// to call `handle` with [`Input::Timeout`]. Every connection that is opened is answered once.
///
/// ```
/// # use papo_core::{id::ConnectionId, rendezvous::*, time::*, wire::rendezvous::Dialect};
/// # let config = Config { dialect: Dialect::September, per_minute: None, trusted: vec![],
/// #     capacity: Capacity::default(), utc: UtcMillis::new(0) };
/// let mut registry = Registry::new(config, 42, Instant::ZERO);
/// # let connection = ConnectionId(1);
/// # let from = "192.0.2.1:50000".parse().unwrap();
/// registry.handle(Instant::ZERO, Input::Opened { connection, from });
/// assert_eq!(registry.poll_output(), Some(Output::Read { connection }));
/// registry.handle(Instant::ZERO, Input::Line { connection, line: br#"{"type":"DISCOVER"}"# });
/// let line = b"{\"status\":\"OK\",\"peers\":[]}\n".to_vec();
/// assert_eq!(registry.poll_output(), Some(Output::Reply { connection, line, stored: false }));
/// ```
#[derive(Debug)]
pub struct Registry {
    dialect: Dialect,
    per_minute: u32,
    capacity: Capacity,
    door: Doorkeeper,
    connections: BTreeMap<ConnectionId, SocketAddr>,
    records: Records,
    owners: Owners,
    outbox: VecDeque<Output>,
    rng: Rng,
    storing: bool,
    /// A time of day and the moment at which it was told.
    clock: (UtcMillis, Instant),
}

impl Registry {
    /// A registry without records. `seed` decides which records a sample holds.
    pub fn new(config: Config, seed: u64, now: Instant) -> Self {
        Self {
            dialect: config.dialect,
            per_minute: config.per_minute.unwrap_or_default(),
            capacity: config.capacity,
            door: Doorkeeper::new(config.dialect, config.per_minute, config.trusted),
            connections: BTreeMap::new(),
            records: Records::default(),
            owners: Owners::default(),
            outbox: VecDeque::new(),
            rng: Rng::new(seed),
            storing: true,
            clock: (config.utc, now),
        }
    }

    /// Takes one input that happened at `now`.
    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        self.records.expire(now);
        self.owners.expire(now);
        match input {
            Input::Opened { connection, from } => self.on_opened(now, connection, from),
            Input::Line { connection, line } => self.on_line(now, connection, line),
            Input::TooLong { connection } => self.refuse(connection, Refusal::TooLong),
            Input::Silent { connection } => self.refuse(connection, Refusal::Silent),
            Input::Closed { connection } => {
                self.connections.remove(&connection);
            }
            Input::Restored(entry) => self.restore(now, entry),
            Input::Storing(storing) => self.storing = storing,
            Input::WallClock(utc) => self.clock = (utc, now),
            Input::Timeout => {}
        }
    }

    /// The next thing to do, in order.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outbox.pop_front()
    }

    /// When to call [`Registry::handle`] with [`Input::Timeout`] at the latest.
    pub fn poll_timeout(&self) -> Option<Instant> {
        [self.records.next_end(), self.owners.next_end()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Live records.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// True without a live record.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn on_opened(&mut self, now: Instant, connection: ConnectionId, from: SocketAddr) {
        let from = SocketAddr::new(from.ip().to_canonical(), from.port());
        let refusal = match self.door.admit(from.ip(), now) {
            Admittance::Open => {
                self.connections.insert(connection, from);
                return self.outbox.push_back(Output::Read { connection });
            }
            Admittance::Banned => return self.outbox.push_back(Output::Close { connection }),
            Admittance::TooOften => Refusal::OverQuota,
            Admittance::Blocked(left) => Refusal::Blocked {
                from,
                limit: self.per_minute,
                seconds: left.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX),
            },
        };
        self.reply(connection, &Reply::Refused(refusal), false);
    }

    fn on_line(&mut self, now: Instant, connection: ConnectionId, line: &[u8]) {
        let Some(from) = self.connections.remove(&connection) else {
            return;
        };
        let before = self.outbox.len();
        let reply = match Request::decode(line, self.dialect) {
            Err(refusal) => Err(refusal),
            Ok(Request::Register(request)) => self.register(now, from, &request),
            Ok(Request::Discover(request)) => self.discover(now, from.ip(), &request),
            Ok(Request::Unregister(request)) => self.unregister(now, from.ip(), &request),
        };
        // A record that is gone already may be so only since a moment ago, and come back with a crash: whoever is told that
        // it is gone waits for the same entry as whoever took it back.
        let stored = self.outbox.len() > before || matches!(reply, Ok(Reply::Unregistered));
        self.reply(connection, &reply.unwrap_or_else(Reply::Refused), stored);
    }

    fn refuse(&mut self, connection: ConnectionId, refusal: Refusal) {
        if self.connections.remove(&connection).is_some() {
            self.reply(connection, &Reply::Refused(refusal), false);
        }
    }

    fn reply(&mut self, connection: ConnectionId, reply: &Reply, stored: bool) {
        let line = reply.encode(self.dialect);
        self.outbox.push_back(Output::Reply {
            connection,
            line,
            stored,
        });
    }

    fn register(&mut self, now: Instant, from: SocketAddr, request: &Register) -> Result<Reply, Refusal> {
        let Register {
            name,
            namespace,
            port,
            lease,
            signed,
        } = request;
        self.admit(from.ip(), namespace, name, signed.as_ref(), *port)?;
        let expires = now + Duration::from(*lease);
        let registration = Registration {
            namespace,
            name,
            from,
            port: *port,
            lease: *lease,
            expires,
            signed: signed.as_ref(),
        };
        let place = self.records.put(registration);
        self.outbox.push_back(Output::Store(Entry::Put(Stored {
            ip: from.ip(),
            namespace: namespace.clone(),
            name: name.clone(),
            port: *port,
            observed_port: from.port(),
            ttl: *lease,
            at: self.utc(now),
            place,
            x: *signed,
        })));
        if let Some(signed) = signed {
            // Whoever proves to be the owner is where this request came from, and nowhere else any more. The old record
            // goes after the new one is there, so that a torn log never has neither.
            let elsewhere: Vec<IpAddr> = self
                .records
                .named(namespace, name)
                .filter(|record| record.address != from.ip() && is_signed_by(record, signed))
                .map(|record| record.address)
                .collect();
            for address in elsewhere {
                self.remove(namespace, name, address);
            }
            self.own(now, namespace, name, signed, expires + OWNER_KEEPS);
        }
        Ok(Reply::Registered {
            lease: *lease,
            observed: from,
            port: *port,
        })
    }

    /// Whether this registration may be made.
    fn admit(
        &self,
        address: IpAddr,
        namespace: &str,
        name: &str,
        signed: Option<&Signed>,
        port: u16,
    ) -> Result<(), Refusal> {
        let known = self.records.get(namespace, name, address);
        if let Some(signed) = signed {
            // A signature costs more to verify than everything else, so what can be refused before it is.
            self.owners
                .check(namespace, name, signed)
                .map_err(|denied| match denied {
                    Denied::NotYours => Refusal::Unauthorized,
                    Denied::Full => Refusal::OverQuota,
                })?;
            if !is_good(signed, Purpose::Register, namespace, name, port) {
                return Err(Refusal::Unauthorized);
            }
        } else {
            // Whoever was there before the owner, unsigned, keeps the place while the lease is renewed. Signed is signed,
            // even when a crash cut the log between a record and its owner.
            let taken = known.map_or_else(
                || self.owners.get(namespace, name).is_some(),
                |record| record.signed.is_some(),
            );
            if taken {
                return Err(Refusal::Unauthorized);
            }
        }
        if known.is_none() {
            let most = self.capacity.per_address;
            let full = self.records.len() >= self.capacity.total
                || self.records.count(Some(namespace)) >= self.capacity.per_namespace
                || (!self.door.trusts(address) && self.records.count_of_host(address, most) >= most);
            if full {
                return Err(Refusal::OverQuota);
            }
        }
        if self.storing { Ok(()) } else { Err(Refusal::Busy) }
    }

    fn discover(&mut self, now: Instant, address: IpAddr, request: &Discover) -> Result<Reply, Refusal> {
        self.require_registration(address)?;
        Ok(Reply::Peers(listing::answer(
            &self.records,
            request,
            now,
            &mut self.rng,
        )))
    }

    fn unregister(&mut self, now: Instant, address: IpAddr, request: &Unregister) -> Result<Reply, Refusal> {
        self.require_registration(address)?;
        let mut matching = Vec::new();
        for record in self.records.of(address) {
            if Some(&*record.namespace) == request.namespace.as_deref()
                && request
                    .name
                    .as_ref()
                    .is_none_or(|name| name.as_deref() == Some(&*record.name))
                && request.port.is_none_or(|port| port == Some(record.port))
                && self.may_remove(record, request.signed.as_ref())
            {
                matching.push((record.name.clone(), record.signed.is_some()));
            }
        }
        if matching.is_empty() && self.dialect == Dialect::November {
            return Err(Refusal::NothingMatches);
        }
        if !matching.is_empty() && !self.storing {
            return Err(Refusal::Busy);
        }
        let namespace = request.namespace.as_deref().unwrap_or_default();
        for (name, was_signed) in matching {
            self.remove(namespace, &name, address);
            if was_signed
                && let Some(signed) = &request.signed
                && let Some(until) = self.owners.get(namespace, &name).map(|owner| owner.until)
            {
                self.own(now, namespace, &name, signed, until);
            }
        }
        Ok(Reply::Unregistered)
    }

    /// Anybody at its address may remove an unsigned record, and only the owner a signed one.
    fn may_remove(&self, record: &Record, signed: Option<&Signed>) -> bool {
        if record.signed.is_none() {
            return true;
        }
        signed.is_some_and(|signed| {
            is_signed_by(record, signed)
                && self.owners.check(&record.namespace, &record.name, signed).is_ok()
                && is_good(
                    signed,
                    Purpose::Unregister,
                    &record.namespace,
                    &record.name,
                    record.port,
                )
        })
    }

    /// In the dialect of November only those who are listed may ask (docs/protocol.md 1.5).
    fn require_registration(&self, address: IpAddr) -> Result<(), Refusal> {
        if self.dialect == Dialect::November && self.records.count_of(address, 1) == 0 {
            return Err(Refusal::NotRegistered);
        }
        Ok(())
    }

    fn remove(&mut self, namespace: &str, name: &str, address: IpAddr) {
        self.records.remove(namespace, name, address);
        self.outbox.push_back(Output::Store(Entry::Del {
            ip: address,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }));
    }

    fn own(&mut self, now: Instant, namespace: &str, name: &str, signed: &Signed, until: Instant) {
        let owner = Owner {
            key: signed.pk,
            seq: signed.seq,
            until,
        };
        self.owners.put(namespace, name, owner);
        self.outbox.push_back(Output::Store(Entry::Own {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            pk: signed.pk,
            seq: signed.seq,
            until: self.utc(now).after(until.since(now)),
        }));
    }

    /// Takes an entry back from the log. Leases went on while nobody counted.
    fn restore(&mut self, now: Instant, entry: Entry) {
        let left = |until: UtcMillis| {
            let millis = until.get().saturating_sub(self.utc(now).get());
            (millis > 0).then_some(Duration::from_millis(millis))
        };
        match entry {
            Entry::Put(stored) => {
                // A clock that was set back makes no lease longer than it was given.
                let Some(left) = left(stored.until()).map(|left| left.min(stored.ttl.into())) else {
                    return self.records.remove(&stored.namespace, &stored.name, stored.ip);
                };
                let registration = Registration {
                    namespace: &stored.namespace,
                    name: &stored.name,
                    from: SocketAddr::new(stored.ip, stored.observed_port),
                    port: stored.port,
                    lease: stored.ttl,
                    expires: now + left,
                    signed: stored.x.as_ref(),
                };
                self.records.restore(registration, stored.place);
            }
            Entry::Del { ip, namespace, name } => self.records.remove(&namespace, &name, ip),
            Entry::Own {
                namespace,
                name,
                pk,
                seq,
                until,
            } => {
                // A clock that was set back keeps no name for longer than an owner may.
                let most = Duration::from_secs(LEASE_MAX_SECS.into()) + OWNER_KEEPS;
                let Some(left) = left(until).map(|left| left.min(most)) else {
                    // An earlier line may say that it lasts longer.
                    return self.owners.remove(&namespace, &name);
                };
                let until = now + left;
                self.owners.put(&namespace, &name, Owner { key: pk, seq, until });
            }
        }
    }

    fn utc(&self, now: Instant) -> UtcMillis {
        let (told, at) = self.clock;
        told.after(now.since(at))
    }
}

fn is_good(signed: &Signed, purpose: Purpose, namespace: &str, name: &str, port: u16) -> bool {
    let claim = Claim {
        purpose,
        namespace,
        name,
        port,
        seq: signed.seq,
    };
    claim.is_signed_by(signed)
}

fn is_signed_by(record: &Record, signed: &Signed) -> bool {
    record.signed.as_ref().is_some_and(|known| known.pk == signed.pk)
}

#[cfg(test)]
mod tests;
