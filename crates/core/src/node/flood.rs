//! Which published messages came before, and how fast each source may publish (docs/protocol.md 2.3 and 2.7).

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::copies::Form;
use super::recent::Recent;
use super::seals::Origin;
use crate::id::{MsgId, PeerId};
use crate::identity::PublicKey;
use crate::limits::{FLOOD_IDS, FLOOD_LIFE, PUB_BURST_TAKEN, PUB_RATE, PUB_SOURCES, UNSIGNED_IDS, UNSIGNED_LIFE};
use crate::pace::{Pace, Rate};
use crate::planted::{Bug, planted};
use crate::time::Instant;
use crate::wire::peer::{Speech, Ttl};

/// What makes two published messages the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FloodKey {
    /// The key that signed it, and its id. To be asked about only once the signature was found good, of this line or of
    /// one with the same [`Form`].
    Signed(PublicKey, MsgId),
    /// All that it says, as a hash: see [`FloodKey::unsigned`].
    Unsigned([u8; 32]),
}

impl FloodKey {
    /// The key of an unsigned message. Everything that people see of it is in the key, so nobody can suppress a message
    /// with another one of the same id; and it is short however long the fields are.
    pub(super) fn unsigned(src: &str, msg_id: &str, dst: &str, payload: &str) -> Self {
        let mut hash = Sha256::new();
        for part in [src, msg_id, dst, payload] {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part.as_bytes());
        }
        Self::Unsigned(hash.finalize().into())
    }
}

impl FloodKey {
    /// The key of a message whose origin was looked at.
    pub(super) fn of(src: &PeerId, speech: &Speech, origin: Origin) -> Self {
        let id = speech.msg_id.as_ref();
        match (origin, id) {
            (Origin::Verified(key), Some(id)) => Self::Signed(key, id.clone()),
            _ => Self::unsigned(
                src.as_str(),
                id.map_or("", |id| id.as_str()),
                &speech.dst.to_string(),
                &speech.payload,
            ),
        }
    }

    /// The key of a search.
    pub(super) fn search(asker: &PeerId, id: &MsgId) -> Self {
        Self::unsigned(asker.as_str(), id.as_str(), "", "")
    }
}

/// What to do with a published message that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    /// It is new: show it and pass it on.
    New,
    /// It came before, but this copy may go farther than every one before: pass it on, do not show it. The first copy
    /// comes by the fastest way, which need not be the shortest one.
    Farther,
    /// It came before: do nothing.
    Known,
}

/// The published messages that came. Those that nobody signed are remembered apart, because anybody can make as many
/// of them as they like.
#[derive(Debug)]
pub(super) struct Flood {
    signed: Memory,
    unsigned: Memory,
}

impl Flood {
    /// Nothing came.
    pub(super) fn new() -> Self {
        Self {
            signed: Memory::new(FLOOD_IDS, FLOOD_LIFE),
            unsigned: Memory::new(UNSIGNED_IDS, UNSIGNED_LIFE),
        }
    }

    /// A copy of a message came, with that ttl left. Duplicates do not make the memory of it last longer.
    pub(super) fn see(&mut self, key: FloodKey, ttl: Ttl, now: Instant) -> Sight {
        if planted(Bug::NoDedup) {
            return Sight::New;
        }
        self.memory(&key).see(key, ttl, now)
    }

    /// True when [`Flood::see`] would find a copy with that ttl to be known. Nothing is remembered.
    pub(super) fn knows(&mut self, key: &FloodKey, ttl: Ttl, now: Instant) -> bool {
        let memory = self.memory(key);
        memory.expire(now);
        let entry = memory.farthest.get(key);
        entry.is_some_and(|entry| ttl <= entry.ttl || ttl.passed_on().is_none())
    }

    /// A message that was new is not shown after all, and no copy of it is passed on, however far that may go.
    pub(super) fn refuse(&mut self, key: &FloodKey) {
        if let Some(entry) = self.memory(key).farthest.get_mut(key) {
            entry.ttl = Ttl::FIRST;
        }
    }

    /// A message that came is known by this form of its line too, as long as it is remembered.
    pub(super) fn remember(&mut self, key: &FloodKey, form: Form, src: &PeerId) {
        self.memory(key).remember(key, form, src);
    }

    /// The signed message that has a line of this form, and its source.
    pub(super) fn recall(&mut self, form: &Form, now: Instant) -> Option<(FloodKey, PeerId)> {
        self.signed.expire(now);
        self.signed.forms.get(form).cloned()
    }

    /// The message that was seen last is forgotten: each copy of it is to be judged like the first.
    pub(super) fn take_back(&mut self, key: &FloodKey) {
        let memory = self.memory(key);
        if memory.order.back().is_some_and(|(_, last)| last == key) {
            memory.order.pop_back();
            memory.forget(key);
        }
    }

