//! The TCP text door (docs/protocol.md 4): one connection from accept to close.

use std::cell::RefCell;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use papo_core::hub::{CloseReason, Door};
use papo_core::limits::{CLOSE_LINGER, LAST_CALL_BYTES, LAST_CALL_DEADLINE, READ_BYTES};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use super::{Event, Inbox};
use crate::net::connection::{Connection, Form};
use crate::net::outbound;

/// Serves one client until it is gone.
pub(crate) async fn serve(stream: TcpStream, address: IpAddr, inbox: Inbox) {
    let connection = inbox.open(Form::TcpLine, Door::TcpText, address, None).await;
    let session = connection.session;
    let reading = async {
        loop {
            match read(&stream, &connection).await {
                Ok(Incoming::Bytes(bytes)) => {
                    connection.hold();
                    inbox.send(Event::Bytes { session, bytes }).await;
                }
                Ok(Incoming::End) => {
                    let farewell = Bytes::new();
                    break inbox.send(Event::Ended { session, farewell }).await;
                }
                Ok(Incoming::Last(bytes)) => {
                    inbox.send(Event::Bytes { session, bytes }).await;
                    break inbox.send(Event::Drained { session }).await;
                }
                Err(_) => return CloseReason::Lost,
            }
        }
        // What is said to it goes on until the hub closes it.
        std::future::pending().await
    };
    let reason = tokio::select! {
        reason = outbound::run(&stream, &connection) => reason,
        reason = reading => reason,
    };
    // First the last bytes, then the word that they are out: a hub that ends waits for it.
    linger(stream, reason).await;
    inbox.send(Event::Closed { session, reason }).await;
}

/// What a read brought.
#[derive(Debug)]
pub(crate) enum Incoming {
    Bytes(Bytes),
    /// The client sends nothing more.
    End,
    /// All that had arrived at the last call.
    Last(Bytes),
}

/// The next bytes once the connection may read. Holds no buffer while it waits.
pub(crate) async fn read(stream: &TcpStream, connection: &Connection) -> io::Result<Incoming> {
    loop {
        connection.may_read().await;
        tokio::select! {
            ready = stream.readable() => ready?,
            () = connection.last_call() => return Ok(Incoming::Last(read_last(stream).await)),
        }
        match read_now(stream) {
            Ok(bytes) if bytes.is_empty() => return Ok(Incoming::End),
            Ok(bytes) => return Ok(Incoming::Bytes(bytes)),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            Err(error) => return Err(error),
        }
    }
}

fn read_now(stream: &TcpStream) -> io::Result<Bytes> {
    thread_local! {
        static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES].into());
    }
    SCRATCH.with_borrow_mut(|scratch| {
        let length = stream.try_read(scratch)?;
        Ok(Bytes::copy_from_slice(&scratch[..length]))
    })
}

/// What has arrived. The runtime learns of it a moment after the kernel: that moment is waited for.
async fn read_last(stream: &TcpStream) -> Bytes {
    const MOMENT: Duration = Duration::from_millis(20);
    // Whoever goes on sending is not waited for: what came first is handed over in time.
    let until = Instant::now() + LAST_CALL_DEADLINE / 4;
    let mut last = Vec::new();
    while last.len() < LAST_CALL_BYTES
        && let Ok(Ok(())) = timeout_at(until.min(Instant::now() + MOMENT), stream.readable()).await
    {
        match read_now(stream) {
            Ok(bytes) if bytes.is_empty() => break,
            Ok(bytes) => last.extend_from_slice(&bytes),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => break,
        }
    }
    last.into()
}

/// Closes so that the last bytes arrive: a socket that is closed while bytes wait to be read sends a reset, which
/// throws away what the other side has not read yet.
pub(crate) async fn linger(mut stream: TcpStream, reason: CloseReason) {
    if matches!(reason, CloseReason::Lost | CloseReason::SlowConsumer) || stream.shutdown().await.is_err() {
        return;
    }
    let drained = async {
        let mut sink = [0; 512];
        loop {
            stream.readable().await?;
            match stream.try_read(&mut sink) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    };
    // The other side has this long to close too; either way the connection ends here.
    let _: Result<io::Result<()>, _> = timeout(CLOSE_LINGER, drained).await;
}
