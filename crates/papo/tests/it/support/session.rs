//! A client of the session protocol (docs/protocol.md 6) that keeps a book of what it was told, and holds the hub to
//! what it promises: no number skipped without a GAP, none twice, none that goes back, whatever connections it took.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{SocketAddr, TcpStream};

use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest;
use tungstenite::{Error, Message, WebSocket};

use super::PATIENCE;

/// For each hub the last number that was read.
pub(crate) type Cursor = BTreeMap<String, u64>;

/// A message as it was shown, or acknowledged to its author.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Said {
    pub(crate) room: String,
    pub(crate) origin: String,
    pub(crate) seq: u64,
    pub(crate) msg_id: String,
    pub(crate) payload: String,
}

/// What a session sent.
#[derive(Debug, Clone)]
pub(crate) struct Own {
    pub(crate) room: String,
    pub(crate) payload: String,
    /// Its origin and number, once it is known.
    pub(crate) key: Option<(String, u64)>,
}

/// What a session was told, over all its connections.
#[derive(Debug, Default)]
pub(crate) struct Book {
    /// In the order in which it came; its own messages stand where the ACK came.
    pub(crate) said: Vec<Said>,
    /// First and last number of each GAP, with its reason.
    pub(crate) gaps: Vec<(u64, u64, String)>,
    /// Room by room.
    pub(crate) read: BTreeMap<String, Cursor>,
    /// The `head` of the last JOINED, room by room.
    pub(crate) heads: BTreeMap<String, Cursor>,
    pub(crate) own: BTreeMap<String, Own>,
    shown: BTreeSet<String>,
}

impl Book {
    /// Notes a frame and holds it against all before.
    fn note(&mut self, frame: &Value) {
        let text = |key: &str| frame[key].as_str().unwrap_or_default().to_owned();
        let number = |key: &str| frame[key].as_u64().unwrap_or_else(|| panic!("{key} of {frame}"));
        match frame["type"].as_str() {
            Some("JOINED") => {
                let head: Cursor = serde_json::from_value(frame["head"].clone()).unwrap();
                self.read.entry(text("room")).or_insert_with(|| head.clone());
                self.heads.insert(text("room"), head);
            }
            Some("PUB") => {
                let said = Said {
                    room: text("dst").trim_start_matches('#').to_owned(),
                    origin: text("origin"),
                    seq: number("seq"),
                    msg_id: text("msg_id"),
                    payload: text("payload"),
                };
                if let Some(own) = self.own.get_mut(&said.msg_id) {
                    own.key.get_or_insert((said.origin.clone(), said.seq));
                }
                self.show(said);
            }
            Some("ACK") if frame["seq"].is_u64() => {
                let (msg_id, origin, seq) = (text("msg_id"), text("origin"), number("seq"));
                let own = self.own.get_mut(&msg_id);
                let own = own.unwrap_or_else(|| panic!("acknowledged, and never sent: {frame}"));
                let key = (origin.clone(), seq);
                if let Some(before) = &own.key {
                    return assert_eq!(*before, key, "the same message has two numbers: {frame}");
                }
                own.key = Some(key);
                let (room, payload) = (own.room.clone(), own.payload.clone());
                self.show(Said {
                    room,
                    origin,
                    seq,
                    msg_id,
                    payload,
                });
            }
            Some("GAP") => {
                let (room, origin, from, to) = (text("room"), text("origin"), number("from"), number("to"));
                let last = self.last(&room, &origin).unwrap_or(0);
                assert!(from == last + 1 && to >= from, "a gap behind {last}: {frame}");
                self.read.entry(room).or_default().insert(origin, to);
                self.gaps.push((from, to, text("reason")));
            }
            _ => {}
        }
    }

    fn show(&mut self, said: Said) {
        if let Some(last) = self.last(&said.room, &said.origin) {
            assert_eq!(said.seq, last + 1, "what comes behind {last}: {said:?}");
        }
        assert!(self.shown.insert(said.msg_id.clone()), "shown twice: {said:?}");
        let room = self.read.entry(said.room.clone()).or_default();
        room.insert(said.origin.clone(), said.seq);
        self.said.push(said);
    }

    fn last(&self, room: &str, origin: &str) -> Option<u64> {
        self.read.get(room)?.get(origin).copied()
    }

    /// Everything is read that the last JOINED of this room told of.
    fn has_caught_up(&self, room: &str) -> bool {
        let read = &self.read[room];
        let mut head = self.heads[room].iter();
        head.all(|(origin, seq)| read.get(origin).is_some_and(|last| last >= seq))
    }

