//! Mistakes on the command line, said in the same voice and language as every other error.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::error::Failure;
use crate::text::Message;

/// The sentence for what clap refused.
pub(super) fn explain(error: &clap::Error) -> Failure {
    let context = |kind| error.get(kind).map(shown).filter(|text| !text.is_empty());
    let argument = context(ContextKind::InvalidArg).unwrap_or_default();
    let message = match error.kind() {
        ErrorKind::UnknownArgument => match best(error, ContextKind::SuggestedArg) {
            Some(suggestion) => Message::new("error-argument-unknown-suggest")
                .with("given", argument)
                .with("suggestion", suggestion),
            None => Message::new("error-argument-unknown").with("given", argument),
        },
        ErrorKind::InvalidSubcommand => {
            let given = context(ContextKind::InvalidSubcommand).unwrap_or_default();
            match best(error, ContextKind::SuggestedSubcommand) {
                Some(suggestion) => Message::new("error-command-unknown-suggest")
                    .with("given", given)
                    .with("suggestion", suggestion),
                None => Message::new("error-command-unknown").with("given", given),
            }
        }
        ErrorKind::InvalidValue => match context(ContextKind::InvalidValue) {
            Some(given) => Message::new("error-value-unknown")
                .with("argument", argument)
                .with("given", given)
                .with("valid", context(ContextKind::ValidValue).unwrap_or_default()),
            None => Message::new("error-value-missing").with("argument", argument),
        },
        ErrorKind::TooManyValues => Message::new("error-value-unwanted")
            .with("argument", argument)
            .with("given", context(ContextKind::InvalidValue).unwrap_or_default()),
        ErrorKind::MissingSubcommand => Message::new("error-command-missing"),
        ErrorKind::MissingRequiredArgument => Message::new("error-argument-missing").with("argument", argument),
        ErrorKind::ArgumentConflict => Message::new("error-argument-repeated").with("argument", argument),
        _ => {
            let rendered = error.to_string();
            let first = rendered.lines().next().unwrap_or_default();
            Message::new("error-command-line").with("detail", first.trim_start_matches("error: ").to_owned())
        }
    };
    Failure::usage(message)
}

/// The likeliest of clap's suggestions, which come with the likeliest last.
fn best(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => texts.last().cloned(),
        _ => None,
    }
}

fn shown(value: &ContextValue) -> String {
    match value {
        ContextValue::String(text) => text.clone(),
        ContextValue::Strings(texts) => texts.join(", "),
        _ => String::new(),
    }
}
