//! As many connections as there may be, each of them slower than slow.

#![cfg(target_os = "linux")]

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, getrlimit, setrlimit};
use socket2::{Domain, Socket, Type};

use crate::support::registry::{Asker, Rendezvous};

/// As many as a registry holds at once.
const CROWD: usize = 1024;
/// Bytes of each of them, without a newline: most of what a line may have.
const HELD_BYTES: usize = 30_000;

/// Bytes of memory that the process has had at once at most.
fn most_memory(pid: Pid) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kib: u64 = line.trim().strip_suffix(" kB").unwrap().parse().unwrap();
    kib * 1024
}

fn open_files(pid: Pid) -> usize {
    fs::read_dir(format!("/proc/{}/fd", pid.as_raw_nonzero()))
        .unwrap()
        .count()
}

/// This test holds one end of all of them.
fn may_open_files() -> bool {
    let limit = getrlimit(Resource::Nofile);
    let wanted = 2 * CROWD as u64 + 256;
    let raised = Rlimit {
        current: Some(limit.maximum.map_or(wanted, |most| most.min(wanted))),
        maximum: limit.maximum,
    };
    if limit.current.is_some_and(|current| current < wanted) && setrlimit(Resource::Nofile, raised).is_err() {
        return false;
    }
    getrlimit(Resource::Nofile)
        .current
        .is_none_or(|current| current >= wanted)
}

#[test]
fn a_crowd_that_drips_keeps_nobody_from_asking() {
    const MOST_MEMORY: u64 = 120 * 1024 * 1024;
    if !may_open_files() {
        eprintln!("this user may not open enough files: nothing to test");
        return;
    }
    let server = Rendezvous::start(&[]);
    let pid = server.process.pid();
    let mut crowd: Vec<Asker> = Vec::new();
    let held = "x".repeat(HELD_BYTES);
    for number in 0..2 * CROWD {
        let mut asker = Asker::connect(server.address);
        // One that had to give way to another may be gone.
        let _ = asker.try_send(&held);
        crowd.push(asker);
        if number % 64 == 0 {
            let name = format!("peer-{number}");
            assert_eq!(server.register("unb", &name)["status"], "OK");
            for asker in &mut crowd {
                let _ = asker.try_send("x");
            }
        }
    }
    assert_eq!(server.names("unb").len(), 2 * CROWD / 64);
    let (memory, files) = (most_memory(pid), open_files(pid));
    assert!(memory < MOST_MEMORY, "{memory} bytes of memory");
    // As many as it asks the system for.
    assert!(files < CROWD + 256, "{files} open files");
    drop(crowd);
    assert_eq!(server.register("unb", "ana")["status"], "OK");
    server.process.terminate();
}

/// Connects from another address of this machine than everybody else here.
fn connect_from_elsewhere(server: SocketAddr) -> TcpStream {
    let elsewhere: SocketAddr = "127.0.0.2:0".parse().unwrap();
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&elsewhere.into()).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    socket.connect(&server.into()).unwrap();
    socket.into()
}

#[test]
fn an_address_beyond_its_limit_takes_nobodys_place() {
    if !may_open_files() {
        eprintln!("this user may not open enough files: nothing to test");
        return;
    }
    let server = Rendezvous::start(&["--dialect", "2025-11"]);
    let mut slow = connect_from_elsewhere(server.address);
    slow.write_all(br#"{"type":"REGISTER","name":"ana","#).unwrap();
    let flood: Vec<_> = (0..2 * CROWD).map(|_| Asker::connect(server.address)).collect();
    slow.write_all(b"\"namespace\":\"unb\",\"port\":4000}\n").unwrap();
    let mut reply = String::new();
    slow.read_to_string(&mut reply).unwrap();
    // On a machine so slow that the flood takes five seconds, it is the timeout; closed without a byte it is never.
    assert!(reply.ends_with("}\n"), "{reply:?}");
    drop(flood);
    server.process.terminate();
}
