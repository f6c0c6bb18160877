//! Hub to hub: what this hub says reaches the others, and what they say reaches this one, once (docs/protocol.md 5).

mod heads;
pub(crate) mod link;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

pub use link::{LinkKind, Lost, PostOutcome};

pub(crate) use heads::Undo;
use heads::{Arrival, Heads};
use link::{Link, Parcel, Settled};

use crate::error::Code;
use crate::hub::staged::{Staged, Staging};
use crate::hub::{Change, Key, Outbox, Output, Position, Remark, Said, Timer};
use crate::id::{HubId, LinkId, MsgId, RequestId, RoomName, Seq};
use crate::limits::{PRESENCE_LIFE, RELAY_CLOCK_SKEW, RELAY_HOPS, SEEN_IDS, SEEN_LIFE};
use crate::planted::{Bug, planted};
use crate::rng::Rng;
use crate::seen::Seen;
use crate::time::{Instant, UtcMillis};
use crate::timers::Timers;
use crate::wire::relay::{self, Body, Envelope, Kind};
use crate::wire::signature::{LinkSecret, Nonce};

/// After so many messages that a link need not pass on, that is kept: as many may go out again after a new start.
const DONE_EVERY: u64 = 256;
/// Of so many messages that a link loses for the same reason, one is remarked.
const REMARK_EVERY: u64 = 1000;

/// The reply to one `POST /relay`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelayReply {
    /// 200 with this hub's id.
    Ok {
        /// The id.
        hub: HubId,
    },
    /// 401: a link secret is configured and the signature is missing or wrong.
    Unauthorized(String),
    /// 403: the sender is neither a configured link nor trusted.
    Forbidden,
    /// 422: the body has the wrong shape.
    Unprocessable(String),
    /// 503: what it brought cannot be kept now, and is to be sent again.
    Busy,
}

/// One request as it came in.
#[derive(Debug, Clone, Copy)]
pub struct RelayRequest<'a> {
    /// Named again in the reply.
    pub id: RequestId,
    /// The address that it came from.
    pub source: IpAddr,
    /// The value of `Papo-Signature`.
    pub signature: Option<&'a str>,
    /// The body.
    pub body: &'a [u8],
}

/// What a request brought for this hub's rooms, in order.
#[derive(Debug)]
pub(crate) enum Delivery {
    /// From a papo hub, not heard before; and where its head was before, if it has a number.
    Message(Box<Envelope>, Option<Undo>),
    /// Numbers that were skipped on the way.
    Gap { origin: HubId, from: Seq, to: Seq },
    /// A line of an old service.
    Bare(String),
}

/// The links of a hub and what is known of the messages that cross them.
#[derive(Debug)]
pub(crate) struct Federation {
    own: HubId,
    secret: Option<LinkSecret>,
    links: BTreeMap<LinkId, Link>,
    addresses: BTreeMap<LinkId, Vec<IpAddr>>,
    heads: Heads,
    ids: Seen<MsgId>,
    nonces: Seen<Nonce>,
}

impl Federation {
    pub(crate) fn new(own: HubId, links: u32, secret: Option<LinkSecret>) -> Self {
        Self {
            own,
            secret,
            links: (0..links).map(|number| (LinkId(number), Link::new())).collect(),
            addresses: BTreeMap::new(),
            heads: Heads::default(),
            ids: Seen::new(SEEN_IDS, SEEN_LIFE),
            // A time stamp that runs ahead is accepted for twice the skew; one more is room for rounding.
            nonces: Seen::new(SEEN_IDS, RELAY_CLOCK_SKEW * 3),
        }
    }

    /// The addresses that the host of a link has now.
    pub(crate) fn set_addresses(&mut self, link: LinkId, addresses: Vec<IpAddr>) {
        if self.links.contains_key(&link) {
            self.addresses.insert(link, addresses);
        }
    }

    /// Messages that wait for any link.
    pub(crate) fn waiting(&self) -> usize {
        self.links.values().map(Link::waiting).sum()
    }

    /// What will not arrive, link by link.
    pub(crate) fn lost(&self) -> impl Iterator<Item = (LinkId, Lost)> {
        self.links.iter().map(|(&id, link)| (id, link.lost))
    }

    /// Sends a message on over every link but those to `from` and to its origin.
    ///
    /// `position` is its place in the hub's log, if it is kept there.
    pub(crate) fn forward(
        &mut self,
        envelope: &Envelope,
        (home, position): (bool, Option<Position>),
        from: Option<HubId>,
        to: &mut Sending<'_>,
    ) {
        if self.links.is_empty() || envelope.hops > RELAY_HOPS {
            return;
        }
        let json: Arc<str> = envelope.to_json(self.own).into();
        let expires = (envelope.kind != Kind::Said).then(|| to.now + PRESENCE_LIFE);
        for (&id, link) in &mut self.links {
            let has_it = matches!(link.kind, LinkKind::Papo(hub) if Some(hub) == from || hub == envelope.origin);
            if has_it && !planted(Bug::HubRelayedBack) {
                link.pass(position);
                record_done(id, link, DONE_EVERY, to);
                continue;
            }
            let before = link.lost.overflow;
            link.push(Parcel {
                json: Arc::clone(&json),
                home,
                expires,
                position,
            });
            if link.lost.overflow > before && before.is_multiple_of(REMARK_EVERY) {
                to.outbox.push_back(Output::Remark(Remark::OutboxFull { link: id }));
            }
            pump(self.own, self.secret.as_ref(), id, link, to);
        }
    }

