//! Goodbye: ours, theirs, and connections that end without one (docs/protocol.md 3.5).

use super::io::{CloseReason, Direction, Event, Output};
use super::link::{Link, Phase};
use super::paths::MsgKey;
use super::queue::Lane;
use super::{Node, Timer};
use crate::error::Code;
use crate::id::{MsgId, PeerId, PeerLinkId};
use crate::limits::{BYE_DEADLINE, BYE_LINGER};
use crate::time::Instant;
use crate::wire::peer::encode;

impl Node {
    /// Says BYE on every link; [`Output::Quit`] follows when the last one is closed.
    pub(super) fn quit(&mut self, now: Instant) {
        if self.quitting {
            return;
        }
        self.quitting = true;
        self.timers.cancel(Timer::Dial);
        self.abandon_all();
        let ids: Vec<PeerLinkId> = self.links.keys().copied().collect();
        for id in ids {
            self.leave(now, id, CloseReason::OurBye);
        }
        self.quit_if_done();
    }

    /// What this node still wanted to say, or to hear of, ends now.
    fn abandon_all(&mut self) {
        self.abandon_sends();
        for about in self.publisher.abandon() {
            let code = Code::Busy;
            self.event(Event::Refused { code, about });
        }
        self.timers.cancel(Timer::Publish);
    }

    fn quit_if_done(&mut self) {
        if self.quitting && self.links.is_empty() {
            self.outbox.push_back(Output::Quit);
        }
    }

    /// Says BYE and closes when it is answered, or after a while.
    pub(super) fn leave(&mut self, now: Instant, id: PeerLinkId, reason: CloseReason) {
        let Some(link) = self.links.get_mut(&id) else { return };
        if !link.is_live() {
            if !matches!(link.phase, Phase::Leaving(_) | Phase::Left) {
                self.close(now, id, reason);
            }
            return;
        }
        self.no_longer_neighbor(now, id, reason);
        let msg_id = MsgId::random(&mut self.rng);
        let Some(link) = self.links.get_mut(&id) else { return };
        let Some(to) = link.peer.clone() else { return };
        let why = match reason {
            CloseReason::OurBye => "quit",
            CloseReason::Duplicate => "duplicate",
            CloseReason::Silent => "timeout",
            _ => "closing",
        };
        let line = encode::bye(msg_id.as_str(), &self.me, &to, why);
        link.phase = Phase::Leaving(reason);
        if reason == CloseReason::Silent {
            // Nobody takes it; goodbye is said in case somebody still listens.
            link.queue.clear();
        }
        // Behind everything that was said already.
        let _ = link.queue.push(Lane::Rest, line, None);
        self.timers.set(Timer::Goodbye(id), now + BYE_DEADLINE);
        self.pump(now, id);
    }

    pub(super) fn on_bye(&mut self, now: Instant, id: PeerLinkId, msg_id: Option<&str>) {
        let Some(link) = self.links.get(&id) else { return };
        let to = link.peer.clone().unwrap_or_else(|| self.me.clone());
        let line = encode::bye_ok(msg_id, &self.me, &to);
        if !link.is_live() {
            self.last_words(id, line);
            return self.close(now, id, CloseReason::TheirBye);
        }
        self.no_longer_neighbor(now, id, CloseReason::TheirBye);
        if let Some(link) = self.links.get_mut(&id) {
            link.phase = Phase::Left;
            // Whoever says goodbye hears no more.
            link.queue.clear();
            let _ = link.queue.push(Lane::Control, line, None);
        }
        // Some programs never close after they said goodbye.
        self.timers.set(Timer::Goodbye(id), now + BYE_LINGER);
        self.pump(now, id);
    }

    pub(super) fn on_goodbye_due(&mut self, now: Instant, id: PeerLinkId) {
        match self.links.get(&id).map(|link| &link.phase) {
            Some(&Phase::Leaving(reason)) => self.close(now, id, reason),
            Some(Phase::Left) => self.close(now, id, CloseReason::TheirBye),
            _ => {}
        }
    }

