//! Hub to hub: what this hub says reaches the others, and what they say reaches this one, once (docs/protocol.md 5).

mod heads;
pub(crate) mod link;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

pub use link::{LinkKind, Lost, PostOutcome};

use heads::{Arrival, Heads};
use link::{Link, Parcel, Settled};

use crate::error::Code;
use crate::hub::{Outbox, Output, Remark, Timer};
use crate::id::{HubId, LinkId, MsgId, RequestId, RoomName, Seq};
use crate::limits::{PRESENCE_LIFE, RELAY_CLOCK_SKEW, RELAY_HOPS, SEEN_IDS, SEEN_LIFE};
use crate::planted::{Bug, planted};
use crate::rng::Rng;
use crate::seen::Seen;
use crate::time::{Instant, UtcMillis};
use crate::timers::Timers;
use crate::wire::relay::{self, Body, Envelope, Kind};
use crate::wire::signature::{LinkSecret, Nonce};

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
    /// From a papo hub, not heard before.
    Message(Box<Envelope>),
    /// Numbers that were skipped on the way.
    Gap {
        room: RoomName,
        origin: HubId,
        from: Seq,
        to: Seq,
    },
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
    pub(crate) fn forward(&mut self, envelope: &Envelope, home: bool, from: Option<HubId>, to: &mut Sending<'_>) {
        if self.links.is_empty() || envelope.hops > RELAY_HOPS {
            return;
        }
        let json: Arc<str> = envelope.to_json(self.own).into();
        let expires = (envelope.kind != Kind::Said).then(|| to.now + PRESENCE_LIFE);
        for (&id, link) in &mut self.links {
            let has_it = matches!(link.kind, LinkKind::Papo(hub) if Some(hub) == from || hub == envelope.origin);
            if has_it && !planted(Bug::HubRelayedBack) {
                continue;
            }
            let before = link.lost.overflow;
            link.push(Parcel {
                json: Arc::clone(&json),
                home,
                expires,
            });
            if link.lost.overflow > before && before.is_multiple_of(REMARK_EVERY) {
                to.outbox.push_back(Output::Remark(Remark::OutboxFull { link: id }));
            }
            pump(self.own, self.secret.as_ref(), id, link, to);
        }
    }

    /// A request over `id` ended.
    pub(crate) fn on_posted(&mut self, id: LinkId, outcome: PostOutcome, to: &mut Sending<'_>) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let (kind, failures, lost) = (link.kind, link.failures(), link.lost);
        let settled = link.settle(outcome, self.own, to.rng);
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
        match envelope.seq {
            None => {
                if !self.ids.insert(envelope.id.clone(), now) {
                    return;
                }
            }
            Some(seq) => match self.heads.advance(&envelope.room, origin, seq, now) {
                Arrival::Next => {}
                Arrival::Duplicate if planted(Bug::HubNoDedup) => {}
                Arrival::Duplicate => return,
                Arrival::After(from, to) => {
                    deliveries.push(Delivery::Gap {
                        room: envelope.room.clone(),
                        origin,
                        from,
                        to,
                    });
                }
            },
        }
        deliveries.push(Delivery::Message(Box::new(envelope)));
    }
}

/// Starts the next request of a link if one may go.
fn pump(own: HubId, secret: Option<&LinkSecret>, id: LinkId, link: &mut Link, to: &mut Sending<'_>) {
    let Some(body) = link.next_body(own) else { return };
    let signature = secret.map(|secret| secret.sign(to.utc.get() / 1000, to.rng.next_u128(), body.as_bytes()));
    let repeatable = link.repeatable();
    to.outbox.push_back(Output::Post {
        link: id,
        body,
        signature,
        repeatable,
    });
}

/// What a link needs to send: the time, and where outputs and timers go.
#[derive(Debug)]
pub(crate) struct Sending<'a> {
    pub(crate) now: Instant,
    pub(crate) utc: UtcMillis,
    pub(crate) rng: &'a mut Rng,
    pub(crate) timers: &'a mut Timers<Timer>,
    pub(crate) outbox: &'a mut Outbox,
}
