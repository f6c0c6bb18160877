//! Signatures of messages: made, and held against the keys that are known (docs/protocol.md 2.6).

use super::Node;
use super::io::{DropCause, Event};
use super::keys::is_in_time;
use crate::id::{MsgId, PeerId, PeerLinkId};
use crate::identity::PublicKey;
use crate::planted::{Bug, planted};
use crate::time::{Instant, UtcMillis};
use crate::wire::peer::{Receipt, Seal, Sealed};

/// What a signature says of a message's source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// It is whoever has this key, which is the one known for the name.
    Verified(PublicKey),
    /// Nobody can tell.
    Unverified,
}

impl Node {
    /// The signed parts of a message of this node.
    pub(super) fn sealed<'a>(
        &'a self,
        kind: &'a str,
        dst: &'a str,
        msg_id: &'a MsgId,
        q: u64,
        t: UtcMillis,
        payload: &'a str,
    ) -> Sealed<'a> {
        Sealed {
            kind,
            src: self.me.as_str(),
            dst,
            msg_id: msg_id.as_str(),
            q,
            t,
            payload,
        }
    }

    /// Signs a message of this node without text.
    pub(super) fn seal(&mut self, now: Instant, kind: &str, dst: &str, msg_id: &MsgId, attempt: u8) -> Seal {
        let (q, t) = (self.next_q(), self.utc(now));
        self.sealed(kind, dst, msg_id, q, t, "").sign(&self.identity, attempt)
    }

    /// Who a message is from. `Err` when it must be dropped: its signature is wrong, its key is not the one known for
    /// its source, or it has none although a key is known. Nothing is learned from it yet: see [`Node::learn_key`].
    pub(super) fn check_origin(
        &self,
        kind: &str,
        src: &PeerId,
        dst: &str,
        msg_id: Option<&MsgId>,
        payload: &str,
        seal: Option<&Seal>,
    ) -> Result<Origin, DropCause> {
        if seal.is_some() && msg_id.is_none() {
            // Whoever signs has an id: it is part of what is signed.
            return Err(DropCause::Forged);
        }
        let (Some(seal), Some(msg_id)) = (seal, msg_id) else {
            let claimed = *src == self.me || self.keys.known(src).is_some();
            return if claimed && !planted(Bug::UnsignedBelieved) {
                Err(DropCause::Forged)
            } else {
                Ok(Origin::Unverified)
            };
        };
        let sealed = Sealed {
            kind,
            src: src.as_str(),
            dst,
            msg_id: msg_id.as_str(),
            q: seal.q,
            t: seal.t,
            payload,
        };
        let own = *src == self.me && seal.pk != self.identity.public();
        if own || self.keys.known(src).is_some_and(|known| *known != seal.pk) || !sealed.is_signed_by(seal) {
            if planted(Bug::ShowForged) {
                return Ok(Origin::Unverified);
            }
            return Err(DropCause::Forged);
        }
        Ok(Origin::Verified(seal.pk))
    }

    /// A message whose origin was looked at was taken: its key is that of its source from now on, if none was known.
    pub(super) fn learn_key(&mut self, now: Instant, src: &PeerId, origin: Origin) {
        if let Origin::Verified(key) = origin {
            // A key that contradicts the one that is known was refused with the origin.
            let _ = self.keys.learn(src, key, now);
        }
    }

    /// The same for what is taken whatever its number is: then its time must be right.
    pub(super) fn learn_key_in_time(&mut self, now: Instant, src: &PeerId, seal: Option<&Seal>) {
        if let Some(seal) = seal.filter(|seal| is_in_time(seal.t, self.utc(now))) {
            self.learn_key(now, src, Origin::Verified(seal.pk));
        }
    }

    /// True when somebody signs under the name of an old program that is connected here: the key is not its own.
    pub(super) fn is_taken_from_old(&self, sender: &PeerId, src: &PeerId, seal: Option<&Seal>) -> bool {
        let old = |src| self.neighbors.get(src).is_some_and(|neighbor| neighbor.key.is_none());
        seal.is_some() && src != sender && old(src) && self.keys.known(src).is_none()
    }

    /// Whether a receipt is from `from`, who has to sign when its key is known. `Ok` tells whether it is verified.
    pub(super) fn check_receipt(&self, kind: &str, from: &PeerId, receipt: &Receipt) -> Result<bool, ()> {
        let dst = receipt.dst.as_ref().map_or("", |dst| dst.as_str()).to_owned();
        if planted(Bug::AckUnverified) {
            return Ok(true);
        }
        // A key that is seen here for the first time may be that of a relay that answers for somebody else.
        let known = self.keys.known(from).is_some();
        let origin = self.check_origin(kind, from, &dst, receipt.msg_id.as_ref(), "", receipt.seal.as_ref());
        origin
            .map(|origin| known && matches!(origin, Origin::Verified(_)))
            .map_err(drop)
    }

    /// A message is neither shown nor passed on. Told once for a while, and counted always.
    pub(super) fn drop_message(&mut self, now: Instant, link: PeerLinkId, src: Option<PeerId>, cause: DropCause) {
        match cause {
            DropCause::Forged => self.counters.forged += 1,
            DropCause::Replayed => self.counters.replayed += 1,
            DropCause::BadFormat => self.counters.bad_lines += 1,
            DropCause::TooFast => self.counters.too_fast += 1,
        }
        if self.complaints.insert((src.clone(), cause), now) {
            let via = self.peer_of(link).cloned();
            self.event(Event::Dropped { src, via, cause });
        }
    }
}
