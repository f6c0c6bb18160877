//! Texts between people and programs: made visible, stamped, said (docs/protocol.md 4.2 and 5.1).

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::id::{HubId, Seq};
use crate::time::Minute;

/// `text` with everything replaced that moves a cursor, ends a line, reorders or hides. All that reaches a terminal, a
/// log or a line of the TCP text door passes through here.
///
/// C0 controls and DEL become their Unicode pictures (ESC is `␛`), the others `<U+XXXX>`. The zero-width joiner and
/// non-joiner stay: emoji and several scripts are written with them.
pub fn visible(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find(misleads) else {
        return Cow::Borrowed(text);
    };
    let (clean, rest) = text.split_at(first);
    let mut out = String::with_capacity(text.len() + 16);
    out.push_str(clean);
    for character in rest.chars() {
        match u32::from(character) {
            code @ 0..=0x1f => out.push(char::from_u32(0x2400 + code).unwrap_or(char::REPLACEMENT_CHARACTER)),
            0x7f => out.push('\u{2421}'),
            code if misleads(character) => {
                // Writing into a String cannot fail.
                let _ = write!(out, "<U+{code:04X}>");
            }
            _ => out.push(character),
        }
    }
    Cow::Owned(out)
}

/// [`visible`] for bytes; what is no UTF-8 becomes U+FFFD.
pub fn visible_bytes(bytes: &[u8]) -> String {
    visible(&String::from_utf8_lossy(bytes)).into_owned()
}

/// Appends the line of the TCP text door: `<label> | <YYYY-MM-DD HH:MM> | <text>` and a newline, made visible
/// (docs/protocol.md 4.2).
pub fn stamped_line(out: &mut Vec<u8>, label: &str, minute: Minute, text: &str) {
    out.extend_from_slice(visible(label).as_bytes());
    out.extend_from_slice(format!(" | {minute} | ").as_bytes());
    out.extend_from_slice(visible(text).as_bytes());
    out.push(b'\n');
}

/// What the WebSocket text door says when somebody spoke (docs/protocol.md 5.1).
pub fn said(label: &str, text: &str) -> String {
    format!("{label}: {text}")
}

/// What it says when somebody came.
pub fn joined(label: &str) -> String {
    format!("{label}{JOINED}")
}

/// What it says when somebody went.
pub fn left(label: &str) -> String {
    format!("{label}{LEFT}")
}

/// The label of the hub itself at text doors. No session can have it.
pub const HUB_LABEL: &str = "*";

/// What text doors show where messages `from` to `to` of another hub did not arrive.
pub fn missed(origin: HubId, from: Seq, to: Seq) -> String {
    let hub = &origin.to_string()[..8];
    match to.get().saturating_sub(from.get()).saturating_add(1) {
        1 => format!("1 message of hub {hub} did not arrive (number {from})"),
        count => format!("{count} messages of hub {hub} did not arrive (numbers {from} to {to})"),
    }
}

/// The label of the client that connected with the number `id`.
pub fn client_label(id: i64) -> String {
    format!("{CLIENT}{id}")
}

/// One of the texts of an old service, understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spoken<'a> {
    /// A client spoke.
    Said {
        /// `Client #<integer>`.
        label: &'a str,
        /// What it said; may be empty.
        text: &'a str,
    },
    /// A client came.
    Joined {
        /// `Client #<integer>`.
        label: &'a str,
    },
    /// A client went.
    Left {
        /// `Client #<integer>`.
        label: &'a str,
    },
    /// Any other text, whole.
    Other(&'a str),
}

/// Understands what [`said`], [`joined`] and [`left`] wrote for a [`client_label`]; all else is [`Spoken::Other`].
///
/// Only that kind of label is believed: any other could be the beginning of what somebody said.
pub fn parse_spoken(message: &str) -> Spoken<'_> {
    let label_end = message.strip_prefix(CLIENT).and_then(|rest| {
        let digits = rest.find([':', ' ']).unwrap_or(rest.len());
        parse_client_id(&rest[..digits]).map(|_| CLIENT.len() + digits)
    });
    let Some(label_end) = label_end else {
        return Spoken::Other(message);
    };
    let (label, rest) = message.split_at(label_end);
    match rest {
        JOINED => Spoken::Joined { label },
        LEFT => Spoken::Left { label },
        _ => match rest.strip_prefix(": ") {
            Some(text) => Spoken::Said { label, text },
            None => Spoken::Other(message),
        },
    }
}

/// The number in `/ws/{client_id}`: an optional sign and ASCII digits within `i64`; `None` for anything else
/// (docs/protocol.md 5.1).
pub fn parse_client_id(text: &str) -> Option<i64> {
    text.parse().ok()
}

