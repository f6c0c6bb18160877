//! Lines that are typed where the session protocol is spoken (decision 7).

use papo_core::id::{ParseIdError, RoomName};
use papo_core::limits::{CLIENT_HISTORY, HISTORY_MESSAGES};
use papo_core::suggest::closest;
use papo_core::wire::session::Address;
use papo_core::wire::text::visible;

use crate::text::Message;

const COMMANDS: [&str; 13] = [
    "join", "part", "room", "rooms", "msg", "who", "history", "search", "nick", "status", "help", "quit", "exit",
];

/// What a typed line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Typed<'a> {
    /// Say it in the active room.
    Say(&'a str),
    /// Enter a room, or turn to it.
    Join(RoomName),
    /// Leave a room; the active one if none is named.
    Part(Option<RoomName>),
    /// Turn to a room.
    Room(RoomName),
    /// Which rooms it is in.
    Rooms,
    /// Say it to one session.
    Msg { to: Address, text: &'a str },
    /// Who is in the active room.
    Who,
    /// The last so many messages of the active room.
    History(usize),
    /// Those with these words.
    Search(&'a str),
    /// Change the nick, which cannot be done.
    Nick,
    /// How it stands.
    Status,
    /// What can be typed.
    Help,
    /// Leave.
    Quit,
}

/// Reads a line; a nick without a room is one in `active`.
///
/// # Errors
///
/// A sentence about what is wrong with a command. Nothing was done then.
pub(super) fn read<'a>(line: &'a str, active: Option<&RoomName>) -> Result<Typed<'a>, Message> {
    let Some(command) = line.strip_prefix('/') else {
        return Ok(Typed::Say(line));
    };
    if command.starts_with('/') {
        return Ok(Typed::Say(command));
    }
    let (word, rest) = command.split_at(command.find(char::is_whitespace).unwrap_or(command.len()));
    let rest = rest.trim();
    let typed = match word.to_lowercase().as_str() {
        "join" => Typed::Join(room(rest)?),
        "part" if rest.is_empty() => Typed::Part(None),
        "part" => Typed::Part(Some(room(rest)?)),
        "room" => Typed::Room(room(rest)?),
        "rooms" => Typed::Rooms,
        "msg" => msg(rest, active)?,
        "who" => Typed::Who,
        "history" => Typed::History(count(rest)?),
        "search" if rest.is_empty() => return Err(Message::new("rooms-want-words")),
        "search" => Typed::Search(rest),
        "nick" => Typed::Nick,
        "status" => Typed::Status,
        "help" => Typed::Help,
        "quit" | "exit" => Typed::Quit,
        _ => return Err(unknown(&line[..=word.len()], word)),
    };
    Ok(typed)
}

/// The commands that begin like `start`, with their slash.
pub(super) fn beginning_with(start: &str) -> Vec<String> {
    let start = start.to_lowercase();
    let all = COMMANDS.iter().map(|word| format!("/{word}"));
    all.filter(|command| command.starts_with(&start)).collect()
}

/// True for a line after which none is read.
pub(super) fn leaves(line: &str) -> bool {
    read(line, None) == Ok(Typed::Quit)
}

fn unknown(given: &str, word: &str) -> Message {
    let message = match closest(word, COMMANDS) {
        Some(word) => Message::new("say-unknown-command-suggest").with("suggestion", format!("/{word}")),
        None => Message::new("say-unknown-command"),
    };
    message.with("given", visible(given).into_owned())
}

/// `lobby`, and `#lobby` as it is shown.
pub(crate) fn room(text: &str) -> Result<RoomName, Message> {
    let name = text.strip_prefix('#').unwrap_or(text);
    name.parse().map_err(|problem| match problem {
        ParseIdError::Empty => Message::new("rooms-want-room"),
        problem => wrong("rooms-bad-room", text, problem),
    })
}

