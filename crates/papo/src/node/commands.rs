//! The lines that a person, or a program, writes to a node.

use papo_core::error::Code;
use papo_core::id::PeerId;
use papo_core::limits::PEER_PAYLOAD_BYTES;
use papo_core::node::Scope;
use papo_core::suggest::closest;
use papo_core::wire::text::visible;
use tracing::level_filters::LevelFilter;

use crate::text::Message;

/// What a line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Nothing: the line is empty.
    Nothing,
    /// The known peers.
    Peers(PeersOf),
    /// Dial this peer now.
    Connect(PeerId),
    /// Say it to one.
    Send { to: PeerId, text: String },
    /// Say it to many; the scope is never one peer.
    Publish { scope: Scope, text: String },
    /// The live links.
    Conn,
    /// The known routes.
    Routes,
    /// The round-trip times.
    Rtt,
    /// Ask this neighbor for a sign of life.
    Ping(PeerId),
    /// How the node stands.
    Status,
    /// Show what happens around the node, or only what is for it; none for the other of the two.
    Watch(Option<bool>),
    /// Dial everyone again.
    Reconnect,
    /// Log so much.
    Log(LevelFilter),
    /// What can be asked.
    Help,
    /// Leave.
    Quit,
}

/// Which peers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PeersOf {
    /// All.
    All,
    /// Those of one namespace.
    Namespace(String),
}

/// Why a line asks for nothing that can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// For programs.
    pub(crate) code: Code,
    /// For people.
    pub(crate) message: Message,
}

impl From<Message> for Mistake {
    fn from(message: Message) -> Self {
        Self {
            code: Code::BadFormat,
            message,
        }
    }
}

/// The commands, the more common of two that look alike first.
const WORDS: [&str; 15] = [
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
];

/// Understands a line that `own` wrote.
///
/// # Errors
///
/// Says what is wrong with it and what to write instead.
pub(crate) fn parse(line: &str, own: &PeerId) -> Result<Asked, Mistake> {
    let line = line.trim();
    if line.is_empty() {
        return Ok(Asked::Nothing);
    }
    let bare = line.strip_prefix('/').unwrap_or(line);
    let (word, rest) = cut(bare);
    let lower = word.to_lowercase();
    let command = Command { own, rest };
    match lower.as_str() {
        "peers" => command.peers(),
        "connect" => command.peer("/connect bob").map(Asked::Connect),
        "ping" => command.peer("/ping bob").map(Asked::Ping),
        "msg" => command.message(),
        "pub" => command.publish(),
        "conn" => command.alone("/conn", Asked::Conn),
        "routes" => command.alone("/routes", Asked::Routes),
        "rtt" => command.alone("/rtt", Asked::Rtt),
        "status" => command.alone("/status", Asked::Status),
        "reconnect" => command.alone("/reconnect", Asked::Reconnect),
        "help" => command.alone("/help", Asked::Help),
        "quit" | "exit" => command.alone("/quit", Asked::Quit),
        "watch" => command.watch(),
        "log" => command.log(),
        _ => Err(unknown(line, word, own)),
    }
}

/// The commands that begin like `start`, with a slash when it has one.
pub(super) fn beginning_with(start: &str) -> Vec<String> {
    let (slash, bare) = match start.strip_prefix('/') {
        Some(bare) => ("/", bare),
        None => ("", start),
    };
    let bare = bare.to_lowercase();
    WORDS
        .into_iter()
        .filter(|word| word.starts_with(&bare))
        .map(|word| format!("{slash}{word}"))
        .collect()
}

/// The first word, and what follows it without the space between.
pub(super) fn cut(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
    (word, rest.trim_start())
}

fn unknown(line: &str, word: &str, own: &PeerId) -> Mistake {
    let given = shortened(if line.starts_with('/') {
        &line[..=word.len()]
    } else {
        word
    });
    let message = match closest(word, WORDS) {
        Some(suggestion) => Message::new("peer-unknown-command-suggest").with("suggestion", suggestion),
        None => Message::new("peer-unknown-command").with("namespace", own.namespace().to_owned()),
    };
    Mistake {
        code: Code::P2pUnknownCommand,
        message: message.with("given", given),
    }
}

/// Something that was typed, short enough to be told again.
fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(SHOWN_CHARS).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    visible(&short).into_owned()
}

/// Characters of what was typed that an error repeats: a name and a namespace.
const SHOWN_CHARS: usize = 130;

/// A command and what follows it.
struct Command<'a> {
    own: &'a PeerId,
    rest: &'a str,
}

