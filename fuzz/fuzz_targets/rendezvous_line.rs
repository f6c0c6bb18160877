//! Any bytes as a request: decoded, and put to a registry that has records.
#![no_main]

use std::net::SocketAddr;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use papo_core::id::ConnectionId;
use papo_core::identity::Identity;
use papo_core::limits::RENDEZVOUS_LINE_BYTES;
use papo_core::rendezvous::log::{Entry, Stored};
use papo_core::rendezvous::{Capacity, Config, Input, Output, Registry};
use papo_core::time::{Instant, UtcMillis};
use papo_core::wire::rendezvous::{Claim, Dialect, Lease, Purpose, Request, Signed};
use papo_fuzz::{check_entry, read_reply};

const UTC: UtcMillis = UtcMillis::new(1_763_640_000_000);
/// More than one reply holds: names of 64 characters that are written as two escapes each.
const RECORDS: u64 = 24;

fuzz_target!(|line: &[u8]| {
    // What is longer never becomes a line.
    if line.len() > RENDEZVOUS_LINE_BYTES {
        return;
    }
    // One of the two for each input, and a space at its end makes it the other one.
    let dialect = if line.len() % 2 == 0 {
        Dialect::September
    } else {
        Dialect::November
    };
    let decoded = Request::decode(line, dialect);
    if let Ok(Request::Register(request)) = &decoded {
        assert!((1..=64).contains(&request.name.chars().count()));
        assert!((1..=64).contains(&request.namespace.chars().count()));
        assert!(request.port > 0 && (1..=86_400).contains(&request.lease.secs()));
    }
    let mut registry = registry(dialect);
    for (number, from) in ["192.0.2.1:50000", "[2001:db8::1]:50001"].into_iter().enumerate() {
        let connection = ConnectionId(number as u64);
        let ok = ask(&mut registry, connection, from.parse().unwrap(), line);
        assert!(!(ok && decoded.is_err()), "what is no request is done");
    }
});

/// Signing takes longer than everything else here.
static SIGNED: LazyLock<Signed> = LazyLock::new(|| {
    let claim = Claim {
        purpose: Purpose::Register,
        namespace: "UnB",
        name: "alice",
        port: 4000,
        seq: 7,
    };
    claim.sign(&Identity::from_seed([7; 32]))
});

fn registry(dialect: Dialect) -> Registry {
    let config = Config {
        dialect,
        per_minute: None,
        trusted: vec![],
        capacity: Capacity::default(),
        utc: UTC,
    };
    let mut registry = Registry::new(config, 42, Instant::ZERO);
    for place in 0..RECORDS {
        let mut name: String = "\u{1f980}".repeat(63);
        name.push(char::from(b'a' + u8::try_from(place).unwrap()));
        restore(&mut registry, stored("ns", &name, place));
    }
    let signed = *SIGNED;
    restore(
        &mut registry,
        Stored {
            x: Some(signed),
            ..stored("UnB", "alice", RECORDS)
        },
    );
    let own = Entry::Own {
        namespace: "UnB".into(),
        name: "alice".into(),
        pk: signed.pk,
        seq: 7,
        until: UTC.after(std::time::Duration::from_secs(9000)),
    };
    registry.handle(Instant::ZERO, Input::Restored(own));
    registry
}

fn stored(namespace: &str, name: &str, place: u64) -> Stored {
    Stored {
        ip: "192.0.2.1".parse().unwrap(),
        namespace: namespace.into(),
        name: name.into(),
        port: 4000,
        observed_port: 50_000,
        ttl: Lease::DEFAULT,
        at: UTC,
        place,
        x: None,
    }
}

fn restore(registry: &mut Registry, stored: Stored) {
    registry.handle(Instant::ZERO, Input::Restored(Entry::Put(stored)));
}

/// One request; true when it is done. Panics when it is not answered exactly once.
fn ask(registry: &mut Registry, connection: ConnectionId, from: SocketAddr, line: &[u8]) -> bool {
    registry.handle(Instant::ZERO, Input::Opened { connection, from });
    assert_eq!(registry.poll_output(), Some(Output::Read { connection }));
    assert_eq!(registry.poll_output(), None);
    registry.handle(Instant::ZERO, Input::Line { connection, line });
    let mut stores = 0;
    let reply = loop {
        match registry.poll_output().expect("every request is answered") {
            Output::Store(entry) => {
                check_entry(&entry);
                stores += 1;
            }
            Output::Reply {
                connection: of,
                line,
                stored,
            } => {
                assert_eq!(of, connection);
                let reply = read_reply(&line);
                // An UNREGISTER that finds nothing waits for the disk too: what took the record away may not be there.
                assert!(stored == (stores > 0) || (stored && reply.as_object().is_some_and(|reply| reply.len() == 1)));
                break reply;
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(registry.poll_output(), None, "a request is answered twice");
    registry.handle(Instant::ZERO, Input::Line { connection, line });
    assert_eq!(registry.poll_output(), None, "a request is answered again");
    let ok = reply["status"] == "OK";
    assert!(ok || stores == 0, "what is refused changes the log");
    ok
}
