//! One conversation through a TCP text door, without socket, clock or terminal (docs/protocol.md 4).
//!
//! Drive it like this: [`Session::handle`] one [`Input`], then take every [`Output`] until there is none, and call
//! again with [`Input::Tick`] when the moment of [`Session::poll_timeout`] has come.

use std::collections::VecDeque;
use std::time::Duration;

use papo_core::limits::{MESSAGE_PAUSE, PAYLOAD_BYTES};
use papo_core::time::Instant;
use papo_core::wire::split::PrefixSplitter;
use papo_core::wire::text::visible;

use super::commands::{self, Typed};
use crate::text::Message;

/// An old server takes what it reads at once for one message, so two of ours must not meet on the way.
const OLD_SERVER_PACE: Duration = Duration::from_millis(50);
/// The network delays one line more than the next, so no pace alone keeps them apart: an answer shows that a line has
/// been read. A server that does not answer is waited for this long.
const ANSWER_WAIT: Duration = Duration::from_secs(1);
/// After the last line was sent, a hub may still echo: it paces what it takes in.
const HUB_QUIET: Duration = Duration::from_secs(10);
/// The same for a server that does not pace.
const OLD_SERVER_QUIET: Duration = Duration::from_secs(1);
/// An old server need not close by itself, and while others talk it is never quiet.
const OLD_SERVER_LISTEN: Duration = Duration::from_secs(3);
/// Lines that may wait to be sent; then the input waits.
const WAITING_LINES: usize = 64;

