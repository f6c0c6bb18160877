//! The signature between hubs that share a secret (docs/protocol.md 5.4).

use std::fmt::{self, Write as _};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use thiserror::Error;

use crate::limits::RELAY_CLOCK_SKEW;
use crate::time::UtcMillis;

/// The HTTP header that carries a signature.
pub const SIGNATURE_HEADER: &str = "Papo-Signature";
/// Shortest secret, in bytes.
pub const SECRET_BYTES: usize = 16;

/// What two hubs share so that each knows a request of the other. Neither shown nor readable again.
#[derive(Clone)]
pub struct LinkSecret(Hmac<Sha256>);

/// Why a secret cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SecretError {
    /// Shorter than [`SECRET_BYTES`].
    #[error("has {0} bytes, use at least {SECRET_BYTES}")]
    TooShort(usize),
}

/// The number that makes a request different from all others. Its receiver lets each pass once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nonce(pub u128);

/// Why a signature does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// The header is not `t=<digits>,n=<32 hex>,sig=<64 hex>`.
    #[error("is not t=<seconds>,n=<32 hexadecimal digits>,sig=<64 hexadecimal digits>")]
    Malformed,
    /// Made with another secret or for another body.
    #[error("does not match: compare the link secrets of both hubs")]
    Mismatch,
    /// Right, but the clocks of both hubs are too far apart, or it was held back.
    #[error("is {0} s off: set the clocks of both hubs")]
    Clock(u64),
}

impl LinkSecret {
    /// Takes the content of a secret's file; line ends behind it do not count.
    ///
    /// # Errors
    ///
    /// [`SecretError::TooShort`] with fewer than [`SECRET_BYTES`].
    pub fn new(bytes: &[u8]) -> Result<Self, SecretError> {
        let end = bytes
            .iter()
            .rposition(|byte| !matches!(byte, b'\r' | b'\n'))
            .map_or(0, |last| last + 1);
        if end < SECRET_BYTES {
            return Err(SecretError::TooShort(end));
        }
        // HMAC takes keys of any length, so the error of the constructor has no other cause.
        Hmac::new_from_slice(&bytes[..end])
            .map(Self)
            .map_err(|_| SecretError::TooShort(end))
    }

    /// The value of [`SIGNATURE_HEADER`] for `body`, sent at `unix_seconds`. `nonce` must not repeat.
    pub fn sign(&self, unix_seconds: u64, nonce: u128, body: &[u8]) -> String {
        let (seconds, nonce) = (unix_seconds.to_string(), format!("{nonce:032x}"));
        let mut header = format!("t={seconds},n={nonce},sig=");
        for byte in self.mac(&seconds, &nonce, body).finalize().into_bytes() {
            // Writing into a String cannot fail.
            let _ = write!(header, "{byte:02x}");
        }
        header
    }

    /// Checks the value of [`SIGNATURE_HEADER`] that came with `body`, in constant time. The caller still has to refuse a
    /// nonce that it saw within twice [`RELAY_CLOCK_SKEW`].
    ///
    /// # Errors
    ///
    /// See [`SignatureError`]. Only who knows the secret learns about the clock.
    pub fn verify(&self, header: &str, now: UtcMillis, body: &[u8]) -> Result<Nonce, SignatureError> {
        let (seconds, nonce, signature) = parts(header).ok_or(SignatureError::Malformed)?;
        self.mac(seconds, nonce, body)
            .verify_slice(&signature)
            .map_err(|_| SignatureError::Mismatch)?;
        let time: u64 = seconds.parse().map_err(|_| SignatureError::Malformed)?;
        let nonce = u128::from_str_radix(nonce, 16).map_err(|_| SignatureError::Malformed)?;
        let off = time.saturating_mul(1000).abs_diff(now.get());
        if u128::from(off) > RELAY_CLOCK_SKEW.as_millis() {
            return Err(SignatureError::Clock(off.div_ceil(1000)));
        }
        Ok(Nonce(nonce))
    }

    fn mac(&self, seconds: &str, nonce: &str, body: &[u8]) -> Hmac<Sha256> {
        // Neither of the first two holds a dot, so no two requests give the same input.
        let mut mac = self.0.clone();
        for part in [seconds.as_bytes(), b".", nonce.as_bytes(), b".", body] {
            mac.update(part);
        }
        mac
    }
}

impl fmt::Debug for LinkSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkSecret(..)")
    }
}

