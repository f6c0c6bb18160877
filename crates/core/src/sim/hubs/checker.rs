//! An independent log of what was truly said, and what everybody was shown of it.

mod finish;
mod follower;
mod kept;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use follower::{Flaw, Follower};
use kept::Kept;

use crate::hub::{Entry, EntryKind, Key};
use crate::id::{HubId, LinkId, Seq, SessionId};
use crate::sim::check::Invariant;
use crate::sim::record::Recorder;
use crate::time::{Instant, UtcMillis};

pub(super) use finish::Ending;

/// Whoever reads is shown what was appended after this at the latest. More than any session waits before it reads.
pub(super) const READ_WORST: Duration = Duration::from_millis(60);

/// What was said and shown.
#[derive(Debug, Default)]
pub(super) struct Checker {
    /// Hubs have disks: what they kept is said, and stays so.
    pub(super) durable: bool,
    kept: Kept,
    /// Hubs that have numbered on after a new start.
    continued: BTreeSet<usize>,
    words: BTreeMap<u32, Words>,
    keys: BTreeMap<(usize, Key), u32>,
    bare: BTreeMap<u32, Bare>,
    labels: BTreeMap<String, SessionId>,
    logs: BTreeMap<Place, Log>,
    viewers: BTreeMap<SessionId, Viewer>,
    crossed: BTreeSet<(HubId, LinkId, String)>,
    old_shown: BTreeSet<(usize, HubId, String)>,
    lost: BTreeSet<u32>,
    /// What was said until then may be gone: an outbox was full.
    overflow: Option<Instant>,
    /// Links to hubs that refused even an empty batch, as old services do: what is said in other rooms does not go over
    /// them until they answer as hubs again.
    misjudged: BTreeSet<usize>,
    /// What was said in another room until then may not have gone over such a link.
    skipped: Option<Instant>,
    crashes: Vec<(Instant, usize)>,
    last_said: Instant,
    /// When a hub was last shown something that was said before the last fault ended.
    last_healed: Instant,
    last_fault: Option<Instant>,
}

/// A room of a hub, in one of that hub's lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// Which hub.
    pub(super) hub: usize,
    /// Its id in this life.
    pub(super) id: HubId,
    /// 0 is the home room.
    pub(super) room: usize,
}

/// A text that a session sent to its hub.
#[derive(Debug)]
struct Words {
    session: SessionId,
    /// The nick of somebody who may have several sessions, one after the other.
    person: Option<String>,
    /// Whoever said it was told that it was not kept.
    refused: bool,
    hub: usize,
    text: String,
    said: Option<Said>,
}

/// The text as its hub took it.
#[derive(Debug)]
struct Said {
    at: Instant,
    key: Key,
    room: usize,
    label: String,
    sent_at: UtcMillis,
}

/// A line of an old service.
#[derive(Debug)]
struct Bare {
    hub: usize,
    payload: String,
    shown: bool,
}

#[derive(Debug, Default)]
struct Log {
    follower: Follower,
    shown: BTreeSet<u32>,
    notices: BTreeSet<(bool, String)>,
}

#[derive(Debug)]
struct Viewer {
    place: Place,
    since: Instant,
    follower: Follower,
    shown: BTreeSet<u32>,
}

impl Checker {
    /// Nothing was said. The last fault ends then.
    pub(super) fn new(last_fault: Option<Instant>) -> Self {
        Self {
            last_fault,
            ..Self::default()
        }
    }

    /// A session may be shown under this label.
    pub(super) fn named(&mut self, session: SessionId, label: String) {
        self.labels.insert(label, session);
    }

    /// A session sent a text.
    pub(super) fn sent(&mut self, number: u32, hub: usize, session: SessionId, text: String) {
        let words = Words {
            session,
            person: None,
            refused: false,
            hub,
            text,
            said: None,
        };
        self.words.insert(number, words);
    }

