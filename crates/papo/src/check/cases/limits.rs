//! The longest line (docs/protocol.md 1.1, 1.6). The newline counts.

use crate::check::case::{Case, Send, Step};
use crate::check::expect::Expect;

const HEAD: &str = r#"{"type":"DISCOVER","namespace":"{ns}""#;
const TAIL: &str = "}";

const fn taken(send: Send) -> Step {
    Step::new(send, Expect::List)
}

const fn too_long(send: Send) -> Step {
    Step::new(send, Expect::TooLong)
}

pub(super) const CASES: &[Case] = &[
    Case::new(
        "line-32767",
        "1.6",
        "check-hint-line-fits",
        &[taken(Send::Padded(HEAD, TAIL, 32_767))],
    ),
    Case::new(
        "line-32768",
        "1.6",
        "check-hint-line-fits",
        &[taken(Send::Padded(HEAD, TAIL, 32_768))],
    ),
    Case::new(
        "line-32768-field",
        "1.6",
        "check-hint-line-fits",
        &[taken(Send::Stuffed(
            r#"{"type":"DISCOVER","namespace":"{ns}","pad":""#,
            r#""}"#,
            32_768,
        ))],
    ),
    Case::new(
        "line-32769",
        "1.6",
        "check-hint-line-long",
        &[too_long(Send::Padded(HEAD, TAIL, 32_769))],
    ),
    Case::new(
        "line-100-kb",
        "1.6",
        "check-hint-line-drain",
        &[too_long(Send::Padded(HEAD, TAIL, 100_000))],
    ),
    Case::new(
        "line-without-newline",
        "1.6",
        "check-hint-line-endless",
        &[too_long(Send::Endless(40_000))],
    ),
];
