//! One request: a line in, a line out, and a close that does not destroy it (docs/protocol.md 1.1).

use std::io;

use papo_core::id::ConnectionId;
use papo_core::limits::{
    READ_BYTES, RENDEZVOUS_DRAIN, RENDEZVOUS_DRAIN_BYTES, RENDEZVOUS_LINE_BYTES, RENDEZVOUS_LINE_DEADLINE,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{timeout, timeout_at};

use super::driver::Asked;

/// What came of a connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// The line without its newline.
    Line(Vec<u8>),
    /// It is too long.
    TooLong,
    /// It did not come in time.
    Silent,
    /// The connection is gone.
    Closed,
}

/// Reads one request, asks the registry's task and says what it answers.
pub(super) async fn serve(mut stream: TcpStream, connection: ConnectionId, inbox: mpsc::Sender<Asked>) -> ConnectionId {
    let request = read(&mut stream).await;
    let (reply, answer) = oneshot::channel();
    let asked = Asked {
        connection,
        request,
        reply,
    };
    // A registry that ended answers nothing, and the connection closes.
    if inbox.send(asked).await.is_ok()
        && let Ok(line) = answer.await
    {
        say(stream, &line).await;
    }
    connection
}

/// Sends a reply and closes so that it arrives.
pub(super) async fn say(mut stream: TcpStream, line: &[u8]) {
    let sent = async {
        stream.write_all(line).await?;
        stream.shutdown().await
    };
    if matches!(timeout(RENDEZVOUS_LINE_DEADLINE, sent).await, Ok(Ok(()))) {
        drain(&mut stream).await;
    }
}

/// Reads up to the first newline, the end or the bound, for no longer than the deadline. What comes behind the newline
/// counts for nothing.
async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Request {
    let deadline = tokio::time::Instant::now() + RENDEZVOUS_LINE_DEADLINE;
    let mut line = Vec::new();
    loop {
        let searched = line.len();
        // One byte beyond the bound tells that it is passed; the buffer grows as the line does.
        let room = RENDEZVOUS_LINE_BYTES + 1 - line.len();
        let mut limited = (&mut *stream).take(room as u64);
        match timeout_at(deadline, limited.read_buf(&mut line)).await {
            Err(_) => return Request::Silent,
            Ok(Err(_)) => return Request::Closed,
            Ok(Ok(0)) => return Request::Line(line),
            Ok(Ok(_)) => {}
        }
        if let Some(newline) = line[searched..].iter().position(|&byte| byte == b'\n') {
            let length = searched + newline;
            if length >= RENDEZVOUS_LINE_BYTES {
                return Request::TooLong;
            }
            line.truncate(length);
            return Request::Line(line);
        }
        if line.len() > RENDEZVOUS_LINE_BYTES {
            return Request::TooLong;
        }
    }
}

/// Throws away what still comes, until the other side closes too. To close while bytes wait unread would reset the
/// connection, and a reset overtakes the reply.
async fn drain(stream: &mut TcpStream) {
    let reading = async {
        let mut rest = Vec::with_capacity(READ_BYTES);
        let mut bytes = 0;
        while bytes < RENDEZVOUS_DRAIN_BYTES {
            match stream.read_buf(&mut rest).await? {
                0 => break,
                read => bytes += read,
            }
            rest.clear();
        }
        io::Result::Ok(())
    };
    // Whoever keeps sending or keeps the connection open has had the reply.
    let _ = timeout(RENDEZVOUS_DRAIN, reading).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::io::duplex;

    async fn read_of(pieces: &[&[u8]]) -> Request {
        let (mut near, mut far) = duplex(64 * 1024);
        for piece in pieces {
            near.write_all(piece).await.unwrap();
        }
        drop(near);
        read(&mut far).await
    }

    fn line(text: &[u8]) -> Request {
        Request::Line(text.to_vec())
    }

    #[tokio::test]
    async fn a_line_ends_at_its_first_newline_or_with_the_stream() {
        assert_eq!(read_of(&[b"oi\nmais\n"]).await, line(b"oi"));
        assert_eq!(read_of(&[b"o", b"i\r", b"\n"]).await, line(b"oi\r"));
        assert_eq!(read_of(&[b"oi"]).await, line(b"oi"));
        assert_eq!(read_of(&[b"\n"]).await, line(b""));
        assert_eq!(read_of(&[]).await, line(b""));
    }

    #[tokio::test]
    async fn the_bound_counts_the_newline() {
        for (length, newline, fits) in [
            (32_766, true, true),
            (32_767, true, true),
            (32_768, true, false),
            (32_768, false, true),
            (32_769, false, false),
            (40_000, true, false),
        ] {
            let mut bytes = vec![b'x'; length];
            if newline {
                bytes.push(b'\n');
            }
            let expected = if fits {
                Request::Line(vec![b'x'; length])
            } else {
                Request::TooLong
            };
            assert_eq!(read_of(&[&bytes]).await, expected, "{length} {newline}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn silence_and_a_drip_end_at_the_same_moment() {
        let (near, mut far) = duplex(64);
        let began = tokio::time::Instant::now();
        assert_eq!(read(&mut far).await, Request::Silent);
        assert_eq!(began.elapsed(), RENDEZVOUS_LINE_DEADLINE);
        drop(near);

        let (mut near, mut far) = duplex(64);
        let dripping = tokio::spawn(async move {
            let mut second = tokio::time::interval(Duration::from_secs(1));
            loop {
                second.tick().await;
                if near.write_all(b"x").await.is_err() {
                    return;
                }
            }
        });
        let began = tokio::time::Instant::now();
        assert_eq!(read(&mut far).await, Request::Silent);
        assert_eq!(began.elapsed(), RENDEZVOUS_LINE_DEADLINE);
        drop(far);
        dripping.await.unwrap();
    }
}
