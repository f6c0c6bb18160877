//! Habits of old programs, one by one: docs/protocol.md 3.

use serde_json::{Value, json};

use super::solo::{ME, OLD, Solo, host, key_of, publication, send, signed, types};
use super::*;

mod connections;
mod leaving;
mod messages;

fn hello_ok(name: &str) -> Value {
    json!({"type": "HELLO_OK", "peer_id": name, "version": "1.0", "features": ["ack"], "ttl": 1})
}
