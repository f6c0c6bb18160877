//! `papo connect`, the real binary, against doubles of the servers it meets.

use std::net::TcpListener;

use crate::support::connect::Client;
use crate::support::hub::papo;
use crate::support::lumps;
use crate::support::old_server::{GOODBYE, Heard, Kind, Server};

fn connect(server: &Server, options: &[&str]) -> Client {
    let address = server.address.to_string();
    let mut arguments = vec!["connect", &address];
    arguments.extend(options);
    Client::start(papo(&arguments))
}

fn text(text: &str) -> Heard {
    Heard::Text(text.to_owned())
}

#[test]
fn an_old_server_reads_each_line_alone_and_its_echo_is_shown() {
    let server = Server::start(Kind::Old);
    let mut client = connect(&server, &[]);
    // One after the other: whether two writes meet in one read is up to the machine, and the pace between them is
    // tested where time stands still.
    for line in ["olá", "tudo bem?", "até"] {
        client.type_line(line);
        assert_eq!(server.heard(), text(line));
    }
    client.end_input();
    assert_eq!(server.heard(), Heard::End);
    let (shown, told, code) = client.end();
    let echo = |line| format!("127.0.0.1 | 2026-11-20 10:00 | {line}");
    assert_eq!(shown, ["olá", "tudo bem?", "até"].map(echo));
    assert!(told[0].contains(&server.address.to_string()), "{told:?}");
    assert_eq!(code, Some(0));
}

#[test]
fn a_hub_reads_lines_once_it_has_shown_that_it_is_one() {
    let server = Server::start(Kind::Hub);
    let mut client = connect(&server, &[]);
    client.type_line("one");
    assert_eq!(server.heard(), text("one"));
    assert_eq!(client.shown(), "ana | 2026-11-20 10:00 | one");
    client.type_line("two");
    assert_eq!(server.heard(), text("two\n"));
    assert_eq!(client.shown(), "ana | 2026-11-20 10:00 | two");
    client.type_line("/WHO");
    assert_eq!(server.heard(), text("/who\n"));
    client.type_line("/dance");
    client.told(&["/dance", "/help"]);
    client.type_line("/quti");
    client.told(&["/quti", "/quit"]);
    client.type_line("//dance");
    assert_eq!(server.heard(), text("//dance\n"));
    client.type_line("/quit");
    assert_eq!(server.heard(), Heard::End);
    assert_eq!(client.end().2, Some(0));
}

#[test]
fn lines_that_are_piped_in_stay_apart_on_a_network_that_delivers_in_lumps() {
    let lines = ["/nick ana", "one", "two"];
    for (kind, rest) in [
        (Kind::Old, vec![text("one"), text("two")]),
        (Kind::Hub, vec![text("one\ntwo\n")]),
    ] {
        let server = Server::start(kind);
        let address = lumps::relay_to(server.address).to_string();
        let mut client = Client::start(papo(&["connect", &address]));
        client.type_line(&lines.join("\n"));
        client.end_input();
        assert_eq!(server.heard(), text("/nick ana"));
        for expected in rest {
            assert_eq!(server.heard(), expected);
        }
        assert_eq!(server.heard(), Heard::End);
        let (shown, _, code) = client.end();
        assert_eq!(
            shown.len(),
            lines.len() + usize::from(matches!(kind, Kind::Hub)),
            "{shown:?}"
        );
        assert_eq!(code, Some(0));
    }
}

#[test]
fn a_line_above_the_limit_is_refused_and_the_rest_is_sent() {
    let server = Server::start(Kind::Hub);
    let mut client = connect(&server, &[]);
    client.type_line(&"x".repeat(5000));
    client.told(&["5000", "4096"]);
    client.type_line("");
    client.type_line("short");
    assert_eq!(server.heard(), text("short"));
    client.end_input();
    assert_eq!(server.heard(), Heard::End);
    let (shown, _, code) = client.end();
    // The client only stopped speaking: it still listens.
    assert_eq!(shown, ["ana | 2026-11-20 10:00 | short", GOODBYE]);
    assert_eq!(code, Some(0));
}

