//! What a hub with a disk keeps: writes take their time and fail now and then, and what is safe survives a crash.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{Event, HOME, World};

use crate::hub::{Acked, Author, Change, Input, Key, Position, Record, Restored, Said, Ticket};
use crate::id::{HubId, LinkId, RoomName, Seq};
use crate::rng::Rng;

/// A write takes so long at the most, in microseconds.
const WRITE_MICROS: u64 = 5_000;
/// And so long on a slow disk.
const SLOW_MICROS: u64 = 3_000_000;

/// A disk, and what is safe on it.
#[derive(Debug, Default)]
pub(super) struct Disk {
    /// What waits for the write that is under way.
    waiting: Vec<Record>,
    writing: Vec<Record>,
    /// Records of earlier epochs are forgotten.
    epoch: u32,
    said: Vec<Said>,
    kept: BTreeSet<(usize, Key)>,
    heads: BTreeMap<(usize, HubId), u64>,
    sent: BTreeMap<LinkId, Position>,
    /// So many messages of a room can be read again.
    pub(super) retained: usize,
    /// The faults that make it slow, and those that make it fail.
    pub(super) slow: BTreeSet<usize>,
    pub(super) full: BTreeSet<usize>,
}

/// How a write ended.
#[derive(Debug)]
enum Written {
    Safe(Ticket, Vec<Said>),
    Failed(u32, Vec<Said>),
}

/// A room as the checks number it.
pub(super) fn number_of(room: &RoomName) -> usize {
    usize::from(room.as_str() != HOME)
}

impl Disk {
    /// An empty disk.
    pub(super) fn new(retained: usize) -> Self {
        Self {
            retained,
            ..Self::default()
        }
    }

    /// A record is to be written. True when nothing else is being written.
    fn store(&mut self, record: Record) -> bool {
        if record.epoch < self.epoch {
            return false;
        }
        self.waiting.push(record);
        self.begin()
    }

    /// Writes what waits. True when that is anything.
    fn begin(&mut self) -> bool {
        if !self.writing.is_empty() || self.waiting.is_empty() {
            return false;
        }
        self.writing = std::mem::take(&mut self.waiting);
        true
    }

    fn end(&mut self) -> Option<Written> {
        let writing = std::mem::take(&mut self.writing);
        let (through, epoch) = writing.last().map(|record| (record.ticket, record.epoch))?;
        if self.full.is_empty() {
            return Some(Written::Safe(through, self.apply(writing)));
        }
        self.epoch = epoch + 1;
        let waiting = std::mem::take(&mut self.waiting);
        let lost = writing
            .into_iter()
            .chain(waiting)
            .filter_map(|record| match record.change {
                Change::Said(said) => Some(*said),
                Change::Sent { .. } => None,
            });
        Some(Written::Failed(epoch, lost.collect()))
    }

    /// Makes records safe; returns what was said.
    fn apply(&mut self, records: Vec<Record>) -> Vec<Said> {
        let mut said = Vec::new();
        for record in records {
            match record.change {
                Change::Sent { link, through, .. } => {
                    let sent = self.sent.entry(link).or_default();
                    *sent = through.max(*sent);
                }
                Change::Said(it) => said.push(*it),
            }
        }
        for it in &said {
            let Some(key) = it.entry.key else { continue };
            let room = number_of(&it.room);
            self.kept.insert((room, key));
            let head = self.heads.entry((room, key.origin)).or_default();
            *head = key.seq.get().max(*head);
        }
        self.said.extend(said.iter().cloned());
        said
    }

    /// The hub is gone. What was being written may be safe or not; what waited is not. Returns what became safe.
    pub(super) fn crash(&mut self, written: bool) -> Vec<Said> {
        self.waiting.clear();
        self.epoch = 0;
        let writing = std::mem::take(&mut self.writing);
        if written && self.full.is_empty() {
            self.apply(writing)
        } else {
            Vec::new()
        }
    }

    /// True when this message is safe.
    pub(super) fn has(&self, room: usize, key: Key) -> bool {
        self.kept.contains(&(room, key))
    }

    /// True when this message or a later one of its hub is safe.
    pub(super) fn has_come_to(&self, room: usize, key: Key) -> bool {
        self.heads
            .get(&(room, key.origin))
            .is_some_and(|head| key.seq.get() <= *head)
    }

    /// The messages of a room that can be read again.
    pub(super) fn readable(&self, room: usize) -> impl Iterator<Item = &Said> {
        let here = move |said: &&Said| number_of(&said.room) == room;
        let all = self.said.iter().filter(here).count();
        self.said.iter().filter(here).skip(all.saturating_sub(self.retained))
    }

