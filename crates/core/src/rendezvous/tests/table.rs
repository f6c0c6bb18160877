//! The rows of the tables in docs/protocol.md 1.2 to 1.5, asked of a registry.

use super::*;

const HOME: &str = "192.0.2.1";

#[test]
fn a_registration_is_listed_with_what_was_observed() {
    for dialect in BOTH {
        let mut world = World::new(dialect);
        let request = json!({
            "type": "REGISTER", "name": "alice", "namespace": "UnB", "port": 7070, "ttl": 60, "ip": "198.51.100.9", "colour": "blue",
        });
        let reply = world.ask("[::ffff:192.0.2.1]:51000", request);
        let expected = json!({
            "status": "OK", "ttl": 60, "ip": HOME, "port": 7070, "observed_ip": HOME, "observed_port": 51000,
        });
        assert_eq!(reply, expected);
        world.wait(1);
        let reply = world.ask("192.0.2.1:51001", json!({"type": "DISCOVER", "namespace": "UnB"}));
        let expected = json!({"status": "OK", "peers": [{
            "ip": HOME, "port": 7070, "name": "alice", "namespace": "UnB", "ttl": 60, "expires_in": 59,
            "observed_ip": HOME, "observed_port": 51000,
        }]});
        assert_eq!(reply, expected);
    }
}

#[test]
fn an_update_takes_the_place_of_the_same_address_namespace_and_name() {
    for dialect in BOTH {
        let mut world = World::new(dialect);
        for (name, port) in [("a", 1), ("b", 2), ("c", 3)] {
            world.register(HOME, name, "UnB", port, 100);
        }
        world.register("192.0.2.2", "a", "UnB", 4, 100);
        world.register(HOME, "a", "other", 5, 100);
        world.wait(10);
        world.register(HOME, "a", "UnB", 9, 50);
        assert_eq!(world.listed(HOME, "UnB"), ["a:9/50", "b:2/90", "c:3/90", "a:4/90"]);
        // What was gone comes back behind the others.
        world.ask("192.0.2.1:1", unregister(json!("UnB"), json!("a"), json!(null)));
        world.register(HOME, "a", "UnB", 9, 50);
        assert_eq!(world.listed(HOME, "UnB"), ["b:2/90", "c:3/90", "a:4/90", "a:9/50"]);
    }
}

#[test]
fn a_lease_ends_at_its_moment_and_not_before() {
    for dialect in BOTH {
        let mut world = World::new(dialect);
        world.register(HOME, "stays", "UnB", 1, 100);
        world.register(HOME, "goes", "UnB", 2, 2);
        assert_eq!(world.registry.poll_timeout(), Some(Instant::from_secs(2)));
        world.now = Instant::from_micros(1_999_999);
        assert_eq!(world.listed(HOME, "UnB"), ["stays:1/98", "goes:2/0"]);
        world.now = Instant::from_secs(2);
        assert_eq!(world.listed(HOME, "UnB"), ["stays:1/98"]);
        world.registry.handle(Instant::from_secs(100), Input::Timeout);
        assert!(world.registry.is_empty());
        assert_eq!(world.registry.poll_timeout(), None);
    }
}

#[test]
fn discover_knows_one_namespace_all_and_none() {
    for dialect in BOTH {
        let mut world = World::new(dialect);
        world.register(HOME, "a", "UnB", 1, 100);
        world.register(HOME, "b", "unb", 2, 100);
        assert_eq!(world.listed(HOME, "UnB"), ["a:1/100"]);
        assert_eq!(world.listed(HOME, "unb"), ["b:2/100"]);
        assert_eq!(world.listed(HOME, "UNB"), [""; 0]);
        for all in [
            json!({"type": "DISCOVER"}),
            json!({"type": "discover", "namespace": null}),
        ] {
            assert_eq!(shown(&world.ask("192.0.2.1:1", all)), ["a:1/100", "b:2/100"]);
        }
        for odd in [json!(5), json!("x".repeat(65))] {
            let reply = world.ask("192.0.2.1:1", json!({"type": "DISCOVER", "namespace": odd}));
            match dialect {
                SEP => assert_eq!(shown(&reply), [""; 0]),
                NOV => assert_eq!(reply, error(NOV, "bad_namespace")),
            }
        }
    }
}

