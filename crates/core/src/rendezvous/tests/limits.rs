//! docs/protocol.md 1.6, as far as the doorkeeper's own tests do not tell it.

use super::*;

#[test]
fn the_fifty_first_connection_of_november_is_closed_and_the_next_are_told() {
    let mut world = World::with(Config {
        per_minute: Some(50),
        ..config(NOV)
    });
    for _ in 0..50 {
        assert_eq!(world.open("127.0.0.1:1000").1, Opening::Read);
    }
    assert_eq!(world.open("127.0.0.1:1051").1, Opening::Closed);
    world.now = world.now + Duration::from_millis(500);
    let told = world.open("127.0.0.1:1052").1;
    let text = "Connection from 127.0.0.1:1052 has been blocked due to excessive login attempts (limit: 50). The block will be lifted in 60 seconds.";
    assert_eq!(told, Opening::Said(json!({"status": "ERROR", "message": text})));
    world.wait(60);
    assert_eq!(world.open("127.0.0.1:1053").1, Opening::Read);
}

#[test]
fn september_answers_whom_it_refuses() {
    let mut world = World::with(Config {
        per_minute: Some(600),
        ..config(SEP)
    });
    for _ in 0..600 {
        assert_eq!(world.open("192.0.2.1:1000").1, Opening::Read);
    }
    assert_eq!(world.open("192.0.2.1:1").1, Opening::Said(error(SEP, "over_quota")));
    assert_eq!(world.open("192.0.2.2:1").1, Opening::Read);
}

#[test]
fn the_table_is_bounded_in_all_by_namespace_and_by_address() {
    let capacity = Capacity {
        total: 8,
        per_namespace: 4,
        per_address: 2,
    };
    let mut world = World::with(Config {
        capacity,
        trusted: vec!["10.0.0.0/8".parse().unwrap()],
        ..config(SEP)
    });
    let mut register = |ip: &str, name: &str, namespace: &str| {
        let request = json!({"type": "REGISTER", "name": name, "namespace": namespace, "port": 1});
        let from = SocketAddr::new(ip.parse().unwrap(), 1).to_string();
        world.ask(&from, request)["status"] == "OK"
    };
    assert!(register("192.0.2.1", "a", "UnB") && register("192.0.2.1", "b", "UnB"));
    assert!(!register("192.0.2.1", "c", "UnB"), "two for an address");
    assert!(register("192.0.2.1", "a", "UnB"), "an update takes no place");
    assert!(register("2001:db8::1", "a", "v6") && register("2001:db8::2", "b", "v6"));
    assert!(!register("2001:db8::3", "c", "v6"), "two for a host of IPv6");
    assert!(register("127.0.0.1", "c", "UnB") && register("10.0.0.1", "d", "UnB"));
    assert!(!register("127.0.0.1", "e", "UnB"), "four for a namespace");
    assert!(register("127.0.0.1", "e", "other") && register("127.0.0.1", "f", "other"));
    assert!(!register("127.0.0.1", "g", "other"), "eight in all");
}

#[test]
fn while_nothing_can_be_stored_nothing_changes() {
    for dialect in BOTH {
        let mut world = World::new(dialect);
        world.register("192.0.2.1", "a", "UnB", 1, 100);
        world.registry.handle(world.now, Input::Storing(false));
        let register = json!({"type": "REGISTER", "name": "b", "namespace": "UnB", "port": 1});
        assert_eq!(world.ask("192.0.2.1:1", register.clone()), error(dialect, "busy"));
        let gone = unregister(json!("UnB"), json!(null), json!(null));
        assert_eq!(world.ask("192.0.2.1:1", gone), error(dialect, "busy"));
        assert_eq!(world.listed("192.0.2.1", "UnB"), ["a:1/100"]);
        world.registry.handle(world.now, Input::Storing(true));
        assert_eq!(world.ask("192.0.2.1:1", register)["status"], "OK");
    }
}
