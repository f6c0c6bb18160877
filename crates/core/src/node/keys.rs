//! Which key belongs to which name, and which numbers each key has used (docs/protocol.md 2.6).

use std::collections::BTreeMap;

use super::recent::Recent;
use crate::id::PeerId;
use crate::identity::PublicKey;
use crate::limits::{KNOWN_KEYS, REPLAY_WINDOW, SIGNED_CLOCK_SKEW};
use crate::planted::{Bug, planted};
use crate::time::{Instant, UtcMillis};

/// Another key is known for that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Conflict;

/// Why a signed message is not taken, although its signature is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stale {
    /// It says to be from another time: more than [`SIGNED_CLOCK_SKEW`] off.
    Clock,
    /// A message with its number came before.
    Used,
    /// Its number lies [`REPLAY_WINDOW`] or more behind the highest of its sender, where nobody can tell any more.
    Old,
}

/// The keys of peers, trusted on first use: whoever proves a name first keeps it as long as it is remembered.
///
/// Of more than [`KNOWN_KEYS`] names the one is forgotten that was confirmed longest ago, but never that of a live
/// proven link, which is pinned.
#[derive(Debug)]
pub(super) struct Keys {
    most: usize,
    loose: Recent<PeerId, Option<PublicKey>>,
    // With the number of links that pin each.
    pinned: BTreeMap<PeerId, (PublicKey, usize)>,
    // In boxes: a table has empty places.
    windows: Recent<PublicKey, Box<Window>>,
}

impl Keys {
    /// No key is known.
    pub(super) fn new() -> Self {
        Self::bounded(KNOWN_KEYS)
    }

    fn bounded(most: usize) -> Self {
        Self {
            most,
            loose: Recent::new(most),
            pinned: BTreeMap::new(),
            windows: Recent::new(most),
        }
    }

    /// The key of a name.
    pub(super) fn known(&self, peer: &PeerId) -> Option<&PublicKey> {
        let pinned = self.pinned.get(peer).map(|(key, _)| key);
        pinned.or_else(|| self.loose.get(peer).and_then(Option::as_ref))
    }

    /// Somebody proved `key` under this name. A new name is remembered, a known one confirmed.
    ///
    /// # Errors
    ///
    /// [`Conflict`] when another key is known for it, which stays.
    pub(super) fn learn(&mut self, peer: &PeerId, key: PublicKey, now: Instant) -> Result<(), Conflict> {
        match self.known(peer) {
            Some(known) if *known != key => return Err(Conflict),
            Some(_) if self.pinned.contains_key(peer) => return Ok(()),
            Some(_) => {}
            // There is always room: links, and so pinned names, are far fewer than keys.
            None => self.make_room(),
        }
        *self.loose.touch(peer, now) = Some(key);
        Ok(())
    }

    /// A link proved this name: it is not forgotten until [`Keys::unpin`] was called as often as this. A name without a
    /// key cannot be pinned.
    pub(super) fn pin(&mut self, peer: &PeerId) {
        if let Some((_, links)) = self.pinned.get_mut(peer) {
            *links += 1;
        } else if let Some(key) = self.loose.remove(peer).flatten() {
            self.pinned.insert(peer.clone(), (key, 1));
        }
    }

    /// A link that had proved this name is gone. With the last one it counts as confirmed now, and may be forgotten.
    pub(super) fn unpin(&mut self, peer: &PeerId, now: Instant) {
        let Some((key, links)) = self.pinned.get_mut(peer) else {
            return;
        };
        *links -= 1;
        if *links == 0 {
            let key = *key;
            self.pinned.remove(peer);
            *self.loose.touch(peer, now) = Some(key);
        }
    }

    /// Takes the number `q` of a message whose signature is good, said to be signed at `t`, when it is `utc` here.
    ///
    /// To be asked once for each message: its copies, and its further tries, carry the same number.
    ///
    /// When more than [`KNOWN_KEYS`] keys sign, the numbers of the one that was silent longest are forgotten. What it
    /// said before is then held off by its time alone.
    ///
    /// # Errors
    ///
    /// Says why it is a replay, or might be one; nothing is remembered then.
    pub(super) fn fresh(
        &mut self,
        key: &PublicKey,
        q: u64,
        t: UtcMillis,
        utc: UtcMillis,
        now: Instant,
    ) -> Result<(), Stale> {
        if planted(Bug::ReplayAccepted) || planted(Bug::NoDedup) || planted(Bug::ShownTwice) {
            return Ok(());
        }
        if !is_in_time(t, utc) {
            return Err(Stale::Clock);
        }
        if let Some(window) = self.windows.get_mut(key) {
            window.take(q)?;
            self.windows.touch(key, now);
        } else {
            **self.windows.touch(key, now) = Window::starting(q);
        }
        Ok(())
    }

    /// How many names live links hold.
    #[cfg(test)]
    pub(super) fn pinned(&self) -> usize {
        self.pinned.len()
    }

