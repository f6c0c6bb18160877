//! One connection to another node: lines in, lines out (docs/protocol.md 3.1, 3.2).

use std::sync::Arc;
use std::time::Instant as Clock;

use papo_core::id::PeerLinkId;
use papo_core::limits::{
    BYE_LINGER, LINK_BURST, LINK_RATE, LINK_WRITE_DEADLINE, LINK_WRITES, PEER_LINE_BYTES, READ_BYTES,
};
use papo_core::pace::{Pace, Rate};
use papo_core::time::Instant;
use papo_core::wire::line::{Line, LineDecoder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::time::{sleep_until, timeout};

use super::driver::Event;

/// What the node wants of a connection.
#[derive(Debug)]
pub(super) enum Order {
    /// Write this in one call.
    Write(Vec<u8>),
    /// Close once everything before is written.
    Close,
}

/// The node's end of a connection.
#[derive(Debug)]
pub(super) struct Outlet(mpsc::Sender<Order>);

impl Outlet {
    /// False when the connection takes nothing more: it is gone, or does not write.
    pub(super) fn order(&self, order: Order) -> bool {
        self.0.try_send(order).is_ok()
    }
}

/// Runs a connection. What comes goes to the inbox; when the node is gone without having closed it, as after a panic,
/// `farewell` is said.
pub(super) fn run(stream: TcpStream, link: PeerLinkId, inbox: mpsc::Sender<Event>, farewell: Arc<[u8]>) -> Outlet {
    let (orders, taken) = mpsc::channel(LINK_WRITES);
    let (reader, writer) = stream.into_split();
    tokio::spawn(async move {
        let reading = read(reader, link, inbox.clone());
        let writing = write(writer, link, taken, inbox.clone(), farewell);
        tokio::pin!(reading, writing);
        tokio::select! {
            // The other side may have closed its sending half only: what is said to it still goes out, until the node,
            // which learns of it now, closes.
            () = &mut reading => {
                let _ = inbox.send(Event::Closed { link }).await;
                writing.await;
            }
            broken = &mut writing => {
                if broken == Wrote::Broken {
                    let _ = inbox.send(Event::Closed { link }).await;
                }
            }
        }
    });
    Outlet(orders)
}

/// Reads lines until the end. The inbox makes it wait, and so does a rate that no chat needs.
async fn read(mut reader: OwnedReadHalf, link: PeerLinkId, inbox: mpsc::Sender<Event>) {
    let started = Clock::now();
    let rate = Rate::new(LINK_RATE, LINK_BURST);
    let mut pace = Pace::default();
    // The newline counts for the bound.
    let mut decoder = LineDecoder::new(PEER_LINE_BYTES - 1);
    let mut bytes = vec![0; READ_BYTES];
    loop {
        let mut lines = Vec::new();
        let ended = match reader.read(&mut bytes).await {
            Ok(0) | Err(_) => {
                decoder.take_rest(&mut |line| lines.push(Event::line(link, line)));
                true
            }
            Ok(count) => {
                decoder.push(&bytes[..count], &mut |line| lines.push(Event::line(link, line)));
                false
            }
        };
        for line in lines {
            while let Err(at) = pace.take(rate, elapsed(started)) {
                sleep_until((started + std::time::Duration::from_micros(at.as_micros())).into()).await;
            }
            if inbox.send(line).await.is_err() {
                return;
            }
        }
        if ended {
            return;
        }
    }
}

fn elapsed(started: Clock) -> Instant {
    Instant::from_micros(u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX))
}

/// How writing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrote {
    /// As the node wanted.
    All,
    /// The connection broke.
    Broken,
}

async fn write(
    mut writer: OwnedWriteHalf,
    link: PeerLinkId,
    mut orders: mpsc::Receiver<Order>,
    inbox: mpsc::Sender<Event>,
    farewell: Arc<[u8]>,
) -> Wrote {
    loop {
        match orders.recv().await {
            Some(Order::Write(line)) => {
                // One line in one call: some programs keep only the first line of what they read.
                match timeout(LINK_WRITE_DEADLINE, writer.write_all(&line)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) | Err(_) => return Wrote::Broken,
                }
                let bytes = line.len();
                let _ = inbox.send(Event::Written { link, bytes }).await;
            }
            Some(Order::Close) => {
                let _ = timeout(BYE_LINGER, writer.shutdown()).await;
                return Wrote::All;
            }
            None => {
                let _ = timeout(BYE_LINGER, writer.write_all(&farewell)).await;
                let _ = timeout(BYE_LINGER, writer.shutdown()).await;
                return Wrote::All;
            }
        }
    }
}

impl Event {
    fn line(link: PeerLinkId, line: Line<'_>) -> Self {
        match line {
            Line::Text(line) => Self::Line {
                link,
                line: line.to_vec(),
            },
            Line::TooLong { .. } => Self::TooLong { link },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    async fn connected() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap());
        let (near, far) = tokio::join!(near, listener.accept());
        (near.unwrap(), far.unwrap().0)
    }

    const LINK: PeerLinkId = PeerLinkId(7);

    #[tokio::test]
    async fn lines_come_whole_however_they_are_cut() {
        let (near, mut far) = connected().await;
        let (inbox, mut events) = mpsc::channel(16);
        let outlet = run(near, LINK, inbox, Arc::from(*b""));
        for piece in [&b"{\"a\""[..], b":1}\r\n\n{\"b\":2}\n{\"c", b"\":3}"] {
            far.write_all(piece).await.unwrap();
            far.flush().await.unwrap();
        }
        far.shutdown().await.unwrap();
        let mut lines = Vec::new();
        loop {
            match events.recv().await.unwrap() {
                Event::Line { line, .. } => lines.push(String::from_utf8(line).unwrap()),
                Event::Closed { link } => {
                    assert_eq!(link, LINK);
                    break;
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(lines, ["{\"a\":1}", "", "{\"b\":2}", "{\"c\":3}"]);
        // What is said after their end still goes out.
        assert!(outlet.order(Order::Write(b"bye\n".to_vec())));
        assert!(outlet.order(Order::Close));
        let mut heard = String::new();
        far.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "bye\n");
    }

    #[tokio::test]
    async fn a_node_that_is_gone_still_says_goodbye() {
        let (near, mut far) = connected().await;
        let (inbox, events) = mpsc::channel(16);
        let outlet = run(near, LINK, inbox, Arc::from(*b"BYE\n"));
        drop((outlet, events));
        let mut heard = String::new();
        far.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "BYE\n");
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_is_told_and_not_kept() {
        let (near, mut far) = connected().await;
        let (inbox, mut events) = mpsc::channel(16);
        let _outlet = run(near, LINK, inbox, Arc::from(*b""));
        let long = vec![b'x'; PEER_LINE_BYTES];
        far.write_all(&long).await.unwrap();
        far.write_all(b"\noi\n").await.unwrap();
        assert!(matches!(events.recv().await, Some(Event::TooLong { .. })));
        assert!(matches!(events.recv().await, Some(Event::Line { line, .. }) if line == b"oi"));
    }
}