    fn memory(&mut self, key: &FloodKey) -> &mut Memory {
        match key {
            FloodKey::Signed(..) => &mut self.signed,
            FloodKey::Unsigned(_) => &mut self.unsigned,
        }
    }

    /// How many are remembered: signed and unsigned ones.
    #[cfg(test)]
    pub(super) fn len(&self) -> (usize, usize) {
        (self.signed.order.len(), self.unsigned.order.len())
    }
}

/// Keys with the largest ttl that came with each.
#[derive(Debug)]
struct Memory {
    most: usize,
    life: Duration,
    farthest: BTreeMap<FloodKey, Entry>,
    // In the order of their ends, because all lives are equally long.
    order: VecDeque<(Instant, FloodKey)>,
    // At most one for each key.
    forms: BTreeMap<Form, (FloodKey, PeerId)>,
}

#[derive(Debug)]
struct Entry {
    ttl: Ttl,
    form: Option<Form>,
}

impl Memory {
    const fn new(most: usize, life: Duration) -> Self {
        Self {
            most,
            life,
            farthest: BTreeMap::new(),
            order: VecDeque::new(),
            forms: BTreeMap::new(),
        }
    }

    fn see(&mut self, key: FloodKey, ttl: Ttl, now: Instant) -> Sight {
        self.expire(now);
        if let Some(entry) = self.farthest.get_mut(&key) {
            if ttl <= entry.ttl || planted(Bug::FirstArrival) {
                return Sight::Known;
            }
            entry.ttl = ttl;
            return match ttl.passed_on() {
                Some(_) => Sight::Farther,
                None => Sight::Known,
            };
        }
        if self.order.len() >= self.most {
            self.forget_oldest();
        }
        self.order.push_back((now + self.life, key.clone()));
        self.farthest.insert(key, Entry { ttl, form: None });
        Sight::New
    }

    fn remember(&mut self, key: &FloodKey, form: Form, src: &PeerId) {
        if let Some(entry) = self.farthest.get_mut(key)
            && entry.form.is_none()
            && !self.forms.contains_key(&form)
        {
            entry.form = Some(form);
            self.forms.insert(form, (key.clone(), src.clone()));
        }
    }

    fn expire(&mut self, now: Instant) {
        while self.order.front().is_some_and(|&(end, _)| end <= now) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, key)) = self.order.pop_front() {
            self.forget(&key);
        }
    }

    fn forget(&mut self, key: &FloodKey) {
        if let Some(form) = self.farthest.remove(key).and_then(|entry| entry.form) {
            self.forms.remove(&form);
        }
    }
}

/// How fast each key publishes. The [`PUB_SOURCES`] that did so last are remembered.
#[derive(Debug)]
pub(super) struct Sources<K: Ord + Clone> {
    rate: Rate,
    paces: Recent<K, Pace>,
}

impl<K: Ord + Clone> Sources<K> {
    /// Nobody published anything.
    pub(super) fn new() -> Self {
        Self {
            rate: Rate::new(PUB_RATE, PUB_BURST_TAKEN),
            paces: Recent::new(PUB_SOURCES),
        }
    }

    /// True when a new message of that key may be shown and passed on. To be asked once for each message, after
    /// [`Flood::see`]: its copies cost nothing.
    pub(super) fn admit(&mut self, key: &K, now: Instant) -> bool {
        self.paces.touch(key, now).take(self.rate, now).is_ok()
    }

    /// How many are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.paces.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Identity;
    use proptest::prelude::*;

    fn who(number: u16) -> PublicKey {
        let mut seed = [0; 32];
        seed[..2].copy_from_slice(&number.to_be_bytes());
        Identity::from_seed(seed).public()
    }

    fn signed(by: u16, id: &str) -> FloodKey {
        FloodKey::Signed(who(by), id.parse().unwrap())
    }

    fn at(second: u64) -> Instant {
        Instant::from_secs(second)
    }

    #[test]
    fn a_message_is_new_once_and_another_sender_may_use_its_id() {
        let mut flood = Flood::new();
        assert_eq!(flood.see(signed(1, "a"), Ttl::FIRST, at(0)), Sight::New);
        assert_eq!(flood.see(signed(1, "a"), Ttl::FIRST, at(0)), Sight::Known);
        assert_eq!(flood.see(signed(2, "a"), Ttl::FIRST, at(0)), Sight::New);
        assert_eq!(flood.see(signed(1, "b"), Ttl::FIRST, at(0)), Sight::New);
    }

    #[test]
    fn a_copy_that_may_go_farther_is_passed_on_again() {
        use Sight::{Farther, Known, New};
        let mut flood = Flood::new();
        let mut see = |ttl| flood.see(signed(1, "a"), Ttl::new(ttl), at(0));
        let sights = [0, 1, 3, 2, 3, 5, 5, 4].map(&mut see);
        // From 0 to 1 is farther too, but neither may be passed on.
        assert_eq!(sights, [New, Known, Farther, Known, Known, Farther, Known, Known]);
    }

