use std::borrow::Borrow;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::identity::Identity;

mod limits;
mod log;
mod owners;
mod table;

const SEP: Dialect = Dialect::September;
const NOV: Dialect = Dialect::November;
const BOTH: [Dialect; 2] = [SEP, NOV];
/// Noon of some day.
const UTC: UtcMillis = UtcMillis::new(1_763_640_000_000);

/// A registry and the connections to it, one for each request as on the wire.
struct World {
    registry: Registry,
    now: Instant,
    next: u64,
    /// What a restart would read.
    log: Vec<Entry>,
}

fn config(dialect: Dialect) -> Config {
    Config {
        dialect,
        per_minute: None,
        trusted: vec![],
        capacity: Capacity::default(),
        utc: UTC,
    }
}

/// What a connection gets before it asks.
#[derive(Debug, PartialEq)]
enum Opening {
    Read,
    Said(Value),
    Closed,
}

impl World {
    fn new(dialect: Dialect) -> Self {
        Self::with(config(dialect))
    }

    fn with(config: Config) -> Self {
        Self {
            registry: Registry::new(config, 42, Instant::ZERO),
            now: Instant::ZERO,
            next: 0,
            log: Vec::new(),
        }
    }

    fn wait(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
    }

    /// Connects.
    fn open(&mut self, from: &str) -> (ConnectionId, Opening) {
        self.next += 1;
        let connection = ConnectionId(self.next);
        let from: SocketAddr = from.parse().unwrap();
        self.registry.handle(self.now, Input::Opened { connection, from });
        let said = match self.registry.poll_output().unwrap() {
            Output::Read { connection: of } => {
                assert_eq!(of, connection);
                Opening::Read
            }
            Output::Reply { line, .. } => Opening::Said(serde_json::from_slice(&line).unwrap()),
            Output::Close { .. } => Opening::Closed,
            Output::Store(entry) => panic!("{entry:?}"),
        };
        assert_eq!(self.registry.poll_output(), None);
        (connection, said)
    }

    fn raw(&mut self, from: &str, line: &[u8]) -> Value {
        let (connection, said) = self.open(from);
        match said {
            Opening::Read => {}
            Opening::Said(said) => return said,
            Opening::Closed => panic!("closed without a byte"),
        }
        self.registry.handle(self.now, Input::Line { connection, line });
        let mut stored_before = false;
        loop {
            match self.registry.poll_output().expect("every connection is answered") {
                Output::Store(entry) => {
                    self.log.push(entry);
                    stored_before = true;
                }
                Output::Reply { line, stored, .. } => {
                    let says_gone = line == b"{\"status\":\"OK\"}\n";
                    assert_eq!(stored, stored_before || says_gone);
                    assert_eq!(self.registry.poll_output(), None);
                    assert!(line.len() <= 32_768 && line.ends_with(b"\n") && line.is_ascii());
                    return serde_json::from_slice(&line).unwrap();
                }
                other => panic!("{other:?}"),
            }
        }
    }

    fn ask(&mut self, from: &str, request: impl Borrow<Value>) -> Value {
        self.raw(from, request.borrow().to_string().as_bytes())
    }

    fn register(&mut self, ip: &str, name: &str, namespace: &str, port: u16, ttl: u32) {
        let request = json!({"type": "REGISTER", "name": name, "namespace": namespace, "port": port, "ttl": ttl});
        let reply = self.ask(&format!("{ip}:50000"), request);
        assert_eq!(reply["status"], "OK", "{reply}");
    }

    /// What is listed in a namespace, as `name:port/expires_in`, in order.
    fn listed(&mut self, from_ip: &str, namespace: &str) -> Vec<String> {
        let reply = self.ask(
            &format!("{from_ip}:50001"),
            json!({"type": "DISCOVER", "namespace": namespace}),
        );
        shown(&reply)
    }

    /// The state of the registry for whoever looks at it.
    fn view(&self) -> Vec<String> {
        self.registry
            .records
            .in_order(None)
            .into_iter()
            .map(|record| {
                let mut bytes = Vec::new();
                record.listed(self.now).encode(&mut bytes);
                String::from_utf8(bytes).unwrap()
            })
            .collect()
    }
}

fn shown(reply: &Value) -> Vec<String> {
    let peers = reply["peers"].as_array().unwrap_or_else(|| panic!("{reply}"));
    let one = |peer: &Value| {
        format!(
            "{}:{}/{}",
            peer["name"].as_str().unwrap(),
            peer["port"],
            peer["expires_in"]
        )
    };
    peers.iter().map(one).collect()
}

fn error(dialect: Dialect, text: &str) -> Value {
    match dialect {
        SEP => json!({"status": "ERROR", "error": text}),
        NOV => json!({"status": "ERROR", "message": text}),
    }
}

fn unregister(namespace: impl Into<Value>, name: impl Into<Value>, port: impl Into<Value>) -> Value {
    json!({"type": "UNREGISTER", "namespace": namespace.into(), "name": name.into(), "port": port.into()})
}

fn sign(owner: u8, purpose: Purpose, name: &str, port: u16, seq: u64) -> Signed {
    let claim = Claim {
        purpose,
        namespace: "UnB",
        name,
        port,
        seq,
    };
    claim.sign(&Identity::from_seed([owner; 32]))
}
