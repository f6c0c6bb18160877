//! Keys that prove who says something: Ed25519 (RFC 8032), written as standard padded base64.

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64, Encoding};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

/// Bytes of a secret seed and of a public key.
pub const KEY_BYTES: usize = 32;
/// Bytes of a signature.
pub const SIGNATURE_BYTES: usize = 64;

/// A secret key. Not shown by `Debug`, and wiped from memory when it is dropped.
#[derive(Clone)]
pub struct Identity(SigningKey);

/// A public key: a point of the curve in its one canonical encoding. Ordered by its bytes.
///
/// That it is a point does not make it a good key: those of small order, for which anybody can sign, verify nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; KEY_BYTES]);

/// A signature, right or wrong: see [`PublicKey::verify`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signature([u8; SIGNATURE_BYTES]);

/// Why a text is no key or signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ParseKeyError {
    /// Not padded base64 of the standard alphabet, in the one way of writing it, with so many bytes.
    #[error("is not the base64 of {0} bytes")]
    NotBase64(usize),
    /// The right number of bytes, but no point of the curve in its canonical encoding.
    #[error("is no Ed25519 key")]
    NotAPoint,
}

impl Identity {
    /// The key that belongs to 32 random bytes. They are the secret: whoever has them is this identity.
    pub fn from_seed(seed: [u8; KEY_BYTES]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }

    /// The secret bytes, to be stored where nobody else reads.
    pub fn seed(&self) -> [u8; KEY_BYTES] {
        self.0.to_bytes()
    }

    /// What others know this identity by.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs `parts`, each with its length before it, so that no byte can pass from one part to the next. The first
    /// part says what is signed (`papo1/reg`, `papo1/msg` …), so that no signature serves for something else.
    pub fn sign(&self, parts: &[&[u8]]) -> Signature {
        self.sign_raw(&joined(parts))
    }

    /// Signs bytes as they are. They must begin with a tag that says what they are, and be of a fixed shape.
    pub fn sign_raw(&self, bytes: &[u8]) -> Signature {
        Signature(self.0.sign(bytes).to_bytes())
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", self.public())
    }
}

impl PublicKey {
    /// Takes the bytes of a key.
    ///
    /// # Errors
    ///
    /// [`ParseKeyError::NotAPoint`] when they are none.
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Result<Self, ParseKeyError> {
        // A second way of writing one key would give its owner a second name.
        if !is_canonical(&bytes) || VerifyingKey::from_bytes(&bytes).is_err() {
            return Err(ParseKeyError::NotAPoint);
        }
        Ok(Self(bytes))
    }

    /// The bytes of the key.
    pub const fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// True when the owner of this key made `signature` with [`Identity::sign`] over the same parts.
    pub fn verify(&self, parts: &[&[u8]], signature: &Signature) -> bool {
        self.verify_raw(&joined(parts), signature)
    }

    /// True when the owner of this key made `signature` with [`Identity::sign_raw`] over the same bytes.
    pub fn verify_raw(&self, bytes: &[u8], signature: &Signature) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        VerifyingKey::from_bytes(&self.0).is_ok_and(|key| key.verify_strict(bytes, &signature).is_ok())
    }
}

impl Signature {
    /// Takes bytes as they are: whether they are worth something only [`PublicKey::verify`] tells.
    pub const fn from_bytes(bytes: [u8; SIGNATURE_BYTES]) -> Self {
        Self(bytes)
    }

    /// The bytes of the signature.
    pub const fn as_bytes(&self) -> &[u8; SIGNATURE_BYTES] {
        &self.0
    }
}

impl FromStr for PublicKey {
    type Err = ParseKeyError;

    fn from_str(text: &str) -> Result<Self, ParseKeyError> {
        Self::from_bytes(decoded(text)?)
    }
}

impl FromStr for Signature {
    type Err = ParseKeyError;

    fn from_str(text: &str) -> Result<Self, ParseKeyError> {
        decoded(text).map(Self)
    }
}

