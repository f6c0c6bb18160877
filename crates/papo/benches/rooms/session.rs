//! A session of `papo.v1`, as plain as a client can be. None lives long enough to be pinged.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use crate::hub::Hub;

/// Nothing takes longer on a machine that works.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
const READ_BYTES: usize = 64 * 1024;
/// First byte of a whole text frame, and of one that closes.
const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
/// Bit of the second byte.
const MASKED: u8 = 0x80;

/// Both ways of one session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) hears: Hears,
    pub(crate) says: Says,
    /// Where it stands: the address of its own end.
    pub(crate) address: SocketAddr,
    /// What makes the next connection the same session.
    pub(crate) secret: String,
    /// Why the hub ended its last connection.
    pub(crate) previous: Option<String>,
    /// The number of the room's last message when it came in; 0 when there is none.
    pub(crate) head: u64,
}

/// Who wants to come in.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Who<'a> {
    pub(crate) nick: &'a str,
    pub(crate) room: &'a str,
    /// It was here before, and has read the room up to that number: in one write with HELLO, so that nothing comes in
    /// between.
    pub(crate) again: Option<(&'a str, u64)>,
    /// Bytes of its receive buffer, for one that is to stall.
    pub(crate) receive_bytes: Option<u32>,
}

impl Session {
    /// Connects, says HELLO and comes into its room.
    pub(crate) async fn enter(hub: &Hub, who: Who<'_>) -> Result<Self> {
        tokio::time::timeout(PATIENCE, Self::enter_at_last(hub, who))
            .await
            .context("a hub let nobody in")?
    }

    async fn enter_at_last(hub: &Hub, who: Who<'_>) -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        if let Some(bytes) = who.receive_bytes {
            socket.set_recv_buffer_size(bytes)?;
        }
        let stream = socket.connect(hub.address).await?;
        stream.set_nodelay(true)?;
        let address = stream.local_addr()?;
        let (reader, mut writer) = stream.into_split();
        let request = format!(
            "GET /ws HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Protocol: papo.v1\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OTAxMjM0NQ==\r\n\r\n",
            hub.address
        );
        writer.write_all(request.as_bytes()).await?;
        let mut hears = Hears {
            reader,
            bytes: Vec::new(),
            at: 0,
        };
        hears.handshake().await?;
        let mut says = Says(writer);
        let mut hello = json!({"type": "HELLO", "peer_id": format!("{}@{}", who.nick, who.room)});
        let mut bytes = Vec::new();
        if let Some((secret, read)) = who.again {
            hello["session"] = secret.into();
            let join = json!({"type": "JOIN", "room": who.room, "after": {&hub.id: read}});
            masked(&mut bytes, &hello.to_string());
            masked(&mut bytes, &join.to_string());
        } else {
            masked(&mut bytes, &hello.to_string());
        }
        says.frames(&bytes).await?;
        let welcome = hears.until("HELLO_OK").await?;
        let joined = hears.until("JOINED").await?;
        Ok(Self {
            hears,
            says,
            address,
            secret: welcome["session"].as_str().context("a secret")?.to_owned(),
            previous: welcome["previous"].as_str().map(str::to_owned),
            head: joined["head"][&hub.id].as_u64().unwrap_or(0),
        })
    }
}

/// What it says.
#[derive(Debug)]
pub(crate) struct Says(OwnedWriteHalf);

impl Says {
    pub(crate) async fn json(&mut self, value: &Value) -> Result<()> {
        let mut bytes = Vec::new();
        masked(&mut bytes, &value.to_string());
        self.frames(&bytes).await
    }

    pub(crate) async fn frames(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.0.write_all(bytes).await?)
    }
}

/// Appends the frame of a client. A mask of zeros is a mask, and leaves the bytes as they are.
pub(crate) fn masked(out: &mut Vec<u8>, json: &str) {
    if let Some(length) = u8::try_from(json.len()).ok().filter(|&length| length < 126) {
        out.extend_from_slice(&[TEXT, MASKED | length]);
    } else {
        out.extend_from_slice(&[TEXT, MASKED | 0x7e]);
        let length = u16::try_from(json.len()).unwrap_or(u16::MAX);
        out.extend_from_slice(&length.to_be_bytes());
    }
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(json.as_bytes());
}

/// Appends the frame of a PUB.
pub(crate) fn publish(out: &mut Vec<u8>, room: &str, number: u64, payload: &str) {
    let json =
        format!("{{\"type\":\"PUB\",\"msg_id\":\"{number:016x}\",\"dst\":\"#{room}\",\"payload\":\"{payload}\"}}");
    masked(out, &json);
}

/// What it hears.
#[derive(Debug)]
pub(crate) struct Hears {
    reader: OwnedReadHalf,
    bytes: Vec<u8>,
    /// What stands before was read.
    at: usize,
}

impl Hears {
    /// The JSON of the next frame.
    pub(crate) async fn next(&mut self) -> Result<&[u8]> {
        loop {
            if let Some((begin, end)) = self.whole()? {
                self.at = end;
                return Ok(&self.bytes[begin..end]);
            }
            tokio::time::timeout(PATIENCE, self.more())
                .await
                .context("a hub fell silent")??;
        }
    }

    /// The same, if it has arrived.
    pub(crate) fn ready(&mut self) -> Result<Option<&[u8]>> {
        let Some((begin, end)) = self.whole()? else {
            return Ok(None);
        };
        self.at = end;
        Ok(Some(&self.bytes[begin..end]))
    }

    /// Reads on until a frame of that type comes.
    pub(crate) async fn until(&mut self, kind: &str) -> Result<Value> {
        loop {
            let frame: Value = serde_json::from_slice(self.next().await?)?;
            ensure!(frame["type"] != "ERROR", "a hub says {frame}");
            if frame["type"] == kind {
                return Ok(frame);
            }
        }
    }

    async fn handshake(&mut self) -> Result<()> {
        const END: &[u8] = b"\r\n\r\n";
        loop {
            self.more().await?;
            if let Some(at) = self.bytes.windows(END.len()).position(|window| window == END) {
                ensure!(self.bytes.starts_with(b"HTTP/1.1 101 "), "the hub refused a session");
                self.at = at + END.len();
                return Ok(());
            }
        }
    }

    async fn more(&mut self) -> Result<()> {
        self.bytes.drain(..self.at);
        self.at = 0;
        self.bytes.reserve(READ_BYTES);
        ensure!(
            self.reader.read_buf(&mut self.bytes).await? > 0,
            "the hub closed a connection"
        );
        Ok(())
    }

    /// Where the text of the next frame stands, if it is whole. Pings are passed over: no run is long enough for a hub to
    /// miss their answers.
    fn whole(&mut self) -> Result<Option<(usize, usize)>> {
        loop {
            let rest = &self.bytes[self.at..];
            let (head, length) = match rest {
                [_, 126, high, low, ..] => (4, usize::from(u16::from_be_bytes([*high, *low]))),
                [_, 127, length @ ..] => match length.first_chunk() {
                    Some(&length) => (10, usize::try_from(u64::from_be_bytes(length))?),
                    None => return Ok(None),
                },
                [_, length, ..] if *length < 126 => (2, usize::from(*length)),
                _ => return Ok(None),
            };
            let Some(text) = rest.get(head..head + length) else {
                return Ok(None);
            };
            match rest[0] {
                TEXT => return Ok(Some((self.at + head, self.at + head + length))),
                PING => self.at += head + length,
                CLOSE => bail!("the hub closed a connection: {}", String::from_utf8_lossy(text)),
                other => bail!("the hub sent a frame that begins with {other:#x}"),
            }
        }
    }
}
