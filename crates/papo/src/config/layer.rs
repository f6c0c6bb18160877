//! Where a value can come from: one layer each for flags, environment and file.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::options::{Kind, Section};
use crate::error::Failure;
use crate::text::Message;

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
    /// What is given without a name, as the help calls it.
    Operand(&'static str),
    Variable(String),
    Line {
        path: PathBuf,
        line: usize,
        key: String,
    },
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
            Self::Operand(name) => f.write_str(name),
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
pub(super) struct Layer(pub(super) BTreeMap<&'static str, Found>);

/// All layers, the strongest first.
#[derive(Debug)]
pub(super) struct Layers(pub(super) Vec<Layer>);

impl Layers {
    pub(super) fn find(&self, option: &str) -> Option<&Found> {
        self.0.iter().find_map(|layer| layer.get(option))
    }
}

impl Layer {
    pub(super) fn insert(&mut self, option: &'static str, found: Found) {
        self.0.insert(option, found);
    }

    /// What stands at an option, if anything does.
    pub(super) fn get(&self, option: &str) -> Option<&Found> {
        self.0.get(option)
    }

    /// `PAPO_HTTP` for `--http` and so on; a list's items are separated by commas. A variable that is empty says
    /// nothing: container files often pass on variables that nobody set.
    pub(super) fn from_environment(
        section: &Section,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Failure> {
        let mut layer = Self::default();
        for spec in section.specs {
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
