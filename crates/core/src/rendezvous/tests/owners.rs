//! Names that belong to a key: docs/protocol.md 1.8.

use proptest::prelude::*;

use super::*;

const HOME: &str = "192.0.2.1:1000";
const ELSEWHERE: &str = "192.0.2.2:1000";

fn signed(owner: u8, purpose: Purpose, port: u16, seq: u64, ttl: u32) -> Value {
    let kind = match purpose {
        Purpose::Register => "REGISTER",
        Purpose::Unregister => "UNREGISTER",
    };
    json!({"type": kind, "name": "alice", "namespace": "UnB", "port": port, "ttl": ttl, "x": sign(owner, purpose, "alice", port, seq)})
}

fn unsigned(port: u16, ttl: u32) -> Value {
    json!({"type": "REGISTER", "name": "alice", "namespace": "UnB", "port": port, "ttl": ttl})
}

#[test]
fn whoever_signs_first_keeps_the_name_until_a_day_after_the_lease() {
    for dialect in BOTH {
        let mut world = World::new(dialect);
        assert_eq!(world.ask(HOME, signed(1, Purpose::Register, 1, 1, 100))["status"], "OK");
        for from in [HOME, ELSEWHERE] {
            assert_eq!(world.ask(from, unsigned(2, 100)), error(dialect, "unauthorized"));
            assert_eq!(
                world.ask(from, signed(2, Purpose::Register, 2, 9, 100)),
                error(dialect, "unauthorized")
            );
        }
        world.wait(100 + 24 * 3600 - 1);
        assert_eq!(world.ask(ELSEWHERE, unsigned(2, 100)), error(dialect, "unauthorized"));
        world.wait(1);
        assert_eq!(world.ask(ELSEWHERE, unsigned(2, 100))["status"], "OK");
    }
}

#[test]
fn nobody_else_at_the_owners_address_unregisters_it() {
    for dialect in BOTH {
        let mut world = World::new(dialect);
        world.ask(HOME, signed(1, Purpose::Register, 1, 1, 100));
        let nothing = match dialect {
            SEP => json!({"status": "OK"}),
            NOV => error(NOV, "peer_credentials_do_not_match"),
        };
        let attempts = [
            unregister(json!("UnB"), json!(null), json!(null)),
            unregister(json!("UnB"), json!("alice"), json!(1)),
            signed(2, Purpose::Unregister, 1, 5, 1),
            signed(1, Purpose::Unregister, 1, 1, 1),
            signed(1, Purpose::Unregister, 2, 2, 1),
        ];
        for attempt in attempts {
            assert_eq!(world.ask(HOME, attempt.clone()), nothing, "{attempt}");
        }
        assert_eq!(world.listed("192.0.2.1", "UnB"), ["alice:1/100"]);
        assert_eq!(
            world.ask(HOME, signed(1, Purpose::Unregister, 1, 2, 1)),
            json!({"status": "OK"})
        );
        assert_eq!(world.registry.len(), 0);
        assert_eq!(
            world.ask(HOME, unsigned(2, 100)),
            error(dialect, "unauthorized"),
            "the name stays"
        );
    }
}

#[test]
fn a_request_cannot_be_repeated_nor_altered() {
    let mut world = World::new(SEP);
    let first = signed(1, Purpose::Register, 1, 7, 100);
    world.ask(HOME, first.clone());
    assert_eq!(
        world.ask(ELSEWHERE, first.clone()),
        error(SEP, "unauthorized"),
        "the same number again"
    );
    let mut altered = signed(1, Purpose::Register, 1, 8, 100);
    altered["port"] = json!(2);
    assert_eq!(world.ask(HOME, altered), error(SEP, "unauthorized"));
    assert_eq!(world.ask(HOME, signed(1, Purpose::Register, 2, 8, 100))["status"], "OK");
    assert_eq!(world.listed("192.0.2.1", "UnB"), ["alice:2/100"]);
    let mut torn = first;
    torn["x"]["sig"] = json!("AAAA");
    assert_eq!(world.ask(HOME, torn), error(SEP, "bad_format"));
}

#[test]
fn an_owner_who_moves_is_listed_where_it_is_and_with_its_proof() {
    let mut world = World::new(SEP);
    world.ask(HOME, signed(1, Purpose::Register, 1, 1, 100));
    world.ask(ELSEWHERE, signed(1, Purpose::Register, 2, 2, 100));
    let reply = world.ask(HOME, json!({"type": "DISCOVER"}));
    assert_eq!(shown(&reply), ["alice:2/100"]);
    let signed: Signed = serde_json::from_value(reply["peers"][0]["x"].clone()).unwrap();
    assert!(is_good(&signed, Purpose::Register, "UnB", "alice", 2));
}

#[test]
fn whoever_was_there_unsigned_keeps_the_place_while_renewing_it() {
    let mut world = World::new(SEP);
    world.ask(ELSEWHERE, unsigned(1, 10));
    world.ask(HOME, signed(1, Purpose::Register, 2, 1, 1000));
    world.wait(9);
    assert_eq!(world.ask(ELSEWHERE, unsigned(3, 10))["status"], "OK");
    assert_eq!(world.listed("192.0.2.1", "UnB"), ["alice:3/10", "alice:2/991"]);
    world.wait(10);
    assert_eq!(world.ask(ELSEWHERE, unsigned(3, 10)), error(SEP, "unauthorized"));
}

fn any_request() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec!["alice", "bob"]);
    let ports = prop::sample::select(vec![json!(1), json!(2), json!("1"), json!(null), json!(0)]);
    let kinds = prop::sample::select(vec!["REGISTER", "UNREGISTER", "DISCOVER"]);
    (kinds, names, ports, 1_u32..200_000, any::<bool>()).prop_map(|(kind, name, port, ttl, named)| {
        let mut request = json!({"type": kind, "namespace": "UnB", "port": port, "ttl": ttl});
        if named {
            request["name"] = json!(name);
        }
        request
    })
}

proptest! {
    #[test]
    fn no_unsigned_request_alters_a_signed_record(
        requests in prop::collection::vec((any_request(), any::<bool>(), 0_u64..50), 1..40),
        dialect in prop::sample::select(BOTH.to_vec()),
    ) {
        let mut world = World::new(dialect);
        world.ask(HOME, signed(1, Purpose::Register, 1, 1, 86_400));
        let record = |world: &World| {
            let record = world.registry.records.get("UnB", "alice", "192.0.2.1".parse().unwrap()).cloned();
            record.map(|record| (record.port, record.expires, record.signed, record.lease))
        };
        let before = record(&world);
        prop_assert!(before.is_some());
        for (request, home, wait) in requests {
            world.wait(wait);
            world.ask(if home { HOME } else { ELSEWHERE }, request);
            prop_assert_eq!(&record(&world), &before);
        }
    }
}
