//! Conversations with a whole hub: what each session hears, and what each link carries.

mod federation;
mod limits;
mod network;
mod outages;
mod relay_door;
mod replay;
mod rooms;
mod text_door;
mod websocket;

use super::*;
use crate::id::{RequestId, Seq};
use crate::limits::MESSAGE_PAUSE;
use crate::wire::text;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

/// The time of day at which every test begins.
const BEGIN: UtcMillis = UtcMillis::new(1_763_683_200_000);
const NOTHING: [&str; 0] = [];

/// One hub and its driver: logs with plain cursors, a clock that only moves when told, and the contract's checks.
struct World {
    hub: Hub,
    now: Instant,
    opened: u64,
    requests: u64,
    logs: BTreeMap<RoomId, Vec<Entry>>,
    /// Rooms that are closed, and every time that one was.
    closed: BTreeSet<RoomId>,
    closed_rooms: Vec<RoomId>,
    said: BTreeMap<RoomId, u64>,
    clients: BTreeMap<SessionId, Client>,
    posts: VecDeque<Post>,
    replies: Vec<RelayReply>,
    remarks: Vec<Remark>,
    trace: Vec<String>,
}

/// One session as its driver sees it.
struct Client {
    websocket: bool,
    reads: Option<(RoomId, usize)>,
    heard: Vec<String>,
    paused: bool,
    pings: usize,
    closed: Option<CloseReason>,
}

/// A request that the hub asked for.
#[derive(Debug, Clone)]
struct Post {
    link: LinkId,
    body: String,
    signature: Option<String>,
    repeatable: bool,
}

fn config(id: u128) -> Config {
    Config {
        name: "papo".to_owned(),
        durable: false,
        require_token: false,
        session_key: [7; 32],
        messages_per_second: None,
        id: HubId::from_bits(id),
        home: room("lobby"),
        session_rate: None,
        session_limits: SessionLimits {
            total: 10_000,
            per_address: 10_000,
            per_window: 10_000,
        },
        unlimited: vec![],
        trusted: vec!["10.9.0.0/16".parse().unwrap()],
        links: 0,
        link_secret: None,
        utc: BEGIN,
    }
}

