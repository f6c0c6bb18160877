//! Others that mean harm: docs/protocol.md 2.6, 2.7 and 3.6.

use serde_json::{Value, json};

use super::solo::{ME, OLD, Solo, host, key_of, publication, send, signed, types};
use super::*;

mod floods;
mod forgers;

/// A signed one of `novo@UnB`, who has key 1.
fn of_novo(solo: &Solo, q: u64, line: Value) -> Value {
    signed(1, q, solo.utc(), line)
}

fn only(lines: Vec<Value>, kind: &str) -> Vec<Value> {
    lines.into_iter().filter(|line| line["type"] == kind).collect()
}
