//! Who is connected with whom, and whom messages to many reach.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{Observer, is_meant};
use crate::id::{MsgId, PeerId};
use crate::limits::{PUB_BURST_TAKEN, TTL};
use crate::sim::check::Invariant;
use crate::sim::record::Recorder;
use crate::time::Instant;

/// Nothing must have gone wrong for so long before a publication that has to reach everybody: a dead link is noticed
/// by then.
const CALM_BEFORE: Duration = Duration::from_secs(15);
/// And no proven link must have come or gone for so long: both ends know of it by then.
const SETTLED_BEFORE: Duration = Duration::from_secs(2);
/// Nor may anything go wrong for so long after it, on top of what eight slow links take. Then it has to be there.
const CALM_AFTER: Duration = Duration::from_secs(10);
/// What a source published within this time may count for its pace anywhere, since it may be repeated for as long.
const PACE_SPAN: Duration = Duration::from_secs(150);

/// Something said to many.
#[derive(Debug)]
pub(super) struct Publication {
    pub(super) by: usize,
    pub(super) at: Instant,
    dst: String,
    /// Who has to show it. None when something was wrong around it.
    must: Option<BTreeSet<usize>>,
    /// It is not the first for a while: whoever gets several at once may drop it.
    fast: bool,
    /// Who showed it, a bit for each seat.
    shown: Vec<u64>,
    /// The longest way of a first display, in hops, and the moment of the last one.
    pub(super) farthest: u64,
    pub(super) last: Option<Instant>,
}

impl Publication {
    fn has(&self, actor: usize) -> bool {
        self.shown
            .get(actor / 64)
            .is_some_and(|word| word >> (actor % 64) & 1 == 1)
    }

    fn set(&mut self, actor: usize) {
        if self.shown.len() <= actor / 64 {
            self.shown.resize(actor / 64 + 1, 0);
        }
        self.shown[actor / 64] |= 1 << (actor % 64);
    }
}

impl Observer {
    /// A neighbor came, proven or not, or went.
    pub(super) fn on_neighbor(&mut self, now: Instant, actor: usize, peer: &PeerId, proven: Option<bool>) {
        let life = &mut self.lives[actor];
        if proven.is_some() {
            life.neighbors.insert(peer.clone(), now);
            life.connected.get_or_insert(now);
        } else {
            life.neighbors.remove(peer);
            if life.neighbors.is_empty() {
                life.connected = None;
            }
        }
        if let Some(memory) = self.memory(actor).filter(|_| proven == Some(true)) {
            memory.claimed.insert(peer.clone());
        }
    }

    /// The live links of a node changed; these peers have proven ones, so many.
    pub(super) fn on_links(&mut self, now: Instant, actor: usize, mut proven: BTreeMap<PeerId, usize>) {
        proven.retain(|peer, _| self.by_name.get(peer).is_some_and(|&of| self.seats[of].papo));
        let Some(memory) = self.memory(actor) else { return };
        if memory.proven != proven {
            memory.proven = proven;
            self.changed(now);
        }
    }

    /// Something is wrong from now until then: what was published a moment ago need not reach everybody.
    pub(super) fn disturb(&mut self, now: Instant, until: Instant) {
        self.trouble = self.trouble.max(Some(until));
        self.excuse(now);
    }

    /// The network is another one from now on, but nothing is wrong with it.
    pub(super) fn changed(&mut self, now: Instant) {
        self.moved = Some(now);
        self.excuse(now);
    }

    /// What is under way need not reach everybody.
    fn excuse(&mut self, now: Instant) {
        let time = self.time_to_reach();
        for &number in &self.unjudged {
            let publication = &mut self.publications[number];
            if publication.at + time > now {
                publication.must = None;
            }
        }
    }

    fn time_to_reach(&self) -> Duration {
        CALM_AFTER + self.slowest * u32::from(TTL)
    }

    pub(super) fn on_published(&mut self, now: Instant, actor: usize, id: &MsgId, dst: &str) {
        let mut fast = false;
        if let Some(memory) = self.memory(actor) {
            while memory.published.front().is_some_and(|&at| now.since(at) > PACE_SPAN) {
                memory.published.pop_front();
            }
            memory.published.push_back(now);
            fast = memory.published.len() > PUB_BURST_TAKEN as usize;
        }
        let calm = self.trouble.is_none_or(|until| now >= until + CALM_BEFORE)
            && self.moved.is_none_or(|last| now >= last + SETTLED_BEFORE);
        // Who means harm is a fault: it may hold the publisher's name where nobody knows its key yet.
        let must = (calm && !self.anybody_hostile && self.memories.is_some()).then(|| {
            let mut reached = self.within_reach(actor);
            reached.retain(|&other| other != actor && is_meant(dst, self.name(other)));
            reached
        });
        let number = self.publications.len();
        self.publications.push(Publication {
            by: actor,
            at: now,
            dst: dst.to_owned(),
            must,
            fast,
            shown: Vec::new(),
            farthest: 0,
            last: None,
        });
        self.by_id.insert(id.to_string(), number);
        self.unjudged.push_back(number);
    }

    /// All that a message of this node reaches over proven links, where both sides have each other and nobody holds a
    /// wrong key in its name.
    fn within_reach(&self, actor: usize) -> BTreeSet<usize> {
        let Some(memories) = &self.memories else {
            return BTreeSet::new();
        };
        let me = self.name(actor);
        let key = self.keys[actor].last();
        let takes = |other: usize| {
            let held = memories[other].keys.get(me);
            let life = &self.lives[other];
            life.up && !life.quitting && held.is_none_or(|held| Some(held) == key)
        };
        let mut reached = BTreeSet::from([actor]);
        let mut edge = vec![actor];
        for _ in 0..TTL {
            let mut next = Vec::new();
            for near in edge {
                for peer in memories[near].proven.keys() {
                    let Some(&far) = self.by_name.get(peer) else { continue };
                    let mutual = memories[far].proven.contains_key(self.name(near));
                    if mutual && takes(far) && reached.insert(far) {
                        next.push(far);
                    }
                }
            }
            edge = next;
        }
        reached
    }

