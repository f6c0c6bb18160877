//! The ways back: over which link an answer to a relayed message goes (docs/protocol.md 2.5).

use std::collections::{BTreeMap, VecDeque};

use crate::id::{MsgId, PeerId, PeerLinkId};
use crate::limits::{RELAYED_PER_LINK, REVERSE_PATH_LIFE, REVERSE_PATHS};
use crate::planted::{Bug, planted};
use crate::time::Instant;

/// One try of one message: its id alone would make a second try look like a copy of the first, and without its source
/// anybody could take an id before its owner comes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MsgKey {
    /// The message's id.
    pub(super) id: MsgId,
    /// `x.try`: 0 for the first.
    pub(super) attempt: u8,
    /// The name that it comes from.
    pub(super) src: String,
}

/// What an answer belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum PathKey {
    /// A SEND: its ACK and the complaints about it.
    Message(MsgKey),
    /// A WHO_HAS: its hits.
    Search(MsgId),
}

/// A way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    /// The link that it came over, and that answers go to.
    pub(super) from: PeerLinkId,
    /// The peer that began it, as far as that is known.
    pub(super) origin: Option<PeerId>,
    /// The peer that it is for, or that is looked for.
    pub(super) destination: Option<PeerId>,
    /// The link that it was passed on to; none for a search, which goes to many.
    pub(super) to: Option<PeerLinkId>,
    /// Its end was passed on: whatever still comes is late.
    pub(super) finished: bool,
}

/// Why a message is not relayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It was relayed already, within [`REVERSE_PATH_LIFE`].
    Duplicate,
    /// [`RELAYED_PER_LINK`] messages of that link wait for their end.
    OverQuota,
    /// [`REVERSE_PATHS`] ways back are remembered.
    Busy,
}

/// Every way back that is remembered, each for [`REVERSE_PATH_LIFE`].
///
/// A path that is finished stays until its time is over, so that no copy of its message is relayed again, but counts
/// for the quota of its link no more: a neighbor whose messages arrive may send many of them.
#[derive(Debug, Default)]
pub(super) struct Paths {
    by_key: BTreeMap<PathKey, Path>,
    // In the order of their ends, because all lives are equally long.
    ends: VecDeque<(Instant, PathKey)>,
    // Links with paths that are not finished, and how many.
    open: BTreeMap<PeerLinkId, usize>,
}

impl Paths {
    /// Remembers that a message came over `from` and is passed on to `to`; `between` are its origin and destination.
    ///
    /// # Errors
    ///
    /// Says why it must not be passed on; nothing is remembered then.
    pub(super) fn remember(
        &mut self,
        key: PathKey,
        from: PeerLinkId,
        between: (Option<PeerId>, Option<PeerId>),
        to: Option<PeerLinkId>,
        now: Instant,
    ) -> Result<(), Refusal> {
        self.expire(now);
        if self.by_key.contains_key(&key) {
            return Err(Refusal::Duplicate);
        }
        let full = self.open.get(&from).is_some_and(|&open| open >= RELAYED_PER_LINK);
        if full && !planted(Bug::RelayUnbounded) {
            return Err(Refusal::OverQuota);
        }
        if self.by_key.len() >= REVERSE_PATHS {
            return Err(Refusal::Busy);
        }
        *self.open.entry(from).or_default() += 1;
        self.ends.push_back((now + REVERSE_PATH_LIFE, key.clone()));
        let (origin, destination) = between;
        let path = Path {
            from,
            origin,
            destination,
            to,
            finished: false,
        };
        self.by_key.insert(key, path);
        Ok(())
    }

    /// The way back, also when it is finished. It may be one whose time is over until [`Paths::expire`].
    pub(super) fn back(&self, key: &PathKey) -> Option<&Path> {
        self.by_key.get(key)
    }

