//! The commands of the TCP text door (docs/protocol.md 4.3).

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
            suggestion: closest(other, NAMES),
        },
    }
}

/// The name that is at most two typing errors away from `given`, if there is one.
pub fn closest(given: &str, names: &[&'static str]) -> Option<&'static str> {
    const ERRORS: usize = 2;
    // Distances cost the product of both lengths; no command is anywhere near this long.
    if given.chars().count() > 32 {
        return None;
    }
    let scored = names.iter().map(|&name| (distance(given, name), name));
    scored
        .min()
        .filter(|&(errors, name)| errors <= ERRORS && errors + 1 < name.chars().count())
        .map(|(_, name)| name)
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one text into the other.
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut before_last = vec![0; right.len() + 1];
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for row in 0..left.len() {
        let mut current = vec![row + 1; right.len() + 1];
        for column in 0..right.len() {
            let replaced = last[column] + usize::from(left[row] != right[column]);
            let mut best = replaced.min(last[column + 1] + 1).min(current[column] + 1);
            if row > 0 && column > 0 && left[row] == right[column - 1] && left[row - 1] == right[column] {
                best = best.min(before_last[column - 1] + 1);
            }
            current[column + 1] = best;
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last[right.len()]
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

    #[test]
    fn distances_count_typing_errors() {
        for (left, right, errors) in [
            ("", "abc", 3),
            ("who", "who", 0),
            ("whо", "who", 1),
            ("hwo", "who", 1),
            ("wo", "who", 1),
        ] {
            assert_eq!(distance(left, right), errors, "{left} {right}");
        }
    }
}
