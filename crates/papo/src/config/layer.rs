//! Where a value can come from: one layer each for flags, environment and file.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use crate::cli::ServeArgs;
use crate::error::Failure;
use crate::text::Message;

/// What kind of value an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// A text that often is a bare number, such as a port.
    TextOrNumber,
    List,
    Switch,
}

/// An option of `papo serve`.
#[derive(Debug)]
pub(super) struct Spec {
    /// As a flag without its dashes, and as a key of the file.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// A variable of older programs that means the same.
    also: Option<&'static str>,
}

const fn spec(name: &'static str, kind: Kind, also: Option<&'static str>) -> Spec {
    Spec { name, kind, also }
}

pub(super) const SPECS: &[Spec] = &[
    spec("name", Kind::Text, Some("SERVICE_NAME")),
    spec("http", Kind::TextOrNumber, None),
    spec("tcp", Kind::TextOrNumber, None),
    spec("lan", Kind::Switch, None),
    spec("room", Kind::Text, None),
    spec("link", Kind::List, Some("PEER_URL")),
    spec("link-secret-file", Kind::Text, None),
    spec("session-rate", Kind::TextOrNumber, None),
    spec("trust", Kind::List, None),
    spec("classroom", Kind::Switch, None),
    spec("allow-host", Kind::List, None),
    spec("allow-origin", Kind::List, None),
    spec("json", Kind::Switch, None),
    spec("web-dir", Kind::Text, None),
];

/// A value before it is parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Given {
    Text(String),
    List(Vec<String>),
    Switch(bool),
}

impl Given {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::List(_) | Self::Switch(_) => "",
        }
    }

    pub(super) fn list(&self) -> &[String] {
        match self {
            Self::List(texts) => texts,
            Self::Text(_) | Self::Switch(_) => &[],
        }
    }

    pub(super) const fn is_on(&self) -> bool {
        matches!(self, Self::Switch(true))
    }
}

/// Where a value stands, so that an error can point at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    Flag(&'static str),
    Variable(String),
    Line { path: PathBuf, line: usize, key: String },
}

impl Source {
    /// The error for a value that makes no sense there.
    pub(super) fn refuse(&self, given: &str, reason: Message) -> Failure {
        Failure::usage(
            Message::new("error-setting")
                .showing("source", self)
                .with("given", given.to_owned())
                .with("reason", reason),
        )
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "--{name}"),
            Self::Variable(name) => f.write_str(name),
            Self::Line { path, line, key } => write!(f, "{}:{line}: {key}", path.display()),
        }
    }
}

/// A value and where it stands.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) given: Given,
    pub(super) source: Source,
}

/// The values of one origin, by the option's name.
#[derive(Debug, Default)]
pub(super) struct Layer(BTreeMap<&'static str, Found>);

/// All layers, the strongest first.
#[derive(Debug)]
pub(super) struct Layers(pub(super) Vec<Layer>);

impl Layers {
    pub(super) fn find(&self, option: &str) -> Option<&Found> {
        self.0.iter().find_map(|layer| layer.0.get(option))
    }
}

impl Layer {
    pub(super) fn insert(&mut self, option: &'static str, found: Found) {
        self.0.insert(option, found);
    }

    pub(super) fn from_flags(flags: &ServeArgs) -> Self {
        let mut layer = Self::default();
        let mut add = |name: &'static str, given: Option<Given>| {
            if let Some(given) = given {
                let source = Source::Flag(name);
                layer.insert(name, Found { given, source });
            }
        };
        let text = |value: &Option<String>| value.clone().map(Given::Text);
        let path = |value: &Option<PathBuf>| {
            let value = value.as_ref()?;
            Some(Given::Text(value.to_string_lossy().into_owned()))
        };
        let list = |values: &[String]| (!values.is_empty()).then(|| Given::List(values.to_vec()));
        let switch = |on: bool| on.then_some(Given::Switch(true));
        add("name", text(&flags.name));
        add("http", text(&flags.http));
        add("tcp", text(&flags.tcp));
        add("lan", switch(flags.lan));
        add("room", text(&flags.room));
        add("link", list(&flags.link));
        add("link-secret-file", path(&flags.link_secret_file));
        add("session-rate", text(&flags.session_rate));
        add("trust", list(&flags.trust));
        add("classroom", switch(flags.classroom));
        add("allow-host", list(&flags.allow_host));
        add("allow-origin", list(&flags.allow_origin));
        add("json", switch(flags.json));
        add("web-dir", path(&flags.web_dir));
        layer
    }

    /// `PAPO_HTTP` for `--http` and so on; a list's items are separated by commas. A variable that is empty says
    /// nothing: container files often pass on variables that nobody set.
    pub(super) fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let mut layer = Self::default();
        for spec in SPECS {
            let own = format!("PAPO_{}", spec.name.replace('-', "_").to_uppercase());
            let mut names = std::iter::once(own).chain(spec.also.map(str::to_owned));
            let found = names.find_map(|name| {
                let value = variable(&name)?.trim().to_owned();
                (!value.is_empty()).then_some((name, value))
            });
            let Some((name, value)) = found else { continue };
            let source = Source::Variable(name);
            let given = match spec.kind {
                Kind::Text | Kind::TextOrNumber => Given::Text(value),
                Kind::List => Given::List(items(&value)),
                Kind::Switch => match on_or_off(&value) {
                    Some(on) => Given::Switch(on),
                    None => return Err(source.refuse(&value, Message::new("error-want-switch"))),
                },
            };
            layer.insert(spec.name, Found { given, source });
        }
        Ok(layer)
    }
}

fn items(value: &str) -> Vec<String> {
    value
        .split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}

fn on_or_off(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Some(true),
        "0" | "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, Parser};

    #[test]
    fn every_option_of_serve_has_its_place_in_every_layer() {
        let command = crate::cli::Cli::command();
        let serve = command.find_subcommand("serve").unwrap();
        let options: Vec<String> = serve
            .get_arguments()
            .filter_map(|argument| argument.get_long())
            .filter(|long| !["help", "lang", "config"].contains(long))
            .map(str::to_owned)
            .collect();
        let known: Vec<&str> = SPECS.iter().map(|spec| spec.name).collect();
        assert_eq!(options, known);
    }

    #[test]
    fn every_flag_reaches_its_layer() {
        #[derive(Parser)]
        struct Line {
            #[command(flatten)]
            serve: ServeArgs,
        }
        for spec in SPECS {
            let flag = format!("--{}", spec.name);
            let mut line = vec!["serve", &flag];
            let expected = match spec.kind {
                Kind::Switch => Given::Switch(true),
                Kind::List => Given::List(vec!["x".to_owned()]),
                Kind::Text | Kind::TextOrNumber => Given::Text("x".to_owned()),
            };
            if spec.kind != Kind::Switch {
                line.push("x");
            }
            let layer = Layer::from_flags(&Line::try_parse_from(line).unwrap().serve);
            assert_eq!(
                layer.0.get(spec.name).map(|found| &found.given),
                Some(&expected),
                "{flag}"
            );
            assert_eq!(layer.0.len(), 1, "{flag}");
        }
    }
}
