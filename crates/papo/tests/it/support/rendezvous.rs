//! A small rendezvous server of its own, correct in both dialects, which can be given one fault.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout_at};

use papo::check::{Dialect, Timing};

mod ban;
mod fault;
mod registry;
mod request;

pub(crate) use fault::Fault;

use ban::{Admission, Bans};
use registry::Registry;

/// Longest line with its newline.
const LINE_BYTES: usize = 32_768;

/// A server that runs until it is dropped.
pub(crate) struct Rendezvous {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    running: JoinHandle<()>,
}

/// What its connections share.
struct Shared {
    dialect: Dialect,
    fault: Option<Fault>,
    timing: Timing,
    registry: Mutex<Registry>,
    /// Told of every registration.
    registered: tokio::sync::Notify,
    bans: Mutex<Bans>,
    /// Held while one is served, by a server that serves one at a time.
    alone: tokio::sync::Mutex<()>,
}

/// What was read of a connection.
enum Heard {
    Line(Vec<u8>),
    TooLong,
    Idle,
}

impl Rendezvous {
    pub(crate) fn start(dialect: Dialect, fault: Option<Fault>, timing: Timing) -> Self {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let listener: TcpListener = socket.listen(1024).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            dialect,
            fault,
            timing,
            registry: Mutex::new(Registry::new(fault, timing.second)),
            registered: tokio::sync::Notify::new(),
            bans: Mutex::new(Bans::new(timing.window)),
            alone: tokio::sync::Mutex::new(()),
        });
        let server = Arc::clone(&shared);
        let running = tokio::spawn(async move {
            while let Ok((stream, peer)) = listener.accept().await {
                let shared = Arc::clone(&server);
                tokio::spawn(async move { shared.serve(stream, peer).await });
            }
        });
        Self {
            address,
            shared,
            running,
        }
    }

    /// Waits for a registration.
    pub(crate) async fn registration(&self) {
        let waiting = self.shared.registered.notified();
        tokio::time::timeout(super::PATIENCE, waiting).await.unwrap();
    }

    /// How many records there are.
    pub(crate) fn records(&self) -> usize {
        self.shared.registry.lock().unwrap().list(None, true).len()
    }
}

impl Drop for Rendezvous {
    fn drop(&mut self) {
        self.running.abort();
    }
}

impl Shared {
    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    async fn serve(&self, mut stream: TcpStream, peer: SocketAddr) {
        let admission = match self.dialect {
            Dialect::September => Admission::Welcome,
            Dialect::November => self.bans.lock().unwrap().admit(self.fault),
        };
        let _alone = match self.fault {
            Some(Fault::ServesOneAtATime) => Some(self.alone.lock().await),
            Some(Fault::FewAtOnce) => match self.alone.try_lock() {
                Ok(alone) => Some(alone),
                Err(_) => return,
            },
            _ => None,
        };
        if self.has(Fault::FewAtOnce) {
            sleep_until(Instant::now() + self.timing.second).await;
        }
        let reply = match admission {
            Admission::Drop => return,
            Admission::Blocked(seconds) => json!({"status": "ERROR", "message": format!(
                "Connection from {peer} has been blocked due to excessive login attempts (limit: 50). \
                 The block will be lifted in {seconds} seconds."
            )}),
            Admission::Welcome => match self.listen(&mut stream).await {
                None => return,
                Some(Heard::Idle) => {
                    json!({"status": "ERROR", "message": "Timeout: no data received, closing connection"})
                }
                Some(Heard::TooLong) => self.too_long(),
                Some(Heard::Line(line)) => match request::answer(self, &line, peer) {
                    Some(reply) => reply,
                    None => return,
                },
            },
        };
        self.answer(stream, &reply).await;
    }

    fn too_long(&self) -> Value {
        let key = match self.dialect {
            Dialect::September => "error",
            Dialect::November => "message",
        };
        json!({"status": "ERROR", key: "line_too_long", "limit": LINE_BYTES})
    }