    /// The way back of the last try of a message that was passed on to a link; of `attempt` alone, if that is known. Of
    /// several messages with that id it is the one of `origin`, if there is one: old programs do not always say.
    pub(super) fn back_from(
        &self,
        id: &MsgId,
        to: PeerLinkId,
        attempt: Option<u8>,
        origin: Option<&PeerId>,
    ) -> Option<(PathKey, Path)> {
        let first = PathKey::Message(MsgKey {
            id: id.clone(),
            attempt: 0,
            src: String::new(),
        });
        let tries = self.by_key.range(first..).map_while(|(key, path)| match key {
            PathKey::Message(of) if of.id == *id => Some((key, of.attempt, path)),
            _ => None,
        });
        let wanted = tries.filter(|(_, of, path)| path.to == Some(to) && attempt.is_none_or(|attempt| attempt == *of));
        let best = wanted.max_by_key(|(_, of, path)| (origin.is_some() && path.origin.as_ref() == origin, *of));
        best.map(|(key, _, path)| (key.clone(), path.clone()))
    }

    /// Its end, such as an ACK, was passed on. True when that was the first.
    pub(super) fn finish(&mut self, key: &PathKey) -> bool {
        let Some(path) = self.by_key.get_mut(key).filter(|path| !path.finished) else {
            return false;
        };
        path.finished = true;
        let from = path.from;
        self.release(from);
        true
    }

    /// Finishes and gives every path whose message had been passed on to a link that is gone: whoever sent it must be
    /// told. In the order of their keys.
    pub(super) fn link_lost(&mut self, link: PeerLinkId) -> Vec<(PathKey, Path)> {
        let lost: Vec<_> = self
            .by_key
            .iter()
            .filter(|(_, path)| path.to == Some(link) && !path.finished)
            .map(|(key, path)| (key.clone(), path.clone()))
            .collect();
        for (key, _) in &lost {
            self.finish(key);
        }
        lost
    }

    /// Forgets the paths whose time is over.
    pub(super) fn expire(&mut self, now: Instant) {
        while self.next_end().is_some_and(|end| end <= now) {
            let ended = self.ends.pop_front().and_then(|(_, key)| self.by_key.remove(&key));
            if let Some(path) = ended.filter(|path| !path.finished) {
                self.release(path.from);
            }
        }
    }

    /// When the next path ends.
    pub(super) fn next_end(&self) -> Option<Instant> {
        self.ends.front().map(|&(end, _)| end)
    }

    /// How many are remembered.
    pub(super) fn len(&self) -> usize {
        self.by_key.len()
    }

    /// How many of one link have not ended, of the link with most of them.
    pub(super) fn most_open(&self) -> usize {
        self.open.values().copied().max().unwrap_or(0)
    }

