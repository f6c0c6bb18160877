//! Keys and signatures as texts: whatever is one comes back as it went, and nothing makes a signature good by chance.
#![no_main]

use libfuzzer_sys::fuzz_target;
use papo_core::identity::{Identity, PublicKey, Signature};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    if let Ok(signature) = text.parse::<Signature>() {
        assert_eq!(signature.to_string(), text);
        assert!(
            !Identity::from_seed([7; 32])
                .public()
                .verify(&[b"papo1/reg"], &signature)
        );
    }
    if let Ok(key) = text.parse::<PublicKey>() {
        assert_eq!(key.to_string(), text);
        assert_eq!(PublicKey::from_bytes(*key.as_bytes()), Ok(key));
    }
    // Most texts are no base64, so bytes are tried as what base64 would hold.
    if let Some((seed, rest)) = data.split_first_chunk::<32>() {
        if let Ok(key) = PublicKey::from_bytes(*seed) {
            assert_eq!(key.to_string().parse(), Ok(key));
            assert!(!key.verify(&[rest], &Signature::from_bytes([0; 64])));
        }
        let identity = Identity::from_seed(*seed);
        let (first, second) = rest.split_at(rest.len() / 2);
        let signature = identity.sign(&[first, second]);
        assert!(identity.public().verify(&[first, second], &signature));
        assert!(!identity.public().verify(&[first, second, b""], &signature));
        assert!(rest.is_empty() || !identity.public().verify(&[rest, b""], &signature));
    }
});
