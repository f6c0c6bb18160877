use super::*;
use Invariant::{B1, B4, Legacy, U4, U5, U6};

/// Node 1 was given a line by node 0, and has proven links to it and to node 2.
fn relay(line: &[u8]) -> Story {
    let mut story = Story::of(3);
    story.prove(1, 1, 0).prove(1, 2, 2).wait(10).read(1, 1, line).wait(1);
    story
}

#[test]
fn ttl_falls() {
    for words in [SEND, PUB] {
        let mut story = relay(&words.line(8, Some(0)));
        story.wrote(1, 2, 2, &words.line(7, Some(0))).kept(U4);
        let mut story = relay(&words.line(7, Some(0)));
        story.wrote(1, 2, 2, &words.line(7, Some(0)));
        assert_eq!(story.broken(), Some(U4), "{}", words.kind);
        let mut story = relay(&words.line(3, Some(0)));
        story
            .read(1, 1, &words.line(5, Some(0)))
            .wrote(1, 2, 2, &words.line(4, Some(0)))
            .kept(U4);
        let mut story = relay(&SEND.line(3, Some(0)));
        story.wrote(1, 2, 2, &Words { id: "m2", ..words }.line(1, Some(0)));
        assert_eq!(story.broken(), Some(U4), "it was never given that");
    }
}

#[test]
fn a_relay_passes_a_try_on_once() {
    let (first, second) = (SEND.line(7, Some(0)), SEND.line(7, Some(1)));
    let mut story = relay(&SEND.line(8, Some(0)));
    story.read(1, 1, &SEND.line(8, Some(1)));
    story.wrote(1, 2, 2, &first).wrote(1, 2, 2, &second).kept(U4);
    let mut story = relay(&SEND.line(8, Some(0)));
    story.wait(29_000).read(1, 1, &SEND.line(8, Some(0)));
    story.wrote(1, 2, 2, &first).wait(29_000).wrote(1, 2, 2, &first);
    assert_eq!(story.broken(), Some(U4));
    // It was forgotten when the copy came, and the first one had waited long.
    let mut story = relay(&SEND.line(8, Some(0)));
    story
        .wait(10_000)
        .wrote(1, 2, 2, &first)
        .wait(20_000)
        .read(1, 1, &SEND.line(8, Some(0)));
    story.wrote(1, 2, 2, &first).kept(U4);
    // An old program is told nothing of tries.
    let mut story = relay(&SEND.line(8, Some(0)));
    story
        .wrote(1, 3, 2, &SEND.line(1, None))
        .wait(50)
        .wrote(1, 3, 2, &SEND.line(1, None));
    assert_eq!(story.broken(), Some(U4));
}

#[test]
fn a_way_that_failed_is_not_taken_again() {
    let line = |attempt| SEND.line(8, Some(attempt));
    let start = || {
        let mut story = Story::of(3);
        story
            .sent(0, "n2@x", "m1", "oi")
            .prove(0, 1, 1)
            .prove(0, 2, 2)
            .prove(0, 3, 1);
        story.wrote(0, 1, 1, &line(0));
        story
    };
    let mut story = start();
    story.wrote(0, 2, 2, &line(1)).kept(U5);
    let mut story = start();
    story.wrote(0, 1, 1, &line(1));
    assert_eq!(story.broken(), Some(U5));
    for first_is_live in [false, true] {
        let mut story = start();
        story.wrote(0, 3, 1, &line(1));
        let now = story.now;
        story.observer.on_ways(now, 0, |_| first_is_live, &mut story.recorder);
        assert_eq!(story.broken(), first_is_live.then_some(U5));
    }
}

#[test]
fn what_a_node_holds_is_bounded() {
    let look = |vitals: Vitals| {
        let mut story = Story::of(1);
        story.observer.on_vitals(story.now, 0, &vitals, &mut story.recorder);
        story
    };
    let full = Vitals {
        links: LINKS,
        live: 3,
        listed: 3,
        queued: LINK_QUEUE_BYTES,
        searching: SEARCHES,
        paths: REVERSE_PATHS,
        relayed_for_one: RELAYED_PER_LINK,
        publishing: PENDING_SENDS,
        ..Vitals::default()
    };
    look(full).kept(U6);
    look(full).kept(B4);
    let over: [fn(&mut Vitals); 7] = [
        |vitals| vitals.links += 1,
        |vitals| vitals.listed += 1,
        |vitals| vitals.queued += 1,
        |vitals| vitals.searching += 1,
        |vitals| vitals.paths += 1,
        |vitals| vitals.relayed_for_one += 1,
        |vitals| vitals.publishing += 1,
    ];
    for (number, more) in over.into_iter().enumerate() {
        let mut vitals = full;
        more(&mut vitals);
        let expected = if number == 6 { B4 } else { U6 };
        assert_eq!(look(vitals).broken(), Some(expected), "{number}");
    }
}

