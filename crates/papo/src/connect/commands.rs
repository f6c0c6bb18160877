//! Lines that begin with a slash.

use papo_core::suggest::closest;

/// Commands that the hub carries out.
const OF_THE_HUB: [&str; 3] = ["nick", "join", "who"];
/// Commands that end here.
const OF_THE_CLIENT: [&str; 3] = ["help", "quit", "exit"];

/// What a typed line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Typed<'a> {
    /// Say it.
    Text(&'a str),
    /// Say it with one slash less: it began with two.
    Slashed(&'a str),
    /// Pass it on to a hub, in the spelling that hubs know.
    Hub { word: &'static str, line: String },
    /// Show what can be typed.
    Help,
    /// Leave.
    Quit,
    /// A command that does not exist, without its arguments.
    Unknown {
        given: &'a str,
        suggestion: Option<&'static str>,
    },
}

pub(super) fn read(line: &str) -> Typed<'_> {
    let Some(command) = line.strip_prefix('/') else {
        return Typed::Text(line);
    };
    if command.starts_with('/') {
        return Typed::Slashed(line);
    }
    let (word, rest) = command.split_at(command.find(char::is_whitespace).unwrap_or(command.len()));
    let lower = word.to_lowercase();
    if let Some(known) = OF_THE_HUB.into_iter().find(|known| *known == lower) {
        return Typed::Hub {
            word: known,
            line: format!("/{known}{}", rest.trim_end()),
        };
    }
    match lower.as_str() {
        "help" => Typed::Help,
        "quit" | "exit" => Typed::Quit,
        _ => Typed::Unknown {
            given: &line[..=word.len()],
            suggestion: closest(word, all()),
        },
    }
}

/// The commands that begin like `start`, with their slash.
pub(super) fn beginning_with(start: &str) -> Vec<String> {
    let start = start.to_lowercase();
    all()
        .map(|word| format!("/{word}"))
        .filter(|command| command.starts_with(&start))
        .collect()
}

/// True for a line after which none is read.
pub(super) fn leaves(line: &str) -> bool {
    read(line) == Typed::Quit
}

fn all() -> impl Iterator<Item = &'static str> {
    OF_THE_HUB.into_iter().chain(OF_THE_CLIENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_apart() {
        let hub = |word, line: &str| Typed::Hub {
            word,
            line: line.to_owned(),
        };
        let unknown = |given, suggestion| Typed::Unknown { given, suggestion };
        let cases = [
            ("hello", Typed::Text("hello")),
            (" /quit", Typed::Text(" /quit")),
            ("quit", Typed::Text("quit")),
            ("//x", Typed::Slashed("//x")),
            ("/QUIT", Typed::Quit),
            ("/exit now", Typed::Quit),
            ("/Help", Typed::Help),
            ("/NICK Ana", hub("nick", "/nick Ana")),
            ("/join\tsala", hub("join", "/join\tsala")),
            ("/who ", hub("who", "/who")),
            ("/nikc Ana", unknown("/nikc", Some("nick"))),
            ("/me dances", unknown("/me", None)),
            ("/", unknown("/", None)),
        ];
        for (line, expected) in cases {
            assert_eq!(read(line), expected, "{line:?}");
        }
    }

    #[test]
    fn tab_completes_what_exists() {
        assert_eq!(beginning_with("/N"), ["/nick"]);
        assert_eq!(beginning_with("/").len(), 6);
        assert!(beginning_with("n").is_empty());
    }
}
