//! Each program by itself: greeting, words both ways, signs of life, goodbye.

use super::*;
use crate::node::Command;

const NODE: usize = 0;
const OLD: usize = 1;
const ME: &str = "me@UnB";
const NAME: &str = "old@UnB";

/// A node and a program; one of them dials.
fn pair(program: Program, node_dials: bool) -> Wires {
    let mut wires = Wires::new();
    wires.node(ME, if node_dials { &[OLD] } else { &[] });
    wires.legacy(program, NAME, if node_dials { &[] } else { &[NODE] }, 7);
    wires.run(3 * SECOND);
    wires
}

fn send_from_node(wires: &mut Wires, text: &str) {
    let to = wires
        .neighbors(NODE)
        .first()
        .map_or_else(|| peer(NAME), |name| peer(name));
    let text = text.to_owned();
    wires.command(NODE, Command::Send { to, text });
}

fn send_from_old(wires: &mut Wires, text: &str) {
    let (to, text) = (peer(ME), text.to_owned());
    wires.ask(OLD, Input::Send { to, text });
}

#[test]
fn all_of_them_greet_and_talk_with_a_node() {
    for program in Program::LEGACY {
        for node_dials in [true, false] {
            let about = format!("{program:?}, node dials: {node_dials}");
            let mut wires = pair(program, node_dials);
            // Who answers with the node's own name is called after its address.
            let name = match (program, node_dials) {
                (Program::Echo, true) => "10.0.0.2-7070@unknown",
                _ => NAME,
            };
            assert_eq!(wires.neighbors(NODE), [name], "{about}");
            wires.told[NODE].clear();
            send_from_node(&mut wires, "ol\u{e1}");
            wires.run(6 * SECOND);
            let told = std::mem::take(&mut wires.told[NODE]);
            let end = if program == Program::Abrupt {
                format!("failed {name} ack_timeout")
            } else {
                format!("delivered {name}")
            };
            assert_eq!(told, [end], "{about}");
            assert_eq!(wires.shown(OLD), ["Send me@UnB: ol\u{e1}"], "{about}");
            send_from_old(&mut wires, "\u{e9}");
            wires.run(3 * SECOND);
            let told = std::mem::take(&mut wires.told[NODE]);
            let mute = program == Program::FirstLine && node_dials;
            let expected = if mute {
                vec![]
            } else {
                vec![format!("Send {NAME}: \u{e9}")]
            };
            assert_eq!(told, expected, "{about}");
        }
    }
}

#[test]
fn all_of_them_stay_for_minutes_and_leave() {
    for program in Program::LEGACY {
        for (node_dials, node_leaves) in [(true, true), (true, false), (false, true), (false, false)] {
            let about = format!("{program:?}, node dials: {node_dials}, leaves: {node_leaves}");
            let mut wires = pair(program, node_dials);
            wires.told[NODE].clear();
            wires.types(OLD);
            wires.run(180 * SECOND);
            // Who never answers PING, nor says one where it did not dial, is dead after three of them and dialed anew.
            let flaps = program == Program::Mute && node_dials;
            let expected = if flaps {
                &["down old@UnB Silent", "up old@UnB"][..]
            } else {
                &[]
            };
            assert_eq!(wires.told[NODE], expected, "{about}");
            let types = wires.types(OLD);
            assert_eq!(types.iter().any(|kind| kind == "PING"), !node_dials, "{about}");
            assert_eq!(
                types.iter().any(|kind| kind == "PONG"),
                program != Program::Mute,
                "{about}"
            );
            if node_leaves {
                wires.command(NODE, Command::Quit);
            } else {
                wires.ask(OLD, Input::Quit);
            }
            wires.run(SECOND);
            let mut types = wires.types(OLD);
            // Some call again at once.
            types.retain(|kind| kind != "HELLO");
            let expected = match (program, node_leaves) {
                (Program::Abrupt, _) => vec![],
                (_, true) => vec!["BYE_OK"],
                (_, false) => vec!["BYE"],
            };
            assert_eq!(types, expected, "{about}");
            wires.run(3 * SECOND);
            assert_eq!(wires.neighbors(NODE), [""; 0], "{about}");
            assert_eq!(wires.shown(OLD), [""; 0], "{about}");
        }
    }
}