/// What happens to a session.
#[derive(Debug)]
pub(super) enum Input<'a> {
    /// The server sent something.
    Bytes(&'a [u8]),
    /// The server closed the connection.
    Closed,
    /// The connection broke.
    Lost(String),
    /// A line was typed.
    Line(&'a str),
    /// A line of that many bytes was typed, too many to keep.
    TooLong(usize),
    /// Nothing more will be typed.
    Finished,
    /// The last [`Output::Write`] is with the operating system.
    Written,
    /// Time has passed.
    Tick,
}

/// What a session asks of its driver.
#[derive(Debug, PartialEq)]
pub(super) enum Output {
    /// Send these bytes in one write, and report [`Input::Written`].
    Write(Vec<u8>),
    /// Tell the server that nothing more will come.
    HalfClose,
    /// A message came; it is safe to show.
    Show(String),
    /// Tell the person something.
    Say(Message),
    /// It is over. The last output.
    End(Ending),
}

/// Why a session is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ending {
    /// The person left, or all of the input is sent and answered.
    Left,
    /// The server closed the connection while there was more to say.
    Closed,
    /// The connection broke.
    Lost(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// More lines may come.
    Open,
    /// The last lines are on their way.
    Draining,
    /// All is sent; the server still speaks.
    HalfClosed,
    Over,
}

#[derive(Debug)]
enum Write {
    /// This line, without a newline.
    Raw(String),
    Terminated,
}

/// A line that went out without a newline: until the server has read it, the next may join it on the way.
#[derive(Debug)]
struct Raw {
    line: String,
    /// Bytes came after it was written.
    followed: bool,
    /// When it is taken for read although nothing says so.
    until: Instant,
}

/// The state of one conversation.
#[derive(Debug)]
pub(super) struct Session {
    /// Somebody sits there and leaves when they say so; otherwise the answers to the input are waited for.
    interactive: bool,
    stage: Stage,
    splitter: PrefixSplitter,
    /// A message has come, so the kind of server is known.
    heard: bool,
    last_bytes: Instant,
    half_closed: Instant,
    /// Something may be left in the splitter that no newline will end.
    unfinished: bool,
    waiting: VecDeque<String>,
    /// A write is with the driver.
    writing: Option<Write>,
    not_before: Instant,
    /// The last line without a newline, unless its echo has come.
    raw: Option<Raw>,
    outputs: VecDeque<Output>,
}

impl Session {
    /// A conversation that begins `now`.
    pub(super) fn new(interactive: bool, now: Instant) -> Self {
        Self {
            interactive,
            stage: Stage::Open,
            splitter: PrefixSplitter::new(),
            heard: false,
            last_bytes: now,
            half_closed: now,
            unfinished: false,
            waiting: VecDeque::new(),
            writing: None,
            not_before: now,
            raw: None,
            outputs: VecDeque::new(),
        }
    }

    /// Takes what happened.
    pub(super) fn handle(&mut self, now: Instant, input: Input<'_>) {
        if self.stage == Stage::Over {
            return;
        }
        match input {
            Input::Bytes(bytes) => self.on_bytes(now, bytes),
            Input::Closed => {
                self.flush();
                let complete = self.stage == Stage::HalfClosed;
                self.end(if complete { Ending::Left } else { Ending::Closed });
            }
            Input::Lost(detail) => {
                self.flush();
                self.end(Ending::Lost(detail));
            }
            Input::Line(line) => self.on_line(line),
            Input::TooLong(bytes) => self.say(too_long(bytes)),
            Input::Finished => self.stop_reading(),
            Input::Written => {
                if let Some(Write::Raw(line)) = self.writing.take() {
                    // Also when the server turns out to be a hub meanwhile: it is still waiting for the end of that one.
                    self.not_before = now + OLD_SERVER_PACE;
                    self.raw = Some(Raw {
                        line,
                        followed: false,
                        until: now + ANSWER_WAIT,
                    });
                }
            }
            Input::Tick => {}
        }
        self.on_time(now);
        self.pump(now);
    }

    /// The next thing to do.
    pub(super) fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to call [`Session::handle`] with [`Input::Tick`] if nothing else happens before.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let flush = self.flush_at();
        let write = (self.writing.is_none() && !self.waiting.is_empty()).then(|| self.write_at());
        [flush, write, self.quiet_at()].into_iter().flatten().min()
    }

    /// False while enough lines wait; then the driver leaves the input unread.
    pub(super) fn wants_line(&self) -> bool {
        self.stage == Stage::Open && self.waiting.len() < WAITING_LINES
    }

    fn on_bytes(&mut self, now: Instant, bytes: &[u8]) {
        self.last_bytes = now;
        if let Some(raw) = &mut self.raw {
            raw.followed = true;
        }
        for message in self.splitter.push(bytes) {
            self.show(&message);
        }
        self.unfinished = !self.splitter.newline_seen();
    }

    fn on_line(&mut self, line: &str) {
        if self.stage != Stage::Open || line.trim().is_empty() {
            return;
        }
        if line.len() > PAYLOAD_BYTES {
            return self.say(too_long(line.len()));
        }
        let old = self.heard && !self.splitter.newline_seen();
        match commands::read(line) {
            Typed::Text(text) | Typed::Slashed(text) => self.waiting.push_back(text.to_owned()),
            Typed::Hub { word, .. } if old => {
                self.say(Message::new("say-old-server").with("given", format!("/{word}")));
            }
            Typed::Hub { line, .. } => self.waiting.push_back(line),
            Typed::Help => self.say(Message::new("say-help")),
            Typed::Quit => self.stop_reading(),
            Typed::Unknown { given, suggestion } => {
                let message = match suggestion {
                    Some(word) => Message::new("say-unknown-command-suggest").with("suggestion", format!("/{word}")),
                    None => Message::new("say-unknown-command"),
                };
                self.say(message.with("given", visible(given).into_owned()));
            }
        }
    }

    fn stop_reading(&mut self) {
        if self.stage == Stage::Open {
            self.stage = Stage::Draining;
        }
    }

    fn on_time(&mut self, now: Instant) {
        if self.flush_at().is_some_and(|at| at <= now) {
            self.flush();
        }
        if self.quiet_at().is_some_and(|at| at <= now) {
            self.flush();
            self.end(Ending::Left);
        }
    }

    /// Sends what may be sent.
    fn pump(&mut self, now: Instant) {
        if self.writing.is_some() || matches!(self.stage, Stage::HalfClosed | Stage::Over) {
            return;
        }
        if let Some(line) = self.waiting.front() {
            if now < self.write_at() {
                return;
            }
            let raw = !self.splitter.newline_seen();
            // A hub takes one of two slashes away by itself; an old server knows of no commands.
            let old = raw && self.heard;
            let text = if old && line.starts_with("//") {
                &line[1..]
            } else {
                line
            };
            let mut bytes = text.as_bytes().to_vec();
            self.writing = Some(if raw {
                Write::Raw(line.clone())
            } else {
                bytes.push(b'\n');
                Write::Terminated
            });
            self.waiting.pop_front();
            self.outputs.push_back(Output::Write(bytes));
        } else if self.stage == Stage::Draining {
            if self.interactive {
                self.end(Ending::Left);
            } else {
                self.stage = Stage::HalfClosed;
                self.last_bytes = now;
                self.half_closed = now;
                self.outputs.push_back(Output::HalfClose);
            }
        }
    }

    /// When the next line may go.
    fn write_at(&self) -> Instant {
        let Some(raw) = &self.raw else {
            return self.not_before;
        };
        // An old server answers every read, to its author too, and a pause ends the answer. What a hub passes on of
        // others says nothing about our line; its echo does, and has taken `raw` away.
        if raw.followed && !self.unfinished && !self.splitter.newline_seen() {
            self.not_before
        } else {
            self.not_before.max(raw.until)
        }
    }

    fn flush_at(&self) -> Option<Instant> {
        (self.unfinished && self.stage != Stage::Over).then(|| self.last_bytes + MESSAGE_PAUSE)
    }

    fn quiet_at(&self) -> Option<Instant> {
        let at = if self.splitter.newline_seen() {
            self.last_bytes + HUB_QUIET
        } else {
            (self.last_bytes + OLD_SERVER_QUIET).min(self.half_closed + OLD_SERVER_LISTEN)
        };
        (self.stage == Stage::HalfClosed).then_some(at)
    }

    fn flush(&mut self) {
        self.unfinished = false;
        if let Some(message) = self.splitter.flush() {
            self.show(&message);
        }
    }

    fn show(&mut self, message: &str) {
        self.heard = true;
        let shown = visible(message).into_owned();
        if self.raw.as_ref().is_some_and(|raw| answers(&shown, &raw.line)) {
            self.raw = None;
        }
        self.outputs.push_back(Output::Show(shown));
    }

    fn say(&mut self, message: Message) {
        self.outputs.push_back(Output::Say(message));
    }

    fn end(&mut self, ending: Ending) {
        self.stage = Stage::Over;
        self.waiting.clear();
        self.outputs.push_back(Output::End(ending));
    }
}

/// True when `shown` is what a hub says after it read `line`. Wrong guesses cost [`ANSWER_WAIT`] once.
fn answers(shown: &str, line: &str) -> bool {
    match line.strip_prefix('/') {
        Some(rest) if !rest.starts_with('/') => shown.starts_with("* | "),
        text => shown
            .trim_end()
            .strip_suffix(visible(text.unwrap_or(line)).trim_end())
            .is_some_and(|prefix| prefix.ends_with(" | ")),
    }
}

fn too_long(bytes: usize) -> Message {
    Message::new("say-too-long")
        .with("bytes", bytes)
        .with("limit", PAYLOAD_BYTES)
}

#[cfg(test)]
mod tests;
