//! A hub of the session protocol that does what a test tells it, one frame after the other.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use serde_json::{Value, json};
use tungstenite::handshake::derive_accept_key;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, Role};
use tungstenite::{Message, WebSocket};

use super::PATIENCE;

/// The id of the hub.
pub(crate) const HUB: &str = "000000000000000000000000000000ab";

/// Listens where the system likes.
pub(crate) struct ScriptedHub {
    arrived: Receiver<TcpStream>,
    pub(crate) address: SocketAddr,
}

/// One client that is there.
pub(crate) struct Guest(WebSocket<TcpStream>);

impl ScriptedHub {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (arrivals, arrived) = sync_channel(16);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if arrivals.send(stream.unwrap()).is_err() {
                    break;
                }
            }
        });
        Self { arrived, address }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Takes the next request, which asks for the home room, and answers it.
    pub(crate) fn tell_home_room(&self, answer: &str) {
        let (mut stream, head) = self.request();
        assert!(head.starts_with("GET /api/hello "), "{head}");
        stream.write_all(answer.as_bytes()).unwrap();
    }

    /// Takes the next request, which is for a WebSocket.
    pub(crate) fn guest(&self) -> Guest {
        let (mut stream, head) = self.request();
        assert!(head.starts_with("GET /ws "), "{head}");
        let header = |name: &str| {
            let line = head
                .lines()
                .find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")));
            line.unwrap_or_else(|| panic!("no {name} in {head}"))
                .split_once(": ")
                .unwrap()
                .1
        };
        assert_eq!(header("sec-websocket-protocol"), "papo.v1");
        let accept = derive_accept_key(header("sec-websocket-key").as_bytes());
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: \
             {accept}\r\nSec-WebSocket-Protocol: papo.v1\r\n\r\n"
        );
        stream.write_all(answer.as_bytes()).unwrap();
        Guest(WebSocket::from_raw_socket(stream, Role::Server, None))
    }

    /// Takes the next request and answers it like this.
    pub(crate) fn refuse(&self, answer: &str) {
        let (mut stream, _) = self.request();
        stream.write_all(answer.as_bytes()).unwrap();
    }

    fn request(&self) -> (TcpStream, String) {
        let mut stream = self.arrived.recv_timeout(PATIENCE).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.extend(byte);
        }
        (stream, String::from_utf8(head).unwrap())
    }
}

impl Guest {
    /// The next frame, which is of this type.
    pub(crate) fn expect(&mut self, kind: &str) -> Value {
        match self.0.read() {
            Ok(Message::Text(text)) => {
                let frame: Value = text.as_str().parse().unwrap();
                assert_eq!(frame["type"], kind, "{frame}");
                frame
            }
            other => panic!("waited for {kind} and got {other:?}"),
        }
    }

    pub(crate) fn tell(&mut self, frame: &Value) {
        self.0.send(Message::text(frame.to_string())).unwrap();
    }

    /// Expects HELLO and lets it into the room, where message `head` was the last one.
    pub(crate) fn welcome(&mut self, nick: &str, room: &str, head: u64) -> Value {
        let hello = self.expect("HELLO");
        self.tell(
            &json!({"type": "HELLO_OK", "peer_id": format!("{nick}@{room}"), "nick": nick, "hub": HUB,
            "name": "north", "durable": true, "features": ["search"], "session": "0".repeat(31) + "7"}),
        );
        self.joined(room, head);
        hello
    }

    pub(crate) fn joined(&mut self, room: &str, head: u64) {
        let head = json!({HUB: head});
        self.tell(&json!({"type": "JOINED", "room": room, "members": ["ana", "bia"], "count": 2, "head": head}));
    }

    pub(crate) fn say(&mut self, room: &str, seq: u64, payload: &str) {
        self.tell(
            &json!({"type": "PUB", "msg_id": format!("m{seq}"), "src": format!("bia@{room}"),
            "dst": format!("#{room}"), "payload": payload, "origin": HUB, "seq": seq, "sent_at": 1_000, "hops": 0}),
        );
    }

    /// Expects a message and acknowledges it with this number.
    pub(crate) fn acknowledge(&mut self, seq: u64) -> Value {
        let message = self.expect("PUB");
        self.ack(&message["msg_id"], seq);
        message
    }

    pub(crate) fn ack(&mut self, msg_id: &Value, seq: u64) {
        self.tell(&json!({"type": "ACK", "msg_id": msg_id, "origin": HUB, "seq": seq}));
    }

    pub(crate) fn close(&mut self, code: u16, words: &'static str) {
        let frame = CloseFrame {
            code: CloseCode::from(code),
            reason: words.into(),
        };
        self.0.close(Some(frame)).unwrap();
    }

    /// Waits for the client's own end.
    pub(crate) fn expect_end(mut self) {
        match self.0.read() {
            Ok(Message::Close(_)) | Err(_) => {}
            Ok(other) => panic!("waited for the end and got {other:?}"),
        }
    }
}
