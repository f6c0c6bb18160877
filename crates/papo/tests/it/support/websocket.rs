//! A client of the WebSocket text door. What it reads and most of what it writes goes through a WebSocket library; what
//! no library would send is written as bytes.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};

use tungstenite::{Error, Message, WebSocket};

use super::PATIENCE;

pub(crate) struct WsClient {
    socket: WebSocket<TcpStream>,
}

impl WsClient {
    /// Connects and hears its own coming.
    pub(crate) fn enter(address: SocketAddr, client: i64) -> Self {
        let mut ws = Self::connect(address, &format!("/ws/{client}"));
        ws.expect(&format!("Client #{client} joined the chat"));
        ws
    }

    pub(crate) fn connect(address: SocketAddr, path: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        let (socket, response) = tungstenite::client(format!("ws://{address}{path}"), stream).unwrap();
        assert_eq!(response.status(), 101);
        Self { socket }
    }

    pub(crate) fn say(&mut self, text: &str) {
        self.send(Message::text(text));
    }

    pub(crate) fn send(&mut self, message: Message) {
        self.socket.send(message).unwrap();
    }

    /// Writes bytes as they are.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.socket.get_mut().write_all(bytes).unwrap();
    }

    /// The next message of any kind.
    pub(crate) fn next(&mut self, awaited: &str) -> Message {
        self.socket
            .read()
            .unwrap_or_else(|error| panic!("waited in vain for {awaited}: {error}"))
    }

    /// Asserts that the next message is this text.
    pub(crate) fn expect(&mut self, text: &str) {
        assert_eq!(
            self.next(&format!("{text:?}")),
            Message::text(text),
            "another message came"
        );
    }

    /// Reads on until this text comes; returns the texts before it.
    pub(crate) fn until(&mut self, text: &str) -> Vec<String> {
        let mut before = Vec::new();
        loop {
            match self.next(&format!("{text:?}, after {before:?}")) {
                Message::Text(next) if next.as_str() == text => return before,
                Message::Text(next) => before.push(next.as_str().to_owned()),
                other => panic!("waited for {text:?} and got {other:?}"),
            }
        }
    }

    /// Asserts that the next message closes the connection with this code, and that the connection then ends.
    pub(crate) fn expect_close(mut self, code: u16) {
        let awaited = format!("a close with {code}");
        match self.next(&awaited) {
            Message::Close(Some(frame)) => assert_eq!(u16::from(frame.code), code, "{frame:?}"),
            other => panic!("waited for {awaited} and got {other:?}"),
        }
        match self.socket.read() {
            Err(Error::ConnectionClosed | Error::AlreadyClosed | Error::Protocol(_)) => {}
            // The hub may be gone before the answer to its close is written.
            Err(Error::Io(error)) if error.kind() != std::io::ErrorKind::WouldBlock => {}
            other => panic!("waited for the end of the connection and got {other:?}"),
        }
    }
}

/// A masked frame whose first byte and payload are free.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [0x5a, 0xa5, 0x0f, 0xf0];
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..126 => bytes.push(0x80 | u8::try_from(length).unwrap()),
        length @ 126..0x1_0000 => {
            bytes.push(0xfe);
            bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        length => {
            bytes.push(0xff);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    bytes.extend(MASK);
    bytes.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}
