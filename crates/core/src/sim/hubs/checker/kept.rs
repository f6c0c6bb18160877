//! What hubs with disks promise: what is acknowledged is safe, said once, and read by whoever comes back.

use std::collections::{BTreeMap, BTreeSet};

use super::{Checker, Place, Said as Spoken, Words, number};

use crate::hub::{Cursor, Entry, EntryKind, Key, Missing, Said};
use crate::id::{HubId, SessionId};
use crate::sim::check::Invariant;
use crate::sim::record::Recorder;
use crate::time::Instant;

/// What hubs with disks did.
#[derive(Debug, Default)]
pub(in crate::sim::hubs) struct Kept {
    /// The numbers that were acknowledged.
    acks: BTreeMap<u32, (usize, Key)>,
    views: BTreeMap<(SessionId, usize), View>,
    connected: BTreeMap<SessionId, usize>,
}

/// A room as one connection of somebody sees it.
#[derive(Debug, Default)]
struct View {
    asked: Option<Cursor>,
    head: Option<Cursor>,
    shown: BTreeSet<Key>,
    /// The last number of each hub among what was missed, and among what came live.
    missed: BTreeMap<HubId, u64>,
    live: BTreeMap<HubId, u64>,
    /// Numbers that were told to be missing.
    gaps: BTreeSet<Key>,
}

impl View {
    fn asked(&self, origin: HubId) -> u64 {
        self.asked.as_ref().map_or(0, |asked| asked.after(origin))
    }

    fn head(&self, origin: HubId) -> u64 {
        self.head.as_ref().map_or(0, |head| head.after(origin))
    }
}

impl Checker {
    /// Somebody sends a text, perhaps more than once.
    pub(in crate::sim::hubs) fn person_sends(&mut self, number: u32, hub: usize, nick: String, text: String) {
        let words = Words {
            session: SessionId(0),
            person: Some(nick),
            refused: false,
            hub,
            text,
            said: None,
        };
        self.words.insert(number, words);
    }

    /// A text door told its client that this could not be kept.
    pub(in crate::sim::hubs) fn refused(&mut self, text: &str) {
        if let Some(words) = number(text, 'm').and_then(|number| self.words.get_mut(&number)) {
            words.refused = true;
        }
    }

    /// A message became safe; if a session of this hub said it, it is said now.
    pub(in crate::sim::hubs) fn kept(&mut self, rec: &mut Recorder, now: Instant, place: Place, said: &Said) {
        let entry = &said.entry;
        let Some(key) = entry.key.filter(|key| key.origin == place.id) else {
            return;
        };
        let number = number(&entry.payload, 'm');
        let label = self.labels.get(&*entry.label);
        let words = number.and_then(|number| self.words.get_mut(&number));
        let true_words = words.filter(|words| {
            let speaker = match &words.person {
                Some(nick) => entry.label.starts_with(&**nick),
                None => Some(words.session) == entry.author && label == entry.author.as_ref() && !words.refused,
            };
            speaker && words.hub == place.hub && *words.text == *entry.payload
        });
        rec.check(now, Invariant::Truth, true_words.is_some(), || {
            format!(
                "hub {} keeps that {:?} said {:?}",
                place.hub, entry.label, entry.payload
            )
        });
        let (Some(words), Some(number)) = (true_words, number) else {
            return;
        };
        rec.check(now, Invariant::R5, words.said.is_none(), || {
            format!("hub {} says m{number} again", place.hub)
        });
        words.said = Some(Spoken {
            at: now,
            key,
            room: place.room,
            label: entry.label.to_string(),
            sent_at: entry.sent_at,
        });
        let first = self.keys.insert((place.room, key), number).is_none();
        rec.check(now, Invariant::R4, first, || {
            format!("hub {} gives number {} twice", place.hub, key.seq.get())
        });
        self.last_said = self.last_said.max(now);
    }

