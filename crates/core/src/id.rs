//! Names and numbers that are parsed once and then trusted.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

use crate::limits::{MSG_ID_BYTES, NAME_CHARS, PEER_NAME_CHARS, ROOM_CHARS};
use crate::rng::Rng;

/// A client attached to this hub. Given out by the driver, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

/// A connection between this node and another, once it is open. Given out by the driver, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerLinkId(pub u64);

/// An attempt of a node to connect. Given out by the node, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DialId(pub u64);

/// A connection to the rendezvous, for one request. Given out by the driver, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// A configured hub link, by its place in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u32);

/// One `POST /relay` that waits for its reply. Given out by the driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// A room of this hub, by its place in the hub's table; stands for the name wherever only this process looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomId(pub u32);

/// The number of a message among those that one hub's own sessions said in one room, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(u64);

impl Seq {
    /// The number of the first message.
    pub const FIRST: Self = Self(1);

    /// `None` for 0, which no message has.
    pub const fn new(number: u64) -> Option<Self> {
        if number == 0 { None } else { Some(Self(number)) }
    }

    /// The number itself.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The number of the next message.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The number of the message before; `None` before the first.
    pub const fn previous(self) -> Option<Self> {
        Self::new(self.0 - 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a text is no name, room, id or number of the kind that it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ParseIdError {
    /// Nothing there.
    #[error("is empty")]
    Empty,
    /// Longer than the bound of its kind.
    #[error("is longer than {0} characters")]
    TooLong(usize),
    /// A character that this kind of name cannot hold.
    #[error("cannot hold the character {}", .0.escape_default())]
    Forbidden(char),
    /// An address, or a word that the hub needs for itself.
    #[error("is reserved")]
    Reserved,
    /// Not a name and a namespace with one `@` between them.
    #[error("is no name@namespace: one @, with 1 to 64 characters on each side of it")]
    NotAPeer,
    /// Not 32 hexadecimal digits.
    #[error("is not 32 hexadecimal digits")]
    NotHex,
}

/// A hub's identity: 128 random bits, made anew at each ephemeral start. Written as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HubId(u128);

impl HubId {
    /// Takes 128 bits as they are.
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    /// The 128 bits.
    pub const fn to_bits(self) -> u128 {
        self.0
    }
}

impl fmt::Display for HubId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for HubId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HubId({self})")
    }
}

impl FromStr for HubId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        // from_str_radix also takes a sign, which is no digit here.
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(ParseIdError::NotHex);
        }
        u128::from_str_radix(text, 16)
            .map(Self)
            .map_err(|_| ParseIdError::NotHex)
    }
}

impl Serialize for HubId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HubId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// True for characters that no name may hold: controls, what reorders or hides text, and every kind of space.
///
/// Names stand next to one another in lists and before texts; one that looks like another or moves its surroundings
/// would let its owner speak as somebody else.
fn deceives(character: char) -> bool {
    character.is_control()
        || character.is_whitespace()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffd}' | '\u{e0000}'..='\u{e0fff}')
}

/// A node's name in the network, `name@namespace` (docs/protocol.md 2.1). Exactly one `@`, 1 to 64 characters on each
/// side of it, no control characters. It proves nothing by itself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(Arc<str>);

impl PeerId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`.
    pub fn name(&self) -> &str {
        self.0.split_once('@').map_or(&self.0, |(name, _)| name)
    }

    /// What stands behind the `@`.
    pub fn namespace(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, namespace)| namespace)
    }

    /// A peer of one name in one namespace.
    ///
    /// # Errors
    ///
    /// As for reading one.
    pub fn new(name: &str, namespace: &str) -> Result<Self, ParseIdError> {
        format!("{name}@{namespace}").parse()
    }
}

impl FromStr for PeerId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let (name, namespace) = text.split_once('@').ok_or(ParseIdError::NotAPeer)?;
        if namespace.contains('@') || name.is_empty() || namespace.is_empty() {
            return Err(ParseIdError::NotAPeer);
        }
        check_length(name, PEER_NAME_CHARS)?;
        check_length(namespace, PEER_NAME_CHARS)?;
        match text.chars().find(|c| c.is_control()) {
            Some(c) => Err(ParseIdError::Forbidden(c)),
            None => Ok(Self(text.into())),
        }
    }
}

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Serialize for PeerId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PeerId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $check:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                $check(text)?;
                Ok(Self(text.into()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    };
}

fn check_length(text: &str, most: usize) -> Result<(), ParseIdError> {
    match text.chars().count() {
        0 => Err(ParseIdError::Empty),
        count if count > most => Err(ParseIdError::TooLong(most)),
        _ => Ok(()),
    }
}

fn check_room(text: &str) -> Result<(), ParseIdError> {
    check_length(text, ROOM_CHARS)?;
    match text
        .chars()
        .find(|&c| deceives(c) || matches!(c, '#' | '@' | '*' | '|' | '/' | '\\'))
    {
        Some(c) => Err(ParseIdError::Forbidden(c)),
        None => Ok(()),
    }
}

fn check_nick(text: &str) -> Result<(), ParseIdError> {
    check_length(text, NAME_CHARS)?;
    if let Some(c) = text
        .chars()
        .find(|&c| deceives(c) || matches!(c, '#' | '@' | '*' | '|' | '/' | '\\' | ':'))
    {
        return Err(ParseIdError::Forbidden(c));
    }
    // An address is the label of those without a nick, so it cannot be a nick.
    if text.parse::<std::net::IpAddr>().is_ok() || text.eq_ignore_ascii_case("papo") {
        return Err(ParseIdError::Reserved);
    }
    Ok(())
}

fn check_msg_id(text: &str) -> Result<(), ParseIdError> {
    if text.is_empty() {
        return Err(ParseIdError::Empty);
    }
    if text.len() > MSG_ID_BYTES {
        return Err(ParseIdError::TooLong(MSG_ID_BYTES));
    }
    match text.chars().find(|c| !c.is_ascii_graphic()) {
        Some(c) => Err(ParseIdError::Forbidden(c)),
        None => Ok(()),
    }
}

name!(
    /// A room's name: 1 to 64 visible characters without spaces and without `# @ * | / \`. Case counts.
    RoomName, check_room
);
name!(
    /// A session's name: 1 to 64 visible characters without spaces and without `# @ * | / \ :`, and no address.
    Nick, check_nick
);
name!(
    /// The id of a message: 1 to 64 visible ASCII characters.
    MsgId, check_msg_id
);

