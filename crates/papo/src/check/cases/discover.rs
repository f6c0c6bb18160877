//! DISCOVER: which records are listed, in which order, with which keys (docs/protocol.md 1.2, 1.4).

use super::{ANA_IS_IN, BIA_IS_IN, CLEO_IS_IN, LIST, listed, peer, registered};
use crate::check::case::{Binding, Case, Send, Step};
use crate::check::expect::Expect;

pub(super) const CASES: &[Case] = &[
    Case::new(
        "discover-order",
        "1.4",
        "check-hint-discover-order",
        &[
            CLEO_IS_IN,
            ANA_IS_IN,
            BIA_IS_IN,
            listed(&[peer("cleo", 4002), peer("ana", 4000), peer("bia", 4001)]),
        ],
    ),
    Case::new(
        "discover-fields",
        "1.4",
        "check-hint-discover-fields",
        &[ANA_IS_IN, listed(&[peer("ana", 4000)])],
    ),
    Case::new(
        "discover-expires-in",
        "1.4",
        "check-hint-expires-in",
        &[BIA_IS_IN, listed(&[peer("bia", 4001)])],
    ),
    Case::new(
        "discover-namespace-only",
        "1.2",
        "check-hint-discover-namespace",
        &[
            Step::new(
                Send::Line(r#"{"type":"REGISTER","name":"ana","namespace":"{run}","port":4000,"ttl":60}"#),
                registered(4000),
            ),
            BIA_IS_IN,
            listed(&[peer("bia", 4001)]),
        ],
    ),
    Case::new(
        "discover-namespace-case",
        "1.2",
        "check-hint-discover-case",
        &[
            ANA_IS_IN,
            Step::new(
                Send::Line(r#"{"type":"DISCOVER","namespace":"{NS}"}"#),
                Expect::Peers(&[]),
            ),
        ],
    ),
    Case::new(
        "discover-unknown-namespace",
        "1.4",
        "check-hint-discover-unknown",
        &[Step::new(LIST, Expect::Peers(&[]))],
    ),
    Case::new(
        "discover-all-missing",
        "1.2",
        "check-hint-discover-all",
        &[
            ANA_IS_IN,
            Step::new(
                Send::Line(r#"{"type":"DISCOVER"}"#),
                Expect::Among(&[peer("ana", 4000)]),
            ),
        ],
    ),
    Case::new(
        "discover-all-null",
        "1.2",
        "check-hint-discover-all",
        &[
            ANA_IS_IN,
            Step::new(
                Send::Line(r#"{"type":"DISCOVER","namespace":null}"#),
                Expect::Among(&[peer("ana", 4000)]),
            ),
        ],
    ),
    Case::new(
        "discover-namespace-empty",
        "1.5",
        "check-hint-discover-empty",
        &[
            ANA_IS_IN,
            Step::new(
                Send::Line(r#"{"type":"DISCOVER","namespace":""}"#),
                Expect::By(&Expect::Among(&[peer("ana", 4000)]), &Expect::Code("bad_namespace")),
            ),
        ],
    ),
    Case::new(
        "discover-namespace-number",
        "1.5",
        "check-hint-discover-odd",
        &[Step::new(
            Send::Line(r#"{"type":"DISCOVER","namespace":7}"#),
            Expect::By(&Expect::Peers(&[]), &Expect::Code("bad_namespace")),
        )],
    )
    .binding(Binding::InSeptember),
    Case::new(
        "discover-namespace-65",
        "1.5",
        "check-hint-discover-odd",
        &[Step::new(
            Send::Line(r#"{"type":"DISCOVER","namespace":"{ns65}"}"#),
            Expect::By(&Expect::Peers(&[]), &Expect::Code("bad_namespace")),
        )],
    )
    .binding(Binding::InSeptember),
];