    /// What was said in a room.
    pub(crate) fn payloads(&self, room: &str) -> Vec<String> {
        let said = self.said.iter().filter(|said| said.room == room);
        said.map(|said| said.payload.clone()).collect()
    }
}

/// A session, over one connection after the other.
pub(crate) struct Session {
    socket: Option<WebSocket<TcpStream>>,
    pub(crate) peer_id: String,
    pub(crate) secret: Option<String>,
    pub(crate) token: Option<String>,
    /// The last HELLO_OK.
    pub(crate) hello: Value,
    pub(crate) book: Book,
    /// The code with which the hub closed the last connection.
    pub(crate) closed: Option<u16>,
    sent: u64,
}

impl Session {
    /// One that has not connected yet. `peer_id` is `nick@room`.
    pub(crate) fn new(peer_id: &str) -> Self {
        Self {
            socket: None,
            peer_id: peer_id.to_owned(),
            secret: None,
            token: None,
            hello: Value::Null,
            book: Book::default(),
            closed: None,
            sent: 0,
        }
    }

    /// A new session in its first room, which it reads from now on.
    pub(crate) fn enter(address: SocketAddr, peer_id: &str) -> Self {
        let mut session = Self::new(peer_id);
        session.resume(address);
        session
    }

    /// A new session that reads all that is kept of its first room.
    pub(crate) fn enter_from_start(address: SocketAddr, peer_id: &str) -> Self {
        let mut session = Self::new(peer_id);
        let room = session.first_room();
        session.book.read.insert(room, Cursor::new());
        session.resume(address);
        session.catch_up();
        session
    }

    /// A connection on which nothing was said yet.
    pub(crate) fn silent(address: SocketAddr) -> Self {
        let mut session = Self::new("nobody@lobby");
        session.socket = Some(connect(address, |stream| stream).unwrap());
        session
    }

    /// The same session again, in all its rooms from where it has read.
    pub(crate) fn resume(&mut self, address: SocketAddr) {
        self.try_resume(address)
            .unwrap_or_else(|error| panic!("{} cannot come in: {error}", self.peer_id));
    }

    /// The same, for those who come when the hub may not be there.
    pub(crate) fn try_resume(&mut self, address: SocketAddr) -> Result<(), String> {
        self.socket = Some(connect(address, |stream| stream)?);
        self.introduce()
    }

    /// The same over a connection that holds few bytes.
    pub(crate) fn resume_small(&mut self, address: SocketAddr) {
        self.socket = Some(connect(address, small).unwrap());
        self.introduce().unwrap();
    }

    /// HELLO and a JOIN for each room, in one write: nothing is said between them.
    fn introduce(&mut self) -> Result<(), String> {
        let hello = self.hello_frame();
        let joins = self.book.read.iter();
        let joins = joins.map(|(room, after)| json!({"type": "JOIN", "room": room, "after": after}));
        let frames: Vec<Value> = std::iter::once(hello).chain(joins).collect();
        let socket = self.socket.as_mut().unwrap();
        for frame in &frames {
            let frame = Message::text(frame.to_string());
            socket.write(frame).map_err(|error| error.to_string())?;
        }
        socket.flush().map_err(|error| error.to_string())?;
        self.hello = self.try_until(|frame| frame["type"] == "HELLO_OK")?;
        self.secret = self.hello["session"].as_str().map(str::to_owned);
        self.hello["peer_id"].as_str().unwrap().clone_into(&mut self.peer_id);
        for _ in frames {
            self.try_until(|frame| frame["type"] == "JOINED")?;
        }
        Ok(())
    }

    pub(crate) fn hello_frame(&self) -> Value {
        let mut hello = json!({"type": "HELLO", "peer_id": self.peer_id, "features": []});
        for (key, value) in [("session", &self.secret), ("token", &self.token)] {
            if let Some(value) = value {
                hello[key] = value.as_str().into();
            }
        }
        hello
    }

    /// Goes away without a word.
    pub(crate) fn vanish(&mut self) {
        self.socket = None;
    }

    pub(crate) fn nick(&self) -> &str {
        self.hello["nick"].as_str().unwrap()
    }

    pub(crate) fn first_room(&self) -> String {
        self.peer_id.split_once('@').unwrap().1.to_owned()
    }

    // ---- what it sends ------------------------------------------------------------------------------------------

    pub(crate) fn send(&mut self, frame: &Value) {
        self.send_text(&frame.to_string());
    }

