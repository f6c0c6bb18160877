//! One request to a rendezvous server, on a connection of its own (docs/protocol.md 1.1 and 1.9).

use std::io::{self, ErrorKind};
use std::time::Duration;

use papo_core::limits::{READ_BYTES, RENDEZVOUS_CONNECT_DEADLINE, RENDEZVOUS_REPLY_BYTES};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout_at};

/// Sends `request`, a line with its newline, to `address` (`host:port`) and gives everything that came until the server
/// closed: at most one byte more than [`RENDEZVOUS_REPLY_BYTES`], which tells that there was more.
///
/// A server that closes without a word often does so by a reset, because it has not read the request: that is an empty
/// reply. A reset behind a whole line, and a server that answers and then does not close, do not spoil the reply.
///
/// # Errors
///
/// [`ErrorKind::TimedOut`] when no connection stands within [`RENDEZVOUS_CONNECT_DEADLINE`], or no reply is there within
/// `deadline`, which counts from the call. Else what the system says of the name, the connection, or half a reply.
pub async fn exchange(address: &str, request: &[u8], deadline: Duration) -> io::Result<Vec<u8>> {
    let start = Instant::now();
    let connecting = timeout_at(start + deadline.min(RENDEZVOUS_CONNECT_DEADLINE), connect(address));
    match connecting.await.map_err(|_| ErrorKind::TimedOut)? {
        Ok(stream) => converse(stream, request, start + deadline).await,
        // The reset can be faster than the news that the connection stood. Nobody resets one that did not.
        Err(error) if closed(&error) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

async fn connect(address: &str) -> io::Result<TcpStream> {
    let mut found: Vec<_> = lookup_host(address).await?.collect();
    // The server lists the address that it sees, and most peers know only IPv4.
    found.sort_by_key(std::net::SocketAddr::is_ipv6);
    TcpStream::connect(&found[..]).await
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    request: &[u8],
    end: Instant,
) -> io::Result<Vec<u8>> {
    let mut reply = Vec::new();
    let conversation = async {
        // A server may have said why it will not listen before it closed: what it sent is still to be read.
        let written = stream.write_all(request).await;
        while reply.len() <= RENDEZVOUS_REPLY_BYTES {
            let room = (RENDEZVOUS_REPLY_BYTES + 1 - reply.len()).min(READ_BYTES);
            let mut piece = vec![0; room];
            match stream.read(&mut piece).await? {
                0 => break,
                read => reply.extend_from_slice(&piece[..read]),
            }
        }
        if reply.is_empty() { written } else { Ok(()) }
    };
    let outcome = timeout_at(end, conversation)
        .await
        .unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()));
    match outcome {
        Ok(()) => Ok(reply),
        Err(_) if reply.contains(&b'\n') => Ok(reply),
        Err(error) if reply.is_empty() && closed(&error) => Ok(reply),
        Err(error) => Err(error),
    }
}

