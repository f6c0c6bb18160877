//! Where a request ends, what is no request, and what the reply looks like (docs/protocol.md 1.1, 1.5).

use super::{EMPTY_LINE, LIST, UNKNOWN_COMMAND, listed, peer, registered, unknown};
use crate::check::case::{Binding, Case, Send, Step};
use crate::check::expect::Expect;

const fn says(send: Send, text: &'static str) -> Step {
    Step::new(send, Expect::Says(text))
}

pub(super) const CASES: &[Case] = &[
    Case::new(
        "reply-one-line",
        "1.1",
        "check-hint-reply",
        &[Step::new(LIST, Expect::List)],
    ),
    Case::new(
        "reply-one-write",
        "1.1",
        "check-hint-one-write",
        &[Step::new(LIST, Expect::InOneWrite)],
    )
    .binding(Binding::Advice),
    Case::new(
        "framing-byte-by-byte",
        "1.1",
        "check-hint-read-on",
        &[Step::new(
            Send::ByteByByte(r#"{"type":"DISCOVER","namespace":"{ns}"}"#),
            Expect::List,
        )],
    ),
    Case::new(
        "framing-two-pieces",
        "1.1",
        "check-hint-read-on",
        &[Step::new(
            Send::Pieces(&[br#"{"type":"DISCOVER","names"#, b"pace\":\"{ns}\"}\n"]),
            Expect::List,
        )],
    ),
    Case::new(
        "framing-two-lines",
        "1.1",
        "check-hint-first-line",
        &[Step::new(
            Send::Raw(b"{\"type\":\"DISCOVER\",\"namespace\":\"{ns}\"}\n{\"type\":\"NONSENSE\"}\n"),
            Expect::List,
        )],
    ),
    Case::new(
        "framing-rest-ignored",
        "1.1",
        "check-hint-first-line",
        &[Step::new(
            Send::Behind(r#"{"type":"DISCOVER","namespace":"{ns}"}"#, 60_000),
            Expect::List,
        )],
    ),
    Case::new(
        "framing-crlf",
        "1.1",
        "check-hint-crlf",
        &[Step::new(
            Send::Raw(b"{\"type\":\"DISCOVER\",\"namespace\":\"{ns}\"}\r\n"),
            Expect::List,
        )],
    ),
    Case::new(
        "framing-end-without-newline",
        "1.1",
        "check-hint-end",
        &[Step::new(
            Send::End(br#"{"type":"DISCOVER","namespace":"{ns}"}"#),
            Expect::List,
        )],
    ),
    Case::new(
        "framing-utf8-cut",
        "1.1",
        "check-hint-utf8-cut",
        &[
            Step::new(
                Send::Pieces(&[
                    b"{\"type\":\"REGISTER\",\"name\":\"Jos\xc3",
                    b"\xa9\",\"namespace\":\"{ns}\",\"port\":4000,\"ttl\":60}\n",
                ]),
                registered(4000),
            ),
            listed(&[peer("José", 4000)]),
        ],
    ),
    Case::new(
        "framing-utf8-invalid",
        "1.1",
        "check-hint-utf8-invalid",
        &[
            Step::new(
                Send::Raw(
                    b"{\"type\":\"REGISTER\",\"name\":\"a\xffb\",\"namespace\":\"{ns}\",\"port\":4000,\"ttl\":60}\n",
                ),
                registered(4000),
            ),
            listed(&[peer("a\u{fffd}b", 4000)]),
        ],
    ),
    Case::new(
        "empty-line",
        "1.5",
        "check-hint-empty",
        &[says(Send::Raw(b"\n"), EMPTY_LINE)],
    ),
    Case::new(
        "empty-blank-line",
        "1.5",
        "check-hint-empty",
        &[says(Send::Raw(b"   \t\r\n"), EMPTY_LINE)],
    ),
    Case::new(
        "empty-end",
        "1.5",
        "check-hint-empty-end",
        &[says(Send::End(b""), EMPTY_LINE)],
    ),
    Case::new(
        "empty-blank-end",
        "1.5",
        "check-hint-empty-end",
        &[says(Send::End(b"   "), EMPTY_LINE)],
    ),
    Case::new(
        "json-broken",
        "1.5",
        "check-hint-json",
        &[unknown(r#"{"type":"DISCOVER","#)],
    ),
    Case::new("json-word", "1.5", "check-hint-json", &[unknown("hello")]),
    Case::new(
        "json-list",
        "1.5",
        "check-hint-object",
        &[unknown(r#"[{"type":"DISCOVER"}]"#)],
    ),
    Case::new("json-number", "1.5", "check-hint-object", &[unknown("42")]),
    Case::new("json-text", "1.5", "check-hint-object", &[unknown(r#""DISCOVER""#)]),
    Case::new("json-null", "1.5", "check-hint-object", &[unknown("null")]),
    Case::new(
        "type-missing",
        "1.5",
        "check-hint-type",
        &[unknown(r#"{"namespace":"{ns}"}"#)],
    ),
    Case::new(
        "type-number",
        "1.5",
        "check-hint-type",
        &[unknown(r#"{"type":7,"namespace":"{ns}"}"#)],
    ),
    Case::new(
        "type-null",
        "1.5",
        "check-hint-type",
        &[unknown(r#"{"type":null,"namespace":"{ns}"}"#)],
    ),
    Case::new(
        "type-unknown",
        "1.5",
        "check-hint-type",
        &[unknown(r#"{"type":"DISCOVERY","namespace":"{ns}"}"#)],
    ),
    Case::new(
        "type-spaces",
        "1.2",
        "check-hint-type-spaces",
        &[says(
            Send::Line(r#"{"type":" DISCOVER ","namespace":"{ns}"}"#),
            UNKNOWN_COMMAND,
        )],
    ),
    Case::new(
        "type-lower-case",
        "1.2",
        "check-hint-type-case",
        &[Step::new(
            Send::Line(r#"{"type":"discover","namespace":"{ns}"}"#),
            Expect::List,
        )],
    ),
    Case::new(
        "type-mixed-case",
        "1.2",
        "check-hint-type-case",
        &[Step::new(
            Send::Line(r#"{"type":"Register","name":"ana","namespace":"{run}","port":4000,"ttl":60}"#),
            registered(4000),
        )],
    ),
];
