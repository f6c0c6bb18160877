//! Taking a registration back.

use super::*;

#[test]
fn whoever_was_registered_takes_it_back_at_once_and_any_answer_is_enough() {
    let no = refusal("peer_credentials_do_not_match");
    for end in [
        Failed,
        reply(b""),
        reply(OK_NOV),
        reply(b"garbage"),
        reply(no.as_bytes()),
    ] {
        let mut talk = Talk::settled(config());
        // The budget is spent.
        talk.script(&[
            (0, DiscoverNow, &[DISCOVER]),
            (0, reply(NOBODY), &["peers []"]),
            (0, DiscoverNow, &["later 30"]),
            (1, Leave, &[UNREGISTER]),
            (1, Leave, &[]),
            (2, DiscoverNow, &[]),
            (3, end, &["gone"]),
            (4, Reconnect, &[]),
            (5, Leave, &[]),
            (6, Start, &[]),
            (7, DiscoverNow, &[]),
        ]);
        assert_eq!(talk.client.poll_timeout(), None);
    }
}

#[test]
fn whoever_was_never_registered_is_gone_at_once() {
    Talk::new(config(), 1).script(&[(0, Leave, &["gone"]), (1, Start, &[])]);
    Talk::new(config(), 1).script(&[
        (0, Start, &[REGISTER]),
        (
            1,
            reply(b"{\"status\":\"ERROR\",\"error\":\"bad_name\"}"),
            &["failing Refused(\"bad_name\")"],
        ),
        (1, Leave, &["gone"]),
    ]);
}

#[test]
fn a_registration_under_way_is_awaited_and_then_taken_back() {
    Talk::new(config(), 1).script(&[
        (0, Start, &[REGISTER]),
        (1, Leave, &[]),
        (2, reply(OK_NOV), &["registered 10.0.0.7 7200 until 7202", UNREGISTER]),
        (3, Failed, &["gone"]),
    ]);
    Talk::new(config(), 1).script(&[
        (0, Start, &[REGISTER]),
        (1, Leave, &[]),
        (2, Failed, &["failing Unreachable", "gone"]),
    ]);
}

#[test]
fn a_list_under_way_is_given_up() {
    let mut talk = Talk::settled(config());
    talk.script(&[
        (0, DiscoverNow, &[DISCOVER]),
        (1, Leave, &[UNREGISTER]),
        (2, reply(OK_NOV), &["gone"]),
    ]);
}

#[test]
fn a_ban_or_a_failure_does_not_keep_anybody_from_leaving() {
    for end in [Failed, reply(b"")] {
        let mut talk = Talk::settled(config());
        talk.script(&[(0, DiscoverNow, &[DISCOVER])]);
        talk.say(end);
        talk.script(&[(1, Leave, &[UNREGISTER]), (1, Failed, &["gone"])]);
    }
}