    fn release(&mut self, from: PeerLinkId) {
        if let Some(open) = self.open.get_mut(&from) {
            *open -= 1;
            if *open == 0 {
                self.open.remove(&from);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const A: PeerLinkId = PeerLinkId(1);
    const B: PeerLinkId = PeerLinkId(2);

    fn key(number: usize) -> PathKey {
        try_of(number, 0)
    }

    fn try_of(number: usize, attempt: u8) -> PathKey {
        PathKey::Message(MsgKey {
            id: format!("m{number}").parse().unwrap(),
            attempt,
            src: "a@x".to_owned(),
        })
    }

    fn at(second: u64) -> Instant {
        Instant::from_secs(second)
    }

    #[test]
    fn an_answer_goes_where_the_message_came_from() {
        let mut paths = Paths::default();
        let ana: PeerId = "ana@x".parse().unwrap();
        assert_eq!(
            paths.remember(key(1), A, (Some(ana.clone()), None), Some(B), at(0)),
            Ok(())
        );
        let path = paths.back(&key(1)).unwrap();
        assert_eq!((path.from, &path.origin, path.to), (A, &Some(ana), Some(B)));
        assert_eq!(paths.back(&key(2)), None);
    }

    #[test]
    fn one_try_is_relayed_once_and_the_next_try_again() {
        let mut paths = Paths::default();
        assert_eq!(paths.remember(key(1), A, (None, None), Some(B), at(0)), Ok(()));
        assert_eq!(
            paths.remember(key(1), B, (None, None), Some(A), at(1)),
            Err(Refusal::Duplicate),
            "not even from elsewhere"
        );
        assert_eq!(paths.remember(try_of(1, 1), A, (None, None), Some(B), at(1)), Ok(()));
        let search = PathKey::Search("m1".parse().unwrap());
        assert_eq!(paths.remember(search, A, (None, None), None, at(1)), Ok(()));
    }

    #[test]
    fn what_is_finished_is_still_known_until_its_end() {
        let mut paths = Paths::default();
        paths.remember(key(1), A, (None, None), Some(B), at(0)).unwrap();
        assert!(paths.finish(&key(1)) && !paths.finish(&key(1)) && !paths.finish(&key(2)));
        assert!(paths.back(&key(1)).unwrap().finished);
        assert_eq!(
            paths.remember(key(1), A, (None, None), Some(B), at(29)),
            Err(Refusal::Duplicate)
        );
        assert_eq!(paths.remember(key(1), A, (None, None), Some(B), at(30)), Ok(()));
        assert!(!paths.back(&key(1)).unwrap().finished);
    }

    #[test]
    fn a_link_has_a_quota_of_what_is_not_finished() {
        let mut paths = Paths::default();
        for number in 0..RELAYED_PER_LINK {
            paths.remember(key(number), A, (None, None), Some(B), at(0)).unwrap();
        }
        assert_eq!(
            paths.remember(key(9999), A, (None, None), Some(B), at(1)),
            Err(Refusal::OverQuota)
        );
        assert_eq!(paths.remember(key(9999), B, (None, None), Some(A), at(1)), Ok(()));
        paths.finish(&key(7));
        assert_eq!(paths.remember(key(8888), A, (None, None), Some(B), at(1)), Ok(()));
        assert_eq!(
            paths.remember(key(7777), A, (None, None), Some(B), at(1)),
            Err(Refusal::OverQuota)
        );
        assert_eq!(
            paths.remember(key(7777), A, (None, None), Some(B), at(30)),
            Ok(()),
            "the first ended"
        );
    }

    #[test]
    fn all_links_together_fill_the_memory_and_then_it_is_busy() {
        let mut paths = Paths::default();
        for number in 0..REVERSE_PATHS {
            let link = PeerLinkId(u64::try_from(number / RELAYED_PER_LINK).unwrap());
            paths.remember(key(number), link, (None, None), Some(B), at(0)).unwrap();
        }
        let new = PeerLinkId(999);
        assert_eq!(
            paths.remember(key(REVERSE_PATHS), new, (None, None), None, at(1)),
            Err(Refusal::Busy)
        );
        paths.finish(&key(0));
        assert_eq!(
            paths.remember(key(REVERSE_PATHS), new, (None, None), None, at(1)),
            Err(Refusal::Busy),
            "finished ones keep their place"
        );
        assert_eq!(paths.next_end(), Some(at(30)));
        paths.expire(at(30));
        assert_eq!((paths.len(), paths.next_end(), paths.open.len()), (0, None, 0));
    }

    #[test]
    fn a_lost_link_gives_back_what_had_been_passed_on_to_it_once() {
        let mut paths = Paths::default();
        paths.remember(key(1), A, (None, None), Some(B), at(0)).unwrap();
        paths.remember(key(2), A, (None, None), Some(B), at(0)).unwrap();
        paths.remember(key(3), B, (None, None), Some(A), at(0)).unwrap();
        paths.finish(&key(2));
        let lost = paths.link_lost(B);
        assert_eq!(lost.len(), 1);
        assert_eq!((&lost[0].0, lost[0].1.from), (&key(1), A));
        assert!(paths.link_lost(B).is_empty());
        assert!(!paths.back(&key(3)).unwrap().finished, "it only came from there");
    }

    proptest! {
        #[test]
        fn counts_match_the_paths_whatever_happens(
            steps in proptest::collection::vec((0_usize..40, 0_u64..4, 0_u8..8, 0_u64..9), 0..200),
        ) {
            let (mut paths, mut second) = (Paths::default(), 0);
            for (number, link, what, pause) in steps {
                second += pause;
                match what {
                    0 => _ = paths.link_lost(PeerLinkId(link)),
                    1 | 2 => _ = paths.finish(&key(number)),
                    3 => paths.expire(at(second)),
                    _ => _ = paths.remember(key(number), PeerLinkId(link), (None, None), Some(PeerLinkId(3 - link)), at(second)),
                }
                let open = paths.by_key.values().filter(|path| !path.finished).count();
                prop_assert_eq!(paths.open.values().sum::<usize>(), open);
                prop_assert!(paths.open.values().all(|&count| count > 0));
                prop_assert_eq!(paths.ends.len(), paths.len());
            }
        }
    }
}