    /// Reads up to the first newline, the end, the limit or the deadline. None when it gives up without a word.
    async fn listen(&self, stream: &mut TcpStream) -> Option<Heard> {
        let idle = match self.fault {
            Some(Fault::NoIdleTimeout | Fault::ServesOneAtATime) => self.timing.second * 600,
            Some(Fault::HastyIdleTimeout) => Duration::ZERO,
            _ => self.timing.second * 5,
        };
        let limit = match self.fault {
            Some(Fault::LineLimitTooSmall) => LINE_BYTES - 2,
            Some(Fault::LineLimitOffByOne) => LINE_BYTES - 1,
            Some(Fault::LineLimitWithoutNewline) => LINE_BYTES + 1,
            Some(Fault::NoLineLimit) => usize::MAX,
            _ => LINE_BYTES,
        };
        // One read brings no more than a line may have, so what is behind stays in the kernel until it is drained.
        let mut buffer = vec![0; if self.has(Fault::ReadsOnce) { 32 } else { 4096 }];
        let mut line = Vec::new();
        let mut deadline = Instant::now() + idle;
        loop {
            let read = match timeout_at(deadline, stream.read(&mut buffer)).await {
                Ok(Ok(0)) if self.has(Fault::DropsUnfinishedLines) && !line.is_empty() => return None,
                Ok(Ok(0)) if self.has(Fault::SilentAtTheEnd) && line.trim_ascii().is_empty() => return None,
                Ok(Ok(0)) => return Some(Heard::Line(line)),
                Ok(Ok(read)) => read,
                Ok(Err(_)) => return None,
                Err(_) => return Some(Heard::Idle),
            };
            if self.has(Fault::RestartsIdleTimeout) {
                deadline = Instant::now() + idle;
            }
            line.extend_from_slice(&buffer[..read]);
            if let Some(newline) = line.iter().position(|&byte| byte == b'\n') {
                if newline >= limit {
                    return Some(Heard::TooLong);
                }
                if !self.has(Fault::TakesAllLines) {
                    line.truncate(newline);
                }
                return Some(Heard::Line(line));
            }
            if line.len() >= limit && !self.has(Fault::ReadsLinesToTheirEnd) {
                return Some(Heard::TooLong);
            }
            if self.has(Fault::ReadsOnce) {
                return Some(Heard::Line(line));
            }
        }
    }

    /// One write, the end of the sending half, and a moment to read what is still coming.
    async fn answer(&self, mut stream: TcpStream, reply: &Value) {
        let mut bytes = match self.fault {
            Some(Fault::RepliesInPython) => reply.to_string().replace('"', "'").into_bytes(),
            Some(Fault::RepliesWithAList) => format!("[{reply}]").into_bytes(),
            Some(Fault::RepliesInSeveralLines) => serde_json::to_vec_pretty(reply).unwrap(),
            _ => reply.to_string().into_bytes(),
        };
        if !self.has(Fault::NoNewline) {
            bytes.push(b'\n');
        }
        if self.has(Fault::WritesTwice) {
            let (head, tail) = bytes.split_at(bytes.len() - 1);
            let _ = stream.set_nodelay(true);
            let _ = stream.write_all(head).await;
            sleep_until(Instant::now() + Duration::from_secs(1)).await;
            let _ = stream.write_all(tail).await;
        } else {
            let _ = stream.write_all(&bytes).await;
        }
        if self.has(Fault::ClosesWithoutDraining) {
            return;
        }
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut buffer = vec![0; 16 * 1024];
        if self.has(Fault::StaysOpen) {
            // Reads on, and waits for us to go.
            while let Ok(Ok(1..)) = timeout_at(deadline, stream.read(&mut buffer)).await {}
            return;
        }
        let _ = stream.shutdown().await;
        while let Ok(Ok(1..)) = timeout_at(deadline, stream.read(&mut buffer)).await {}
    }
}
