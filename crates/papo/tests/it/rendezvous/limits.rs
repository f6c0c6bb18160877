//! Who may ask how often, and under which address somebody is known (docs/protocol.md 1.6).

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};

use serde_json::json;

use crate::support::registry::{Asker, Rendezvous, ask, register};

/// Asserts that a registry of November lets `count` ask, and what it does with those who come then.
fn bans_after(server: &Rendezvous, count: usize) {
    for number in 0..count {
        let reply = server.register("unb", "ana");
        assert_eq!(reply["status"], "OK", "connection {number}: {reply}");
    }
    let mut asker = Asker::connect(server.address);
    // It may be closed already.
    let _ = asker.try_send("{\"type\":\"DISCOVER\"}\n");
    assert_eq!(asker.rest(), "", "the one too many");
    for _ in 0..2 {
        let mut asker = Asker::connect(server.address);
        let from = asker.local();
        asker.send("{\"type\":\"DISCOVER\"}\n");
        let reply = asker.reply();
        assert_eq!(reply["status"], "ERROR");
        let text = reply["message"].as_str().unwrap();
        let begin = format!(
            "Connection from {from} has been blocked due to excessive login attempts (limit: {count}). The block will be lifted in "
        );
        let seconds = text
            .strip_prefix(&begin)
            .and_then(|rest| rest.strip_suffix(" seconds."));
        let seconds: u64 = seconds.unwrap_or_else(|| panic!("{text:?}")).parse().unwrap();
        assert!((1..=60).contains(&seconds), "{text}");
    }
}

#[test]
fn november_bans_after_fifty_connections() {
    bans_after(&Rendezvous::start(&["--dialect", "2025-11"]), 50);
}

#[test]
fn november_bans_after_as_many_connections_as_it_is_told_even_whom_it_trusts() {
    let options = [
        "--dialect",
        "2025-11",
        "--max-per-minute",
        "3",
        "--trust",
        "127.0.0.0/8",
    ];
    bans_after(&Rendezvous::start(&options), 3);
}

#[test]
fn november_can_be_told_to_ban_nobody() {
    let server = Rendezvous::start(&["--dialect", "2025-11", "--max-per-minute", "off"]);
    for _ in 0..120 {
        assert_eq!(server.register("unb", "ana")["status"], "OK");
    }
}

#[test]
fn september_does_not_count_loopback() {
    let server = Rendezvous::start(&["--max-per-minute", "1"]);
    for _ in 0..120 {
        assert_eq!(server.register("unb", "ana")["status"], "OK");
    }
}

/// An address of this machine that is not loopback, if it has one.
fn own_address() -> Option<IpAddr> {
    // Nothing is sent: the kernel only chooses the way, and with it the address.
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let own = socket.local_addr().ok()?.ip();
    (!own.is_loopback() && !own.is_unspecified()).then_some(own)
}

#[test]
fn september_counts_others_unless_they_are_trusted() {
    let Some(own) = own_address() else {
        eprintln!("this machine has no address but loopback: nobody else can ask");
        return;
    };
    let trusted = format!("{own}/32");
    for (trust, third) in [(None, json!("over_quota")), (Some(&trusted), json!(null))] {
        let mut options = vec!["--listen", "0.0.0.0:0", "--max-per-minute", "2"];
        options.extend(trust.iter().flat_map(|trust| ["--trust", trust]));
        let server = Rendezvous::start(&options);
        let address = SocketAddr::new(own, server.address.port());
        for _ in 0..2 {
            let reply = ask(address, &register("unb", "ana", 4000));
            assert_eq!(reply["observed_ip"], own.to_string(), "{reply}");
        }
        assert_eq!(ask(address, &register("unb", "ana", 4000))["error"], third);
    }
}

fn has_ipv6() -> bool {
    let has = TcpListener::bind("[::1]:0").is_ok();
    if !has {
        eprintln!("this machine has no IPv6: nothing to test");
    }
    has
}

#[test]
fn it_listens_at_ipv6() {
    if !has_ipv6() {
        return;
    }
    let server = Rendezvous::start(&["--listen", "[::1]:0"]);
    assert!(server.address.is_ipv6(), "{}", server.address);
    assert_eq!(server.register("unb", "ana")["observed_ip"], "::1");
    let peers = server.peers("unb");
    assert_eq!((&peers[0]["ip"], &peers[0]["name"]), (&json!("::1"), &json!("ana")));
}

#[test]
fn whoever_comes_by_ipv4_to_an_ipv6_socket_is_listed_with_ipv4() {
    if !has_ipv6() {
        return;
    }
    for dialect in ["2025-09", "2025-11"] {
        let server = Rendezvous::start(&["--listen", "[::]:0", "--dialect", dialect, "--max-per-minute", "1"]);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, server.address.port()));
        let reply = ask(address, &register("unb", "ana", 4000));
        assert_eq!((&reply["status"], &reply["ip"]), (&json!("OK"), &json!("127.0.0.1")));
        if dialect == "2025-09" {
            let listed = ask(address, &json!({"type": "DISCOVER"}));
            assert_eq!(listed["peers"][0]["ip"], "127.0.0.1", "{listed}");
            continue;
        }
        // The ban names its address in the same way.
        assert_eq!(Asker::connect(address).rest(), "");
        let told = Asker::connect(address);
        let begin = format!("Connection from {} has been blocked", told.local());
        let reply = told.reply();
        assert!(reply["message"].as_str().unwrap().starts_with(&begin), "{reply}");
    }
}
