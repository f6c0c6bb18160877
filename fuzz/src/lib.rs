//! What the targets share: what every reply must look like, and a registry that is watched.

pub mod model;
pub mod ops;
pub mod world;

use papo_core::limits::{JOURNAL_LINE_BYTES, RENDEZVOUS_LINE_BYTES};
use papo_core::rendezvous::log::Entry;
use serde_json::Value;

/// Reads a reply, which must be one line of ASCII that fits and says whether it is good news (docs/protocol.md 1.4).
pub fn read_reply(line: &[u8]) -> Value {
    assert!(line.len() <= RENDEZVOUS_LINE_BYTES, "a reply has {} bytes", line.len());
    assert!(line.is_ascii(), "a reply is not ASCII");
    assert_eq!(
        line.iter().position(|&byte| byte == b'\n'),
        Some(line.len() - 1),
        "a reply is not one line"
    );
    let reply: Value = serde_json::from_slice(line).expect("a reply is JSON");
    let status = reply["status"].as_str().expect("a reply has a status");
    let complaint = reply["error"].as_str().or(reply["message"].as_str());
    assert_eq!(status == "ERROR", complaint.is_some(), "{reply}");
    assert!(status == "OK" || status == "ERROR", "{reply}");
    reply
}

/// Asserts that an entry comes back from its line as it went, and that the log takes the line.
pub fn check_entry(entry: &Entry) {
    let line = entry.encode();
    assert!(
        line.len() <= JOURNAL_LINE_BYTES,
        "a line of the log has {} bytes",
        line.len()
    );
    assert_eq!(line.iter().position(|&byte| byte == b'\n'), Some(line.len() - 1));
    assert_eq!(Entry::decode(&line).as_ref(), Some(entry));
}