impl Command<'_> {
    fn alone(&self, command: &'static str, asked: Asked) -> Result<Asked, Mistake> {
        if self.rest.is_empty() {
            return Ok(asked);
        }
        Err(unwanted(command, self.rest))
    }

    fn peers(&self) -> Result<Asked, Mistake> {
        let (of, more) = cut(self.rest);
        if !more.is_empty() {
            return Err(unwanted("/peers", more));
        }
        let of = match of {
            "" | "*" => PeersOf::All,
            _ => match self.many(of) {
                Some(Ok(Scope::Namespace(namespace))) => PeersOf::Namespace(namespace),
                Some(Err(mistake)) => return Err(mistake),
                _ => return Err(Message::new("peer-peers-usage").with("given", shortened(of)).into()),
            },
        };
        Ok(Asked::Peers(of))
    }

    /// The one peer that has to follow.
    fn peer(&self, example: &'static str) -> Result<PeerId, Mistake> {
        let (peer, more) = operand(self.rest)?;
        if peer.is_empty() {
            return Err(Message::new("peer-missing-peer").with("example", example).into());
        }
        if !more.is_empty() {
            return Err(unwanted(example, more));
        }
        if self.many(peer).is_some() {
            return Err(Message::new("peer-one-peer").with("given", shortened(peer)).into());
        }
        self.one(peer)
    }

    fn message(&self) -> Result<Asked, Mistake> {
        let (to, text) = operand(self.rest)?;
        if to.is_empty() {
            return Err(Message::new("peer-missing-peer").with("example", "/msg bob oi").into());
        }
        let many = self.many(to).transpose()?;
        let Some(scope) = many else {
            let to = self.one(to)?;
            let text = speakable(text, "/msg bob oi")?;
            return Ok(Asked::Send { to, text });
        };
        let text = speakable(text, "/msg * oi")?;
        Ok(Asked::Publish { scope, text })
    }

    fn publish(&self) -> Result<Asked, Mistake> {
        let (to, text) = cut(self.rest);
        let example = format!("/pub #{} oi", self.own.namespace());
        if to.is_empty() {
            return Err(Message::new("peer-missing-scope").with("example", example).into());
        }
        match self.many(to) {
            Some(scope) => {
                let scope = scope?;
                let text = speakable(text, &example)?;
                Ok(Asked::Publish { scope, text })
            }
            None => Err(Message::new("peer-pub-to-one")
                .with("given", shortened(to))
                .with("example", example)
                .into()),
        }
    }

    fn watch(&self) -> Result<Asked, Mistake> {
        match self.rest.to_lowercase().as_str() {
            "" => Ok(Asked::Watch(None)),
            "on" => Ok(Asked::Watch(Some(true))),
            "off" => Ok(Asked::Watch(Some(false))),
            _ => Err(Message::new("peer-watch-usage")
                .with("given", shortened(self.rest))
                .into()),
        }
    }

    fn log(&self) -> Result<Asked, Mistake> {
        let level = match self.rest.to_lowercase().as_str() {
            "off" => LevelFilter::OFF,
            "error" | "critical" => LevelFilter::ERROR,
            "warn" | "warning" => LevelFilter::WARN,
            "info" => LevelFilter::INFO,
            "debug" => LevelFilter::DEBUG,
            "trace" => LevelFilter::TRACE,
            _ => {
                return Err(Message::new("peer-log-usage")
                    .with("given", shortened(self.rest))
                    .into());
            }
        };
        Ok(Asked::Log(level))
    }

    /// `*` and `#namespace`; nothing when it is written like one peer.
    fn many(&self, text: &str) -> Option<Result<Scope, Mistake>> {
        if text == "*" {
            return Some(Ok(Scope::Broadcast));
        }
        let namespace = text.strip_prefix('#')?;
        // What can stand behind a peer's @ is a namespace.
        let scope = match PeerId::new("x", namespace) {
            Ok(_) => Ok(Scope::Namespace(namespace.to_owned())),
            Err(_) => Err(Message::new("peer-bad-namespace")
                .with("given", shortened(text))
                .with("example", format!("#{}", self.own.namespace()))
                .into()),
        };
        Some(scope)
    }

    /// `bob`, `@bob`, `bob@UnB` and `@bob@UnB`; not oneself.
    fn one(&self, text: &str) -> Result<PeerId, Mistake> {
        let bare = text.strip_prefix('@').unwrap_or(text);
        let peer = if bare.contains('@') {
            bare.parse::<PeerId>()
        } else {
            PeerId::new(bare, self.own.namespace())
        };
        match peer {
            Ok(peer) if peer == *self.own => Err(Message::new("peer-oneself").into()),
            Ok(peer) => Ok(peer),
            Err(_) => Err(Message::new("peer-bad-peer").with("given", shortened(text)).into()),
        }
    }
}

/// The first word, or what stands between quotes: other programs let names have spaces.
fn operand(text: &str) -> Result<(&str, &str), Mistake> {
    let Some(quoted) = text.strip_prefix('"') else {
        return Ok(cut(text));
    };
    match quoted.split_once('"') {
        Some((name, rest)) => Ok((name, rest.trim_start())),
        None => Err(Message::new("peer-open-quote").into()),
    }
}

fn unwanted(command: &str, more: &str) -> Mistake {
    Message::new("peer-unwanted")
        .with("command", command)
        .with("given", shortened(more))
        .into()
}

/// A text that can be sent.
fn speakable(text: &str, example: &str) -> Result<String, Mistake> {
    if text.is_empty() {
        return Err(Message::new("peer-missing-text").with("example", example).into());
    }
    if text.len() > PEER_PAYLOAD_BYTES {
        return Err(too_long(text.len(), PEER_PAYLOAD_BYTES));
    }
    Ok(text.to_owned())
}

/// The error for a text, or a whole line, with more bytes than it may have.
pub(super) fn too_long(bytes: usize, limit: usize) -> Mistake {
    Mistake {
        code: Code::MessageTooLarge,
        message: Message::new("peer-too-long").with("bytes", bytes).with("limit", limit),
    }
}

#[cfg(test)]
mod tests;