fn closed(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use socket2::SockRef;
    use tokio::net::TcpListener;

    const REQUEST: &[u8] = b"{\"type\":\"DISCOVER\"}\n";
    /// No test waits for it: it only bounds one that hangs.
    const GENEROUS: Duration = Duration::from_secs(60);

    async fn listener() -> (TcpListener, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        (listener, address)
    }

    /// What `exchange` gives when `serve` has the other end, after the request was read.
    async fn served<F: Future<Output = ()>>(serve: impl FnOnce(TcpStream) -> F) -> io::Result<Vec<u8>> {
        let (listener, address) = listener().await;
        let server = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; REQUEST.len()];
            stream.read_exact(&mut request).await.unwrap();
            assert_eq!(request, REQUEST);
            serve(stream).await;
        };
        tokio::join!(exchange(&address, REQUEST, GENEROUS), server).0
    }

    /// Lets `stream` close with a reset instead of an end.
    fn reset(stream: &TcpStream) {
        SockRef::from(stream).set_linger(Some(Duration::ZERO)).unwrap();
    }

    #[tokio::test]
    async fn a_reply_in_pieces_is_read_until_the_server_closes() {
        let reply = served(async |mut stream| {
            for piece in [&b"{\"sta"[..], b"tus\":\"OK\"", b"}\r\n", b"more\n"] {
                stream.write_all(piece).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
        assert_eq!(reply.await.unwrap(), b"{\"status\":\"OK\"}\r\nmore\n");
    }

    #[tokio::test]
    async fn a_reply_without_a_newline_ends_with_the_connection() {
        let reply = served(async |mut stream| stream.write_all(b"{}").await.unwrap());
        assert_eq!(reply.await.unwrap(), b"{}");
    }

    #[tokio::test]
    async fn a_name_is_looked_up() {
        let (listener, address) = listener().await;
        let named = address.replace("127.0.0.1", "localhost");
        let server = async { drop(listener.accept().await.unwrap()) };
        let (reply, ()) = tokio::join!(exchange(&named, REQUEST, GENEROUS), server);
        assert_eq!(reply.unwrap(), b"");
    }

    #[tokio::test]
    async fn whoever_is_cut_off_without_a_word_has_an_empty_reply() {
        assert_eq!(served(async |stream| drop(stream)).await.unwrap(), b"");
        assert_eq!(served(async |stream| reset(&stream)).await.unwrap(), b"");
        let (listener, address) = listener().await;
        let server = async { reset(&listener.accept().await.unwrap().0) };
        let (reply, ()) = tokio::join!(exchange(&address, REQUEST, GENEROUS), server);
        assert_eq!(reply.unwrap(), b"");
    }

    #[tokio::test]
    async fn nobody_there_is_an_error() {
        let (listener, address) = listener().await;
        drop(listener);
        let error = exchange(&address, REQUEST, GENEROUS).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        assert!(exchange("127.0.0.1", REQUEST, GENEROUS).await.is_err(), "no port");
    }

    #[tokio::test]
    async fn a_reply_without_end_is_read_up_to_its_bound() {
        let reply = served(async |mut stream| {
            // Ends with the error that the other side has gone.
            while stream.write_all(&[b' '; 4096]).await.is_ok() {}
        });
        assert_eq!(reply.await.unwrap().len(), RENDEZVOUS_REPLY_BYTES + 1);
    }

    #[tokio::test]
    async fn a_reset_behind_a_whole_line_does_not_spoil_it() {
        // A real reset may overtake what was sent before it; this one comes when that was read.
        async fn cut(bytes: &[u8]) -> io::Result<Vec<u8>> {
            let (near, mut far) = tokio::io::duplex(1024);
            far.write_all(bytes).await.unwrap();
            drop(far);
            let stream = tokio::io::join(near.chain(Resetting), tokio::io::sink());
            converse(stream, REQUEST, Instant::now() + GENEROUS).await
        }
        assert_eq!(cut(b"{}\n").await.unwrap(), b"{}\n");
        assert_eq!(cut(b"").await.unwrap(), b"");
        assert_eq!(cut(b"{\"sta").await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    }

    /// Whoever reads it is told that the connection was reset.
    struct Resetting;

    impl AsyncRead for Resetting {
        fn poll_read(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            _: &mut tokio::io::ReadBuf<'_>,
        ) -> std::task::Poll<io::Result<()>> {
            std::task::Poll::Ready(Err(ErrorKind::ConnectionReset.into()))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn silence_ends_at_the_deadline_and_a_whole_line_counts_then() {
        for (said, taken) in [(&b""[..], false), (b"{}", false), (b"{}\n", true)] {
            let (near, mut far) = tokio::io::duplex(1024);
            far.write_all(said).await.unwrap();
            let end = Instant::now() + Duration::from_secs(7);
            let reply = converse(near, REQUEST, end).await;
            assert_eq!(Instant::now(), end);
            match reply {
                Ok(reply) => assert!(taken && reply == said),
                Err(error) => assert!(!taken && error.kind() == ErrorKind::TimedOut),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_server_does_not_hold_anybody() {
        let (_listener, address) = listener().await;
        let error = exchange(&address, REQUEST, Duration::from_secs(9)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }
}
