//! Clients: they come, speak, read and go.

use std::time::Duration;

use super::plan::pick;
use super::site::{Form, Sent, Session, session_address};
use super::{Event, OTHER, World};

use crate::hub::{Door, Input};
use crate::id::SessionId;
use crate::rng::Rng;
use crate::sim::scenario::Reads;
use crate::time::Instant;
use crate::wire::session::Request;
use crate::wire::text;

/// The longest that a client takes to read what is there.
const READ_MICROS: u64 = 20_000;
/// Between two pieces of one write, at most: together less than the pause that ends a message without a newline.
const PIECE_MICROS: u64 = 3_000;
/// Longest text that is said, in bytes: a hub takes 4096.
const TEXT_BYTES: usize = 4000;

impl World<'_> {
    /// A new client comes to a hub, by one of its doors.
    pub(super) fn on_open(&mut self, actor: usize, life: u32) {
        if self
            .sites
            .get(&actor)
            .is_none_or(|site| site.life != life || site.hub.is_none())
        {
            return;
        }
        self.sessions += 1;
        let session = SessionId(self.sessions);
        let rng = &mut self.draws.clients;
        let (kind, other_room) = (rng.below(4), rng.below(4) == 0);
        let latency = self.scenario.network.latency.draw(rng);
        let reads = match self.scenario.network.reads {
            Reads::Any => [Reads::Whole, Reads::Split, Reads::Bytes][pick(rng, 3)],
            reads => reads,
        };
        let delay = Duration::from_micros(rng.below(READ_MICROS));
        let form = if kind < 2 { Form::WebSocket } else { Form::Tcp };
        let Some(site) = self.sites.get_mut(&actor) else { return };
        site.sessions.insert(session, Session::new(form, latency, reads, delay));
        if form == Form::WebSocket {
            let client = i64::try_from(session.0).unwrap_or(i64::MAX);
            self.checker.named(session, text::client_label(client));
            self.open(actor, session, Door::WebSocketText { client }, other_room);
            return;
        }
        self.checker.named(session, session_address(session).to_string());
        self.open(actor, session, Door::TcpText, false);
        // A client that has sent a newline is known to send them: no pause ends its lines.
        self.send(actor, session, Sent::Bytes(b"\n".to_vec()));
        if kind == 2 {
            let nick = format!("t{}", session.0);
            self.send(actor, session, Sent::Bytes(format!("/nick {nick}\n").into_bytes()));
            self.checker.named(session, nick);
        }
        if other_room {
            self.send(actor, session, Sent::Bytes(format!("/join {OTHER}\n").into_bytes()));
        }
    }

    /// Somebody says something: any client of any hub, or somebody on an old service.
    pub(super) fn say(&mut self, number: usize, who: u64, bytes: usize) {
        let mut speakers: Vec<(usize, Option<SessionId>)> = Vec::new();
        for (&actor, site) in &self.sites {
            let speaks = |client: &Session| !client.leaving && client.form != Form::Session;
            let clients = site.sessions.iter().filter(|(_, client)| speaks(client));
            speakers.extend(clients.map(|(&session, _)| (actor, Some(session))));
        }
        speakers.extend(self.services.iter().map(|&service| (service, None)));
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        let at = pick(&mut Rng::new(who), speakers.len() + self.people.len());
        if let Some(person) = at
            .checked_sub(speakers.len())
            .filter(|&person| person < self.people.len())
        {
            return self.person_says(person, number, who, bytes);
        }
        let Some(&(actor, session)) = speakers.get(at) else {
            return;
        };
        let Some(session) = session else {
            return self.say_bare(actor, number, bytes);
        };
        let text = words('m', number, bytes);
        self.checker.sent(number, actor, session, text.clone());
        let form = self.client(actor, session).map(|client| client.form);
        let sent = if form == Some(Form::WebSocket) {
            Sent::Text(text)
        } else {
            Sent::Bytes((text + "\n").into_bytes())
        };
        self.send(actor, session, sent);
    }

    /// Puts something on a client's way to its hub, behind what it sent before.
    pub(super) fn send(&mut self, actor: usize, session: SessionId, sent: Sent) {
        let now = self.queue.now();
        let jitter = self.scenario.network.jitter.draw(&mut self.draws.clients);
        let Some(client) = self
            .sites
            .get_mut(&actor)
            .and_then(|site| site.sessions.get_mut(&session))
        else {
            return;
        };
        let mut at = (now + client.latency + jitter).max(client.arrived);
        for piece in pieces(sent, client.reads, &mut self.draws.clients) {
            at = at + piece.0;
            self.queue.push(at, actor, Event::Arrive(session, piece.1));
        }
        client.arrived = at;
    }

    pub(super) fn on_arrive(&mut self, actor: usize, session: SessionId, sent: Sent) {
        let Some(client) = self.client(actor, session) else {
            return;
        };
        let in_turn = client.is_heard() && client.unread_input.is_empty();
        if in_turn || matches!(sent, Sent::Alive | Sent::Cut) {
            self.feed(actor, session, sent);
        } else {
            client.unread_input.push_back(sent);
        }
    }

    fn feed(&mut self, actor: usize, session: SessionId, sent: Sent) {
        match sent {
            Sent::Bytes(bytes) => {
                let bytes = &bytes;
                self.handle(actor, Input::Bytes { session, bytes });
            }
            Sent::Text(text) => {
                self.handle(actor, Input::Text { session, text });
            }
            Sent::Alive => {
                self.handle(actor, Input::Alive { session });
            }
            Sent::End => {
                self.handle(actor, Input::Ended { session });
            }
            Sent::Cut => self.cut(actor, session),
        }
    }

    /// A client reads all that waits for it. Then its hub may listen to it again.
    pub(super) fn on_read(&mut self, actor: usize, session: SessionId) {
        let now = self.queue.now();
        let Some(client) = self.client(actor, session) else {
            return;
        };
        client.reading = false;
        let (stalled, until) = (!client.stalls.is_empty(), client.stalled_until);
        if !stalled {
            self.read_frames(actor, session);
        }
        if !stalled && let Some(site) = self.sites.get_mut(&actor) {
            for (room, display) in site.read(session) {
                let prompt = until.is_none_or(|until| display.0 >= until);
                let room = super::site::room_number(room);
                self.checker
                    .displayed(&mut self.rec, now, (session, room), &display, prompt);
            }
        }
        while let Some(client) = self.client(actor, session).filter(|client| client.is_heard()) {
            let Some(sent) = client.unread_input.pop_front() else {
                return;
            };
            self.feed(actor, session, sent);
        }
    }

    /// A connection is gone, without a word.
    pub(super) fn cut(&mut self, actor: usize, session: SessionId) {
        let Some(site) = self.sites.get_mut(&actor) else { return };
        if site.sessions.remove(&session).is_some() {
            self.checker.left(session);
            let person = self.person_gone(session);
            self.handle(
                actor,
                Input::Closed {
                    session,
                    reason: crate::hub::CloseReason::Lost,
                },
            );
            if !person {
                self.somebody_comes(actor);
            }
        }
    }

    /// The hub has closed a connection, behind what it wrote.
    pub(super) fn dismiss(&mut self, actor: usize, session: SessionId) {
        if self
            .client(actor, session)
            .is_some_and(|client| client.stalls.is_empty())
        {
            self.read_frames(actor, session);
        }
        let Some(site) = self.sites.get_mut(&actor) else { return };
        if site.sessions.remove(&session).is_some() {
            self.checker.left(session);
            if !self.person_gone(session) {
                self.somebody_comes(actor);
            }
        }
    }

    /// A client goes, in one of the ways in which clients do.
    pub(super) fn goes(&mut self, actor: usize, session: SessionId, how: u64) {
        let now = self.queue.now();
        let Some(client) = self.client(actor, session) else {
            return;
        };
        client.leaving = true;
        let (latency, form) = (client.latency, client.form);
        match how {
            0 => self.queue.push(now + latency, actor, Event::Arrive(session, Sent::Cut)),
            1 if form == Form::Session => self.send(actor, session, Sent::Text(Request::Bye.to_json())),
            1 if form == Form::Tcp => self.send(actor, session, Sent::Bytes(b"/quit\n".to_vec())),
            _ => self.send(actor, session, Sent::End),
        }
    }

    pub(super) fn client(&mut self, actor: usize, session: SessionId) -> Option<&mut Session> {
        self.sites.get_mut(&actor)?.sessions.get_mut(&session)
    }

    /// A client that read nothing reads again.
    pub(super) fn reads_again(&mut self, actor: usize, session: SessionId, number: usize) {
        let now: Instant = self.queue.now();
        let Some(client) = self.client(actor, session) else {
            return;
        };
        if client.stalls.remove(&number) && client.stalls.is_empty() {
            client.stalled_until = Some(now);
            client.reading = false;
            self.will_read(actor, session);
        }
    }
}

/// A text that nobody else says: a letter and its number, made as long as wanted.
pub(super) fn words(letter: char, number: u32, bytes: usize) -> String {
    let text = format!("{letter}{number} x");
    let more = bytes.min(TEXT_BYTES).saturating_sub(text.len());
    text + &"x".repeat(more)
}

/// A write as it is read: in one piece or cut anywhere, with pauses.
fn pieces(sent: Sent, reads: Reads, rng: &mut Rng) -> Vec<(Duration, Sent)> {
    let Sent::Bytes(bytes) = sent else {
        return vec![(Duration::ZERO, sent)];
    };
    let mut pieces = Vec::new();
    let mut rest = &*bytes;
    while !rest.is_empty() {
        let (most, pause) = match reads {
            Reads::Split if pieces.len() < 4 => (1 + pick(rng, rest.len()), rng.below(PIECE_MICROS)),
            Reads::Bytes => (1, rng.below(4)),
            Reads::Whole | Reads::Coalesced | Reads::Any | Reads::Split => (rest.len(), 0),
        };
        let (piece, after) = rest.split_at(most);
        pieces.push((Duration::from_micros(pause), Sent::Bytes(piece.to_vec())));
        rest = after;
    }
    pieces
}