#[test]
fn a_server_that_hangs_up_is_a_network_failure() {
    let server = Server::start(Kind::Old);
    let client = connect(&server, &["--lang", "pt-BR"]);
    client.told(&["conectado"]);
    server.arrival();
    server.say(b"10.0.0.9 | 2026-11-20 10:00 | \x1b[2Jtchau");
    server.hang_up();
    let (shown, told, code) = client.end();
    assert_eq!(shown, ["10.0.0.9 | 2026-11-20 10:00 | ␛[2Jtchau"]);
    assert!(
        told.iter().any(|line| line.starts_with("papo: o servidor fechou")),
        "{told:?}"
    );
    assert_eq!(code, Some(3));
}

#[test]
fn programs_get_one_object_for_each_message() {
    let server = Server::start(Kind::Hub);
    let mut client = connect(&server, &["--json"]);
    let next = |client: &Client| client.shown().parse::<serde_json::Value>().unwrap();
    let ready = next(&client);
    assert_eq!(
        (&ready["event"], &ready["address"]),
        (&"ready".into(), &server.address.to_string().into())
    );
    client.type_line("oi");
    let message = next(&client);
    let expected = r#"{"event":"message","label":"ana","stamp":"2026-11-20 10:00","text":"oi"}"#;
    assert_eq!(message, expected.parse::<serde_json::Value>().unwrap());
    server.say(b"bare\n");
    assert_eq!(next(&client)["event"], "line");
    client.end_input();
    assert_eq!(next(&client)["text"], "bye");
    let closed = next(&client);
    assert_eq!(
        (&closed["event"], &closed["reason"]),
        (&"closed".into(), &"left".into())
    );
    assert_eq!(client.end().2, Some(0));
}

#[test]
fn the_log_is_asked_for_and_goes_to_stderr() {
    let server = Server::start(Kind::Old);
    let address = server.address.to_string();
    let log = |filter: &str, format: &str| {
        let mut command = papo(&["connect", &address]);
        command.env("PAPO_LOG", filter).env("PAPO_LOG_FORMAT", format);
        let mut client = Client::start(command);
        client.end_input();
        let (shown, told, _) = client.end();
        assert!(shown.is_empty(), "{shown:?}");
        told
    };
    let silent = log("", "");
    assert!(!silent.iter().any(|line| line.contains("DEBUG")), "{silent:?}");
    let plain = log("papo=debug", "");
    let line = plain.iter().find(|line| line.contains("DEBUG")).unwrap();
    assert!(line.contains("papo::connect") && line.starts_with("20"), "{line}");
    assert!(!line.contains('\x1b'), "{line:?}");
    let json = log("papo=debug", "json");
    let event = json
        .iter()
        .find_map(|line| line.parse::<serde_json::Value>().ok())
        .unwrap();
    assert_eq!(
        (&event["level"], &event["target"]),
        (&"DEBUG".into(), &"papo::connect".into())
    );
    assert!(event["timestamp"].is_string(), "{event}");
}

#[test]
fn where_nobody_listens_a_sentence_says_what_to_do() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = papo(&["connect", &nobody.to_string()]).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.starts_with("papo: ") && told.contains("papo serve"), "{told}");
    assert!(told.contains(&nobody.to_string()), "{told}");
}

#[test]
fn a_web_address_is_not_taken_for_a_host() {
    let output = papo(&["connect", "ws://127.0.0.1:8000/ws"]).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("host:4333"), "{told}");
}

#[cfg(unix)]
#[test]
fn signals_end_it_cleanly() {
    for (signal, code) in [("-TERM", 0), ("-INT", 130)] {
        let server = Server::start(Kind::Old);
        let client = connect(&server, &[]);
        client.told(&["connected"]);
        let killed = std::process::Command::new("kill")
            .args([signal, &client.id().to_string()])
            .status()
            .unwrap();
        assert!(killed.success());
        assert_eq!(server.heard(), Heard::End);
        assert_eq!(client.end().2, Some(code), "{signal}");
    }
}
