use super::*;
use Invariant::{B1, B2, Truth, U1, U2, U3, U7};

#[test]
fn a_message_ends_once() {
    let mut story = Story::of(2);
    story
        .sent(0, "n1@x", "m1", "oi")
        .wait(10)
        .shown(1, "n0@x", "n1@x", "m1", "oi", true);
    story
        .delivered(0, "n1@x", "m1", true)
        .wait(30_000)
        .finish(false)
        .kept(U1);

    let mut story = Story::of(2);
    story
        .sent(0, "n1@x", "m1", "oi")
        .shown(1, "n0@x", "n1@x", "m1", "oi", true);
    story.delivered(0, "n1@x", "m1", true).delivered(0, "n1@x", "m1", true);
    assert_eq!(story.broken(), Some(U1));

    let mut story = Story::of(2);
    story.sent(0, "n1@x", "m1", "oi").wait(20_001).finish(false);
    assert_eq!(story.broken(), Some(U1));

    let mut story = Story::of(2);
    story.sent(0, "n1@x", "m1", "oi").wait(1);
    story.observer.died(story.now, 0);
    story.wait(30_000).finish(false).kept(U1);
}

#[test]
fn a_message_ends_in_time() {
    let failed = Event::Failed {
        msg_id: id("m1"),
        dst: peer("n1@x"),
        code: crate::error::Code::AckTimeout,
        detail: String::new(),
    };
    let mut story = Story::of(2);
    story
        .sent(0, "n1@x", "m1", "oi")
        .wait(20_000)
        .event(0, &failed)
        .kept(U7);
    let mut story = Story::of(2);
    story.sent(0, "n1@x", "m1", "oi").wait(20_001).event(0, &failed);
    assert_eq!(story.broken(), Some(U7));
    let mut story = Story::of(2);
    story.sent(0, "n1@x", "m1", "oi").wait(20_001);
    let vitals = Vitals {
        pending: 1,
        ..Vitals::default()
    };
    story.observer.on_vitals(story.now, 0, &vitals, &mut story.recorder);
    assert_eq!(story.broken(), Some(U7));
    let mut story = Story::of(2);
    story.sent(0, "n1@x", "m1", "oi");
    let vitals = Vitals::default();
    story.observer.on_vitals(story.now, 0, &vitals, &mut story.recorder);
    assert_eq!(story.broken(), Some(U1), "the node has forgotten it");
}

#[test]
fn a_message_is_shown_once_in_the_life_of_a_process() {
    for (dst, invariant) in [("n1@x", U2), ("*", B2), ("#x", B2)] {
        let mut story = Story::of(2);
        story.sent(0, dst, "m1", "oi").shown(1, "n0@x", dst, "m1", "oi", true);
        story.wait(1000).shown(1, "n0@x", dst, "m1", "oi", true);
        assert_eq!(story.broken(), Some(invariant), "{dst}");

        let mut story = Story::of(2);
        story.sent(0, dst, "m1", "oi").shown(1, "n0@x", dst, "m1", "oi", true);
        story.observer.died(story.now, 1);
        story.observer.born(story.now, 1, Some(key(1).public()));
        story.shown(1, "n0@x", dst, "m1", "oi", true).kept(invariant);
    }
}

#[test]
fn an_unsigned_message_is_shown_once_in_a_minute() {
    for (dst, invariant) in [("n0@x", U2), ("*", B2)] {
        let mut story = Story::with_other(1, false);
        story.observer.legacy_said(story.now, 1, dst, "oi");
        story.shown(0, "old@x", dst, "1", "oi", false).wait(60_000);
        story
            .shown(0, "old@x", dst, "1", "oi", false)
            .shown(0, "old@x", dst, "2", "oi", false)
            .kept(invariant);

        let mut story = Story::with_other(1, false);
        story.observer.legacy_said(story.now, 1, dst, "oi");
        story.shown(0, "old@x", dst, "1", "oi", false).wait(59_999);
        story.shown(0, "old@x", dst, "1", "oi", false);
        assert_eq!(story.broken(), Some(invariant), "{dst}");
    }
}

#[test]
fn what_is_confirmed_was_shown() {
    let mut story = Story::of(2);
    story.sent(0, "n1@x", "m1", "oi").delivered(0, "n1@x", "m1", true);
    assert_eq!(story.broken(), Some(U3));
    let mut story = Story::of(2);
    story
        .sent(0, "n1@x", "m1", "oi")
        .delivered(0, "n1@x", "m1", false)
        .kept(U1);
    // Somebody took the name before its owner came: who knows only that key cannot tell.
    let mut story = Story::with_other(2, true);
    story
        .observer
        .memory(0)
        .unwrap()
        .keys
        .insert(peer("n1@x"), key(9).public());
    story
        .sent(0, "n1@x", "m1", "oi")
        .delivered(0, "n1@x", "m1", true)
        .kept(U1);
}

