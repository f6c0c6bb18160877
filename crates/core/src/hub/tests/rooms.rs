//! Rooms that are kept, and sessions of the session protocol: a hub, its disk, and clients that read frames.

mod direct;
mod failures;
mod kept;
mod sessions;

use super::*;
use crate::wire::relay::{Envelope, Kind};
use crate::wire::session::{Address, Request};
use serde_json::Value;

/// One hub with a disk that writes when told, and its clients.
struct Kept {
    hub: Hub,
    config: Config,
    now: Instant,
    opened: u64,
    /// Records that are not safe.
    unsafe_records: VecDeque<Record>,
    /// What is safe.
    safe: Vec<Change>,
    clients: BTreeMap<SessionId, Reader>,
    names: BTreeMap<RoomId, RoomName>,
    posts: Vec<String>,
    /// Answers to requests, to `/relay` and of the HTTP API, and what the driver is asked.
    answers: Vec<String>,
    /// Authors whom the hub wants to know about.
    asked: Vec<Author>,
    /// The last number of a direct message.
    direct: u64,
}

/// One client as its driver sees it.
#[derive(Default)]
struct Reader {
    rooms: BTreeSet<RoomId>,
    heard: Vec<String>,
    secret: Option<u128>,
    paused: bool,
    closed: Option<CloseReason>,
}

fn durable(links: u32) -> Config {
    Config {
        durable: true,
        links,
        ..config(1)
    }
}

impl Kept {
    fn new() -> Self {
        Self::with(durable(0))
    }

    fn with(config: Config) -> Self {
        Self {
            hub: Hub::new(config.clone(), 42, Instant::ZERO),
            config,
            now: Instant::ZERO,
            opened: 0,
            unsafe_records: VecDeque::new(),
            safe: Vec::new(),
            clients: BTreeMap::new(),
            names: BTreeMap::new(),
            posts: Vec::new(),
            answers: Vec::new(),
            asked: Vec::new(),
            direct: 0,
        }
    }

    /// A client that has connected and said nothing.
    fn connect(&mut self) -> SessionId {
        self.opened += 1;
        let session = SessionId(self.opened);
        self.clients.insert(session, Reader::default());
        self.step(Input::Opened {
            session,
            door: Door::Session,
            address: ip("10.0.0.7"),
            room: None,
        });
        session
    }

    /// A client that has said HELLO, with a secret if it was here before.
    fn hello(&mut self, peer: &str, secret: Option<u128>) -> SessionId {
        let session = self.connect();
        let peer_id = Address::parse(peer).unwrap();
        let hello = Request::Hello {
            peer_id,
            token: None,
            session: secret,
        };
        self.asks(session, &hello);
        session
    }

    /// A client that is in the home room and has read all that this brought.
    fn arrive(&mut self, nick: &str) -> SessionId {
        let session = self.hello(&format!("{nick}@lobby"), None);
        self.hear(session);
        session
    }

    /// A client of the TCP text door.
    fn open_text(&mut self) -> SessionId {
        self.opened += 1;
        let session = SessionId(self.opened);
        self.clients.insert(session, Reader::default());
        self.step(Input::Opened {
            session,
            door: Door::TcpText,
            address: ip("10.0.0.8"),
            room: None,
        });
        session
    }

    fn asks(&mut self, session: SessionId, request: &Request) {
        let text = request.to_json();
        self.step(Input::Text { session, text });
    }

    fn says(&mut self, session: SessionId, id: &str, payload: &str) {
        self.says_in(session, id, "lobby", payload);
    }

    fn says_in(&mut self, session: SessionId, id: &str, name: &str, payload: &str) {
        let publish = Request::Pub {
            msg_id: id.parse().unwrap(),
            src: None,
            room: room(name),
            payload: payload.to_owned(),
        };
        self.asks(session, &publish);
    }

    fn joins(&mut self, session: SessionId, name: &str, after: Option<&[(u128, u64)]>) {
        let after = after.map(|after| {
            let numbers = after.iter().map(|&(hub, seq)| (HubId::from_bits(hub), seq));
            numbers.collect()
        });
        let room = room(name);
        self.asks(session, &Request::Join { room, after });
    }

    fn cut(&mut self, session: SessionId) {
        self.clients.remove(&session);
        let reason = CloseReason::Lost;
        self.step(Input::Closed { session, reason });
    }

    fn secret(&self, session: SessionId) -> Option<u128> {
        self.clients[&session].secret
    }

    /// What a client was told since the last time, in short.
    fn hear(&mut self, session: SessionId) -> Vec<String> {
        std::mem::take(&mut self.clients.get_mut(&session).unwrap().heard)
    }

    fn answers(&mut self) -> Vec<String> {
        std::mem::take(&mut self.answers)
    }

    /// What waits for the disk is safe.
    fn sync(&mut self) {
        while !self.unsafe_records.is_empty() {
            self.sync_some(self.unsafe_records.len());
        }
    }

