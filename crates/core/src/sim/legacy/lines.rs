//! Lines as the old programs write them.

use serde_json::{Map, Value, json};

use super::habits::{Ack, Goodbye, Habits, Layout};
use crate::id::PeerId;
use crate::sim::scenario::Program;
use crate::time::{Instant, UtcMillis};
use crate::wire::json::to_ascii;

/// The pen of one program.
#[derive(Debug)]
pub(super) struct Pen {
    pub(super) habits: Habits,
    pub(super) me: PeerId,
    /// The ttl of what it says itself.
    pub(super) ttl: u8,
}

impl Pen {
    /// HELLO, or an answer to one that echoes nothing.
    pub(super) fn greeting(&self, kind: &str) -> Value {
        let me = self.me.as_str();
        match self.habits.0 {
            Program::Mute => json!({"type": kind, "peer_id": me, "version": "1.0"}),
            Program::Loose => json!({"type": kind, "peer_id": me, "version": 1, "features": null, "ttl": "1"}),
            Program::Repeater => {
                json!({"type": kind, "peer_id": me, "version": "1.0", "features": {"ack": true}, "ttl": 1})
            }
            Program::Rejecting => {
                json!({"type": kind, "msg_id": "hello", "peer_id": me, "version": "1.0", "features": "ack", "ttl": 1.0})
            }
            Program::Strict => {
                json!({"type": kind, "peer_id": me, "version": "1.0", "features": ["ack", "relay"], "ttl": 1})
            }
            _ => json!({"type": kind, "peer_id": me, "version": "1.0", "features": ["ack", "metrics"], "ttl": 1}),
        }
    }

    /// HELLO_OK.
    pub(super) fn hello_ok(&self, hello: &Map<String, Value>) -> Value {
        let mut line = self.greeting("HELLO_OK");
        if self.habits.echoes() {
            for key in ["peer_id", "features"] {
                line[key] = hello.get(key).cloned().unwrap_or(Value::Null);
            }
        }
        line
    }

    pub(super) fn ping(&self, id: &Value, now: Instant) -> Value {
        json!({"type": "PING", "msg_id": id, "timestamp": self.timestamp(now), "ttl": 1})
    }

    pub(super) fn pong(&self, ping: &Map<String, Value>, now: Instant) -> Value {
        if self.habits.echoes() {
            return json!({"type": "PONG"});
        }
        let id = ping.get("msg_id").cloned().unwrap_or(Value::Null);
        json!({"type": "PONG", "msg_id": id, "timestamp": self.timestamp(now), "ttl": 1})
    }

    pub(super) fn send(&self, id: &Value, dst: &PeerId, text: &str) -> Value {
        self.speech(json!({"type": "SEND", "msg_id": id, "dst": dst, "payload": text}))
    }

    /// PUB to `#namespace` or `*`.
    pub(super) fn publication(&self, id: &Value, dst: &str, text: &str) -> Value {
        let dst = if self.habits.is_loose() {
            dst.trim_start_matches('#')
        } else {
            dst
        };
        let mut line = self.speech(json!({"type": "PUB", "msg_id": id, "dst": dst, "payload": text}));
        if line.get("require_ack").is_some() {
            line["require_ack"] = json!(false);
        }
        line
    }

    fn speech(&self, mut line: Value) -> Value {
        if !self.habits.names_no_source() {
            line["src"] = json!(self.me);
        }
        if self.habits.is_loose() {
            line["ttl"] = json!(self.ttl.to_string());
        } else {
            line["require_ack"] = json!(true);
            line["ttl"] = json!(self.ttl);
        }
        line
    }

    /// The answer to a SEND, if it gives one.
    pub(super) fn ack(&self, send: &Map<String, Value>, now: Instant) -> Option<Value> {
        let id = send.get("msg_id")?;
        let full = || {
            json!({"type": "ACK", "msg_id": id, "src": self.me, "dst": send.get("src"), "from": self.me,
                "timestamp": self.timestamp(now), "ttl": 1})
        };
        match self.habits.ack() {
            Ack::Full => Some(full()),
            Ack::Short => Some(json!({"type": "ACK", "msg_id": id, "timestamp": self.timestamp(now), "ttl": 1})),
            Ack::Id => Some(json!({"type": "ACK", "msg_id": id})),
            Ack::IfAsked => (send.get("require_ack") == Some(&Value::Bool(true))).then(full),
            Ack::Never => None,
        }
    }

    /// BYE, if it says one.
    pub(super) fn bye(&self, id: &Value, to: Option<&PeerId>) -> Option<Value> {
        let to = to.map_or("*", PeerId::as_str);
        match self.habits.goodbye() {
            Goodbye::Full => Some(
                json!({"type": "BYE", "msg_id": id, "src": self.me, "dst": to, "reason": "quit",
                "ttl": 1}),
            ),
            Goodbye::Bare => Some(json!({"type": "BYE"})),
            Goodbye::Dest => Some(json!({"type": "BYE", "peer_id": self.me, "dest": to, "ttl": "1"})),
            Goodbye::Star => Some(json!({"type": "BYE", "msg_id": id, "src": self.me, "dst": "*", "ttl": 1})),
            Goodbye::None => None,
        }
    }

    /// BYE_OK; some make up an id of their own.
    pub(super) fn bye_ok(&self, own: &Value, bye: &Map<String, Value>) -> Value {
        if self.habits.is_loose() {
            return json!({"type": "BYE_OK", "msg_id": own, "ttl": 1});
        }
        json!({"type": "BYE_OK", "msg_id": bye.get("msg_id"), "src": self.me, "dst": bye.get("src"), "ttl": 1})
    }

    /// Three programs, three opinions of what a timestamp is. Not what papo has to believe.
    fn timestamp(&self, now: Instant) -> Value {
        let utc = UtcMillis::new(now.as_micros() / 1000);
        match self.habits.0 {
            Program::Echo | Program::Repeater => json!(utc.get() / 1000),
            Program::Loose => json!(utc.iso().trim_end_matches('Z')),
            _ => json!(utc.iso()),
        }
    }

    /// The writes that a line takes.
    pub(super) fn writes(&self, line: &Value) -> Vec<Vec<u8>> {
        let ended = |end: &[u8]| vec![[to_ascii(line).as_slice(), end].concat()];
        match self.habits.layout() {
            Layout::Plain => ended(b"\n"),
            Layout::Crlf => ended(b"\r\n"),
            Layout::Spaced => ended(b"\n\n"),
            Layout::Halves => {
                let mut first = line.to_string().into_bytes();
                first.push(b'\n');
                let second = first.split_off(first.len() / 2);
                vec![first, second]
            }
        }
    }
}