    /// An old service posts a line to a hub.
    pub(super) fn bare_sent(&mut self, number: u32, hub: usize, payload: String) {
        let shown = false;
        self.bare.insert(number, Bare { hub, payload, shown });
    }

    /// A session reads a room from here on.
    pub(super) fn attached(&mut self, session: SessionId, place: Place, now: Instant) {
        let viewer = Viewer {
            place,
            since: now,
            follower: Follower::default(),
            shown: BTreeSet::new(),
        };
        self.viewers.insert(session, viewer);
    }

    /// A session is gone, and is owed nothing.
    pub(super) fn left(&mut self, session: SessionId) {
        self.viewers.remove(&session);
    }

    /// Nobody is in a room any more: nothing is shown there until somebody comes.
    pub(super) fn room_closed(&mut self, place: Place) {
        self.logs.remove(&place);
    }

    /// A hub loses all that it knew.
    pub(super) fn crashed(&mut self, hub: usize, now: Instant) {
        self.crashes.push((now, hub));
    }

    /// A hub with a disk is gone: others see its rooms from where it goes on, and what it posts may come again.
    pub(super) fn crashed_with_disk(&mut self, now: Instant, (hub, id): (usize, HubId), wires: &[usize]) {
        self.logs.retain(|place, _| place.hub != hub);
        self.crossed.retain(|(from, _, _)| *from != id);
        self.continued.insert(hub);
        // What went to one that was taken for an old service counts as sent before it goes.
        if wires.iter().any(|wire| self.misjudged.remove(wire)) {
            self.skipped = Some(now);
            self.overflow = Some(now);
        }
    }

    /// A hub gave up these messages for a link; it counts them as lost.
    pub(super) fn lost(&mut self, keys: &[(usize, Key)]) {
        self.lost.extend(keys.iter().filter_map(|key| self.keys.get(key)));
    }

    /// An outbox dropped what was oldest.
    pub(super) fn overflowed(&mut self, now: Instant) {
        self.overflow = Some(now);
    }

    /// A link to a hub refused an empty batch, for a fault of the way there.
    pub(super) fn misjudges(&mut self, wire: usize) {
        self.misjudged.insert(wire);
    }

    /// A link answered as a hub.
    pub(super) fn judges_well(&mut self, now: Instant, wire: usize) {
        if self.misjudged.remove(&wire) {
            self.skipped = Some(now);
        }
    }

    /// When a hub last took a message of a session.
    pub(super) fn last_said(&self) -> Instant {
        self.last_said
    }

    /// A hub was told that its post was taken; these messages were in it.
    pub(super) fn crossed(&mut self, rec: &mut Recorder, now: Instant, from: HubId, link: LinkId, ids: &[String]) {
        for id in ids {
            let first = self.crossed.insert((from, link, id.clone()));
            rec.check(now, Invariant::R7, first, || {
                format!(
                    "message {id} of hub {from} crossed its link {} again after it was taken",
                    link.0
                )
            });
        }
    }

    /// An old service shows a message that a hub, in this life, sent to it.
    pub(super) fn old_shows(&mut self, rec: &mut Recorder, now: Instant, service: usize, from: HubId, id: &str) {
        let first = self.old_shown.insert((service, from, id.to_owned()));
        rec.check(now, Invariant::R4, first, || {
            format!("old service {service} shows message {id} again")
        });
    }

    /// A hub appended to a room's log.
    pub(super) fn appended(&mut self, rec: &mut Recorder, now: Instant, place: Place, entry: &Entry) {
        match (entry.kind, entry.key) {
            (EntryKind::Said, Some(key)) => {
                let number = if key.origin == place.id && !self.durable {
                    self.said_here(rec, now, place, key, entry)
                } else {
                    self.said_elsewhere(rec, now, place, key, entry)
                };
                self.log_shows(rec, now, place, key, number);
            }
            (EntryKind::Said, None) => self.said_bare(rec, now, place, entry),
            (EntryKind::Frame, _) => {}
            (EntryKind::Gap { origin, from, to }, _) => self.log_gap(rec, now, place, origin, (from, to)),
            (EntryKind::Joined | EntryKind::Left, _) => self.came_or_left(rec, now, place, entry),
        }
    }

