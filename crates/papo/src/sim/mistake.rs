//! What is wrong with a scenario file, where it stands, and what would be right.

use papo_core::sim::scenario::{Place, Problem};
use papo_core::suggest::closest;
use papo_core::wire::text::visible;
use toml::de::{DeTable, DeValue};

use super::library::Source;
use crate::error::Failure;
use crate::text::Message;

/// It is no TOML, or holds what no scenario holds.
pub(super) fn unreadable(source: &Source, error: &toml::de::Error) -> Failure {
    let at = error.span().map_or(0, |span| span.start);
    complain(source, at, understood(error.message()))
}

/// It can be read, and cannot be.
pub(super) fn senseless(source: &Source, place: Place, problem: &Problem) -> Failure {
    let reason = match problem {
        Problem::Nobody => Message::new("sim-problem-nobody"),
        Problem::Both => Message::new("sim-problem-both"),
        Problem::NoTime => Message::new("sim-problem-no-time"),
        Problem::BadName(name) => Message::new("sim-problem-bad-name").with("given", visible(name).into_owned()),
        Problem::NoNamespace => Message::new("sim-problem-no-namespace"),
        Problem::NeedsPeers => Message::new("sim-problem-needs-peers"),
        Problem::NeedsTwo => Message::new("sim-problem-needs-two"),
        Problem::NeedsHubs => Message::new("sim-problem-needs-hubs"),
        Problem::NeedsDisks => Message::new("sim-problem-needs-disks"),
        Problem::NeedsRendezvous => Message::new("sim-problem-needs-rendezvous"),
        Problem::TooLate => Message::new("sim-problem-too-late"),
        Problem::NoLinks => Message::new("sim-problem-no-links"),
    };
    complain(source, start_of(&source.text, place), reason)
}

fn complain(source: &Source, at: usize, reason: Message) -> Failure {
    let (line, column) = position(&source.text, at);
    Failure::usage(
        Message::new("error-sim-file")
            .with("path", visible(&source.path).into_owned())
            // A number variable would be written as the language groups digits.
            .showing("line", line)
            .showing("column", column)
            .with("reason", reason),
    )
}

