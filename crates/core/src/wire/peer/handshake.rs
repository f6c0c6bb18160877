//! Who is on the other side: two signatures over the first two lines of a connection (docs/protocol.md 3.6).
//!
//! Signed are the bytes of both lines as they went over the wire, without their terminators, so that nothing in them can
//! be added, changed or taken away unseen. HELLO_OK holds its own signature: it is made over the line in which exactly
//! the bytes `,"re":"…"` are missing. For that, `x` is the last member of the line and `re` the last of `x`.
//!
//! Lines may be given with or without their terminators.

use base64ct::{Base64, Encoding};
use serde::{Serialize, Serializer, ser};
use sha2::{Digest, Sha256};

use super::read::decode;
use super::{EXTENSIONS, FEATURES, HelloX, Message, NONCE_BYTES, Ttl, VERSION};
use crate::id::PeerId;
use crate::identity::{Identity, PublicKey, Signature};
use crate::wire::json::to_ascii_line;

/// HELLO of `peer_id`, who can prove `identity`. `nonce` must be random.
pub fn hello(peer_id: &PeerId, identity: &Identity, nonce: [u8; NONCE_BYTES]) -> Vec<u8> {
    greeting("HELLO", peer_id, Some((identity, nonce)))
}

/// HELLO_OK of `peer_id`, with the proof of `identity` over `hello_line`. Without a proof when `hello_line` is `None`,
/// for a dialer that asked for none. `nonce` must be random.
pub fn hello_ok(peer_id: &PeerId, identity: &Identity, nonce: [u8; NONCE_BYTES], hello_line: Option<&[u8]>) -> Vec<u8> {
    let Some(hello_line) = hello_line else {
        return greeting("HELLO_OK", peer_id, None);
    };
    let mut line = greeting("HELLO_OK", peer_id, Some((identity, nonce)));
    let re = identity.sign_raw(&transcript(ACCEPTOR, hello_line, &[bare(&line)]));
    line.truncate(bare(&line).len() - CLOSING.len());
    line.extend_from_slice(RE_OPENING);
    line.extend_from_slice(re.to_string().as_bytes());
    line.push(b'"');
    line.extend_from_slice(CLOSING);
    line.push(b'\n');
    line
}

/// True when `ok_line`, which was read as `x`, answers `hello_line` and proves the key of `x`. False when that is the
/// key of `hello_line` itself: a node proves nothing to itself.
pub fn verify_hello_ok(hello_line: &[u8], ok_line: &[u8], x: &HelloX) -> bool {
    let Ok(Message::HelloOk(ok)) = decode(ok_line) else {
        return false;
    };
    let Ok(Message::Hello(hello)) = decode(hello_line) else {
        return false;
    };
    if ok.x.as_ref() != Some(x) || hello.x.is_none_or(|ours| ours.pk == x.pk) {
        return false;
    }
    let Some((before, re)) = without_re(bare(ok_line)) else {
        return false;
    };
    x.re == Some(re)
        && x.pk
            .verify_raw(&transcript(ACCEPTOR, hello_line, &[before, CLOSING]), &re)
}

/// X_AUTH: the dialer's proof over both lines as they went over the wire.
pub fn x_auth(identity: &Identity, hello_line: &[u8], ok_line: &[u8]) -> Vec<u8> {
    to_ascii_line(&XAuth {
        kind: "X_AUTH",
        sig: identity.sign_raw(&transcript(DIALER, hello_line, &[bare(ok_line)])),
        ttl: Ttl::NEIGHBOR,
    })
}

/// True when `sig` is the proof of `pk`, the key in `hello_line`, over both lines.
pub fn verify_x_auth(pk: &PublicKey, hello_line: &[u8], ok_line: &[u8], sig: &Signature) -> bool {
    let claimed = match decode(hello_line) {
        Ok(Message::Hello(hello)) => hello.x.map(|x| x.pk),
        _ => None,
    };
    claimed == Some(*pk) && pk.verify_raw(&transcript(DIALER, hello_line, &[bare(ok_line)]), sig)
}

fn greeting(kind: &'static str, peer_id: &PeerId, proof: Option<(&Identity, [u8; NONCE_BYTES])>) -> Vec<u8> {
    to_ascii_line(&Greeting {
        kind,
        peer_id,
        version: VERSION,
        features: FEATURES,
        ttl: Ttl::NEIGHBOR,
        x: proof.map(|(identity, nonce)| X {
            v: 1,
            pk: identity.public(),
            n: Nonce(nonce),
            f: EXTENSIONS,
        }),
    })
}

/// What is signed: of a fixed shape, and different for both sides, so that neither proof serves as the other.
fn transcript(tag: [u8; 8], hello_line: &[u8], ok_pieces: &[&[u8]]) -> Vec<u8> {
    let mut ok = Sha256::new();
    for piece in ok_pieces {
        ok.update(piece);
    }
    [tag.as_slice(), &Sha256::digest(bare(hello_line)), &ok.finalize()].concat()
}

/// What stands before `,"re":"…"}}`, and the signature in that. `None` unless nothing but these closes the line behind
/// the first opening: so there is no second one.
fn without_re(line: &[u8]) -> Option<(&[u8], Signature)> {
    let at = line.windows(RE_OPENING.len()).position(|window| window == RE_OPENING)?;
    let (before, rest) = line.split_at(at);
    let sig = rest[RE_OPENING.len()..].strip_suffix(CLOSING)?.strip_suffix(b"\"")?;
    Some((before, std::str::from_utf8(sig).ok()?.parse().ok()?))
}

/// A line without its terminator.
fn bare(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[derive(Serialize)]
struct Greeting<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    peer_id: &'a PeerId,
    version: &'static str,
    features: [&'static str; FEATURES.len()],
    ttl: Ttl,
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<X>,
}

#[derive(Serialize)]
struct X {
    v: u8,
    pk: PublicKey,
    n: Nonce,
    f: [&'static str; EXTENSIONS.len()],
}

struct Nonce([u8; NONCE_BYTES]);

impl Serialize for Nonce {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Base64 writes three bytes as four letters, and what is left over as four more.
        let mut text = [0; NONCE_BYTES.div_ceil(3) * 4];
        serializer.serialize_str(Base64::encode(&self.0, &mut text).map_err(ser::Error::custom)?)
    }
}

#[derive(Serialize)]
struct XAuth {
    #[serde(rename = "type")]
    kind: &'static str,
    sig: Signature,
    ttl: Ttl,
}

const ACCEPTOR: [u8; 8] = *b"papo1/ok";
const DIALER: [u8; 8] = *b"papo1/au";
const RE_OPENING: &[u8] = b",\"re\":\"";
/// The ends of `x` and of the line.
const CLOSING: &[u8] = b"}}";

#[cfg(test)]
mod tests;
