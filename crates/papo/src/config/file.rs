//! `papo.toml`: one section for each command that has settings, with the options' own names as keys.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::layer::{Found, Given, Layer, Source};
use super::options::{Kind, SECTIONS, Section};
use crate::error::Failure;
use crate::text::Message;
use papo_core::suggest::closest;

/// Reads one command's section. The others are looked through as well, and whatever else stands in the file is an
/// error: a misspelt setting that is silently left out costs its owner an evening.
pub(super) fn read(path: &Path, text: &str, wanted: &Section) -> Result<Layer, Failure> {
    let document = File { path, text };
    let root = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        document.complain(
            at,
            Message::new("error-toml-syntax").with("detail", error.message().to_owned()),
        )
    })?;
    let mut found = Layer::default();
    for (key, value) in root.get_ref() {
        let Some(section) = SECTIONS.into_iter().find(|section| section.name == key.get_ref()) else {
            let known = SECTIONS.map(|section| section.name);
            return Err(document.unknown(key.span().start, key.get_ref(), known));
        };
        let DeValue::Table(table) = value.get_ref() else {
            let want = Message::new("error-want-section").with("section", section.name);
            return Err(document.complain(key.span().start, want));
        };
        let mut layer = Layer::default();
        for (key, value) in table {
            document.setting(section, key.get_ref(), key.span().start, value, &mut layer)?;
        }
        if section.name == wanted.name {
            found = layer;
        }
    }
    Ok(found)
}

struct File<'a> {
    path: &'a Path,
    text: &'a str,
}

impl File<'_> {
    fn setting(
        &self,
        section: &Section,
        key: &str,
        at: usize,
        value: &Spanned<DeValue<'_>>,
        layer: &mut Layer,
    ) -> Result<(), Failure> {
        let Some(spec) = section.specs.iter().find(|spec| spec.name == key) else {
            return Err(self.unknown(at, key, section.specs.iter().map(|spec| spec.name)));
        };
        let given = match (spec.kind, value.get_ref()) {
            (Kind::Text | Kind::TextOrNumber, DeValue::String(text)) => Some(Given::Text(text.to_string())),
            (Kind::TextOrNumber, DeValue::Integer(number)) => Some(Given::Text(number.to_string())),
            (Kind::Switch, DeValue::Boolean(on)) => Some(Given::Switch(*on)),
            (Kind::List, DeValue::Array(items)) => items
                .iter()
                .map(|item| item.get_ref().as_str().map(str::to_owned))
                .collect::<Option<_>>()
                .map(Given::List),
            _ => None,
        };
        let Some(given) = given else {
            let want = Message::new(match spec.kind {
                Kind::Text => "error-want-text",
                Kind::TextOrNumber => "error-want-text-or-number",
                Kind::List => "error-want-list",
                Kind::Switch => "error-want-true-or-false",
            });
            return Err(self.complain(at, want.with("key", key.to_owned())));
        };
        let source = Source::Line {
            path: self.path.to_owned(),
            line: self.line(at),
            key: key.to_owned(),
        };
        layer.insert(spec.name, Found { given, source });
        Ok(())
    }

    fn unknown<'k>(&self, at: usize, key: &str, known: impl IntoIterator<Item = &'k str>) -> Failure {
        let message = match closest(key, known) {
            Some(suggestion) => Message::new("error-key-unknown-suggest").with("suggestion", suggestion.to_owned()),
            None => Message::new("error-key-unknown"),
        };
        self.complain(at, message.with("key", key.to_owned()))
    }

    fn complain(&self, at: usize, reason: Message) -> Failure {
        Failure::usage(
            Message::new("error-config")
                .showing("path", self.path.display())
                // A number variable would be written as the language groups digits.
                .showing("line", self.line(at))
                .with("reason", reason),
        )
    }

    fn line(&self, at: usize) -> usize {
        let before = self.text.as_bytes().get(..at).unwrap_or_default();
        before.split(|&byte| byte == b'\n').count()
    }
}