/// True unless another encoding stands for the same point (RFC 8032, 5.1.3): y is below the field's prime 2²⁵⁵ − 19,
/// and the sign of x is not set where x is 0, which is at y = 1 and y = −1. Writing the point anew would tell the same,
/// and take as long as reading it.
fn is_canonical(bytes: &[u8; KEY_BYTES]) -> bool {
    /// The field's prime, the lowest byte first.
    const PRIME: [u8; KEY_BYTES] = {
        let mut prime = [0xff; KEY_BYTES];
        (prime[0], prime[KEY_BYTES - 1]) = (0xed, 0x7f);
        prime
    };
    let mut y = *bytes;
    y[KEY_BYTES - 1] &= 0x7f;
    let negative = y != *bytes;
    let one = y[0] == 1 && y[1..].iter().all(|&byte| byte == 0);
    let minus_one = y[0] == PRIME[0] - 1 && y[1..] == PRIME[1..];
    y.iter().rev().lt(PRIME.iter().rev()) && !(negative && (one || minus_one))
}

/// Every byte of `parts`, each part behind its length as four bytes, the highest first.
fn joined(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| 4 + part.len()).sum());
    for part in parts {
        // A part of 4 GiB does not fit any message; its length would saturate and its signature be of no use.
        bytes.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

fn decoded<const BYTES: usize>(text: &str) -> Result<[u8; BYTES], ParseKeyError> {
    let mut bytes = [0; BYTES];
    match Base64::decode(text, &mut bytes) {
        Ok(found) if found.len() == BYTES => Ok(bytes),
        _ => Err(ParseKeyError::NotBase64(BYTES)),
    }
}

fn show(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    // The base64 of the longest of both, 64 bytes.
    let mut text = [0; 88];
    f.write_str(Base64::encode(bytes, &mut text).map_err(|_| fmt::Error)?)
}

macro_rules! written_as_base64 {
    ($($name:ident)*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                show(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    )*};
}

written_as_base64!(PublicKey Signature);

#[cfg(test)]
mod tests {
    use super::*;

    fn hex<const BYTES: usize>(text: &str) -> [u8; BYTES] {
        let digits: Vec<u8> = text
            .bytes()
            .map(|digit| u8::try_from(char::from(digit).to_digit(16).unwrap()).unwrap())
            .collect();
        let bytes: Vec<u8> = digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]).collect();
        bytes.try_into().unwrap()
    }

    fn identity() -> Identity {
        Identity::from_seed([7; 32])
    }

    #[test]
    fn signatures_are_those_of_rfc_8032() {
        // Section 7.1, tests 1 and 3.
        let cases: [(&str, &str, &[u8], &str); 2] = [
            (
                "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                b"",
                concat!(
                    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155",
                    "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
                ),
            ),
            (
                "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
                &[0xaf, 0x82],
                concat!(
                    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac",
                    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
                ),
            ),
        ];
        for (seed, public, message, signature) in cases {
            let identity = Identity::from_seed(hex(seed));
            assert_eq!(identity.public().as_bytes(), &hex(public));
            assert_eq!(identity.sign_raw(message).as_bytes(), &hex(signature));
            assert!(identity.public().verify_raw(message, &Signature(hex(signature))));
        }
    }

    #[test]
    fn a_signature_holds_for_its_parts_and_its_key_alone() {
        let signature = identity().sign(&[b"papo1/msg", b"ab", b"c"]);
        let public = identity().public();
        assert!(public.verify(&[b"papo1/msg", b"ab", b"c"], &signature));
        let others: [&[&[u8]]; 6] = [
            &[b"papo1/msg", b"a", b"bc"],
            &[b"papo1/msg", b"abc"],
            &[b"papo1/msg", b"abc", b""],
            &[b"papo1/msg", b"ab", b"c", b""],
            &[b"papo1/msga", b"b", b"c"],
            &[],
        ];
        for parts in others {
            assert!(!public.verify(parts, &signature), "{parts:?}");
        }
        assert!(!public.verify_raw(b"papo1/msgabc", &signature));
        let other = Identity::from_seed([8; 32]).public();
        assert!(!other.verify(&[b"papo1/msg", b"ab", b"c"], &signature));
    }

    #[test]
    fn the_seed_makes_the_same_identity_again_and_is_not_shown() {
        let identity = identity();
        assert_eq!(Identity::from_seed(identity.seed()).public(), identity.public());
        assert_eq!(format!("{identity:?}"), format!("Identity({})", identity.public()));
    }

    #[test]
    fn keys_and_signatures_are_read_as_they_are_written() {
        let (public, signature) = (identity().public(), identity().sign(&[b"papo1/test"]));
        assert_eq!(public.to_string().len(), 44);
        assert_eq!(public.to_string().parse(), Ok(public));
        assert_eq!(signature.to_string().len(), 88);
        assert_eq!(signature.to_string().parse(), Ok(signature));
        let json = serde_json::to_string(&(public, signature)).unwrap();
        assert_eq!(json, format!("[\"{public}\",\"{signature}\"]"));
        let read: (PublicKey, Signature) = serde_json::from_str(&json).unwrap();
        assert_eq!(read, (public, signature));
        assert!(serde_json::from_str::<PublicKey>("7").is_err());
    }

    #[test]
    fn only_the_one_way_of_writing_is_read() {
        // 32 bytes leave two unused bits in the last digit: "I=" and "J=" would be the same bytes.
        let good = identity().public().to_string();
        let (body, last) = good.split_at(good.len() - 2);
        let neighbour = char::from(last.as_bytes()[0] + 1);
        let bad = [
            String::new(),
            "=".repeat(44),
            good.trim_end_matches('=').to_owned(),
            format!("{good}="),
            format!("{good}\n"),
            format!(" {good}"),
            format!("{body}{neighbour}="),
            format!("{}==", body.trim_end_matches('=')),
            good.repeat(2),
            format!("-{}", &good[1..]),
            format!("é{}", &good[2..]),
            identity().sign(&[]).to_string(),
        ];
        for text in bad {
            assert_eq!(text.parse::<PublicKey>(), Err(ParseKeyError::NotBase64(32)), "{text:?}");
        }
        assert_eq!(good.parse::<Signature>(), Err(ParseKeyError::NotBase64(64)));
    }

    #[test]
    fn what_is_no_canonical_point_is_no_key() {
        let mut no_point = [0; 32];
        no_point[0] = 2;
        // The field's prime plus 3, which stands for 3, and 1 with the sign of a zero.
        let mut too_large = [0xff; 32];
        (too_large[0], too_large[31]) = (0xf0, 0x7f);
        let mut signed_zero = [0; 32];
        (signed_zero[0], signed_zero[31]) = (1, 0x80);
        assert!(VerifyingKey::from_bytes(&too_large).is_ok(), "else this tests nothing");
        for bytes in [no_point, too_large, signed_zero] {
            assert_eq!(PublicKey::from_bytes(bytes), Err(ParseKeyError::NotAPoint), "{bytes:?}");
        }
    }

    #[test]
    fn keys_are_those_that_writing_the_point_anew_gives_again() {
        let mut points = 0;
        for (last, middle) in [(0, 0), (0x80, 0), (0x7f, 0xff), (0xff, 0xff), (0x7f, 0), (0x3f, 7)] {
            for first in 0..=255 {
                let mut bytes = [middle; 32];
                (bytes[0], bytes[31]) = (first, last);
                let again = VerifyingKey::from_bytes(&bytes).map(|key| key.to_edwards().compress().to_bytes());
                let canonical = again.is_ok_and(|again| again == bytes);
                assert_eq!(PublicKey::from_bytes(bytes).is_ok(), canonical, "{bytes:?}");
                points += usize::from(canonical);
            }
        }
        assert!(points > 500, "{points}");
    }

    #[test]
    fn a_key_of_small_order_verifies_nothing() {
        // The neutral element: without the strict check, R = neutral and s = 0 sign every message.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        let key = PublicKey::from_bytes(neutral).unwrap();
        let mut forged = [0; 64];
        forged[0] = 1;
        let dalek = VerifyingKey::from_bytes(&neutral).unwrap();
        let lax = ed25519_dalek::Verifier::verify(&dalek, b"anything", &ed25519_dalek::Signature::from_bytes(&forged));
        assert!(lax.is_ok(), "else this tests nothing");
        assert!(!key.verify_raw(b"anything", &Signature(forged)));
    }
}
