//! Requests between hubs: how long they take, and what becomes of them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::plan::pick;

use crate::hub::{Key, PostOutcome};
use crate::id::LinkId;
use crate::limits::RELAY_POST_DEADLINE;
use crate::rng::Rng;
use crate::sim::scenario::{Network, Share};
use crate::time::Instant;
use crate::wire::relay::{self, Body};

/// One direction of a link.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) link: LinkId,
    pub(super) latency: Duration,
    /// The request in flight.
    pub(super) flying: Option<Flying>,
}

/// What a request in flight carries.
#[derive(Debug, Clone, Default)]
pub(super) struct Flying {
    /// Distinguishes it from others on its wire.
    pub(super) number: u64,
    pub(super) ids: Vec<String>,
    pub(super) keys: Vec<(usize, Key)>,
    /// The other side has taken it.
    pub(super) arrived: bool,
}

/// What goes wrong now, by the number of the action.
#[derive(Debug, Default)]
pub(super) struct Weather {
    pub(super) partitions: BTreeMap<usize, BTreeSet<usize>>,
    pub(super) one_ways: BTreeMap<usize, BTreeSet<usize>>,
    pub(super) half_open: BTreeMap<usize, BTreeSet<(usize, usize)>>,
    pub(super) links: BTreeMap<usize, BTreeSet<(usize, usize)>>,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It never arrives; the sender learns so then.
    Ends(Duration, PostOutcome),
    /// It arrives after the first time, and its reply after the second, if at all.
    Arrives(Duration, Option<Duration>),
}

/// Time to connect, which a real driver allows.
const CONNECT: Duration = Duration::from_secs(3);
/// Refusals that a broken link may answer with.
const REFUSALS: [u16; 7] = [400, 401, 403, 404, 422, 429, 503];
/// TCP sends again what got lost after about this.
const RESEND: Duration = Duration::from_millis(200);

impl Weather {
    /// Nothing passes from one actor to another.
    pub(super) fn stops(&self, from: usize, to: usize) -> bool {
        let apart = |side: &BTreeSet<usize>| side.contains(&from) != side.contains(&to);
        let muted = |side: &BTreeSet<usize>| side.contains(&from) && !side.contains(&to);
        let dead = |links: &BTreeSet<(usize, usize)>| links.contains(&(from, to));
        self.partitions.values().any(apart) || self.one_ways.values().any(muted) || self.half_open.values().any(dead)
    }

    fn fails(&self, from: usize, to: usize) -> bool {
        self.links.values().any(|links| links.contains(&(from, to)))
    }

    /// Decides what becomes of a request of so many bytes.
    pub(super) fn fate(&self, wire: &Wire, bytes: usize, repeatable: bool, network: &Network, rng: &mut Rng) -> Fate {
        let there = trip(wire, bytes, network, rng);
        let back = trip(wire, 0, network, rng);
        let unsent = PostOutcome::Failed { sent: false };
        let unknown = Fate::Ends(RELAY_POST_DEADLINE, PostOutcome::Failed { sent: true });
        let (out, home) = (self.stops(wire.from, wire.to), self.stops(wire.to, wire.from));
        match (out, home) {
            // A connection that was kept still takes the request; a new one is not made.
            (true, _) if repeatable && rng.below(2) == 0 => unknown,
            (true, _) if rng.below(2) == 0 => Fate::Ends(there, unsent),
            (true, _) => Fate::Ends(CONNECT, unsent),
            (false, true) if rng.below(4) == 0 => Fate::Ends(CONNECT, unsent),
            (false, true) => Fate::Arrives(there, None),
            (false, false) if self.fails(wire.from, wire.to) => broken(there, back, rng),
            (false, false) => Fate::Arrives(there, Some(back)),
        }
    }
}

/// A link that fails in every way that there is.
fn broken(there: Duration, back: Duration, rng: &mut Rng) -> Fate {
    match rng.below(5) {
        0 => Fate::Ends(there, PostOutcome::Failed { sent: false }),
        1 => Fate::Ends(there + back, answer(REFUSALS[pick(rng, REFUSALS.len())])),
        2 => Fate::Arrives(there, None),
        3 => Fate::Arrives(there + Duration::from_micros(rng.below(8_000_000)), Some(back)),
        _ => Fate::Arrives(there, Some(back)),
    }
}

/// How the driver of a hub reads an HTTP status (docs/protocol.md 5.3).
pub(super) fn answer(status: u16) -> PostOutcome {
    match status {
        408 | 429 | 500.. => PostOutcome::Failed { sent: true },
        _ => PostOutcome::Rejected { status },
    }
}

/// One way over a wire.
fn trip(wire: &Wire, bytes: usize, network: &Network, rng: &mut Rng) -> Duration {
    let mut span = wire.latency + network.jitter.draw(rng);
    let micros = (bytes as u64 * 1_000_000).checked_div(network.bandwidth.0);
    span += Duration::from_micros(micros.unwrap_or(0));
    if rng.below(Share::WHOLE.into()) < u64::from(network.loss.draw(rng)) {
        span += RESEND;
    }
    span
}

impl Flying {
    /// The first message, called as what is shown is called too, so that a trace has both in one place. What has no
    /// number has an id.
    pub(super) fn first(&self) -> String {
        match self.keys.first() {
            Some((_, key)) => format!("{}/{}", key.origin, key.seq.get()),
            None => self.ids.first().cloned().unwrap_or_default(),
        }
    }
}

/// What a body carries.
pub(super) fn contents(number: u64, body: &str, home: &str) -> Flying {
    let mut flying = Flying {
        number,
        ..Flying::default()
    };
    if let Ok(Body::Papo { messages, .. }) = relay::parse(body.as_bytes()) {
        for message in messages {
            flying.ids.push(message.id.to_string());
            let room = usize::from(message.room.as_str() != home);
            let origin = message.origin;
            flying.keys.extend(message.seq.map(|seq| (room, Key { origin, seq })));
        }
    }
    flying
}

/// When a request that gets no reply is given up.
pub(super) fn deadline(sent: Instant) -> Instant {
    sent + RELAY_POST_DEADLINE
}
