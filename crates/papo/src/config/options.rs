//! The options of each command that has settings, and how they come from its command line.

use std::path::PathBuf;

use super::layer::{Found, Given, Layer, Source};
use crate::cli::{PeerArgs, RendezvousArgs, ServeArgs};

/// What kind of value an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// A text that often is a bare number, such as a port.
    TextOrNumber,
    List,
    Switch,
}

/// An option of a command.
#[derive(Debug)]
pub(super) struct Spec {
    /// As a flag without its dashes, and as a key of the file.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// A variable of older programs that means the same.
    pub(super) also: Option<&'static str>,
}

/// What one command can be told.
#[derive(Debug)]
pub(super) struct Section {
    /// The command's name, and its section in the file.
    pub(super) name: &'static str,
    pub(super) specs: &'static [Spec],
}

const fn spec(name: &'static str, kind: Kind) -> Spec {
    Spec { name, kind, also: None }
}

const fn also(name: &'static str, kind: Kind, also: &'static str) -> Spec {
    Spec {
        name,
        kind,
        also: Some(also),
    }
}

/// `papo serve`.
pub(super) const SERVE: Section = Section {
    name: "serve",
    specs: &[
        also("name", Kind::Text, "SERVICE_NAME"),
        spec("http", Kind::TextOrNumber),
        spec("tcp", Kind::TextOrNumber),
        spec("lan", Kind::Switch),
        spec("room", Kind::Text),
        also("link", Kind::List, "PEER_URL"),
        spec("link-secret-file", Kind::Text),
        spec("rendezvous-listen", Kind::TextOrNumber),
        spec("data", Kind::Text),
        spec("ephemeral", Kind::Switch),
        spec("retention-messages", Kind::TextOrNumber),
        spec("retention-days", Kind::TextOrNumber),
        spec("retention-bytes", Kind::TextOrNumber),
        spec("require-token", Kind::Switch),
        spec("session-rate", Kind::TextOrNumber),
        spec("trust", Kind::List),
        spec("classroom", Kind::Switch),
        spec("allow-host", Kind::List),
        spec("allow-origin", Kind::List),
        spec("json", Kind::Switch),
        spec("web-dir", Kind::Text),
    ],
};

/// `papo rendezvous`.
pub(super) const RENDEZVOUS: Section = Section {
    name: "rendezvous",
    specs: &[
        spec("listen", Kind::TextOrNumber),
        spec("dialect", Kind::Text),
        spec("max-per-minute", Kind::TextOrNumber),
        spec("trust", Kind::List),
        spec("data", Kind::Text),
        spec("ephemeral", Kind::Switch),
        spec("json", Kind::Switch),
    ],
};

/// `papo peer`.
pub(super) const PEER: Section = Section {
    name: "peer",
    specs: &[
        spec(PEER_ID, Kind::Text),
        spec("port", Kind::TextOrNumber),
        spec("bind", Kind::Text),
        spec("rendezvous", Kind::Text),
        spec("lease", Kind::TextOrNumber),
        spec("no-listen", Kind::Switch),
        spec("connect", Kind::List),
        spec("no-rendezvous", Kind::Switch),
        spec("identity", Kind::Text),
        spec("log-file", Kind::Text),
        spec("plain", Kind::Switch),
        spec("json", Kind::Switch),
    ],
};

/// The one option that is given without its name on the command line.
pub(super) const PEER_ID: &str = "peer";

/// All sections that the file may have.
pub(super) const SECTIONS: [&Section; 3] = [&SERVE, &RENDEZVOUS, &PEER];

/// What was typed after a command.
pub(super) trait Flags {
    /// The command.
    const SECTION: &'static Section;

    /// What was given of its options.
    fn layer(&self) -> Layer;
}

impl Flags for ServeArgs {
    const SECTION: &'static Section = &SERVE;

    fn layer(&self) -> Layer {
        Typed::default()
            .text("name", self.name.as_ref())
            .text("http", self.http.as_ref())
            .text("tcp", self.tcp.as_ref())
            .switch("lan", self.lan)
            .text("room", self.room.as_ref())
            .list("link", &self.link)
            .path("link-secret-file", self.link_secret_file.as_ref())
            .text("rendezvous-listen", self.rendezvous_listen.as_ref())
            .path("data", self.data.as_ref())
            .switch("ephemeral", self.ephemeral)
            .text("retention-messages", self.retention_messages.as_ref())
            .text("retention-days", self.retention_days.as_ref())
            .text("retention-bytes", self.retention_bytes.as_ref())
            .switch("require-token", self.require_token)
            .text("session-rate", self.session_rate.as_ref())
            .list("trust", &self.trust)
            .switch("classroom", self.classroom)
            .list("allow-host", &self.allow_host)
            .list("allow-origin", &self.allow_origin)
            .switch("json", self.json)
            .path("web-dir", self.web_dir.as_ref())
            .0
    }
}

