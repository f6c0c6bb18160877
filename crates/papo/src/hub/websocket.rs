//! WebSockets, of the text door (docs/protocol.md 5.1) and of the session protocol (6.1): one connection from upgrade
//! to close.
//!
//! tungstenite reads: framing, masks, fragments, UTF-8, limits. It reads from memory, fed with what the socket had, so
//! that a connection that says nothing holds no read buffer to speak of. What it wants to write (pongs, the echo of a
//! close) joins everything else in the outbound path, which is ours.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use papo_core::hub::CloseReason;
use papo_core::limits::WEBSOCKET_BYTES;
use tokio::net::TcpStream;
use tungstenite::protocol::{Role, WebSocket, WebSocketConfig};
use tungstenite::{Error, Message};

use super::tcp::{self, Incoming};
use super::{Event, Inbox};
use crate::net::connection::{Connection, Control};
use crate::net::memory::Memory;
use crate::net::outbound;

/// Serves one client, `early` being what it sent with its handshake, until it is gone.
pub(crate) async fn serve(stream: TcpStream, early: Bytes, connection: Arc<Connection>, inbox: Inbox) {
    let session = connection.session;
    let reason = tokio::select! {
        reason = outbound::run(&stream, &connection) => reason,
        reason = receive(&stream, &connection, early, &inbox) => reason,
    };
    tcp::linger(stream, reason).await;
    inbox.send(Event::Closed { session, reason }).await;
}

/// Reads until the connection is lost; after the client's last word it only waits for the hub to close.
async fn receive(stream: &TcpStream, connection: &Connection, early: Bytes, inbox: &Inbox) -> CloseReason {
    let session = connection.session;
    let mut reader = Reader::new();
    let mut bytes = early;
    let mut last = false;
    loop {
        let mut texts = Vec::new();
        let mut confirmed = Vec::new();
        let end = reader.take(bytes, &mut texts, &mut confirmed);
        let replies = reader.replies();
        connection.hold();
        inbox
            .send(Event::Texts {
                session,
                texts,
                confirmed,
            })
            .await;
        match end {
            // The answer to a close is the last frame of all: it waits until the session has left its room.
            Some(End::Closed) => {
                let farewell = replies;
                break inbox.send(Event::Ended { session, farewell }).await;
            }
            Some(End::Violated(reason)) => break inbox.send(Event::Violated { session, reason }).await,
            None if !replies.is_empty() && !connection.tell(Control::Bytes(replies)) => {
                return CloseReason::SlowConsumer;
            }
            None => {}
        }
        if last {
            break inbox.send(Event::Drained { session }).await;
        }
        bytes = match tcp::read(stream, connection).await {
            Ok(Incoming::Bytes(bytes)) => bytes,
            Ok(Incoming::Last(bytes)) => {
                last = true;
                bytes
            }
            Ok(Incoming::End) => {
                let farewell = Bytes::new();
                break inbox.send(Event::Ended { session, farewell }).await;
            }
            Err(_) => return CloseReason::Lost,
        };
    }
    std::future::pending().await
}

/// Why nothing more will be read.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Closed,
    Violated(CloseReason),
}

/// tungstenite between two pieces of memory.
struct Reader {
    websocket: WebSocket<Memory<Bytes>>,
}

impl Reader {
    fn new() -> Self {
        /// Held by each connection for as long as it lives.
        const BUFFER_BYTES: usize = 512;
        let config = WebSocketConfig::default()
            .read_buffer_size(BUFFER_BYTES)
            .write_buffer_size(0)
            .max_write_buffer_size(WEBSOCKET_BYTES)
            .max_message_size(Some(WEBSOCKET_BYTES))
            .max_frame_size(Some(WEBSOCKET_BYTES));
        Self {
            websocket: WebSocket::from_raw_socket(Memory::default(), Role::Server, Some(config)),
        }
    }