    pub(crate) fn send_text(&mut self, text: &str) {
        self.try_send(Message::text(text)).unwrap();
    }

    /// Sends several frames in one write.
    pub(crate) fn send_all(&mut self, texts: &[String]) {
        let socket = self.socket.as_mut().unwrap();
        for text in texts {
            socket.write(Message::text(text.as_str())).unwrap();
        }
        socket.flush().unwrap();
    }

    pub(crate) fn try_send(&mut self, message: Message) -> Result<(), String> {
        let socket = self.socket.as_mut().ok_or("it has no connection")?;
        socket.send(message).map_err(|error| error.to_string())
    }

    /// Enters a room, live from now on or from a place on, and waits until it is there.
    pub(crate) fn join(&mut self, room: &str, after: Option<Cursor>) {
        let mut frame = json!({"type": "JOIN", "room": room});
        if let Some(after) = after {
            frame["after"] = json!(after);
            self.book.read.insert(room.to_owned(), after);
        }
        self.send(&frame);
        self.until(&format!("JOINED of #{room}"), |frame| {
            frame["type"] == "JOINED" && frame["room"] == room
        });
    }

    /// Says something and does not wait; returns its id.
    pub(crate) fn publish(&mut self, room: &str, payload: &str) -> String {
        self.try_publish(room, payload).unwrap()
    }

    pub(crate) fn try_publish(&mut self, room: &str, payload: &str) -> Result<String, String> {
        self.sent += 1;
        let msg_id = self.last_id();
        let own = Own {
            room: room.to_owned(),
            payload: payload.to_owned(),
            key: None,
        };
        self.book.own.insert(msg_id.clone(), own);
        self.try_resend(&msg_id)?;
        Ok(msg_id)
    }

    /// The id of what it said last.
    pub(crate) fn last_id(&self) -> String {
        format!("{}-{}", self.peer_id.replace('@', "."), self.sent)
    }

    /// Sends a message again as it was.
    pub(crate) fn resend(&mut self, msg_id: &str) {
        self.try_resend(msg_id).unwrap();
    }

    pub(crate) fn try_resend(&mut self, msg_id: &str) -> Result<(), String> {
        let Own { room, payload, .. } = &self.book.own[msg_id];
        let frame = json!({"type": "PUB", "msg_id": msg_id, "dst": format!("#{room}"), "payload": payload});
        self.try_send(Message::text(frame.to_string()))
    }

    /// Says something in a room and waits for its ACK; returns its number.
    pub(crate) fn say(&mut self, room: &str, payload: &str) -> u64 {
        let msg_id = self.publish(room, payload);
        self.acked(&msg_id)
    }

    /// Waits for the ACK of a PUB; returns its number.
    pub(crate) fn acked(&mut self, msg_id: &str) -> u64 {
        let ack = self.until(&format!("the ACK of {msg_id}"), |frame| {
            assert!(frame["type"] != "ERROR" || frame["ref"] != msg_id, "{frame}");
            frame["type"] == "ACK" && frame["msg_id"] == msg_id
        });
        ack["seq"].as_u64().unwrap()
    }

    // ---- what it is told ----------------------------------------------------------------------------------------

    /// The next frame.
    pub(crate) fn next(&mut self, awaited: &str) -> Value {
        self.try_next()
            .unwrap_or_else(|error| panic!("{} waited in vain for {awaited}: {error}", self.peer_id))
    }

    pub(crate) fn try_next(&mut self) -> Result<Value, String> {
        let frame = self.unnoted()?;
        self.book.note(&frame);
        Ok(frame)
    }

    /// The next frame, of which the book hears nothing.
    pub(crate) fn raw_next(&mut self) -> Value {
        self.unnoted().unwrap()
    }

    fn unnoted(&mut self) -> Result<Value, String> {
        let socket = self.socket.as_mut().ok_or("it has no connection")?;
        loop {
            match socket.read().map_err(|error| error.to_string())? {
                Message::Text(text) => {
                    return serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"));
                }
                // The answer goes out with the next flush.
                Message::Ping(_) => socket.flush().map_err(|error| error.to_string())?,
                Message::Close(close) => {
                    self.closed = close.as_ref().map(|close| close.code.into());
                    return Err(format!("it was closed: {close:?}"));
                }
                other => return Err(format!("no frame of this protocol: {other:?}")),
            }
        }
    }

    /// Reads on until a frame is the one.
    pub(crate) fn until(&mut self, awaited: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        loop {
            let frame = self.next(awaited);
            if is_it(&frame) {
                return frame;
            }
        }
    }

