//! Which peers are dialed, where and when (docs/protocol.md 3.3).
//!
//! A listed peer, or an address of `--connect`, is a target. A target waits for its time, is being dialed, or rests
//! because somebody is connected. From the dial to its outcome (`greeted`, `failed`, `already_connected` or
//! `ourselves`) it has one attempt, and each attempt must come to one of these.

mod rules;
mod strangers;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use self::strangers::Strangers;
use super::{Listed, PeerRow};
use crate::id::{DialId, PeerId};
use crate::limits::{
    ADDRESSES_PER_PEER, DIAL_BACKOFF_MAX, DIAL_BACKOFF_MIN, DIAL_BURST, DIAL_DELAY_MAX, DIAL_DELAY_MIN, DIAL_INTERVAL,
    DIALED_PEERS, DIALS, LINKS, REDIAL_DELAY_MAX, REDIAL_DELAY_MIN,
};
use crate::pace::{Pace, Rate};
use crate::planted::{Bug, planted};
use crate::rng::Rng;
use crate::time::Instant;
use crate::timers::Timers;

/// Nobody of that name is listed or was ever found at an address of `--connect`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unknown;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct TargetId(u64);

#[derive(Debug)]
struct Target {
    /// Who should be there, or who was there last.
    peer: Option<PeerId>,
    /// Given by `--connect`.
    fixed: bool,
    addresses: Vec<SocketAddr>,
    /// The address that is next.
    position: usize,
    /// Addresses that had their turn since the last wait.
    had_turn: usize,
    /// Waits in a row, each longer than the one before.
    rounds: u32,
    /// Failed dials in a row.
    failures: u32,
    dialing: bool,
}

impl Target {
    const fn new(peer: Option<PeerId>, fixed: bool, addresses: Vec<SocketAddr>) -> Self {
        Self {
            peer,
            fixed,
            addresses,
            position: 0,
            had_turn: 0,
            rounds: 0,
            failures: 0,
            dialing: false,
        }
    }

    fn begin_anew(&mut self) {
        (self.position, self.had_turn, self.rounds, self.failures) = (0, 0, 0, 0);
    }

    /// True for a target of that name which no attempt will set in motion again.
    fn is_idle_for(&self, peer: &PeerId) -> bool {
        !self.dialing && self.peer.as_ref() == Some(peer)
    }
}

#[derive(Debug)]
struct Attempt {
    target: TargetId,
    address: SocketAddr,
    open: bool,
}

/// Who is dialed: what is due, what is under way, and what must wait.
#[derive(Debug)]
pub(super) struct Dialer {
    own: PeerId,
    port: u16,
    dial_private: bool,
    targets: BTreeMap<TargetId, Target>,
    listed: BTreeMap<PeerId, TargetId>,
    due: Timers<TargetId>,
    attempts: BTreeMap<DialId, Attempt>,
    strangers: Strangers,
    rate: Rate,
    pace: Pace,
    paced_until: Instant,
    links_full: bool,
    next_target: u64,
    next_dial: u64,
}

impl Dialer {
    /// Nobody to dial. `own` and `port` are this node's; loopback and private addresses of lists are only dialed with
    /// `dial_private`.
    pub(super) fn new(own: PeerId, port: u16, dial_private: bool) -> Self {
        Self {
            own,
            port,
            dial_private,
            targets: BTreeMap::new(),
            listed: BTreeMap::new(),
            due: Timers::new(),
            attempts: BTreeMap::new(),
            strangers: Strangers::default(),
            rate: Rate::over(DIAL_INTERVAL, 1, DIAL_BURST),
            pace: Pace::default(),
            paced_until: Instant::ZERO,
            links_full: false,
            next_target: 0,
            next_dial: 0,
        }
    }

    /// Dials an address from now on whenever nobody is connected there, whatever it is. One that is known stays as it is.
    pub(super) fn add_address(&mut self, address: SocketAddr, now: Instant) {
        let known = |target: &Target| target.fixed && target.addresses.contains(&address);
        if !self.targets.values().any(known) {
            let target = self.add(Target::new(None, true, vec![address]));
            self.due.set(target, now);
        }
    }

