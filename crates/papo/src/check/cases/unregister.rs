//! UNREGISTER: which records go and which stay (docs/protocol.md 1.2, 1.5).

use super::{ANA_IS_IN, BIA_IS_IN, listed, peer, refused, registered};
use crate::check::case::{Case, Dialects, Send, Step};
use crate::check::expect::Expect;

const fn done(line: &'static str) -> Step {
    Step::new(Send::Line(line), Expect::Done)
}

/// Nothing is there to remove, which one dialect says.
const fn in_vain(line: &'static str) -> Step {
    Step::new(
        Send::Line(line),
        Expect::By(&Expect::Done, &Expect::Says("peer_credentials_do_not_match")),
    )
}

pub(super) const CASES: &[Case] = &[
    Case::new(
        "unregister-namespace",
        "1.2",
        "check-hint-unregister",
        &[
            ANA_IS_IN,
            BIA_IS_IN,
            done(r#"{"type":"UNREGISTER","namespace":"{ns}"}"#),
            listed(&[]),
        ],
    ),
    Case::new(
        "unregister-name",
        "1.2",
        "check-hint-unregister-name",
        &[
            ANA_IS_IN,
            BIA_IS_IN,
            done(r#"{"type":"UNREGISTER","namespace":"{ns}","name":"ana"}"#),
            listed(&[peer("bia", 4001)]),
        ],
    ),
    Case::new(
        "unregister-name-and-port",
        "1.2",
        "check-hint-unregister",
        &[
            ANA_IS_IN,
            done(r#"{"type":"UNREGISTER","namespace":"{ns}","name":"ana","port":4000}"#),
            listed(&[]),
        ],
    ),
    Case::new(
        "unregister-port",
        "1.2",
        "check-hint-unregister-port",
        &[
            ANA_IS_IN,
            BIA_IS_IN,
            done(r#"{"type":"UNREGISTER","namespace":"{ns}","port":4000}"#),
            listed(&[peer("bia", 4001)]),
        ],
    ),
    Case::new(
        "unregister-other-port",
        "1.2",
        "check-hint-unregister-port",
        &[
            ANA_IS_IN,
            in_vain(r#"{"type":"UNREGISTER","namespace":"{ns}","name":"ana","port":4009}"#),
            listed(&[peer("ana", 4000)]),
        ],
    ),
    Case::new(
        "unregister-other-namespace",
        "1.2",
        "check-hint-unregister-namespace",
        &[
            ANA_IS_IN,
            Step::new(
                Send::Line(r#"{"type":"REGISTER","name":"ana","namespace":"{ns}-b","port":4000,"ttl":60}"#),
                registered(4000),
            ),
            done(r#"{"type":"UNREGISTER","namespace":"{ns}-b","name":"ana"}"#),
            listed(&[peer("ana", 4000)]),
        ],
    ),
    Case::new(
        "unregister-nothing",
        "1.5",
        "check-hint-unregister-nothing",
        &[in_vain(r#"{"type":"UNREGISTER","namespace":"{ns}","name":"nobody"}"#)],
    ),
    // With a name, so that a server that takes a missing namespace for all of them removes nobody's records.
    Case::new(
        "unregister-no-namespace",
        "1.5",
        "check-hint-unregister-required",
        &[Step::new(
            Send::Line(r#"{"type":"UNREGISTER","name":"{ns}"}"#),
            Expect::By(&Expect::Done, &Expect::Says("namespace_required")),
        )],
    ),
    Case::new(
        "unregister-port-word",
        "1.5",
        "check-hint-unregister-bad-port",
        &[refused(
            r#"{"type":"UNREGISTER","namespace":"{ns}","name":"ana","port":"abc"}"#,
            "bad_port (abc)",
        )],
    ),
    Case::new(
        "unregister-port-range",
        "1.5",
        "check-hint-unregister-range",
        &[
            done(r#"{"type":"UNREGISTER","namespace":"{ns}","name":"ana","port":70000}"#).only(Dialects::September),
            refused(
                r#"{"type":"UNREGISTER","namespace":"{ns}","name":"ana","port":70000}"#,
                "bad_port (70000)",
            )
            .only(Dialects::November),
        ],
    ),
];
