//! `papo connect http://…`: the session protocol in a terminal (docs/protocol.md 6). [`Conversation`] decides; this
//! drives it.

use std::future::pending;
use std::io;
use std::pin::Pin;

use papo_core::limits::{CLIENT_FLUSH, COMMAND_LINE_BYTES, READ_BYTES};
use papo_core::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::mpsc;

use super::input::{self, Commands};
use super::options::Settings;
use super::screen::Screen;
use super::{is_interactive, until};
use crate::error::{Exit, Failure};
use crate::shutdown::{Shutdown, Signal};
use crate::terminal::{TerminalGuard, Typed};
use crate::text::{Message, Texts};

mod commands;
mod conversation;
mod dial;
mod event;
mod outbox;
mod reading;
mod socket;
mod view;

pub(super) use commands::room;
pub(super) use dial::HubUrl;

use conversation::{Conversation, Ending, Input, Loss, Opening, Output};
use dial::{Dialer, Stream};
use socket::Socket;
use view::View;

/// The room to ask for where the hub does not tell its own.
const USUAL_ROOM: &str = "lobby";

/// Talks with the hub until the person leaves, or the input ends and all of it is acknowledged.
///
/// # Errors
///
/// When nobody answers there at first, when the hub does not let it in, and when messages were not acknowledged.
pub(super) async fn run(settings: Settings, json: bool, texts: Texts, mut shutdown: Shutdown) -> Result<Exit, Failure> {
    let dialer = Dialer::new(settings.url.clone());
    let begin = async {
        let rooms = match settings.rooms.as_slice() {
            [] => vec![home_room(&dialer).await?],
            rooms => rooms.to_vec(),
        };
        let stream = dialer.connect().await.map_err(Failure::network)?;
        Ok::<_, Failure>((rooms, stream))
    };
    let (rooms, stream) = tokio::select! {
        begun = begin => begun?,
        signal = shutdown.wait() => return Ok(signal.exit()),
    };
    let interactive = is_interactive(json);
    let guard = interactive.then(TerminalGuard::new);
    let (typed, printer) = if interactive {
        let commands = Commands {
            beginning_with: commands::beginning_with,
            leaves: commands::leaves,
        };
        let (typed, printer) = input::from_terminal(commands).map_err(Failure::unexpected)?;
        (typed, Some(printer))
    } else {
        (input::from_pipe(COMMAND_LINE_BYTES).map_err(Failure::unexpected)?, None)
    };
    let mut seed = [0; 8];
    getrandom::fill(&mut seed).map_err(Failure::unexpected)?;
    let opening = Opening {
        nick: settings.nick,
        rooms,
        token: settings.token,
        interactive,
    };
    let url = dialer.url().to_string();
    let mut driver = Driver {
        conversation: Conversation::new(opening, u64::from_le_bytes(seed), Instant::ZERO),
        view: View::new(Screen::new(texts, json, printer), json, interactive, url.clone()),
        dialer,
        dialed: Some(stream),
        dialing: None,
        connection: None,
        typed,
        started: tokio::time::Instant::now(),
    };
    let end = driver.drive(&mut shutdown).await;
    driver.farewell().await;
    drop(guard);
    driver.view.screen().leave_editor();
    let waiting = driver.conversation.waiting();
    end.report(&mut driver.view, &url, waiting)
}

async fn home_room(dialer: &Dialer) -> Result<papo_core::id::RoomName, Failure> {
    match dialer.home_room().await.map_err(Failure::network)? {
        Some(room) => Ok(room),
        None => USUAL_ROOM.parse().map_err(Failure::unexpected),
    }
}

/// How a conversation ended.
enum End {
    Conversation(Ending),
    Signal(Signal),
    /// Ctrl-C as a key.
    Interrupt,
    /// Nobody reads our output any more.
    Unheard,
}

