//! Listening sockets.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use papo_core::limits::LISTEN_BACKLOG;
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::error::Failure;
use crate::text::Message;

/// Binds and listens. An address in use is an error, not shared with whoever has it.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // After a restart, connections of the last run may still be closing; they are no reason to refuse.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    socket.bind(&address.into())?;
    socket.listen(LISTEN_BACKLOG)?;
    socket.set_nonblocking(true)?;
    TcpListener::from_std(socket.into())
}

/// Binds and listens for a command, and says what to do when that fails: `option` is what names the address.
pub(crate) fn bind(address: SocketAddr, command: &'static str, option: &'static str) -> Result<TcpListener, Failure> {
    listen(address).map_err(|error| {
        let key = match error.kind() {
            io::ErrorKind::AddrInUse => "error-bind-in-use",
            io::ErrorKind::PermissionDenied => "error-bind-permission",
            io::ErrorKind::AddrNotAvailable => "error-bind-not-here",
            _ => "error-bind",
        };
        let next = SocketAddr::new(address.ip(), address.port().wrapping_add(1).max(1024));
        let message = Message::new(key)
            .showing("address", address)
            .with("command", command)
            .with("option", option);
        Failure::network(message.showing("next", next).showing("error", error))
    })
}

/// Accepts until `shutdown` turns true, and gives each connection to `serve` with its address.
pub(crate) async fn accept(
    listener: TcpListener,
    mut shutdown: watch::Receiver<bool>,
    mut serve: impl FnMut(TcpStream, IpAddr),
) {
    loop {
        tokio::select! {
            (stream, address) = next(&listener) => serve(stream, address.ip().to_canonical()),
            _ = shutdown.wait_for(|&ending| ending) => return,
        }
    }
}

/// The next connection and its address. What is wrong with a single connection is passed over; when none can be
/// accepted, this waits for better times. Nothing is lost when it is dropped.
pub(crate) async fn next(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    /// Without a free file the kernel would offer the same connection again at once, and this loop would spin.
    const PAUSE: Duration = Duration::from_millis(100);
    loop {
        match listener.accept().await {
            Ok((stream, address)) => {
                prepare(&stream);
                return (stream, address);
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections; trying again");
                tokio::time::sleep_until(tokio::time::Instant::now() + PAUSE).await;
            }
        }
    }
}

/// The connection went before it was accepted; the listener is well.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
    )
}

/// What every connection gets: no delay for small writes, and a kernel that notices when the other machine is gone.
pub(crate) fn prepare(stream: &TcpStream) {
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new()
        .with_time(Duration::from_secs(30))
        .with_interval(Duration::from_secs(10))
        .with_retries(3);
    // A socket that cannot take these options still works.
    let _ = socket.set_tcp_nodelay(true);
    let _ = socket.set_tcp_keepalive(&keepalive);
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_user_timeout(Some(Duration::from_secs(60)));
}
