//! What a registry keeps in its file (docs/protocol.md 1.10).

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::support::folder::Folder;
use crate::support::registry::{DIALECTS, Rendezvous, register, try_ask, unregister};

fn append(file: &str, bytes: &[u8]) {
    OpenOptions::new()
        .append(true)
        .open(file)
        .unwrap()
        .write_all(bytes)
        .unwrap();
}

#[test]
fn a_restart_keeps_records_and_their_order() {
    for dialect in DIALECTS {
        let folder = Folder::new();
        let data = folder.file("data");
        let start = || Rendezvous::start(&["--data", &data, "--dialect", dialect]);
        let server = start();
        for name in ["ana", "bia", "caio", "davi"] {
            server.register("unb", name);
        }
        server.ask(&unregister("unb", "bia"));
        server.ask(&unregister("unb", "ana"));
        server.register("unb", "ana");
        // A renewal keeps the place.
        server.ask(&register("unb", "caio", 4444));
        let before = server.peers("unb");
        server.process.terminate();
        let server = start();
        assert_eq!(server.names("unb"), ["caio", "davi", "ana"]);
        assert_eq!(without_time(server.peers("unb")), without_time(before));
        assert_eq!(server.peers("unb")[0]["port"], 4444);
    }
}

/// What is left of a lease is the one thing that changes.
fn without_time(mut peers: Vec<Value>) -> Vec<Value> {
    for peer in &mut peers {
        let left = peer.as_object_mut().unwrap().remove("expires_in");
        assert!((7000..=7200).contains(&left.unwrap().as_u64().unwrap()));
    }
    peers
}

#[test]
fn a_torn_last_line_is_cut_off_and_the_rest_kept() {
    let folder = Folder::new();
    let data = folder.file("data");
    let server = Rendezvous::start(&["--data", &data]);
    server.register("unb", "ana");
    server.register("unb", "bia");
    server.process.kill();
    let whole = fs::read(&data).unwrap();
    let half = &whole[..whole.len() / 4];
    // The last is longer than all that is written over it.
    for torn in [half, b"{\"put\":{\"ip\"", b"\0\0\0\0", b"\xff\xfe", &[b'{'; 4000]] {
        append(&data, torn);
        let server = Rendezvous::start(&["--data", &data]);
        server.process.logs("incomplete");
        assert_eq!(server.names("unb"), ["ana", "bia"]);
        // What comes next stands on a line of its own.
        server.register("unb", "caio");
        server.ask(&unregister("unb", "caio"));
        server.process.kill();
    }
    let server = Rendezvous::start(&["--data", &data]);
    assert_eq!(server.names("unb"), ["ana", "bia"]);
    assert!(!server.process.has_logged("incomplete"));
}

#[test]
fn a_line_that_makes_no_sense_is_skipped() {
    let folder = Folder::new();
    let data = folder.file("data");
    let server = Rendezvous::start(&["--data", &data]);
    server.register("unb", "ana");
    server.process.terminate();
    append(&data, b"what is this\n\n{\"put\":7}\n");
    let server = Rendezvous::start(&["--data", &data]);
    server.process.logs("unreadable=3");
    assert_eq!(server.names("unb"), ["ana"]);
    server.register("unb", "bia");
    server.process.kill();
    assert_eq!(Rendezvous::start(&["--data", &data]).names("unb"), ["ana", "bia"]);
}

#[test]
fn a_compaction_that_a_crash_interrupted_left_nothing_that_counts() {
    let folder = Folder::new();
    let data = folder.file("data");
    let server = Rendezvous::start(&["--data", &data]);
    server.register("unb", "ana");
    server.process.kill();
    let new = folder.file("data.new");
    fs::write(&new, fs::read_to_string(&data).unwrap().replace("ana", "eva")).unwrap();
    let server = Rendezvous::start(&["--data", &data]);
    assert_eq!(server.names("unb"), ["ana"]);
    assert!(!fs::exists(&new).unwrap());
}

/// One that renews a long record again and again, and registers a short one that nobody renews in between.
struct Renewing {
    number: u16,
    /// Renewals that were answered.
    answered: u16,
}