#[test]
fn unregister_removes_what_matches_at_the_callers_own_address() {
    for (namespace, name, port, left) in [
        (json!("UnB"), json!(null), json!(null), vec!["a:1/9", "a:3/9"]),
        (json!("UnB"), json!("a"), json!(null), vec!["a:1/9", "b:2/9", "a:3/9"]),
        (json!("UnB"), json!("b"), json!("2"), vec!["a:1/9", "a:1/9", "a:3/9"]),
        (json!("UnB"), json!(null), json!(1), vec!["a:1/9", "b:2/9", "a:3/9"]),
        (json!("UnB"), json!("b"), json!(1), vec![]),
        (json!("nada"), json!(null), json!(null), vec![]),
        (json!("UnB"), json!("ana"), json!(null), vec![]),
        (json!("UnB"), json!(7), json!(null), vec![]),
    ] {
        for dialect in BOTH {
            let mut world = World::new(dialect);
            world.register("192.0.2.2", "a", "UnB", 1, 9);
            world.register(HOME, "a", "UnB", 1, 9);
            world.register(HOME, "b", "UnB", 2, 9);
            world.register(HOME, "a", "other", 3, 9);
            let reply = world.ask("192.0.2.1:1", unregister(namespace.clone(), name.clone(), port.clone()));
            let after = shown(&world.ask("192.0.2.1:1", json!({"type": "DISCOVER"})));
            if left.is_empty() {
                let expected = match dialect {
                    SEP => json!({"status": "OK"}),
                    NOV => error(NOV, "peer_credentials_do_not_match"),
                };
                assert_eq!(reply, expected);
                assert_eq!(after, ["a:1/9", "a:1/9", "b:2/9", "a:3/9"]);
            } else {
                assert_eq!(reply, json!({"status": "OK"}));
                assert_eq!(after, left, "{namespace} {name} {port}");
            }
        }
    }
}

#[test]
fn ports_that_are_none_are_told_back_by_unregister() {
    for dialect in BOTH {
        let mut world = World::new(dialect);
        world.register(HOME, "a", "UnB", 1, 9);
        let mut ask = |port| world.ask("192.0.2.1:1", unregister(json!("UnB"), json!("a"), port));
        assert_eq!(ask(json!("abc")), error(dialect, "bad_port (abc)"));
        let beyond = ask(json!(70000));
        match dialect {
            SEP => assert_eq!(beyond, json!({"status": "OK"})),
            NOV => assert_eq!(beyond, error(NOV, "bad_port (70000)")),
        }
    }
}

#[test]
fn only_november_asks_who_is_registered() {
    let requests = [
        json!({"type": "DISCOVER"}),
        json!({"type": "DISCOVER", "namespace": "UnB"}),
        unregister(json!("UnB"), json!(null), json!(null)),
    ];
    for request in requests {
        let mut world = World::new(SEP);
        assert_eq!(world.ask("192.0.2.1:1", request.clone())["status"], "OK");
        let mut world = World::new(NOV);
        world.register("192.0.2.2", "a", "UnB", 1, 9);
        assert_eq!(
            world.ask("192.0.2.1:1", request.clone()),
            error(NOV, "peer_not_registered")
        );
        assert_eq!(world.ask("192.0.2.2:1", request.clone())["status"], "OK");
        world.register("192.0.2.3", "a", "UnB", 1, 2);
        world.wait(2);
        assert_eq!(world.ask("192.0.2.3:1", request), error(NOV, "peer_not_registered"));
    }
}

#[test]
fn november_wants_a_namespace_to_unregister_from() {
    let mut world = World::new(NOV);
    world.register(HOME, "a", "UnB", 1, 9);
    let request = json!({"type": "UNREGISTER", "name": "a"});
    assert_eq!(
        world.ask("192.0.2.1:1", request.clone()),
        error(NOV, "namespace_required")
    );
    let mut world = World::new(SEP);
    world.register(HOME, "a", "UnB", 1, 9);
    assert_eq!(world.ask("192.0.2.1:1", request), json!({"status": "OK"}));
    assert_eq!(world.listed(HOME, "UnB"), ["a:1/9"]);
}