    /// Everything that was ever safe.
    pub(super) fn kept(&self) -> &BTreeSet<(usize, Key)> {
        &self.kept
    }

    fn acked(&self, author: Author) -> Vec<Acked> {
        let of_author = self.said.iter().filter(|said| said.author == Some(author));
        let acked = of_author.filter_map(|said| {
            Some(Acked {
                msg_id: said.entry.id.clone()?,
                key: said.entry.key?,
            })
        });
        acked.collect()
    }

    /// What a hub with so many links is given when it starts.
    pub(super) fn restored(&self, links: u32) -> Vec<Restored> {
        let mut restored = Vec::new();
        for (&(room, origin), &seq) in &self.heads {
            let newest = self.said.iter().rev().find(|said| {
                let key = Seq::new(seq).map(|seq| Key { origin, seq });
                number_of(&said.room) == room && said.entry.key == key
            });
            if let (Some(said), Some(seq)) = (newest, Seq::new(seq)) {
                restored.push(Restored::Head {
                    room: said.room.clone(),
                    origin,
                    seq,
                    position: said.entry.position,
                });
            }
        }
        for link in (0..links).map(LinkId) {
            let sent = self.sent.get(&link).copied().unwrap_or_default();
            let waiting = self.said.iter().filter(|said| said.entry.position > sent);
            restored.extend(waiting.map(|said| Restored::Waiting {
                link,
                said: Box::new(said.clone()),
            }));
        }
        restored
    }
}

impl World<'_> {
    /// A hub wants something kept.
    pub(super) fn store(&mut self, actor: usize, record: Record) {
        let disk = self.sites.get_mut(&actor).and_then(|site| site.disk.as_mut());
        if disk.is_some_and(|disk| disk.store(record)) {
            self.write_on(actor);
        }
    }

    fn write_on(&mut self, actor: usize) {
        let after = self.disk_takes(actor);
        if let Some(site) = self.sites.get(&actor) {
            self.queue
                .push(self.queue.now() + after, actor, Event::Written(site.life));
        }
    }

    fn disk_takes(&mut self, actor: usize) -> Duration {
        let disk = self.sites.get(&actor).and_then(|site| site.disk.as_ref());
        let slow = disk.is_some_and(|disk| !disk.slow.is_empty());
        let most = if slow { SLOW_MICROS } else { WRITE_MICROS };
        Duration::from_micros(100 + self.draws.disks.below(most))
    }

    /// A write ended.
    pub(super) fn on_written(&mut self, actor: usize, life: u32) {
        let site = self.sites.get_mut(&actor).filter(|site| site.life == life);
        let Some(written) = site.and_then(|site| site.disk.as_mut()?.end()) else {
            return;
        };
        match written {
            Written::Safe(through, said) => {
                self.became_safe(actor, &said);
                self.handle(actor, Input::Stored { through });
            }
            Written::Failed(epoch, lost) => {
                self.mark(actor, "", "cannot write");
                for said in lost.iter().filter(|said| said.author.is_none()) {
                    self.checker.refused(&said.entry.payload);
                }
                let detail = "no space left".to_owned();
                self.handle(actor, Input::StoreFailed { epoch, detail });
            }
        }
        let disk = self.sites.get_mut(&actor).and_then(|site| site.disk.as_mut());
        if disk.is_some_and(Disk::begin) {
            self.write_on(actor);
        }
    }

    /// What a hub's own sessions said is said as soon as it is safe.
    pub(super) fn became_safe(&mut self, actor: usize, said: &[Said]) {
        let now = self.queue.now();
        let Some(site) = self.sites.get(&actor) else { return };
        let id = site.id;
        for said in said {
            let room = number_of(&said.room);
            let place = super::checker::Place { hub: actor, id, room };
            self.checker.kept(&mut self.rec, now, place, said);
        }
    }

    /// A hub wants to know what an author has sent.
    pub(super) fn load_acked(&mut self, actor: usize, author: Author) {
        let after = self.disk_takes(actor);
        if let Some(site) = self.sites.get(&actor) {
            let event = Event::Acked(site.life, author);
            self.queue.push(self.queue.now() + after, actor, event);
        }
    }

    pub(super) fn on_acked(&mut self, actor: usize, life: u32, author: Author) {
        let site = self.sites.get(&actor).filter(|site| site.life == life);
        if let Some(disk) = site.and_then(|site| site.disk.as_ref()) {
            let acked = disk.acked(author);
            self.handle(actor, Input::Acked { author, acked });
        }
    }
}

/// How many messages of a room a disk lets be read again.
pub(super) fn draw_retained(rng: &mut Rng) -> usize {
    match rng.below(2) {
        0 => usize::MAX,
        _ => 5 + usize::try_from(rng.below(30)).unwrap_or(0),
    }
}
