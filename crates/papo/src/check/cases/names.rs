//! Names and namespaces (docs/protocol.md 1.3).

use super::{listed, peer, refused, registered};
use crate::check::case::{Case, Send, Step};
use crate::check::expect::Expect;

const fn taken(line: &'static str) -> Step {
    Step::new(Send::Line(line), registered(4000))
}

/// Removes what a case left in a namespace that is not its own.
const fn removed(line: &'static str) -> Step {
    Step::new(Send::Line(line), Expect::Done)
}

pub(super) const CASES: &[Case] = &[
    Case::new(
        "register-name-missing",
        "1.3",
        "check-hint-name",
        &[refused(
            r#"{"type":"REGISTER","namespace":"{run}","port":4000,"ttl":60}"#,
            "bad_name",
        )],
    ),
    Case::new(
        "register-name-empty",
        "1.3",
        "check-hint-name",
        &[refused(
            r#"{"type":"REGISTER","name":"","namespace":"{run}","port":4000,"ttl":60}"#,
            "bad_name",
        )],
    ),
    Case::new(
        "register-name-64",
        "1.3",
        "check-hint-name",
        &[taken(
            r#"{"type":"REGISTER","name":"{x64}","namespace":"{run}","port":4000,"ttl":60}"#,
        )],
    ),
    Case::new(
        "register-name-65",
        "1.3",
        "check-hint-name",
        &[refused(
            r#"{"type":"REGISTER","name":"{x65}","namespace":"{run}","port":4000,"ttl":60}"#,
            "bad_name",
        )],
    ),
    Case::new(
        "register-name-64-accents",
        "1.3",
        "check-hint-characters",
        &[taken(
            r#"{"type":"REGISTER","name":"{é64}","namespace":"{run}","port":4000,"ttl":60}"#,
        )],
    ),
    Case::new(
        "register-name-65-accents",
        "1.3",
        "check-hint-characters",
        &[refused(
            r#"{"type":"REGISTER","name":"{é65}","namespace":"{run}","port":4000,"ttl":60}"#,
            "bad_name",
        )],
    ),
    Case::new(
        "register-name-number",
        "1.3",
        "check-hint-name-kind",
        &[refused(
            r#"{"type":"REGISTER","name":7,"namespace":"{run}","port":4000,"ttl":60}"#,
            "bad_name",
        )],
    ),
    Case::new(
        "register-name-null",
        "1.3",
        "check-hint-name-kind",
        &[refused(
            r#"{"type":"REGISTER","name":null,"namespace":"{run}","port":4000,"ttl":60}"#,
            "bad_name",
        )],
    ),
    Case::new(
        "register-name-list",
        "1.3",
        "check-hint-name-kind",
        &[refused(
            r#"{"type":"REGISTER","name":["ana"],"namespace":"{run}","port":4000,"ttl":60}"#,
            "bad_name",
        )],
    ),
    Case::new(
        "register-name-spaces-kept",
        "1.3",
        "check-hint-trim",
        &[
            taken(r#"{"type":"REGISTER","name":" ana ","namespace":"{ns}","port":4000,"ttl":60}"#),
            listed(&[peer(" ana ", 4000)]),
        ],
    ),
    Case::new(
        "register-namespace-missing",
        "1.3",
        "check-hint-namespace",
        &[refused(
            r#"{"type":"REGISTER","name":"ana","port":4000,"ttl":60}"#,
            "bad_namespace",
        )],
    ),
    Case::new(
        "register-namespace-empty",
        "1.3",
        "check-hint-namespace",
        &[refused(
            r#"{"type":"REGISTER","name":"ana","namespace":"","port":4000,"ttl":60}"#,
            "bad_namespace",
        )],
    ),
    Case::new(
        "register-namespace-64",
        "1.3",
        "check-hint-namespace",
        &[
            taken(r#"{"type":"REGISTER","name":"ana","namespace":"{ns64}","port":4000,"ttl":60}"#),
            removed(r#"{"type":"UNREGISTER","namespace":"{ns64}"}"#),
        ],
    ),
    Case::new(
        "register-namespace-65",
        "1.3",
        "check-hint-namespace",
        &[refused(
            r#"{"type":"REGISTER","name":"ana","namespace":"{ns65}","port":4000,"ttl":60}"#,
            "bad_namespace",
        )],
    ),
    Case::new(
        "register-namespace-64-accents",
        "1.3",
        "check-hint-characters",
        &[
            taken(r#"{"type":"REGISTER","name":"ana","namespace":"{nsé64}","port":4000,"ttl":60}"#),
            removed(r#"{"type":"UNREGISTER","namespace":"{nsé64}"}"#),
        ],
    ),
    Case::new(
        "register-namespace-number",
        "1.3",
        "check-hint-namespace-kind",
        &[refused(
            r#"{"type":"REGISTER","name":"ana","namespace":7,"port":4000,"ttl":60}"#,
            "bad_namespace",
        )],
    ),
    Case::new(
        "register-namespace-null",
        "1.3",
        "check-hint-namespace-kind",
        &[refused(
            r#"{"type":"REGISTER","name":"ana","namespace":null,"port":4000,"ttl":60}"#,
            "bad_namespace",
        )],
    ),
    Case::new(
        "register-namespace-spaces-kept",
        "1.3",
        "check-hint-trim",
        &[
            taken(r#"{"type":"REGISTER","name":"ana","namespace":" {ns} ","port":4000,"ttl":60}"#),
            listed(&[]),
            removed(r#"{"type":"UNREGISTER","namespace":" {ns} "}"#),
        ],
    ),
];
