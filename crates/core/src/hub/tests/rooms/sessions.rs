//! The session protocol: who comes in, what is refused, and who is replaced.

use super::*;
use crate::limits::{HISTORY_BURST, HISTORY_MESSAGES, PRESENCE_INTERVAL, SESSION_HELLO};

#[test]
fn a_session_says_hello_first_and_once() {
    let mut hub = Kept::new();
    let ana = hub.connect();
    hub.says(ana, "m1", "oi");
    hub.joins(ana, "redes", None);
    hub.asks(ana, &Request::Ping);
    assert_eq!(
        hub.hear(ana),
        ["ERROR unauthorized m1", "ERROR unauthorized JOIN", "PONG"]
    );
    let hello = Request::Hello {
        peer_id: Address::parse("ana@lobby").unwrap(),
        token: None,
        session: None,
    };
    hub.asks(ana, &hello);
    hub.asks(ana, &hello);
    assert_eq!(
        hub.hear(ana),
        ["HELLO_OK ana", &joined("lobby", 0), "ERROR bad_format HELLO"]
    );
}

#[test]
fn who_says_no_hello_is_closed() {
    let mut hub = Kept::new();
    let (ana, bia) = (hub.connect(), hub.arrive("bia"));
    hub.pass(SESSION_HELLO);
    assert_eq!(hub.clients[&ana].closed, Some(CloseReason::NoHello));
    assert_eq!(hub.clients[&bia].closed, None);
    let eva = hub.connect();
    hub.step(Input::Shutdown);
    hub.pass(SESSION_HELLO * 2);
    assert_eq!(hub.clients[&eva].closed, Some(CloseReason::GoingAway));
}

#[test]
fn the_same_session_again_replaces_its_older_connection() {
    let mut hub = Kept::new();
    let ana = hub.arrive("ana");
    let secret = hub.secret(ana);
    let again = hub.hello("other@lobby", secret);
    assert_eq!(hub.clients[&ana].closed, Some(CloseReason::Replaced));
    assert_eq!(hub.hear(again), ["HELLO_OK ana", &joined("lobby", 0)]);
    // The one that was lost is not the one that was replaced.
    hub.cut(again);
    let third = hub.hello("ana@lobby", secret);
    assert_eq!(hub.hear(third), ["HELLO_OK ana", &joined("lobby", 0)]);
    hub.step(Input::Closed {
        session: third,
        reason: CloseReason::SlowConsumer,
    });
    hub.clients.remove(&third);
    let fourth = hub.hello("ana@lobby", secret);
    assert_eq!(hub.hear(fourth)[0], "HELLO_OK ana slow_consumer");
}

#[test]
fn a_nick_that_is_taken_gets_a_number() {
    let mut hub = Kept::new();
    hub.arrive("ana");
    let other = hub.hello("Ana@lobby", None);
    let heard = hub.hear(other);
    assert!(
        heard[0].starts_with("HELLO_OK Ana") && heard[0] != "HELLO_OK Ana",
        "{heard:?}"
    );
}

#[test]
fn nobody_speaks_for_somebody_else_nor_where_it_is_not() {
    let mut hub = Kept::new();
    let ana = hub.arrive("ana");
    let publish = |src: &str| Request::Pub {
        msg_id: "m1".parse().unwrap(),
        src: Some(src.to_owned()),
        room: room("lobby"),
        payload: "oi".to_owned(),
    };
    hub.asks(ana, &publish("bia@lobby"));
    hub.says_in(ana, "m2", "redes", "oi");
    hub.joins(ana, "redes", None);
    hub.says_in(ana, "m2", "redes", "oi");
    hub.asks(ana, &Request::Part { room: room("redes") });
    hub.asks(ana, &Request::Part { room: room("redes") });
    hub.asks(ana, &publish("ana@lobby"));
    hub.sync();
    let heard = hub.hear(ana);
    let errors = ["ERROR unauthorized m1", "ERROR not_joined m2", &joined("redes", 0)];
    assert_eq!(heard[..3], errors);
    assert_eq!(heard[3..], ["ACK m2 1", "ERROR not_joined PART", "ACK m1 1"]);
}

#[test]
fn nonsense_is_answered_and_names_the_message_if_it_can() {
    let mut hub = Kept::new();
    let ana = hub.arrive("ana");
    for text in [
        "{",
        r#"{"type":"PUB","msg_id":"m1","dst":"lobby","payload":"oi"}"#,
        r#"{"type":"NO"}"#,
    ] {
        hub.step(Input::Text {
            session: ana,
            text: text.to_owned(),
        });
    }
    let long = format!(
        r##"{{"type":"PUB","msg_id":"m2","dst":"#lobby","payload":"{}"}}"##,
        "x".repeat(5000)
    );
    hub.step(Input::Text {
        session: ana,
        text: long,
    });
    let errors = [
        "ERROR bad_format",
        "ERROR bad_format m1",
        "ERROR bad_format",
        "ERROR message_too_large m2",
    ];
    let heard: Vec<_> = hub.hear(ana).iter().map(|line| line.trim_end().to_owned()).collect();
    assert_eq!(heard, errors);
}