fn msg<'a>(rest: &'a str, active: Option<&RoomName>) -> Result<Typed<'a>, Message> {
    let (name, text) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let text = text.trim();
    if name.is_empty() || text.is_empty() {
        return Err(Message::new("rooms-want-text"));
    }
    let given = name.strip_prefix('@').unwrap_or(name);
    let to = match (given.contains('@'), active) {
        (true, _) => Address::parse(given),
        (false, Some(room)) => given.parse().map(|nick| Address {
            nick,
            room: room.clone(),
        }),
        (false, None) => return Err(Message::new("rooms-none")),
    };
    let to = to.map_err(|problem| wrong("rooms-bad-nick", name, problem))?;
    Ok(Typed::Msg { to, text })
}

fn count(text: &str) -> Result<usize, Message> {
    if text.is_empty() {
        return Ok(CLIENT_HISTORY);
    }
    let number = text
        .parse()
        .ok()
        .filter(|number| (1..=HISTORY_MESSAGES).contains(number));
    number.ok_or_else(|| Message::new("rooms-want-count").with("most", HISTORY_MESSAGES))
}

fn wrong(key: &'static str, given: &str, problem: ParseIdError) -> Message {
    Message::new(key)
        .with("given", visible(given).into_owned())
        .with("reason", Message::from(problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> RoomName {
        text.parse().unwrap()
    }

    #[test]
    fn lines_are_told_apart() {
        let msg = |to: &str, text| Typed::Msg {
            to: Address::parse(to).unwrap(),
            text,
        };
        let cases = [
            ("hello", Typed::Say("hello")),
            (" /quit", Typed::Say(" /quit")),
            ("quit", Typed::Say("quit")),
            ("//x", Typed::Say("/x")),
            ("/join lobby", Typed::Join(name("lobby"))),
            ("/JOIN\t#UnB ", Typed::Join(name("UnB"))),
            ("/part", Typed::Part(None)),
            ("/part UnB", Typed::Part(Some(name("UnB")))),
            ("/room UnB", Typed::Room(name("UnB"))),
            ("/rooms", Typed::Rooms),
            ("/msg bia oi, tudo bem?", msg("bia@home", "oi, tudo bem?")),
            ("/msg @bia  oi", msg("bia@home", "oi")),
            ("/msg bia@UnB oi", msg("bia@UnB", "oi")),
            ("/msg @bia@UnB oi", msg("bia@UnB", "oi")),
            ("/who", Typed::Who),
            ("/history", Typed::History(CLIENT_HISTORY)),
            ("/history 200", Typed::History(200)),
            ("/search two words", Typed::Search("two words")),
            ("/nick ana", Typed::Nick),
            ("/status", Typed::Status),
            ("/Help", Typed::Help),
            ("/QUIT", Typed::Quit),
            ("/exit now", Typed::Quit),
        ];
        let home = name("home");
        for (line, expected) in cases {
            assert_eq!(read(line, Some(&home)), Ok(expected), "{line:?}");
        }
    }

    #[test]
    fn mistakes_are_told_and_nothing_is_done() {
        let home = name("home");
        for (line, key) in [
            ("/jion lobby", "say-unknown-command-suggest"),
            ("/dance", "say-unknown-command"),
            ("/", "say-unknown-command"),
            ("/join", "rooms-want-room"),
            ("/join #", "rooms-want-room"),
            ("/join two words", "rooms-bad-room"),
            ("/part a|b", "rooms-bad-room"),
            ("/msg", "rooms-want-text"),
            ("/msg bia", "rooms-want-text"),
            ("/msg b:a oi", "rooms-bad-nick"),
            ("/msg bia@a@b oi", "rooms-bad-nick"),
            ("/history 0", "rooms-want-count"),
            ("/history 201", "rooms-want-count"),
            ("/history x", "rooms-want-count"),
            ("/search ", "rooms-want-words"),
        ] {
            assert_eq!(read(line, Some(&home)).unwrap_err().key(), key, "{line:?}");
        }
        assert_eq!(read("/msg bia oi", None).unwrap_err().key(), "rooms-none");
        assert!(read("/msg bia@UnB oi", None).is_ok());
    }

    #[test]
    fn tab_completes_what_exists() {
        assert_eq!(beginning_with("/ro"), ["/room", "/rooms"]);
        assert_eq!(beginning_with("/").len(), COMMANDS.len());
        assert!(beginning_with("j").is_empty());
        assert!(leaves("/quit") && leaves("/exit") && !leaves("quit"));
    }
}
