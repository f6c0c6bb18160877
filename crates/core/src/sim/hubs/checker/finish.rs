//! What has to hold when the world had time to become whole.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Checker, Place, Said};

use crate::hub::Key;
use crate::id::HubId;
use crate::limits::RELAY_HOPS;
use crate::sim::check::Invariant;
use crate::sim::record::Recorder;
use crate::time::Instant;

/// How the world ends.
#[derive(Debug)]
pub(in crate::sim::hubs) struct Ending<'a> {
    /// The hubs that are up, and their ids.
    pub(in crate::sim::hubs) hubs: &'a BTreeMap<usize, HubId>,
    /// Links both ways between hubs.
    pub(in crate::sim::hubs) links: &'a [(usize, usize)],
    /// Messages that still wait for links.
    pub(in crate::sim::hubs) waiting: usize,
    /// What hubs have kept.
    pub(in crate::sim::hubs) disks: &'a BTreeMap<usize, &'a BTreeSet<(usize, Key)>>,
}

/// What a run measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sim::hubs) struct Figures {
    /// Messages said.
    pub(in crate::sim::hubs) said: u64,
    /// Displays at sessions that were there from before a message until the end.
    pub(in crate::sim::hubs) expected: u64,
    /// Of these, those that happened.
    pub(in crate::sim::hubs) shown: u64,
    /// From the last fault to the last message that it held up.
    pub(in crate::sim::hubs) healing_ms: Option<u64>,
}

impl Checker {
    /// Looks at what everybody has to have been shown by now.
    pub(in crate::sim::hubs) fn finish(&self, rec: &mut Recorder, now: Instant, ending: &Ending<'_>) {
        rec.check(now, Invariant::R7, ending.waiting == 0, || {
            format!("{} messages still wait for links", ending.waiting)
        });
        for (&hub, disk) in ending.disks {
            self.still_there(rec, now, hub, disk);
        }
        for (number, words) in &self.words {
            let stayed = self.viewers.contains_key(&words.session);
            rec.check(
                now,
                Invariant::R2,
                words.said.is_some() || !stayed || words.refused,
                || {
                    format!(
                        "hub {} never said m{number} of session {}, which is still there",
                        words.hub, words.session.0
                    )
                },
            );
            if let Some(said) = &words.said {
                for hub in self.owed(*number, words.hub, said, ending) {
                    self.has_shown(rec, now, *number, said, (hub, ending));
                }
            }
        }
    }

    /// What the run measured, whether or not it came to its end.
    pub(in crate::sim::hubs) fn figures(&self) -> Figures {
        let (mut said, mut expected, mut shown) = (0, 0, 0);
        for (number, words) in &self.words {
            let Some(it) = &words.said else { continue };
            said += 1;
            let viewers = self.viewers.values();
            for viewer in viewers.filter(|viewer| viewer.place.room == it.room && viewer.since < it.at) {
                expected += 1;
                shown += u64::from(viewer.shown.contains(number));
            }
        }
        let healing_ms = self.last_fault.map(|last| {
            let span = self.last_healed.since(last);
            u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
        });
        Figures {
            said,
            expected,
            shown,
            healing_ms,
        }
    }

    /// The hubs that a message has to have come to.
    ///
    /// Where one way leads from hub to hub, those whose way was up from when it was said, and lost nothing of it. Where
    /// there are several, a hub that starts anew can let a later message overtake an earlier one: then only what was
    /// said after the last crash, and was not given up anywhere, has to be everywhere.
    fn owed(&self, number: u32, from: usize, said: &Said, ending: &Ending<'_>) -> BTreeSet<usize> {
        let mut nobody = BTreeSet::new();
        let skipped = !self.misjudged.is_empty() || self.skipped.is_some_and(|until| said.at <= until);
        let is_lost = self.lost.contains(&number)
            || self.overflow.is_some_and(|until| said.at <= until)
            || (said.room != 0 && skipped);
        if is_lost || ending.hubs.get(&from) != Some(&said.key.origin) {
            return nobody;
        }
        let crashed = |hub: usize| self.crashes.iter().any(|&(at, which)| which == hub && at >= said.at);
        let tree = ending.links.len() < ending.hubs.len();
        let hops = usize::from(RELAY_HOPS);
        if !tree && (ending.hubs.keys().any(|&hub| crashed(hub)) || ending.hubs.len() > hops + 1) {
            nobody.insert(from);
            return nobody;
        }
        reached(from, ending.links, hops, |hub| {
            ending.hubs.contains_key(&hub) && !crashed(hub)
        })
    }

    fn has_shown(
        &self,
        rec: &mut Recorder,
        now: Instant,
        number: u32,
        said: &Said,
        (hub, ending): (usize, &Ending<'_>),
    ) {
        let Some(&id) = ending.hubs.get(&hub) else { return };
        let room = said.room;
        let log = self.logs.get(&Place { hub, id, room });
        let disk = ending.disks.get(&hub);
        let in_log = (disk.is_none() && room != 0)
            || disk.is_some_and(|disk| disk.contains(&(room, said.key)))
            || log.is_some_and(|log| log.shown.contains(&number));
        rec.check(now, Invariant::R7, in_log, || {
            format!("m{number}, said at {}, never came to hub {hub}", said.at)
        });
        let viewers = self.viewers.iter();
        let there = |place: Place| place.hub == hub && place.room == room;
        for (session, viewer) in viewers.filter(|(_, viewer)| there(viewer.place) && viewer.since < said.at) {
            rec.check(now, Invariant::R7, viewer.shown.contains(&number), || {
                format!(
                    "m{number}, said at {}, was never shown to session {} of hub {hub}",
                    said.at, session.0
                )
            });
        }
    }
}

/// Whoever can be reached over so many links and those who are up.
fn reached(from: usize, links: &[(usize, usize)], hops: usize, up: impl Fn(usize) -> bool) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut next = VecDeque::from([(from, 0)]);
    while let Some((hub, far)) = next.pop_front() {
        if far > hops || !up(hub) || !reached.insert(hub) {
            continue;
        }
        for &(one, other) in links {
            if one == hub {
                next.push_back((other, far + 1));
            } else if other == hub {
                next.push_back((one, far + 1));
            }
        }
    }
    reached
}