    /// A session read an entry of that room, appended then. With `prompt` nothing kept it from reading.
    pub(super) fn displayed(
        &mut self,
        rec: &mut Recorder,
        now: Instant,
        (session, room): (SessionId, usize),
        (appended, entry): &(Instant, Entry),
        prompt: bool,
    ) {
        if prompt {
            let late = now.since(*appended);
            rec.check(now, Invariant::R8, late <= READ_WORST, || {
                format!("session {} is shown after {late:?} what came while it read", session.0)
            });
        }
        // What it had not read of a room that it left is of no account.
        let viewer = self
            .viewers
            .get_mut(&session)
            .filter(|viewer| viewer.place.room == room);
        let Some(viewer) = viewer else { return };
        let who = || format!("session {} of hub {}", session.0, viewer.place.hub);
        match (entry.kind, entry.key) {
            (EntryKind::Gap { origin, from, to }, _) => {
                let flaw = viewer.follower.gap(origin, from.get(), to.get());
                judge(rec, now, flaw, || {
                    format!("gap {} to {} at {}", from.get(), to.get(), who())
                });
            }
            (EntryKind::Said, Some(key)) => {
                let flaw = viewer.follower.see(key);
                judge(rec, now, flaw, || format!("number {} at {}", key.seq.get(), who()));
                let number = self.keys.get(&(viewer.place.room, key));
                rec.check(now, Invariant::Truth, number.is_some(), || {
                    format!("{} is shown {:?}, which nobody said", who(), entry.payload)
                });
                if let Some(&number) = number {
                    let first = viewer.shown.insert(number);
                    rec.check(now, Invariant::R4, first, || {
                        format!("m{number} is shown again to {}", who())
                    });
                }
            }
            _ => {}
        }
    }

    /// A session of this hub speaks: only now it is said.
    fn said_here(&mut self, rec: &mut Recorder, now: Instant, place: Place, key: Key, entry: &Entry) -> Option<u32> {
        let number = number(&entry.payload, 'm');
        let label = self.labels.get(&*entry.label);
        let words = number.and_then(|number| self.words.get_mut(&number));
        let true_words = words.filter(|words| {
            words.said.is_none()
                && words.hub == place.hub
                && Some(words.session) == entry.author
                && label == entry.author.as_ref()
                && *words.text == *entry.payload
        });
        rec.check(now, Invariant::Truth, true_words.is_some(), || {
            format!("hub {} lets {:?} say {:?}", place.hub, entry.label, entry.payload)
        });
        true_words?.said = Some(Said {
            at: now,
            key,
            room: place.room,
            label: entry.label.to_string(),
            sent_at: entry.sent_at,
        });
        self.keys.insert((place.room, key), number?);
        self.last_said = self.last_said.max(now);
        number
    }

    /// What came from another hub is what was said there.
    fn said_elsewhere(
        &mut self,
        rec: &mut Recorder,
        now: Instant,
        place: Place,
        key: Key,
        entry: &Entry,
    ) -> Option<u32> {
        let number = self.keys.get(&(place.room, key)).copied();
        let words = number.and_then(|number| self.words.get(&number));
        let said = words.and_then(|words| words.said.as_ref().map(|said| (words, said)));
        let is_true = said.is_some_and(|(words, said)| {
            *words.text == *entry.payload && said.label == *entry.label && said.sent_at == entry.sent_at
        });
        let of_nobody = entry.author.is_none() || key.origin == place.id;
        rec.check(now, Invariant::Truth, is_true && of_nobody, || {
            format!(
                "hub {} shows {:?} of {:?}, which was not said so",
                place.hub, entry.payload, entry.label
            )
        });
        if said.is_some_and(|(_, said)| self.last_fault.is_some_and(|last| said.at <= last)) {
            self.last_healed = now;
        }
        number
    }