impl End {
    fn report(self, view: &mut View, url: &str, waiting: usize) -> Result<Exit, Failure> {
        let lost = |count| Failure::network(Message::new("error-rooms-unacknowledged").with("count", count));
        let (reason, outcome) = match self {
            Self::Conversation(Ending::Left) => ("left", Ok(Exit::Done)),
            Self::Conversation(Ending::Unacknowledged(count)) => ("unacknowledged", Err(lost(count))),
            Self::Conversation(Ending::Unreachable(reason)) => ("unreachable", Err(Failure::network(reason))),
            Self::Conversation(Ending::Unauthorized(detail)) => {
                let message = Message::new("error-rooms-unauthorized").with("detail", detail);
                ("unauthorized", Err(Failure::usage(message)))
            }
            Self::Conversation(Ending::Replaced) => {
                ("replaced", Err(Failure::network(Message::new("error-rooms-replaced"))))
            }
            Self::Signal(signal) => ("signal", Ok(signal.exit())),
            Self::Interrupt => ("interrupted", Ok(Exit::Interrupted)),
            Self::Unheard => return Ok(Exit::Done),
        };
        view.closed(reason);
        let screen = view.screen();
        match outcome {
            Ok(Exit::Interrupted) => screen.say(&Message::new("say-interrupted")),
            Ok(_) => screen.say(&Message::new("say-left").with("address", url)),
            Err(_) => {}
        }
        if outcome.is_ok() && waiting > 0 {
            screen.say(&Message::new("error-rooms-unacknowledged").with("count", waiting));
        }
        outcome
    }
}

enum Event {
    Dialed(Result<Stream, Message>),
    Read(io::Result<usize>),
    Wrote(io::Result<()>),
    Typed(Option<Typed>),
    Tick,
    Signal(Signal),
}

struct Connection {
    reader: ReadHalf<Stream>,
    writer: WriteHalf<Stream>,
    socket: Socket,
    /// Something was written that TLS may still hold.
    unflushed: bool,
}

type Dialing = Pin<Box<dyn Future<Output = Result<Stream, Message>> + Send>>;

struct Driver {
    conversation: Conversation,
    view: View,
    dialer: Dialer,
    /// The first connection, which was there before anything else.
    dialed: Option<Stream>,
    dialing: Option<Dialing>,
    connection: Option<Connection>,
    typed: mpsc::Receiver<Typed>,
    started: tokio::time::Instant,
}

impl Driver {
    async fn drive(&mut self, shutdown: &mut Shutdown) -> End {
        let mut buffer = vec![0; READ_BYTES];
        let mut end = self.perform();
        loop {
            if let Some(end) = end {
                return end;
            }
            let event = self.next(&mut buffer, shutdown).await;
            end = self.on_event(event, &buffer);
        }
    }

    /// Does what the conversation asks for.
    fn perform(&mut self) -> Option<End> {
        while let Some(output) = self.conversation.poll_output() {
            match output {
                Output::Dial => {
                    if let Some(stream) = self.dialed.take() {
                        self.open(stream);
                    } else {
                        let dialer = self.dialer.clone();
                        self.dialing = Some(Box::pin(async move { dialer.connect().await }));
                    }
                }
                Output::Send(text) => {
                    if let Some(connection) = &mut self.connection {
                        connection.socket.send(text);
                    }
                }
                Output::HangUp => self.connection = None,
                Output::Tell(event) => {
                    if self.view.tell(&event).is_err() {
                        return Some(End::Unheard);
                    }
                }
                Output::End(ending) => return Some(End::Conversation(ending)),
            }
        }
        None
    }

    fn give(&mut self, input: Input<'_>) -> Option<End> {
        let now = self.now();
        self.conversation.handle(now, input);
        self.perform()
    }

    fn now(&self) -> Instant {
        let micros = self.started.elapsed().as_micros();
        Instant::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }

    fn open(&mut self, stream: Stream) {
        let (reader, writer) = tokio::io::split(stream);
        self.connection = Some(Connection {
            reader,
            writer,
            socket: Socket::new(),
            unflushed: false,
        });
        let now = self.now();
        self.conversation.handle(now, Input::Connected);
    }

