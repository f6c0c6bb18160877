//! The fields of one line, and how leniently each is read (docs/protocol.md 3.2).

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::read::Undecodable;
use crate::id::{MsgId, PeerId};
use crate::limits::{PEER_CODE_CHARS, PEER_DETAIL_CHARS, PEER_REFERENCE_CHARS};
use crate::wire::json::whole_number;
use crate::wire::peer::{Seal, Ttl, seal};

/// The members of an object.
#[derive(Debug, Default)]
pub(super) struct Fields {
    members: Map<String, Value>,
    x: Option<Map<String, Value>>,
    /// A key stands in the object twice, or in its `x`. Programs differ in which of both they take, so that one would
    /// show what another verified differently.
    pub(super) repeated: Option<Repeated>,
}

/// Where a key was repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeated {
    /// Among the members: the id may be either.
    MsgId,
    /// Another member.
    Other,
    /// Within `x`.
    InX,
}

/// `x` keeps its own count of keys; it is no object in programs that use the name for something else.
#[derive(Deserialize)]
#[serde(untagged)]
enum X {
    Object(Fields),
    Other(Value),
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Fields::default();
                while let Some(key) = map.next_key::<String>()? {
                    fields.insert(key, &mut map)?;
                }
                Ok(fields)
            }
        }

        deserializer.deserialize_map(Members)
    }
}

impl Fields {
    fn insert<'de, A: MapAccess<'de>>(&mut self, key: String, map: &mut A) -> Result<(), A::Error> {
        let value = if key == "x" {
            match map.next_value::<X>()? {
                X::Object(inner) => {
                    if inner.repeated.is_some() {
                        self.repeated.get_or_insert(Repeated::InX);
                    }
                    self.x = Some(inner.members);
                    Value::Null
                }
                X::Other(value) => value,
            }
        } else {
            map.next_value()?
        };
        let is_msg_id = key == "msg_id";
        if self.members.insert(key, value).is_some() && self.repeated != Some(Repeated::MsgId) {
            self.repeated = Some(if is_msg_id { Repeated::MsgId } else { Repeated::Other });
        }
        Ok(())
    }

    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        self.members.get(key)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.members.contains_key(key)
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }

    /// The members of `x`, if it is an object.
    pub(super) fn x(&self) -> Option<&Map<String, Value>> {
        self.x.as_ref()
    }

    pub(super) fn seal(&self) -> Option<Seal> {
        Seal::read(self.x()?)
    }

    pub(super) fn attempt(&self) -> u8 {
        self.x().map_or(0, seal::attempt)
    }

    /// A name; `None` also for what is none.
    pub(super) fn peer(&self, key: &str) -> Option<PeerId> {
        self.text(key)?.parse().ok()
    }

    /// An id that messages are known by. Numbers count as their digits.
    pub(super) fn msg_id(&self, key: &'static str) -> Result<Option<MsgId>, Undecodable> {
        let bad = Undecodable::BadFormat {
            msg_id: None,
            field: key,
        };
        match self.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => text.parse().map(Some).map_err(|_| bad),
            Some(Value::Number(number)) => number.to_string().parse().map(Some).map_err(|_| bad),
            Some(_) => Err(bad),
        }
    }

    /// An id that is only sent back. One that is too long for that counts as none.
    pub(super) fn reference(&self, key: &str) -> Option<String> {
        let text = self.written(key)?;
        (text.chars().take(PEER_REFERENCE_CHARS + 1).count() <= PEER_REFERENCE_CHARS).then_some(text)
    }

    /// A text or a number, as text.
    pub(super) fn written(&self, key: &str) -> Option<String> {
        match self.get(key)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// The first of `keys` that is a text which says something, shortened.
    pub(super) fn words(&self, keys: &[&str]) -> Option<String> {
        let text = keys
            .iter()
            .filter_map(|key| self.text(key))
            .find(|text| !text.is_empty())?;
        Some(shortened(text, PEER_DETAIL_CHARS).to_owned())
    }

    /// The first of `keys` that looks like a code and not like a sentence, shortened.
    pub(super) fn code(&self, keys: &[&str]) -> Option<String> {
        let text = keys
            .iter()
            .filter_map(|key| self.text(key))
            .find(|text| !text.is_empty() && !text.contains(char::is_whitespace))?;
        Some(shortened(text, PEER_CODE_CHARS).to_owned())
    }

    /// Hops that may be made. `msg_id` says which message it is that has none that can be read.
    pub(super) fn ttl(&self, msg_id: Option<&MsgId>) -> Result<Ttl, Undecodable> {
        Ttl::read(self.get("ttl")).map_err(|_| Undecodable::BadFormat {
            msg_id: msg_id.cloned(),
            field: "ttl",
        })
    }

    /// A count of something: whole, and not below 0.
    pub(super) fn count(&self, key: &str) -> Option<u64> {
        let value = self.get(key)?;
        value.as_u64().or_else(|| u64::try_from(whole_number(value)?).ok())
    }
}

/// The first `chars` characters of `text`.
pub(super) fn shortened(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(end, _)| &text[..end])
}
