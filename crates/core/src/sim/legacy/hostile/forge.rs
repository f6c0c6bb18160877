//! Lines that are not what they say.

use serde_json::{Value, json};

use super::{Hostile, INVALID, INVENTED};
use crate::id::PeerId;
use crate::identity::Signature;
use crate::time::Instant;
use crate::wire::json::to_ascii;
use crate::wire::peer::{Message, Seal, Sealed, decode};

/// Deeper than any message.
const LEVELS: usize = 200;

impl Hostile {
    /// HELLO or HELLO_OK, mostly under its own name; a part of them with an `x` that proves nothing.
    pub(super) fn greeting(&mut self, kind: &str) -> Value {
        let name = match self.rng.below(4) {
            0 => self.name(),
            _ => self.me.clone(),
        };
        let mut line = json!({"type": kind, "peer_id": name, "version": "1.0", "features": ["ack", "relay", "who_has"],
            "ttl": 1});
        if self.rng.below(4) == 0 {
            let pk = self
                .overheard
                .iter()
                .map(|line| line["x"]["pk"].clone())
                .find(Value::is_string);
            let pk = pk.unwrap_or_else(|| json!(self.identity.public()));
            line["x"] = json!({"v": 1, "pk": pk, "n": self.nonce(), "f": []});
            if kind == "HELLO_OK" {
                line["x"]["re"] = self.no_signature();
            }
        }
        line
    }

    /// A SEND or PUB of its own, signed once it knows what time it is if it has proved its key.
    pub(super) fn own(&mut self, now: Instant, kind: &str, dst: &str, text: &str) -> Value {
        let me = self.me.clone();
        let mut line = self.speech(kind, &me, dst, text);
        self.sign(now, &mut line);
        line
    }

    pub(super) fn speech(&mut self, kind: &str, src: &PeerId, dst: &str, text: &str) -> Value {
        json!({"type": kind, "msg_id": self.id(), "src": src, "dst": dst, "payload": text,
            "require_ack": kind == "SEND", "ttl": 2 + self.rng.below(7)})
    }

    fn sign(&mut self, now: Instant, line: &mut Value) {
        let Some((told, at)) = self.clock.filter(|_| self.insider) else {
            return;
        };
        let t = told.after(now.since(at));
        self.last_q = (self.last_q + 1).max(t.get().saturating_mul(1000));
        let text = |field: &str| line[field].as_str().unwrap_or_default().to_owned();
        let (kind, src, dst, msg_id, payload) =
            (text("type"), text("src"), text("dst"), text("msg_id"), text("payload"));
        let sealed = Sealed {
            kind: &kind,
            src: &src,
            dst: &dst,
            msg_id: &msg_id,
            q: self.last_q,
            t,
            payload: &payload,
        };
        let Seal { pk, q, sig, .. } = sealed.sign(&self.identity, 0);
        line["x"] = json!({"pk": pk, "q": q, "t": t.get(), "sig": sig, "try": 0});
    }

    /// Something that it read, with another text. [`INVALID`] only if a signature stands below it that others read.
    pub(super) fn altered(&mut self, mut line: Value) -> Value {
        if line.get("payload").is_none() {
            return line;
        }
        let signed = match decode(&to_ascii(&line)) {
            Ok(Message::Send(speech) | Message::Pub(speech)) => speech.seal.is_some(),
            _ => false,
        };
        let mark = if signed { INVALID } else { INVENTED };
        line["payload"] = json!(format!("{mark} {}", self.rng.next_u64()));
        if signed && self.rng.below(4) > 0 {
            // As if it were the next message of its author: neither its id nor its number was seen, and it may go far.
            let q = line["x"]["q"].as_u64().unwrap_or(0);
            line["x"]["q"] = json!(q.saturating_add(1 + self.rng.below(1_000_000)));
            line["msg_id"] = json!(self.id());
            line["ttl"] = json!(8);
        }
        line
    }

    /// Something under the name and the key of another, with a signature that is none.
    pub(super) fn forged(&mut self, now: Instant, dst: &str) -> Option<Value> {
        let drawn = self.below(self.keys.len());
        let (src, pk) = self.keys.get(drawn).cloned()?;
        let kind = if dst == "*" { "PUB" } else { "SEND" };
        let text = format!("{INVALID} {}", self.rng.next_u64());
        let mut line = self.speech(kind, &src, dst, &text);
        let t = self.clock.map_or(0, |(told, at)| told.after(now.since(at)).get());
        let q = t.saturating_mul(1000).saturating_add(self.rng.below(1_000_000_000));
        line["x"] = json!({"pk": pk, "q": q, "t": t, "sig": self.no_signature(), "try": 0});
        Some(line)
    }

    /// An answer to a SEND under the name of its receiver, with what signature there is.
    pub(super) fn false_ack(&mut self, send: &Value) -> Value {
        let mut ack = json!({"type": "ACK", "msg_id": send["msg_id"], "src": send["dst"], "dst": send["src"],
            "from": send["dst"], "timestamp": "2025-11-20T23:59:59.000Z", "ttl": 8});
        match self.rng.below(3) {
            0 => ack["x"] = send["x"].clone(),
            1 => {
                ack["x"] = json!({"pk": self.identity.public(), "q": self.rng.next_u64() >> 1, "t": send["x"]["t"],
                    "sig": self.no_signature(), "try": send["x"]["try"]});
            }
            _ => {}
        }
        ack
    }