    async fn next(&mut self, buffer: &mut [u8], shutdown: &mut Shutdown) -> Event {
        let timeout = self.conversation.poll_timeout();
        let deadline = timeout.map(|at| self.started + at.since(Instant::ZERO));
        let wants_line = self.conversation.wants_line();
        let (reader, writing) = match &mut self.connection {
            Some(Connection {
                reader,
                writer,
                socket,
                unflushed,
            }) => (Some(reader), Some((writer, socket, unflushed))),
            None => (None, None),
        };
        let read = async {
            match reader {
                Some(reader) => reader.read(buffer).await,
                None => pending().await,
            }
        };
        let write = async {
            match writing {
                Some((writer, socket, unflushed)) => write_some(writer, socket, unflushed).await,
                None => pending().await,
            }
        };
        let dialing = self.dialing.as_mut();
        let dial = async {
            match dialing {
                Some(dialing) => dialing.await,
                None => pending().await,
            }
        };
        tokio::select! {
            dialed = dial => Event::Dialed(dialed),
            read = read => Event::Read(read),
            wrote = write => Event::Wrote(wrote),
            typed = self.typed.recv(), if wants_line => Event::Typed(typed),
            () = until(deadline) => Event::Tick,
            signal = shutdown.wait() => Event::Signal(signal),
        }
    }

    fn on_event(&mut self, event: Event, buffer: &[u8]) -> Option<End> {
        match event {
            Event::Dialed(result) => {
                self.dialing = None;
                match result {
                    Ok(stream) => {
                        self.open(stream);
                        self.perform()
                    }
                    Err(reason) => self.give(Input::Unreachable(reason)),
                }
            }
            Event::Read(Ok(0)) => self.lose(Loss::ended()),
            Event::Read(Ok(length)) => self.on_bytes(&buffer[..length]),
            Event::Read(Err(error)) | Event::Wrote(Err(error)) => self.lose(Loss::Broken(error.to_string())),
            Event::Wrote(Ok(())) => None,
            Event::Typed(Some(Typed::Line(line))) => self.give(Input::Line(&line)),
            Event::Typed(Some(Typed::TooLong(bytes))) => self.give(Input::TooLong(bytes)),
            Event::Typed(Some(Typed::End) | None) => self.give(Input::Finished),
            Event::Typed(Some(Typed::Failed(detail))) => {
                let message = Message::new("say-input-unreadable").with("detail", detail);
                self.view.screen().say(&message);
                self.give(Input::Finished)
            }
            Event::Typed(Some(Typed::Interrupt)) => Some(self.leave(End::Interrupt)),
            Event::Typed(Some(Typed::Unheard)) => Some(self.leave(End::Unheard)),
            Event::Tick => self.give(Input::Tick),
            Event::Signal(signal) => Some(self.leave(End::Signal(signal))),
        }
    }

    fn on_bytes(&mut self, bytes: &[u8]) -> Option<End> {
        let mut texts = Vec::new();
        let connection = self.connection.as_mut()?;
        let loss = connection.socket.take(bytes, &mut texts);
        for text in texts {
            // The conversation may have had enough of this connection.
            self.connection.as_ref()?;
            if let Some(end) = self.give(Input::Frame(&text)) {
                return Some(end);
            }
        }
        match loss {
            Some(loss) if self.connection.is_some() => self.lose(loss),
            _ => None,
        }
    }

    fn lose(&mut self, loss: Loss) -> Option<End> {
        self.connection = None;
        self.give(Input::Lost(loss))
    }

    /// Says goodbye; the end is this one.
    fn leave(&mut self, end: End) -> End {
        drop(self.give(Input::Leave));
        end
    }

    /// Writes the last frames, if that does not take long.
    async fn farewell(&mut self) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        connection.socket.close();
        let last = async {
            connection.writer.write_all_buf(connection.socket.pending()).await?;
            connection.writer.shutdown().await
        };
        // Nobody is left to tell.
        drop(tokio::time::timeout(CLIENT_FLUSH, last).await);
    }
}

/// Writes what waits, then sees that nothing holds it back; without either it waits for ever.
async fn write_some(writer: &mut WriteHalf<Stream>, socket: &mut Socket, unflushed: &mut bool) -> io::Result<()> {
    if socket.has_pending() {
        *unflushed = true;
        let written = writer.write_buf(socket.pending()).await?;
        return if written == 0 {
            Err(io::ErrorKind::WriteZero.into())
        } else {
            Ok(())
        };
    }
    if *unflushed {
        writer.flush().await?;
        *unflushed = false;
        return Ok(());
    }
    pending().await
}
