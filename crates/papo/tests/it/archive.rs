//! `papo export`, `import`, `backup` and `token`, as scripts use them.

use std::fs;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::support::folder::Folder;

fn papo(folder: &Folder, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_papo"))
        .args(arguments)
        .env_clear()
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Whoever does not read it closes it, which is nothing to us.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// What it wrote to standard output and to standard error, when it ended well.
fn done(folder: &Folder, arguments: &[&str], input: &str) -> (String, String) {
    let Output { status, stdout, stderr } = papo(folder, arguments, input);
    let (out, told) = (text(stdout), text(stderr));
    assert_eq!(status.code(), Some(0), "{arguments:?}: {told}");
    (out, told)
}

/// What it said when it ended with that code.
fn refused(folder: &Folder, code: i32, arguments: &[&str], input: &str) -> String {
    let output = papo(folder, arguments, input);
    let told = text(output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
    assert!(told.starts_with("papo: ") && output.stdout.is_empty(), "{told}");
    told
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

fn message(room: &str, seq: u64, payload: &str) -> Value {
    json!({
        "room": room, "msg_id": format!("m-{room}-{seq}"), "src": "Ana@lobby", "label": "Ana", "payload": payload,
        "origin": "000000000000000000000000000000ab", "seq": seq, "sent_at": 1_763_683_199_999_u64 + seq, "hops": 1,
    })
}

fn lines(messages: &[Value]) -> String {
    let lines: Vec<String> = messages.iter().map(Value::to_string).collect();
    lines.join("\n") + "\n"
}

fn values(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn what_was_exported_is_imported_and_exported_again() {
    let folder = Folder::new();
    let lobby = [
        message("lobby", 1, "não \"é\" 😀\n\u{1b}[31m"),
        message("lobby", 2, "dois"),
    ];
    let other = [message("outra", 1, "aqui")];
    fs::write(folder.file("in.jsonl"), lines(&lobby) + "\n" + &lines(&other)).unwrap();
    let (out, told) = done(&folder, &["import", "in.jsonl", "--data", "hub"], "");
    assert!(
        out.is_empty() && told.contains("imported: 3") && told.contains(": 0"),
        "{told}"
    );

    let (exported, told) = done(&folder, &["export", "lobby", "--data", "hub"], "");
    assert_eq!((values(&exported), told.as_str()), (lobby.to_vec(), ""));
    let (_, told) = done(&folder, &["import", "--data", "hub", "--lang", "pt-BR"], &exported);
    assert!(told.contains("importadas: 0") && told.contains(": 2"), "{told}");
    let (_, told) = done(&folder, &["import", "-", "--data", "new"], &exported);
    assert!(told.contains("imported: 2"), "{told}");
    assert_eq!(done(&folder, &["export", "lobby", "--data", "new"], "").0, exported);

    let told = refused(&folder, 2, &["export", "outra", "--data", "new"], "");
    assert!(told.contains("outra") && told.contains("new"), "{told}");
    refused(&folder, 2, &["export", "a b", "--data", "new"], "");
    assert!(refused(&folder, 4, &["export", "lobby", "--data", "none"], "").contains("none"));
    assert!(!folder.path().join("none").exists(), "reading makes no folder");
}

#[test]
fn a_line_that_makes_no_sense_is_named_and_nothing_comes_in() {
    let folder = Folder::new();
    done(
        &folder,
        &["import", "--data", "hub"],
        &lines(&[message("lobby", 1, "um")]),
    );
    let with = |key: &str, value: Value| {
        let mut message = message("lobby", 9, "oi");
        message[key] = value;
        message.to_string()
    };
    let bad = [
        ("{", "EOF"),
        ("[]", ""),
        ("{}", "room"),
        (&with("room", json!("a b")), ""),
        (&with("seq", json!(0)), "seq"),
        (&with("seq", json!(u64::MAX)), "seq"),
        (&with("label", json!(" ")), "label"),
        (&with("label", json!("x".repeat(65))), "label"),
        (&with("src", json!("x".repeat(200))), "src"),
        (&with("payload", json!("x".repeat(4097))), "payload"),
        (&with("origin", json!("ab")), "hexadecimal"),
        (&with("hops", json!(256)), ""),
        (&with("payload", json!("x".repeat(70_000))), "65536"),
    ];
    for (line, words) in bad {
        let input = lines(&[message("lobby", 2, "dois")]) + "\n" + line + "\n";
        let told = refused(&folder, 2, &["import", "--data", "hub"], &input);
        assert!(told.contains("line 3") && told.contains(words), "{told}");
    }
    let (exported, _) = done(&folder, &["export", "lobby", "--data", "hub"], "");
    assert_eq!(values(&exported), [message("lobby", 1, "um")]);
    assert!(refused(&folder, 4, &["import", "none.jsonl", "--data", "hub"], "").contains("none.jsonl"));
}

#[test]
fn a_backup_is_a_hubs_folder_when_it_has_its_name() {
    let folder = Folder::new();
    let messages = [message("lobby", 1, "um")];
    done(&folder, &["import", "--data", "hub"], &lines(&messages));
    fs::create_dir(folder.path().join("copy")).unwrap();
    let (out, told) = done(&folder, &["backup", "copy/rooms.db", "--data", "hub"], "");
    assert!(out.is_empty() && told.contains("copy/rooms.db"), "{told}");
    let (exported, _) = done(&folder, &["export", "lobby", "--data", "copy"], "");
    assert_eq!(values(&exported), messages);
    let told = refused(&folder, 4, &["backup", "copy/rooms.db", "--data", "hub"], "");
    assert!(told.contains("copy/rooms.db"), "{told}");
    refused(&folder, 4, &["backup", "no/such/folder.db", "--data", "hub"], "");
}

#[test]
fn tokens_are_made_listed_and_removed() {
    let folder = Folder::new();
    let (token, told) = done(&folder, &["token", "add", "Ana", "--data", "hub"], "");
    let token = token.strip_suffix('\n').unwrap();
    assert!(
        token.len() == 32 && token.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{token}"
    );
    assert!(told.contains("Ana") && !told.contains(token), "{told}");
    let (second, told) = done(&folder, &["token", "add", "bia", "--days", "2", "--data", "hub"], "");
    assert_ne!(second.trim(), token);
    assert!(told.contains('Z'), "{told}");

    let (list, _) = done(&folder, &["token", "list", "--data", "hub"], "");
    let rows: Vec<Vec<&str>> = list.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!((rows[0][0], rows[0][2], rows[1][0]), ("Ana", "-", "bia"));
    assert!(rows[1][1].ends_with('Z') && rows[1][2] > rows[1][1], "{list}");

    done(&folder, &["token", "remove", "ANA", "--data", "hub"], "");
    assert!(refused(&folder, 2, &["token", "remove", "ana", "--data", "hub"], "").contains("token list"));
    assert!(!done(&folder, &["token", "list", "--data", "hub"], "").0.contains("Ana"));
    assert!(refused(&folder, 2, &["token", "add", "a b", "--data", "hub"], "").contains("a b"));
    assert!(refused(&folder, 2, &["token", "add", "ana", "--days", "x", "--data", "hub"], "").contains("--days"));
}

#[test]
fn the_folder_is_the_one_that_serve_has() {
    let folder = Folder::new();
    fs::write(folder.file("papo.toml"), "[serve]\nname = \"sul\"\ndata = \"d\"\n").unwrap();
    done(&folder, &["import"], &lines(&[message("lobby", 1, "um")]));
    assert!(folder.path().join("d/rooms.db").exists());
    fs::remove_file(folder.file("papo.toml")).unwrap();
    // Without a home there is no usual folder.
    assert!(refused(&folder, 2, &["export", "lobby", "--name", "sul"], "").contains("--data"));
}