    /// A failure of what others do, under its own name or another's.
    pub(super) fn false_failure(&mut self, about: &Value) -> Value {
        let kind = ["RELAY_FAIL", "TTL_EXPIRED", "RELAY_OK", "ERROR"][self.below(4)];
        let src = self.some_name();
        json!({"type": kind, "msg_id": about["msg_id"], "ref": about["msg_id"], "src": src, "dst": about["src"],
            "reason": "no_route", "code": "no_route", "error": "no_route", "status": "ERROR", "detail": INVENTED,
            "ttl": 8, "x": {"try": about["x"]["try"]}})
    }

    /// A way to somebody that it does not have.
    pub(super) fn false_hit(&mut self, search: &Value) -> Value {
        let (src, via) = (self.some_name(), self.some_name());
        json!({"type": "WHO_HAS_HIT", "msg_id": search["msg_id"], "src": src, "dst": search["dst"], "via": via,
            "hops": self.rng.below(10), "ttl": 8})
    }

    pub(super) fn search(&mut self) -> Value {
        let (src, dst) = (self.some_name(), self.some_name());
        json!({"type": "WHO_HAS", "msg_id": self.id(), "src": src, "dst": dst, "ttl": 8})
    }

    /// What is no message in one of several ways. A SEND without an id is one for its receiver, so it is for nobody.
    pub(super) fn malformed(&mut self) -> Vec<u8> {
        let (id, src, dst) = (self.id(), self.stranger(), self.stranger());
        let (deep, shallow) = ("[".repeat(LEVELS), "]".repeat(LEVELS));
        let unnamed = format!(r#""type":"PUB","src":"{src}","dst":"*""#);
        let named = format!(r#"{unnamed},"msg_id":"{id}""#);
        let shape = self.below(7);
        // What follows a half line may make a whole one of it, and another of its kind may repeat a key once: both are
        // valid then.
        let mark = if [0, 5].contains(&shape) { INVENTED } else { INVALID };
        let text = format!(r#""payload":"{mark}""#);
        let line = match shape {
            0 => format!(r#"{{{named},"payload":"oi",{text},"ttl":8}}"#),
            1 => format!(r#"{{{named},{text},"ttl":"x"}}"#),
            2 => format!(r#"{{"type":"SEND","src":"{src}","dst":"{dst}",{text},"ttl":8}}"#),
            3 => format!(r#"{{{named},{text},"ttl":8,"y":{deep}{shallow}}}"#),
            4 => format!(r#"{{{unnamed},"msg_id":{{}},{text},"ttl":8}}"#),
            5 => format!(r#"{{{named},{text},"ttl":8"#),
            _ => format!(r#"[{{{named},{text},"ttl":8}}]"#),
        };
        [line.as_bytes(), b"\n"].concat()
    }

    /// A line with a few bytes of something else in it.
    pub(super) fn noise(&mut self, line: &Value) -> Vec<u8> {
        // Without the letters of "sig" it has no signature any more, wrong or right, and may be shown.
        let mut line = String::from_utf8_lossy(&to_ascii(line))
            .replace(INVALID, INVENTED)
            .into_bytes();
        for _ in 0..=self.below(4) {
            let place = self.below(line.len());
            if let Some(byte) = line.get_mut(place) {
                *byte = u8::try_from(self.rng.below(256)).unwrap_or(0);
            }
        }
        line.push(b'\n');
        line
    }

    /// A name that it knows, or a made-up one.
    pub(super) fn name(&mut self) -> PeerId {
        match self
            .names
            .get(usize::try_from(self.rng.below(self.names.len() as u64)).unwrap_or(0))
        {
            Some(name) => name.clone(),
            None => self.stranger(),
        }
    }

    /// Its own name, a known one, or a made-up one.
    pub(super) fn some_name(&mut self) -> PeerId {
        match self.rng.below(3) {
            0 => self.me.clone(),
            1 => self.name(),
            _ => self.stranger(),
        }
    }

    /// Somebody who does not exist.
    pub(super) fn stranger(&mut self) -> PeerId {
        let name = format!("nobody{}", self.rng.below(1000));
        PeerId::new(&name, self.me.namespace()).unwrap_or_else(|_| self.me.clone())
    }

    pub(super) fn id(&mut self) -> String {
        format!("{:032x}", self.rng.next_u128())
    }

    /// 16 bytes in base64, as a greeting has them.
    pub(super) fn nonce(&mut self) -> Value {
        const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let letter = |rng: &mut crate::rng::Rng, bound: u64, shift: u32| {
            let index = usize::try_from(rng.below(bound) << shift).unwrap_or(0);
            char::from(LETTERS[index % LETTERS.len()])
        };
        let mut text: String = (0..21).map(|_| letter(&mut self.rng, 64, 0)).collect();
        // The last one holds two bits.
        text.push(letter(&mut self.rng, 4, 4));
        json!(text + "==")
    }

    /// What looks like a signature.
    fn no_signature(&mut self) -> Value {
        let mut bytes = [0; crate::identity::SIGNATURE_BYTES];
        for part in bytes.chunks_mut(size_of::<u64>()) {
            part.copy_from_slice(&self.rng.next_u64().to_le_bytes());
        }
        json!(Signature::from_bytes(bytes))
    }

    /// A number below `bound`.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.rng.below(bound as u64)).unwrap_or(0)
    }
}
