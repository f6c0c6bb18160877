//! One hub link: what waits for the other side, and what may be sent when (docs/protocol.md 5.3).
//!
//! At most one request is in flight. What the other side is decides how it is sent to: a papo hub knows every message
//! by its id, so it gets batches and a batch may be sent again; an old service shows whatever arrives, so it gets one
//! message at a time, only the home room, and never the same one twice.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::hub::record::Position;
use crate::id::HubId;
use crate::limits::{
    OUTBOX_BYTES, OUTBOX_MESSAGES, PROBE_REFUSALS, RELAY_BACKOFF_MAX, RELAY_BACKOFF_MIN, RELAY_BATCH, RELAY_BODY_BYTES,
};
use crate::planted::{Bug, planted};
use crate::rng::Rng;
use crate::time::Instant;

/// What answers at the other end of a hub link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    /// Nothing has answered yet.
    Unknown,
    /// An old service: it answered without a hub id.
    Legacy,
    /// A papo hub.
    Papo(HubId),
    /// This hub itself: the link leads in a circle and is left alone.
    Own,
}

/// How a `POST /relay` ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostOutcome {
    /// 2xx, with the hub id of the reply if it had one.
    Accepted {
        /// `hub` of the reply.
        hub: Option<HubId>,
    },
    /// A 4xx (but 408 and 429) or a redirect.
    Rejected {
        /// The status.
        status: u16,
    },
    /// Anything else: no connection, no reply in time, 5xx, 408, 429.
    Failed {
        /// False only when the body certainly did not go out.
        sent: bool,
    },
}

/// What one ended request means for the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settled {
    /// Go on with the next request, if there is one.
    Continue,
    /// Wait before the next try.
    Wait(Duration),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InFlight {
    Batch(usize),
    Single,
    Probe,
}

/// A message that waits for a link: its JSON, shared by all links.
#[derive(Debug, Clone)]
pub(crate) struct Parcel {
    pub(crate) json: Arc<str>,
    /// In the hub's home room: the only one that an old service has.
    pub(crate) home: bool,
    /// Of no use any more from then on.
    pub(crate) expires: Option<Instant>,
    /// Where it stands in the hub's log, if it is kept there.
    pub(crate) position: Option<Position>,
}

/// Messages that will not arrive, by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lost {
    /// The outbox was full.
    pub overflow: u64,
    /// The other side refused them for good.
    pub rejected: u64,
    /// They may have arrived at an old service, where a second copy would be shown again.
    pub uncertain: u64,
    /// They were said in a room that an old service does not have: nobody there misses them.
    pub other_room: u64,
}

impl Lost {
    /// Those that somebody misses.
    pub fn total(&self) -> u64 {
        self.overflow + self.rejected + self.uncertain
    }
}

#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) kind: LinkKind,
    pub(crate) lost: Lost,
    waiting: VecDeque<Parcel>,
    waiting_bytes: usize,
    in_flight: Option<InFlight>,
    /// The next request waits for a timer.
    resting: bool,
    failures: u32,
    /// After a refused batch, so many go one by one, to find the one that was refused.
    singly: usize,
    /// So many probes in a row were refused by something that may or may not be an old service.
    refused_probes: u32,
    /// Everything up to here is done with.
    done: Position,
    /// What is kept of that.
    recorded: Position,
}

impl Link {
    pub(crate) fn new() -> Self {
        Self {
            kind: LinkKind::Unknown,
            lost: Lost::default(),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            in_flight: None,
            resting: false,
            failures: 0,
            singly: 0,
            refused_probes: 0,
            done: Position::default(),
            recorded: Position::default(),
        }
    }

    /// Messages that wait, those in flight included.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Puts a message at the end of the outbox; the oldest that is not in flight makes room for it.
    pub(crate) fn push(&mut self, parcel: Parcel) {
        if self.kind == LinkKind::Own {
            return;
        }
        self.waiting_bytes += parcel.json.len();
        self.waiting.push_back(parcel);
        while self.waiting.len() > OUTBOX_MESSAGES || self.waiting_bytes > OUTBOX_BYTES {
            let Some(oldest) = self.waiting.remove(self.in_flight_messages()) else {
                break;
            };
            self.waiting_bytes -= oldest.json.len();
            self.lost.overflow += 1;
            if self.in_flight_messages() == 0 {
                self.done = self.done.max(oldest.position.unwrap_or_default());
            }
        }
    }

