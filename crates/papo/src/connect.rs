//! `papo connect`: a terminal on the TCP text door, of papo's hub and of the servers that came before it, or in the
//! rooms of a hub (`rooms`).

use std::io::{self, IsTerminal};
use std::time::Duration;

use bytes::{Buf, Bytes};
use papo_core::limits::{PAYLOAD_BYTES, READ_BYTES};
use papo_core::time::Instant;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;

use crate::error::{Exit, Failure};
use crate::shutdown::{Shutdown, Signal};
use crate::terminal::{TerminalGuard, Typed};
use crate::text::{Message, Texts};

mod commands;
mod input;
mod options;
mod rooms;
mod screen;
mod session;
mod target;

pub use options::{Door, Options, Settings};
pub use target::Target;

use screen::Screen;
use session::{Ending, Input, Output, Session};

/// How long a server may take to accept.
const DIAL_DEADLINE: Duration = Duration::from_secs(10);

/// Talks at a door until the person leaves, the input ends or nobody is there any more.
///
/// # Errors
///
/// When nobody answers there, when the hub does not let it in, and when there was more to say than arrived.
pub async fn run(door: Door, json: bool, texts: Texts, shutdown: Shutdown) -> Result<Exit, Failure> {
    match door {
        Door::Tcp(target) => talk(target, json, texts, shutdown).await,
        Door::Rooms(settings) => rooms::run(*settings, json, texts, shutdown).await,
    }
}

/// Talks with the server at `target` until the person leaves, the input ends or the connection does.
///
/// # Errors
///
/// When nobody answers there, and when the connection ends while there is more to say.
async fn talk(target: Target, json: bool, texts: Texts, mut shutdown: Shutdown) -> Result<Exit, Failure> {
    let stream = tokio::select! {
        dialed = dial(&target) => dialed?,
        signal = shutdown.wait() => return Ok(signal.exit()),
    };
    let peer = stream.peer_addr().map_err(Failure::unexpected)?;
    tracing::debug!(%peer, "connected");
    let interactive = is_interactive(json);
    let guard = interactive.then(TerminalGuard::new);
    let (typed, printer) = if interactive {
        let commands = input::Commands {
            beginning_with: commands::beginning_with,
            leaves: commands::leaves,
        };
        let (typed, printer) = input::from_terminal(commands).map_err(Failure::unexpected)?;
        (typed, Some(printer))
    } else {
        (input::from_pipe(PAYLOAD_BYTES).map_err(Failure::unexpected)?, None)
    };
    let (reader, writer) = stream.into_split();
    let started = tokio::time::Instant::now();
    let mut driver = Driver {
        session: Session::new(interactive, Instant::ZERO),
        screen: Screen::new(texts, json, printer),
        reader,
        writer,
        typed,
        pending: Bytes::new(),
        started,
    };
    // Whoever closed our output has had enough: that is how `| head` ends a program.
    let opened = driver
        .screen
        .event(&json!({"event": "ready", "address": peer.to_string()}));
    if opened.is_err() {
        return Ok(Exit::Done);
    }
    driver
        .screen
        .say(&Message::new("say-connected").showing("address", peer));
    let end = driver.drive(&mut shutdown).await;
    drop(guard);
    driver.screen.leave_editor();
    end.report(&mut driver.screen, &peer.to_string())
}

/// Somebody sits there and edits lines.
fn is_interactive(json: bool) -> bool {
    !json && io::stdin().is_terminal() && io::stdout().is_terminal()
}

async fn dial(target: &Target) -> Result<TcpStream, Failure> {
    let about = |key| Message::new(key).showing("address", target);
    let connecting = TcpStream::connect((target.host.as_str(), target.port));
    let stream = match tokio::time::timeout(DIAL_DEADLINE, connecting).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
            let port = target.port.to_string();
            return Err(Failure::network(about("error-connect-refused").with("port", port)));
        }
        Ok(Err(error)) => {
            return Err(Failure::network(about("error-connect-failed").showing("detail", error)));
        }
        Err(_) => {
            let port = target.port.to_string();
            return Err(Failure::network(about("error-connect-slow").with("port", port)));
        }
    };
    // A message is one small write, and an old server tells messages apart by when they come.
    stream.set_nodelay(true).map_err(Failure::unexpected)?;
    Ok(stream)
}

/// How a conversation ended.
enum End {
    Session(Ending),
    Signal(Signal),
    /// Ctrl-C as a key.
    Interrupt,
    /// Nobody reads our output any more.
    Unheard,
}

