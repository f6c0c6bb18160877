//! A node and a program of others.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use serde_json::{Value, json};

use crate::support::PATIENCE;
use crate::support::folder::Folder;
use crate::support::peer::Peer;

/// A peer that knows nothing of proofs.
struct Old {
    reader: BufReader<TcpStream>,
}

impl Old {
    fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self {
            reader: BufReader::new(stream),
        }
    }

    fn say(&mut self, message: &Value) {
        let line = format!("{message}\n");
        self.reader.get_mut().write_all(line.as_bytes()).unwrap();
    }

    /// The next message of that type.
    fn hear(&mut self, kind: &str) -> Value {
        loop {
            let mut line = String::new();
            assert_ne!(self.reader.read_line(&mut line).unwrap(), 0, "waited for {kind}");
            assert!(line.is_ascii() && line.len() > 2, "{line:?}");
            let message: Value = serde_json::from_str(&line).unwrap();
            if message["type"] == kind {
                return message;
            }
        }
    }
}

#[test]
fn an_old_program_that_dials_is_talked_to() {
    let state = Folder::new();
    let mut alice = Peer::start("alice@CIC", &state, &["--no-rendezvous"]);
    let mut old = Old::over(TcpStream::connect(alice.address()).unwrap());
    old.say(&json!({"type": "HELLO", "peer_id": "velho@CIC", "version": 1.0, "features": ["ack"], "ttl": 1}));
    let ok = old.hear("HELLO_OK");
    assert_eq!(ok["peer_id"], "alice@CIC");
    assert!(ok.get("x").is_none());
    assert_eq!(alice.meets("velho@CIC")["proven"], false);
    old.say(
        &json!({"type": "SEND", "msg_id": "m1", "src": "velho@CIC", "dst": "alice@CIC", "payload": "olá", "ttl": 1}),
    );
    assert_eq!(old.hear("ACK")["msg_id"], "m1");
    assert_eq!(alice.hears("olá")["verified"], false);
    alice.type_line("/msg velho bom dia");
    let sent = old.hear("SEND");
    assert_eq!(
        (&sent["payload"], &sent["require_ack"]),
        (&"bom dia".into(), &true.into())
    );
    old.say(&json!({"type": "ACK", "msg_id": sent["msg_id"]}));
    alice.wait("delivered", |_| true);
    alice.type_line("/quit");
    let bye = old.hear("BYE");
    old.say(&json!({"type": "BYE_OK", "msg_id": bye["msg_id"]}));
    assert_eq!(alice.end(), Some(0));
}

#[test]
fn an_old_program_is_dialed_and_may_answer_with_our_own_words() {
    let state = Folder::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut alice = Peer::start("alice@CIC", &state, &["--no-rendezvous", "--connect", &address]);
    let mut old = Old::over(listener.accept().unwrap().0);
    let mut echo = old.hear("HELLO");
    echo["type"] = json!("HELLO_OK");
    echo["peer_id"] = json!("velho@CIC");
    old.say(&echo);
    assert_eq!(alice.meets("velho@CIC")["proven"], false);
    alice.type_line("/pub #CIC oi");
    let heard = old.hear("PUB");
    assert_eq!((&heard["dst"], &heard["payload"]), (&"#CIC".into(), &"oi".into()));
    assert!(
        heard.get("x").is_none(),
        "what is unproven gets nothing that it might not know"
    );
}
