//! How a registry begins and ends.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::Command;

use rustix::process::Signal;
use serde_json::json;

use crate::support::folder::Folder;
use crate::support::port::Port;
use crate::support::process::{Process, papo};
use crate::support::registry::{Asker, DIALECTS, Rendezvous, rendezvous};

/// What a run says that cannot start: its exit code and the sentence for people.
fn refusal(mut command: Command) -> (Option<i32>, String) {
    let mut child = command.spawn().unwrap();
    // One that starts all the same would never end, but it says that it is ready.
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    if !line.is_empty() {
        child.kill().unwrap();
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(line, "", "a ready line");
    let told = String::from_utf8(output.stderr).unwrap();
    let sentence = told.lines().find(|line| line.starts_with("papo: "));
    let sentence = sentence.unwrap_or_else(|| panic!("no sentence in {told:?}"));
    (output.status.code(), sentence.to_owned())
}

#[test]
fn the_ready_line_tells_where_and_how_it_listens() {
    let folder = Folder::new();
    for dialect in DIALECTS {
        for data in [None, Some(folder.file(dialect))] {
            let mut options = vec!["--dialect", dialect];
            options.extend(data.iter().flat_map(|data| ["--data", data]));
            let server = Rendezvous::start(&options);
            let expected = json!({
                "event": "ready",
                "listen": server.address.to_string(),
                "port": server.address.port(),
                "dialect": dialect,
                "data": data,
            });
            assert_eq!(server.process.ready, expected);
            assert_ne!(server.address.port(), 0);
            server.process.terminate();
        }
    }
}

#[test]
fn at_any_port_nothing_is_kept_and_at_a_fixed_one_it_is() {
    let (folder, port) = (Folder::new(), Port::reserve());
    let start = |listen: &str| {
        let mut command = rendezvous(&["--listen", listen]);
        command.env("XDG_DATA_HOME", folder.path());
        Rendezvous::run(command)
    };
    let server = start("127.0.0.1:0");
    assert_eq!(server.process.ready["data"], json!(null));
    server.register("unb", "ana");
    server.process.terminate();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

    let listen = port.address().to_string();
    let file = folder.file(&format!("papo/rendezvous-{}.jsonl", port.address().port()));
    let server = start(&listen);
    assert_eq!(server.process.ready["data"], json!(file));
    server.register("unb", "ana");
    server.process.terminate();
    assert_eq!(start(&listen).names("unb"), ["ana"]);
    assert!(fs::metadata(file).unwrap().len() > 0);
}

#[test]
fn a_signal_ends_it_cleanly_while_somebody_is_connected() {
    for (signal, code) in [(Signal::TERM, 0), (Signal::INT, 130)] {
        let server = Rendezvous::start(&[]);
        let mut waiting = Asker::connect(server.address);
        waiting.send("{\"type\"");
        // Whoever is answered came after, so the one that waits has been accepted.
        server.register("unb", "ana");
        server.process.signal(signal);
        let (ended, log) = server.process.end();
        assert_eq!(ended, Some(code), "{log:#?}");
        assert!(!log.iter().any(|line| line.contains("panicked")), "{log:#?}");
        drop(waiting);
    }
}

#[test]
fn an_address_in_use_is_named_with_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, sentence) = refusal(rendezvous(&["--listen", &address]));
    assert_eq!(code, Some(3), "{sentence}");
    for words in [&*address, "another program", "papo rendezvous --listen 127.0.0.1:"] {
        assert!(sentence.contains(words), "{words:?} is not in {sentence:?}");
    }
}

#[test]
fn data_that_cannot_be_kept_is_refused_and_left_alone() {
    let folder = Folder::new();
    let foreign = folder.file("notes.txt");
    fs::write(&foreign, "buy coffee\n").unwrap();
    let (below, directory) = (folder.file("notes.txt/data"), folder.file("."));
    for (data, words) in [
        (&below, "cannot keep data in"),
        (&directory, "no regular file"),
        (&foreign, "something else"),
    ] {
        let (code, sentence) = refusal(rendezvous(&["--data", data]));
        assert_eq!(code, Some(4), "{sentence}");
        assert!(
            sentence.contains(data.as_str()) && sentence.contains(words),
            "{sentence}"
        );
    }
    assert_eq!(fs::read_to_string(&foreign).unwrap(), "buy coffee\n");
}

#[test]
fn data_and_ephemeral_contradict_each_other() {
    let folder = Folder::new();
    let data = folder.file("data");
    let (code, sentence) = refusal(rendezvous(&["--data", &data, "--ephemeral"]));
    assert_eq!(code, Some(2), "{sentence}");
    assert!(
        sentence.contains("--data") && sentence.contains("--ephemeral"),
        "{sentence}"
    );
    assert!(!fs::exists(&data).unwrap());
}

#[test]
fn two_cannot_keep_their_data_in_one_file() {
    let folder = Folder::new();
    let data = folder.file("data");
    let first = Rendezvous::start(&["--data", &data]);
    first.register("unb", "ana");
    let (code, sentence) = refusal(rendezvous(&["--data", &data]));
    assert_eq!(code, Some(4), "{sentence}");
    for words in [&*data, "another papo", "--data", "--ephemeral"] {
        assert!(sentence.contains(words), "{words:?} is not in {sentence:?}");
    }
    // The first has noticed nothing, and what it keeps is free when it has ended, however it did.
    first.register("unb", "bia");
    first.process.kill();
    assert_eq!(Rendezvous::start(&["--data", &data]).names("unb"), ["ana", "bia"]);
}

#[test]
fn people_are_told_that_trust_exempts_nobody_from_the_ban_of_november() {
    let plain = |dialect| {
        let listen = ["rendezvous", "--lang", "en", "--listen", "127.0.0.1:0"];
        papo(&[&listen[..], &["--dialect", dialect, "--trust", "10.0.0.0/8"]].concat())
    };
    let november = Process::run_for_people(plain("2025-11"), "--trust exempts nobody");
    november.terminate();
    let september = Process::run_for_people(plain("2025-09"), "records are not kept");
    september.signal(Signal::TERM);
    let (code, log) = september.end();
    assert_eq!(code, Some(0));
    assert!(!log.iter().any(|line| line.contains("--trust")), "{log:#?}");
}
