//! The extension `x` of REGISTER and UNREGISTER: an owner's signature (docs/protocol.md 1.8).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Refusal;
use crate::identity::{Identity, PublicKey, Signature};

/// `x:{pk,sig,seq}`: who owns a registration, and the proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The owner's key.
    pub pk: PublicKey,
    /// Its signature over the [`Deed`].
    pub sig: Signature,
    /// Grows with every request that the owner signs, so that an old one cannot be repeated by somebody else.
    pub seq: u64,
}

/// What an owner signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Be listed.
    Register,
    /// Be listed no more.
    Unregister,
}

impl Deed {
    const fn tag(self) -> &'static [u8] {
        match self {
            Self::Register => b"papo1/reg",
            Self::Unregister => b"papo1/unreg",
        }
    }
}

impl Claim {
    /// Signs a request. The port and `seq` are signed as decimal digits.
    pub fn sign(identity: &Identity, deed: Deed, namespace: &str, name: &str, port: u16, seq: u64) -> Self {
        let (port, number) = (port.to_string(), seq.to_string());
        let parts = [
            deed.tag(),
            namespace.as_bytes(),
            name.as_bytes(),
            port.as_bytes(),
            number.as_bytes(),
        ];
        Self {
            pk: identity.public(),
            sig: identity.sign(&parts),
            seq,
        }
    }

    /// True when the key signed exactly this.
    pub fn verify(&self, deed: Deed, namespace: &str, name: &str, port: u16) -> bool {
        let (port, number) = (port.to_string(), self.seq.to_string());
        let parts = [
            deed.tag(),
            namespace.as_bytes(),
            name.as_bytes(),
            port.as_bytes(),
            number.as_bytes(),
        ];
        self.pk.verify(&parts, &self.sig)
    }

    /// The claim of a request. An `x` without a key is somebody else's field and ignored; one with a key is ours and
    /// must have the right shape.
    pub(super) fn read(fields: &Map<String, Value>) -> Result<Option<Self>, Refusal> {
        match fields.get("x") {
            Some(x) if x.get("pk").is_some() => Self::deserialize(x).map(Some).map_err(|_| Refusal::BadFormat),
            _ => Ok(None),
        }
    }
}