impl Flags for RendezvousArgs {
    const SECTION: &'static Section = &RENDEZVOUS;

    fn layer(&self) -> Layer {
        Typed::default()
            .text("listen", self.listen.as_ref())
            .text("dialect", self.dialect.as_ref())
            .text("max-per-minute", self.max_per_minute.as_ref())
            .list("trust", &self.trust)
            .path("data", self.data.as_ref())
            .switch("ephemeral", self.ephemeral)
            .switch("json", self.json)
            .0
    }
}

impl Flags for PeerArgs {
    const SECTION: &'static Section = &PEER;

    fn layer(&self) -> Layer {
        Typed::default()
            .operand(PEER_ID, "NAME@NAMESPACE", self.peer.as_ref())
            .text("port", self.port.as_ref())
            .text("bind", self.bind.as_ref())
            .text("rendezvous", self.rendezvous.as_ref())
            .text("lease", self.lease.as_ref())
            .switch("no-listen", self.no_listen)
            .list("connect", &self.connect)
            .switch("no-rendezvous", self.no_rendezvous)
            .path("identity", self.identity.as_ref())
            .path("log-file", self.log_file.as_ref())
            .switch("plain", self.plain)
            .switch("json", self.json)
            .0
    }
}

/// The layer of what was typed, as it grows.
#[derive(Default)]
struct Typed(Layer);

impl Typed {
    fn with(mut self, name: &'static str, given: Option<Given>) -> Self {
        if let Some(given) = given {
            let source = Source::Flag(name);
            self.0.insert(name, Found { given, source });
        }
        self
    }

    fn text(self, name: &'static str, value: Option<&String>) -> Self {
        self.with(name, value.cloned().map(Given::Text))
    }

    fn operand(mut self, name: &'static str, shown: &'static str, value: Option<&String>) -> Self {
        if let Some(text) = value.cloned() {
            let (given, source) = (Given::Text(text), Source::Operand(shown));
            self.0.insert(name, Found { given, source });
        }
        self
    }

    fn path(self, name: &'static str, value: Option<&PathBuf>) -> Self {
        let text = value.map(|value| value.to_string_lossy().into_owned());
        self.with(name, text.map(Given::Text))
    }

    fn list(self, name: &'static str, values: &[String]) -> Self {
        self.with(name, (!values.is_empty()).then(|| Given::List(values.to_vec())))
    }

    fn switch(self, name: &'static str, on: bool) -> Self {
        self.with(name, on.then_some(Given::Switch(true)))
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args, CommandFactory, Parser};

    use super::*;

    #[test]
    fn every_option_has_its_place_in_every_layer() {
        let command = crate::cli::Cli::command();
        for section in SECTIONS {
            let options: Vec<String> = command
                .find_subcommand(section.name)
                .unwrap()
                .get_arguments()
                .map(|argument| argument.get_long().unwrap_or(argument.get_id().as_str()))
                .filter(|name| !["help", "lang", "config"].contains(name))
                .map(str::to_owned)
                .collect();
            let known: Vec<&str> = section.specs.iter().map(|spec| spec.name).collect();
            assert_eq!(options, known, "{}", section.name);
        }
    }

    #[test]
    fn every_flag_reaches_its_layer() {
        each_flag_reaches_its_layer::<ServeArgs>();
        each_flag_reaches_its_layer::<RendezvousArgs>();
        each_flag_reaches_its_layer::<PeerArgs>();
    }

    #[derive(Parser)]
    struct Line<A: Args> {
        #[command(flatten)]
        flags: A,
    }

    fn each_flag_reaches_its_layer<A: Args + Flags>() {
        for spec in A::SECTION.specs {
            let flag = format!("--{}", spec.name);
            let mut line = vec![A::SECTION.name];
            if spec.name != PEER_ID {
                line.push(&flag);
            }
            let expected = match spec.kind {
                Kind::Switch => Given::Switch(true),
                Kind::List => Given::List(vec!["x".to_owned()]),
                Kind::Text | Kind::TextOrNumber => Given::Text("x".to_owned()),
            };
            if spec.kind != Kind::Switch {
                line.push("x");
            }
            let layer = Line::<A>::try_parse_from(line).unwrap().flags.layer();
            assert_eq!(
                layer.get(spec.name).map(|found| &found.given),
                Some(&expected),
                "{flag}"
            );
            assert_eq!(layer.0.len(), 1, "{flag}");
        }
    }
}
