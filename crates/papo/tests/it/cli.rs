//! What scripts rely on: exit codes, and which stream carries what.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Output};
use std::thread;

fn papo(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_papo"))
        .args(arguments)
        .env_clear()
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn help_that_is_needed_is_an_error_and_help_that_is_asked_for_is_not() {
    let needed = papo(&[]);
    assert_eq!(needed.status.code(), Some(2));
    assert!(needed.stdout.is_empty() && text(&needed.stderr).contains("serve"));
    let asked = papo(&["--help"]);
    assert_eq!(asked.status.code(), Some(0));
    assert!(asked.stderr.is_empty() && text(&asked.stdout).contains("serve"));
    let version = papo(&["--version", "--lang=pt"]);
    assert_eq!(version.status.code(), Some(0));
    assert_eq!(text(&version.stdout), concat!("papo ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn mistakes_end_with_2_and_a_sentence() {
    for (arguments, words) in [
        (&["srve"][..], "serve"),
        (&["serve", "--http", "hub.example:80"], "--http"),
        (&["serve", "--config", "/no/such/papo.toml"], "/no/such/papo.toml"),
        (&["serve", "--link", "localhost:8001"], "http://localhost:8001/relay"),
        (&["health", "ftp://hub"], "ftp://hub"),
    ] {
        let output = papo(arguments);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.starts_with("papo: ") && told.contains(words), "{told}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn packagers_get_their_files() {
    let folder = format!("{}/man-{}", env!("CARGO_TARGET_TMPDIR"), std::process::id());
    assert_eq!(papo(&["man", "--dir", &folder]).status.code(), Some(0));
    let page = std::fs::read_to_string(format!("{folder}/papo-connect.1")).unwrap();
    assert!(page.contains("4333"), "{page}");
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(text(&papo(&["man"]).stdout).contains("papo\\-serve"));
    for shell in ["bash", "zsh", "fish"] {
        let script = papo(&["completions", shell]);
        assert!(text(&script.stdout).contains("session-rate"), "{shell}");
    }
}

/// Answers one request with this status line and returns what was asked.
fn answer(status: &'static str) -> (String, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let served = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut byte = [0];
        while !request.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).unwrap();
            request.push(byte[0]);
        }
        write!(
            stream,
            "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        text(&request)
    });
    (address, served)
}

#[test]
fn health_is_what_the_hub_says_it_is() {
    let (address, served) = answer("200 OK");
    let output = papo(&["health", &address]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(served.join().unwrap().starts_with("GET /readyz HTTP/1.1\r\n"));

    let (address, served) = answer("503 Service Unavailable");
    let output = papo(&["health", &format!("http://{address}/")]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("503"));
    served.join().unwrap();

    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = papo(&["health", &nobody.to_string()]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("papo serve"));
}