fn misleads(character: char) -> bool {
    matches!(character,
        '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

const CLIENT: &str = "Client #";
const JOINED: &str = " joined the chat";
const LEFT: &str = " left the chat";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::UtcMillis;
    use proptest::prelude::*;

    #[test]
    fn what_misleads_becomes_visible() {
        let cases = [
            ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
            ("a\nb\r\tc\0\x7f", "a␊b␍␉c␀␡"),
            ("\u{85}\u{9b}2J", "<U+0085><U+009B>2J"),
            ("abc\u{202e}txt.exe", "abc<U+202E>txt.exe"),
            (
                "\u{61c}\u{200e}\u{200f}\u{202a}\u{2066}\u{2069}",
                "<U+061C><U+200E><U+200F><U+202A><U+2066><U+2069>",
            ),
            ("\u{200b}\u{2060}\u{feff}", "<U+200B><U+2060><U+FEFF>"),
            ("a\u{2028}b\u{2029}", "a<U+2028>b<U+2029>"),
            ("\u{e0041}", "<U+E0041>"),
        ];
        for (hostile, shown) in cases {
            assert_eq!(visible(hostile), shown);
            assert_eq!(visible_bytes(hostile.as_bytes()), shown);
        }
        assert_eq!(visible_bytes(b"ol\xc3 \xff\x07"), "ol\u{fffd} \u{fffd}␇");
    }

    #[test]
    fn what_people_write_stays_and_is_not_copied() {
        // The last two are joined by U+200D and U+200C.
        for text in [
            "",
            "oi",
            "ação, não?",
            "日本語",
            "עברית",
            "👩\u{200d}🚀",
            "می\u{200c}خواهم",
            "a | b",
            "␛",
        ] {
            assert!(matches!(visible(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn a_stamped_line_is_one_line_whatever_is_in_it() {
        let mut out = b"before".to_vec();
        let minute = UtcMillis::new(1_763_683_199_999).minute(0);
        stamped_line(&mut out, "10.0.0.7", minute, "oi");
        stamped_line(&mut out, "a\nb", minute, "x\r\ny");
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "before10.0.0.7 | 2025-11-20 23:59 | oi\na␊b | 2025-11-20 23:59 | x␍␊y\n"
        );
    }

    #[test]
    fn the_three_texts_are_understood_again() {
        for id in [0, 7, -3, 1_763_683_199_999, i64::MIN] {
            let label = &*client_label(id);
            assert_eq!(parse_spoken(&joined(label)), Spoken::Joined { label });
            assert_eq!(parse_spoken(&left(label)), Spoken::Left { label });
            for text in ["oi", "", "a: b", " joined the chat", "Client #9 left the chat", "x\ny"] {
                assert_eq!(parse_spoken(&said(label, text)), Spoken::Said { label, text });
            }
        }
        assert_eq!(joined("Client #7"), "Client #7 joined the chat");
        assert_eq!(left("Client #7"), "Client #7 left the chat");
        assert_eq!(said("Client #7", "oi"), "Client #7: oi");
    }

    #[test]
    fn other_texts_are_left_whole() {
        for text in [
            "",
            "oi",
            "Client #",
            "Client #7",
            "Client #7:oi",
            "Client #x: oi",
            "Client # 7: oi",
            "client #7: oi",
            "ana: oi",
            "ana joined the chat",
            "Client #7 joined the chat!",
            "Client #7  left the chat",
            "Client #99999999999999999999: oi",
        ] {
            assert_eq!(parse_spoken(text), Spoken::Other(text));
        }
    }

    #[test]
    fn client_ids_are_integers_and_nothing_else() {
        for (text, id) in [
            ("7", 7),
            ("-7", -7),
            ("+7", 7),
            ("007", 7),
            ("-0", 0),
            ("9223372036854775807", i64::MAX),
        ] {
            assert_eq!(parse_client_id(text), Some(id), "{text}");
        }
        for text in [
            "",
            "-",
            "+",
            "--7",
            " 7",
            "7 ",
            "7.0",
            "1e3",
            "1_000",
            "0x7",
            "٧",
            "9223372036854775808",
        ] {
            assert_eq!(parse_client_id(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_misleads_leaves(
            // Mostly from the ranges that matter, and anything else between them.
            characters in prop::collection::vec(prop_oneof![
                prop::char::range('\0', '\u{a0}'),
                prop::char::range('\u{2000}', '\u{2070}'),
                prop::char::range('\u{e0000}', '\u{e0080}'),
                any::<char>(),
            ], 0..40),
        ) {
            let text: String = characters.into_iter().collect();
            let shown = visible(&text);
            prop_assert!(!shown.chars().any(|c| {
                c < ' ' || ('\x7f'..='\u{9f}').contains(&c)
                    || "\u{61c}\u{200b}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2060}"
                        .contains(c)
                    || "\u{2066}\u{2067}\u{2068}\u{2069}\u{feff}".contains(c)
                    || ('\u{e0000}'..='\u{e007f}').contains(&c)
            }), "{shown:?}");
            let again = visible(&shown);
            prop_assert!(matches!(again, Cow::Borrowed(_)));
        }
    }
}