#[test]
fn what_is_no_request_is_answered_as_the_old_programs_do() {
    for dialect in BOTH {
        let mut world = World::new(dialect);
        let told = |text: &str| json!({"status": "ERROR", "message": text});
        for blank in [&b""[..], b"  \t", b"\r"] {
            assert_eq!(world.raw("192.0.2.1:1", blank), told("Empty request line"));
        }
        for odd in [&b"oi"[..], b"{}", b"[]", b"{\"type\":\"NADA\"}", b"\xff"] {
            assert_eq!(world.raw("192.0.2.1:1", odd), told("Unknown command"));
        }
        let mut after = |input: fn(ConnectionId) -> Input<'static>| {
            let (connection, _) = world.open("192.0.2.1:1");
            world.registry.handle(world.now, input(connection));
            let Some(Output::Reply {
                line, stored: false, ..
            }) = world.registry.poll_output()
            else {
                panic!("it is answered");
            };
            serde_json::from_slice::<Value>(&line).unwrap()
        };
        let silent = after(|connection| Input::Silent { connection });
        assert_eq!(silent, told("Timeout: no data received, closing connection"));
        let mut too_long = error(dialect, "line_too_long");
        too_long["limit"] = json!(32768);
        assert_eq!(after(|connection| Input::TooLong { connection }), too_long);
    }
}

#[test]
fn a_connection_is_answered_once() {
    let mut world = World::new(SEP);
    let (connection, _) = world.open("192.0.2.1:1");
    let now = world.now;
    world.registry.handle(now, Input::Closed { connection });
    world.registry.handle(now, Input::Line { connection, line: b"" });
    world.registry.handle(now, Input::Silent { connection });
    assert_eq!(world.registry.poll_output(), None);
}

#[test]
fn a_list_that_does_not_fit_is_a_fair_sample_in_order() {
    let mut world = World::new(SEP);
    let place: Vec<String> = (0..1000).map(|number| format!("peer{number:04}")).collect();
    let mut counts = vec![0; 1000];
    for (number, name) in place.iter().enumerate() {
        world.register("127.0.0.1", name, "UnB", 1, 1000);
        if number == 99 {
            assert_eq!(world.listed(HOME, "UnB").len(), 100, "so many fit");
        }
    }
    for _ in 0..50 {
        let names = world.listed(HOME, "UnB");
        let drawn: Vec<usize> = names
            .iter()
            .map(|shown| place.iter().position(|name| shown.starts_with(name)).unwrap())
            .collect();
        assert!((180..330).contains(&drawn.len()), "{}", drawn.len());
        assert!(drawn.is_sorted());
        for number in drawn {
            counts[number] += 1;
        }
    }
    // Each is drawn in about a fifth of the lists.
    assert!(counts.iter().all(|&count| (1..30).contains(&count)), "{counts:?}");
}

#[test]
fn limit_takes_the_first_and_sample_takes_any() {
    let mut world = World::new(SEP);
    for number in 1..=20 {
        world.register("127.0.0.1", &format!("p{number}"), "UnB", number, 9);
    }
    let mut ask = |fields: Value| {
        let mut request = json!({"type": "DISCOVER", "namespace": "UnB"});
        request
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        shown(&world.ask("192.0.2.1:1", request))
    };
    assert_eq!(ask(json!({"limit": 2})), ["p1:1/9", "p2:2/9"]);
    assert_eq!(ask(json!({"limit": 50})).len(), 20);
    assert_eq!(ask(json!({"limit": 0})), [""; 0]);
    assert_eq!(ask(json!({"sample": 50})).len(), 20);
    let samples: std::collections::BTreeSet<Vec<String>> = (0..20).map(|_| ask(json!({"sample": 3}))).collect();
    assert!(
        samples.len() > 10 && samples.iter().all(|sample| sample.len() == 3),
        "{samples:?}"
    );
}

#[test]
fn any_of_them_may_be_drawn() {
    let mut world = World::new(SEP);
    for number in 1..=4 {
        world.register("127.0.0.1", &format!("p{number}"), "UnB", number, 1000);
    }
    let mut drawn = std::collections::BTreeSet::new();
    for _ in 0..100 {
        let request = json!({"type": "DISCOVER", "namespace": "UnB", "sample": 1});
        drawn.extend(shown(&world.ask("192.0.2.1:1", request)));
    }
    assert_eq!(drawn.len(), 4, "{drawn:?}");
}
