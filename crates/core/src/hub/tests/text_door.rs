//! The TCP text door.

use super::*;
use crate::limits::WHO_LABELS;

const PAUSE: Duration = MESSAGE_PAUSE;
const ALMOST: Duration = PAUSE.checked_sub(Duration::from_micros(1)).unwrap();

#[test]
fn a_client_without_newlines_ends_its_message_by_pausing() {
    let mut world = World::new();
    let (ana, bia) = (world.tcp("10.0.0.1"), world.tcp("10.0.0.2"));
    world.bytes(ana, b"bom ");
    world.pass(ALMOST);
    world.bytes(ana, b"dia");
    world.pass(ALMOST);
    assert_eq!(world.hear(bia), NOTHING, "every byte begins the pause anew");
    world.pass(Duration::from_micros(1));
    assert_eq!(world.hear(bia), ["10.0.0.1 | bom dia"]);
    assert_eq!(world.hear(ana), ["10.0.0.1 | bom dia"], "the author hears it too");
    world.pass(PAUSE * 10);
    assert_eq!(world.hear(bia), NOTHING, "and it is said once");
}

#[test]
fn a_client_that_sent_a_newline_may_pause_in_a_message() {
    let mut world = World::new();
    let (ana, bia) = (world.tcp("10.0.0.1"), world.tcp("10.0.0.2"));
    world.bytes(ana, b"oi\ntudo ");
    world.pass(PAUSE * 100);
    assert_eq!(world.hear(bia), ["10.0.0.1 | oi"]);
    world.bytes(ana, b"bem?\r\n");
    assert_eq!(world.hear(bia), ["10.0.0.1 | tudo bem?"]);
}

#[test]
fn the_first_newline_ends_a_message_that_a_pause_would_have_ended() {
    let mut world = World::new();
    let (ana, bia) = (world.tcp("10.0.0.1"), world.tcp("10.0.0.2"));
    world.bytes(ana, b"oi");
    world.bytes(ana, b"\nmeia");
    world.pass(PAUSE * 2);
    assert_eq!(world.hear(bia), ["10.0.0.1 | oi"]);
    world.bytes(ana, b" frase\n");
    assert_eq!(world.hear(bia), ["10.0.0.1 | meia frase"]);
}

#[test]
fn lines_arrive_the_same_however_they_are_cut() {
    let stream = "um\r\ndois\n\n/who\nação | três\r\n//quatro\n".as_bytes();
    let whole = conversation(&[stream]);
    assert_eq!(whole.len(), 5);
    for cut in 0..=stream.len() {
        let (before, after) = stream.split_at(cut);
        assert_eq!(conversation(&[before, after]), whole, "cut at {cut}");
    }
    let bytes: Vec<&[u8]> = stream.chunks(1).collect();
    assert_eq!(conversation(&bytes), whole);
}

fn conversation(pieces: &[&[u8]]) -> Vec<String> {
    let mut world = World::new();
    let ana = world.tcp("10.0.0.1");
    // Past the empty line's hint, which is told once.
    world.bytes(ana, b"\n");
    world.hear(ana);
    for piece in pieces {
        world.bytes(ana, piece);
    }
    world.hear(ana)
}

#[test]
fn the_end_of_the_stream_ends_a_message() {
    let mut world = World::new();
    let (ana, bia) = (world.tcp("10.0.0.1"), world.tcp("10.0.0.2"));
    world.bytes(ana, b"oi\ntchau");
    world.end(ana);
    assert_eq!(world.hear(bia), ["10.0.0.1 | oi", "10.0.0.1 | tchau"]);
    assert_eq!(world.hear(ana), ["10.0.0.1 | oi", "10.0.0.1 | tchau"], "it still reads");
    assert_eq!(world.closed(ana), Some(CloseReason::Ended));
    world.pass(PAUSE * 2);
    assert_eq!(world.hear(bia), NOTHING);
}

