//! How fast and how many: rate, admission and the end of the hub.

use super::*;
use crate::limits::{LAST_WORDS, SESSION_BURST};

fn paced() -> World {
    World::with(Config {
        session_rate: Some(Rate::new(5, 20)),
        ..config(1)
    })
}

fn numbers(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|number| format!("10.0.0.1 | {number}")).collect()
}

/// A client that says `count` lines in one breath, and somebody who listens.
fn flood(world: &mut World, count: u32) -> (SessionId, SessionId) {
    let (ana, bia) = (world.tcp("10.0.0.1"), world.tcp("10.0.0.2"));
    let lines: Vec<String> = (0..count).map(|number| number.to_string()).collect();
    world.line(ana, &lines.join("\n"));
    (ana, bia)
}

#[test]
fn twenty_go_at_once_and_five_a_second_after_them() {
    let mut world = paced();
    let (ana, bia) = flood(&mut world, 30);
    assert_eq!(world.hear(bia), numbers(0..20));
    assert!(world.is_paused(ana));
    world.pass(Duration::from_millis(199));
    assert_eq!(world.hear(bia), NOTHING);
    for number in 20..30 {
        world.pass(Duration::from_millis(1));
        assert_eq!(world.hear(bia), numbers(number..number + 1));
        assert_eq!(world.is_paused(ana), number < 29);
        world.pass(Duration::from_millis(199));
        assert_eq!(world.hear(bia), NOTHING);
    }
    world.pass(Duration::from_secs(3600));
    world.line(ana, "30");
    assert_eq!(world.hear(bia), numbers(30..31));
}

#[test]
fn one_fast_session_holds_nobody_else_back() {
    let mut world = paced();
    let (_, bia) = flood(&mut world, 100);
    world.hear(bia);
    world.line(bia, "oi");
    assert_eq!(world.hear(bia), ["10.0.0.2 | oi"]);
}

#[test]
fn what_was_sent_before_the_end_is_said_after_it() {
    let mut world = paced();
    let (ana, bia) = flood(&mut world, 30);
    world.bytes(ana, b"30");
    world.end(ana);
    assert_eq!(world.closed(ana), None);
    world.pass(Duration::from_millis(2199));
    assert_eq!(world.closed(ana), None);
    world.pass(Duration::from_millis(1));
    assert_eq!(world.closed(ana), Some(CloseReason::Ended));
    assert_eq!(world.hear(bia), numbers(0..31));
}

#[test]
fn what_was_sent_before_the_connection_broke_is_said_after_it() {
    let mut world = paced();
    let (ana, bia) = flood(&mut world, 30);
    world.cut(ana);
    assert_eq!(world.hub.sessions(), 2);
    world.pass(Duration::from_secs(2));
    assert_eq!(world.hear(bia), numbers(0..30));
    assert_eq!(world.hub.sessions(), 1);
}

#[test]
fn whoever_is_left_unread_cannot_answer_and_is_not_called_dead() {
    let mut world = paced();
    let (ana, bia) = (world.ws(1), world.ws(2));
    for number in 0..1020 {
        world.text(ana, &number.to_string());
    }
    let mut said = 0;
    for _ in 0..20 {
        world.pass(Duration::from_secs(10));
        world.step(Input::Alive { session: bia });
        said += world
            .hear(bia)
            .iter()
            .filter(|line| line.starts_with("Client #1: "))
            .count();
    }
    assert_eq!(said, 1020);
    assert_eq!(world.hub.sessions(), 2);
}

#[test]
fn whoever_is_gone_has_some_last_words_but_speaks_no_minutes_as_a_ghost() {
    let mut world = paced();
    let (ana, bia) = flood(&mut world, 5000);
    world.cut(ana);
    let told = SESSION_BURST + u32::try_from(LAST_WORDS).unwrap();
    world.pass(Duration::from_secs(60));
    assert_eq!(world.hear(bia), numbers(0..told));
    assert_eq!(world.hub.sessions(), 1);
}

#[test]
fn a_paused_session_has_the_whole_keepalive_time_once_it_is_read_again() {
    let mut world = paced();
    let ana = world.ws(1);
    for number in 0..(20 + 5 * 95) {
        world.text(ana, &number.to_string());
    }
    world.pass(Duration::from_secs(95));
    assert!(!world.is_paused(ana));
    world.pass(Duration::from_secs(60));
    assert_eq!(world.closed(ana), None);
    world.pass(Duration::from_secs(60));
    assert_eq!(world.closed(ana), Some(CloseReason::KeepaliveTimeout));
}

#[test]
fn a_hub_takes_so_many_sessions_and_tells_the_rest() {
    let limits = SessionLimits {
        total: 3,
        per_address: 2,
        per_window: 3,
    };
    let mut world = World::with(Config {
        session_limits: limits,
        ..config(1)
    });
    let (first, second) = (world.tcp("203.0.113.1"), world.tcp("203.0.113.1"));
    let third = world.tcp("203.0.113.1");
    assert_eq!(world.closed(third), Some(CloseReason::TooManySessions));
    let local = world.tcp("127.0.0.1");
    let full = world.tcp("127.0.0.1");
    assert_eq!(world.closed(full), Some(CloseReason::HubFull));
    world.line(full, "ninguém ouve");
    world.cut(full);
    for session in [first, second, local] {
        assert_eq!(world.hear(session), NOTHING);
        assert_eq!(world.closed(session), None);
        world.end(session);
    }
    let again = world.tcp("203.0.113.1");
    assert_eq!(world.closed(again), None);
    world.end(again);
    let fourth = world.tcp("203.0.113.1");
    assert_eq!(
        world.closed(fourth),
        Some(CloseReason::TooManySessions),
        "three in ten minutes"
    );
    world.pass(Duration::from_secs(600));
    let later = world.tcp("203.0.113.1");
    assert_eq!(world.closed(later), None);
}

#[test]
fn a_hub_that_ends_says_what_waited_and_closes_everyone() {
    let mut world = paced();
    let (ana, bia) = flood(&mut world, 40);
    let (eva, rui) = (world.ws(7), world.tcp("10.0.0.4"));
    world.bytes(rui, b"pela metade");
    world.hear(eva);
    world.hear(bia);
    world.step(Input::Shutdown);
    let mut expected = numbers(20..40);
    expected.push("10.0.0.4 | pela metade".to_owned());
    assert_eq!(world.hear(bia), expected);
    for session in [ana, bia, eva, rui] {
        assert_eq!(world.closed(session), Some(CloseReason::GoingAway));
    }
    assert!(
        world.hear(eva).iter().all(|line| !line.contains("left")),
        "all leave: nobody is told"
    );
    let late = world.tcp("10.0.0.5");
    assert_eq!(world.closed(late), Some(CloseReason::GoingAway));
    let before = world.trace.len();
    world.step(Input::Shutdown);
    world.cut(ana);
    world.pass(Duration::from_secs(600));
    assert_eq!(world.trace.len(), before, "it is over");
}