    /// Takes the list of a rendezvous in place of the one before. A peer's first address is its freshest. New peers are
    /// dialed after a random moment, peers that have moved too; peers that are not there any more are left alone.
    pub(super) fn on_listed(&mut self, list: &[Listed], now: Instant, rng: &mut Rng) {
        let list = self.usable(list);
        let peers: BTreeSet<_> = list.iter().map(|(peer, _)| peer).collect();
        let gone: Vec<_> = self
            .listed
            .keys()
            .filter(|peer| !peers.contains(peer))
            .cloned()
            .collect();
        for peer in gone {
            if let Some(id) = self.listed.remove(&peer) {
                self.remove(id);
            }
        }
        for (peer, addresses) in list {
            let at = now + between(DIAL_DELAY_MIN, DIAL_DELAY_MAX, rng);
            let Some(&id) = self.listed.get(&peer) else {
                let id = self.add(Target::new(Some(peer.clone()), false, addresses));
                self.listed.insert(peer, id);
                self.due.set(id, at);
                continue;
            };
            let Some(target) = self.targets.get_mut(&id).filter(|target| target.addresses != addresses) else {
                continue;
            };
            let moved = !target.addresses.contains(&addresses[0]);
            target.position = 0;
            // A dial that is under way was the last of its round.
            target.had_turn = if target.dialing { addresses.len() } else { 0 };
            target.addresses = addresses;
            if moved && !target.dialing {
                self.due.set(id, self.due.get(&id).map_or(at, |waits| waits.min(at)));
            }
        }
    }

    /// The next address to dial, if one is due now, and who should be there. To be asked until it gives nothing
    /// whenever anything happened. `links` are all that are open.
    pub(super) fn poll(
        &mut self,
        now: Instant,
        rng: &mut Rng,
        connected: impl Fn(&PeerId) -> bool,
        links: usize,
    ) -> Option<(DialId, SocketAddr, Option<PeerId>)> {
        self.links_full = links + self.opening() >= LINKS;
        if self.links_full || self.opening() >= DIALS {
            return None;
        }
        let mut pace = self.pace;
        if let Err(at) = pace.take(self.rate, now) {
            self.paced_until = at;
            return None;
        }
        while let Some(id) = self.due.pop_due(now) {
            let Some(target) = self.targets.get(&id) else {
                continue;
            };
            // It rests until `lost`.
            if target.peer.as_ref().is_some_and(&connected) {
                continue;
            }
            match self.choose(target, now) {
                Some((at, skipped)) if at <= now => {
                    self.pace = pace;
                    return self.start(id, skipped, now);
                }
                _ if target.had_turn > 0 => self.end_round(id, now, rng),
                Some((at, _)) => self.due.set(id, at),
                None => {}
            }
        }
        None
    }

    /// When [`Dialer::poll`] may give the next; `None` while only an outcome or a closed link can make way.
    pub(super) fn next_at(&self) -> Option<Instant> {
        if self.links_full || self.opening() >= DIALS {
            return None;
        }
        self.due.next().map(|at| at.max(self.paced_until))
    }

    /// The connection is open: the next may be dialed.
    pub(super) fn dialed(&mut self, dial: DialId) {
        if let Some(attempt) = self.attempts.get_mut(&dial) {
            attempt.open = true;
        }
    }

    /// Somebody answered the HELLO: `peer`, as whom an address of `--connect` is known from now on. The target rests.
    pub(super) fn greeted(&mut self, dial: DialId, peer: &PeerId, now: Instant) {
        if let Some(address) = self.attempts.get(&dial).map(|attempt| attempt.address) {
            self.strangers.greeted(address, now);
            if let Some((_, target)) = self.end_attempt(dial) {
                target.begin_anew();
                let place = target.addresses.iter().position(|known| *known == address);
                target.position = place.unwrap_or(0);
                if target.fixed {
                    target.peer = Some(peer.clone());
                }
            }
        }
    }