    /// Something that a hub shows, posts, or says that it has.
    pub(in crate::sim::hubs) fn is_safe(
        rec: &mut Recorder,
        now: Instant,
        (hub, key): (usize, Key),
        what: &str,
        safe: bool,
    ) {
        rec.check(now, Invariant::R1, safe, || {
            format!(
                "hub {hub} {what} number {} of hub {}, which is not safe",
                key.seq.get(),
                key.origin
            )
        });
    }

    /// Somebody is told that a message is said.
    pub(in crate::sim::hubs) fn acked(
        &mut self,
        rec: &mut Recorder,
        now: Instant,
        hub: usize,
        number: u32,
        key: Key,
        safe: bool,
    ) {
        Self::is_safe(rec, now, (hub, key), "acknowledges", safe);
        let (_, before) = *self.kept.acks.entry(number).or_insert((hub, key));
        let said = self.words.get(&number).and_then(|words| words.said.as_ref());
        let same = before == key && said.is_none_or(|said| said.key == key);
        rec.check(now, Invariant::R5, same, || {
            format!("hub {hub} acknowledges m{number} as {key:?}, and as {before:?} before")
        });
    }

    /// A hub starts again, or the world ends: what it acknowledged is there.
    pub(in crate::sim::hubs) fn still_there(
        &self,
        rec: &mut Recorder,
        now: Instant,
        hub: usize,
        safe: &BTreeSet<(usize, Key)>,
    ) {
        for (number, (_, key)) in self.kept.acks.iter().filter(|(_, (of, _))| *of == hub) {
            let there = safe.contains(&(0, *key)) || safe.contains(&(1, *key));
            rec.check(now, Invariant::R1, there, || {
                format!("hub {hub} acknowledged m{number} and has lost it")
            });
        }
    }

    /// A client of the session protocol connects.
    pub(in crate::sim::hubs) fn connected(&mut self, session: SessionId, hub: usize) {
        self.kept.connected.insert(session, hub);
    }

    pub(in crate::sim::hubs) fn disconnected(&mut self, session: SessionId) {
        self.kept.connected.remove(&session);
        self.kept.views.retain(|(of, _), _| *of != session);
    }

    /// It asks for what it missed.
    pub(in crate::sim::hubs) fn asks(&mut self, session: SessionId, room: usize, after: Option<&Cursor>) {
        self.kept.views.entry((session, room)).or_default().asked = after.cloned();
    }

    /// It is in a room; live begins behind this.
    pub(in crate::sim::hubs) fn joined(&mut self, session: SessionId, room: usize, head: &Cursor) {
        let view = self.kept.views.entry((session, room)).or_default();
        view.head.get_or_insert_with(|| head.clone());
    }

    /// It reads an entry of a room, live.
    pub(in crate::sim::hubs) fn live(
        &mut self,
        rec: &mut Recorder,
        now: Instant,
        (session, room): (SessionId, usize),
        entry: &Entry,
    ) {
        let view = self.kept.views.entry((session, room)).or_default();
        let (origin, from, to) = match (entry.kind, entry.key) {
            (EntryKind::Gap { origin, from, to }, _) => (origin, from.get(), to.get()),
            (EntryKind::Said, Some(key)) => (key.origin, key.seq.get(), key.seq.get()),
            _ => return,
        };
        rec.check(now, Invariant::R6, view.head.is_some(), || {
            format!("session {} reads room {room} before it is in it", session.0)
        });
        let head = view.head(origin);
        let last = view.live.get(&origin).copied().unwrap_or(head);
        rec.check(now, Invariant::R6, from > head, || {
            format!(
                "session {} reads live {from} of {origin}; live began behind {head}",
                session.0
            )
        });
        rec.check(now, Invariant::R3, from > last, || {
            format!("session {} reads {from} of {origin} after {last}", session.0)
        });
        rec.check(now, Invariant::R2, last == 0 || from <= last + 1, || {
            format!(
                "session {} reads {from} of {origin} after {last} in room {room}",
                session.0
            )
        });
        view.live.insert(origin, to);
        if let (EntryKind::Said, Some(key)) = (entry.kind, entry.key) {
            self.shown_to(rec, now, (session, room), key, entry);
        }
    }

