//! What `papo connect` was asked for: which door, and as whom.

use std::fs;
use std::path::{Path, PathBuf};

use papo_core::id::{Nick, RoomName};
use papo_core::limits::SESSION_ROOMS;

use super::Target;
use super::rooms::{self, HubUrl};
use crate::error::Failure;
use crate::text::Message;

/// The options of the command line, as they were typed.
#[derive(Debug, Default)]
pub struct Options {
    /// `--nick`.
    pub nick: Option<String>,
    /// `--room`, each of them.
    pub rooms: Vec<String>,
    /// `--token`.
    pub token: Option<String>,
    /// `--token-file`.
    pub token_file: Option<PathBuf>,
}

/// The door of a hub, and all that has to be known there.
#[derive(Debug)]
pub enum Door {
    /// The TCP text door.
    Tcp(Target),
    /// The session protocol.
    Rooms(Box<Settings>),
}

/// As whom and where to begin in the session protocol.
#[derive(Debug, Clone)]
pub struct Settings {
    pub(super) url: HubUrl,
    pub(super) nick: Nick,
    /// None for the hub's home room.
    pub(super) rooms: Vec<RoomName>,
    pub(super) token: Option<String>,
}

impl Door {
    /// Understands an address and the options: a URL means the session protocol, everything else the TCP door.
    ///
    /// # Errors
    ///
    /// Names what makes no sense, or does not fit the door.
    pub fn read(
        address: &str,
        options: &Options,
        variable: impl Fn(&str) -> Option<String>,
        chance: u64,
    ) -> Result<Self, Failure> {
        if address.contains("://") {
            let url = address.parse().map_err(Failure::usage)?;
            let settings = Settings {
                url,
                nick: nick(options.nick.as_deref(), &variable, chance)?,
                rooms: rooms(&options.rooms)?,
                token: token(options, &variable)?,
            };
            return Ok(Self::Rooms(Box::new(settings)));
        }
        let foreign = [
            ("--nick", options.nick.is_some()),
            ("--room", !options.rooms.is_empty()),
            ("--token", options.token.is_some()),
            ("--token-file", options.token_file.is_some()),
        ];
        let target: Target = address.parse().map_err(Failure::usage)?;
        match foreign.into_iter().find(|(_, given)| *given) {
            Some((option, _)) => Err(Failure::usage(
                Message::new("error-rooms-option")
                    .with("option", option)
                    .with("host", target.host().to_owned()),
            )),
            None => Ok(Self::Tcp(target)),
        }
    }
}

/// `--nick`, else the login name as far as it is a nick, else any.
fn nick(given: Option<&str>, variable: impl Fn(&str) -> Option<String>, chance: u64) -> Result<Nick, Failure> {
    if let Some(text) = given {
        return text
            .parse()
            .map_err(|problem| refuse("--nick", text, Message::from(problem)));
    }
    let login = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(variable);
    let fits = |character: &char| character.is_alphanumeric() || matches!(character, '-' | '_' | '.');
    let login = login.and_then(|name| name.chars().filter(fits).collect::<String>().parse().ok());
    match login {
        Some(nick) => Ok(nick),
        None => format!("visitor-{:04}", chance % 10_000)
            .parse()
            .map_err(Failure::unexpected),
    }
}

fn rooms(given: &[String]) -> Result<Vec<RoomName>, Failure> {
    let mut rooms = Vec::new();
    for text in given {
        let room = rooms::room(text).map_err(Failure::usage)?;
        if !rooms.contains(&room) {
            rooms.push(room);
        }
    }
    if rooms.len() > SESSION_ROOMS {
        let message = Message::new("error-rooms-too-many").with("most", SESSION_ROOMS);
        return Err(Failure::usage(message));
    }
    Ok(rooms)
}

fn token(options: &Options, variable: impl Fn(&str) -> Option<String>) -> Result<Option<String>, Failure> {
    if let Some(token) = &options.token {
        return Ok(Some(token.clone()));
    }
    match &options.token_file {
        Some(path) => token_of(path).map(Some),
        None => Ok(variable("PAPO_TOKEN")),
    }
}