    /// No connection, or no HELLO_OK over it. The peer's next address has its turn at once; after the last one there
    /// is a wait, twice as long each time.
    pub(super) fn failed(&mut self, dial: DialId, now: Instant, rng: &mut Rng) {
        let Some((id, target)) = self.end_attempt(dial) else {
            return;
        };
        target.failures = target.failures.saturating_add(1);
        if target.had_turn < target.addresses.len() {
            self.due.set(id, now);
        } else {
            self.end_round(id, now, rng);
        }
    }

    /// The other side closed because it has a connection to this node: no failure. It is tried again after the longest
    /// wait, or when the peer is lost.
    pub(super) fn already_connected(&mut self, dial: DialId, now: Instant) {
        if let Some((id, target)) = self.end_attempt(dial) {
            target.had_turn = 0;
            self.due.set(id, now + DIAL_BACKOFF_MAX);
        }
    }

    /// This node itself answered: the address is never dialed again, not even for `--connect`.
    pub(super) fn ourselves(&mut self, dial: DialId, now: Instant) {
        let Some(address) = self.attempts.get(&dial).map(|attempt| attempt.address) else {
            return;
        };
        self.strangers.ourselves(address, now);
        if let Some((id, target)) = self.end_attempt(dial) {
            target.had_turn = 0;
            if target.fixed {
                self.remove(id);
            } else {
                self.due.set(id, now + DIAL_BACKOFF_MIN);
            }
        }
    }

    /// The last link to a peer is gone: it is dialed again soon.
    pub(super) fn lost(&mut self, peer: &PeerId, now: Instant, rng: &mut Rng) {
        for (&id, target) in &mut self.targets {
            if target.is_idle_for(peer) {
                target.had_turn = 0;
                self.due.set(id, now + between(REDIAL_DELAY_MIN, REDIAL_DELAY_MAX, rng));
            }
        }
    }

    /// Forgets every wait: all are due now, strangers too.
    pub(super) fn reconnect(&mut self, now: Instant) {
        self.strangers.forgive_all();
        for (&id, target) in self.targets.iter_mut().filter(|(_, target)| !target.dialing) {
            target.begin_anew();
            self.due.set(id, now);
        }
    }

    /// Makes one peer due now, at its first address.
    ///
    /// # Errors
    ///
    /// [`Unknown`] when it is not known where it is.
    pub(super) fn connect(&mut self, peer: &PeerId, now: Instant) -> Result<(), Unknown> {
        let mut known = Err(Unknown);
        for (&id, target) in &mut self.targets {
            if target.peer.as_ref() != Some(peer) {
                continue;
            }
            known = Ok(());
            if !target.dialing {
                target.begin_anew();
                for &address in &target.addresses {
                    self.strangers.forgive(address);
                }
                self.due.set(id, now);
            }
        }
        known
    }

    /// Every peer that is listed or was found at an address of `--connect`, in the order of names.
    pub(super) fn rows(&self, now: Instant, connected: impl Fn(&PeerId) -> bool) -> Vec<PeerRow> {
        let mut rows = BTreeMap::new();
        for (&id, target) in &self.targets {
            let Some(peer) = &target.peer else {
                continue;
            };
            let row = rows.entry(peer).or_insert_with(|| PeerRow {
                peer_id: peer.clone(),
                addresses: Vec::new(),
                connected: connected(peer),
                failures: 0,
                next_dial: None,
            });
            for address in &target.addresses {
                if !row.addresses.contains(address) {
                    row.addresses.push(*address);
                }
            }
            row.failures = row.failures.max(target.failures);
            let wait = self.due.get(&id).map(|at| at.since(now)).filter(|_| !row.connected);
            row.next_dial = row.next_dial.into_iter().chain(wait).min();
        }
        rows.into_values().collect()
    }

