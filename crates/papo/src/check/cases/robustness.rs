//! Many clients, silent clients, slow clients, and leases that end (docs/protocol.md 1.1, 1.6).

use super::{LIST, listed};
use crate::check::case::{Binding, Case, Dialects, Script, Send, Step};
use crate::check::expect::{Expect, Peer};

/// These come first: whether others may run beside those that wait depends on them.
pub(super) const NEIGHBORS: &[Case] = &[Case::of(
    NEIGHBOR,
    "1.6",
    "check-hint-neighbor",
    Script::Beside(&Step::new(LIST, Expect::List)),
)];

/// The case that tells whether a server serves one while another is silent.
pub(in crate::check) const NEIGHBOR: &str = "many-beside-silent";

pub(super) const CASES: &[Case] = &[
    Case::of(
        "many-at-once",
        "1.6",
        "check-hint-crowd",
        Script::Crowd(r#"{"type":"DISCOVER","namespace":"{ns}"}"#),
    )
    .only(Dialects::September),
    Case::of(
        "idle-timeout",
        "1.1",
        "check-hint-idle",
        Script::Slow(&[Step::new(Send::Nothing, Expect::Idle)]),
    ),
    Case::of(
        "idle-drip",
        "1.1",
        "check-hint-drip",
        Script::Slow(&[Step::new(
            Send::Drip(r#"{"type":"DISCOVER","namespace":"{ns}"}"#),
            Expect::Ended,
        )]),
    )
    .binding(Binding::Advice),
    Case::of(
        "lease-ends",
        "1.4",
        "check-hint-lease",
        Script::Slow(&[
            Step::new(
                Send::Line(r#"{"type":"REGISTER","name":"ana","namespace":"{ns}","port":4000,"ttl":2}"#),
                Expect::Registered { port: 4000, ttl: 2 },
            ),
            listed(&[Peer {
                name: "ana",
                port: 4000,
                ttl: 2,
            }]),
            listed(&[]).after(3),
        ]),
    ),
];
