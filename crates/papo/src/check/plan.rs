//! From what a case says to the bytes of one run.

use std::time::Duration;

use papo_core::wire::text::visible_bytes;

use super::case::Send;
use super::exchange::Plan;
use super::problem::Shown;
use crate::text::Message;

/// What stands for the placeholders of a case.
#[derive(Debug, Clone)]
pub(super) struct Names {
    /// The namespace of the whole run.
    pub(super) run: String,
    /// The namespace of the case.
    pub(super) case: String,
}

/// Characters of a request or a reply that people are shown.
const SHOWN_CHARS: usize = 240;
/// Between two pieces that are to be segments of their own.
const PIECE_PAUSE: Duration = Duration::from_millis(60);
/// Between two bytes that are written one by one: two would travel together otherwise.
const BYTE_PAUSE: Duration = Duration::from_millis(2);

impl Names {
    /// The bytes with every placeholder filled in.
    pub(super) fn fill(&self, template: &[u8]) -> Vec<u8> {
        let padded = |fill: &str, length: usize| {
            let missing = length.saturating_sub(self.case.chars().count());
            format!("{}{}", self.case, fill.repeat(missing))
        };
        let values = [
            ("{ns}", self.case.clone()),
            ("{NS}", self.case.to_ascii_uppercase()),
            ("{run}", self.run.clone()),
            ("{x64}", "x".repeat(64)),
            ("{x65}", "x".repeat(65)),
            ("{é64}", "é".repeat(64)),
            ("{é65}", "é".repeat(65)),
            ("{ns64}", padded("-", 64)),
            ("{ns65}", padded("-", 65)),
            ("{nsé64}", padded("é", 64)),
            ("{nsé65}", padded("é", 65)),
        ];
        let mut filled = Vec::with_capacity(template.len());
        let mut rest = template;
        while let Some((&byte, after)) = rest.split_first() {
            let found = values.iter().find(|(name, _)| rest.starts_with(name.as_bytes()));
            if let Some((name, value)) = found {
                filled.extend_from_slice(value.as_bytes());
                rest = &rest[name.len()..];
            } else {
                filled.push(byte);
                rest = after;
            }
        }
        filled
    }
}

/// The writes that make up a request. A drip takes `second` between two bytes.
pub(super) fn plan(send: Send, names: &Names, second: Duration) -> Plan {
    let line = |text: &str| {
        let mut bytes = names.fill(text.as_bytes());
        bytes.push(b'\n');
        bytes
    };
    let at_once = |bytes: Vec<u8>| Plan {
        pieces: vec![bytes],
        ..Plan::default()
    };
    let apart = |pieces: Vec<Vec<u8>>, pause| Plan {
        pieces,
        pause,
        end: false,
    };
    let bytewise = |bytes: Vec<u8>| bytes.into_iter().map(|byte| vec![byte]).collect();
    match send {
        Send::Line(text) => at_once(line(text)),
        Send::Raw(bytes) => at_once(names.fill(bytes)),
        Send::End(bytes) => Plan {
            end: true,
            ..at_once(names.fill(bytes))
        },
        Send::Pieces(pieces) => apart(pieces.iter().map(|piece| names.fill(piece)).collect(), PIECE_PAUSE),
        Send::ByteByByte(text) => apart(bytewise(line(text)), BYTE_PAUSE),
        Send::Padded(head, tail, length) => at_once(stretched(&names.fill(head.as_bytes()), b' ', tail, length)),
        Send::Stuffed(head, tail, length) => at_once(stretched(&names.fill(head.as_bytes()), b'x', tail, length)),
        Send::Behind(text, length) => {
            let mut bytes = line(text);
            bytes.resize(bytes.len() + length, b'x');
            at_once(bytes)
        }
        Send::Endless(length) => at_once(vec![b'x'; length]),
        Send::Nothing => Plan::default(),
        Send::Drip(text) => apart(bytewise(line(text)), second),
    }
}

/// Head, as much of `fill` as is needed, tail and a newline: `length` bytes.
fn stretched(head: &[u8], fill: u8, tail: &str, length: usize) -> Vec<u8> {
    let mut bytes = head.to_vec();
    bytes.resize(length.saturating_sub(tail.len() + 1).max(head.len()), fill);
    bytes.extend_from_slice(tail.as_bytes());
    bytes.push(b'\n');
    bytes
}

/// What is written, for people.
pub(super) fn sent(send: Send, plan: &Plan) -> Shown {
    let bytes = plan.pieces.concat();
    let wire = shortened(&bytes);
    Shown::Said(match send {
        Send::Nothing => Message::new("check-sent-nothing"),
        Send::End([]) => Message::new("check-sent-end-alone"),
        Send::End(_) => Message::new("check-sent-end").with("bytes", wire),
        Send::Pieces(_) => {
            let pieces: Vec<String> = plan.pieces.iter().map(|piece| shortened(piece)).collect();
            Message::new("check-sent-pieces").with("bytes", pieces.join(" | "))
        }
        Send::ByteByByte(_) => Message::new("check-sent-byte-by-byte").with("bytes", wire),
        Send::Drip(_) => Message::new("check-sent-drip").with("bytes", wire),
        _ if bytes.len() > SHOWN_CHARS => Message::new("check-sent-long")
            .with("bytes", wire)
            .with("length", bytes.len()),
        _ => return Shown::Wire(wire),
    })
}

/// The beginning of what is on the wire, made visible.
pub(super) fn shortened(bytes: &[u8]) -> String {
    let text = visible_bytes(&bytes[..bytes.len().min(4 * SHOWN_CHARS)]);
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names {
            run: "papo-check-1f2e3d".to_owned(),
            case: "papo-check-1f2e3d-7".to_owned(),
        }
    }

    fn written(send: Send) -> Vec<u8> {
        plan(send, &names(), Duration::from_secs(1)).pieces.concat()
    }

    #[test]
    fn placeholders_are_filled_in_and_other_braces_stay() {
        let filled = names().fill(br#"{"a":"{ns}","b":"{NS}","c":"{run}","d":{"e":"{nothing}"}}"#);
        assert_eq!(
            String::from_utf8(filled).unwrap(),
            r#"{"a":"papo-check-1f2e3d-7","b":"PAPO-CHECK-1F2E3D-7","c":"papo-check-1f2e3d","d":{"e":"{nothing}"}}"#
        );
        for (template, length) in [
            ("{x64}", 64),
            ("{é65}", 65),
            ("{ns64}", 64),
            ("{nsé64}", 64),
            ("{ns65}", 65),
        ] {
            let filled = String::from_utf8(names().fill(template.as_bytes())).unwrap();
            assert_eq!(filled.chars().count(), length, "{template}");
        }
    }

    #[test]
    fn long_lines_have_exactly_the_length_that_they_say() {
        for length in [32_767, 32_768, 32_769] {
            let bytes = written(Send::Padded(r#"{"a":"{ns}""#, "}", length));
            assert_eq!(bytes.len(), length);
            assert!(bytes.ends_with(b" }\n"));
            assert_eq!(bytes.iter().position(|&byte| byte == b'\n'), Some(length - 1));
            assert_eq!(written(Send::Stuffed(r#"{"a":""#, r#""}"#, length)).len(), length);
        }
    }

    #[test]
    fn what_people_see_is_short_and_harmless() {
        let shown = shortened("a\u{1b}[31m\n".as_bytes());
        assert!(!shown.contains('\u{1b}') && !shown.contains('\n'), "{shown}");
        assert!(shortened(&vec![b'x'; 100_000]).chars().count() <= SHOWN_CHARS + 1);
    }
}