    /// A node shows a signed message to many.
    pub(super) fn on_displayed(&mut self, now: Instant, actor: usize, id: &str, src: &PeerId, ttl: u8) {
        let Some(&number) = self.by_id.get(id) else { return };
        if self.name(self.publications[number].by) != src {
            return;
        }
        let publication = &mut self.publications[number];
        if publication.has(actor) {
            return;
        }
        publication.set(actor);
        publication.last = Some(now);
        let hops = u64::from(TTL.saturating_sub(ttl)) + 1;
        publication.farthest = publication.farthest.max(hops);
    }

    /// Judges the publications that have had their time.
    pub(super) fn judge(&mut self, now: Instant, recorder: &mut Recorder) {
        let time = self.time_to_reach();
        while let Some(&number) = self.unjudged.front() {
            let publication = &self.publications[number];
            let due = publication.at + time;
            if now < due {
                return;
            }
            self.unjudged.pop_front();
            self.judge_one(due, number, recorder);
        }
    }

    /// The world ends: what may still be under way counts as it is.
    pub(super) fn judge_rest(&mut self, now: Instant, recorder: &mut Recorder) {
        self.judge(now, recorder);
        for number in std::mem::take(&mut self.unjudged) {
            self.publications[number].must = None;
            self.judge_one(now, number, recorder);
        }
    }

    fn judge_one(&mut self, now: Instant, number: usize, recorder: &mut Recorder) {
        let publication = &mut self.publications[number];
        let by = publication.by;
        // Each that was up and connected, is so since, and is meant.
        for (actor, life) in self.lives.iter().enumerate() {
            let seat = &self.seats[actor];
            let there = life.connected.is_some_and(|since| since <= publication.at);
            if actor != by && seat.papo && there && is_meant(&publication.dst, &seat.name) {
                self.sums.due += 1;
                self.sums.displayed += u64::from(publication.has(actor));
            }
        }
        let must = publication.must.take();
        let dropped = publication.fast && self.too_fast.is_some_and(|at| at >= publication.at);
        let missing = must.as_ref().filter(|_| !dropped).map(|must| {
            let missing = must.iter().find(|&&actor| !publication.has(actor));
            (missing.copied(), publication.at)
        });
        publication.shown = Vec::new();
        if let Some((missing, at)) = missing {
            recorder.check(now, Invariant::B3, missing.is_none(), || {
                let missing = missing.map_or_else(String::new, |actor| self.name(actor).to_string());
                format!("what {} published at {at} s did not reach {missing}", self.name(by))
            });
        }
    }

    /// Groups of nodes that are connected with each other, and since when all the links are there that connect them:
    /// how many groups there are, and that moment.
    fn groups(&self, members: &[bool]) -> (usize, Instant) {
        let mut links: Vec<(Instant, usize, usize)> = Vec::new();
        for (actor, life) in self.lives.iter().enumerate() {
            for (peer, &since) in &life.neighbors {
                let Some(&other) = self.by_name.get(peer) else { continue };
                let back = self.lives[other].neighbors.get(self.name(actor));
                if let Some(&back) = back
                    && members[actor]
                    && members[other]
                    && actor < other
                {
                    links.push((since.max(back), actor, other));
                }
            }
        }
        links.sort_unstable();
        let mut roots: Vec<usize> = (0..members.len()).collect();
        let mut groups = members.iter().filter(|&&member| member).count();
        let mut whole = Instant::ZERO;
        for (since, one, other) in links {
            let (one, other) = (root(&mut roots, one), root(&mut roots, other));
            if one != other {
                roots[one] = other;
                groups -= 1;
                whole = since;
            }
        }
        (groups, whole)
    }

    fn alive_nodes(&self, alive: &[bool]) -> Vec<bool> {
        let seats = self.seats.iter().enumerate();
        seats
            .map(|(actor, seat)| seat.papo && alive.get(actor).copied().unwrap_or(false))
            .collect()
    }

    /// All nodes are one network, but for those that somebody cannot know because another key stands in their name.
    pub(super) fn check_whole(&self, now: Instant, alive: &[bool], recorder: &mut Recorder) {
        let mut members = self.alive_nodes(alive);
        let Some(memories) = &self.memories else { return };
        for (actor, life) in self.lives.iter().enumerate() {
            let (name, key) = (self.name(actor), self.keys[actor].last());
            let doubted = memories.iter().any(|memory| {
                let held = memory.keys.get(name);
                held.is_some_and(|held| Some(held) != key)
            });
            members[actor] &= !doubted && !life.quitting;
        }
        let (groups, _) = self.groups(&members);
        recorder.check(now, Invariant::Heals, groups <= 1, || {
            format!("the nodes are {groups} networks that know nothing of each other")
        });
    }

    /// How long all that are alive needed to be one network for good after the last fault.
    pub(super) fn healing(&self, alive: &[bool]) -> Option<Duration> {
        let fault = self.last_fault?;
        let (groups, whole) = self.groups(&self.alive_nodes(alive));
        (groups <= 1).then(|| whole.since(fault))
    }
}

fn root(roots: &mut [usize], mut of: usize) -> usize {
    while roots[of] != of {
        roots[of] = roots[roots[of]];
        of = roots[of];
    }
    of
}