    /// The body of the next request, if one may go now. It is then in flight until [`Link::settle`].
    pub(crate) fn next_body(&mut self, from: HubId) -> Option<String> {
        if self.in_flight.is_some() || self.resting {
            return None;
        }
        if self.kind == LinkKind::Legacy {
            while self.waiting.front().is_some_and(|parcel| !parcel.home) {
                self.drop_front(1);
                self.lost.other_room += 1;
            }
        }
        let front = self.waiting.front()?;
        let (request, body) = match self.kind {
            LinkKind::Own => return None,
            // An old service in the place of a hub refuses batches too. Even one message of another room goes in a batch,
            // which such a service does not show.
            LinkKind::Papo(_) if self.singly == 0 || !front.home => {
                let count = if self.singly == 0 { self.batch_size() } else { 1 };
                let objects = self.waiting.iter().take(count).map(|parcel| &*parcel.json);
                (InFlight::Batch(count), crate::wire::relay::batch(from, objects))
            }
            // What an old service must not show cannot be used to find out whether it is one, nor what is kept: it would
            // have to count as sent before it goes, and would be lost if nothing answers and this hub starts anew.
            LinkKind::Unknown if !front.home || front.position.is_some() => {
                (InFlight::Probe, crate::wire::relay::batch(from, std::iter::empty()))
            }
            LinkKind::Unknown | LinkKind::Legacy | LinkKind::Papo(_) => (InFlight::Single, front.json.to_string()),
        };
        self.in_flight = Some(request);
        Some(body)
    }

    /// True when a request in flight may be sent again without harm.
    pub(crate) fn repeatable(&self) -> bool {
        matches!(self.kind, LinkKind::Papo(_)) || self.in_flight == Some(InFlight::Probe)
    }

    /// The request in flight ended so.
    pub(crate) fn settle(&mut self, outcome: PostOutcome, own: HubId, rng: &mut Rng) -> Settled {
        let Some(request) = self.in_flight.take() else {
            return Settled::Continue;
        };
        match outcome {
            PostOutcome::Accepted { hub } => {
                self.failures = 0;
                self.refused_probes = 0;
                self.kind = match hub {
                    Some(hub) if hub == own => LinkKind::Own,
                    Some(hub) => LinkKind::Papo(hub),
                    // A hub does not turn into an old service for one odd answer; whether it did shows in the next.
                    None if matches!(self.kind, LinkKind::Papo(_)) => LinkKind::Unknown,
                    None => LinkKind::Legacy,
                };
                match request {
                    InFlight::Batch(_) if self.singly > 0 => self.single_done(),
                    InFlight::Batch(count) => self.drop_front(count),
                    InFlight::Single => self.single_done(),
                    InFlight::Probe => {}
                }
                if self.kind == LinkKind::Own {
                    self.drop_front(self.waiting.len());
                }
                Settled::Continue
            }
            // Not this message is refused but this hub: that can be mended on the other side, and nothing was shown there.
            PostOutcome::Rejected { status } if refuses_sender(status) => self.rest(rng),
            PostOutcome::Rejected { status } => {
                self.failures = 0;
                match request {
                    InFlight::Batch(count) if self.singly == 0 => self.singly = count,
                    InFlight::Batch(_) | InFlight::Single => {
                        self.lost.rejected += 1;
                        self.single_done();
                    }
                    InFlight::Probe => return self.probe_refused(status, rng),
                }
                Settled::Continue
            }
            PostOutcome::Failed { sent } => {
                if planted(Bug::OutboxLost) {
                    self.drop_front(self.waiting.len());
                }
                if planted(Bug::ResumeOffByOne) && matches!(request, InFlight::Batch(_)) {
                    self.drop_front(1);
                }
                if request == InFlight::Single && sent && !matches!(self.kind, LinkKind::Papo(_)) {
                    self.lost.uncertain += 1;
                    self.single_done();
                }
                self.rest(rng)
            }
        }
    }

