//! A WebSocket between pieces of memory, at its client's end: tungstenite frames, masks and checks; the driver reads and
//! writes the stream (decision 2).

use std::io;

use bytes::{Buf, BytesMut};
use papo_core::limits::REPLY_BYTES;
use tungstenite::protocol::{Role, WebSocket, WebSocketConfig};
use tungstenite::{Error, Message};

use super::conversation::Loss;
use crate::net::memory::Memory;

#[derive(Debug)]
pub(super) struct Socket {
    websocket: WebSocket<Memory<BytesMut>>,
}

impl Socket {
    /// A connection whose handshake is done.
    pub(super) fn new() -> Self {
        let config = WebSocketConfig::default()
            .write_buffer_size(0)
            .max_message_size(Some(REPLY_BYTES))
            .max_frame_size(Some(REPLY_BYTES));
        Self {
            websocket: WebSocket::from_raw_socket(Memory::default(), Role::Client, Some(config)),
        }
    }

    /// Takes what the stream had and adds the texts in it. Tells when nothing more will come.
    pub(super) fn take(&mut self, bytes: &[u8], texts: &mut Vec<String>) -> Option<Loss> {
        self.websocket.get_mut().input.extend_from_slice(bytes);
        loop {
            match self.websocket.read() {
                Ok(Message::Text(text)) => texts.push(text.as_str().to_owned()),
                Ok(Message::Binary(_)) => return Some(Loss::Broken("a binary frame came".to_owned())),
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {}
                Ok(Message::Close(frame)) => {
                    let code = frame.as_ref().map(|frame| frame.code.into());
                    let words = frame.map(|frame| frame.reason.as_str().to_owned());
                    return Some(Loss::Closed {
                        code,
                        words: words.unwrap_or_default(),
                    });
                }
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    // The answer to a ping.
                    drop(self.websocket.flush());
                    return None;
                }
                Err(Error::ConnectionClosed | Error::AlreadyClosed) => return Some(Loss::ended()),
                Err(error) => return Some(Loss::Broken(error.to_string())),
            }
        }
    }

    /// Adds a frame to what is to be written.
    pub(super) fn send(&mut self, text: String) {
        // Memory takes everything, and after a close nothing is sent.
        drop(self.websocket.send(Message::text(text)));
    }

    /// Adds the last frame.
    pub(super) fn close(&mut self) {
        drop(self.websocket.close(None));
        drop(self.websocket.flush());
    }

    /// What is to be written.
    pub(super) fn pending(&mut self) -> &mut BytesMut {
        &mut self.websocket.get_mut().output
    }

    /// True when there is something to write.
    pub(super) fn has_pending(&self) -> bool {
        self.websocket.get_ref().output.has_remaining()
    }
}

#[cfg(test)]
mod tests {
    use tungstenite::protocol::CloseFrame;
    use tungstenite::protocol::frame::coding::CloseCode;

    use super::*;

    /// The other end, fed by hand.
    fn server() -> WebSocket<Memory<BytesMut>> {
        WebSocket::from_raw_socket(Memory::default(), Role::Server, None)
    }

    fn sent(server: &mut WebSocket<Memory<BytesMut>>, message: Message) -> Vec<u8> {
        server.send(message).unwrap();
        server.get_mut().output.split().to_vec()
    }

    #[test]
    fn frames_may_come_cut_anywhere_and_pings_are_answered() {
        let mut server = server();
        let mut wire = sent(&mut server, Message::text("olá"));
        wire.extend(sent(&mut server, Message::Ping("x".into())));
        wire.extend(sent(&mut server, Message::text("y".repeat(70_000))));
        for cut in (0..20).chain([200, 66_000]) {
            let (mut socket, mut texts) = (Socket::new(), Vec::new());
            assert_eq!(socket.take(&wire[..cut], &mut texts), None);
            assert_eq!(socket.take(&wire[cut..], &mut texts), None);
            assert_eq!(texts, ["olá".to_owned(), "y".repeat(70_000)], "cut at {cut}");
            server.get_mut().input.extend_from_slice(&socket.pending().split());
            assert_eq!(server.read().unwrap(), Message::Pong("x".into()));
        }
    }

    #[test]
    fn what_is_sent_arrives_and_a_close_tells_its_words() {
        let (mut server, mut socket) = (server(), Socket::new());
        socket.send("oi".to_owned());
        assert!(socket.has_pending());
        server.get_mut().input.extend_from_slice(&socket.pending().split());
        assert_eq!(server.read().unwrap(), Message::text("oi"));
        let close = CloseFrame {
            code: CloseCode::from(4000),
            reason: "elsewhere".into(),
        };
        let wire = sent(&mut server, Message::Close(Some(close)));
        let end = socket.take(&wire, &mut Vec::new());
        assert_eq!(
            end,
            Some(Loss::Closed {
                code: Some(4000),
                words: "elsewhere".to_owned()
            })
        );
        assert!(matches!(
            Socket::new().take(&[0x82, 1, b'x'], &mut Vec::new()),
            Some(Loss::Broken(_))
        ));
        assert!(matches!(
            Socket::new().take(&[0xf1, 1, b'x'], &mut Vec::new()),
            Some(Loss::Broken(_))
        ));
    }
}