#[test]
fn only_what_was_shown_or_heard_confirmed_is_confirmed() {
    let ack = |by: &str| encode::ack(&id("m1"), &peer(by), &peer("n0@x"), UTC, Ttl::FIRST, None);
    let mut story = Story::of(3);
    story
        .sent(0, "n2@x", "m1", "oi")
        .prove(1, 1, 0)
        .wrote(1, 1, 0, &ack("n2@x"));
    assert_eq!(story.broken(), Some(U3));
    let mut story = Story::of(3);
    story
        .sent(0, "n2@x", "m1", "oi")
        .shown(2, "n0@x", "n2@x", "m1", "oi", true);
    story
        .wrote(2, 2, 1, &ack("n2@x"))
        .prove(1, 1, 0)
        .read(1, 3, &ack("n2@x"));
    story.wrote(1, 1, 0, &ack("n2@x")).kept(U3);
}

#[test]
fn nobody_is_shown_its_own_words_or_the_same_twice() {
    let mut story = Story::of(2);
    story.sent(0, "*", "p1", "all").shown(0, "n0@x", "*", "p1", "all", true);
    assert_eq!(story.broken(), Some(B1));
    let mut story = Story::of(2);
    story.shown(0, "n0@x", "*", "p1", "all", false);
    assert_eq!(story.broken(), Some(Truth), "it never said that");
    let mut story = Story::of(2);
    story.sent(0, "*", "p1", "all").shown(1, "n0@x", "*", "p1", "all", true);
    story.shown(1, "n0@x", "*", "p2", "all", true);
    assert_eq!(story.broken(), Some(B1));
    let mut story = Story::of(2);
    story
        .sent(0, "*", "p1", "all")
        .shown(1, "n0@x", "*", "p1", "all", true)
        .kept(B1);
}

#[test]
fn what_is_signed_was_said_by_that_node_to_that_peer() {
    let shown = |src: &str, dst: &str, text: &str| {
        let mut story = Story::with_other(3, true);
        story.sent(0, "n1@x", "m1", "oi").shown(1, src, dst, "m1", text, true);
        story
    };
    shown("n0@x", "n1@x", "oi").kept(Truth);
    // A stranger signs what it likes in its own name.
    shown("old@x", "n1@x", "anything").kept(Truth);
    for (src, dst, text) in [
        ("n0@x", "n1@x", "oi!"),
        ("n2@x", "n1@x", "oi"),
        ("n0@x", "*", "oi"),
        ("n0@x", "n2@x", "oi"),
        ("old@x", "n1@x", "INVALID"),
    ] {
        assert_eq!(shown(src, dst, text).broken(), Some(Truth), "{src} {dst} {text}");
    }
}

#[test]
fn unsigned_words_are_believed_only_of_those_whose_key_is_unknown() {
    let mut story = Story::with_other(2, true);
    story.shown(0, "n1@x", "*", "1", "INVENTED", false).kept(Truth);
    let mut story = Story::with_other(2, true);
    story
        .event(0, &up("n1@x", true))
        .shown(0, "n1@x", "*", "1", "INVENTED", false);
    assert_eq!(story.broken(), Some(Truth));
    let mut story = Story::with_other(2, true);
    story.shown(0, "n1@x", "*", "1", "an INVALID one", false);
    assert_eq!(story.broken(), Some(Truth));
}

#[test]
fn where_nobody_means_harm_nothing_is_made_up() {
    let mut story = Story::with_other(2, false);
    story.observer.legacy_said(story.now, 2, "n0@x", "hello");
    story.shown(0, "old@x", "n0@x", "1", "hello", false).kept(Truth);
    let mut story = Story::with_other(2, false);
    story.shown(0, "old@x", "n0@x", "1", "hello", false);
    assert_eq!(story.broken(), Some(Truth));
    let mut story = Story::with_other(2, false);
    story
        .sent(1, "n0@x", "1", "hello")
        .shown(0, "old@x", "n0@x", "1", "hello", false);
    assert_eq!(story.broken(), Some(Truth), "it was somebody else");

    let mut story = Story::with_other(1, false);
    story.sent(0, "old@x", "m1", "oi");
    let (now, recorder) = (story.now, &mut story.recorder);
    story.observer.legacy_shown(now, 1, Kind::Send, "n0@x", "oi", recorder);
    story.kept(Truth);
    let mut story = Story::with_other(1, false);
    let (now, recorder) = (story.now, &mut story.recorder);
    story.observer.legacy_shown(now, 1, Kind::Send, "n0@x", "oi", recorder);
    assert_eq!(story.broken(), Some(Truth));
}
