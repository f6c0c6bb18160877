//! The one who speaks.

use std::io;
use std::rc::Rc;
use std::sync::mpsc::SyncSender;

use anyhow::{Result, anyhow};
use tokio::net::TcpStream;

use crate::frame;
use crate::tally::Tally;

/// Says numbered messages.
#[derive(Debug)]
pub(crate) struct Publisher {
    next: u64,
    bytes: Vec<u8>,
    way: Way,
}

#[derive(Debug)]
enum Way {
    /// A client of a hub.
    WebSocket(Rc<TcpStream>),
    /// Straight to the bare loop.
    Bare(SyncSender<Vec<u8>>),
}

impl Publisher {
    pub(crate) fn through(stream: Rc<TcpStream>) -> Self {
        Self::new(Way::WebSocket(stream))
    }

    pub(crate) fn bare(loops: SyncSender<Vec<u8>>) -> Self {
        Self::new(Way::Bare(loops))
    }

    fn new(way: Way) -> Self {
        Self {
            next: 0,
            bytes: Vec::new(),
            way,
        }
    }

    /// Says that many messages at once.
    pub(crate) async fn say(&mut self, count: u64, tally: &Tally) -> Result<()> {
        let encode = match self.way {
            Way::WebSocket(_) => frame::masked,
            Way::Bare(_) => frame::plain,
        };
        let now = tally.now();
        self.bytes.clear();
        for number in self.next..self.next + count {
            encode(&mut self.bytes, number, now);
        }
        self.next += count;
        match &self.way {
            Way::WebSocket(stream) => write(stream, &self.bytes).await?,
            // Never full: fewer messages than it holds are on their way.
            Way::Bare(loops) => loops
                .try_send(self.bytes.clone())
                .map_err(|error| anyhow!("the bare loop takes nothing more: {error}"))?,
        }
        Ok(())
    }
}

async fn write(stream: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        stream.writable().await?;
        match stream.try_write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
