//! Peers that run other programs, with their habits (docs/protocol.md 3), and peers that mean harm.
//!
//! A [`Legacy`] has the contract of every machine here: inputs at a time that never goes back, outputs that are polled
//! after each, and a next timeout. The same seed and inputs give the same outputs, and no input makes it panic.

mod bear;
mod dialing;
mod habits;
mod hostile;
mod lines;
mod old;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;

use super::scenario::Program;
use crate::id::{DialId, PeerId, PeerLinkId};
use crate::node::Kind;
use crate::rng::Rng;
use crate::time::Instant;

use hostile::Hostile;
use old::Old;

pub(super) use hostile::INVALID;

/// Something that happened to such a peer.
#[derive(Debug)]
pub(super) enum Input<'a> {
    /// A connection that it asked for is open.
    Dialed { dial: DialId, link: PeerLinkId },
    /// It is not, and will not be.
    DialFailed { dial: DialId },
    /// Somebody connected.
    Accepted { link: PeerLinkId },
    /// What exactly one read of the program gave: lines, or a part of one.
    Read { link: PeerLinkId, bytes: &'a [u8] },
    /// The other side ended the connection, or it broke. The link is never heard of again.
    Closed { link: PeerLinkId },
    /// What the rendezvous lists now, without this peer.
    Listed(&'a [(PeerId, SocketAddr)]),
    /// Its person says something to one peer.
    Send { to: PeerId, text: String },
    /// Its person says something to many: `dst` is `#namespace` or `*`.
    Publish { dst: String, text: String },
    /// Its person has enough.
    Quit,
    /// [`Legacy::poll_timeout`] has come.
    Timeout,
}

/// Something that it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Output {
    /// Open a connection.
    Dial { dial: DialId, address: SocketAddr },
    /// One write of the program.
    Write { link: PeerLinkId, bytes: Vec<u8> },
    /// Close behind what was written. The link is never heard of again.
    Close { link: PeerLinkId },
    /// Close at once; what was written may be lost. The link is never heard of again.
    Reset { link: PeerLinkId },
    /// Its person sees a message; each copy, if it comes several times.
    Shown {
        kind: Kind,
        src: String,
        msg_id: String,
        payload: String,
    },
    /// A papo node wrote what such a program cannot bear.
    Complaint(String),
}

/// A peer that is no papo node.
#[derive(Debug)]
pub(super) struct Legacy {
    mind: Mind,
}

#[derive(Debug)]
enum Mind {
    Old(Box<Old>),
    Hostile(Box<Hostile>),
}

impl Legacy {
    /// A peer without connections, which dials `fixed` by itself. `seed` decides everything that it draws. What is no
    /// program of others counts as [`Program::AnyLegacy`].
    pub(super) fn new(
        program: Program,
        me: PeerId,
        _port: u16,
        fixed: Vec<SocketAddr>,
        seed: u64,
        now: Instant,
    ) -> Self {
        let mut rng = Rng::new(seed);
        let drawn = usize::try_from(rng.below(Program::LEGACY.len() as u64)).unwrap_or(0);
        let mind = match program {
            Program::Hostile => Mind::Hostile(Box::new(Hostile::new(me, fixed, rng, now))),
            Program::AnyLegacy | Program::Papo => {
                Mind::Old(Box::new(Old::new(Program::LEGACY[drawn], me, fixed, rng, now)))
            }
            old => Mind::Old(Box::new(Old::new(old, me, fixed, rng, now))),
        };
        Self { mind }
    }

    /// Takes one input that happened at `now`.
    pub(super) fn handle(&mut self, now: Instant, input: Input<'_>) {
        match &mut self.mind {
            Mind::Old(old) => old.handle(now, input),
            Mind::Hostile(hostile) => hostile.handle(now, input),
        }
    }

    /// The next thing that it does, in order.
    pub(super) fn poll_output(&mut self) -> Option<Output> {
        match &mut self.mind {
            Mind::Old(old) => old.outbox.pop_front(),
            Mind::Hostile(hostile) => hostile.outbox.pop_front(),
        }
    }

    /// When to give it [`Input::Timeout`] at the latest.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        match &self.mind {
            Mind::Old(old) => old.timers.next(),
            Mind::Hostile(hostile) => hostile.next_at(),
        }
    }
}
