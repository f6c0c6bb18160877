//! A node of the peer-to-peer network: it talks directly when it can and through other nodes when it cannot.

mod copies;
mod dial;
mod flood;
mod handshake;
mod io;
mod keepalive;
mod keys;
mod leave;
mod link;
mod neighbors;
mod paths;
mod publish;
mod queue;
mod recent;
mod relay;
mod report;
mod routes;
mod rtt;
mod seals;
mod search;
mod unicast;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

pub use io::{
    CloseReason, Command, Config, Conn, Direction, DropCause, Event, Input, Kind, Listed, Output, PeerRow, RouteRow,
    Rtt, Scope, Snapshot,
};

use dial::Dialer;
use flood::{Flood, Sources};
use keys::Keys;
use link::{Link, Links};
use neighbors::{Neighbor, Neighbors};
use paths::{MsgKey, Paths};
use publish::Publisher;
use queue::Lane;
use report::Counters;
pub(crate) use report::{Tallies, Vitals};
use routes::Routes;
use search::Searches;
use unicast::Unicast;

use crate::error::Code;
use crate::id::{DialId, MsgId, PeerId, PeerLinkId};
use crate::identity::{Identity, PublicKey};
use crate::planted::{Bug, planted};
use crate::rng::Rng;
use crate::seen::Seen;
use crate::time::{Instant, UtcMillis};
use crate::timers::Timers;
use crate::wire::peer::{Message, Ttl, Undecodable, decode, encode};

/// What a node's timers are for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    /// HELLO, its answer or its proof is late.
    Greeting(PeerLinkId),
    /// The next paced line of a link may go, or its other side takes nothing.
    Queue(PeerLinkId),
    /// Another keep-alive interval of a link.
    Keepalive(PeerLinkId),
    /// A link that was said goodbye on is to be closed.
    Goodbye(PeerLinkId),
    /// A try of a message was not confirmed.
    Ack(MsgId),
    /// A message has to end.
    Deadline(MsgId),
    /// The next ring of a search.
    Ring(PeerId),
    /// The next published message that this node's own pace held back.
    Publish,
    /// Somebody may be dialed.
    Dial,
    /// Ways back are forgotten.
    Paths,
}

/// The state machine of a node.
///
/// It has the contract of every machine here (see [`crate::hub::Hub`]): [`Node::handle`] takes an [`Input`] at a time
/// that never goes back, [`Node::poll_output`] is drained after each, [`Node::poll_timeout`] tells when to call `handle`
/// with [`Input::Timeout`]. The same configuration, seed and inputs give the same outputs. No input makes it panic.
#[derive(Debug)]
pub struct Node {
    me: PeerId,
    identity: Identity,
    links: Links,
    neighbors: Neighbors,
    keys: Keys,
    routes: Routes,
    flood: Flood,
    sources: Sources<PublicKey>,
    /// Those that do not sign.
    unsigned_sources: Sources<PeerId>,
    paths: Paths,
    dialer: Dialer,
    /// Attempts that are out: where to, and who should be there.
    dials: BTreeMap<DialId, (SocketAddr, Option<PeerId>)>,
    unicast: Unicast,
    searches: Searches,
    publisher: Publisher,
    /// Messages for this node alone that were shown.
    shown: Flood,
    complaints: Seen<(Option<PeerId>, DropCause)>,
    counters: Counters,
    timers: Timers<Timer>,
    outbox: VecDeque<Output>,
    rng: Rng,
    /// A time of day and the moment at which it was told.
    clock: (UtcMillis, Instant),
    /// The last number that this node signed with.
    last_q: u64,
    quitting: bool,
}

impl Node {
    /// A node without links. `seed` decides everything that it draws.
    pub fn new(config: Config, seed: u64, now: Instant) -> Self {
        /// One complaint about each source and cause within this time; the rest is only counted.
        const COMPLAINT_LIFE: Duration = Duration::from_secs(60);
        const COMPLAINTS: usize = 1024;
        let mut dialer = Dialer::new(config.peer_id.clone(), config.port, config.dial_private);
        for address in config.connect {
            dialer.add_address(address, now);
        }
        let mut node = Self {
            me: config.peer_id,
            identity: config.identity,
            links: Links::default(),
            neighbors: Neighbors::default(),
            keys: Keys::new(),
            routes: Routes::new(),
            flood: Flood::new(),
            sources: Sources::new(),
            unsigned_sources: Sources::new(),
            paths: Paths::default(),
            dialer,
            dials: BTreeMap::new(),
            unicast: Unicast::default(),
            searches: Searches::new(),
            publisher: Publisher::default(),
            shown: Flood::new(),
            complaints: Seen::new(COMPLAINTS, COMPLAINT_LIFE),
            counters: Counters::default(),
            timers: Timers::new(),
            outbox: VecDeque::new(),
            rng: Rng::new(seed),
            clock: (config.utc, now),
            // A restart must not use a number again.
            last_q: config.utc.get().saturating_mul(1000),
            quitting: false,
        };
        node.dial(now);
        node
    }

