//! A peer at a rendezvous server: keeps it registered and asks who else is (docs/protocol.md 1.9).

mod budget;
mod io;
mod reply;
mod request;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use serde_json::{Map, Value};

pub use io::{ClientStatus, Config, Input, Listed, Output, Record, Remark, Scope, Trouble};

use budget::Budget;
use reply::Answer;

use crate::limits::{RENDEZVOUS_BACKOFF_MAX, RENDEZVOUS_BACKOFF_MIN};
use crate::planted::{Bug, planted};
use crate::rng::Rng;
use crate::time::{Instant, UtcMillis};

/// The client's state machine.
///
/// - [`Client::handle`] takes one [`Input`] with the time at which it happened. `now` never goes back.
/// - After each `handle`, drain [`Client::poll_output`] before the next one.
/// - When [`Client::poll_timeout`] has come, call `handle` with [`Input::Timeout`].
/// - Every [`Output::Send`] is answered with one [`Input::Reply`] or [`Input::Failed`], within a deadline of the driver.
/// - The same configuration, seed and inputs give the same outputs, byte for byte. No input makes it panic.
///
/// It registers before it asks for the list, renews at half of the lease that the server gave, and goes on trying for
/// ever. It makes two requests a minute in the long run, whatever happens, besides the one that takes its registration
/// back.
///
/// ```
/// # use papo_core::{rendezvous::client::*, time::*};
/// let config = Config::new("ana", "UnB", 4000, UtcMillis::new(0));
/// let mut client = Client::new(config, 42, Instant::ZERO);
/// client.handle(Instant::ZERO, Input::Start);
/// # let mut requests = 0;
/// while let Some(output) = client.poll_output() {
///     // open a connection for a `Send`, and when it has ended:
/// #   if let Output::Send { .. } = output { requests += 1; }
/// }
/// # assert_eq!(requests, 1);
/// client.handle(Instant::from_millis(3), Input::Reply { bytes: br#"{"status":"OK","ttl":7200}"# });
/// # while let Some(_) = client.poll_output() {}
/// let wake_at = client.poll_timeout();
/// ```
#[derive(Debug)]
pub struct Client {
    config: Config,
    phase: Phase,
    in_flight: Option<Kind>,
    /// What the server has given, as long as it counts.
    held: Option<Held>,
    /// A REGISTER has succeeded: there is something to take back.
    ever_held: bool,
    /// The lease ran out before the budget let the list be asked for.
    too_short: bool,
    discover_at: Instant,
    /// Somebody waits for the list.
    wanted: Option<Wanted>,
    /// After a failure or a ban: nothing before then.
    rest: Option<Instant>,
    /// Failures in a row.
    failures: u32,
    budget: Budget,
    last_sent: Option<Kind>,
    last_seq: u64,
    status: ClientStatus,
    wake: Option<Instant>,
    outbox: VecDeque<Output>,
    rng: Rng,
    /// The time of day at the client's first moment, as far as is known now.
    utc_start: UtcMillis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    New,
    Running,
    /// Takes its registration back as soon as no REGISTER is in flight any more.
    Leaving,
    Gone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Register,
    Discover,
    Unregister,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    observed: Option<IpAddr>,
    lease: Duration,
    renew_at: Instant,
    until: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Unanswered,
    /// They know that it takes time.
    Told,
}

impl Client {
    /// A client that has not begun. `seed` decides everything that it draws.
    pub fn new(config: Config, seed: u64, now: Instant) -> Self {
        Self {
            utc_start: at_start(config.utc, now),
            config,
            phase: Phase::New,
            in_flight: None,
            held: None,
            ever_held: false,
            too_short: false,
            discover_at: now,
            wanted: None,
            rest: None,
            failures: 0,
            budget: Budget::default(),
            last_sent: None,
            last_seq: 0,
            status: ClientStatus::Unregistered,
            wake: None,
            outbox: VecDeque::new(),
            rng: Rng::new(seed),
        }
    }

