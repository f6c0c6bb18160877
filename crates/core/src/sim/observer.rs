//! The observer of the peers: it sees all that they are told, say and show, holds that against what is promised
//! (docs/semantics.md), and computes the figures.
//!
//! It knows what no node knows: who runs what, which keys are whose, and what was truly said. A promise that was kept
//! is never reported; where nobody outside can tell, it does not look.

mod ends;
mod figures;
mod form;
mod memory;
mod passing;
mod reach;
mod shown;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::check::Invariant;
use super::record::Recorder;
use crate::id::{PeerId, PeerLinkId};
use crate::identity::PublicKey;
use crate::limits::{LINK_QUEUE_BYTES, LINKS, PENDING_SENDS, RELAYED_PER_LINK, REVERSE_PATHS, SEARCHES};
use crate::node::{Command, Event, Kind, Listed, Node, Tallies, Vitals};
use crate::time::Instant;
use crate::wire::peer::Target;

use figures::Sums;
use memory::Memory;
use reach::Publication;

/// Somebody in the world; its number is its place.
#[derive(Debug, Clone)]
pub(super) struct Seat {
    /// Its name.
    pub(super) name: PeerId,
    /// It runs papo.
    pub(super) papo: bool,
    /// It means harm: it may say anything in any name.
    pub(super) hostile: bool,
}

/// What somebody was told to say, by its text.
#[derive(Debug)]
struct Said {
    by: usize,
    kind: Kind,
    dst: String,
}

/// A process, as long as it runs.
#[derive(Debug, Default)]
struct Life {
    up: bool,
    quitting: bool,
    /// Its neighbors as it told of them, and since when.
    neighbors: BTreeMap<PeerId, Instant>,
    /// Since when it has had a neighbor at every moment.
    connected: Option<Instant>,
    /// Bytes of the last text, while it may be refused.
    last_text: u64,
}

/// Sees everything that peers do.
#[derive(Debug)]
pub(super) struct Observer {
    seats: Vec<Seat>,
    by_name: BTreeMap<PeerId, usize>,
    /// Every key that a seat ever had, the one of now last.
    keys: Vec<Vec<PublicKey>>,
    lives: Vec<Life>,
    /// For each seat, where promises are checked at all.
    memories: Option<Vec<Memory>>,
    anybody_hostile: bool,
    said: BTreeMap<String, Said>,
    /// Who showed which SEND, by the name of whom it is for and its id.
    arrived: BTreeSet<(PeerId, String)>,
    publications: Vec<Publication>,
    by_id: BTreeMap<String, usize>,
    /// Those that are not judged yet, in the order in which they were made.
    unjudged: VecDeque<usize>,
    /// How long a line takes at most, as the world says.
    slowest: Duration,
    /// Until when something is wrong; promises that hold only without faults are not judged around it.
    trouble: Option<Instant>,
    /// When a proven link came or went last.
    moved: Option<Instant>,
    /// The last end of a fault.
    last_fault: Option<Instant>,
    /// When somebody last dropped something because it came too fast.
    too_fast: Option<Instant>,
    sums: Sums,
}

impl Observer {
    /// Nobody runs yet. Without `check` it only measures: then it need not be told what is read.
    pub(super) fn new(seats: Vec<Seat>, check: bool) -> Self {
        let mut observer = Self {
            seats: Vec::new(),
            by_name: BTreeMap::new(),
            keys: Vec::new(),
            lives: Vec::new(),
            memories: check.then(Vec::new),
            anybody_hostile: false,
            said: BTreeMap::new(),
            arrived: BTreeSet::new(),
            publications: Vec::new(),
            by_id: BTreeMap::new(),
            unjudged: VecDeque::new(),
            slowest: Duration::ZERO,
            trouble: None,
            moved: None,
            last_fault: None,
            too_fast: None,
            sums: Sums::default(),
        };
        for seat in seats {
            observer.seat(seat);
        }
        observer
    }

    /// One more joins; gives its number.
    pub(super) fn seat(&mut self, seat: Seat) -> usize {
        let actor = self.seats.len();
        self.by_name.insert(seat.name.clone(), actor);
        self.anybody_hostile |= seat.hostile;
        self.seats.push(seat);
        self.keys.push(Vec::new());
        self.lives.push(Life::default());
        if let Some(memories) = &mut self.memories {
            memories.push(Memory::default());
        }
        actor
    }

    /// How long a line of this world may take from one peer to another, with all that can hold it up but faults.
    pub(super) const fn slow(&mut self, slowest: Duration) {
        self.slowest = slowest;
    }