/// Seconds and nonce as they were written, because that is what was signed, and the signature's bytes.
fn parts(header: &str) -> Option<(&str, &str, [u8; 32])> {
    let (seconds, rest) = header.strip_prefix("t=")?.split_once(",n=")?;
    let (nonce, hex) = rest.split_once(",sig=")?;
    let is_hex = |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if seconds.is_empty()
        || !seconds.bytes().all(|byte| byte.is_ascii_digit())
        || !is_hex(nonce, 32)
        || !is_hex(hex, 64)
    {
        return None;
    }
    let mut signature = [0; 32];
    for (byte, at) in signature.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()?;
    }
    Some((seconds, nonce, signature))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BODY: &[u8] = br#"{"message":"oi"}"#;
    const AT: u64 = 1_763_683_199;

    fn secret() -> LinkSecret {
        LinkSecret::new(b"0123456789abcdef").unwrap()
    }

    fn at(millis: u64) -> UtcMillis {
        UtcMillis::new(millis)
    }

    #[test]
    fn the_signature_is_that_of_other_programs() {
        // printf '1763683199.000000000000000000000000000000ab.{"message":"oi"}' | openssl dgst -sha256 -hmac 0123456789abcdef
        assert_eq!(
            secret().sign(AT, 0xab, BODY),
            "t=1763683199,n=000000000000000000000000000000ab,sig=79267b308a41287edac3ae7a808a7b0b69980de686ee4718cdd505563a0f9537"
        );
    }

    #[test]
    fn what_was_signed_is_believed_and_nothing_else() {
        let header = secret().sign(AT, 7, BODY);
        let now = at(AT * 1000);
        assert_eq!(secret().verify(&header, now, BODY), Ok(Nonce(7)));
        assert_eq!(secret().verify(&header, now, b"{}"), Err(SignatureError::Mismatch));
        let other = LinkSecret::new(b"0123456789abcdeg").unwrap();
        assert_eq!(other.verify(&header, now, BODY), Err(SignatureError::Mismatch));
        let later = header.replace("t=1763683199", "t=1763683200");
        assert_eq!(secret().verify(&later, now, BODY), Err(SignatureError::Mismatch));
        let renumbered = header.replace("7,sig", "8,sig");
        assert_eq!(secret().verify(&renumbered, now, BODY), Err(SignatureError::Mismatch));
    }

    #[test]
    fn clocks_may_be_off_by_the_bound_and_no_more() {
        let header = secret().sign(AT, 7, BODY);
        let signed = AT * 1000;
        for (now, expected) in [
            (signed - 120_000, Ok(Nonce(7))),
            (signed + 120_000, Ok(Nonce(7))),
            (signed - 120_001, Err(SignatureError::Clock(121))),
            (signed + 120_001, Err(SignatureError::Clock(121))),
        ] {
            assert_eq!(secret().verify(&header, at(now), BODY), expected, "{now}");
        }
        let absurd = secret().sign(u64::MAX, 7, BODY);
        assert!(matches!(
            secret().verify(&absurd, at(signed), BODY),
            Err(SignatureError::Clock(_))
        ));
    }

    #[test]
    fn other_headers_are_malformed() {
        let good = secret().sign(AT, 7, BODY);
        for bad in [
            String::new(),
            good.replace("t=", "t=+"),
            good.replace("t=1763683199", "t="),
            good.replace("n=0", "n="),
            good.replace("n=0", "n=+"),
            good.replace(",sig=", ", sig="),
            good[..good.len() - 1].to_owned(),
            format!("{good}0"),
            format!("{good}, {good}"),
            good.replace("sig=", "sig=é").chars().take(good.len() - 1).collect(),
        ] {
            assert_eq!(
                secret().verify(&bad, at(AT * 1000), BODY),
                Err(SignatureError::Malformed),
                "{bad:?}"
            );
        }
        // Many digits are a number of no clock, but must not be told apart before the secret is known.
        let long = good.replace("t=1763683199", &format!("t={}", "9".repeat(40)));
        assert_eq!(
            secret().verify(&long, at(AT * 1000), BODY),
            Err(SignatureError::Mismatch)
        );
    }

    #[test]
    fn secrets_are_long_enough_and_never_shown() {
        assert_eq!(
            LinkSecret::new(b"0123456789abcde\r\n\n").unwrap_err(),
            SecretError::TooShort(15)
        );
        assert_eq!(LinkSecret::new(b"\n").unwrap_err(), SecretError::TooShort(0));
        let with_newline = LinkSecret::new(b"0123456789abcdef\n").unwrap();
        assert_eq!(with_newline.sign(AT, 7, BODY), secret().sign(AT, 7, BODY));
        assert_eq!(format!("{:?}", secret()), "LinkSecret(..)");
    }

    proptest! {
        #[test]
        fn any_signature_is_believed_once_made(seconds in 0_u64..253_402_300_799, nonce: u128, body: Vec<u8>) {
            let header = secret().sign(seconds, nonce, &body);
            prop_assert_eq!(secret().verify(&header, at(seconds * 1000), &body), Ok(Nonce(nonce)));
        }

        #[test]
        fn any_header_is_answered(header in "(t=)?[0-9]{0,30}(,n=)?[0-9a-fé]{0,40}(,sig=)?[0-9a-fé]{0,70}") {
            prop_assert!(secret().verify(&header, at(AT * 1000), BODY).is_err());
        }
    }
}
