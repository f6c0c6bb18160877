//! The person, or the program, that uses a node: what it is told and what it asks for.

use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};

use papo_core::error::Code;
use papo_core::id::PeerId;
use papo_core::limits::COMMAND_LINE_BYTES;
use papo_core::node::{Command, Event, Snapshot};
use tokio::sync::mpsc;
use tracing::level_filters::LevelFilter;

use super::commands::{self, Asked, Mistake, PeersOf};
use super::json::{self, Line};
use super::outlet::Lines;
use super::plain::Streams;
use super::screen::{self, Known, Screen, Shared};
use super::view::{Dress, RendezvousState, Shown, View, peers_of};
use crate::config::PeerSettings;
use crate::error::Failure;
use crate::telemetry;
use crate::terminal::{self, TYPED_LINES, TerminalGuard, Typed};
use crate::text::{Message, Texts};

/// What is wanted of the node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Request {
    /// Give this to the machine. [`Command::Reconnect`] concerns the rendezvous too.
    Do(Command),
    /// Call [`Interface::show_snapshot`] with this.
    Show(Report),
    /// Leave.
    Quit,
    /// Leave, and report that somebody pressed Ctrl-C.
    Interrupt,
}

/// A part of a node's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Report {
    /// The known peers.
    Peers(PeersOf),
    /// The live links.
    Conn,
    /// The known routes.
    Routes,
    /// The round-trip times.
    Rtt,
    /// All of it in a few lines.
    Status,
}

/// How much is shown of what happens around the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Watch {
    /// Only messages, and what becomes of one's own.
    Off,
    /// Neighbors that come and go, too.
    Usual,
    /// And every measurement.
    On,
}

/// The user's side of a node.
#[derive(Debug)]
pub(crate) struct Interface {
    view: View,
    json: bool,
    watch: Watch,
    lines: Lines,
    known: Shared,
    /// The rendezvous, as it was given.
    server: Option<String>,
    /// What was last told about it.
    told: &'static str,
    /// There while somebody edits lines.
    guard: Option<TerminalGuard>,
}

impl Interface {
    /// Begins to read what is typed, or piped in: take it from the receiver and give it to [`Self::take`]. The receiver
    /// never ends by itself.
    ///
    /// # Errors
    ///
    /// When the terminal or the log file cannot be used.
    pub(crate) fn start(settings: &PeerSettings, texts: Texts) -> Result<(Self, mpsc::Receiver<Typed>), Failure> {
        let terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
        let interactive = terminal && !settings.plain && !settings.json;
        if let Some(path) = &settings.log_file {
            telemetry::to_file(path).map_err(|error| {
                let message = Message::new("error-write").showing("path", path.display());
                Failure::storage(message.showing("detail", error))
            })?;
        }
        let (events, typed) = mpsc::channel(TYPED_LINES);
        let known = Shared::default();
        let lost = missing(&texts);
        let (lines, guard, dress) = if interactive {
            let guard = TerminalGuard::new().also_on_panic();
            let printer = screen::edit(settings, Arc::clone(&known), events.clone()).map_err(Failure::unexpected)?;
            let lines = Lines::start(Screen::new(printer), lost, events).map_err(Failure::unexpected)?;
            let dim = telemetry::coloured(&io::stdout());
            (lines, Some(guard), Dress::Terminal { dim })
        } else {
            terminal::read_pipe(COMMAND_LINE_BYTES, events.clone()).map_err(Failure::unexpected)?;
            let lines = Lines::start(Streams, lost, events).map_err(Failure::unexpected)?;
            (lines, None, Dress::Plain)
        };
        if interactive && settings.log_file.is_none() {
            telemetry::set_usual_level(LevelFilter::WARN);
            let lines = lines.clone();
            telemetry::to_lines(move |line| lines.show(Shown::Notice(line.to_owned())));
        }
        let view = View {
            texts,
            own: settings.peer_id.clone(),
            dress,
        };
        let server = settings.rendezvous.as_ref().map(ToString::to_string);
        Ok((Self::new(view, settings.json, lines, known, server, guard), typed))
    }