/// The token in a file, without the newline that editors put at its end.
fn token_of(path: &Path) -> Result<String, Failure> {
    let shown = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|error| {
        let reason = Message::new("error-secret-unreadable").showing("detail", error);
        refuse("--token-file", &shown, reason)
    })?;
    match text.trim_end_matches(['\n', '\r']) {
        "" => Err(refuse("--token-file", &shown, Message::new("error-secret-empty"))),
        token => Ok(token.to_owned()),
    }
}

fn refuse(option: &'static str, given: &str, reason: Message) -> Failure {
    Failure::usage(
        Message::new("error-setting")
            .with("source", option)
            .with("given", given.to_owned())
            .with("reason", reason),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nobody(_: &str) -> Option<String> {
        None
    }

    fn settings(options: &Options, variable: impl Fn(&str) -> Option<String>) -> Settings {
        match Door::read("http://hub:8000", options, variable, 7) {
            Ok(Door::Rooms(settings)) => *settings,
            other => panic!("{other:?}"),
        }
    }

    fn key(address: &str, options: &Options) -> &'static str {
        Door::read(address, options, nobody, 7).unwrap_err().message().key()
    }

    #[test]
    fn the_address_tells_the_door() {
        let none = Options::default();
        assert!(matches!(Door::read("hub:4333", &none, nobody, 0), Ok(Door::Tcp(_))));
        assert_eq!(settings(&none, nobody).rooms, []);
        assert_eq!(key("ftp://hub", &none), "error-connect-url");
        assert_eq!(key("a b", &none), "error-connect-address");
        let given = |change: fn(&mut Options)| {
            let mut options = Options::default();
            change(&mut options);
            options
        };
        for options in [
            given(|options| options.nick = Some("ana".to_owned())),
            given(|options| options.rooms = vec!["lobby".to_owned()]),
            given(|options| options.token = Some("x".to_owned())),
            given(|options| options.token_file = Some("x".into())),
        ] {
            assert_eq!(key("hub:4333", &options), "error-rooms-option", "{options:?}");
        }
    }

    #[test]
    fn the_login_name_is_the_nick_where_it_can_be_one() {
        let login = |name: &'static str| {
            let options = Options::default();
            let settings = settings(&options, move |variable| (variable == "USER").then(|| name.to_owned()));
            settings.nick.to_string()
        };
        assert_eq!(login("ana"), "ana");
        assert_eq!(login("CORP\\ana b"), "CORPanab");
        assert_eq!(login("@@"), "visitor-0007");
        assert_eq!(login("papo"), "visitor-0007");
        let options = Options {
            nick: Some("a b".to_owned()),
            ..Options::default()
        };
        assert_eq!(key("http://hub", &options), "error-setting");
    }

    #[test]
    fn rooms_and_tokens() {
        let folder = std::env::temp_dir().join(format!("papo-token-{}", std::process::id()));
        fs::write(&folder, "secret\r\n").unwrap();
        let variable = |name: &str| (name == "PAPO_TOKEN").then(|| "variable".to_owned());
        let mut options = Options {
            rooms: ["#a", "b", "a"].map(str::to_owned).to_vec(),
            ..Options::default()
        };
        let first = settings(&options, variable);
        assert_eq!(first.rooms, ["a", "b"].map(|room| room.parse().unwrap()));
        assert_eq!(first.token.as_deref(), Some("variable"));
        options.token_file = Some(folder.clone());
        assert_eq!(settings(&options, variable).token.as_deref(), Some("secret"));
        fs::write(&folder, "\n").unwrap();
        assert_eq!(key("http://hub", &options), "error-setting");
        fs::remove_file(&folder).unwrap();
        assert_eq!(key("http://hub", &options), "error-setting");
        options.token = Some("flag".to_owned());
        assert_eq!(settings(&options, variable).token.as_deref(), Some("flag"));
        options.rooms = (0..=SESSION_ROOMS).map(|number| format!("r{number}")).collect();
        assert_eq!(key("http://hub", &options), "error-rooms-too-many");
        options.rooms = vec!["a|b".to_owned()];
        assert_eq!(key("http://hub", &options), "rooms-bad-room");
    }
}
