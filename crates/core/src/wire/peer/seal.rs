//! Signed messages (docs/protocol.md 2.6).

use serde_json::{Map, Value};

use crate::identity::{Identity, PublicKey, Signature};
use crate::time::UtcMillis;

/// What a signature is made over. The fields are those of the line, letter by letter, so that nothing depends on how a
/// program writes JSON. What changes on the way is not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed<'a> {
    /// The type of the message, in upper case.
    pub kind: &'a str,
    /// Its `src`.
    pub src: &'a str,
    /// Its `dst`.
    pub dst: &'a str,
    /// Its `msg_id`.
    pub msg_id: &'a str,
    /// A number above that of everything that the key signed before.
    pub q: u64,
    /// When it was signed, by the signer's clock.
    pub t: UtcMillis,
    /// Its `payload`; what stands for it in a message without one is up to who signs and who verifies.
    pub payload: &'a str,
}

/// The key `x` of a signed message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seal {
    /// Who signed.
    pub pk: PublicKey,
    /// [`Sealed::q`].
    pub q: u64,
    /// [`Sealed::t`].
    pub t: UtcMillis,
    /// Over a [`Sealed`].
    pub sig: Signature,
    /// Which try of the message this is, from 0. Not signed.
    pub attempt: u8,
}

impl Sealed<'_> {
    /// Signs these fields.
    pub fn sign(&self, identity: &Identity, attempt: u8) -> Seal {
        Seal {
            pk: identity.public(),
            q: self.q,
            t: self.t,
            sig: self.with_parts(|parts| identity.sign(parts)),
            attempt,
        }
    }

    /// True when `seal` is over these fields, number and time included, and by its key. Whose key that is, is another
    /// question.
    pub fn is_signed_by(&self, seal: &Seal) -> bool {
        seal.q == self.q && seal.t == self.t && self.with_parts(|parts| seal.pk.verify(parts, &seal.sig))
    }

    fn with_parts<T>(&self, with: impl FnOnce(&[&[u8]]) -> T) -> T {
        let (q, t) = (self.q.to_string(), self.t.get().to_string());
        let texts = [
            "papo1/msg",
            self.kind,
            self.src,
            self.dst,
            self.msg_id,
            &q,
            &t,
            self.payload,
        ];
        with(&texts.map(str::as_bytes))
    }
}

impl Seal {
    /// Reads the key `x` of a message; `None` when it is not all there.
    pub(super) fn read(x: &Map<String, Value>) -> Option<Self> {
        let millis = x.get("t")?.as_u64()?;
        Some(Self {
            pk: x.get("pk")?.as_str()?.parse().ok()?,
            q: x.get("q")?.as_u64()?,
            // A time that would be clamped is not the one that was signed.
            t: Some(UtcMillis::new(millis)).filter(|t| t.get() == millis)?,
            sig: x.get("sig")?.as_str()?.parse().ok()?,
            attempt: attempt(x),
        })
    }
}

/// Which try a message or what became of it belongs to. Those that cannot be read count as the first.
pub(super) fn attempt(x: &Map<String, Value>) -> u8 {
    let number = x.get("try").and_then(Value::as_u64).unwrap_or(0);
    u8::try_from(number).unwrap_or(u8::MAX)
}