    fn new(
        view: View,
        json: bool,
        lines: Lines,
        known: Shared,
        server: Option<String>,
        guard: Option<TerminalGuard>,
    ) -> Self {
        Self {
            view,
            json,
            watch: Watch::Usual,
            lines,
            known,
            server,
            told: RendezvousState::Unregistered.word(),
            guard,
        }
    }

    /// What a line asks of the node. What it asks of the interface is done; what it asks wrongly is told.
    pub(crate) fn take(&mut self, typed: Typed) -> Option<Request> {
        let line = match typed {
            Typed::Line(line) => line,
            Typed::TooLong(bytes) => {
                self.show_mistake(&commands::too_long(bytes, COMMAND_LINE_BYTES));
                return None;
            }
            // A pipe that ends says nothing; who presses Ctrl-D leaves.
            Typed::End => return self.guard.is_some().then_some(Request::Quit),
            Typed::Interrupt => return Some(Request::Interrupt),
            Typed::Failed(detail) => {
                self.show_error(
                    Code::InternalError,
                    &Message::new("say-input-unreadable").with("detail", detail),
                );
                return self.guard.is_some().then_some(Request::Quit);
            }
            Typed::Unheard => return Some(Request::Quit),
        };
        match commands::parse(&line, &self.view.own) {
            Ok(asked) => self.answer(asked),
            Err(mistake) => {
                self.show_mistake(&mistake);
                None
            }
        }
    }

    fn answer(&mut self, asked: Asked) -> Option<Request> {
        Some(match asked {
            Asked::Send { to, text } => Request::Do(Command::Send { to, text }),
            Asked::Publish { scope, text } => Request::Do(Command::Publish { scope, text }),
            Asked::Connect(peer) => Request::Do(Command::Connect(peer)),
            Asked::Ping(peer) => Request::Do(Command::Ping(peer)),
            Asked::Reconnect => {
                self.notice(&Message::new("peer-reconnecting"));
                Request::Do(Command::Reconnect)
            }
            Asked::Peers(of) => Request::Show(Report::Peers(of)),
            Asked::Conn => Request::Show(Report::Conn),
            Asked::Routes => Request::Show(Report::Routes),
            Asked::Rtt => Request::Show(Report::Rtt),
            Asked::Status => Request::Show(Report::Status),
            Asked::Quit => Request::Quit,
            Asked::Nothing => return None,
            Asked::Help => {
                let text = self.view.help();
                self.data(|_| text.clone(), &Line::Help { text: &text });
                return None;
            }
            Asked::Watch(on) => {
                self.set_watch(on.unwrap_or(self.watch == Watch::Off));
                return None;
            }
            Asked::Log(level) => {
                telemetry::set_level(level);
                let word = level.to_string();
                let message = Message::new("peer-log-set").with("level", word.as_str());
                self.tell(|view| view.say(&message), &Line::Log { level: &word });
                return None;
            }
        })
    }

    fn set_watch(&mut self, on: bool) {
        self.watch = if on { Watch::On } else { Watch::Off };
        let message = Message::new(if on { "peer-watch-on" } else { "peer-watch-off" });
        self.tell(|view| view.say(&message), &Line::Watch { on });
    }

    /// The node is there, and registers `port`. Without addresses it does not listen.
    pub(crate) fn ready(&mut self, port: u16, addresses: &[SocketAddr]) {
        let own = self.view.own.clone();
        let line = Line::Ready {
            peer_id: &own,
            port,
            addresses,
        };
        self.tell(|view| view.ready(addresses), &line);
    }

    /// Something happened.
    pub(crate) fn show_event(&mut self, event: &Event) {
        let wanted = match event {
            Event::RttMeasured { .. } => self.watch == Watch::On,
            // Programs decide for themselves what they leave out.
            Event::NeighborUp { .. } | Event::NeighborDown { .. } | Event::Dropped { .. } => {
                self.json || self.watch != Watch::Off
            }
            _ => true,
        };
        if !wanted {
            return;
        }
        if self.json {
            self.lines.show(Shown::Data(Line::from(event).write()));
        } else if let Some(shown) = self.view.event(event) {
            self.lines.show(shown);
        }
    }