    /// The peers of a list that may be dialed, each once, with the addresses that may be dialed.
    fn usable(&self, list: &[Listed]) -> Vec<(PeerId, Vec<SocketAddr>)> {
        let mut usable: Vec<(PeerId, Vec<SocketAddr>)> = Vec::new();
        let mut places: BTreeMap<&PeerId, usize> = BTreeMap::new();
        for Listed { peer, address, .. } in list {
            let address = SocketAddr::new(address.ip().to_canonical(), address.port());
            if *peer == self.own || !rules::may_be_dialed(address, self.dial_private, self.port) {
                continue;
            }
            if let Some(&place) = places.get(peer) {
                let addresses = &mut usable[place].1;
                if addresses.len() < ADDRESSES_PER_PEER && !addresses.contains(&address) {
                    addresses.push(address);
                }
            } else if usable.len() < DIALED_PEERS {
                places.insert(peer, usable.len());
                usable.push((peer.clone(), vec![address]));
            }
        }
        usable
    }

    /// When the first of the addresses whose turn has not come may be dialed, and how many are skipped for it.
    fn choose(&self, target: &Target, now: Instant) -> Option<(Instant, usize)> {
        let mut best: Option<(Instant, usize)> = None;
        for skipped in 0..target.addresses.len().saturating_sub(target.had_turn) {
            let address = target.addresses[(target.position + skipped) % target.addresses.len()];
            let allowed = if target.fixed {
                now
            } else if let Some(at) = self.strangers.allowed_at(address, now) {
                at
            } else {
                continue;
            };
            // Two names may stand for one address; its answer to the first tells who is there.
            let busy = self.attempts.values().any(|attempt| attempt.address == address);
            let at = if busy {
                allowed.max(now + DIAL_INTERVAL)
            } else {
                allowed
            };
            if best.is_none_or(|(earliest, _)| at < earliest) {
                best = Some((at, skipped));
            }
        }
        best
    }

    fn start(&mut self, id: TargetId, skipped: usize, now: Instant) -> Option<(DialId, SocketAddr, Option<PeerId>)> {
        let target = self.targets.get_mut(&id)?;
        let place = (target.position + skipped) % target.addresses.len();
        let address = target.addresses[place];
        target.position = (place + 1) % target.addresses.len();
        target.had_turn += skipped + 1;
        target.dialing = true;
        if !target.fixed {
            self.strangers.tried(address, now);
        }
        let (dial, peer) = (DialId(self.next_dial), target.peer.clone());
        self.next_dial += 1;
        let attempt = Attempt {
            target: id,
            address,
            open: false,
        };
        self.attempts.insert(dial, attempt);
        Some((dial, address, peer))
    }

    fn end_attempt(&mut self, dial: DialId) -> Option<(TargetId, &mut Target)> {
        let id = self.attempts.remove(&dial)?.target;
        let target = self.targets.get_mut(&id)?;
        target.dialing = false;
        Some((id, target))
    }

    /// Every address of a target had its turn: it waits.
    fn end_round(&mut self, id: TargetId, now: Instant, rng: &mut Rng) {
        if let Some(target) = self.targets.get_mut(&id).filter(|_| !planted(Bug::NeverRedials)) {
            target.had_turn = 0;
            let factor = 1_u32.checked_shl(target.rounds).unwrap_or(u32::MAX);
            target.rounds = target.rounds.saturating_add(1);
            let wait = DIAL_BACKOFF_MIN.saturating_mul(factor).min(DIAL_BACKOFF_MAX);
            self.due.set(id, now + rng.jitter(wait));
        }
    }

    fn opening(&self) -> usize {
        self.attempts.values().filter(|attempt| !attempt.open).count()
    }

    fn add(&mut self, target: Target) -> TargetId {
        let id = TargetId(self.next_target);
        self.next_target += 1;
        self.targets.insert(id, target);
        id
    }

    fn remove(&mut self, id: TargetId) {
        self.targets.remove(&id);
        self.due.cancel(id);
    }
}

/// A random time from `least` to `most`.
fn between(least: Duration, most: Duration, rng: &mut Rng) -> Duration {
    let spread = most.saturating_sub(least).as_micros();
    least + Duration::from_micros(rng.below(u64::try_from(spread).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests;
