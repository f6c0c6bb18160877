//! What only the dialect of November 2025 does (docs/protocol.md 1.5, 1.6).

use crate::check::case::{Case, Dialects, Script};

/// These need an address without records, so they come before everything that registers.
pub(super) const FIRST: &[Case] = &[
    Case::of(
        "unregistered-discover",
        "1.5",
        "check-hint-unregistered",
        Script::Unregistered(r#"{"type":"DISCOVER","namespace":"{ns}"}"#),
    )
    .only(Dialects::November),
    Case::of(
        "unregistered-unregister",
        "1.5",
        "check-hint-unregistered",
        Script::Unregistered(r#"{"type":"UNREGISTER","namespace":"{ns}","name":"ana"}"#),
    )
    .only(Dialects::November),
];

/// After this one the server does not talk to us for a while.
pub(super) const LAST: &[Case] = &[Case::of("ban", "1.6", "check-hint-ban", Script::Ban).only(Dialects::November)];