impl End {
    fn report(self, screen: &mut Screen, address: &str) -> Result<Exit, Failure> {
        let (reason, outcome) = match self {
            Self::Session(Ending::Left) => ("left", Ok(Exit::Done)),
            Self::Session(Ending::Closed) => (
                "server_closed",
                Err(Failure::network(Message::new("error-connect-closed"))),
            ),
            Self::Session(Ending::Lost(detail)) => (
                "lost",
                Err(Failure::network(
                    Message::new("error-connect-lost").with("detail", detail),
                )),
            ),
            Self::Signal(signal) => ("signal", Ok(signal.exit())),
            Self::Interrupt => ("interrupted", Ok(Exit::Interrupted)),
            Self::Unheard => return Ok(Exit::Done),
        };
        drop(screen.event(&json!({"event": "closed", "reason": reason})));
        match outcome {
            Ok(Exit::Interrupted) => screen.say(&Message::new("say-interrupted")),
            Ok(_) => screen.say(&Message::new("say-left").with("address", address.to_owned())),
            Err(_) => {}
        }
        outcome
    }
}

enum Event {
    Read(io::Result<usize>),
    Wrote(io::Result<usize>),
    Typed(Option<Typed>),
    Tick,
    Signal(Signal),
}

struct Driver {
    session: Session,
    screen: Screen,
    reader: OwnedReadHalf,
    writer: OwnedWriteHalf,
    typed: mpsc::Receiver<Typed>,
    /// What is left of the write under way.
    pending: Bytes,
    started: tokio::time::Instant,
}

impl Driver {
    async fn drive(&mut self, shutdown: &mut Shutdown) -> End {
        let mut buffer = vec![0; READ_BYTES];
        loop {
            if let Some(end) = self.drain().await {
                return end;
            }
            let event = self.next(&mut buffer, shutdown).await;
            if let Some(end) = self.on_event(event, &buffer) {
                return end;
            }
        }
    }

    /// Does what the session asks for.
    async fn drain(&mut self) -> Option<End> {
        while let Some(output) = self.session.poll_output() {
            match output {
                Output::Write(bytes) => self.pending = bytes.into(),
                Output::HalfClose => {
                    // When it fails, the next read tells why.
                    drop(self.writer.shutdown().await);
                }
                Output::Show(message) => {
                    if self.screen.show(&message).is_err() {
                        return Some(End::Unheard);
                    }
                }
                Output::Say(message) => self.screen.say(&message),
                Output::End(ending) => return Some(End::Session(ending)),
            }
        }
        None
    }

    async fn next(&mut self, buffer: &mut [u8], shutdown: &mut Shutdown) -> Event {
        let timeout = self.session.poll_timeout();
        let deadline = timeout.map(|at| self.started + at.since(Instant::ZERO));
        tokio::select! {
            read = self.reader.read(buffer) => Event::Read(read),
            wrote = self.writer.write_buf(&mut self.pending), if self.pending.has_remaining() => Event::Wrote(wrote),
            typed = self.typed.recv(), if self.session.wants_line() => Event::Typed(typed),
            () = until(deadline) => Event::Tick,
            signal = shutdown.wait() => Event::Signal(signal),
        }
    }

    fn on_event(&mut self, event: Event, buffer: &[u8]) -> Option<End> {
        let micros = self.started.elapsed().as_micros();
        let now = Instant::from_micros(u64::try_from(micros).unwrap_or(u64::MAX));
        match event {
            Event::Read(Ok(0)) => self.session.handle(now, Input::Closed),
            Event::Read(Ok(length)) => self.session.handle(now, Input::Bytes(&buffer[..length])),
            Event::Read(Err(error)) | Event::Wrote(Err(error)) => {
                self.session.handle(now, Input::Lost(error.to_string()));
            }
            Event::Wrote(Ok(_)) if self.pending.has_remaining() => {}
            Event::Wrote(Ok(_)) => self.session.handle(now, Input::Written),
            Event::Typed(Some(Typed::Line(line))) => self.session.handle(now, Input::Line(&line)),
            Event::Typed(Some(Typed::TooLong(bytes))) => self.session.handle(now, Input::TooLong(bytes)),
            Event::Typed(Some(Typed::End) | None) => self.session.handle(now, Input::Finished),
            Event::Typed(Some(Typed::Failed(detail))) => {
                self.screen
                    .say(&Message::new("say-input-unreadable").with("detail", detail));
                self.session.handle(now, Input::Finished);
            }
            Event::Typed(Some(Typed::Interrupt)) => return Some(End::Interrupt),
            Event::Typed(Some(Typed::Unheard)) => return Some(End::Unheard),
            Event::Tick => self.session.handle(now, Input::Tick),
            Event::Signal(signal) => return Some(End::Signal(signal)),
        }
        None
    }
}

async fn until(deadline: Option<tokio::time::Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