    #[test]
    fn unsigned_messages_are_the_same_when_all_that_they_say_is() {
        let mut flood = Flood::new();
        let mut see = |src, id, dst, payload| {
            let key = FloodKey::unsigned(src, id, dst, payload);
            flood.see(key, Ttl::NEIGHBOR, at(0))
        };
        assert_eq!(see("a@x", "1", "#x", "oi"), Sight::New);
        assert_eq!(see("a@x", "1", "#x", "oi"), Sight::Known);
        let others = [
            ("b@x", "1", "#x", "oi"),
            ("a@x", "2", "#x", "oi"),
            ("a@x", "1", "*", "oi"),
            ("a@x", "1", "#x", "io"),
        ];
        for (src, id, dst, payload) in others {
            assert_eq!(see(src, id, dst, payload), Sight::New, "{src} {id} {dst} {payload}");
        }
        assert_eq!(see("a@x", "1#", "x", "oi"), Sight::New, "no byte passes between fields");
    }

    #[test]
    fn memories_end_exactly_after_their_lives() {
        let mut flood = Flood::new();
        let unsigned = || FloodKey::unsigned("a@x", "1", "#x", "oi");
        flood.see(signed(1, "a"), Ttl::FIRST, at(0));
        flood.see(unsigned(), Ttl::NEIGHBOR, at(0));
        assert_eq!(flood.see(unsigned(), Ttl::NEIGHBOR, at(59)), Sight::Known);
        assert_eq!(flood.see(unsigned(), Ttl::NEIGHBOR, at(60)), Sight::New);
        assert_eq!(flood.see(signed(1, "a"), Ttl::FIRST, at(119)), Sight::Known);
        assert_eq!(flood.see(signed(1, "a"), Ttl::FIRST, at(120)), Sight::New);
    }

    #[test]
    fn strangers_cannot_push_signed_messages_out() {
        let mut flood = Flood::new();
        flood.see(signed(1, "a"), Ttl::FIRST, at(0));
        for number in 0..UNSIGNED_IDS + 10 {
            let key = FloodKey::unsigned("a@x", &number.to_string(), "*", "");
            assert_eq!(flood.see(key, Ttl::FIRST, at(1)), Sight::New);
        }
        assert_eq!(flood.len(), (1, UNSIGNED_IDS));
        assert_eq!(flood.see(signed(1, "a"), Ttl::FIRST, at(2)), Sight::Known);
    }

    #[test]
    fn a_source_has_its_burst_and_then_its_rate() {
        let mut sources = Sources::new();
        let burst = (0..20).filter(|_| sources.admit(&who(1), at(9))).count();
        assert_eq!(burst, PUB_BURST_TAKEN as usize);
        assert!(sources.admit(&who(2), at(9)), "another is not held back");
        let second = (0..20).filter(|_| sources.admit(&who(1), at(10))).count();
        assert_eq!(second, 2);
    }

    #[test]
    fn sources_are_bounded_and_the_longest_silent_is_forgotten() {
        let mut sources = Sources::new();
        for number in 0..=u16::try_from(PUB_SOURCES).unwrap() {
            sources.admit(&who(number), at(number.into()));
        }
        assert_eq!(sources.len(), PUB_SOURCES);
        assert!(sources.paces.get(&who(0)).is_none() && sources.paces.get(&who(1)).is_some());
    }

    proptest! {
        #[test]
        fn it_is_shown_once_and_never_passed_on_for_nothing(
            copies in proptest::collection::vec((0_u8..12, 0_u8..9, 0_u64..3), 0..100),
        ) {
            let mut memory = Memory::new(5, Duration::from_secs(20));
            let mut model: Vec<(u8, u8, u64)> = Vec::new();
            let mut second = 0;
            for (id, ttl, pause) in copies {
                second += pause;
                model.retain(|&(.., since)| since + 20 > second);
                let key = FloodKey::Unsigned([id; 32]);
                let expected = match model.iter_mut().find(|(known, ..)| *known == id) {
                    Some((_, best, _)) if ttl > *best => {
                        *best = ttl;
                        if ttl > 1 { Sight::Farther } else { Sight::Known }
                    }
                    Some(_) => Sight::Known,
                    None => {
                        model.push((id, ttl, second));
                        if model.len() > 5 {
                            model.remove(0);
                        }
                        Sight::New
                    }
                };
                prop_assert_eq!(memory.see(key, Ttl::new(ttl), at(second)), expected);
                prop_assert!(memory.order.len() <= 5 && memory.order.len() == memory.farthest.len());
            }
        }
    }
}