fn room(name: &str) -> RoomName {
    name.parse().unwrap()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

impl World {
    fn new() -> Self {
        Self::with(config(1))
    }

    fn with(config: Config) -> Self {
        Self::seeded(config, 42)
    }

    fn seeded(config: Config, seed: u64) -> Self {
        Self {
            hub: Hub::new(config, seed, Instant::ZERO),
            now: Instant::ZERO,
            opened: 0,
            requests: 0,
            logs: BTreeMap::new(),
            closed: BTreeSet::new(),
            closed_rooms: Vec::new(),
            said: BTreeMap::new(),
            clients: BTreeMap::new(),
            posts: VecDeque::new(),
            replies: Vec::new(),
            remarks: Vec::new(),
            trace: Vec::new(),
        }
    }

    fn tcp(&mut self, address: &str) -> SessionId {
        self.open(Door::TcpText, ip(address), None)
    }

    fn ws(&mut self, client: i64) -> SessionId {
        self.open(Door::WebSocketText { client }, ip("10.0.1.1"), None)
    }

    fn ws_in(&mut self, client: i64, name: &str) -> SessionId {
        self.open(Door::WebSocketText { client }, ip("10.0.1.1"), Some(room(name)))
    }

    /// A TCP client that has a nick and has read everything that this brought.
    fn named(&mut self, nick: &str) -> SessionId {
        let session = self.tcp("10.0.0.9");
        self.line(session, &format!("/nick {nick}"));
        self.hear(session);
        session
    }

    fn open(&mut self, door: Door, address: IpAddr, room: Option<RoomName>) -> SessionId {
        self.opened += 1;
        let session = SessionId(self.opened);
        let client = Client {
            websocket: door != Door::TcpText,
            reads: None,
            heard: Vec::new(),
            paused: false,
            pings: 0,
            closed: None,
        };
        self.clients.insert(session, client);
        self.step(Input::Opened {
            session,
            door,
            address,
            room,
        });
        session
    }

    fn bytes(&mut self, session: SessionId, bytes: &[u8]) {
        self.step(Input::Bytes { session, bytes });
    }

    fn line(&mut self, session: SessionId, line: &str) {
        self.bytes(session, format!("{line}\n").as_bytes());
    }

    fn text(&mut self, session: SessionId, text: &str) {
        let text = text.to_owned();
        self.step(Input::Text { session, text });
    }

    fn end(&mut self, session: SessionId) {
        self.step(Input::Ended { session });
    }

    fn cut(&mut self, session: SessionId) {
        self.step(Input::Closed {
            session,
            reason: CloseReason::Lost,
        });
    }

    /// Posts a body to `/relay` and returns the answer.
    fn relay(&mut self, source: &str, signature: Option<&str>, body: &[u8]) -> RelayReply {
        self.requests += 1;
        let request = RelayRequest {
            id: RequestId(self.requests),
            source: ip(source),
            signature,
            body,
        };
        let before = self.replies.len();
        self.step(Input::Relay(request));
        assert_eq!(self.replies.len(), before + 1, "every request is answered at once");
        self.replies[before].clone()
    }

    fn step(&mut self, input: Input<'_>) {
        self.hub.handle(self.now, input);
        while let Some(output) = self.hub.poll_output() {
            self.trace.push(format!("{} {output:?}", self.now));
            self.act(output);
        }
    }

    /// Lets time go by, waking the hub whenever it wants to be woken.
    fn pass(&mut self, span: Duration) {
        self.pass_until(self.now + span);
    }

    fn pass_until(&mut self, end: Instant) {
        while let Some(at) = self.hub.poll_timeout().filter(|&at| at <= end) {
            self.now = self.now.max(at);
            self.step(Input::Timeout);
        }
        self.now = end;
    }

    /// What a session received since it was asked last. The stamp of the TCP door, the same all over, is left out.
    fn hear(&mut self, session: SessionId) -> Vec<String> {
        self.catch_up(session);
        std::mem::take(&mut self.clients.get_mut(&session).unwrap().heard)
    }

    fn closed(&self, session: SessionId) -> Option<CloseReason> {
        self.clients[&session].closed
    }

    fn is_paused(&self, session: SessionId) -> bool {
        self.clients[&session].paused
    }

    fn remarks(&mut self) -> Vec<Remark> {
        std::mem::take(&mut self.remarks)
    }

    fn lost(&self) -> Lost {
        self.hub.lost().next().unwrap().1
    }

    fn act(&mut self, output: Output) {
        match output {
            Output::Append { room, entry } => {
                assert!(!self.closed.contains(&room), "{room:?} is closed");
                if let (Some(key), Some(_)) = (entry.key, entry.author) {
                    let number = self.said.entry(room).or_default();
                    *number += 1;
                    assert_eq!(key.seq.get(), *number, "own messages are numbered without a hole");
                }
                self.logs.entry(room).or_default().push(entry);
            }
            Output::Attach { session, room } => {
                self.closed.remove(&room);
                let end = self.logs.entry(room).or_default().len();
                let client = self.clients.get_mut(&session).unwrap();
                assert_eq!(client.reads.replace((room, end)), None, "one room at a time");
            }
            Output::Detach { session, room } => {
                self.catch_up(session);
                let client = self.clients.get_mut(&session).unwrap();
                assert_eq!(client.reads.take().map(|(room, _)| room), Some(room));
            }
            Output::RoomClosed { room } => {
                let reads = |client: &Client| client.reads.is_some_and(|(reads, _)| reads == room);
                assert!(!self.clients.values().any(reads), "somebody is in {room:?}");
                assert!(self.closed.insert(room), "{room:?} is closed already");
                self.closed_rooms.push(room);
            }
            Output::Notice { session, notice } => {
                self.catch_up(session);
                let client = self.clients.get_mut(&session).unwrap();
                assert_eq!(client.closed, None, "nothing goes to a closed session");
                client.heard.push(format!("{notice:?}"));
            }
            Output::PauseInput { session } => self.pause(session, true),
            Output::ResumeInput { session } => self.pause(session, false),
            Output::Ping { session } => self.clients.get_mut(&session).unwrap().pings += 1,
            Output::Close { session, reason } => self.close(session, reason),
            Output::Post {
                link,
                body,
                signature,
                repeatable,
            } => self.posts.push_back(Post {
                link,
                body,
                signature,
                repeatable,
            }),
            Output::RelayReply { request, reply } => {
                assert_eq!(request, RequestId(self.requests));
                self.replies.push(reply);
            }
            Output::Remark(remark) => self.remarks.push(remark),
            Output::RoomOpened { room, .. } => {
                self.closed.remove(&room);
            }
            other => panic!("{other:?} is not for a hub without a disk"),
        }
    }

    fn close(&mut self, session: SessionId, reason: CloseReason) {
        self.catch_up(session);
        let client = self.clients.get_mut(&session).unwrap();
        assert_eq!(client.closed.replace(reason), None, "closed once");
        assert_eq!(client.reads, None, "detached before it is closed");
    }

    fn pause(&mut self, session: SessionId, paused: bool) {
        let client = self.clients.get_mut(&session).unwrap();
        assert_ne!(std::mem::replace(&mut client.paused, paused), paused);
    }

    fn catch_up(&mut self, session: SessionId) {
        let client = self.clients.get_mut(&session).unwrap();
        let Some((room, at)) = client.reads else { return };
        let log = &self.logs[&room];
        for entry in &log[at..] {
            let own = entry.kind == EntryKind::Said && entry.author == Some(session);
            if !client.websocket && entry.kind != EntryKind::Frame {
                client.heard.push(tcp_line(entry));
            } else if !own && entry.kind != EntryKind::Frame {
                client.heard.push(websocket_text(entry));
            }
        }
        client.reads = Some((room, log.len()));
    }
}

fn websocket_text(entry: &Entry) -> String {
    match entry.kind {
        EntryKind::Said if entry.verbatim => entry.payload.to_string(),
        EntryKind::Said => text::said(&entry.label, &entry.payload),
        EntryKind::Joined => text::joined(&entry.label),
        EntryKind::Left => text::left(&entry.label),
        EntryKind::Gap { origin, from, to } => format!("{} {}", text::HUB_LABEL, text::missed(origin, from, to)),
        EntryKind::Frame => String::new(),
    }
}

fn tcp_line(entry: &Entry) -> String {
    let notice = match entry.kind {
        EntryKind::Said => None,
        _ => Some(websocket_text(entry)),
    };
    let (label, payload) = match &notice {
        None => (&*entry.label, &*entry.payload),
        Some(text) => (text::HUB_LABEL, &**text),
    };
    let minute = entry.sent_at.minute(0);
    let mut line = Vec::new();
    text::stamped_line(&mut line, label, minute, payload);
    let line = String::from_utf8(line)
        .unwrap()
        .replacen(&format!(" | {minute} | "), " | ", 1);
    line.strip_suffix('\n').unwrap().to_owned()
}
