//! What a session shows: messages on stdout, everything else on stderr.

use std::io::{self, IsTerminal};

use serde_json::{Value, json};

use crate::terminal::{Printer, write_out};
use crate::text::{Message, Texts};

/// Where messages and notices go.
pub(super) struct Screen {
    texts: Texts,
    json: bool,
    /// There while a line is being edited, which must not be torn.
    printer: Option<Printer>,
}

impl Screen {
    pub(super) fn new(texts: Texts, json: bool, printer: Option<Printer>) -> Self {
        Self { texts, json, printer }
    }

    /// A message from the server, already made visible.
    pub(super) fn show(&mut self, message: &str) -> io::Result<()> {
        if self.json {
            write_out(&event_of(message).to_string())
        } else {
            self.print(message)
        }
    }

    /// A line of data, safe to show.
    pub(super) fn print(&mut self, line: &str) -> io::Result<()> {
        match &mut self.printer {
            Some(printer) => printer.print(format!("{line}\n")).map_err(io::Error::other),
            None => write_out(line),
        }
    }

    /// An event for programs; people are told in their own way.
    pub(super) fn event(&self, event: &Value) -> io::Result<()> {
        if self.json {
            write_out(&event.to_string())?;
        }
        Ok(())
    }

    /// A sentence for the person.
    pub(super) fn say(&mut self, message: &Message) {
        let text = self.texts.say(message);
        let printed = match &mut self.printer {
            // With stderr sent elsewhere, it is wanted there.
            Some(printer) if io::stderr().is_terminal() => printer.print(format!("{text}\n")).is_ok(),
            _ => false,
        };
        if !printed {
            eprintln!("{text}");
        }
    }

    /// From here on nobody edits a line, and the editor would print nothing any more.
    pub(super) fn leave_editor(&mut self) {
        self.printer = None;
    }
}

/// A line of the text door as an event: with label and stamp when it has them.
fn event_of(line: &str) -> Value {
    match stamped(line) {
        Some((label, stamp, text)) => json!({"event": "message", "label": label, "stamp": stamp, "text": text}),
        None => json!({"event": "line", "text": line}),
    }
}

/// `<label> | <YYYY-MM-DD HH:MM> | <text>` in its parts.
fn stamped(line: &str) -> Option<(&str, &str, &str)> {
    let (label, rest) = line.split_once(" | ")?;
    let (stamp, text) = rest.split_once(" | ")?;
    let pattern = b"0000-00-00 00:00";
    let fits = stamp.len() == pattern.len()
        && stamp.bytes().zip(pattern).all(|(byte, wanted)| match wanted {
            b'0' => byte.is_ascii_digit(),
            _ => byte == *wanted,
        });
    fits.then_some((label, stamp, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_events() {
        let cases = [
            (
                "ana | 2026-11-20 10:00 | oi | tudo",
                json!({"event": "message", "label": "ana", "stamp": "2026-11-20 10:00", "text": "oi | tudo"}),
            ),
            (
                "ana | 2026-11-20 | oi",
                json!({"event": "line", "text": "ana | 2026-11-20 | oi"}),
            ),
            ("a | b", json!({"event": "line", "text": "a | b"})),
            ("x", json!({"event": "line", "text": "x"})),
        ];
        for (line, expected) in cases {
            assert_eq!(event_of(line), expected);
        }
    }
}