    fn said_bare(&mut self, rec: &mut Recorder, now: Instant, place: Place, entry: &Entry) {
        let bare = number(&entry.payload, 'b').and_then(|number| self.bare.get_mut(&number));
        let bare = bare.filter(|bare| bare.payload == *entry.payload);
        rec.check(now, Invariant::Truth, bare.is_some(), || {
            format!(
                "hub {} shows {:?} without a number, which no old service said",
                place.hub, entry.payload
            )
        });
        let Some(bare) = bare else { return };
        let again = std::mem::replace(&mut bare.shown, true);
        let here = bare.hub == place.hub && place.room == 0;
        rec.check(now, Invariant::R9, here && !again, || {
            format!(
                "hub {} shows {:?}, said to hub {}; shown before: {again}",
                place.hub, entry.payload, bare.hub
            )
        });
    }

    fn came_or_left(&mut self, rec: &mut Recorder, now: Instant, place: Place, entry: &Entry) {
        // Somebody who comes back does so as often as wanted.
        if self.durable && entry.label.starts_with('p') {
            return;
        }
        rec.check(now, Invariant::Truth, self.labels.contains_key(&*entry.label), || {
            format!("hub {} tells of {:?}, who never was", place.hub, entry.label)
        });
        let notice = (entry.kind == EntryKind::Joined, entry.label.to_string());
        let first = self.logs.entry(place).or_default().notices.insert(notice);
        rec.check(now, Invariant::R4, first, || {
            format!("hub {} tells again {:?} of {:?}", place.hub, entry.kind, entry.label)
        });
    }

    fn log_shows(&mut self, rec: &mut Recorder, now: Instant, place: Place, key: Key, number: Option<u32>) {
        let log = self.logs.entry(place).or_default();
        // A hub that has just started numbers its first words 1.
        let begins = place.room == 0
            && key.origin == place.id
            && !log.follower.knows(key.origin)
            && !self.continued.contains(&place.hub);
        let flaw = log.follower.see(key);
        let flaw = if begins && key.seq != Seq::FIRST {
            Some(Flaw::Hole(1))
        } else {
            flaw
        };
        judge(rec, now, flaw, || {
            format!(
                "number {} of hub {} in the log of hub {}",
                key.seq.get(),
                key.origin,
                place.hub
            )
        });
        log.shown.extend(number);
    }

    fn log_gap(&mut self, rec: &mut Recorder, now: Instant, place: Place, origin: HubId, (from, to): (Seq, Seq)) {
        let ends = [from, to].map(|seq| (place.room, Key { origin, seq }));
        let truly = origin != place.id && ends.iter().all(|key| self.keys.contains_key(key));
        rec.check(now, Invariant::Truth, truly, || {
            format!(
                "hub {} misses {} to {} of {origin}, never said",
                place.hub,
                from.get(),
                to.get()
            )
        });
        let flaw = self
            .logs
            .entry(place)
            .or_default()
            .follower
            .gap(origin, from.get(), to.get());
        judge(rec, now, flaw, || {
            format!(
                "gap {} to {} of hub {origin} in the log of hub {}",
                from.get(),
                to.get(),
                place.hub
            )
        });
    }
}

/// Counts a look at the three promises about numbers.
fn judge(rec: &mut Recorder, now: Instant, flaw: Option<Flaw>, what: impl Fn() -> String) {
    let promises = [
        (Invariant::R2, !matches!(flaw, Some(Flaw::Hole(_) | Flaw::Empty))),
        (Invariant::R3, flaw != Some(Flaw::Backwards)),
        (Invariant::R4, !matches!(flaw, Some(Flaw::Again | Flaw::AfterGap))),
    ];
    for (invariant, kept) in promises {
        rec.check(now, invariant, kept, || format!("{}: {flaw:?}", what()));
    }
}

/// The number that a text of the simulator begins with, behind this letter.
fn number(text: &str, letter: char) -> Option<u32> {
    text.split(' ').next()?.strip_prefix(letter)?.parse().ok()
}