#[test]
fn empty_lines_are_skipped_and_explained_once() {
    let mut world = World::new();
    let (ana, bia) = (world.tcp("10.0.0.1"), world.tcp("10.0.0.2"));
    world.bytes(ana, b"\n\r\n   \n\t\n");
    assert_eq!(world.hear(ana), [r#"Hint { label: "10.0.0.1", room: "lobby" }"#]);
    world.line(ana, "");
    assert_eq!(world.hear(ana), NOTHING);
    assert_eq!(world.hear(bia), NOTHING);
}

#[test]
fn a_line_that_is_too_long_is_refused_and_the_next_is_fine() {
    let mut world = World::new();
    let (ana, bia) = (world.tcp("10.0.0.1"), world.tcp("10.0.0.2"));
    let most = "x".repeat(4096);
    world.line(ana, &most);
    assert_eq!(world.hear(bia), [format!("10.0.0.1 | {most}")]);
    world.hear(ana);
    world.line(ana, &format!("{most}x"));
    world.line(ana, "oi");
    assert_eq!(world.hear(ana), ["TooLong { bytes: 4097 }", "10.0.0.1 | oi"]);
    assert_eq!(world.hear(bia), ["10.0.0.1 | oi"]);
}

#[test]
fn bytes_that_are_no_text_are_replaced_and_controls_made_visible() {
    let mut world = World::new();
    let ana = world.tcp("10.0.0.1");
    world.bytes(ana, b"a\xff\xc3b\x1b[2J\n");
    assert_eq!(world.hear(ana), ["10.0.0.1 | a\u{fffd}\u{fffd}b␛[2J"]);
}

#[test]
fn a_line_is_stamped_with_the_minute_in_which_it_was_said() {
    let mut world = World::new();
    let ana = world.tcp("10.0.0.1");
    world.pass(Duration::from_secs(90));
    world.line(ana, "oi");
    let entry = &world.logs[&Rooms::HOME][0];
    assert_eq!(entry.sent_at.minute(0).to_string(), "2025-11-21 00:01");
    world.step(Input::WallClock(UtcMillis::new(1_000_000)));
    world.pass(Duration::from_secs(60));
    world.line(ana, "oi");
    assert_eq!(world.logs[&Rooms::HOME][1].sent_at, UtcMillis::new(1_060_000));
}

#[test]
fn without_a_nick_nobody_is_told_who_comes_and_goes() {
    let mut world = World::new();
    let bia = world.ws(7);
    world.hear(bia);
    let ana = world.tcp("10.0.0.1");
    world.line(ana, "/join redes");
    world.line(ana, "/join lobby");
    world.end(ana);
    assert_eq!(world.hear(bia), NOTHING);
}

#[test]
fn a_nick_is_announced_when_it_comes_changes_and_goes() {
    let mut world = World::new();
    let (ana, bia) = (world.tcp("10.0.0.1"), world.ws(7));
    world.hear(ana);
    world.hear(bia);
    world.line(ana, "/nick ana");
    assert_eq!(world.hear(ana), ["* | ana joined the chat", r#"NickSet("ana")"#]);
    world.line(ana, "oi");
    world.line(ana, "/nick maria");
    world.line(ana, "/nick maria");
    world.end(ana);
    assert_eq!(
        world.hear(bia),
        [
            "ana joined the chat",
            "ana: oi",
            "ana left the chat",
            "maria joined the chat",
            "maria left the chat"
        ]
    );
    let other = world.tcp("10.0.0.1");
    world.line(other, "/nick ana");
    world.line(other, "/nick maria");
    assert_eq!(
        world.hear(other).last().unwrap(),
        r#"NickSet("maria")"#,
        "nicks are free again"
    );
}

#[test]
fn a_nick_that_is_taken_gets_a_suffix_whatever_its_case() {
    let mut world = World::new();
    world.named("ana");
    let (bia, eva) = (world.tcp("10.0.0.2"), world.tcp("10.0.0.3"));
    world.line(bia, "/nick ANA");
    assert_eq!(
        world.hear(bia),
        [
            "* | ANA-2 joined the chat",
            r#"NickTaken { wanted: "ANA", given: "ANA-2" }"#
        ]
    );
    world.line(eva, "/nick ana");
    assert_eq!(
        world.hear(eva).last().unwrap(),
        r#"NickTaken { wanted: "ana", given: "ana-3" }"#
    );
    world.hear(bia);
    world.line(bia, "/nick ana-2");
    assert_eq!(
        world.hear(bia).last().unwrap(),
        r#"NickSet("ana-2")"#,
        "one's own nick in other letters is not taken"
    );
}

#[test]
fn asking_again_for_a_taken_nick_announces_nothing() {
    let mut world = World::new();
    world.named("ana");
    let bia = world.tcp("10.0.0.2");
    world.line(bia, "/nick ana");
    world.hear(bia);
    world.line(bia, "/nick ana");
    assert_eq!(world.hear(bia), [r#"NickTaken { wanted: "ana", given: "ana-2" }"#]);
}

#[test]
fn a_word_that_is_no_nick_is_refused_with_the_reason() {
    let mut world = World::new();
    let ana = world.tcp("10.0.0.1");
    for (line, answer) in [
        ("/nick", "NickUsage".to_owned()),
        ("/nick papo", "NickBad(Reserved)".to_owned()),
        ("/nick 10.0.0.7", "NickBad(Reserved)".to_owned()),
        ("/nick a|b", "NickBad(Forbidden('|'))".to_owned()),
        ("/nick a b", "NickBad(Forbidden(' '))".to_owned()),
        (&format!("/nick {}", "x".repeat(65)), "NickBad(TooLong(64))".to_owned()),
    ] {
        world.line(ana, line);
        assert_eq!(world.hear(ana), [answer], "{line}");
    }
    world.line(ana, "oi");
    assert_eq!(world.hear(ana), ["10.0.0.1 | oi"]);
}

#[test]
fn rooms_hear_only_themselves() {
    let mut world = World::new();
    let (ana, bia) = (world.named("ana"), world.named("bia"));
    let eva = world.ws_in(7, "redes");
    world.hear(ana);
    world.line(ana, "antes");
    world.line(ana, "/join #redes");
    world.line(ana, "oi redes");
    world.line(bia, "oi lobby");
    assert_eq!(
        world.hear(ana),
        [
            "ana | antes",
            r#"RoomJoined("redes")"#,
            "* | ana joined the chat",
            "ana | oi redes"
        ]
    );
    assert_eq!(
        world.hear(bia),
        ["ana | antes", "* | ana left the chat", "bia | oi lobby"]
    );
    assert_eq!(
        world.hear(eva),
        ["Client #7 joined the chat", "ana joined the chat", "ana: oi redes"]
    );
    for (line, answer) in [
        ("/join", "RoomUsage"),
        ("/join redes", r#"RoomSame("redes")"#),
        ("/join a/b", "RoomBad(Forbidden('/'))"),
    ] {
        world.line(ana, line);
        assert_eq!(world.hear(ana), [answer]);
    }
}

#[test]
fn a_room_is_forgotten_with_its_last_session_unless_something_was_said_there() {
    let mut world = World::new();
    let ana = world.named("ana");
    world.line(ana, "/join calada");
    world.line(ana, "/join falada");
    assert_eq!(world.closed_rooms, [RoomId(1)]);
    world.line(ana, "oi");
    world.line(ana, "/join lobby");
    assert_eq!(world.closed_rooms, [RoomId(1)]);
    world.line(ana, "/join falada");
    world.line(ana, "oi de novo");
    assert_eq!(world.said[&RoomId(2)], 2, "numbers go on where they were");
}

#[test]
fn commands_are_answered_to_their_author_alone() {
    let mut world = World::new();
    let (ana, bia) = (world.tcp("10.0.0.1"), world.named("bia"));
    world.hear(ana);
    for (line, answer) in [
        ("/help", "Help"),
        (
            "/who",
            r#"Who { room: "lobby", count: 2, labels: ["10.0.0.1", "bia"] }"#,
        ),
        ("/hwo", r#"UnknownCommand { given: "/hwo", suggestion: Some("/who") }"#),
        ("/Dance", r#"UnknownCommand { given: "/Dance", suggestion: None }"#),
    ] {
        world.line(ana, line);
        assert_eq!(world.hear(ana), [answer], "{line}");
    }
    assert_eq!(world.hear(bia), NOTHING);
    world.line(ana, "//help");
    assert_eq!(world.hear(bia), ["10.0.0.1 | /help"]);
}

#[test]
fn who_lists_a_hundred_and_counts_all() {
    let mut world = World::new();
    let sessions: Vec<_> = (0..150).map(|_| world.tcp("10.0.0.1")).collect();
    world.line(sessions[0], "/who");
    let answer = world.hear(sessions[0]).remove(0);
    assert!(answer.contains("count: 150"));
    assert_eq!(answer.matches("10.0.0.1").count(), WHO_LABELS);
}

#[test]
fn quitting_leaves_at_once() {
    let mut world = World::new();
    let (ana, bia) = (world.named("ana"), world.named("bia"));
    world.bytes(ana, b"oi\n/quit\nnunca dito\n");
    assert_eq!(world.closed(ana), Some(CloseReason::Quit));
    assert_eq!(world.hear(bia), ["ana | oi", "* | ana left the chat"]);
    world.line(ana, "nem isto");
    world.cut(ana);
    assert_eq!(world.hear(bia), NOTHING);
    assert_eq!(world.hub.sessions(), 1);
}
