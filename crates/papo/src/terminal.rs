//! A person at a terminal, or a program at the other end of a pipe: lines in, lines out.

use std::io::{self, BufRead, Write};
#[cfg(unix)]
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::thread;

use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Config, Editor, ExternalPrinter, Helper};
use tokio::sync::mpsc;

/// Lines between the thread that reads and the task that takes them.
pub(crate) const TYPED_LINES: usize = 16;
/// Lines of a history file; older ones are forgotten.
const HISTORY_LINES: usize = 1000;

/// What the input brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Typed {
    /// A line without its end.
    Line(String),
    /// A line of that many bytes, which were not kept.
    TooLong(usize),
    /// There is no more input.
    End,
    /// Ctrl-C, where the terminal makes it a key and not a signal.
    Interrupt,
    /// The input cannot be read any further.
    Failed(String),
    /// Nobody reads our output any more.
    Unheard,
}

/// Prints above the line that is being typed.
pub(crate) type Printer = Box<dyn ExternalPrinter + Send>;

/// Reads standard input as a stream of lines of at most `most` bytes, on a thread of its own: it cannot be waited for
/// otherwise.
pub(crate) fn read_pipe(most: usize, events: mpsc::Sender<Typed>) -> io::Result<()> {
    thread::Builder::new().name("stdin".to_owned()).spawn(move || {
        let mut input = io::stdin().lock();
        loop {
            let event = read_line(&mut input, most).unwrap_or_else(|error| Typed::Failed(error.to_string()));
            let last = matches!(event, Typed::End | Typed::Failed(_));
            if events.blocking_send(event).is_err() || last {
                break;
            }
        }
    })?;
    Ok(())
}

/// How lines are edited.
pub(crate) struct Editing<H> {
    /// Stands before each line.
    pub(crate) prompt: String,
    /// Completes what is typed.
    pub(crate) helper: H,
    /// The file of former lines; its folder exists.
    pub(crate) history: Option<PathBuf>,
    /// A line after which none is read.
    pub(crate) leaves: fn(&str) -> bool,
}

/// Reads lines that somebody edits in a terminal, with a history, on a thread of its own.
pub(crate) fn edit_lines<H>(editing: Editing<H>, events: mpsc::Sender<Typed>) -> Result<Printer, ReadlineError>
where
    H: Helper + Send + 'static,
{
    let config = Config::builder()
        .auto_add_history(true)
        .history_ignore_space(true)
        .max_history_size(HISTORY_LINES)?
        .build();
    let mut editor = Editor::<H, FileHistory>::with_config(config)?;
    editor.set_helper(Some(editing.helper));
    let printer = Box::new(editor.create_external_printer()?);
    if let Some(path) = &editing.history {
        // The first time there is none, and without one it is only less convenient.
        drop(editor.load_history(path));
    }
    thread::Builder::new().name("terminal".to_owned()).spawn(move || {
        loop {
            let event = match editor.readline(&editing.prompt) {
                Ok(line) => Typed::Line(line),
                Err(ReadlineError::Eof) => Typed::End,
                Err(ReadlineError::Interrupted) => Typed::Interrupt,
                Err(error) => Typed::Failed(error.to_string()),
            };
            if let Some(path) = &editing.history {
                drop(editor.append_history(path));
            }
            // After the last line it must not begin another: that would set up the terminal again behind the back of
            // whoever puts it back.
            let last = match &event {
                Typed::Line(line) => (editing.leaves)(line),
                _ => true,
            };
            if events.blocking_send(event).is_err() || last {
                break;
            }
        }
    })?;
    Ok(printer)
}

/// One line without its end; what is no UTF-8 in it is replaced, as the other side would do.
pub(crate) fn read_line(input: &mut impl BufRead, most: usize) -> io::Result<Typed> {
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
            return Ok(Typed::End);
        }
        let over = available.is_empty() || end.is_some();
        length += part.len();
        // One byte above the limit and one for a carriage return are enough to know that it is too long.
        let room = (most + 2).saturating_sub(kept.len());
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
    if length > most {
        return Ok(Typed::TooLong(length));
    }
    Ok(Typed::Line(String::from_utf8_lossy(&kept).into_owned()))
}

/// Writes a line to standard output at once.
pub(crate) fn write_out(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Puts the terminal back as it was: a thread that edits a line cannot be ended, only left behind, and it leaves the
/// terminal without echo.
#[cfg(unix)]
#[derive(Debug, Clone)]
pub(crate) struct TerminalGuard(Option<rustix::termios::Termios>);

#[cfg(unix)]
impl TerminalGuard {
    pub(crate) fn new() -> Self {
        Self(rustix::termios::tcgetattr(io::stdin().as_fd()).ok())
    }

    fn restore(&self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        let Some(before) = &self.0 else { return };
        // A terminal that is gone needs nothing put back.
        let _ = tcsetattr(io::stdin().as_fd(), OptionalActions::Drain, before);
        // Ends bracketed paste and the line that was begun.
        let mut out = io::stdout().lock();
        drop(out.write_all(b"\x1b[?2004l\r\x1b[K").and_then(|()| out.flush()));
    }

    /// Puts it back before a panic is told, too: what stands on a terminal without line ends is hard to read.
    pub(crate) fn also_on_panic(self) -> Self {
        let (copy, usual) = (self.clone(), std::panic::take_hook());
        std::panic::set_hook(Box::new(move |panic| {
            copy.restore();
            usual(panic);
        }));
        self
    }
}

#[cfg(unix)]
impl Drop for TerminalGuard {
    fn drop(&mut self) {
        self.restore();
    }
}

#[cfg(not(unix))]
#[derive(Debug, Clone)]
pub(crate) struct TerminalGuard;

#[cfg(not(unix))]
impl TerminalGuard {
    pub(crate) fn new() -> Self {
        Self
    }

    pub(crate) fn also_on_panic(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 4096;

    #[test]
    fn lines_are_read_whole_bounded_and_lossily() {
        let most = "x".repeat(MOST);
        let text = format!(
            "one\r\n\n{most}\r\n{most}y\n{}\n{most}z\rzzz\nb\u{e9}last",
            "z".repeat(100_000)
        );
        let bytes = [text.as_bytes(), b"\xff"].concat();
        // The smallest buffer puts every boundary everywhere.
        for capacity in [1, 7, 8192] {
            let mut input = io::BufReader::with_capacity(capacity, bytes.as_slice());
            let mut next = || read_line(&mut input, MOST).unwrap();
            assert_eq!(next(), Typed::Line("one".to_owned()));
            assert_eq!(next(), Typed::Line(String::new()));
            assert_eq!(next(), Typed::Line(most.clone()));
            assert_eq!(next(), Typed::TooLong(MOST + 1));
            assert_eq!(next(), Typed::TooLong(100_000));
            assert_eq!(next(), Typed::TooLong(MOST + 5));
            assert_eq!(next(), Typed::Line("b\u{e9}last\u{fffd}".to_owned()));
            assert_eq!(next(), Typed::End);
            assert_eq!(next(), Typed::End);
        }
    }
}
