//! What goes over links: posts of hubs, replies to them, and the bare lines of old services.

use std::time::Duration;

use serde_json::Value;

use super::checker::Checker;
use super::clients::words;
use super::site::actor_address;
use super::wires::{Fate, answer as status, contents, deadline};
use super::{Event, HOME, World};

use crate::hub::{Input, Key, PostOutcome, RelayReply, RelayRequest};
use crate::id::{HubId, LinkId, RequestId};
use crate::limits::RELAY_POST_DEADLINE;
use crate::sim::check::Invariant;
use crate::sim::trace::Hop;
use crate::time::Instant;
use crate::wire::text;

/// A request on its way.
#[derive(Debug)]
pub(super) struct Request {
    wire: usize,
    /// The life of its sender, and its id in that life.
    life: u32,
    hub: HubId,
    /// The life of its receiver: what was connected to an earlier one is reset.
    target: u32,
    number: u64,
    sent: Instant,
    body: String,
    signature: Option<String>,
    /// How long the reply takes, if it gets through.
    reply: Option<Duration>,
    hop: Option<usize>,
}

/// What is needed to end a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct RequestTicket {
    wire: usize,
    life: u32,
    number: u64,
    sent: Instant,
    reply: Option<Duration>,
    target: u32,
    hop: Option<usize>,
}

/// A request that a hub has not answered.
#[derive(Debug)]
pub(super) struct Incoming {
    to: usize,
    ticket: RequestTicket,
    /// The messages that it brought, if that matters.
    keys: Vec<(usize, Key)>,
}

impl Request {
    fn ticket(&self) -> RequestTicket {
        RequestTicket {
            wire: self.wire,
            life: self.life,
            number: self.number,
            sent: self.sent,
            reply: self.reply,
            target: self.target,
            hop: self.hop,
        }
    }
}