    /// A process starts: its memory is new. `key` is what it proves its name with, if it does.
    pub(super) fn born(&mut self, now: Instant, actor: usize, key: Option<PublicKey>) {
        if let Some(key) = key
            && self.keys[actor].last() != Some(&key)
        {
            self.keys[actor].push(key);
        }
        self.restart(now, actor, true);
    }

    /// It was killed, or has ended: what it had open ends silently.
    pub(super) fn died(&mut self, now: Instant, actor: usize) {
        self.restart(now, actor, false);
    }

    fn restart(&mut self, now: Instant, actor: usize, up: bool) {
        self.lives[actor] = Life { up, ..Life::default() };
        if let Some(memories) = &mut self.memories {
            memories[actor] = Memory::default();
        }
        if up {
            // Nothing went wrong by this; whoever has to reach it has links to it first.
            self.changed(now);
        } else {
            self.disturb(now, now);
        }
    }

    /// Before a node that is killed, or that the world ends with, is gone: what it counted.
    pub(super) fn counted(&mut self, tallies: Tallies) {
        self.sums.add(tallies);
    }

    /// A node is given this command now. Texts in a run are unique.
    pub(super) fn command(&mut self, now: Instant, actor: usize, command: &Command) {
        self.lives[actor].last_text = 0;
        let (kind, dst, text) = match command {
            Command::Send { to, text } => (Kind::Send, to.to_string(), text),
            Command::Publish { scope, text } => (Kind::Pub, Target::from(scope.clone()).to_string(), text),
            Command::Quit => {
                self.lives[actor].quitting = true;
                return self.disturb(now, now);
            }
            Command::Connect(_) | Command::Ping(_) | Command::Reconnect => return,
        };
        self.lives[actor].last_text = text.len() as u64;
        self.sums.text_bytes += text.len() as u64;
        self.say(actor, kind, dst, text);
    }

    /// An old program says something, to a peer (SEND) or to many (PUB).
    pub(super) fn legacy_said(&mut self, _now: Instant, actor: usize, dst: &str, text: &str) {
        let kind = match Target::read(dst) {
            Target::Peer(_) => Kind::Send,
            _ => Kind::Pub,
        };
        self.say(actor, kind, dst.to_owned(), text);
    }

    fn say(&mut self, by: usize, kind: Kind, dst: String, text: &str) {
        if self.memories.is_some() {
            self.said.insert(text.to_owned(), Said { by, kind, dst });
        }
    }

    /// A node took the list of a rendezvous, which may teach it keys.
    pub(super) fn discovered(&mut self, actor: usize, listed: &[Listed]) {
        let Some(memory) = self.memories.as_mut().and_then(|memories| memories.get_mut(actor)) else {
            return;
        };
        for listed in listed {
            if let Some(key) = listed.key {
                memory.keys.entry(listed.peer.clone()).or_insert(key);
            }
        }
    }

    /// A node told its person something.
    pub(super) fn event(&mut self, now: Instant, actor: usize, event: &Event, recorder: &mut Recorder) {
        self.judge(now, recorder);
        match event {
            Event::NeighborUp { peer, proven, .. } => self.on_neighbor(now, actor, peer, Some(*proven)),
            Event::NeighborDown { peer, .. } => self.on_neighbor(now, actor, peer, None),
            Event::Sent { msg_id, dst } => {
                self.lives[actor].last_text = 0;
                match Target::read(dst) {
                    Target::Peer(dst) => self.on_sent(now, actor, msg_id, dst, recorder),
                    _ => self.on_published(now, actor, msg_id, dst),
                }
            }
            Event::Delivered {
                msg_id,
                dst,
                after,
                verified,
            } => self.on_delivered(now, actor, (msg_id, dst, *verified), *after, recorder),
            Event::Failed { msg_id, .. } => self.on_end(now, actor, msg_id, recorder),
            Event::Message { .. } => self.on_shown(now, actor, event, recorder),
            Event::Refused { .. } => {
                self.sums.text_bytes -= std::mem::take(&mut self.lives[actor].last_text);
            }
            Event::Pong { .. }
            | Event::Dropped { .. }
            | Event::Impostor { .. }
            | Event::PeerError { .. }
            | Event::RttMeasured { .. } => {}
        }
    }

