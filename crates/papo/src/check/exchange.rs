//! One connection: what is written, what comes back, how it ends.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use papo_core::limits::{CHECK_REPLY_BYTES, READ_BYTES};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

/// What is to be written.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    /// Each in a write of its own.
    pub(super) pieces: Vec<Vec<u8>>,
    /// Between two of them.
    pub(super) pause: Duration,
    /// Whether our sending half ends after the last one.
    pub(super) end: bool,
}

/// How long a connection may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// Until it is made.
    pub(super) connect: Duration,
    /// From then until the reply is whole.
    pub(super) reply: Duration,
    /// From then until the server closes.
    pub(super) close: Duration,
}

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// The server closed it in order.
    Closed,
    /// It was reset.
    Reset,
    /// It was still open when our patience ended.
    StillOpen,
    /// The reply was longer than any reply is.
    Endless,
    /// It was never made; why.
    Unreachable(String),
}

/// What came of a connection.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    /// All that came back.
    pub(super) bytes: Vec<u8>,
    /// How many bytes the first read gave.
    pub(super) first: usize,
    /// How it ended.
    pub(super) end: End,
    /// Our own address.
    pub(super) local: Option<SocketAddr>,
    /// From the first attempt to connect until the first byte or the end.
    pub(super) took: Duration,
}

/// Makes a connection, carries out the plan and reads until the server is done with us.
pub(super) async fn exchange(address: SocketAddr, plan: &Plan, patience: Patience) -> Outcome {
    let started = Instant::now();
    let mut outcome = Outcome {
        bytes: Vec::new(),
        first: 0,
        end: End::StillOpen,
        local: None,
        took: Duration::ZERO,
    };
    let mut stream = match timeout(patience.connect, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            outcome.end = End::Unreachable(error.to_string());
            return outcome;
        }
        Err(_) => {
            outcome.end = End::Unreachable(ErrorKind::TimedOut.to_string());
            return outcome;
        }
    };
    // Each write is to be a segment of its own. Without this, only the timing of a few cases is less sharp.
    let _ = stream.set_nodelay(true);
    outcome.local = stream.local_addr().ok();
    let (reader, writer) = stream.split();
    tokio::select! {
        never = write(writer, plan) => match never {},
        end = read(reader, &mut outcome, started, patience) => outcome.end = end,
    }
    if outcome.bytes.is_empty() {
        outcome.took = started.elapsed();
    }
    outcome
}

/// A server that has heard enough may close before it read everything, so a write that fails ends only the writing.
async fn write(mut writer: WriteHalf<'_>, plan: &Plan) -> Infallible {
    for (index, piece) in plan.pieces.iter().enumerate() {
        if index > 0 && !plan.pause.is_zero() {
            sleep_until(Instant::now() + plan.pause).await;
        }
        if writer.write_all(piece).await.is_err() {
            break;
        }
    }
    if plan.end {
        let _ = writer.shutdown().await;
    }
    std::future::pending().await
}

async fn read(mut reader: ReadHalf<'_>, outcome: &mut Outcome, started: Instant, patience: Patience) -> End {
    let mut deadline = Instant::now() + patience.reply;
    let mut whole = false;
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let read = match timeout_at(deadline, reader.read(&mut buffer)).await {
            Ok(Ok(0)) => return End::Closed,
            Ok(Ok(read)) => read,
            Ok(Err(_)) => return End::Reset,
            Err(_) => return End::StillOpen,
        };
        if outcome.bytes.is_empty() {
            outcome.first = read;
            outcome.took = started.elapsed();
        }
        outcome.bytes.extend_from_slice(&buffer[..read]);
        if outcome.bytes.len() > CHECK_REPLY_BYTES {
            return End::Endless;
        }
        if !whole && outcome.bytes.contains(&b'\n') {
            whole = true;
            deadline = Instant::now() + patience.close;
        }
    }
}