    /// Takes one input that happened at `now`.
    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        match input {
            Input::Start if self.phase == Phase::New => {
                self.phase = Phase::Running;
                self.discover_at = now;
            }
            Input::Reply { bytes } => {
                if let Some(kind) = self.in_flight.take() {
                    self.on_answer(now, kind, reply::read(bytes));
                }
            }
            Input::Failed => {
                if let Some(kind) = self.in_flight.take() {
                    self.on_answer(now, kind, Answer::No(Trouble::Unreachable));
                }
            }
            Input::DiscoverNow if self.phase == Phase::Running => self.wanted = Some(Wanted::Unanswered),
            Input::Reconnect if self.phase == Phase::Running => {
                (self.held, self.rest, self.failures) = (None, None, 0);
                self.too_short = false;
                self.change(ClientStatus::Unregistered);
            }
            Input::Leave => self.on_leave(now),
            Input::WallClock(utc) => self.utc_start = at_start(utc, now),
            Input::Start | Input::DiscoverNow | Input::Reconnect | Input::Timeout => {}
        }
        self.advance(now);
    }

    /// The next thing to be done, in order.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outbox.pop_front()
    }

    /// When to call [`Client::handle`] with [`Input::Timeout`] if nothing else happens before.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.wake
    }

    /// How the client stands with its server now.
    pub fn status(&self) -> &ClientStatus {
        &self.status
    }

    fn on_answer(&mut self, now: Instant, kind: Kind, answer: Answer) {
        match (kind, answer) {
            // Whatever comes: there is nothing else to be done.
            (Kind::Unregister, _) => self.end(),
            (Kind::Register, Answer::Yes(object)) => self.on_registered(now, &object),
            (Kind::Discover, Answer::Yes(object)) => self.on_listing(now, &object),
            (Kind::Discover, Answer::NotRegistered) if self.config.register && !planted(Bug::NeverRegistersAgain) => {
                self.outbox.push_back(Output::Remark(Remark::Forgotten));
                self.held = None;
                self.discover_at = now;
                self.settle();
            }
            (_, Answer::NotRegistered) => self.on_trouble(now, Trouble::Refused("peer_not_registered".to_owned())),
            (_, Answer::Banned(span)) => {
                // A little longer than told: everybody behind this address was told the same.
                let until = now + span + self.rng.jitter(span / 4);
                self.rest = Some(until);
                self.change(ClientStatus::Banned { until });
            }
            (_, Answer::No(trouble)) => self.on_trouble(now, trouble),
        }
    }

    fn on_registered(&mut self, now: Instant, object: &Map<String, Value>) {
        let asked = Duration::from_secs(self.config.lease.as_secs());
        let lease = reply::lease(object, asked);
        if lease != asked {
            self.outbox
                .push_back(Output::Remark(Remark::LeaseChanged { asked, got: lease }));
        }
        self.held = Some(Held {
            observed: reply::observed(object),
            lease,
            renew_at: now + lease / 2,
            until: now + lease,
        });
        self.ever_held = true;
        self.on_success();
    }

    fn on_listing(&mut self, now: Instant, object: &Map<String, Value>) {
        let listing = match reply::listing(object, (&self.config.name, &self.config.namespace)) {
            Ok(listing) => listing,
            Err(trouble) => return self.on_trouble(now, trouble),
        };
        if listing.skipped > 0 {
            self.outbox
                .push_back(Output::Remark(Remark::EntriesSkipped(listing.skipped)));
        }
        self.outbox.push_back(Output::Peers(listing.peers));
        self.wanted = None;
        let every = self.config.discover_every;
        // Between three and five quarters, so that those who started together do not ask together.
        self.discover_at = now + every / 4 + self.rng.jitter(every);
        self.on_success();
    }

    fn on_success(&mut self) {
        (self.rest, self.failures) = (None, 0);
        self.settle();
    }

    fn on_trouble(&mut self, now: Instant, reason: Trouble) {
        let span = RENDEZVOUS_BACKOFF_MIN
            .saturating_mul(1_u32.checked_shl(self.failures).unwrap_or(u32::MAX))
            .min(RENDEZVOUS_BACKOFF_MAX);
        self.failures = self.failures.saturating_add(1);
        let rested = now + self.rng.jitter(span);
        self.rest = Some(rested);
        let next_try = self.budget.ready(now, 1).max(rested);
        self.change(ClientStatus::Failing { reason, next_try });
    }

    fn on_leave(&mut self, now: Instant) {
        match self.phase {
            Phase::Leaving | Phase::Gone => {}
            // Its outcome decides whether there is something to take back, and two at once could arrive in any order.
            Phase::Running if self.in_flight == Some(Kind::Register) => self.phase = Phase::Leaving,
            Phase::New | Phase::Running => self.take_back(now),
        }
    }

    fn take_back(&mut self, now: Instant) {
        if !self.ever_held {
            return self.end();
        }
        self.phase = Phase::Leaving;
        let seq = self.next_seq(now);
        self.send(Kind::Unregister, request::unregister(&self.config, seq));
    }

    fn end(&mut self) {
        self.phase = Phase::Gone;
        (self.held, self.in_flight, self.wanted) = (None, None, None);
        self.change(ClientStatus::Gone);
    }

    /// Sends what is due and may go, or finds out when that will be.
    fn advance(&mut self, now: Instant) {
        self.wake = None;
        if self.in_flight.is_some() {
            return;
        }
        match self.phase {
            Phase::Leaving => return self.take_back(now),
            Phase::New | Phase::Gone => return,
            Phase::Running => {}
        }
        if self.held.is_some_and(|held| held.until <= now) {
            self.held = None;
            self.too_short = self.last_sent == Some(Kind::Register) && self.discover_at <= now;
            if matches!(self.status, ClientStatus::Registered { .. }) {
                self.settle();
            }
        }
        let (kind, due) = self.next_request(now);
        // Else every request would go into registering, and none was left to ask for the list.
        let requests = if self.too_short { 2 } else { 1 };
        let at = due.max(self.budget.ready(now, requests)).max(self.rest.unwrap_or(now));
        if at > now {
            self.wake = Some(at);
            self.promise(at);
            return;
        }
        self.budget.spend(now);
        match kind {
            Kind::Register => {
                self.too_short = false;
                let seq = self.next_seq(now);
                self.send(kind, request::register(&self.config, seq));
            }
            Kind::Discover | Kind::Unregister => self.send(kind, request::discover(&self.config)),
        }
    }

    /// What comes next, and when if nothing else held it back.
    fn next_request(&self, now: Instant) -> (Kind, Instant) {
        let discover_at = if self.wanted.is_some() { now } else { self.discover_at };
        if !self.config.register {
            return (Kind::Discover, discover_at);
        }
        let Some(held) = self.held else {
            return (Kind::Register, now);
        };
        if held.renew_at > now || discover_at > now {
            return if held.renew_at <= discover_at {
                (Kind::Register, held.renew_at)
            } else {
                (Kind::Discover, discover_at)
            };
        }
        // Both are due. Renewing goes before, but a lease that is shorter than the budget must not leave the list unasked
        // for ever.
        let waited = self.wanted.is_some() || now.since(self.discover_at) >= self.config.discover_every;
        if waited && self.last_sent == Some(Kind::Register) {
            (Kind::Discover, discover_at)
        } else {
            (Kind::Register, held.renew_at)
        }
    }

    /// Tells those who want the list now that it will come later, once.
    fn promise(&mut self, at: Instant) {
        if self.wanted == Some(Wanted::Unanswered) {
            self.wanted = Some(Wanted::Told);
            self.outbox.push_back(Output::Later { at });
        }
    }

    fn send(&mut self, kind: Kind, request: Vec<u8>) {
        self.in_flight = Some(kind);
        self.last_sent = Some(kind);
        self.wake = None;
        self.outbox.push_back(Output::Send { request });
    }

    /// Greater than every number before and, if the clock of the day is right, than those of earlier runs.
    fn next_seq(&mut self, now: Instant) -> u64 {
        let utc = self.utc_start.after(now.since(Instant::ZERO));
        self.last_seq = self.last_seq.saturating_add(1).max(utc.get());
        self.last_seq
    }

    /// The status where nothing is wrong.
    fn settle(&mut self) {
        self.change(match self.held {
            Some(held) => ClientStatus::Registered {
                observed: held.observed,
                lease: held.lease,
                until: held.until,
            },
            None if self.config.register => ClientStatus::Unregistered,
            None => ClientStatus::Looking,
        });
    }

    fn change(&mut self, status: ClientStatus) {
        if self.status != status {
            self.status = status.clone();
            self.outbox.push_back(Output::Status(status));
        }
    }
}

fn at_start(utc: UtcMillis, now: Instant) -> UtcMillis {
    UtcMillis::new(utc.get().saturating_sub(now.as_micros() / 1000))
}
