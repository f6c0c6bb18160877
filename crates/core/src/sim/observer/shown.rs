//! What people are shown: once, and only what was said.

use super::{Observer, is_meant};
use crate::id::PeerId;
use crate::limits::{FLOOD_LIFE, UNSIGNED_IDS, UNSIGNED_LIFE};
use crate::node::{Event, Kind};
use crate::sim::check::Invariant;
use crate::sim::legacy::INVALID;
use crate::sim::record::Recorder;
use crate::time::Instant;
use crate::wire::peer::Target;

/// A message that a node showed.
struct Shown<'a> {
    now: Instant,
    actor: usize,
    kind: Kind,
    id: &'a str,
    src: &'a PeerId,
    dst: &'a str,
    text: &'a str,
}

impl Observer {
    pub(super) fn on_shown(&mut self, now: Instant, actor: usize, event: &Event, recorder: &mut Recorder) {
        let Event::Message {
            kind,
            msg_id,
            src,
            dst,
            payload,
            ttl,
            verified,
            ..
        } = event
        else {
            return;
        };
        if *kind == Kind::Pub && *verified {
            self.on_displayed(now, actor, msg_id, src, ttl.get());
        }
        if self.memories.is_none() {
            return;
        }
        let shown = Shown {
            now,
            actor,
            kind: *kind,
            id: msg_id,
            src,
            dst,
            text: payload,
        };
        self.check_meant(&shown, recorder);
        if *verified {
            self.check_signed(&shown, recorder);
        } else {
            self.check_unsigned(&shown, recorder);
        }
        if *kind == Kind::Send {
            let name = self.seats[actor].name.clone();
            self.arrived.insert((name, msg_id.clone()));
            if let Some(memory) = self.memory(actor) {
                memory.confirmable.insert(msg_id.clone());
            }
        }
    }

    /// Nobody is shown its own words, nor what is for somebody else.
    fn check_meant(&self, shown: &Shown<'_>, recorder: &mut Recorder) {
        let me = self.name(shown.actor);
        let by_me = self.said.get(shown.text).is_some_and(|said| said.by == shown.actor);
        recorder.check(shown.now, Invariant::B1, !(by_me && shown.src == me), || {
            format!("{me} is shown {:?} of its own", shown.text)
        });
        let meant = match shown.kind {
            // One that names no peer is for whoever gets it.
            Kind::Send => match Target::read(shown.dst) {
                Target::Peer(peer) => peer == *me,
                Target::Nobody | Target::Namespace(_) | Target::Everyone => true,
            },
            Kind::Pub => is_meant(shown.dst, me),
        };
        let invalid = [shown.id, shown.text].iter().any(|text| text.contains(INVALID));
        let taken = shown.src == me && !by_me;
        let truth = meant && !taken && (!invalid || self.said.contains_key(shown.text));
        recorder.check(shown.now, Invariant::Truth, truth, || {
            format!("{me} is shown {:?} of {} for {:?}", shown.text, shown.src, shown.dst)
        });
    }

    fn check_signed(&mut self, shown: &Shown<'_>, recorder: &mut Recorder) {
        let Shown { now, actor, src, .. } = *shown;
        let me = self.seats[actor].name.clone();
        let honest = self.is_honest(actor, src);
        let Some(memory) = self.memory(actor) else { return };
        memory.claimed.insert(src.clone());
        let before = memory.shown.insert((shown.kind, src.clone(), shown.id.to_owned()), now);
        // Who means harm may sign something new under an old id, once that is forgotten.
        let again = before.is_some_and(|before| honest || now.since(before) < FLOOD_LIFE);
        let once = match shown.kind {
            Kind::Send => Invariant::U2,
            Kind::Pub => Invariant::B2,
        };
        recorder.check(now, once, !again, || {
            format!("{me} shows {} of {src} twice: {:?}", shown.id, shown.text)
        });
        if !honest {
            return;
        }
        if shown.kind == Kind::Pub {
            let new = memory.texts.insert((src.clone(), shown.text.to_owned()));
            recorder.check(now, Invariant::B1, new, || {
                format!("{me} shows {:?} of {src} twice", shown.text)
            });
        }
        let said = self.said.get(shown.text);
        let truth =
            said.is_some_and(|said| self.name(said.by) == src && said.kind == shown.kind && said.dst == shown.dst);
        recorder.check(now, Invariant::Truth, truth, || {
            format!(
                "{me} is shown {:?} to {:?}, signed by {src}, who did not say it",
                shown.text, shown.dst
            )
        });
    }

    fn check_unsigned(&mut self, shown: &Shown<'_>, recorder: &mut Recorder) {
        let Shown { now, actor, src, .. } = *shown;
        let me = self.seats[actor].name.clone();
        let said = self.said.get(shown.text).map(|said| said.by);
        let papo = said.is_some_and(|by| self.seats[by].papo);
        // Old programs do not always say in whose name they speak; whoever means harm says anything.
        let truth = self.anybody_hostile || said.is_some_and(|by| !papo || self.name(by) == src);
        recorder.check(now, Invariant::Truth, truth, || {
            format!("{me} is shown {:?} of {src}, which nobody said", shown.text)
        });
        let Some(memory) = self.memory(actor) else { return };
        let claimed = memory.claimed.contains(src);
        recorder.check(now, Invariant::Truth, !claimed, || {
            format!(
                "{me} believes an unsigned {:?} of {src}, whose key it knows",
                shown.text
            )
        });
        let fields = [shown.id, shown.dst, shown.text].map(str::to_owned);
        let read = memory.read;
        let before = memory.unsigned.insert((shown.kind, src.clone(), fields), (now, read));
        // More than a node remembers may have come since.
        let again = before.is_some_and(|(before, count)| {
            now.since(before) < UNSIGNED_LIFE && read.saturating_sub(count) < UNSIGNED_IDS as u64
        });
        let once = match shown.kind {
            Kind::Send => Invariant::U2,
            Kind::Pub => Invariant::B2,
        };
        recorder.check(now, once, !again, || {
            format!("{me} shows the unsigned {:?} of {src} twice", shown.text)
        });
    }

    /// An old program shows something to its person. It shows every copy, and whoever means harm may reach it.
    pub(in crate::sim) fn legacy_shown(
        &mut self,
        now: Instant,
        actor: usize,
        kind: Kind,
        src: &str,
        payload: &str,
        recorder: &mut Recorder,
    ) {
        if self.memories.is_none() || self.anybody_hostile {
            return;
        }
        // Some show who brought it in place of who said it.
        recorder.check(now, Invariant::Truth, self.said.contains_key(payload), || {
            format!(
                "{} is shown {payload:?} of {src} ({kind:?}), which nobody said",
                self.name(actor)
            )
        });
    }
}