impl MsgId {
    /// A new id: 128 random bits in hexadecimal.
    pub fn random(rng: &mut Rng) -> Self {
        Self(format!("{:032x}", rng.next_u128()).into())
    }
}

impl Nick {
    /// Two nicks with the same key are the same to people: case does not tell them apart.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }

    /// This nick with `-2`, `-3` … behind it, shortened so that it stays a nick.
    #[must_use]
    pub fn with_suffix(&self, number: u32) -> Self {
        let suffix = format!("-{number}");
        let kept: String = self.0.chars().take(NAME_CHARS - suffix.len()).collect();
        Self(format!("{kept}{suffix}").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hub_ids_read_what_they_write_and_nothing_else() {
        let id = HubId::from_bits(0xab);
        assert_eq!(id.to_string(), "000000000000000000000000000000ab");
        assert_eq!(id.to_string().parse(), Ok(id));
        for bad in [
            "",
            "ab",
            "+00000000000000000000000000000ab",
            "g00000000000000000000000000000ab",
        ] {
            assert_eq!(bad.parse::<HubId>(), Err(ParseIdError::NotHex), "{bad:?}");
        }
    }

    #[test]
    fn rooms_take_names_that_people_use() {
        for good in ["lobby", "UnB", "redes-2025.2", "sala_3", "日本", "ação"] {
            assert!(good.parse::<RoomName>().is_ok(), "{good}");
        }
        let forbidden = [
            ("a b", ' '),
            ("#x", '#'),
            ("a\u{202e}b", '\u{202e}'),
            ("x/y", '/'),
            ("a\x1b[", '\x1b'),
        ];
        for (bad, why) in forbidden {
            assert_eq!(bad.parse::<RoomName>(), Err(ParseIdError::Forbidden(why)), "{bad:?}");
        }
        assert_eq!("".parse::<RoomName>(), Err(ParseIdError::Empty));
        assert_eq!("é".repeat(65).parse::<RoomName>(), Err(ParseIdError::TooLong(64)));
        assert!("é".repeat(64).parse::<RoomName>().is_ok());
    }

    #[test]
    fn nicks_cannot_pass_for_addresses_stamps_or_clients() {
        assert!("maria".parse::<Nick>().is_ok());
        for bad in ["127.0.0.1", "::1", "Papo"] {
            assert!(bad.parse::<Nick>().is_err(), "{bad}");
        }
        for (bad, why) in [
            ("Client #7", ' '),
            ("x|y", '|'),
            ("ana:", ':'),
            ("\u{200b}ana", '\u{200b}'),
            ("*", '*'),
        ] {
            assert_eq!(bad.parse::<Nick>(), Err(ParseIdError::Forbidden(why)), "{bad:?}");
        }
    }

    #[test]
    fn suffixed_nicks_are_nicks() {
        let long: Nick = "x".repeat(64).parse().unwrap();
        let suffixed = long.with_suffix(12);
        assert_eq!(suffixed.as_str().parse::<Nick>().as_ref(), Ok(&suffixed));
        assert_eq!("Ana".parse::<Nick>().unwrap().with_suffix(2).as_str(), "Ana-2");
    }

    #[test]
    fn peers_have_one_name_in_one_namespace() {
        let peer: PeerId = "alice@UnB".parse().unwrap();
        assert_eq!((peer.name(), peer.namespace()), ("alice", "UnB"));
        let long = format!("{}@{}", "é".repeat(64), "x".repeat(64));
        assert!(long.parse::<PeerId>().is_ok());
        for bad in [
            "alice",
            "@UnB",
            "alice@",
            "@",
            "a@b@c",
            "a\n@b",
            "a@b\u{1b}",
            &format!("{long}x"),
        ] {
            assert!(bad.parse::<PeerId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn there_is_no_message_zero() {
        assert_eq!(Seq::new(0), None);
        assert_eq!(Seq::FIRST.previous(), None);
        assert_eq!(Seq::FIRST.next().previous(), Some(Seq::FIRST));
    }
}