#[test]
fn what_is_invalid_goes_no_further() {
    for words in [SEND, PUB] {
        let words = Words {
            text: "an INVALID text",
            ..words
        };
        let mut story = relay(&words.line(8, Some(0)));
        story.wrote(1, 2, 2, &words.line(7, Some(0)));
        assert_eq!(story.broken(), Some(B4), "{}", words.kind);
        let mut story = Story::of(3);
        story.prove(0, 1, 1).sent(0, words.dst, words.id, words.text);
        story.wrote(0, 1, 1, &words.line(8, Some(0))).kept(B4);
        let mut story = relay(&words.line(8, Some(0)));
        story.prove(0, 1, 1).wrote(0, 1, 1, &words.line(8, Some(0)));
        assert_eq!(story.broken(), Some(B4), "in its own name");
    }
}

#[test]
fn a_publication_goes_over_a_link_again_only_to_go_farther() {
    let mut story = relay(&PUB.line(3, Some(0)));
    story
        .wrote(1, 2, 2, &PUB.line(2, Some(0)))
        .read(1, 1, &PUB.line(8, Some(0)));
    story.wrote(1, 2, 2, &PUB.line(7, Some(0))).kept(B4);
    let mut story = relay(&PUB.line(8, Some(0)));
    story
        .wrote(1, 2, 2, &PUB.line(7, Some(0)))
        .wrote(1, 2, 2, &PUB.line(7, Some(0)));
    assert_eq!(story.broken(), Some(B4));
    let mut story = relay(&PUB.line(8, Some(0)));
    story.wrote(1, 1, 0, &PUB.line(7, Some(0)));
    assert_eq!(story.broken(), Some(B1), "to its author");
    let mut story = relay(&PUB.line(8, Some(0)));
    story.wrote(1, 9, 2, &PUB.line(1, None));
    assert_eq!(story.broken(), Some(Legacy), "to an old program");
    let mut story = Story::of(2);
    story
        .prove(0, 1, 1)
        .wrote(0, 1, 1, &PUB.line(8, Some(0)))
        .wrote(0, 1, 1, &PUB.line(8, Some(0)));
    assert_eq!(story.broken(), Some(B1), "its own, twice");
}

#[test]
fn old_programs_get_one_whole_line_of_ascii_at_a_time() {
    let write = |line: &[u8]| {
        let mut story = Story::with_other(1, false);
        story.wrote(0, 1, 1, line);
        story
    };
    let good = SEND.line(1, None);
    write(&good).kept(Legacy);
    let text = String::from_utf8(good.clone()).unwrap();
    let mut two = good.clone();
    two.extend(&good);
    let bad: [Vec<u8>; 9] = [
        two,
        text.trim_end().into(),
        text.replace("oi", "ol\u{e1}").into(),
        b"[]\n".to_vec(),
        b"\n".to_vec(),
        text.replace("\"ttl\":1", "\"ttl\":9").into(),
        text.replace("\"src\"", "\"sender\"").into(),
        text.replace("\"oi\"", "7").into(),
        SEND.line(1, Some(0)),
    ];
    for line in bad {
        let shown = String::from_utf8_lossy(&line).into_owned();
        assert_eq!(write(&line).broken(), Some(Legacy), "{shown}");
    }
}

#[test]
fn old_programs_get_their_pauses() {
    let ping = encode::ping("1", UTC);
    let pace = |pause| {
        let mut story = Story::with_other(1, false);
        story.wrote(0, 1, 1, &ping).wait(pause).wrote(0, 1, 1, &ping);
        story
    };
    pace(50).kept(Legacy);
    assert_eq!(pace(49).broken(), Some(Legacy));
    let mut story = Story::of(2);
    story
        .prove(0, 1, 1)
        .wrote(0, 1, 1, &ping)
        .wrote(0, 1, 1, &ping)
        .kept(Legacy);

    let name = peer("n0@x");
    let ok = handshake::hello_ok(&name, &key(0), [0; 16], None);
    let after_ok = |pause| {
        let mut story = Story::with_other(1, false);
        story.wrote(0, 1, 1, &ok).wait(pause).wrote(0, 1, 1, &ping);
        story
    };
    after_ok(1000).kept(Legacy);
    assert_eq!(after_ok(999).broken(), Some(Legacy));

    let hello = handshake::hello(&name, &key(0), [0; 16]);
    let mut story = Story::with_other(1, false);
    story.wrote(0, 1, 1, &hello).wait(5000).wrote(0, 1, 1, &ping);
    assert_eq!(story.broken(), Some(Legacy), "no answer came");
    let mut story = Story::with_other(1, false);
    story
        .wrote(0, 1, 1, &hello)
        .wait(50)
        .read(0, 1, &ok)
        .wrote(0, 1, 1, &ping)
        .kept(Legacy);
    // Last words wait for nothing.
    let error = encode::error(crate::error::Code::Unauthorized, None, "no");
    let mut story = Story::with_other(1, false);
    story.wrote(0, 1, 1, &hello).wrote(0, 1, 1, &error).kept(Legacy);
}