    /// An old service does not know batches and misses a key in an empty one. Any other refusal may come from something
    /// in between, so it has to come again before it decides.
    fn probe_refused(&mut self, status: u16, rng: &mut Rng) -> Settled {
        self.refused_probes += 1;
        if status != UNPROCESSABLE && self.refused_probes < PROBE_REFUSALS {
            return self.rest(rng);
        }
        self.kind = LinkKind::Legacy;
        Settled::Continue
    }

    fn rest(&mut self, rng: &mut Rng) -> Settled {
        self.resting = true;
        let doubled = RELAY_BACKOFF_MIN.saturating_mul(1 << self.failures.min(10));
        self.failures = self.failures.saturating_add(1);
        Settled::Wait(rng.jitter(doubled.min(RELAY_BACKOFF_MAX)))
    }

    /// The wait is over. What became old meanwhile is dropped.
    pub(crate) fn rested(&mut self, now: Instant) {
        self.resting = false;
        let bytes = &mut self.waiting_bytes;
        self.waiting.retain(|parcel| {
            let fresh = parcel.expires.is_none_or(|at| now < at);
            if !fresh {
                *bytes -= parcel.json.len();
            }
            fresh
        });
    }

    /// Failed tries since the last success.
    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    fn single_done(&mut self) {
        self.drop_front(1);
        self.singly = self.singly.saturating_sub(1);
    }

    fn in_flight_messages(&self) -> usize {
        match self.in_flight {
            Some(InFlight::Batch(count)) => count,
            Some(InFlight::Single) => 1,
            Some(InFlight::Probe) | None => 0,
        }
    }

    /// How many go into one batch: as many as fit its bounds, and at least one.
    fn batch_size(&self) -> usize {
        // Room for the frame of the batch, and a comma for each message.
        const FRAME: usize = 128;
        let mut bytes = FRAME;
        let fitting = self.waiting.iter().take(RELAY_BATCH).take_while(|parcel| {
            bytes += parcel.json.len() + 1;
            bytes <= RELAY_BODY_BYTES
        });
        fitting.count().max(1)
    }

    fn drop_front(&mut self, count: usize) {
        for parcel in self.waiting.drain(..count.min(self.waiting.len())) {
            self.waiting_bytes -= parcel.json.len();
            self.done = self.done.max(parcel.position.unwrap_or_default());
        }
    }

    /// The place of the first message that waits, if it is kept.
    pub(crate) fn front(&self) -> Option<Position> {
        self.waiting.front()?.position
    }

    /// The place before it.
    pub(crate) fn before_front(&self) -> Option<Position> {
        self.front().map(|position| Position(position.0.saturating_sub(1)))
    }

    /// The other side has this message already.
    pub(crate) fn pass(&mut self, position: Option<Position>) {
        if self.waiting.iter().all(|parcel| parcel.position.is_none()) {
            self.done = self.done.max(position.unwrap_or_default());
        }
    }

    /// Nothing up to here is needed any more, even after a new start; given when that is `every` places more than last
    /// time.
    pub(crate) fn take_done(&mut self, every: u64) -> Option<Position> {
        let further = self
            .done
            .0
            .checked_sub(self.recorded.0)
            .is_some_and(|places| places >= every);
        further.then(|| {
            self.recorded = self.done;
            self.done
        })
    }

    /// The message in flight, which has to be done with before it goes out: where it goes it may not come twice.
    pub(crate) fn fragile(&self) -> Option<Position> {
        match (self.in_flight, self.kind) {
            (Some(InFlight::Single), LinkKind::Unknown | LinkKind::Legacy) => self.waiting.front()?.position,
            _ => None,
        }
    }
}

/// What an old service answers to a body without its key.
const UNPROCESSABLE: u16 = 422;

/// Unauthorized, forbidden, no such path, wrong method there, proxy: no message would be taken.
const fn refuses_sender(status: u16) -> bool {
    matches!(status, 300..=399 | 401 | 403..=405 | 407)
}

#[cfg(test)]
mod tests;