    /// It reads one of those that it missed.
    pub(in crate::sim::hubs) fn replayed(
        &mut self,
        rec: &mut Recorder,
        now: Instant,
        (session, room): (SessionId, usize),
        entry: &Entry,
    ) {
        let Some(key) = entry.key else { return };
        let view = self.kept.views.entry((session, room)).or_default();
        let (origin, seq) = (key.origin, key.seq.get());
        let (asked, head) = (view.asked(origin), view.head(origin));
        let missed = view.asked.is_some() && seq > asked && seq <= head;
        rec.check(now, Invariant::R6, missed, || {
            format!(
                "session {} is shown {seq} of {origin} again; it missed those from {asked} to {head}",
                session.0
            )
        });
        let last = view.missed.insert(origin, seq).unwrap_or(asked);
        rec.check(now, Invariant::R3, seq > last, || {
            format!("session {} is shown {seq} of {origin} after {last}", session.0)
        });
        rec.check(now, Invariant::R2, last == 0 || seq <= last + 1, || {
            format!(
                "session {} is shown {seq} of {origin} after {last}, of what it missed",
                session.0
            )
        });
        self.shown_to(rec, now, (session, room), key, entry);
    }

    /// It is told that some of what it missed is not there.
    pub(in crate::sim::hubs) fn replay_gap(
        &mut self,
        rec: &mut Recorder,
        now: Instant,
        (session, room): (SessionId, usize),
        missing: Missing,
    ) {
        let view = self.kept.views.entry((session, room)).or_default();
        let asked = view.asked(missing.origin);
        let (from, to) = (missing.from, missing.to);
        let last = view.missed.insert(missing.origin, to.get()).unwrap_or(asked);
        rec.check(now, Invariant::R2, from.get() == last + 1 && to >= from, || {
            format!(
                "session {} misses {} to {} after {last}",
                session.0,
                from.get(),
                to.get()
            )
        });
        let mut seq = from;
        while seq <= to {
            let origin = missing.origin;
            view.gaps.insert(Key { origin, seq });
            seq = seq.next();
        }
    }

    /// That was all that it missed; these could be read.
    pub(in crate::sim::hubs) fn caught(
        &mut self,
        rec: &mut Recorder,
        now: Instant,
        (session, room): (SessionId, usize),
        readable: &[Key],
    ) {
        let view = self.kept.views.entry((session, room)).or_default();
        for &key in readable {
            let seq = key.seq.get();
            if seq > view.asked(key.origin) && seq <= view.head(key.origin) {
                let shown = view.shown.contains(&key) && !view.gaps.contains(&key);
                rec.check(now, Invariant::R6, shown, || {
                    format!(
                        "session {} was not shown {seq} of {}, which it missed",
                        session.0, key.origin
                    )
                });
            }
        }
        for (origin, head) in view.head.iter().flat_map(Cursor::iter) {
            let asked = view.asked(origin);
            let last = view.missed.get(&origin).copied().unwrap_or(asked);
            rec.check(now, Invariant::R6, asked == 0 || last >= head, || {
                format!("session {} caught up to {last} of {origin}, of {head}", session.0)
            });
        }
    }

    fn shown_to(
        &mut self,
        rec: &mut Recorder,
        now: Instant,
        (session, room): (SessionId, usize),
        key: Key,
        entry: &Entry,
    ) {
        let number = self.keys.get(&(room, key));
        let words = number.and_then(|number| self.words.get(number));
        rec.check(
            now,
            Invariant::Truth,
            words.is_some_and(|words| *words.text == *entry.payload),
            || {
                format!(
                    "session {} is shown {:?}, which nobody said so",
                    session.0, entry.payload
                )
            },
        );
        let view = self.kept.views.entry((session, room)).or_default();
        let first = view.shown.insert(key);
        rec.check(now, Invariant::R4, first, || {
            format!("{:?} is shown again to session {}", entry.payload, session.0)
        });
    }
}
