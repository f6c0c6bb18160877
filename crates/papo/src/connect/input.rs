//! What is typed, or piped in: read on a thread of its own, since neither can be waited for otherwise.

use std::fs;
use std::io::{self, BufRead};
use std::path::PathBuf;
use std::thread;

use papo_core::limits::PAYLOAD_BYTES;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::Validator;
use rustyline::{Config, Context, Editor, ExternalPrinter, Helper};
use tokio::sync::mpsc;

use super::commands;

/// Lines between the thread that reads and the task that sends.
const TYPED_LINES: usize = 16;
const PROMPT: &str = "> ";

/// What the input brought.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    Line(String),
    /// A line of that many bytes, which were not kept.
    TooLong(usize),
    End,
    /// Ctrl-C, where the terminal makes it a key and not a signal.
    Interrupt,
    Failed(String),
}

/// Prints above the line that is being typed.
pub(super) type Printer = Box<dyn ExternalPrinter + Send>;

/// Reads standard input as a stream of lines.
pub(super) fn from_pipe() -> io::Result<mpsc::Receiver<Event>> {
    let (events, received) = mpsc::channel(TYPED_LINES);
    thread::Builder::new().name("stdin".to_owned()).spawn(move || {
        let mut input = io::stdin().lock();
        loop {
            let event = read_line(&mut input).unwrap_or_else(|error| Event::Failed(error.to_string()));
            let last = matches!(event, Event::End | Event::Failed(_));
            if events.blocking_send(event).is_err() || last {
                break;
            }
        }
    })?;
    Ok(received)
}

/// Reads lines that somebody edits in a terminal, with a history.
pub(super) fn from_terminal() -> Result<(mpsc::Receiver<Event>, Printer), ReadlineError> {
    let config = Config::builder()
        .auto_add_history(true)
        .history_ignore_space(true)
        .build();
    let mut editor = Editor::<Commands, FileHistory>::with_config(config)?;
    editor.set_helper(Some(Commands));
    let printer = Box::new(editor.create_external_printer()?);
    let history = history_file();
    if let Some(path) = &history {
        // The first time there is none, and without one it is only less convenient.
        drop(editor.load_history(path));
    }
    let (events, received) = mpsc::channel(TYPED_LINES);
    thread::Builder::new().name("terminal".to_owned()).spawn(move || {
        loop {
            let event = match editor.readline(PROMPT) {
                Ok(line) => Event::Line(line),
                Err(ReadlineError::Eof) => Event::End,
                Err(ReadlineError::Interrupted) => Event::Interrupt,
                Err(error) => Event::Failed(error.to_string()),
            };
            if let Some(path) = &history {
                drop(editor.append_history(path));
            }
            // After the last line it must not begin another: that would set up the terminal again behind the back of
            // whoever puts it back.
            let last = match &event {
                Event::Line(line) => commands::read(line) == commands::Typed::Quit,
                _ => true,
            };
            if events.blocking_send(event).is_err() || last {
                break;
            }
        }
    })?;
    Ok((received, printer))
}

/// One line without its end; what is no UTF-8 in it is replaced, as the other side would do.
fn read_line(input: &mut impl BufRead) -> io::Result<Event> {
    let mut kept = Vec::new();
    let mut length = 0;
    loop {
        let available = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        let end = available.iter().position(|&byte| byte == b'\n');
        let part = &available[..end.unwrap_or(available.len())];
        if part.is_empty() && end.is_none() && length == 0 {
            return Ok(Event::End);
        }
        let over = available.is_empty() || end.is_some();
        length += part.len();
        // One byte above the limit and one for a carriage return are enough to know that it is too long.
        let room = (PAYLOAD_BYTES + 2).saturating_sub(kept.len());
        kept.extend_from_slice(&part[..part.len().min(room)]);
        let used = part.len() + usize::from(end.is_some());
        input.consume(used);
        if over {
            break;
        }
    }
    if kept.len() == length && kept.last() == Some(&b'\r') {
        kept.pop();
        length -= 1;
    }
    if length > PAYLOAD_BYTES {
        return Ok(Event::TooLong(length));
    }
    Ok(Event::Line(String::from_utf8_lossy(&kept).into_owned()))
}

/// `papo/connect_history` in the XDG state directory.
fn history_file() -> Option<PathBuf> {
    let set = |name| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let state = set("XDG_STATE_HOME").or_else(|| set("HOME").map(|home| home.join(".local/state")))?;
    let folder = state.join("papo");
    fs::create_dir_all(&folder).ok()?;
    Some(folder.join("connect_history"))
}

/// Completes slash commands.
struct Commands;

impl Completer for Commands {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        let start = &line[..at];
        if start.starts_with('/') && !start.contains(char::is_whitespace) {
            Ok((0, commands::beginning_with(start)))
        } else {
            Ok((at, Vec::new()))
        }
    }
}

impl Hinter for Commands {
    type Hint = String;
}
impl Highlighter for Commands {}
impl Validator for Commands {}
impl Helper for Commands {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_whole_bounded_and_lossily() {
        let most = "x".repeat(PAYLOAD_BYTES);
        let text = format!(
            "one\r\n\n{most}\r\n{most}y\n{}\n{most}z\rzzz\nb\u{e9}last",
            "z".repeat(100_000)
        );
        let bytes = [text.as_bytes(), b"\xff"].concat();
        // The smallest buffer puts every boundary everywhere.
        for capacity in [1, 7, 8192] {
            let mut input = io::BufReader::with_capacity(capacity, bytes.as_slice());
            let mut next = || read_line(&mut input).unwrap();
            assert_eq!(next(), Event::Line("one".to_owned()));
            assert_eq!(next(), Event::Line(String::new()));
            assert_eq!(next(), Event::Line(most.clone()));
            assert_eq!(next(), Event::TooLong(PAYLOAD_BYTES + 1));
            assert_eq!(next(), Event::TooLong(100_000));
            assert_eq!(next(), Event::TooLong(PAYLOAD_BYTES + 5));
            assert_eq!(next(), Event::Line("b\u{e9}last\u{fffd}".to_owned()));
            assert_eq!(next(), Event::End);
            assert_eq!(next(), Event::End);
        }
    }
}
