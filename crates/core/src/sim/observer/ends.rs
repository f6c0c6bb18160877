//! Messages to one peer, where they were sent: how they end, and by which ways they went.

use std::time::Duration;

use super::Observer;
use crate::id::{MsgId, PeerId, PeerLinkId};
use crate::limits::SEND_DEADLINE;
use crate::sim::check::Invariant;
use crate::sim::record::Recorder;
use crate::time::Instant;

impl Observer {
    pub(super) fn on_sent(&mut self, now: Instant, actor: usize, id: &MsgId, dst: PeerId, recorder: &mut Recorder) {
        self.sums.sends += 1;
        let name = self.seats[actor].name.clone();
        let Some(memory) = self.memory(actor) else { return };
        let new = memory.open.insert(id.clone(), now).is_none();
        memory.order.push_back((now, id.clone()));
        memory.dsts.insert(id.clone(), dst);
        recorder.check(now, Invariant::U1, new, || format!("{name} sends {id} twice"));
    }

    pub(super) fn on_delivered(
        &mut self,
        now: Instant,
        actor: usize,
        (id, dst, verified): (&MsgId, &PeerId, bool),
        after: Duration,
        recorder: &mut Recorder,
    ) {
        self.sums.delivered += 1;
        self.sums.delivered_micros += u64::try_from(after.as_micros()).unwrap_or(u64::MAX);
        if self.memories.is_none() {
            return;
        }
        if verified && self.is_honest(actor, dst) {
            let shown = self.arrived.contains(&(dst.clone(), id.to_string()));
            recorder.check(now, Invariant::U3, shown, || {
                format!(
                    "{} was told that {dst} got {id}, which it never showed",
                    self.name(actor)
                )
            });
        }
        self.on_end(now, actor, id, recorder);
    }

    /// A message to one peer was delivered, or failed.
    pub(super) fn on_end(&mut self, now: Instant, actor: usize, id: &MsgId, recorder: &mut Recorder) {
        let name = self.seats[actor].name.clone();
        let Some(memory) = self.memory(actor) else { return };
        let since = memory.open.remove(id);
        recorder.check(now, Invariant::U1, since.is_some(), || {
            format!("{id} of {name} ends, but was not open")
        });
        let Some(since) = since else { return };
        memory.dsts.remove(id);
        recorder.check(now, Invariant::U7, now.since(since) <= SEND_DEADLINE, || {
            format!("{id} of {name} ends after {:?}", now.since(since))
        });
    }

    /// Whatever is open is young enough, and the node knows of as many.
    pub(super) fn on_time(&mut self, now: Instant, actor: usize, pending: usize, recorder: &mut Recorder) {
        let name = self.seats[actor].name.clone();
        let Some(memory) = self.memory(actor) else { return };
        while memory
            .order
            .front()
            .is_some_and(|(_, id)| !memory.open.contains_key(id))
        {
            memory.order.pop_front();
        }
        if let Some((since, id)) = memory.order.front() {
            recorder.check(now, Invariant::U7, now.since(*since) <= SEND_DEADLINE, || {
                format!("{id} of {name} has not ended after {:?}", now.since(*since))
            });
        }
        let open = memory.open.len();
        recorder.check(now, Invariant::U1, open == pending, || {
            format!("{name} has {pending} open messages, but has told of {open}")
        });
    }

    /// The world ends.
    pub(super) fn on_finish(&mut self, now: Instant, actor: usize, recorder: &mut Recorder) {
        let name = self.seats[actor].name.clone();
        let Some(memory) = self.memory(actor) else { return };
        let late = memory
            .open
            .iter()
            .find(|(_, since)| now.since(**since) > SEND_DEADLINE)
            .map(|(id, _)| id.clone());
        recorder.check(now, Invariant::U1, late.is_none(), || {
            format!(
                "{} of {name} never ended",
                late.map_or_else(String::new, |id| id.to_string())
            )
        });
    }

    /// A node wrote a try of its own message. A link that it went over before must not see it again; and if the same
    /// peer gets it over another link, the first one must be gone.
    pub(super) fn on_try(
        &mut self,
        now: Instant,
        actor: usize,
        (link, to): (PeerLinkId, Option<usize>),
        id: &str,
        recorder: &mut Recorder,
    ) {
        let name = self.seats[actor].name.clone();
        // Who does not run papo may have several names, each of which is another way.
        let to = to.filter(|&to| self.seats[to].papo);
        let Some(memory) = self.memory(actor) else { return };
        let ways = memory.ways.entry(id.to_owned()).or_default();
        let new = ways.iter().all(|(before, _)| *before != link);
        recorder.check(now, Invariant::U5, new, || {
            format!("{name} tries {id} twice over link {}", link.0)
        });
        let same_peer = ways.iter().filter(|(_, there)| to.is_some() && *there == to);
        let doubtful = same_peer.map(|(before, _)| (id.to_owned(), *before));
        memory.doubtful.extend(doubtful);
        ways.push((link, to));
    }

    pub(super) fn on_ways(
        &mut self,
        now: Instant,
        actor: usize,
        is_live: impl Fn(PeerLinkId) -> bool,
        recorder: &mut Recorder,
    ) {
        let name = self.seats[actor].name.clone();
        let Some(memory) = self.memory(actor) else { return };
        for (id, link) in std::mem::take(&mut memory.doubtful) {
            recorder.check(now, Invariant::U5, !is_live(link), || {
                format!(
                    "{name} tries {id} with the same peer again, though link {} is there",
                    link.0
                )
            });
        }
    }
}