    fn sync_some(&mut self, count: usize) {
        let records: Vec<_> = self.unsafe_records.drain(..count).collect();
        let through = records.last().unwrap().ticket;
        self.safe.extend(records.into_iter().map(|record| record.change));
        self.step(Input::Stored { through });
    }

    /// What waits for the disk is lost.
    fn fail(&mut self) {
        let epoch = self.unsafe_records.front().unwrap().epoch;
        self.unsafe_records.retain(|record| record.epoch != epoch);
        let detail = "no space left".to_owned();
        self.step(Input::StoreFailed { epoch, detail });
    }

    /// The hub goes, and starts again with what is safe.
    fn restart(&mut self) {
        self.unsafe_records.clear();
        self.clients.clear();
        self.names.clear();
        self.hub = Hub::new(self.config.clone(), 43, self.now);
        let mut sent = BTreeMap::new();
        for change in self.safe.clone() {
            match change {
                Change::Sent { link, through, .. } => {
                    sent.insert(link, through);
                }
                Change::Said(said) => {
                    let (key, position) = (said.entry.key.unwrap(), said.entry.position);
                    self.step(Input::Restored(Restored::Head {
                        room: said.room.clone(),
                        origin: key.origin,
                        seq: key.seq,
                        position,
                    }));
                }
            }
        }
        for change in self.safe.clone() {
            for link in (0..self.config.links).map(LinkId) {
                if let Change::Said(said) = &change
                    && sent.get(&link).is_none_or(|through| said.entry.position > *through)
                {
                    let said = said.clone();
                    self.step(Input::Restored(Restored::Waiting { link, said }));
                }
            }
        }
    }

    /// Answers what the hub wants to know about authors.
    fn tell_acked(&mut self) {
        for author in std::mem::take(&mut self.asked) {
            let acked = self.said().filter(|said| said.author == Some(author));
            let acked = acked.map(|said| Acked {
                msg_id: said.entry.id.clone().unwrap(),
                key: said.entry.key.unwrap(),
            });
            let acked = acked.collect();
            self.step(Input::Acked { author, acked });
        }
    }

    fn said(&self) -> impl Iterator<Item = &Said> {
        self.safe.iter().filter_map(|change| match change {
            Change::Said(said) => Some(&**said),
            Change::Sent { .. } => None,
        })
    }

    fn relay(&mut self, id: u64, body: &str) {
        let request = RelayRequest {
            id: RequestId(id),
            source: ip("10.9.0.1"),
            signature: None,
            body: body.as_bytes(),
        };
        self.step(Input::Relay(request));
    }

    fn posted(&mut self, outcome: PostOutcome) {
        let link = LinkId(0);
        self.step(Input::Posted { link, outcome });
    }

    fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.hub.poll_timeout().filter(|&at| at <= end) {
            self.now = self.now.max(at);
            self.step(Input::Timeout);
        }
        self.now = end;
    }

    fn step(&mut self, input: Input<'_>) {
        self.hub.handle(self.now, input);
        while let Some(output) = self.hub.poll_output() {
            self.act(output);
        }
    }

    fn told(&mut self, session: SessionId, what: String) {
        // Whoever has gone is told nothing.
        if let Some(client) = self.clients.get_mut(&session) {
            assert_eq!(client.closed, None, "nothing goes to a closed session: {what}");
            client.heard.push(what);
        }
    }

    fn act(&mut self, output: Output) {
        match output {
            Output::Store(record) => self.unsafe_records.push_back(record),
            Output::LoadAcked { author } => self.asked.push(author),
            Output::RoomOpened { room, name } => {
                self.names.insert(room, name);
            }
            Output::Append { room, entry } => self.append(room, &entry),
            Output::Attach { session, room } => {
                if let Some(client) = self.clients.get_mut(&session) {
                    assert!(client.rooms.insert(room), "attached once");
                }
            }
            Output::Detach { session, room } => {
                if let Some(client) = self.clients.get_mut(&session) {
                    client.rooms.remove(&room);
                }
            }
            Output::Reply { session, frame } => {
                let frame: Value = serde_json::from_str(&frame).unwrap();
                if let Some(secret) = frame["session"].as_str()
                    && let Some(client) = self.clients.get_mut(&session)
                {
                    client.secret = u128::from_str_radix(secret, 16).ok();
                }
                self.told(session, in_short(&frame));
            }
            Output::Direct { session, frame, number } => {
                self.direct = number;
                self.told(session, in_short(&serde_json::from_str(&frame).unwrap()));
            }
            Output::Notice { session, notice } => self.told(session, format!("{notice:?}")),
            Output::Replay {
                session,
                room,
                after,
                until,
            } => self.replay(session, room, after, until),
            Output::PauseInput { session } | Output::ResumeInput { session } => {
                let paused = matches!(output, Output::PauseInput { .. });
                if let Some(client) = self.clients.get_mut(&session) {
                    assert_ne!(std::mem::replace(&mut client.paused, paused), paused);
                }
            }
            Output::Close { session, reason } => {
                if let Some(client) = self.clients.get_mut(&session) {
                    assert!(client.rooms.is_empty(), "detached before it is closed");
                    assert_eq!(client.closed.replace(reason), None, "closed once");
                }
            }
            Output::Post { body, .. } => self.posts.push(body),
            Output::RelayReply { request, reply } => self.answers.push(format!("{}: {reply:?}", request.0)),
            Output::Posted { request, result } => {
                let result = result.map(|(id, key)| format!("{id} {}", key.seq.get()));
                let result = result.map_err(|(code, _)| code.as_str());
                self.answers.push(format!("{}: {result:?}", request.0));
            }
            Output::Recall { limit, .. } => self.answers.push(format!("recall {limit}")),
            Output::CheckToken { token, .. } => self.answers.push(format!("token {token}")),
            Output::Remark(_) | Output::Ping { .. } | Output::RoomClosed { .. } => {}
        }
    }

    fn append(&mut self, room: RoomId, entry: &Entry) {
        let readers: Vec<SessionId> = self
            .clients
            .iter()
            .filter(|(_, client)| client.rooms.contains(&room))
            .map(|(&session, _)| session)
            .collect();
        for session in readers {
            let own = entry.author == Some(session);
            match (entry.kind, entry.key) {
                (EntryKind::Said, Some(key)) if own => {
                    let id = entry.id.as_ref().unwrap();
                    self.told(session, format!("ACK {id} {}", key.seq.get()));
                }
                (EntryKind::Said, _) => self.told(session, shown(entry)),
                (EntryKind::Frame, _) if own => {}
                (EntryKind::Frame, _) => {
                    let frame: Value = serde_json::from_str(&entry.payload).unwrap();
                    self.told(session, in_short(&frame));
                }
                (EntryKind::Gap { from, to, .. }, _) => self.told(session, gap(from, to)),
                _ => {}
            }
        }
    }

    fn replay(&mut self, session: SessionId, room: RoomId, after: Cursor, until: Cursor) {
        let name = self.names[&room].clone();
        let said: Vec<Said> = self.said().filter(|said| said.room == name).cloned().collect();
        let mut replay = Replay::new(after, until);
        for said in said {
            match replay.step(said.entry.key.unwrap()) {
                Step::Skip => continue,
                Step::Show => {}
                Step::ShowAfter(missing) => self.told(session, gap(missing.from, missing.to)),
            }
            self.told(session, shown(&said.entry));
        }
        for missing in replay.finish() {
            self.told(session, gap(missing.from, missing.to));
        }
    }
}

fn shown(entry: &Entry) -> String {
    format!("{}: {}", entry.label, entry.payload)
}

fn gap(from: Seq, to: Seq) -> String {
    format!("GAP {}..{}", from.get(), to.get())
}

/// The parts of a frame that a test looks at.
fn in_short(frame: &Value) -> String {
    let text = |field: &str| frame[field].as_str().unwrap_or_default().to_owned();
    match &*text("type") {
        "HELLO_OK" => format!("HELLO_OK {} {}", text("nick"), text("previous"))
            .trim_end()
            .to_owned(),
        "JOINED" => format!("JOINED {} {}", text("room"), frame["head"]),
        "ACK" if frame["from"].is_string() => format!("ACK {} from {}", text("msg_id"), text("from")),
        "ACK" => format!("ACK {} {}", text("msg_id"), frame["seq"]),
        "ERROR" => format!("ERROR {} {}", text("code"), text("ref")),
        "SEND" => format!("SEND {} {}: {}", text("msg_id"), text("src"), text("payload")),
        "PRESENCE" => format!("PRESENCE +{} -{}", frame["joined"], frame["left"]),
        other => other.to_owned(),
    }
}

/// A head of this hub alone, as a JOINED shows it.
fn joined(name: &str, seq: u64) -> String {
    let head = if seq == 0 {
        "{}".to_owned()
    } else {
        format!("{{\"{}\":{seq}}}", HubId::from_bits(1))
    };
    format!("JOINED {name} {head}")
}

/// A message of another hub.
fn from_elsewhere(seq: u64) -> String {
    let (label, payload) = ("eva", format!("oi {seq}"));
    let envelope = Envelope {
        id: format!("e{seq}").parse().unwrap(),
        kind: Kind::Said,
        room: room("lobby"),
        src: "eva@lobby".to_owned(),
        label: label.to_owned(),
        message: text::said(label, &payload),
        payload,
        origin: HubId::from_bits(2),
        seq: Seq::new(seq),
        sent_at: BEGIN,
        hops: 1,
    };
    envelope.to_json(envelope.origin)
}