    /// How many names are remembered, and of how many keys the numbers.
    #[cfg(test)]
    pub(super) fn len(&self) -> (usize, usize) {
        (self.loose.len() + self.pinned.len(), self.windows.len())
    }

    fn make_room(&mut self) {
        if self.loose.len() + self.pinned.len() >= self.most {
            self.loose.pop_oldest();
        }
    }
}

/// True unless what is said to be signed at `t` is from another time, when it is `utc` here.
pub(super) fn is_in_time(t: UtcMillis, utc: UtcMillis) -> bool {
    let skew = u64::try_from(SIGNED_CLOCK_SKEW.as_millis()).unwrap_or(u64::MAX);
    t.get().abs_diff(utc.get()) <= skew
}

#[expect(clippy::cast_possible_truncation, reason = "a window is small")]
const WORDS: usize = REPLAY_WINDOW.div_ceil(u64::BITS as u64) as usize;

/// The highest number of a key, and which of the [`REPLAY_WINDOW`] numbers from it downwards were used.
#[derive(Debug, Default)]
struct Window {
    highest: u64,
    // The bit of a number is at the number modulo the window, so that nothing is ever moved.
    used: [u64; WORDS],
}

impl Window {
    fn starting(q: u64) -> Self {
        let mut window = Self {
            highest: q,
            ..Self::default()
        };
        window.mark(q);
        window
    }

    fn take(&mut self, q: u64) -> Result<(), Stale> {
        if q > self.highest {
            // Numbers that come into the window are unused, whatever lay in their places.
            if q - self.highest >= REPLAY_WINDOW {
                self.used = [0; WORDS];
            } else {
                for skipped in self.highest + 1..q {
                    let (word, bit) = place(skipped);
                    self.used[word] &= !bit;
                }
            }
            self.highest = q;
            self.mark(q);
            return Ok(());
        }
        if self.highest - q >= REPLAY_WINDOW {
            return Err(Stale::Old);
        }
        let (word, bit) = place(q);
        if self.used[word] & bit != 0 {
            return Err(Stale::Used);
        }
        self.used[word] |= bit;
        Ok(())
    }

    fn mark(&mut self, q: u64) {
        let (word, bit) = place(q);
        self.used[word] |= bit;
    }
}