    /// What was kept of an earlier life: how far this hub had heard another.
    pub(crate) fn restore_head(&mut self, room: &RoomName, key: Key, now: Instant) {
        if key.origin != self.own {
            self.heads.advance(room, key.origin, key.seq, now);
        }
    }

    /// What was kept of an earlier life: a message that a link has not passed on.
    pub(crate) fn restore_waiting(&mut self, id: LinkId, said: &Said, home: bool, to: &mut Sending<'_>) {
        let Some(link) = self.links.get_mut(&id).filter(|_| !planted(Bug::WaitingForgotten)) else {
            return;
        };
        let Some(mut envelope) = Envelope::of(said) else { return };
        if envelope.hops >= RELAY_HOPS {
            return;
        }
        envelope.hops += 1;
        link.push(Parcel {
            json: envelope.to_json(self.own).into(),
            home,
            expires: None,
            position: Some(said.entry.position),
        });
        to.timers.set(Timer::Link(id), to.now);
    }

    /// A message is in flight that will not go out again.
    pub(crate) fn has_fragile(&self) -> bool {
        self.links.values().any(|link| link.fragile().is_some())
    }

    /// Nothing behind a head was kept.
    pub(crate) fn rewind(&mut self, undo: &Undo) {
        self.heads.rewind(undo);
    }

    /// The links, what answers at each, and how many messages wait.
    pub(crate) fn links(&self) -> impl Iterator<Item = (LinkId, LinkKind, usize, u32)> {
        self.links
            .iter()
            .map(|(&id, link)| (id, link.kind, link.waiting(), link.failures()))
    }

    /// Before the hub ends: what every link is done with.
    pub(crate) fn record_all(&mut self, to: &mut Sending<'_>) {
        for (&id, link) in &mut self.links {
            record_done(id, link, 1, to);
        }
    }

    /// A request over `id` ended.
    pub(crate) fn on_posted(&mut self, id: LinkId, outcome: PostOutcome, to: &mut Sending<'_>) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let (kind, failures, lost) = (link.kind, link.failures(), link.lost);
        let fragile = link.fragile();
        let settled = link.settle(outcome, self.own, to.rng);
        // It was done with before it went, and it did not go: after a new start it has to be there again.
        if to.staged.is_durable()
            && let Some(before) = link
                .before_front()
                .filter(|_| fragile.is_some() && link.front() == fragile)
        {
            let record = to.staged.record_aside(Change::Sent {
                link: id,
                through: before,
                urgent: false,
            });
            to.outbox.push_back(Output::Store(record));
        }
        if link.kind != kind || (failures > 0 && link.failures() == 0) {
            to.outbox.push_back(Output::Remark(Remark::LinkUp {
                link: id,
                kind: link.kind,
            }));
        }
        if let PostOutcome::Rejected { status } = outcome
            && link.lost.rejected > lost.rejected
            && lost.rejected.is_multiple_of(REMARK_EVERY)
        {
            to.outbox
                .push_back(Output::Remark(Remark::LinkRejected { link: id, status }));
        }
        if link.lost.uncertain > lost.uncertain {
            to.outbox.push_back(Output::Remark(Remark::LinkUncertain { link: id }));
        }
        record_done(id, link, 1, to);
        match settled {
            Settled::Continue => pump(self.own, self.secret.as_ref(), id, link, to),
            Settled::Wait(span) => {
                if failures == 0 {
                    let waiting = link.waiting();
                    to.outbox.push_back(Output::Remark(match outcome {
                        PostOutcome::Rejected { status } => Remark::LinkRefused { link: id, status },
                        _ => Remark::LinkDown { link: id, waiting },
                    }));
                }
                to.timers.set(Timer::Link(id), to.now + span);
            }
        }
    }

    /// The request in flight did not go out.
    pub(crate) fn take_back(&mut self, id: LinkId, to: &mut Sending<'_>) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let unsent = PostOutcome::Failed { sent: false };
        if let Settled::Wait(span) = link.settle(unsent, self.own, to.rng) {
            to.timers.set(Timer::Link(id), to.now + span);
        }
    }

    /// A link's wait is over.
    pub(crate) fn on_rested(&mut self, id: LinkId, to: &mut Sending<'_>) {
        if let Some(link) = self.links.get_mut(&id) {
            link.rested(to.now);
            pump(self.own, self.secret.as_ref(), id, link, to);
        }
    }

