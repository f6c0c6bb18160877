//! JSON in plain ASCII: what reads 4096 bytes at a time and decodes each piece by itself must not find half a character
//! at its edge (docs/protocol.md 1.1).

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{CompactFormatter, Formatter};

use crate::planted::{Bug, planted};

/// `value` as compact JSON in which everything beyond ASCII is written `\uXXXX`, a character beyond the first 65,536 as
/// a pair of these. Empty for a value that JSON cannot express, such as a map whose keys are no strings.
pub fn to_ascii<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(128);
    append_ascii(&mut bytes, value);
    bytes
}

/// [`to_ascii`] behind what is there already.
pub(crate) fn append_ascii<T: Serialize + ?Sized>(bytes: &mut Vec<u8>, value: &T) {
    let before = bytes.len();
    let mut serializer = serde_json::Serializer::with_formatter(&mut *bytes, Ascii(CompactFormatter));
    if value.serialize(&mut serializer).is_err() {
        bytes.truncate(before);
    }
}

/// [`to_ascii`] and a newline: one message on a connection of lines. There is no other newline in it.
pub fn to_ascii_line<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut bytes = to_ascii(value);
    bytes.push(b'\n');
    bytes
}

struct Ascii(CompactFormatter);

impl Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if fragment.is_ascii() || planted(Bug::LegacyNotAscii) {
            return self.0.write_string_fragment(writer, fragment);
        }
        let mut rest = fragment;
        while let Some((at, character)) = rest.char_indices().find(|(_, character)| !character.is_ascii()) {
            self.0.write_string_fragment(writer, &rest[..at])?;
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[at + character.len_utf8()..];
        }
        self.0.write_string_fragment(writer, rest)
    }
}

/// A number as the old programs convert it: integers, whole floats and texts of digits. What is too large for an
/// `i64` saturates, so that it can be clamped.
pub(crate) fn whole_number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| {
            let float = number.as_f64().filter(|float| float.fract() == 0.0)?;
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a cast from a float saturates, as it should here"
            )]
            Some(float as i64)
        }),
        Value::String(text) => digits(text.trim()),
        _ => None,
    }
}

fn digits(text: &str) -> Option<i64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned.is_empty() || !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let saturated = if text.starts_with('-') { i64::MIN } else { i64::MAX };
    Some(text.parse().unwrap_or(saturated))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn what_is_beyond_ascii_is_escaped_and_the_rest_stays() {
        let value = json!({"olá": "ção \u{1f980}!", "n": [1, -2.5, null, true], "q": "a\"\\\n\u{7f}"});
        let text = String::from_utf8(to_ascii_line(&value)).unwrap();
        assert_eq!(
            text,
            "{\"n\":[1,-2.5,null,true],\"ol\\u00e1\":\"\\u00e7\\u00e3o \\ud83e\\udd80!\",\"q\":\"a\\\"\\\\\\n\u{7f}\"}\n"
        );
    }

    #[test]
    fn a_text_in_another_alphabet_is_written_in_time_that_grows_with_its_length() {
        let text = "я".repeat(200_000);
        assert_eq!(to_ascii(&text).len(), 2 + 6 * 200_000);
    }

    #[test]
    fn what_json_cannot_express_leaves_nothing() {
        let by_pair = std::collections::BTreeMap::from([((1, 2), 3)]);
        assert_eq!(to_ascii(&by_pair), b"");
        assert_eq!(to_ascii_line(&by_pair), b"\n");
    }

    fn values() -> impl Strategy<Value = Value> {
        let text = proptest::collection::vec(any::<char>(), 0..20).prop_map(String::from_iter);
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            text.clone().prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 32, 6, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::btree_map(text.clone(), inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_value_is_read_back_from_one_line_of_ascii(value in values()) {
            let line = to_ascii_line(&value);
            prop_assert!(line.is_ascii());
            prop_assert_eq!(line.iter().position(|&byte| byte == b'\n'), Some(line.len() - 1));
            prop_assert_eq!(serde_json::from_slice::<Value>(&line).unwrap(), value);
        }
    }
}