impl World<'_> {
    /// A hub posts over a link.
    pub(super) fn post(&mut self, actor: usize, link: LinkId, body: String, signature: Option<String>, again: bool) {
        let now = self.queue.now();
        self.requests += 1;
        let number = self.requests;
        let Some(site) = self.sites.get(&actor) else { return };
        let Some(&at) = site.wires.get(link.0 as usize) else {
            return;
        };
        let (life, hub) = (site.life, site.id);
        let flying = contents(number, &body, HOME);
        let first = flying.first();
        self.check_posted(actor, &flying.keys);
        let wire = &mut self.wires[at];
        let busy = wire.flying.replace(flying).is_some();
        self.rec.check(now, Invariant::B4, !busy, || {
            format!("two posts at once on link {} of hub {actor}", link.0)
        });
        let wire = &self.wires[at];
        let to = wire.to;
        let fate = self
            .weather
            .fate(wire, body.len(), again, &self.scenario.network, &mut self.draws.network);
        let name = self.plan.name(actor);
        self.rec
            .note(now, || format!("{name} posts {first} over link {}: {fate:?}", link.0));
        let hop = self.rec.trace().and_then(|trace| {
            trace.hop(Hop {
                sent: now,
                arrived: None,
                from: actor,
                to,
                kind: "POST".to_owned(),
                msg_id: first.clone(),
                ttl: None,
            })
        });
        let (there, reply) = match fate {
            Fate::Ends(after, outcome) => {
                return self
                    .queue
                    .push(now + after, actor, Event::Posted(at, life, number, outcome));
            }
            Fate::Arrives(there, reply) => (there, reply.filter(|back| there + *back <= RELAY_POST_DEADLINE)),
        };
        if reply.is_none() {
            self.give_up(at, life, number, deadline(now));
        }
        let request = Request {
            wire: at,
            life,
            hub,
            target: self.sites.get(&to).map_or(0, |site| site.life),
            number,
            sent: now,
            body,
            signature,
            reply,
            hop,
        };
        self.queue.push(now + there, to, Event::Request(Box::new(request)));
    }

    /// Nothing leaves a hub with a disk before it is safe.
    fn check_posted(&mut self, actor: usize, keys: &[(usize, Key)]) {
        let now = self.queue.now();
        let disk = self.sites.get(&actor).and_then(|site| site.disk.as_ref());
        for (disk, &(room, key)) in disk.iter().flat_map(|disk| keys.iter().map(move |key| (disk, key))) {
            Checker::is_safe(&mut self.rec, now, (actor, key), "posts", disk.has(room, key));
        }
    }

    fn give_up(&mut self, wire: usize, life: u32, number: u64, at: Instant) {
        let from = self.wires[wire].from;
        let outcome = PostOutcome::Failed { sent: true };
        self.queue.push(at, from, Event::Posted(wire, life, number, outcome));
    }

    /// A request arrives, unless its way was cut meanwhile.
    pub(super) fn on_request(&mut self, request: &Request) {
        let (from, to) = (self.wires[request.wire].from, self.wires[request.wire].to);
        let (wire, life, number) = (request.wire, request.life, request.number);
        if self.weather.stops(from, to) {
            if request.reply.is_some() {
                self.give_up(wire, life, number, deadline(request.sent));
            }
            return;
        }
        if to >= self.plan.hubs {
            let answer = self.old_service_takes(to, (request.hub, life), &request.body);
            return self.answered(request.ticket(), to, Some(answer));
        }
        let site = self.sites.get(&to);
        if site.is_none_or(|site| site.life != request.target || site.hub.is_none()) {
            return self.answered(request.ticket(), to, None);
        }
        if self.plan.durable && request.reply.is_some() {
            self.give_up(wire, life, number, deadline(request.sent));
        }
        let ticket = Some(request.ticket());
        self.relay(to, from, ticket, request.signature.as_deref(), &request.body);
    }

    /// A request is answered, or nothing listens where it came to.
    fn answered(&mut self, ticket: RequestTicket, to: usize, answer: Option<PostOutcome>) {
        let now = self.queue.now();
        let RequestTicket {
            wire,
            life,
            number,
            sent,
            reply,
            target,
            hop,
        } = ticket;
        if let (Some(place), Some(trace)) = (hop, self.rec.trace()) {
            trace.arrived(place, now);
        }
        let from = self.wires[wire].from;
        if let Some(flying) = self.wires[wire]
            .flying
            .as_mut()
            .filter(|flying| flying.number == number)
        {
            flying.arrived = matches!(answer, Some(PostOutcome::Accepted { .. }));
        }
        let Some(back) = reply else { return };
        // Nothing listens there: the connection is refused, or reset if it was made before.
        let away = PostOutcome::Failed {
            sent: self.sites.get(&to).is_none_or(|site| site.life != target),
        };
        let outcome = answer.unwrap_or(away);
        let late = self.plan.durable && now + back > deadline(sent);
        if !late {
            self.queue
                .push(now + back, from, Event::Posted(wire, life, number, outcome));
        }
    }

    /// A hub answers a request.
    pub(super) fn answer(&mut self, actor: usize, request: RequestId, reply: &RelayReply) {
        let now = self.queue.now();
        let Some(incoming) = self.incoming.remove(&request) else {
            return;
        };
        if let (RelayReply::Ok { hub }, Some(disk)) =
            (reply, self.sites.get(&actor).and_then(|site| site.disk.as_ref()))
        {
            for &(room, key) in incoming.keys.iter().filter(|(_, key)| key.origin != *hub) {
                let safe = disk.has_come_to(room, key);
                Checker::is_safe(&mut self.rec, now, (actor, key), "takes", safe);
            }
        }
        let outcome = match reply {
            RelayReply::Ok { hub } => PostOutcome::Accepted { hub: Some(*hub) },
            RelayReply::Unauthorized(_) => status(401),
            RelayReply::Forbidden => status(403),
            RelayReply::Unprocessable(_) => status(422),
            RelayReply::Busy => status(503),
        };
        self.answered(incoming.ticket, actor, Some(outcome));
    }

    /// A hub is gone, and does not answer what came to it.
    pub(super) fn reset_requests(&mut self, actor: usize) {
        let of_hub = self.incoming.iter().filter(|(_, incoming)| incoming.to == actor);
        let requests: Vec<RequestId> = of_hub.map(|(&request, _)| request).collect();
        for request in requests {
            if let Some(incoming) = self.incoming.remove(&request) {
                let reset = PostOutcome::Failed { sent: true };
                self.answered(incoming.ticket, actor, Some(reset));
            }
        }
    }

    fn relay(&mut self, to: usize, from: usize, ticket: Option<RequestTicket>, signature: Option<&str>, body: &str) {
        self.requests += 1;
        let id = RequestId(self.requests);
        if let Some(ticket) = ticket {
            let keys = if self.plan.durable {
                contents(0, body, HOME).keys
            } else {
                Vec::new()
            };
            self.incoming.insert(id, Incoming { to, ticket, keys });
        }
        let request = RelayRequest {
            id,
            source: actor_address(from),
            signature,
            body: body.as_bytes(),
        };
        self.handle(to, Input::Relay(request));
    }

    /// An old service shows whatever has a text, and refuses all else.
    fn old_service_takes(&mut self, service: usize, (from, life): (HubId, u32), body: &str) -> PostOutcome {
        let now = self.queue.now();
        let object: Value = serde_json::from_str(body).unwrap_or_default();
        let Some(message) = object.get("message").and_then(Value::as_str) else {
            return status(422);
        };
        self.rec.output(now, service, message.as_bytes());
        if let Some(id) = object.get("id").and_then(Value::as_str) {
            // What has no number is forgotten by a hub that starts anew, and may come again.
            let again = if object.get("seq").is_none() { life } else { 0 };
            let id = format!("{id} {again}");
            self.checker.old_shows(&mut self.rec, now, service, from, &id);
        }
        PostOutcome::Accepted { hub: None }
    }

    /// A hub learns how its post ended.
    pub(super) fn on_posted(&mut self, at: usize, life: u32, number: u64, outcome: PostOutcome) {
        let now = self.queue.now();
        let (actor, link) = (self.wires[at].from, self.wires[at].link);
        let Some(site) = self.sites.get(&actor).filter(|site| site.life == life) else {
            return;
        };
        let Some(hub) = &site.hub else { return };
        let Some(flying) = self.wires[at].flying.take_if(|flying| flying.number == number) else {
            return;
        };
        let lost = |hub: &crate::hub::Hub| {
            let mut all = hub.lost().filter(|(id, _)| *id == link);
            all.next().map_or(0, |(_, lost)| lost.rejected + lost.uncertain)
        };
        let (before, id) = (lost(hub), site.id);
        let name = self.plan.name(actor);
        self.rec
            .note(now, || format!("{name} posted over link {}: {outcome:?}", link.0));
        let is_hub = self.wires[at].to < self.plan.hubs;
        match outcome {
            PostOutcome::Accepted { hub } => {
                self.checker.crossed(&mut self.rec, now, id, link, &flying.ids);
                if hub.is_some() {
                    self.checker.judges_well(now, at);
                }
            }
            PostOutcome::Rejected { .. } if is_hub && flying.ids.is_empty() => self.checker.misjudges(at),
            _ => {}
        }
        self.handle(actor, Input::Posted { link, outcome });
        let after = self
            .sites
            .get(&actor)
            .and_then(|site| site.hub.as_ref())
            .map_or(0, lost);
        if after > before && !flying.arrived && is_hub {
            self.checker.lost(&flying.keys);
        }
    }

    /// Somebody speaks on an old service, which posts it to its hub, once.
    pub(super) fn say_bare(&mut self, service: usize, number: u32, bytes: usize) {
        let now = self.queue.now();
        let payload = words('b', number, bytes);
        let hub = self
            .plan
            .links
            .iter()
            .find(|(_, other)| *other == service)
            .map(|(hub, _)| *hub);
        let Some(hub) = hub else { return };
        self.checker.bare_sent(number, hub, payload.clone());
        // Not all that an old service says is in the form that a hub takes apart.
        let message = if number.is_multiple_of(3) {
            payload
        } else {
            text::said(&text::client_label(i64::from(number)), &payload)
        };
        let body = serde_json::json!({ "message": message }).to_string();
        if self.weather.stops(service, hub) {
            return;
        }
        let after = self.scenario.network.latency.draw(&mut self.draws.network);
        self.queue.push(now + after, hub, Event::Bare(service, body));
    }

    pub(super) fn on_bare(&mut self, hub: usize, service: usize, body: &str) {
        self.relay(hub, service, None, None, body);
    }
}
