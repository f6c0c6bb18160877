//! Everything that papo says to people, in their language.
//!
//! The texts are Fluent files in `locales/`, compiled in. A [`Message`] names a text and carries its variables; it
//! becomes words only where it is shown, so that what finds a problem need not know who reads about it.

use std::fmt;
use std::str::FromStr;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use papo_core::id::ParseIdError;
use serde::{Deserialize, Serialize};
use unic_langid::LanguageIdentifier;

pub use fluent_bundle::FluentValue as Value;

const ENGLISH: &str = include_str!("../locales/en.ftl");
const PORTUGUESE: &str = include_str!("../locales/pt-BR.ftl");
/// The command line's own texts: their English stands where the options are declared.
const PORTUGUESE_HELP: &str = include_str!("../locales/help.pt-BR.ftl");

/// A language that papo speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Lang {
    /// English.
    #[default]
    #[serde(rename = "en")]
    En,
    /// Brazilian Portuguese.
    #[serde(rename = "pt-BR")]
    PtBr,
}

/// The text names no language that papo speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no language of papo: write en or pt-BR")]
pub struct UnknownLang;

impl Lang {
    /// The language of the process's locale.
    pub fn from_env() -> Self {
        Self::from_locale(|name| std::env::var(name).ok())
    }

    /// The language of the locale that `variable` tells of: the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that says
    /// anything decides, as POSIX has it.
    pub fn from_locale(variable: impl Fn(&str) -> Option<String>) -> Self {
        ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| variable(name).filter(|value| !value.is_empty()))
            .and_then(|locale| locale.split(['.', '@']).next()?.parse().ok())
            .unwrap_or_default()
    }

    /// The language's tag, as `--lang` takes it.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::PtBr => "pt-BR",
        }
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

impl FromStr for Lang {
    type Err = UnknownLang;

    fn from_str(text: &str) -> Result<Self, UnknownLang> {
        let language = text.split(['-', '_']).next().unwrap_or_default();
        match language.to_ascii_lowercase().as_str() {
            "en" => Ok(Self::En),
            "pt" => Ok(Self::PtBr),
            _ => Err(UnknownLang),
        }
    }
}

/// The texts of one language.
pub struct Texts {
    lang: Lang,
    bundle: FluentBundle<FluentResource>,
}

impl Texts {
    /// Reads the texts of a language. What a translation lacks is said in English.
    pub fn new(lang: Lang) -> Self {
        let sources: &[&str] = match lang {
            Lang::En => &[ENGLISH],
            Lang::PtBr => &[ENGLISH, PORTUGUESE, PORTUGUESE_HELP],
        };
        // The plural rules of this language; a test counts to two in each.
        let locale: LanguageIdentifier = lang.tag().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![locale]);
        // The marks that isolate a variable's direction are noise in a terminal and in JSON.
        bundle.set_use_isolating(false);
        for source in sources {
            // A test holds that every file parses; whatever does not is left out rather than fatal.
            let resource = FluentResource::try_new((*source).to_owned()).unwrap_or_else(|(resource, _)| resource);
            bundle.add_resource_overriding(resource);
        }
        Self { lang, bundle }
    }

    /// Which language this is.
    pub const fn lang(&self) -> Lang {
        self.lang
    }

    /// The text named `key`, or the key itself when there is none.
    pub fn get(&self, key: &str) -> String {
        self.with(key, &[])
    }

    /// The text named `key` with its variables filled in, or the key itself when there is none.
    ///
    /// Variables are shown as they are: a caller makes what strangers wrote harmless first.
    pub fn with(&self, key: &str, variables: &[(&str, Value<'_>)]) -> String {
        let mut arguments = FluentArgs::with_capacity(variables.len());
        for (name, value) in variables {
            arguments.set(*name, value.clone());
        }
        self.format(key, &arguments).unwrap_or_else(|| key.to_owned())
    }

    /// The words of a message.
    pub fn say(&self, message: &Message) -> String {
        let mut arguments = FluentArgs::with_capacity(message.variables.len());
        for (name, variable) in &message.variables {
            match variable {
                Variable::Text(text) => arguments.set(*name, text.as_str()),
                Variable::Number(number) => arguments.set(*name, *number),
                Variable::Message(inner) => arguments.set(*name, self.say(inner)),
            }
        }
        self.format(message.key, &arguments)
            .unwrap_or_else(|| message.key.to_owned())
    }

    /// True when there is a text of that name.
    pub fn has(&self, key: &str) -> bool {
        self.bundle.has_message(key)
    }

    fn format(&self, key: &str, arguments: &FluentArgs<'_>) -> Option<String> {
        let pattern = self.bundle.get_message(key)?.value()?;
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(arguments), &mut errors);
        debug_assert!(errors.is_empty(), "{key}: {errors:?}");
        Some(text.into_owned())
    }
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Texts")
            .field("lang", &self.lang)
            .finish_non_exhaustive()
    }
}

/// Something to say: the name of a text and its variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    key: &'static str,
    variables: Vec<(&'static str, Variable)>,
}

/// What stands for a variable of a [`Message`]. Fluent's own values cannot be shared between threads, as errors are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Variable {
    /// A text, shown as it is.
    Text(String),
    /// A number, which may choose between singular and plural.
    Number(u64),
    /// Another message, in the same language.
    Message(Message),
}

impl From<String> for Variable {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Variable {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<u64> for Variable {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Variable {
    fn from(number: usize) -> Self {
        Self::Number(u64::try_from(number).unwrap_or(u64::MAX))
    }
}

impl From<Message> for Variable {
    fn from(message: Message) -> Self {
        Self::Message(message)
    }
}

impl Message {
    /// The text named `key`, without variables yet.
    pub const fn new(key: &'static str) -> Self {
        Self {
            key,
            variables: Vec::new(),
        }
    }

    /// Which text this is.
    pub const fn key(&self) -> &'static str {
        self.key
    }

    /// The same with one more variable: a text, a number or another message.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Variable>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// The same with one more variable, shown as it displays itself.
    #[must_use]
    pub fn showing(self, name: &'static str, value: impl fmt::Display) -> Self {
        self.with(name, value.to_string())
    }
}

impl From<ParseIdError> for Message {
    /// What is wrong with a name, as the end of a sentence that began with the name.
    fn from(problem: ParseIdError) -> Self {
        match problem {
            ParseIdError::Empty => Self::new("name-empty"),
            ParseIdError::TooLong(limit) => Self::new("name-too-long").with("limit", limit),
            ParseIdError::Forbidden(character) if character.is_whitespace() => Self::new("name-space"),
            ParseIdError::Forbidden(character) if character.is_ascii_graphic() => {
                Self::new("name-forbidden").showing("character", character)
            }
            // What cannot be seen, or moves what stands around it, is named by its number.
            ParseIdError::Forbidden(character) => {
                Self::new("name-forbidden").showing("character", character.escape_unicode())
            }
            ParseIdError::Reserved => Self::new("name-reserved"),
            ParseIdError::NotAPeer => Self::new("name-not-a-peer"),
            ParseIdError::NotHex => Self::new("name-not-hex"),
        }
    }
}

#[cfg(test)]
mod tests;
