//! A terminal: lines are shown above the one that is being typed, and Tab completes that one.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use papo_core::id::PeerId;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::Validator;
use rustyline::{Context, Helper};
use tokio::sync::mpsc;

use super::commands::{self, Asked};
use super::outlet::Outlet;
use crate::config::PeerSettings;
use crate::terminal::{self, Editing, Printer, Typed, write_out};

/// What is known to complete names with.
pub(super) type Shared = Arc<Mutex<Known>>;

/// Names that can be completed.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// As they are typed: those of the own namespace by their bare name.
    peers: BTreeSet<String>,
    /// With their `#`.
    namespaces: BTreeSet<String>,
}

impl Known {
    /// What can be typed for these peers and namespaces.
    pub(super) fn new(own: &PeerId, peers: &[PeerId], namespaces: &[String]) -> Self {
        let typed = |peer: &PeerId| {
            if peer.namespace() == own.namespace() {
                peer.name().to_owned()
            } else {
                peer.to_string()
            }
        };
        let plain = |text: &String| !text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '"');
        Self {
            peers: peers
                .iter()
                .filter(|peer| *peer != own)
                .map(typed)
                .filter(plain)
                .collect(),
            namespaces: namespaces
                .iter()
                .filter(|text| plain(text))
                .map(|text| format!("#{text}"))
                .collect(),
        }
    }

    /// Where the word before `at` begins, and what it can become. When that is certain, the next word can be typed.
    fn complete(&self, line: &str, at: usize) -> (usize, Vec<String>) {
        let (start, mut words) = self.candidates(line, at);
        if let [word] = &mut words[..] {
            word.push(' ');
        }
        (start, words)
    }

    fn candidates(&self, line: &str, at: usize) -> (usize, Vec<String>) {
        let typed = &line[..at];
        let start = typed.rfind(char::is_whitespace).map_or(0, |space| space + 1);
        let (before, word) = typed.split_at(start);
        if before.trim().is_empty() {
            return (start, commands::beginning_with(word));
        }
        let command = before.trim().trim_start_matches('/').to_lowercase();
        let (peers, namespaces) = match command.as_str() {
            "msg" => (true, true),
            "connect" | "ping" => (true, false),
            "pub" | "peers" => (false, true),
            "watch" => return (start, of(["on", "off"], word)),
            "log" => return (start, of(["error", "warn", "info", "debug", "trace"], word)),
            // A text, or nothing that is known.
            _ => return (at, Vec::new()),
        };
        let mut found = Vec::new();
        if peers {
            let bare = word.strip_prefix('@').unwrap_or(word);
            let mark = &word[..word.len() - bare.len()];
            let names = self.peers.iter().filter(|name| name.starts_with(bare));
            found.extend(names.map(|name| format!("{mark}{name}")));
        }
        if namespaces {
            found.extend(self.namespaces.iter().filter(|name| name.starts_with(word)).cloned());
        }
        (start, found)
    }
}

fn of<const N: usize>(words: [&str; N], start: &str) -> Vec<String> {
    let start = start.to_lowercase();
    let fitting = words.into_iter().filter(|word| word.starts_with(&start));
    fitting.map(str::to_owned).collect()
}

/// Begins to read lines that somebody edits.
pub(super) fn edit(
    settings: &PeerSettings,
    known: Shared,
    typed: mpsc::Sender<Typed>,
) -> Result<Printer, ReadlineError> {
    let history = settings.history.clone();
    let history = history.filter(|path| path.parent().is_some_and(|folder| private_folder(folder).is_ok()));
    let editing = Editing {
        prompt: format!("{}> ", settings.peer_id),
        helper: Completion(known),
        history,
        leaves: |line| {
            // Leaving is the same whoever asks for it.
            let anybody = PeerId::new("x", "x");
            anybody.is_ok_and(|own| commands::parse(line, &own) == Ok(Asked::Quit))
        },
    };
    terminal::edit_lines(editing, typed)
}

/// Makes a folder that only its owner sees into: it says whom somebody talks to.
pub(super) fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}

/// Lines above the one that is being typed.
pub(super) struct Screen {
    printer: Option<Printer>,
}

impl Screen {
    pub(super) const fn new(printer: Printer) -> Self {
        Self { printer: Some(printer) }
    }
}

impl Outlet for Screen {
    fn data(&mut self, line: &str) -> io::Result<()> {
        match &mut self.printer {
            Some(printer) => printer.print(format!("{line}\n")).map_err(io::Error::other),
            None => write_out(line),
        }
    }

    fn notice(&mut self, line: &str) {
        let printed = match &mut self.printer {
            // With stderr sent elsewhere, it is wanted there.
            Some(printer) if io::stderr().is_terminal() => printer.print(format!("{line}\n")).is_ok(),
            _ => false,
        };
        if !printed {
            eprintln!("{line}");
        }
    }
}

/// Completes with what is known at the moment.
struct Completion(Shared);

impl Completer for Completion {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(known.complete(line, at))
    }
}

impl Hinter for Completion {
    type Hint = String;
}
impl Highlighter for Completion {}
impl Validator for Completion {}
impl Helper for Completion {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tab_completes_what_is_known_where_it_makes_sense() {
        let own: PeerId = "alice@CIC".parse().unwrap();
        let peers =
            ["alice@CIC", "bob@CIC", "bruno@CIC", "bob@UnB", "b c@CIC", "joão@CIC"].map(|peer| peer.parse().unwrap());
        let known = Known::new(&own, &peers, &["CIC".to_owned(), "UnB".to_owned()]);
        let cases: [(&str, usize, &[&str]); 15] = [
            ("/pe", 0, &["/peers"]),
            ("CON", 0, &["connect", "conn"]),
            (
                "",
                0,
                &[
                    "peers",
                    "connect",
                    "msg",
                    "pub",
                    "conn",
                    "routes",
                    "rtt",
                    "ping",
                    "status",
                    "watch",
                    "reconnect",
                    "log",
                    "help",
                    "quit",
                    "exit",
                ],
            ),
            ("/msg b", 5, &["bob", "bob@UnB", "bruno"]),
            ("/msg @br", 5, &["@bruno"]),
            ("msg bob@", 4, &["bob@UnB"]),
            ("/msg jo", 5, &["joão"]),
            ("/msg #", 5, &["#CIC", "#UnB"]),
            ("/msg bob b", 10, &[]),
            ("/pub b", 5, &[]),
            ("/PUB #U", 5, &["#UnB"]),
            ("/ping br", 6, &["bruno"]),
            ("/ping #", 6, &[]),
            ("/watch o", 7, &["on", "off"]),
            ("/log D", 5, &["debug"]),
        ];
        for (line, start, found) in cases {
            let (at, words) = known.candidates(line, line.len());
            assert_eq!(
                (at, words),
                (start, found.iter().map(|word| (*word).to_owned()).collect()),
                "{line}"
            );
        }
    }

    #[test]
    fn what_is_certain_is_done_with() {
        let own: PeerId = "alice@CIC".parse().unwrap();
        let peers = ["bob@CIC", "bruno@CIC"].map(|peer| peer.parse().unwrap());
        let known = Known::new(&own, &peers, &[]);
        assert_eq!(known.complete("/msg bo", 7), (5, vec!["bob ".to_owned()]));
        assert_eq!(known.complete("/msg b", 6).1, ["bob", "bruno"]);
    }
}