/// The word and the bit of a number.
fn place(q: u64) -> (usize, u64) {
    let index = q % REPLAY_WINDOW;
    (
        usize::try_from(index / u64::from(u64::BITS)).unwrap_or(0),
        1 << (index % u64::from(u64::BITS)),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::identity::Identity;
    use proptest::prelude::*;

    const UTC: UtcMillis = UtcMillis::new(1_000_000_000_000);

    fn key(number: u8) -> PublicKey {
        Identity::from_seed([number; 32]).public()
    }

    fn peer(number: usize) -> PeerId {
        PeerId::new(&number.to_string(), "x").unwrap()
    }

    fn at(second: u64) -> Instant {
        Instant::from_secs(second)
    }

    fn take(keys: &mut Keys, q: u64) -> Result<(), Stale> {
        keys.fresh(&key(1), q, UTC, UTC, at(0))
    }

    #[test]
    fn the_first_key_of_a_name_keeps_it() {
        let mut keys = Keys::new();
        assert_eq!(keys.known(&peer(1)), None);
        assert_eq!(keys.learn(&peer(1), key(1), at(0)), Ok(()));
        assert_eq!(keys.learn(&peer(1), key(2), at(1)), Err(Conflict));
        assert_eq!(keys.learn(&peer(1), key(1), at(1)), Ok(()));
        assert_eq!(keys.known(&peer(1)), Some(&key(1)));
        assert_eq!(
            keys.learn(&peer(2), key(1), at(1)),
            Ok(()),
            "one key may have two names"
        );
        keys.pin(&peer(1));
        assert_eq!(keys.learn(&peer(1), key(2), at(2)), Err(Conflict));
    }

    #[test]
    fn the_longest_unconfirmed_name_is_forgotten_and_no_pinned_one() {
        let mut keys = Keys::bounded(3);
        for number in 0..3 {
            keys.learn(&peer(number), key(1), at(number as u64)).unwrap();
        }
        keys.pin(&peer(0));
        keys.pin(&peer(0));
        keys.learn(&peer(1), key(1), at(5)).unwrap();
        keys.learn(&peer(3), key(1), at(6)).unwrap();
        let known = |keys: &Keys| {
            (0..6)
                .filter(|&number| keys.known(&peer(number)).is_some())
                .collect::<Vec<_>>()
        };
        assert_eq!(known(&keys), [0, 1, 3]);
        keys.unpin(&peer(0), at(7));
        keys.learn(&peer(4), key(1), at(8)).unwrap();
        keys.learn(&peer(5), key(1), at(9)).unwrap();
        assert_eq!(known(&keys), [0, 4, 5], "a second link still pins it");
        keys.unpin(&peer(0), at(10));
        keys.unpin(&peer(0), at(11));
        keys.learn(&peer(1), key(1), at(12)).unwrap();
        assert_eq!(known(&keys), [0, 1, 5], "it was confirmed until then");
        keys.learn(&peer(2), key(1), at(13)).unwrap();
        keys.learn(&peer(3), key(1), at(14)).unwrap();
        assert_eq!(known(&keys), [1, 2, 3]);
    }

    #[test]
    fn a_name_without_a_key_is_not_pinned() {
        let mut keys = Keys::new();
        keys.pin(&peer(1));
        keys.unpin(&peer(1), at(0));
        assert_eq!((keys.known(&peer(1)), keys.len()), (None, (0, 0)));
    }

    #[test]
    fn a_number_serves_once_in_any_order() {
        let mut keys = Keys::new();
        let taken = [5, 7, 6, 5, 7, 1, 0, 0, 8].map(|q| take(&mut keys, q));
        let used = Err(Stale::Used);
        assert_eq!(
            taken,
            [Ok(()), Ok(()), Ok(()), used, used, Ok(()), Ok(()), used, Ok(())]
        );
        assert_eq!(keys.fresh(&key(2), 5, UTC, UTC, at(0)), Ok(()), "another key");
    }

    #[test]
    fn what_lies_behind_the_window_is_too_old() {
        let mut keys = Keys::new();
        take(&mut keys, 5000).unwrap();
        assert_eq!(take(&mut keys, 5000 - REPLAY_WINDOW), Err(Stale::Old));
        assert_eq!(take(&mut keys, 5001 - REPLAY_WINDOW), Ok(()));
        assert_eq!(take(&mut keys, u64::MAX), Ok(()));
        assert_eq!(take(&mut keys, u64::MAX), Err(Stale::Used));
        assert_eq!(take(&mut keys, u64::MAX - REPLAY_WINDOW), Err(Stale::Old));
        assert_eq!(take(&mut keys, u64::MAX - (REPLAY_WINDOW - 1)), Ok(()));
    }

    #[test]
    fn its_clock_may_be_off_a_little_either_way() {
        let mut keys = Keys::new();
        for (number, (off, taken)) in [(-120_001, false), (-120_000, true), (120_000, true), (120_001, false)]
            .into_iter()
            .enumerate()
        {
            let t = UtcMillis::new(UTC.get().saturating_add_signed(off));
            let fresh = keys.fresh(&key(1), number as u64, t, UTC, at(0));
            assert_eq!(fresh, if taken { Ok(()) } else { Err(Stale::Clock) }, "{off}");
        }
        assert_eq!(take(&mut keys, 0), Ok(()), "what is refused uses no number");
    }

    #[test]
    fn windows_are_bounded_and_the_longest_silent_is_forgotten() {
        let mut keys = Keys::bounded(3);
        for number in 0..5 {
            keys.fresh(&key(number), 1, UTC, UTC, at(number.into())).unwrap();
        }
        assert_eq!(keys.len(), (0, 3));
        assert_eq!(keys.fresh(&key(4), 1, UTC, UTC, at(9)), Err(Stale::Used));
        assert_eq!(keys.fresh(&key(0), 1, UTC, UTC, at(9)), Ok(()), "it was forgotten");
    }

    proptest! {
        #[test]
        fn the_window_decides_as_a_set_would(
            steps in proptest::collection::vec((0_u8..4, 0_u64..2200), 1..300),
        ) {
            let (mut keys, mut used, mut highest) = (Keys::new(), BTreeSet::new(), 0);
            for (what, step) in steps {
                let q = match what {
                    0 => highest + step,
                    1 => highest + step % 5,
                    _ => highest.saturating_sub(step),
                };
                let expected = if used.is_empty() {
                    Ok(())
                } else if q + REPLAY_WINDOW <= highest {
                    Err(Stale::Old)
                } else if used.contains(&q) {
                    Err(Stale::Used)
                } else {
                    Ok(())
                };
                prop_assert_eq!(take(&mut keys, q), expected);
                if expected.is_ok() {
                    used.insert(q);
                    highest = highest.max(q);
                }
            }
        }

        #[test]
        fn names_are_bounded(
            steps in proptest::collection::vec((0_u8..4, 0_usize..9), 0..150),
        ) {
            let mut keys = Keys::bounded(6);
            let mut pins = 0;
            for (second, (what, number)) in (0..).zip(steps) {
                match what {
                    // As links do: a name is learned, then pinned, and few are pinned at once.
                    0 if pins < 3 && keys.known(&peer(number)).is_some() => {
                        keys.pin(&peer(number));
                        pins += 1;
                    }
                    1 => if keys.pinned.contains_key(&peer(number)) {
                        keys.unpin(&peer(number), at(second));
                        pins -= 1;
                    },
                    _ => prop_assert_eq!(keys.learn(&peer(number), key(1), at(second)), Ok(())),
                }
                prop_assert!(keys.len().0 <= 6);
                prop_assert_eq!(keys.pinned.values().map(|(_, links)| links).sum::<usize>(), pins);
            }
        }
    }
}
