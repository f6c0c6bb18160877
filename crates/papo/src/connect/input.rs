//! What is typed, or piped in.

use std::fs;
use std::path::PathBuf;

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::Validator;
use rustyline::{Context, Helper};
use tokio::sync::mpsc;

use crate::terminal::{self, Editing, Printer, TYPED_LINES, Typed};

/// Reads standard input as a stream of lines of at most `most` bytes.
pub(super) fn from_pipe(most: usize) -> std::io::Result<mpsc::Receiver<Typed>> {
    let (events, received) = mpsc::channel(TYPED_LINES);
    terminal::read_pipe(most, events)?;
    Ok(received)
}

/// Reads lines that somebody edits in a terminal, with a history.
pub(super) fn from_terminal(commands: Commands) -> Result<(mpsc::Receiver<Typed>, Printer), ReadlineError> {
    let (events, received) = mpsc::channel(TYPED_LINES);
    let editing = Editing {
        prompt: "> ".to_owned(),
        helper: commands,
        history: history_file(),
        leaves: commands.leaves,
    };
    let printer = terminal::edit_lines(editing, events)?;
    Ok((received, printer))
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

/// The slash commands of a door, as far as an editor knows them.
#[derive(Clone, Copy)]
pub(super) struct Commands {
    /// Those that begin so, with their slash.
    pub(super) beginning_with: fn(&str) -> Vec<String>,
    /// True for a line after which none is read.
    pub(super) leaves: fn(&str) -> bool,
}

impl Completer for Commands {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        let start = &line[..at];
        if start.starts_with('/') && !start.contains(char::is_whitespace) {
            Ok((0, (self.beginning_with)(start)))
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