    pub(crate) fn try_until(&mut self, is_it: impl Fn(&Value) -> bool) -> Result<Value, String> {
        loop {
            let frame = self.try_next()?;
            if is_it(&frame) {
                return Ok(frame);
            }
        }
    }

    /// Reads on until this text is said, by anybody.
    pub(crate) fn hears(&mut self, payload: &str) -> Value {
        self.until(&format!("{payload:?}"), |frame| {
            frame["type"] == "PUB" && frame["payload"] == payload
        })
    }

    /// The same for what may have been read already.
    pub(crate) fn has_heard(&mut self, payload: &str) {
        self.try_has_heard(payload)
            .unwrap_or_else(|error| panic!("{} waited in vain for {payload:?}: {error}", self.peer_id));
    }

    pub(crate) fn try_has_heard(&mut self, payload: &str) -> Result<(), String> {
        if self.book.said.iter().any(|said| said.payload == payload) {
            return Ok(());
        }
        while self.book.said.last().is_none_or(|said| said.payload != payload) {
            self.try_next()?;
        }
        Ok(())
    }

    /// Reads on until an ERROR comes; asserts its code and what it is about.
    pub(crate) fn expect_error(&mut self, code: &str, reference: &str) -> String {
        let error = self.until(&format!("ERROR {code}"), |frame| frame["type"] == "ERROR");
        let about = (error["code"].as_str().unwrap(), error["ref"].as_str().unwrap());
        assert_eq!(about, (code, reference), "{error}");
        let detail = error["detail"].as_str().unwrap().to_owned();
        assert!(!detail.is_empty(), "{error}");
        detail
    }

    /// Everything that was sent before is dealt with when this returns.
    pub(crate) fn settle(&mut self) {
        self.send(&json!({"type": "PING"}));
        self.until("PONG", |frame| frame["type"] == "PONG");
    }

    /// Reads until it has read what the last JOINED of each room told of.
    pub(crate) fn catch_up(&mut self) {
        self.try_catch_up()
            .unwrap_or_else(|error| panic!("{} cannot catch up: {error}", self.peer_id));
    }

    pub(crate) fn try_catch_up(&mut self) -> Result<(), String> {
        while !self.book.heads.keys().all(|room| self.book.has_caught_up(room)) {
            self.try_next()?;
        }
        Ok(())
    }

    /// Reads on until the hub closes, and asserts with which code.
    pub(crate) fn expect_close(&mut self, code: u16) {
        while self.try_next().is_ok() {}
        assert_eq!(self.closed, Some(code), "how {} was closed", self.peer_id);
        self.socket = None;
    }

    /// Reads on, and notes what comes, until the connection ends in whatever way.
    pub(crate) fn read_to_the_end(&mut self) {
        if let Some(socket) = &self.socket {
            // Through a narrow one, what waits in the system would drip for minutes.
            let _ = socket2::SockRef::from(socket.get_ref()).set_recv_buffer_size(1024 * 1024);
        }
        while self.try_next().is_ok() {}
        self.socket = None;
    }

    /// A page of a room's past, as HISTORY gives it.
    pub(crate) fn history(&mut self, request: &Value) -> Value {
        self.send(request);
        self.until("HISTORY", |frame| {
            frame["type"] == "HISTORY" || frame["type"] == "ERROR"
        })
    }
}

fn small(stream: TcpStream) -> TcpStream {
    // Asked for before the connection would be better, and the system takes what is smaller than it has later too.
    let _ = socket2::SockRef::from(&stream).set_recv_buffer_size(4096);
    stream
}

fn connect(address: SocketAddr, prepare: impl Fn(TcpStream) -> TcpStream) -> Result<WebSocket<TcpStream>, String> {
    let stream = prepare(TcpStream::connect(address).map_err(|error| error.to_string())?);
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    stream
        .set_read_timeout(Some(PATIENCE))
        .map_err(|error| error.to_string())?;
    stream
        .set_write_timeout(Some(PATIENCE))
        .map_err(|error| error.to_string())?;
    let mut request = format!("ws://{address}/ws").into_client_request().unwrap();
    let headers = request.headers_mut();
    headers.insert("sec-websocket-protocol", "papo.v1".parse().unwrap());
    match tungstenite::client(request, stream) {
        Ok((socket, _)) => Ok(socket),
        Err(error) => Err(Error::to_string(&match error {
            tungstenite::HandshakeError::Failure(error) => error,
            tungstenite::HandshakeError::Interrupted(_) => return Err("no answer to the handshake".to_owned()),
        })),
    }
}