    /// Takes what the socket had and adds the texts in it, and the numbers of pings that it answers.
    fn take(&mut self, bytes: Bytes, texts: &mut Vec<String>, confirmed: &mut Vec<u64>) -> Option<End> {
        self.websocket.get_mut().input = bytes;
        loop {
            match self.websocket.read() {
                Ok(Message::Text(text)) => texts.push(text.as_str().to_owned()),
                Ok(Message::Binary(_)) => return Some(End::Violated(CloseReason::Binary)),
                Ok(Message::Pong(echo)) => {
                    confirmed.extend(<[u8; 8]>::try_from(&*echo).ok().map(u64::from_be_bytes));
                }
                Ok(Message::Ping(_) | Message::Frame(_)) => {}
                // The echo of the close goes out with the next flush.
                Ok(Message::Close(_)) => {
                    let _ = self.websocket.flush();
                    return Some(End::Closed);
                }
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    let _ = self.websocket.flush();
                    return None;
                }
                Err(Error::ConnectionClosed | Error::AlreadyClosed) => return Some(End::Closed),
                Err(Error::Capacity(_)) => return Some(End::Violated(CloseReason::TooLarge)),
                Err(Error::Utf8(_)) => return Some(End::Violated(CloseReason::BadUtf8)),
                Err(_) => return Some(End::Violated(CloseReason::BadFrame)),
            }
        }
    }

    /// What tungstenite wants written.
    fn replies(&mut self) -> Bytes {
        std::mem::take(&mut self.websocket.get_mut().output).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A masked client frame.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mask = [1, 2, 3, 4];
        let mut bytes = vec![first];
        match payload.len() {
            length @ 0..126 => bytes.push(0x80 | u8::try_from(length).unwrap()),
            length => {
                bytes.push(0xfe);
                bytes.extend_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
            }
        }
        bytes.extend_from_slice(&mask);
        bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        bytes
    }

    fn take(reader: &mut Reader, bytes: &[u8]) -> (Vec<String>, Option<End>) {
        let mut texts = Vec::new();
        let end = reader.take(Bytes::copy_from_slice(bytes), &mut texts, &mut Vec::new());
        (texts, end)
    }

    #[test]
    fn frames_may_come_cut_anywhere_and_in_fragments() {
        let mut wire = frame(0x81, "olá".as_bytes());
        wire.extend(frame(0x01, b"one "));
        wire.extend(frame(0x89, b"ping"));
        wire.extend(frame(0x80, b"two"));
        wire.extend(frame(0x81, "x".repeat(5000).as_bytes()));
        for cut in 0..wire.len() {
            let mut reader = Reader::new();
            let (mut texts, end) = take(&mut reader, &wire[..cut]);
            assert_eq!(end, None);
            let (rest, end) = take(&mut reader, &wire[cut..]);
            assert_eq!(end, None);
            texts.extend(rest);
            assert_eq!(
                texts,
                ["olá".to_owned(), "one two".to_owned(), "x".repeat(5000)],
                "cut at {cut}"
            );
            assert_eq!(reader.replies(), [&[0x8a, 4][..], b"ping"].concat());
        }
    }

    #[test]
    fn each_broken_rule_has_its_own_reason() {
        let oversized = [&[0x81, 0x80 | 127][..], &(1u64 << 20).to_be_bytes(), &[1, 2, 3, 4]].concat();
        let cases = [
            (frame(0x82, b"x"), CloseReason::Binary),
            (frame(0x81, &[0xff, 0xfe]), CloseReason::BadUtf8),
            (oversized, CloseReason::TooLarge),
            (vec![0x81, 1, b'x'], CloseReason::BadFrame),
            (frame(0xf1, b"x"), CloseReason::BadFrame),
            (frame(0x80, b"no beginning"), CloseReason::BadFrame),
        ];
        for (wire, reason) in cases {
            assert_eq!(
                take(&mut Reader::new(), &wire),
                (vec![], Some(End::Violated(reason))),
                "{reason:?}"
            );
        }
    }

    #[test]
    fn a_close_is_echoed() {
        let mut reader = Reader::new();
        let wire = [frame(0x81, b"bye"), frame(0x88, &1000u16.to_be_bytes())].concat();
        assert_eq!(take(&mut reader, &wire), (vec!["bye".to_owned()], Some(End::Closed)));
        assert_eq!(reader.replies(), [0x88, 2, 0x03, 0xe8].as_slice());
    }
}