    /// After a node's outputs were drained.
    pub(super) fn after(&mut self, now: Instant, actor: usize, node: &Node, recorder: &mut Recorder) {
        if self.memories.is_none() {
            return;
        }
        let vitals = node.vitals();
        self.on_vitals(now, actor, &vitals, recorder);
        let changed = self.memory(actor).is_some_and(|memory| {
            let links = (vitals.live, vitals.proven);
            std::mem::replace(&mut memory.link_counts, links) != links
        });
        if changed {
            self.on_links(
                now,
                actor,
                node.proven_neighbors()
                    .map(|(peer, links)| (peer.clone(), links))
                    .collect(),
            );
        }
        self.on_ways(now, actor, |link| node.is_live(link), recorder);
    }

    fn on_vitals(&mut self, now: Instant, actor: usize, vitals: &Vitals, recorder: &mut Recorder) {
        let name = &self.seats[actor].name;
        let held = [
            ("links", vitals.links, LINKS),
            ("bytes for a link", vitals.queued, LINK_QUEUE_BYTES),
            ("messages that have not ended", vitals.pending, PENDING_SENDS),
            ("searches", vitals.searching, SEARCHES),
            ("ways back", vitals.paths, REVERSE_PATHS),
            (
                "messages relayed for one link",
                vitals.relayed_for_one,
                RELAYED_PER_LINK,
            ),
        ];
        for (what, count, most) in held {
            recorder.check(now, Invariant::U6, count <= most, || {
                format!("{name} holds {count} {what}, more than {most}")
            });
        }
        recorder.check(now, Invariant::U6, vitals.listed == vitals.live, || {
            format!("{name} has {} live links, but lists {}", vitals.live, vitals.listed)
        });
        recorder.check(now, Invariant::B4, vitals.publishing <= PENDING_SENDS, || {
            format!("{name} holds {} messages to many", vitals.publishing)
        });
        self.on_time(now, actor, vitals.pending, recorder);
        if vitals.queued_proven > LINK_QUEUE_BYTES / 2 {
            // What fills up pushes PUBs out, as it may.
            self.disturb(now, now);
        }
        if let Some(memory) = self.memory(actor)
            && memory.too_fast != vitals.too_fast
        {
            memory.too_fast = vitals.too_fast;
            self.too_fast = Some(now);
        }
    }

    /// Something goes wrong now, of the network or of a process, and that lasts until then.
    pub(super) fn fault(&mut self, now: Instant, until: Instant) {
        let until = until.max(now);
        self.last_fault = Some(self.last_fault.map_or(until, |last| last.max(until)));
        self.disturb(now, until);
    }

    /// The last fault is over; whatever was to last longer ends here.
    pub(super) fn calm(&mut self, now: Instant) {
        self.trouble = self.trouble.map(|until| until.min(now));
        self.last_fault = self.last_fault.map(|last| last.min(now));
    }

    /// The end. What must have ended has ended; if they are to be `whole`, all that are alive are one network.
    pub(super) fn finish(&mut self, now: Instant, alive: &[bool], whole: bool, recorder: &mut Recorder) {
        self.judge_rest(now, recorder);
        if self.memories.is_none() {
            return;
        }
        for actor in 0..self.seats.len() {
            if alive.get(actor).copied().unwrap_or(false) && self.seats[actor].papo {
                self.on_finish(now, actor, recorder);
            }
        }
        if whole {
            self.check_whole(now, alive, recorder);
        }
    }

    fn memory(&mut self, actor: usize) -> Option<&mut Memory> {
        self.memories.as_mut()?.get_mut(actor)
    }

    /// True for a name that only a node that runs papo has truly, when `actor` holds it by a key of that node or by
    /// none: then nothing that is signed in that name can be anybody else's.
    fn is_honest(&self, actor: usize, name: &PeerId) -> bool {
        let Some(&of) = self.by_name.get(name).filter(|&&of| self.seats[of].papo) else {
            return false;
        };
        let held = self
            .memories
            .as_ref()
            .and_then(|memories| memories[actor].keys.get(name));
        held.is_none_or(|held| self.keys[of].contains(held))
    }

    fn name(&self, actor: usize) -> &PeerId {
        &self.seats[actor].name
    }
}

/// The links of a process by which lines are told apart: the actor is known to whoever asks.
type Links<T> = BTreeMap<PeerLinkId, T>;

/// Whether a message to many is meant for a peer, as its `dst` stands on the wire.
fn is_meant(dst: &str, peer: &PeerId) -> bool {
    match Target::read(dst) {
        Target::Everyone | Target::Nobody => true,
        Target::Namespace(name) => name == peer.namespace(),
        Target::Peer(other) => other == *peer,
    }
}