    /// Takes a request apart: what is new in it, and what to answer.
    pub(crate) fn receive(
        &mut self,
        request: &RelayRequest<'_>,
        trusted: bool,
        now: Instant,
        utc: UtcMillis,
    ) -> Result<(Option<HubId>, Vec<Delivery>), RelayReply> {
        self.admit(request, trusted, now, utc)?;
        match relay::parse(request.body) {
            Err(error) => Err(RelayReply::Unprocessable(format!("{}: {error}", Code::BadFormat))),
            Ok(Body::Bare { message }) => Ok((None, vec![Delivery::Bare(message)])),
            Ok(Body::Papo { from, messages }) => {
                let mut deliveries = Vec::with_capacity(messages.len());
                for envelope in messages {
                    self.take(envelope, now, &mut deliveries);
                }
                Ok((from, deliveries))
            }
        }
    }

    /// Who may post here: whoever knows the link secret, or, without one, the configured links and trusted addresses.
    fn admit(
        &mut self,
        request: &RelayRequest<'_>,
        trusted: bool,
        now: Instant,
        utc: UtcMillis,
    ) -> Result<(), RelayReply> {
        if let Some(secret) = &self.secret {
            let unauthorized =
                |why: &dyn std::fmt::Display| RelayReply::Unauthorized(format!("{}: {why}", Code::Unauthorized));
            let header = request
                .signature
                .ok_or_else(|| unauthorized(&"the header Papo-Signature is missing"))?;
            let nonce = secret
                .verify(header, utc, request.body)
                .map_err(|error| unauthorized(&error))?;
            return if self.nonces.insert(nonce, now) {
                Ok(())
            } else {
                Err(unauthorized(&"this request was already received"))
            };
        }
        let linked = || {
            self.addresses
                .values()
                .flatten()
                .any(|&address| address == request.source)
        };
        if trusted || linked() {
            Ok(())
        } else {
            Err(RelayReply::Forbidden)
        }
    }

    /// Adds to `deliveries` what a message brings that was not heard before.
    fn take(&mut self, envelope: Envelope, now: Instant, deliveries: &mut Vec<Delivery>) {
        let origin = envelope.origin;
        if origin == self.own && !planted(Bug::HubRelayedBack) {
            return;
        }
        let mut undo = None;
        match envelope.seq {
            None => {
                if !self.ids.insert(envelope.id.clone(), now) {
                    return;
                }
            }
            Some(seq) => {
                let room = envelope.room.clone();
                let before = self.heads.get(&room, origin);
                undo = Some(Undo { room, origin, before });
                match self.heads.advance(&envelope.room, origin, seq, now) {
                    Arrival::Next => {}
                    Arrival::Duplicate if planted(Bug::HubNoDedup) => {}
                    Arrival::Duplicate => return,
                    Arrival::After(from, to) => {
                        deliveries.push(Delivery::Gap { origin, from, to });
                    }
                }
            }
        }
        deliveries.push(Delivery::Message(Box::new(envelope), undo));
    }
}

/// Starts the next request of a link if one may go.
fn pump(own: HubId, secret: Option<&LinkSecret>, id: LinkId, link: &mut Link, to: &mut Sending<'_>) {
    let Some(body) = link.next_body(own) else { return };
    let signature = secret.map(|secret| secret.sign(to.utc.get() / 1000, to.rng.next_u128(), body.as_bytes()));
    let repeatable = link.repeatable();
    let post = Output::Post {
        link: id,
        body,
        signature,
        repeatable,
    };
    // What may come only once must not go out again after a new start, so it is done with before it goes.
    match link.fragile().filter(|_| to.staged.is_durable()) {
        None => to.outbox.push_back(post),
        Some(through) => {
            let record = to.staged.record(Change::Sent {
                link: id,
                through,
                urgent: true,
            });
            to.outbox.push_back(Output::Store(record));
            to.staged.push(Staged::Output(Box::new(post)));
        }
    }
}

/// Lets it be kept what a link is done with, once that is so many places more than before.
fn record_done(id: LinkId, link: &mut Link, every: u64, to: &mut Sending<'_>) {
    if to.staged.is_durable()
        && let Some(through) = link.take_done(every)
    {
        let record = to.staged.record_aside(Change::Sent {
            link: id,
            through,
            urgent: false,
        });
        to.outbox.push_back(Output::Store(record));
    }
}

/// What a link needs to send: the time, and where outputs and timers go.
#[derive(Debug)]
pub(crate) struct Sending<'a> {
    pub(crate) now: Instant,
    pub(crate) utc: UtcMillis,
    pub(crate) rng: &'a mut Rng,
    pub(crate) timers: &'a mut Timers<Timer>,
    pub(crate) outbox: &'a mut Outbox,
    pub(crate) staged: &'a mut Staging,
}
