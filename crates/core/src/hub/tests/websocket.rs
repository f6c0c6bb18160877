//! The WebSocket text door, and what is said between doors.

use super::*;

#[test]
fn texts_are_exactly_those_of_old_services() {
    let mut world = World::new();
    let one = world.ws(1);
    assert_eq!(
        world.hear(one),
        ["Client #1 joined the chat"],
        "joined includes oneself"
    );
    let two = world.ws(-2);
    assert_eq!(world.hear(one), ["Client #-2 joined the chat"]);
    assert_eq!(
        world.hear(two),
        ["Client #-2 joined the chat"],
        "and nothing from before"
    );
    world.text(two, "oi: tudo\n<b>bem</b>?");
    assert_eq!(world.hear(one), ["Client #-2: oi: tudo\n<b>bem</b>?"]);
    assert_eq!(world.hear(two), NOTHING, "no echo");
    world.cut(two);
    assert_eq!(world.hear(one), ["Client #-2 left the chat"]);
    assert_eq!(world.closed(two), None, "what is gone needs no closing");
}

#[test]
fn what_is_said_at_one_door_is_heard_at_the_other() {
    let mut world = World::new();
    let (ana, bia) = (world.tcp("10.0.0.1"), world.ws(7));
    world.hear(bia);
    world.line(ana, "oi do terminal");
    world.text(bia, "oi da página");
    assert_eq!(world.hear(bia), ["10.0.0.1: oi do terminal"]);
    assert_eq!(
        world.hear(ana),
        [
            "* | Client #7 joined the chat",
            "10.0.0.1 | oi do terminal",
            "Client #7 | oi da página"
        ]
    );
}

#[test]
fn the_same_client_number_twice_is_two_sessions() {
    let mut world = World::new();
    let (first, second) = (world.ws(7), world.ws(7));
    world.hear(first);
    world.hear(second);
    world.text(first, "oi");
    assert_eq!(world.hear(first), NOTHING);
    assert_eq!(world.hear(second), ["Client #7: oi"]);
}

#[test]
fn slashes_are_text_here_and_empty_texts_are_not_said() {
    let mut world = World::new();
    let (one, two) = (world.ws(1), world.ws(2));
    world.hear(one);
    world.hear(two);
    for text in ["/nick ana", "", " \n", "//x"] {
        world.text(one, text);
    }
    assert_eq!(world.hear(two), ["Client #1: /nick ana", "Client #1: //x"]);
    assert_eq!(world.hear(one), NOTHING);
}

#[test]
fn a_text_that_is_too_long_is_refused() {
    let mut world = World::new();
    let (one, two) = (world.ws(1), world.ws(2));
    world.hear(one);
    world.hear(two);
    world.text(one, &"é".repeat(2048));
    world.text(one, &format!("{}x", "é".repeat(2048)));
    assert_eq!(world.hear(two).len(), 1);
    assert_eq!(world.hear(one), ["TooLong { bytes: 4097 }"]);
}

#[test]
fn a_session_can_ask_for_a_room() {
    let mut world = World::new();
    let (home, other) = (world.ws(1), world.ws_in(2, "redes"));
    world.hear(home);
    world.text(other, "oi");
    assert_eq!(world.hear(home), NOTHING);
    world.cut(other);
    assert_eq!(world.hear(home), NOTHING);
}

#[test]
fn a_silent_client_is_asked_at_30_and_closed_at_90_seconds() {
    let mut world = World::new();
    let (silent, watcher) = (world.ws(1), world.tcp("10.0.0.1"));
    let pings = |world: &World| world.clients[&silent].pings;
    world.pass(Duration::from_millis(29_999));
    assert_eq!(pings(&world), 0);
    world.pass(Duration::from_millis(1));
    assert_eq!(pings(&world), 1);
    world.pass(Duration::from_millis(59_999));
    assert_eq!((pings(&world), world.closed(silent)), (2, None));
    world.pass(Duration::from_millis(1));
    assert_eq!(world.closed(silent), Some(CloseReason::KeepaliveTimeout));
    assert_eq!(world.hear(watcher), ["* | Client #1 left the chat"]);
    world.pass(Duration::from_secs(600));
    assert_eq!(
        world.closed(watcher),
        None,
        "a TCP client has no way to answer and is not asked"
    );
}

#[test]
fn any_sign_of_life_begins_the_count_anew() {
    let mut world = World::new();
    let (ponging, talking) = (world.ws(1), world.ws(2));
    for _ in 0..20 {
        world.pass(Duration::from_secs(61));
        world.step(Input::Alive { session: ponging });
        world.text(talking, "");
    }
    assert_eq!((world.closed(ponging), world.closed(talking)), (None, None));
    world.pass(Duration::from_secs(120));
    assert_eq!(world.closed(ponging), Some(CloseReason::KeepaliveTimeout));
}
