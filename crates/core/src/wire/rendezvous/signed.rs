//! Signed registrations: what is signed, and how it stands on the wire (docs/protocol.md 1.8).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Refusal;
use crate::identity::{Identity, PublicKey, Signature};

/// What a signed request does. A signature for one is worth nothing for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// REGISTER.
    Register,
    /// UNREGISTER.
    Unregister,
}

/// All that a signed request signs. The address is not in it: the server sees that for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim<'a> {
    /// What the request does.
    pub purpose: Purpose,
    /// The namespace, as it stands in the request.
    pub namespace: &'a str,
    /// The name, as it stands in the request.
    pub name: &'a str,
    /// The port.
    pub port: u16,
    /// A number above that of every earlier request of the same key.
    pub seq: u64,
}

/// The key `x` of a signed request and of its entry in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// Who signed.
    pub pk: PublicKey,
    /// Over a [`Claim`].
    pub sig: Signature,
    /// The number in the claim.
    pub seq: u64,
}

impl Claim<'_> {
    /// Signs this claim.
    pub fn sign(&self, identity: &Identity) -> Signed {
        Signed {
            pk: identity.public(),
            sig: self.with_parts(|parts| identity.sign(parts)),
            seq: self.seq,
        }
    }

    /// True when `signed` is this claim, signed by its key.
    pub fn is_signed_by(&self, signed: &Signed) -> bool {
        signed.seq == self.seq && self.with_parts(|parts| signed.pk.verify(parts, &signed.sig))
    }

    fn with_parts<T>(&self, with: impl FnOnce(&[&[u8]]) -> T) -> T {
        let tag = match self.purpose {
            Purpose::Register => "papo1/reg",
            Purpose::Unregister => "papo1/unreg",
        };
        let (port, seq) = (self.port.to_string(), self.seq.to_string());
        with(&[tag, self.namespace, self.name, &port, &seq].map(str::as_bytes))
    }
}

impl Signed {
    /// The `x` of a request. One without a key is somebody else's field and ignored; one with a key is ours and must
    /// have the right shape.
    pub(super) fn read(fields: &Map<String, Value>) -> Result<Option<Self>, Refusal> {
        match fields.get("x") {
            Some(x) if x.get("pk").is_some() => Self::deserialize(x).map(Some).map_err(|_| Refusal::BadFormat),
            _ => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_signed_in_all_its_parts() {
        let claim = Claim {
            purpose: Purpose::Register,
            namespace: "unb",
            name: "ana",
            port: 4000,
            seq: 7,
        };
        let identity = Identity::from_seed([1; 32]);
        let signed = claim.sign(&identity);
        assert!(claim.is_signed_by(&signed));
        let parts: [&[u8]; 5] = [b"papo1/reg", b"unb", b"ana", b"4000", b"7"];
        assert!(identity.public().verify(&parts, &signed.sig));
        let others = [
            Claim {
                purpose: Purpose::Unregister,
                ..claim
            },
            Claim {
                namespace: "unba",
                name: "na",
                ..claim
            },
            Claim { name: "bia", ..claim },
            Claim { port: 4001, ..claim },
            Claim { seq: 8, ..claim },
        ];
        for other in others {
            assert!(!other.is_signed_by(&signed), "{other:?}");
            assert!(
                !other.is_signed_by(&Signed {
                    seq: other.seq,
                    ..signed
                }),
                "{other:?}"
            );
        }
    }
}
