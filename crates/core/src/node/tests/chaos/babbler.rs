//! Programs that say anything at all.

use serde_json::json;

use super::*;

/// It answers greetings as an old program does, sometimes badly, and hangs up now and then.
pub(super) struct Babbler {
    rng: Rng,
    machine: usize,
    hangs_up: bool,
}

impl Babbler {
    pub(super) fn new(seed: u64, machine: usize) -> Self {
        Self {
            rng: Rng::new(seed),
            machine,
            hangs_up: false,
        }
    }
}

impl Double for Babbler {
    fn on_line(&mut self, line: &str, say: &mut Vec<String>) {
        let Some(line) = object(line.as_bytes()) else { return };
        let answer = match line["type"].as_str().unwrap() {
            "HELLO" if self.rng.below(4) == 0 => {
                let mut echo = line.clone();
                echo["type"] = json!("HELLO_OK");
                echo
            }
            "HELLO" => json!({"type": "HELLO_OK", "peer_id": name(self.machine), "features": ["relay"]}),
            "PING" => json!({"type": "PONG", "msg_id": line["msg_id"]}),
            "SEND" if self.rng.below(2) == 0 => json!({"type": "ACK", "msg_id": line["msg_id"]}),
            "SEND" => json!({"type": "RELAY_FAIL", "msg_id": line["msg_id"], "code": "busy", "ttl": 4}),
            "WHO_HAS" => json!({"type": "WHO_HAS_HIT", "msg_id": line["msg_id"], "src": name(self.machine),
                "dst": line["dst"], "hops": self.rng.below(5), "ttl": 8}),
            "BYE" if self.rng.below(2) == 0 => json!({"type": "BYE_OK", "msg_id": 7}),
            _ => return,
        };
        self.hangs_up = self.rng.below(40) == 0;
        say.push(answer.to_string());
    }

    fn closes(&mut self) -> bool {
        std::mem::take(&mut self.hangs_up)
    }
}

/// A line: made up, or one that somebody wrote, as it was or with a few changes.
pub(super) fn babble(rng: &mut Rng, overheard: &[Vec<u8>], names: usize) -> Vec<u8> {
    let draw = |rng: &mut Rng, bound: usize| usize::try_from(rng.below(bound as u64)).unwrap();
    if overheard.is_empty() || rng.below(4) == 0 {
        let kinds = [
            "SEND",
            "PUB",
            "ACK",
            "WHO_HAS",
            "WHO_HAS_HIT",
            "RELAY_FAIL",
            "ERROR",
            "PING",
            "HELLO",
            "BYE",
            "?",
        ];
        let line = json!({"type": kinds[draw(rng, kinds.len())], "msg_id": rng.below(9).to_string(),
            "src": name(draw(rng, names)), "dst": name(draw(rng, names)), "payload": "invented",
            "ttl": rng.below(12), "peer_id": name(draw(rng, names)), "require_ack": true});
        return line.to_string().into_bytes();
    }
    let mut line = overheard[draw(rng, overheard.len())].clone();
    line.pop();
    match rng.below(4) {
        0 => {}
        1 => {
            for _ in 0..=rng.below(3) {
                let place = draw(rng, line.len());
                line[place] = u8::try_from(rng.below(256)).unwrap();
            }
        }
        2 => line.truncate(draw(rng, line.len())),
        _ => {
            if let Some(mut value) = object(&line) {
                let fields = ["src", "dst", "msg_id", "payload", "ttl", "x", "type", "peer_id"];
                let others = overheard[draw(rng, overheard.len())].as_slice();
                let field = fields[draw(rng, fields.len())];
                value[field] = object(others).map_or(json!(null), |other| other[field].clone());
                line = value.to_string().into_bytes();
            }
        }
    }
    line
}