    /// The other side ended the connection.
    pub(super) fn on_closed(&mut self, now: Instant, id: PeerLinkId) {
        let Some(link) = self.links.get(&id) else { return };
        let reason = match link.phase {
            // What a program does that has a connection to this node already.
            Phase::Greeting { .. } => CloseReason::AlreadyConnected,
            Phase::Leaving(reason) => reason,
            Phase::Left => CloseReason::TheirBye,
            Phase::Ungreeted | Phase::Proving(_) | Phase::Live => CloseReason::Ended,
        };
        self.forget(now, id, reason);
    }

    /// Closes a link at once, whatever it is doing.
    pub(super) fn close(&mut self, now: Instant, id: PeerLinkId, reason: CloseReason) {
        if self.links.contains_key(&id) {
            self.outbox.push_back(Output::Close { link: id, reason });
            self.forget(now, id, reason);
        }
    }

    /// The other side sent us away: nothing is said on it any more.
    pub(super) fn drop_link(&mut self, now: Instant, id: PeerLinkId, reason: CloseReason) {
        self.close(now, id, reason);
    }

    fn forget(&mut self, now: Instant, id: PeerLinkId, reason: CloseReason) {
        let Some(link) = self.links.remove(&id) else { return };
        // Only now that it is gone: what its end calls for is not written to the link itself.
        self.neighbor_lost(now, id, Lost::from(&link), reason);
        self.forget_pace(id);
        for timer in [
            Timer::Greeting(id),
            Timer::Queue(id),
            Timer::Keepalive(id),
            Timer::Goodbye(id),
        ] {
            self.timers.cancel(timer);
        }
        if let Phase::Greeting { dial, .. } = link.phase {
            match reason {
                CloseReason::Ourselves => self.dialer.ourselves(dial, now),
                CloseReason::AlreadyConnected | CloseReason::Duplicate => self.dialer.already_connected(dial, now),
                _ => self.dialer.failed(dial, now, &mut self.rng),
            }
        }
        self.quit_if_done();
    }

    /// A link that was live is not any more, but what it has to write still goes out.
    fn no_longer_neighbor(&mut self, now: Instant, id: PeerLinkId, reason: CloseReason) {
        let Some(lost) = self.links.get(&id).and_then(Lost::from) else {
            return;
        };
        // What goes another way from here on must not also go this one.
        let moved: Vec<MsgKey> = lost.unwritten.iter().filter(|tag| self.is_open(tag)).cloned().collect();
        if let Some(link) = self.links.get_mut(&id) {
            link.queue.retain_tagged(|tag| !moved.contains(tag));
        }
        self.neighbor_lost(now, id, Some(lost), reason);
    }

    /// Routes and messages that counted on a link look for another way.
    fn neighbor_lost(&mut self, now: Instant, id: PeerLinkId, lost: Option<Lost>, reason: CloseReason) {
        let Some(lost) = lost else { return };
        let peer = lost.peer;
        self.timers.cancel(Timer::Keepalive(id));
        let gone = self.neighbors.remove(&peer, id);
        if lost.proven {
            self.keys.unpin(&peer, now);
        }
        if gone {
            self.routes.neighbor_lost(&peer);
            self.dialer.lost(&peer, now, &mut self.rng);
            self.event(Event::NeighborDown {
                peer: peer.clone(),
                direction: lost.direction,
                reason,
            });
        }
        self.on_link_lost(now, id, &peer, gone, &lost.unwritten);
    }
}

/// What a live link leaves behind.
struct Lost {
    peer: PeerId,
    direction: Direction,
    proven: bool,
    /// What waited in its queue.
    unwritten: Vec<MsgKey>,
}

impl Lost {
    /// None of a link that is not live.
    fn from(link: &Link) -> Option<Self> {
        let peer = link.peer.clone().filter(|_| link.is_live())?;
        Some(Self {
            peer,
            direction: link.direction,
            proven: link.key.is_some(),
            unwritten: link.queue.tags().cloned().collect(),
        })
    }
}