impl Renewing {
    /// Every letter is twelve bytes of JSON in ASCII: the file grows by 1.6 KB with each renewal.
    fn long(number: u16) -> String {
        format!("{}{number}", "𝄞".repeat(62))
    }

    fn namespace(number: u16, renewal: u16) -> String {
        format!("once-{number}-{}", renewal / 100)
    }

    /// Goes on until the server is gone, for so many renewals at most.
    fn run(&mut self, address: SocketAddr, most: u16) {
        for renewal in 0..most {
            let long = register(&Self::long(0), &Self::long(self.number), 5000 + renewal);
            let short = register(&Self::namespace(self.number, renewal), &renewal.to_string(), 4000);
            for request in [long, short] {
                let Ok(reply) = try_ask(address, &request) else { return };
                assert_eq!(reply["status"], "OK", "{reply}");
            }
            self.answered += 1;
        }
    }

    /// Asserts that everything that was answered is there.
    fn check(&self, server: &Rendezvous) {
        let peers = server.peers(&Self::long(0));
        let own = &peers[usize::from(self.number)];
        assert_eq!(own["name"], Self::long(self.number), "another order");
        // What was not answered any more may be there.
        let last = u64::from(self.answered) + 4999;
        let port = own["port"].as_u64().unwrap();
        assert!((last..=last + 1).contains(&port), "{port} after {last}");
        for begin in (0..self.answered).step_by(100) {
            let names = server.names(&Self::namespace(self.number, begin));
            for renewal in begin..self.answered.min(begin + 100) {
                let (at, name) = (usize::from(renewal - begin), renewal.to_string());
                assert_eq!(names.get(at), Some(&name), "registered once: {names:?}");
            }
        }
    }
}

#[test]
fn the_file_is_compacted_at_work_and_a_crash_afterwards_loses_nothing() {
    /// A third of it makes the file large enough.
    const RENEWALS: u16 = 500;
    let folder = Folder::new();
    let data = folder.file("data");
    let server = Rendezvous::start(&["--data", &data]);
    let mut clients: Vec<_> = (0..4).map(|number| Renewing { number, answered: 0 }).collect();
    for client in &clients {
        server.register(&Renewing::long(0), &Renewing::long(client.number));
    }
    server.register("unb", "gone");
    server.ask(&unregister("unb", "gone"));
    let address = server.address;
    let mut largest = 0;
    thread::scope(|scope| {
        let working: Vec<_> = clients
            .iter_mut()
            .map(|client| scope.spawn(move || client.run(address, RENEWALS)))
            .collect();
        loop {
            let length = fs::metadata(&data).unwrap().len();
            if length < largest {
                break;
            }
            largest = length;
            let idle = working.iter().all(thread::ScopedJoinHandle::is_finished);
            assert!(!idle, "the file grew to {largest} bytes and never shrank");
            thread::yield_now();
        }
        server.process.kill();
    });
    assert!(largest > 1024 * 1024, "compacted too early, at {largest} bytes");

    let server = Rendezvous::start(&["--data", &data]);
    for client in &clients {
        client.check(&server);
    }
    assert!(server.names("unb").is_empty());
}

#[test]
fn the_file_of_an_old_server_is_taken_over_and_kept() {
    let folder = Folder::new();
    let data = folder.file("peers.json");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let old = json!([
        {"ip": "203.0.113.7", "name": "bia", "namespace": "unb", "port": 4001, "timestamp": now - 60, "ttl": 7200,
            "observed_ip": "203.0.113.7", "observed_port": 50000, "something": ["else"]},
        {"ip": "203.0.113.8", "name": "ana", "namespace": "unb", "port": 4002, "timestamp": now, "ttl": 7200},
        {"ip": "203.0.113.9", "name": "late", "namespace": "unb", "port": 4003, "timestamp": now - 9000, "ttl": 7200},
        {"name": "nobody"},
    ])
    .to_string();
    fs::write(&data, &old).unwrap();
    let server = Rendezvous::start(&["--data", &data]);
    assert_eq!(server.names("unb"), ["bia", "ana"]);
    let bia = &server.peers("unb")[0];
    assert_eq!((&bia["ip"], &bia["port"]), (&json!("203.0.113.7"), &json!(4001)));
    let left = bia["expires_in"].as_u64().unwrap();
    assert!((7000..=7140).contains(&left), "{bia}");
    server.register("unb", "caio");
    server.process.kill();
    assert_eq!(fs::read_to_string(folder.file("peers.json.imported")).unwrap(), old);

    let server = Rendezvous::start(&["--data", &data]);
    assert_eq!(server.names("unb"), ["bia", "ana", "caio"]);
    assert!(
        !Path::new(&folder.file("peers.json.imported.1")).exists(),
        "taken over twice"
    );
}