/// Line and column of a byte, both from 1; columns are characters.
fn position(text: &str, at: usize) -> (usize, usize) {
    let at = (0..=at.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    let before = &text[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// Where a key stands, or one of several sections of that name.
fn start_of(text: &str, place: Place) -> usize {
    let Ok(root) = DeTable::parse(text) else { return 0 };
    let Some((key, value)) = root.get_ref().iter().find(|(key, _)| key.get_ref() == place.key) else {
        return 0;
    };
    match value.get_ref() {
        DeValue::Array(items) => items
            .get(place.number)
            .map_or(key.span().start, |item| item.span().start),
        _ => key.span().start,
    }
}

/// The parser's sentence as one of ours; what is not among those that it is known to say stays as it is.
fn understood(detail: &str) -> Message {
    let detail = visible(detail).into_owned();
    let unknown = [
        ("unknown field ", "sim-mistake-key", "sim-mistake-key-suggest"),
        ("unknown variant ", "sim-mistake-value", "sim-mistake-value-suggest"),
    ];
    for (begin, plain, suggesting) in unknown {
        let Some((given, allowed)) = detail.strip_prefix(begin).and_then(|rest| rest.split_once(", ")) else {
            continue;
        };
        let given = given.trim_matches('`');
        let allowed: Vec<&str> = allowed.split('`').skip(1).step_by(2).collect();
        let message = match closest(given, allowed.iter().copied()) {
            Some(suggestion) => Message::new(suggesting).with("suggestion", suggestion.to_owned()),
            None => Message::new(plain),
        };
        return message
            .with("given", given.to_owned())
            .with("allowed", allowed.join(", "));
    }
    if let Some(key) = detail.strip_prefix("missing field ") {
        return Message::new("sim-mistake-missing").with("key", key.trim_matches('`').to_owned());
    }
    let value = detail
        .strip_prefix("invalid value: ")
        .or_else(|| detail.strip_prefix("invalid type: "));
    if let Some((given, wanted)) = value.and_then(|rest| rest.split_once(", expected ")) {
        if (given, wanted) == ("map", "a sequence") {
            return Message::new("sim-mistake-section");
        }
        let given = given
            .split_once(' ')
            .map_or(given, |(_, value)| value)
            .trim_matches('`');
        return Message::new("sim-mistake-wanted")
            .with("given", given.to_owned())
            .with("wanted", wanted_message(wanted));
    }
    toml_mistake(&detail)
}

/// What keeps it from being TOML at all.
fn toml_mistake(detail: &str) -> Message {
    if detail == "duplicate key" {
        return Message::new("sim-mistake-toml-twice");
    }
    if detail.starts_with("string values must be quoted") {
        return Message::new("sim-mistake-toml-quotes");
    }
    // One character that is missing needs no words, in any language.
    let wanted = detail.split_once(", expected ").map(|(_, wanted)| wanted);
    let sign = wanted
        .and_then(|wanted| wanted.strip_prefix('`')?.strip_suffix('`'))
        .filter(|sign| !sign.contains('`'));
    match sign {
        Some(sign) => Message::new("sim-mistake-toml-wanted").with("wanted", sign.to_owned()),
        None => Message::new("sim-mistake-toml").with("detail", detail.to_owned()),
    }
}

/// What the core's own values say that they want.
fn wanted_message(wanted: &str) -> Message {
    let known = [
        ("a time such as \"250ms\"", "sim-want-time"),
        ("a time such as \"20ms\"", "sim-want-times"),
        ("a number such as", "sim-want-number"),
        ("a share such as", "sim-want-share"),
        ("bytes, such as", "sim-want-bytes"),
        ("a boolean", "sim-want-boolean"),
        ("a string", "sim-want-text"),
        ("a sequence", "sim-want-list"),
    ];
    match known.into_iter().find(|(begin, _)| wanted.starts_with(begin)) {
        Some((_, key)) => Message::new(key),
        None => Message::new("sim-want").with("detail", wanted.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::library::read;
    use super::*;
    use crate::text::{Lang, Texts};

    fn failure(text: &str) -> Failure {
        let source = Source {
            name: "x".to_owned(),
            path: "my.toml".to_owned(),
            text: text.to_owned(),
        };
        read(&source).unwrap_err()
    }

    #[test]
    fn a_mistake_is_shown_with_line_and_column_and_what_is_allowed() {
        let peers = "duration = \"3s\"\n[[peers]]\ncount = 2\n";
        let cases: [(&str, &str, &str, &[&str]); 17] = [
            ("", "duration = \"3s\"\n[peers]\ncount = 2\n", "2:1", &["[[peers]]"]),
            ("", "duration = \"3", "1:", &["TOML: \" is missing"]),
            ("", "duration = \"3s\"\nduration = \"4s\"\n", "2:1", &["twice"]),
            ("", "duration = 3s\n", "1:", &["needs quotes"]),
            (
                peers,
                "cuont = 3\n",
                "4:1",
                &["cuont", "did you mean count", "one-address"],
            ),
            (peers, "zzz = 3\n", "4:1", &["zzz", "one-address"]),
            (
                peers,
                "  program = \"papi\"\n",
                "4:13",
                &["papi", "did you mean papo", "any-legacy"],
            ),
            (peers, "legacy = \"300%\"\n", "4:10", &["300%", "30%..95%"]),
            (peers, "name = 5\n", "4:8", &["5", "a text in quotes"]),
            (peers, "nat = \"no\"\n", "4:7", &["no", "true or false"]),
            (peers, "# ç é\n[[traffic]]\nwhat = \"send\"\n", "5:1", &["count"]),
            (
                peers,
                "[network]\nlatency = \"1ms..\"\n",
                "5:11",
                &["1ms..", "10ms..50ms"],
            ),
            (peers, "[network]\nbuffer = \"x\"\n", "5:10", &["64KiB"]),
            (peers, "namespaces = [\"ç\", 1]\n", "4:20", &["1", "a text in quotes"]),
            ("", "duration = 3\npeers = 3\n", "1:12", &["3", "250ms"]),
            ("", "duration = \"3s\"\npeers = 3\n", "2:9", &["[[name]]"]),
            (
                "",
                "duration = \"3s\"\n[[peers]]\ncount = \"8..3\"\n",
                "3:9",
                &["8..3", "3..8"],
            ),
        ];
        for (before, text, place, words) in cases {
            let failure = failure(&format!("{before}{text}"));
            let told = failure.to_string();
            assert!(told.starts_with(&format!("my.toml:{place}")), "{text:?}: {told}");
            for word in words {
                assert!(told.contains(word), "{text:?}: {told} lacks {word}");
            }
            let portuguese = Texts::new(Lang::PtBr).say(failure.message());
            assert_ne!(portuguese, told);
            assert!(!portuguese.contains("expected"), "{portuguese}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_shown_where_it_stands() {
        let begin = "duration = \"3s\"\n[[peers]]\ncount = 1\n";
        let said = "\n[[traffic]]\nwhat = \"publish\"\ncount = 1\n";
        let cases = [
            ("duration = \"3s\"\n".to_owned(), "1:1", "[[peers]]"),
            (
                format!("{begin}{said}\n  [[traffic]]\nwhat = \"say\"\ncount = 1\n"),
                "9:3",
                "[hubs]",
            ),
            (
                format!("{begin}[overlay]\nshape = \"random\"\ndegree = 0\n"),
                "4:",
                "degree",
            ),
            (format!("{begin}name = \"a@b\"\n"), "2:1", "a@b"),
        ];
        for (text, place, word) in cases {
            let told = failure(&text).to_string();
            assert!(
                told.starts_with(&format!("my.toml:{place}")) && told.contains(word),
                "{told}"
            );
        }
    }
}
