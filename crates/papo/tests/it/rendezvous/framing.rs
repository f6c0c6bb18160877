//! Where a request ends, and that its reply arrives (docs/protocol.md 1.1).

use serde_json::{Value, json};

use crate::support::registry::{Asker, DIALECTS, Rendezvous, register};

/// A registry for each dialect, and the key under which it says what is wrong.
fn both() -> impl Iterator<Item = (Rendezvous, &'static str)> {
    DIALECTS
        .into_iter()
        .zip(["error", "message"])
        .map(|(dialect, key)| (Rendezvous::start(&["--dialect", dialect]), key))
}

/// What comes for these pieces, each in a write of its own; the connection stays open for writing.
fn reply_to<P: AsRef<[u8]>>(server: &Rendezvous, pieces: impl IntoIterator<Item = P>) -> Value {
    let mut asker = Asker::connect(server.address);
    for piece in pieces {
        asker.send(piece);
    }
    asker.reply()
}

#[test]
fn a_request_may_come_byte_by_byte() {
    for (server, _) in both() {
        let line = format!("{}\n", register("unb", "ana", 4000));
        let reply = reply_to(&server, line.as_bytes().chunks(1));
        assert_eq!(reply["status"], "OK", "{reply}");
        assert_eq!(server.names("unb"), ["ana"]);
    }
}

#[test]
fn the_second_line_of_a_segment_counts_for_nothing() {
    for (server, _) in both() {
        let lines = format!("{}\n{}\n", register("unb", "ana", 4000), register("unb", "bia", 4001));
        let reply = reply_to(&server, [lines]);
        assert_eq!(reply["status"], "OK", "{reply}");
        assert_eq!(server.names("unb"), ["ana"]);
    }
}

#[test]
fn a_carriage_return_does_no_harm() {
    for (server, _) in both() {
        let reply = reply_to(&server, [format!("{}\r\n", register("unb", "ana", 4000))]);
        assert_eq!(reply["status"], "OK", "{reply}");
        assert_eq!(reply_to(&server, ["\r\n"])["message"], "Empty request line");
    }
}

#[test]
fn the_end_of_the_stream_ends_a_request() {
    for (server, _) in both() {
        let mut asker = Asker::connect(server.address);
        asker.send(register("unb", "ana", 4000).to_string());
        asker.end_input();
        let reply = asker.reply();
        assert_eq!(reply["status"], "OK", "{reply}");
        // After a whole line it is nothing but the end.
        let mut asker = Asker::connect(server.address);
        asker.send("{\"type\":\"DISCOVER\"}\n");
        asker.end_input();
        let reply = asker.reply();
        assert_eq!(reply["peers"][0]["name"], "ana", "{reply}");
    }
}

#[test]
fn a_blank_line_is_no_request() {
    for (server, _) in both() {
        let expected = json!({"status": "ERROR", "message": "Empty request line"});
        for blank in ["", "\n", " \t \n", "  "] {
            let mut asker = Asker::connect(server.address);
            asker.send(blank);
            asker.end_input();
            assert_eq!(asker.reply(), expected, "{blank:?}");
        }
    }
}

#[test]
fn a_letter_may_be_cut_in_two() {
    for (server, _) in both() {
        let line = format!("{}\n", register("unb", "joão", 4000));
        let middle = line.find('ã').unwrap() + 1;
        let (one, two) = line.as_bytes().split_at(middle);
        let mut asker = Asker::connect(server.address);
        asker.send(one);
        // Whoever is answered came later: by now the first half has most likely been read alone.
        server.register("others", "bia");
        asker.send(two);
        assert_eq!(asker.reply()["status"], "OK");
        assert_eq!(server.names("unb"), ["joão"]);
    }
}

#[test]
fn the_bound_of_a_line_counts_its_newline() {
    for (server, key) in both() {
        for (length, fits) in [(32_767, true), (32_768, true), (32_769, false)] {
            let padding = length - 1;
            let line = format!("{:<padding$}\n", register("unb", "ana", 4000).to_string());
            assert_eq!(line.len(), length);
            let reply = reply_to(&server, [line]);
            if fits {
                assert_eq!(reply["status"], "OK", "{length}: {reply}");
            } else {
                let expected = json!({"status": "ERROR", key: "line_too_long", "limit": 32_768});
                assert_eq!(reply, expected, "{length}");
            }
        }
    }
}

#[test]
fn whoever_writes_on_and_on_still_reads_the_reply() {
    for (server, key) in both() {
        for length in [100_000, 900_000] {
            // All of it is written before anything is read: a reset in between would destroy the reply.
            let reply = reply_to(&server, ["x".repeat(length)]);
            let expected = json!({"status": "ERROR", key: "line_too_long", "limit": 32_768});
            assert_eq!(reply, expected, "{length}");
        }
        // The same behind a request that is answered.
        let line = format!("{}\n", register("unb", "ana", 4000));
        let reply = reply_to(&server, [line + &"x".repeat(900_000)]);
        assert_eq!(reply["status"], "OK", "{reply}");
    }
}

#[test]
fn whoever_is_silent_is_told_and_let_go() {
    // All of them wait for the same deadline.
    let servers: Vec<_> = both().collect();
    let mut waiting = Vec::new();
    for (server, _) in &servers {
        for said in ["", "{\"type\":\"DISCOVER\""] {
            let mut asker = Asker::connect(server.address);
            asker.send(said);
            waiting.push(asker);
        }
    }
    let expected = json!({"status": "ERROR", "message": "Timeout: no data received, closing connection"});
    for asker in waiting {
        assert_eq!(asker.reply(), expected);
    }
}