/// A disk that takes no more, made by a limit on the size of files: writing fails with EFBIG instead of ENOSPC.
#[cfg(target_os = "linux")]
mod full_disk {
    use std::process::{Command, Stdio};
    use std::time::Instant;

    use rustix::process::{Pid, Resource, Rlimit, Signal, prlimit};

    use super::*;
    use crate::support::PATIENCE;
    use crate::support::process::papo;

    /// A registry that a limit on the size of files does not kill: whoever starts it leaves the signal ignored.
    fn start(data: &str, dialect: &str) -> Rendezvous {
        let template = papo(&[]);
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
            .arg(template.get_program())
            .args(["rendezvous", "--json", "--lang", "en", "--listen", "127.0.0.1:0"])
            .args(["--data", data, "--dialect", dialect])
            .env_clear()
            .env("LANG", "C.UTF-8")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Rendezvous::run(command)
    }

    /// Lets no file of the process become larger; `None` takes the limit away.
    fn limit_files(pid: Pid, bytes: Option<u64>) {
        let limit = Rlimit {
            current: bytes,
            maximum: None,
        };
        prlimit(Some(pid), Resource::Fsize, limit).unwrap();
    }

    #[test]
    fn a_full_disk_is_said_and_outlived() {
        for (dialect, key) in DIALECTS.into_iter().zip(["error", "message"]) {
            let folder = Folder::new();
            let data = folder.file("data");
            let server = start(&data, dialect);
            let pid = server.process.pid();
            server.register("unb", "ana");
            limit_files(pid, Some(fs::metadata(&data).unwrap().len() + 10));
            let busy = json!({"status": "ERROR", key: "busy"});
            // The first finds the disk full, the others are refused for that.
            for name in ["bia", "caio", "davi"] {
                assert_eq!(server.register("unb", name), busy, "{name}");
            }
            server.process.logs("registrations are refused until they can");
            // Whoever asks for the list is answered as ever.
            assert!(server.names("unb").contains(&"ana".to_owned()));

            limit_files(pid, None);
            server.process.logs("the log file takes entries again");
            // The registry learns it a moment after the log does.
            let deadline = Instant::now() + PATIENCE;
            while server.register("unb", "eva") == busy {
                assert!(Instant::now() < deadline, "the disk works and the registry does not");
            }
            server.process.kill();
            let names = start(&data, dialect).names("unb");
            // Whoever was refused when the disk filled may be there; those who came later are not.
            let told: Vec<_> = names.iter().map(String::as_str).filter(|&name| name != "bia").collect();
            assert_eq!(told, ["ana", "eva"]);
        }
    }

    #[test]
    fn what_a_full_disk_never_took_is_said_at_the_end() {
        let folder = Folder::new();
        let data = folder.file("data");
        let server = start(&data, "2025-09");
        server.register("unb", "ana");
        limit_files(server.process.pid(), Some(fs::metadata(&data).unwrap().len()));
        assert_eq!(server.register("unb", "bia")["error"], "busy");
        server.process.signal(Signal::TERM);
        let (code, log) = server.process.end();
        assert_eq!(code, Some(4), "{log:#?}");
        assert!(
            log.iter()
                .any(|line| line.starts_with("papo: ") && line.contains(&data)),
            "{log:#?}"
        );
        assert_eq!(start(&data, "2025-09").names("unb"), ["ana"]);
    }
}
