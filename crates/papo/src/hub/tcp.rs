//! The TCP text door (docs/protocol.md 4): one connection from accept to close.

use std::cell::RefCell;
use std::io;
use std::net::IpAddr;

use bytes::Bytes;
use papo_core::hub::{CloseReason, Door};
use papo_core::limits::{CLOSE_LINGER, READ_BYTES};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

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
                Ok(bytes) if bytes.is_empty() => break inbox.send(Event::Ended { session }).await,
                Ok(bytes) => {
                    connection.hold();
                    inbox.send(Event::Bytes { session, bytes }).await;
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

/// The next bytes once the connection may read, empty at their end. Holds no buffer while it waits.
pub(crate) async fn read(stream: &TcpStream, connection: &Connection) -> io::Result<Bytes> {
    thread_local! {
        static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES].into());
    }
    loop {
        connection.may_read().await;
        stream.readable().await?;
        let read = SCRATCH.with_borrow_mut(|scratch| {
            stream
                .try_read(scratch)
                .map(|length| Bytes::copy_from_slice(&scratch[..length]))
        });
        match read {
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            other => return other,
        }
    }
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
    let _: Result<io::Result<()>, _> = tokio::time::timeout(CLOSE_LINGER, drained).await;
}
