//! Signs of life, and how long they take (docs/protocol.md 3.4).

use super::Node;
use super::Timer;
use super::io::{CloseReason, Event};
use super::link::Link;
use super::queue::Lane;
use crate::error::Code;
use crate::id::{MsgId, PeerId, PeerLinkId};
use crate::time::Instant;
use crate::wire::peer::encode;

impl Node {
    /// Another interval of a link is over.
    pub(super) fn on_interval(&mut self, now: Instant, id: PeerLinkId) {
        let Some(link) = self.links.get_mut(&id).filter(|link| link.is_live()) else {
            return;
        };
        let dead = link.on_interval();
        let interval = link.interval();
        if dead {
            return self.leave(now, id, CloseReason::Silent);
        }
        self.ping(now, id, false);
        self.timers.set(Timer::Keepalive(id), now + interval);
    }

    fn ping(&mut self, now: Instant, id: PeerLinkId, asked_for: bool) {
        let msg_id = MsgId::random(&mut self.rng);
        let line = encode::ping(msg_id.as_str(), self.utc(now));
        if let Some(link) = self.links.get_mut(&id) {
            link.on_ping_sent(msg_id, asked_for, now);
        }
        self.write(now, id, Lane::Control, line, None);
    }

    pub(super) fn ping_for_person(&mut self, now: Instant, peer: &PeerId) {
        match self.best_link(peer) {
            Some(link) => self.ping(now, link, true),
            None => self.refuse_command(Code::NoRoute, peer),
        }
    }

    pub(super) fn on_ping(&mut self, now: Instant, id: PeerLinkId, msg_id: Option<&str>) {
        let line = encode::pong(msg_id, self.utc(now));
        self.write(now, id, Lane::Control, line, None);
    }

    pub(super) fn on_pong(&mut self, now: Instant, id: PeerLinkId, msg_id: Option<&str>) {
        let Some((rtt, asked_for)) = self.links.get_mut(&id).and_then(|link| link.on_pong(msg_id, now)) else {
            return;
        };
        let Some(peer) = self
            .links
            .get(&id)
            .filter(|link| Link::is_live(link))
            .and_then(|link| link.peer.clone())
        else {
            return;
        };
        if let Some(neighbor) = self.neighbors.get_mut(&peer) {
            neighbor.rtt.sample(rtt);
        }
        self.event(if asked_for {
            Event::Pong { peer, rtt }
        } else {
            Event::RttMeasured { peer, rtt }
        });
    }
}