    /// Takes one input that happened at `now`.
    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        match input {
            Input::Dialed { dial, link } => self.on_dialed(now, dial, link),
            Input::DialFailed { dial } => {
                self.dials.remove(&dial);
                self.dialer.failed(dial, now, &mut self.rng);
            }
            Input::Accepted { link, from } => self.on_accepted(now, link, from),
            Input::Line { link, line } => self.on_line(now, link, line),
            Input::TooLong { link } => self.on_too_long(now, link),
            Input::Written { link, bytes } => {
                if let Some(link) = self.links.get_mut(&link) {
                    link.queue.written(bytes, now);
                }
                self.pump(now, link);
            }
            Input::Closed { link } => self.on_closed(now, link),
            Input::Discovered(listed) => self.on_discovered(now, &listed),
            Input::Command(command) => self.on_command(now, command),
            Input::WallClock(utc) => self.clock = (utc, now),
            Input::Timeout => self.on_timeout(now),
        }
        self.dial(now);
    }

    /// The next thing to do, in order.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outbox.pop_front()
    }

    /// When to call [`Node::handle`] with [`Input::Timeout`] at the latest.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// The node's name.
    pub const fn peer_id(&self) -> &PeerId {
        &self.me
    }

    fn on_command(&mut self, now: Instant, command: Command) {
        match command {
            Command::Send { to, text } => self.send(now, to, text),
            Command::Publish { scope, text } => self.publish(now, &scope, text),
            Command::Connect(peer) => self.connect(now, &peer),
            Command::Ping(peer) => self.ping_for_person(now, &peer),
            Command::Reconnect => self.dialer.reconnect(now),
            Command::Quit => self.quit(now),
        }
    }

    fn connect(&mut self, now: Instant, peer: &PeerId) {
        if !self.neighbors.contains(peer) && self.dialer.connect(peer, now).is_err() {
            self.refuse_command(Code::NoRoute, peer);
        }
    }

    fn on_discovered(&mut self, now: Instant, listed: &[Listed]) {
        for listed in listed {
            if let Some(key) = listed.key {
                // A key that contradicts the one that is known is what its owner's handshake will be held against.
                let _ = self.keys.learn(&listed.peer, key, now);
            }
        }
        self.dialer.on_listed(listed, now, &mut self.rng);
    }

    fn on_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.pop_due(now) {
            match timer {
                Timer::Greeting(link) => self.on_greeting_late(now, link),
                Timer::Queue(link) => self.on_queue_due(now, link),
                Timer::Keepalive(link) => self.on_interval(now, link),
                Timer::Goodbye(link) => self.on_goodbye_due(now, link),
                Timer::Ack(_) | Timer::Deadline(_) if planted(Bug::DeadlineForgotten) => {}
                Timer::Ack(id) => self.on_ack_late(now, &id),
                Timer::Deadline(id) => self.on_deadline(&id),
                Timer::Ring(peer) => self.on_ring_over(now, &peer),
                Timer::Publish => self.publish_waiting(now),
                // Happens after every input.
                Timer::Dial => {}
                Timer::Paths => {
                    self.paths.expire(now);
                    self.set_paths_timer();
                }
            }
        }
    }

    fn on_line(&mut self, now: Instant, id: PeerLinkId, line: &[u8]) {
        let Some(link) = self.links.get_mut(&id) else { return };
        link.on_bytes(line.len() + 1);
        let waits_for_proof = link.late.is_some();
        if !waits_for_proof && self.take_known_copy(now, id, line) {
            return;
        }
        let read = decode(line);
        if waits_for_proof && !matches!(read, Ok(Message::XAuth { .. }) | Err(Undecodable::Blank)) {
            // What says something else is an old program.
            self.links.get_mut(&id).and_then(|link| link.late.take());
        }
        match read {
            Ok(message) => self.on_message(now, id, line, message),
            // Some programs end a message with two newlines.
            Err(Undecodable::Blank) => {}
            Err(problem) => self.on_undecodable(now, id, &problem),
        }
    }

    fn on_undecodable(&mut self, now: Instant, id: PeerLinkId, problem: &Undecodable) {
        assert!(!planted(Bug::PanicsOnGarbage), "{problem:?}");
        self.counters.bad_lines += 1;
        if self.links.get(&id).is_some_and(Link::is_proving) {
            // What comes in place of a proof says that there is none.
            self.become_legacy(now, id);
        }
        let Some(link) = self.links.get(&id) else { return };
        if !link.is_live() {
            // Whoever does not begin with HELLO is no peer.
            if !matches!(link.phase, link::Phase::Leaving(_) | link::Phase::Left) {
                self.close(now, id, CloseReason::NotAPeer);
            }
            return;
        }
        let (reference, field) = match problem {
            Undecodable::BadFormat { msg_id, field } => (msg_id.as_ref().map(MsgId::as_str), *field),
            _ => (None, "no JSON object"),
        };
        let line = encode::error(Code::BadFormat, reference, field);
        self.write(now, id, Lane::Control, line, None);
    }

    fn on_message(&mut self, now: Instant, id: PeerLinkId, line: &[u8], message: Message) {
        let Some(link) = self.links.get(&id) else { return };
        if !link.is_live() {
            return self.on_early_message(now, id, line, message);
        }
        if let Some(neighbor) = link.peer.as_ref().and_then(|peer| self.neighbors.get_mut(peer)) {
            neighbor.last_seen = now;
        }
        self.on_live_message(now, id, line, message);
    }

    fn on_live_message(&mut self, now: Instant, id: PeerLinkId, line: &[u8], message: Message) {
        match message {
            Message::Ping { msg_id } => self.on_ping(now, id, msg_id.as_deref()),
            Message::Pong { msg_id } => self.on_pong(now, id, msg_id.as_deref()),
            Message::Send(speech) => self.on_send(now, id, speech),
            Message::Pub(speech) => self.on_pub(now, id, line, speech),
            Message::Ack(receipt) => self.on_ack(now, id, &receipt),
            Message::RelayOk(receipt) => self.on_relay_ok(now, id, &receipt),
            Message::RelayFail(receipt) => self.on_relay_failed(now, id, &receipt, Code::NoRoute),
            Message::TtlExpired(receipt) => self.on_relay_failed(now, id, &receipt, Code::TtlExpired),
            Message::WhoHas(search) => self.on_who_has(now, id, &search),
            Message::WhoHasHit(hit) => self.on_hit(now, id, &hit),
            Message::MetricsReq(request) => self.on_metrics_req(now, id, &request),
            Message::Bye { msg_id } => self.on_bye(now, id, msg_id.as_deref()),
            Message::Error(complaint) => self.on_complaint(now, id, complaint),
            // "Already connected", from a program that answers before it looks.
            Message::HelloReject { .. } => self.drop_link(now, id, CloseReason::AlreadyConnected),
            // A second HELLO wants the first answer again; programs that repeat it would wait for ever.
            Message::Hello(_) => {
                let line = crate::wire::peer::handshake::hello_ok(&self.me, &self.identity, self.rng.nonce(), None);
                self.write(now, id, Lane::Control, line, None);
            }
            Message::XAuth { sig } => self.on_x_auth(now, id, sig),
            Message::HelloOk(_) | Message::ByeOk { .. } | Message::Metrics(_) => {}
            Message::Unknown(_) => self.counters.unknown += 1,
        }
    }

    fn on_too_long(&mut self, now: Instant, id: PeerLinkId) {
        self.last_words(id, encode::error(Code::LineTooLong, None, ""));
        self.close(now, id, CloseReason::LineTooLong);
    }

    /// Says something on a link that is closed right behind it, without waiting for its turn. Not when the other side
    /// takes nothing.
    fn last_words(&mut self, id: PeerLinkId, line: Vec<u8>) {
        let Some(link) = self.links.get_mut(&id) else { return };
        if link.queue.has_room() {
            link.sent.0 += 1;
            link.sent.1 += line.len() as u64;
            self.outbox.push_back(Output::Write { link: id, line });
        }
    }

    /// Puts a line into a link's queue and gives out what may go. False when there was no room.
    fn write(&mut self, now: Instant, id: PeerLinkId, lane: Lane, line: Vec<u8>, tag: Option<MsgKey>) -> bool {
        let Some(link) = self.links.get_mut(&id) else {
            return false;
        };
        let Ok(pushed_out) = link.queue.push(lane, line, tag) else {
            self.counters.queue_full += 1;
            if lane == Lane::Control {
                // Not even control fits: whoever is there does not read.
                self.close(now, id, CloseReason::SlowConsumer);
            }
            return false;
        };
        self.pump(now, id);
        for tag in pushed_out {
            self.on_not_written(now, &tag, Code::Busy);
        }
        true
    }

    /// Gives out what may go over a link now.
    fn pump(&mut self, now: Instant, id: PeerLinkId) {
        let Some(link) = self.links.get_mut(&id) else { return };
        while let Some(line) = link.queue.pop(now) {
            link.sent.0 += 1;
            link.sent.1 += line.len() as u64;
            self.outbox.push_back(Output::Write { link: id, line });
        }
        let due = [link.queue.next_at(now), link.queue.stall_at()]
            .into_iter()
            .flatten()
            .min();
        // One that comes too early does no harm, and links that are busy would set theirs for every line.
        let set = self.timers.get(&Timer::Queue(id));
        if let Some(at) = due.filter(|&at| set.is_none_or(|set| at < set)) {
            self.timers.set(Timer::Queue(id), at);
        }
    }

    fn on_queue_due(&mut self, now: Instant, id: PeerLinkId) {
        if self.links.get(&id).is_some_and(|link| link.queue.stalled(now)) {
            return self.close(now, id, CloseReason::SlowConsumer);
        }
        self.pump(now, id);
    }

    /// Dials whoever is due.
    fn dial(&mut self, now: Instant) {
        if self.quitting {
            return;
        }
        let open = self.links.len();
        while let Some((dial, address, expected)) =
            self.dialer
                .poll(now, &mut self.rng, |peer| self.neighbors.contains(peer), open)
        {
            self.dials.insert(dial, (address, expected));
            self.outbox.push_back(Output::Dial { dial, address });
        }
        let next = self.dialer.next_at().map(|at| at.max(now + Duration::from_millis(1)));
        // This is asked after every input, and mostly nothing has changed.
        if next != self.timers.get(&Timer::Dial) {
            match next {
                Some(at) => self.timers.set(Timer::Dial, at),
                None => self.timers.cancel(Timer::Dial),
            }
        }
    }

    fn event(&mut self, event: Event) {
        self.outbox.push_back(Output::Event(event));
    }

    fn refuse_command(&mut self, code: Code, about: &PeerId) {
        self.event(Event::Refused {
            code,
            about: about.to_string(),
        });
    }

    fn utc(&self, now: Instant) -> UtcMillis {
        let (told, at) = self.clock;
        told.after(now.since(at))
    }

    fn peer_of(&self, link: PeerLinkId) -> Option<&PeerId> {
        self.links.get(&link)?.peer.as_ref()
    }

    fn is_proven(&self, link: PeerLinkId) -> bool {
        self.links.get(&link).is_some_and(Link::is_proven)
    }

    /// How far a message of this node may go over a link.
    fn first_ttl(&self, link: PeerLinkId) -> Ttl {
        let relays = self.links.get(&link).is_some_and(|link| link.relay || link.is_proven());
        if relays { Ttl::FIRST } else { Ttl::NEIGHBOR }
    }

    /// The link to say something to a neighbor on: of an old program the one that this node dialed, else the newest.
    fn best_link(&self, peer: &PeerId) -> Option<PeerLinkId> {
        self.best_of(self.neighbors.get(peer)?)
    }

    fn best_of(&self, neighbor: &Neighbor) -> Option<PeerLinkId> {
        let links = &neighbor.links;
        if let &[only] = links.as_slice() {
            return Some(only);
        }
        let is = |id: &&PeerLinkId, wanted: fn(&Link) -> bool| self.links.get(id).is_some_and(wanted);
        links
            .iter()
            .rev()
            .find(|id| is(id, Link::is_proven))
            .or_else(|| {
                links
                    .iter()
                    .rev()
                    .find(|id| is(id, |link| link.direction == Direction::Outbound))
            })
            .or(links.last())
            .copied()
    }
}

#[cfg(test)]
mod tests;