#[test]
fn publications_take_the_shape_of_their_program() {
    for program in Program::LEGACY {
        let mut wires = pair(program, false);
        let scope = crate::node::Scope::Namespace("UnB".to_owned());
        for (dst, text) in [("#UnB", "um"), ("*", "dois")] {
            let (dst, text) = (dst.to_owned(), text.to_owned());
            wires.ask(OLD, Input::Publish { dst, text });
            wires.run(3 * SECOND);
        }
        let heard = wires.told[NODE].iter().filter(|line| line.starts_with("Pub")).count();
        assert_eq!(heard, 2, "{program:?}");
        for (scope, text) in [
            (scope, "tres"),
            (crate::node::Scope::Namespace("USP".to_owned()), "quatro"),
        ] {
            let text = text.to_owned();
            wires.command(NODE, Command::Publish { scope, text });
            wires.run(SECOND);
        }
        assert_eq!(wires.shown(OLD), ["Pub me@UnB: tres"], "{program:?}");
        assert_eq!(wires.neighbors(NODE).is_empty(), program == Program::Fragile);
    }
}

#[test]
fn some_keep_only_the_first_line_of_a_read() {
    let mut old = greeted(Program::FirstLine);
    let line = |id: &str| {
        format!(r#"{{"type":"SEND","msg_id":"{id}","src":"me@UnB","payload":"{id}","require_ack":true,"ttl":1}}"#)
            + "\n"
    };
    let both = line("a") + &line("b");
    let (before, after) = both.split_at(both.len() - 9);
    assert_eq!(shown(&mut old, both.as_bytes()), ["a"]);
    // The second one began behind the first, so its end is the first line of the next read, and no message.
    assert_eq!(shown(&mut old, before.as_bytes()), ["a"]);
    assert_eq!(shown(&mut old, after.as_bytes()), [""; 0]);
    assert_eq!(shown(&mut old, line("c").as_bytes()), ["c"]);
}

#[test]
fn a_line_may_be_cut_anywhere() {
    let line = b"{\"type\":\"SEND\",\"msg_id\":\"a\",\"src\":\"me@UnB\",\"dst\":\"old@UnB\",\
        \"payload\":\"x\",\"require_ack\":true,\"ttl\":1}\n";
    for program in Program::LEGACY {
        let mut old = greeted(program);
        for _ in 0..3 {
            let pieces = line.chunks(1).map(|byte| shown(&mut old, byte));
            assert_eq!(pieces.flatten().collect::<Vec<_>>(), ["x"], "{program:?}");
        }
    }
}

#[test]
fn what_a_node_passes_on_is_borne_too() {
    for program in Program::LEGACY {
        let mut wires = Wires::new();
        let far = wires.node("far@UnB", &[]);
        let relay = wires.node(ME, &[far]);
        let old = wires.legacy(program, NAME, &[relay], 5);
        wires.run(3 * SECOND);
        let (to, text) = (peer(NAME), "de longe".to_owned());
        wires.command(far, Command::Send { to, text });
        wires.run(21 * SECOND);
        assert_eq!(wires.shown(old)[0], "Send far@UnB: de longe", "{program:?}");
        let end = wires.told[far].last().unwrap();
        assert_eq!(
            end.starts_with("delivered"),
            program != Program::Abrupt,
            "{program:?} {end}"
        );
    }
}

#[test]
fn copies_are_shown_and_a_repeater_makes_them() {
    let mut old = greeted(Program::Strict);
    let line =
        br#"{"type":"SEND","msg_id":"a","src":"me@UnB","dst":"old@UnB","payload":"x","require_ack":true,"ttl":1}"#;
    let twice = [line.as_slice(), b"\n", line, b"\n"].concat();
    assert_eq!(shown(&mut old, &twice), ["x", "x"]);
    let mut wires = pair(Program::Repeater, false);
    wires.types(OLD);
    send_from_old(&mut wires, "oi");
    wires.run(3 * SECOND);
    assert_eq!(wires.types(OLD), ["SEND", "SEND"]);
    assert_eq!(
        wires.told[NODE].iter().filter(|line| line.starts_with("Send")).count(),
        1
    );
}

#[test]
fn a_second_connection_is_refused_in_each_way() {
    let mut ways = std::collections::BTreeSet::new();
    for seed in 0..16 {
        let now = Instant::from_secs(1);
        let mut old = Legacy::new(Program::Rejecting, peer(NAME), 7070, vec![], seed, now);
        let hello =
            b"{\"type\":\"HELLO\",\"peer_id\":\"me@UnB\",\"features\":[\"papo1\"],\"version\":\"1.0\",\"ttl\":1}\n";
        for link in [PeerLinkId(1), PeerLinkId(2)] {
            old.handle(now, Input::Accepted { link });
            old.handle(now, Input::Read { link, bytes: hello });
        }
        let mut said = Vec::new();
        while let Some(output) = old.poll_output() {
            match output {
                Output::Write {
                    link: PeerLinkId(2),
                    bytes,
                } => said.push(bytes.ends_with(b"\n")),
                Output::Close { link } => assert_eq!(link, PeerLinkId(2)),
                other => assert!(matches!(other, Output::Write { .. }), "{other:?}"),
            }
        }
        ways.insert(said);
    }
    assert_eq!(ways.len(), 4, "{ways:?}");
}

#[test]
fn both_may_dial_at_once_and_still_talk() {
    for program in Program::LEGACY {
        let mut wires = Wires::new();
        wires.node(ME, &[OLD]);
        wires.legacy(program, NAME, &[], 3);
        wires.ask(
            OLD,
            Input::Listed(&[(peer(ME), wires::address(NODE)), (peer(NAME), wires::address(OLD))]),
        );
        wires.run(70 * SECOND);
        assert!(!wires.neighbors(NODE).is_empty(), "{program:?}");
        wires.told[NODE].clear();
        send_from_old(&mut wires, "oi");
        wires.run(3 * SECOND);
        let heard = wires.told[NODE].iter().any(|line| *line == format!("Send {NAME}: oi"));
        assert!(heard, "{program:?}");
        assert!(wires.shown(OLD).is_empty());
    }
}

#[test]
fn a_class_of_all_programs_talks_with_two_nodes() {
    let mut wires = Wires::new();
    let nodes = [wires.node("n0@UnB", &[]), wires.node("n1@UnB", &[])];
    let old: Vec<usize> = Program::LEGACY
        .iter()
        .zip(5..)
        .map(|(&program, seed)| wires.legacy(program, &format!("{program:?}@UnB"), &[], seed))
        .collect();
    for _ in 0..5 {
        wires.list();
        wires.run(30 * SECOND);
    }
    for node in nodes {
        assert_eq!(
            wires.neighbors(node).len(),
            Program::LEGACY.len() + 1,
            "{:?}",
            wires.neighbors(node)
        );
        wires.told[node].clear();
    }
    for &number in &old {
        let (dst, text) = ("*".to_owned(), format!("de {number}"));
        wires.ask(number, Input::Publish { dst, text });
        wires.run(3 * SECOND);
    }
    for node in nodes {
        for (&number, program) in old.iter().zip(Program::LEGACY) {
            let text = format!("Pub {program:?}@UnB: de {number}");
            let heard = wires.told[node].iter().filter(|line| **line == text).count();
            // The words of one program killed the connections of another, which does not dial again.
            assert_eq!(heard, 1, "{program:?} at {node}: {:?}", wires.told[node]);
        }
    }
    for &number in &old {
        wires.shown(number);
    }
    wires.run(5 * SECOND);
    for (node, text) in nodes.into_iter().zip(["um", "dois"]) {
        let (scope, text) = (crate::node::Scope::Broadcast, text.to_owned());
        wires.command(node, Command::Publish { scope, text });
        wires.run(5 * SECOND);
    }
    for (&number, program) in old.iter().zip(Program::LEGACY) {
        assert_eq!(
            wires.shown(number),
            ["Pub n0@UnB: um", "Pub n1@UnB: dois"],
            "{program:?}"
        );
    }
    assert!(wires.wrote.len() < 20_000, "{}", wires.wrote.len());
}

/// A program that a node greeted over link 1.
pub(super) fn greeted(program: Program) -> Legacy {
    let now = Instant::from_secs(1);
    let mut old = Legacy::new(program, peer(NAME), 7070, vec![], 7, now);
    old.handle(now, Input::Accepted { link: PeerLinkId(1) });
    let hello =
        b"{\"type\":\"HELLO\",\"peer_id\":\"me@UnB\",\"version\":\"1.0\",\"features\":[\"ack\",\"papo1\"],\"ttl\":1}\n";
    old.handle(
        now,
        Input::Read {
            link: PeerLinkId(1),
            bytes: hello,
        },
    );
    while let Some(output) = old.poll_output() {
        assert!(matches!(output, Output::Write { .. }), "{output:?}");
    }
    old
}

/// What it shows of one read.
fn shown(old: &mut Legacy, bytes: &[u8]) -> Vec<String> {
    old.handle(
        Instant::from_secs(2),
        Input::Read {
            link: PeerLinkId(1),
            bytes,
        },
    );
    let mut shown = Vec::new();
    while let Some(output) = old.poll_output() {
        if let Output::Shown { payload, .. } = output {
            shown.push(payload);
        }
    }
    shown
}
