//! Whom such a peer dials, and when.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use crate::id::{DialId, PeerId};
use crate::rng::Rng;
use crate::time::Instant;

/// What it does about a connection that failed or is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Redial {
    /// Nothing.
    Never,
    /// It dials again, always after the same time.
    After(Duration),
    /// It waits for 1, 2, 4 … 60 s, and for up to 3 s before the first time.
    Backoff,
}

/// More than that no program of a class dials; the rest of a list is left alone.
const TARGETS: usize = 64;
const BACKOFF_MIN: Duration = Duration::from_secs(1);
const BACKOFF_MAX: Duration = Duration::from_secs(60);
const FIRST_WAIT_MAX: Duration = Duration::from_secs(3);

/// Addresses and what became of them.
#[derive(Debug)]
pub(super) struct Dialing {
    targets: BTreeMap<SocketAddr, Target>,
    out: BTreeMap<DialId, SocketAddr>,
    redial: Redial,
    last: u64,
}

#[derive(Debug)]
struct Target {
    peer: Option<PeerId>,
    fixed: bool,
    /// When it is dialed; not while there is a dial or a connection, nor when it was given up.
    due: Option<Instant>,
    failures: u32,
}

impl Dialing {
    pub(super) fn new(fixed: Vec<SocketAddr>, redial: Redial, rng: &mut Rng, now: Instant) -> Self {
        let mut dialing = Self {
            targets: BTreeMap::new(),
            out: BTreeMap::new(),
            redial,
            last: 0,
        };
        for address in fixed {
            dialing.add(address, None, rng, now);
        }
        dialing
    }

    /// Takes a list in place of the one before.
    pub(super) fn listed(&mut self, listed: &[(PeerId, SocketAddr)], me: &PeerId, rng: &mut Rng, now: Instant) {
        let addresses: BTreeSet<&SocketAddr> = listed.iter().map(|(_, address)| address).collect();
        let out = &self.out;
        self.targets.retain(|address, target| {
            target.fixed || addresses.contains(address) || out.values().any(|dialed| dialed == address)
        });
        for (peer, address) in listed {
            if peer != me {
                self.add(*address, Some(peer.clone()), rng, now);
            }
        }
    }

    fn add(&mut self, address: SocketAddr, peer: Option<PeerId>, rng: &mut Rng, now: Instant) {
        let full = self.targets.len() >= TARGETS;
        if let Some(target) = self.targets.get_mut(&address) {
            target.peer = peer.or(target.peer.take());
            return;
        }
        if full {
            return;
        }
        let wait = match self.redial {
            Redial::Backoff if peer.is_some() => drawn(FIRST_WAIT_MAX, rng),
            _ => Duration::ZERO,
        };
        let target = Target {
            fixed: peer.is_none(),
            peer,
            due: Some(now + wait),
            failures: 0,
        };
        self.targets.insert(address, target);
    }

    /// The next to dial now. Those who are connected already wait until they are lost.
    pub(super) fn poll(
        &mut self,
        now: Instant,
        connected: impl Fn(&SocketAddr, Option<&PeerId>) -> bool,
    ) -> Option<(DialId, SocketAddr)> {
        for (address, target) in &mut self.targets {
            if target.due.is_none_or(|due| due > now) {
                continue;
            }
            target.due = None;
            if connected(address, target.peer.as_ref()) {
                continue;
            }
            self.last += 1;
            let dial = DialId(self.last);
            self.out.insert(dial, *address);
            return Some((dial, *address));
        }
        None
    }

    /// A dial succeeded; gives where it went and who should be there.
    pub(super) fn opened(&mut self, dial: DialId) -> Option<(SocketAddr, Option<PeerId>)> {
        let address = self.out.remove(&dial)?;
        Some((
            address,
            self.targets.get(&address).and_then(|target| target.peer.clone()),
        ))
    }

    pub(super) fn failed(&mut self, dial: DialId, rng: &mut Rng, now: Instant) {
        if let Some(address) = self.out.remove(&dial) {
            self.again(rng, now, |at, _| *at == address);
        }
    }

    /// They greeted each other: the next wait is short again.
    pub(super) fn greeted(&mut self, address: SocketAddr) {
        if let Some(target) = self.targets.get_mut(&address) {
            target.failures = 0;
        }
    }

    /// A connection is gone: of that address, or to that peer.
    pub(super) fn lost(&mut self, address: Option<SocketAddr>, peer: Option<&PeerId>, rng: &mut Rng, now: Instant) {
        self.again(rng, now, |at, target| {
            address == Some(*at) || (peer.is_some() && target.peer.as_ref() == peer)
        });
    }

    fn again(&mut self, rng: &mut Rng, now: Instant, which: impl Fn(&SocketAddr, &Target) -> bool) {
        for (address, target) in &mut self.targets {
            if target.due.is_some() || self.out.values().any(|dialed| dialed == address) || !which(address, target) {
                continue;
            }
            target.due = match self.redial {
                Redial::Never => None,
                Redial::After(wait) => Some(now + wait),
                Redial::Backoff => {
                    let wait = BACKOFF_MIN.saturating_mul(1 << target.failures.min(6)).min(BACKOFF_MAX);
                    target.failures = target.failures.saturating_add(1);
                    Some(now + rng.jitter(wait))
                }
            };
        }
    }

    /// Nobody is dialed any more.
    pub(super) fn stop(&mut self) {
        self.targets.clear();
    }

    pub(super) fn next_at(&self) -> Option<Instant> {
        self.targets.values().filter_map(|target| target.due).min()
    }
}

fn drawn(most: Duration, rng: &mut Rng) -> Duration {
    Duration::from_micros(rng.below(u64::try_from(most.as_micros()).unwrap_or(0)))
}
