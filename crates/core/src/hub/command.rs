//! The commands of the TCP text door (docs/protocol.md 4.3).

use crate::suggest::closest;

/// What a line of a text client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// Say this.
    Text(&'a str),
    Nick(Option<&'a str>),
    Join(Option<&'a str>),
    Who,
    Help,
    Quit,
    Unknown {
        given: &'a str,
        suggestion: Option<&'static str>,
    },
}

const NAMES: &[&str] = &["/nick", "/join", "/who", "/help", "/quit"];

/// Reads a line: `/word rest` is a command in any case of letters, `//text` says `/text`, everything else is said.
pub(crate) fn read(line: &str) -> Line<'_> {
    let Some(after) = line.strip_prefix('/') else {
        return Line::Text(line);
    };
    if after.starts_with('/') {
        return Line::Text(after);
    }
    let (given, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let argument = Some(rest.trim()).filter(|rest| !rest.is_empty());
    match given.to_ascii_lowercase().as_str() {
        "/nick" => Line::Nick(argument),
        "/join" => Line::Join(argument.map(|room| room.strip_prefix('#').unwrap_or(room))),
        "/who" => Line::Who,
        "/help" => Line::Help,
        "/quit" | "/exit" => Line::Quit,
        other => Line::Unknown {
            given,
            suggestion: closest(other, NAMES.iter().copied()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_in_any_case_and_text_stays_text() {
        let cases = [
            ("oi", Line::Text("oi")),
            ("oi /nick ana", Line::Text("oi /nick ana")),
            ("//etc", Line::Text("/etc")),
            ("/nick ana", Line::Nick(Some("ana"))),
            ("/NICK  ana ", Line::Nick(Some("ana"))),
            ("/nick", Line::Nick(None)),
            ("/join #redes", Line::Join(Some("redes"))),
            ("/Join", Line::Join(None)),
            ("/who", Line::Who),
            ("/help me", Line::Help),
            ("/exit", Line::Quit),
            (
                "/nikc ana",
                Line::Unknown {
                    given: "/nikc",
                    suggestion: Some("/nick"),
                },
            ),
            (
                "/quti",
                Line::Unknown {
                    given: "/quti",
                    suggestion: Some("/quit"),
                },
            ),
            (
                "/xyzzy",
                Line::Unknown {
                    given: "/xyzzy",
                    suggestion: None,
                },
            ),
            (
                "/",
                Line::Unknown {
                    given: "/",
                    suggestion: None,
                },
            ),
        ];
        for (line, expected) in cases {
            assert_eq!(read(line), expected, "{line:?}");
        }
    }
}