#[test]
fn a_cursor_ahead_of_all_that_was_said_is_remarked() {
    let mut hub = Kept::new();
    let ana = hub.arrive("ana");
    hub.says(ana, "m1", "oi");
    hub.sync();
    hub.hear(ana);
    hub.joins(ana, "lobby", Some(&[(1, 7)]));
    assert_eq!(hub.hear(ana), [joined("lobby", 1), "ERROR bad_format JOIN".to_owned()]);
    // Of a hub that is not known here, nobody can say.
    hub.joins(ana, "lobby", Some(&[(9, 7)]));
    assert_eq!(hub.hear(ana), [joined("lobby", 1)]);
}

#[test]
fn who_joins_again_is_shown_only_what_was_not_shown() {
    let mut hub = Kept::new();
    let ana = hub.arrive("ana");
    for number in 1..=6 {
        hub.says(ana, &format!("m{number}"), &number.to_string());
    }
    hub.sync();
    let bia = hub.arrive("bia");
    hub.hear(ana);
    hub.says(ana, "m7", "7");
    hub.sync();
    hub.joins(bia, "lobby", Some(&[(1, 4)]));
    hub.joins(bia, "lobby", Some(&[(1, 2)]));
    hub.joins(bia, "lobby", Some(&[]));
    hub.joins(bia, "lobby", Some(&[]));
    let heard = hub.hear(bia);
    let shown: Vec<_> = heard.iter().filter_map(|line| line.strip_prefix("ana: ")).collect();
    assert_eq!(shown, ["7", "5", "6", "3", "4", "1", "2"]);
}

#[test]
fn a_hub_that_asks_for_tokens_lets_in_who_has_one() {
    let mut hub = Kept::with(Config {
        require_token: true,
        ..durable(0)
    });
    let hello = |token: Option<&str>| Request::Hello {
        peer_id: Address::parse("ana@lobby").unwrap(),
        token: token.map(str::to_owned),
        session: None,
    };
    let none = hub.connect();
    hub.asks(none, &hello(None));
    assert_eq!(hub.hear(none), ["ERROR unauthorized HELLO"]);
    assert_eq!(hub.clients[&none].closed, Some(CloseReason::Unauthorized));
    let verdicts = [
        (TokenVerdict::Unknown, "ERROR unauthorized HELLO"),
        (TokenVerdict::Expired, "ERROR token_expired HELLO"),
        (TokenVerdict::Unchecked, "ERROR storage HELLO"),
        (TokenVerdict::Good, "HELLO_OK ana"),
    ];
    for (verdict, told) in verdicts {
        hub.pass(Duration::from_secs(20));
        let session = hub.connect();
        hub.asks(session, &hello(Some("t")));
        assert!(hub.clients[&session].paused);
        hub.step(Input::TokenChecked { session, verdict });
        assert_eq!(hub.hear(session)[0], told);
        let closed = (verdict != TokenVerdict::Good).then_some(CloseReason::Unauthorized);
        assert_eq!(hub.clients[&session].closed, closed);
        // A verdict that comes again, or too late, says nothing.
        hub.step(Input::TokenChecked { session, verdict });
    }
    for told in ["", "", "", "ERROR over_quota HELLO"] {
        let session = hub.connect();
        hub.asks(session, &hello(Some("t")));
        assert_eq!(hub.hear(session).concat(), told);
    }
    let text = hub.open_text();
    assert_eq!(hub.clients[&text].closed, Some(CloseReason::Unauthorized));
}

#[test]
fn a_flood_of_requests_is_taken_at_its_pace() {
    let mut hub = Kept::new();
    let ana = hub.arrive("ana");
    let history = Request::History {
        room: room("lobby"),
        before: None,
        limit: HISTORY_MESSAGES,
        query: None,
    };
    for _ in 0..300 {
        hub.asks(ana, &history);
    }
    let taken = hub.answers().len();
    assert!(
        taken <= HISTORY_BURST as usize && taken > HISTORY_BURST as usize / 2,
        "{taken}"
    );
    assert!(hub.clients[&ana].paused);
    hub.pass(Duration::from_secs(1));
    assert!((4..=6).contains(&hub.answers().len()));
    hub.pass(Duration::from_secs(60));
    assert!(!hub.clients[&ana].paused);
}

#[test]
fn who_comes_and_goes_is_told_together() {
    let mut hub = Kept::new();
    let ana = hub.arrive("ana");
    hub.pass(PRESENCE_INTERVAL);
    hub.hear(ana);
    let bia = hub.arrive("bia");
    hub.arrive("eva");
    hub.cut(bia);
    assert_eq!(hub.hear(ana), NOTHING);
    hub.pass(PRESENCE_INTERVAL);
    assert_eq!(hub.hear(ana), [r#"PRESENCE +["eva"] -[]"#]);
    hub.pass(PRESENCE_INTERVAL * 4);
    assert_eq!(hub.hear(ana), NOTHING);
}
