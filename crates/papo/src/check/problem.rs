//! What went wrong in a case, and the sentence that helps.

use crate::text::{Message, Texts};

/// In which way a reply is not what was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// No connection could be made.
    Unreachable,
    /// The connection ended without a byte.
    NoReply,
    /// Nothing came in time.
    Silent,
    /// The connection was reset.
    Reset,
    /// The reply came, but the connection stayed open.
    NotClosed,
    /// The reply does not end with a newline.
    NoNewline,
    /// There is more behind the newline.
    ManyLines,
    /// The reply does not end at all.
    Endless,
    /// The line is no JSON.
    NoJson,
    /// The line is JSON, but no object.
    NoObject,
    /// The right text stands under the key of the other dialect.
    WrongKey,
    /// An error has keys that it must not have.
    ExtraKey,
    /// A key is missing.
    MissingKey,
    /// An address is not the observed one.
    Address,
    /// The source port is not the observed one.
    SourcePort,
    /// A number is written as something else.
    NoNumber,
    /// What is left of a lease is not what it should be.
    ExpiresIn,
    /// The reply came in more than one write.
    Torn,
    /// The reply is another one.
    Wrong,
}

impl Kind {
    /// Its name for programs.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::NoReply => "no_reply",
            Self::Silent => "silent",
            Self::Reset => "reset",
            Self::NotClosed => "not_closed",
            Self::NoNewline => "no_newline",
            Self::ManyLines => "many_lines",
            Self::Endless => "endless",
            Self::NoJson => "no_json",
            Self::NoObject => "no_object",
            Self::WrongKey => "wrong_key",
            Self::ExtraKey => "extra_key",
            Self::MissingKey => "missing_key",
            Self::Address => "address",
            Self::SourcePort => "source_port",
            Self::NoNumber => "no_number",
            Self::ExpiresIn => "expires_in",
            Self::Torn => "torn",
            Self::Wrong => "wrong",
        }
    }

    /// The text about this kind of failure, whatever the case is about.
    const fn hint(self) -> Option<&'static str> {
        Some(match self {
            Self::Unreachable => "check-why-unreachable",
            Self::NoReply => "check-why-no-reply",
            Self::Silent => "check-why-silent",
            Self::Reset => "check-why-reset",
            Self::NotClosed => "check-why-not-closed",
            Self::NoNewline => "check-why-no-newline",
            Self::ManyLines => "check-why-many-lines",
            Self::Endless => "check-why-endless",
            Self::NoJson => "check-why-no-json",
            Self::NoObject => "check-why-no-object",
            Self::WrongKey => "check-why-wrong-key",
            Self::ExtraKey => "check-why-extra-key",
            Self::MissingKey => "check-why-missing-key",
            Self::Address => "check-why-address",
            Self::SourcePort => "check-why-source-port",
            Self::NoNumber => "check-why-no-number",
            Self::ExpiresIn => "check-why-expires-in",
            Self::Torn | Self::Wrong => return None,
        })
    }

    /// True when what the case is about may be the reason too.
    const fn leaves_open(self) -> bool {
        matches!(
            self,
            Self::NoReply | Self::Silent | Self::Reset | Self::Torn | Self::Wrong
        )
    }
}

/// What is wrong with a reply.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Flaw {
    pub(super) kind: Kind,
    /// Where in the reply, such as `peers[0].ip`.
    pub(super) field: Option<String>,
    /// When the reply came, in seconds, where that is what is wrong.
    pub(super) seconds: Option<f64>,
}

impl Flaw {
    pub(super) const fn new(kind: Kind) -> Self {
        Self {
            kind,
            field: None,
            seconds: None,
        }
    }

    pub(super) fn at(kind: Kind, field: &str) -> Self {
        Self {
            field: Some(field.to_owned()),
            ..Self::new(kind)
        }
    }

    pub(super) const fn after(mut self, seconds: f64) -> Self {
        self.seconds = Some(seconds);
        self
    }
}

/// Something to show: as it stands on the wire, or in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// Bytes, made visible and shortened.
    Wire(String),
    /// A sentence.
    Said(Message),
}

impl Shown {
    /// The words in the language of `texts`.
    pub fn text(&self, texts: &Texts) -> String {
        match self {
            Self::Wire(text) => text.clone(),
            Self::Said(message) => texts.say(message),
        }
    }
}

/// Why a case did not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// In which way.
    pub kind: Kind,
    /// Where in the reply, such as `peers[0].ip`.
    pub field: Option<String>,
    /// What was written on the connection.
    pub sent: Shown,
    /// What should have come back.
    pub expected: Shown,
    /// What came back.
    pub got: Shown,
    /// The case's own text.
    pub hint: &'static str,
}

impl Problem {
    /// What is likely wrong, in the language of `texts`.
    pub fn advice(&self, texts: &Texts) -> String {
        let field = self.field.clone().unwrap_or_default();
        let general = self
            .kind
            .hint()
            .map(|key| texts.say(&Message::new(key).with("field", field)));
        let own = (self.kind.leaves_open() || general.is_none()).then(|| texts.get(self.hint));
        general.into_iter().chain(own).collect::<Vec<_>>().join(" ")
    }
}