    /// The answer to [`Request::Show`].
    pub(crate) fn show_snapshot(&mut self, report: &Report, snapshot: &Snapshot, state: &RendezvousState) {
        let own = self.view.own.clone();
        let server = self.server.clone();
        let server = server.as_deref();
        match report {
            Report::Peers(of) => {
                let items = peers_of(of, snapshot).map(Into::into).collect();
                self.data(|view| view.peers(of, snapshot), &Line::Peers { items });
            }
            Report::Conn => {
                let items = snapshot.conns.iter().map(Into::into).collect();
                self.data(|view| view.conns(snapshot), &Line::Conn { items });
            }
            Report::Routes => {
                let items = snapshot.routes.iter().map(Into::into).collect();
                self.data(|view| view.routes(snapshot), &Line::Routes { items });
            }
            Report::Rtt => {
                let items = snapshot.rtts.iter().map(Into::into).collect();
                self.data(|view| view.rtts(snapshot), &Line::Rtt { items });
            }
            Report::Status => {
                let line = Line::Status {
                    peer_id: &own,
                    rendezvous: json::Rendezvous::new(state, server),
                    counters: json::Counters(snapshot),
                };
                self.data(|view| view.status(snapshot, state, server.unwrap_or_default()), &line);
            }
        }
    }

    /// The node stands otherwise with its rendezvous. What was told already is not told again.
    pub(crate) fn rendezvous_changed(&mut self, state: &RendezvousState) {
        if self.told == state.word() {
            return;
        }
        self.told = state.word();
        let server = self.server.clone();
        let server = server.as_deref();
        let line = Line::Rendezvous {
            state: json::Rendezvous::new(state, server),
        };
        self.tell(|view| view.rendezvous_changed(state, server.unwrap_or_default()), &line);
    }

    /// Something went wrong.
    pub(crate) fn show_error(&mut self, code: Code, message: &Message) {
        let detail = self.view.say(message);
        let line = Line::Error {
            code: code.as_str(),
            detail: &detail,
            peer_id: None,
        };
        self.tell(|_| detail.clone(), &line);
    }

    fn show_mistake(&mut self, mistake: &Mistake) {
        self.show_error(mistake.code, &mistake.message);
    }

    /// What Tab can complete from here on: known peers, and known namespaces without their `#`.
    pub(crate) fn set_completions(&mut self, peers: &[PeerId], namespaces: &[String]) {
        let known = Known::new(&self.view.own, peers, namespaces);
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = known;
    }

    /// Shows what waits to be shown, at most for a second, and puts the terminal back.
    pub(crate) fn end(mut self) {
        self.lines.flush();
        telemetry::leave_lines();
        if let Some(guard) = self.guard.take() {
            drop(guard);
            eprintln!(
                "{}",
                self.view
                    .say(&Message::new("peer-left").showing("peer", &self.view.own))
            );
        }
    }

    /// Data for people, or the line for programs.
    fn data(&self, words: impl FnOnce(&View) -> String, line: &Line<'_>) {
        let text = if self.json { line.write() } else { words(&self.view) };
        self.lines.show(Shown::Data(text));
    }

    /// A notice for people, or the line for programs.
    fn tell(&self, words: impl FnOnce(&View) -> String, line: &Line<'_>) {
        self.lines.show(if self.json {
            Shown::Data(line.write())
        } else {
            Shown::Notice(words(&self.view))
        });
    }

    /// A notice for people alone.
    fn notice(&self, message: &Message) {
        if !self.json {
            self.lines.show(Shown::Notice(self.view.say(message)));
        }
    }
}

/// How it is said that lines were left out.
fn missing(texts: &Texts) -> impl Fn(u64) -> String + Send + use<> {
    let texts = Texts::new(texts.lang());
    move |count| texts.say(&Message::new("peer-lines-lost").with("count", count))
}

#[cfg(test)]
mod tests;
