//! Registering, in both dialects, and what is believed of the answer.

use super::*;
use crate::identity::Identity;
use crate::wire::rendezvous::{Claim, Purpose, Signed};

#[test]
fn it_registers_before_it_asks_in_both_dialects() {
    for ok in [OK_NOV, OK_SEP] {
        Talk::new(config(), 1).script(&[
            (5, Start, &[REGISTER]),
            (6, reply(ok), &["registered 10.0.0.7 7200 until 7206", DISCOVER]),
            (7, reply(NOBODY), &["peers []"]),
        ]);
    }
}

#[test]
fn nothing_happens_before_the_start_and_starting_again_does_nothing() {
    Talk::new(config(), 1).script(&[
        (0, Timeout, &[]),
        (1, DiscoverNow, &[]),
        (1, Reconnect, &[]),
        (2, reply(OK_NOV), &[]),
        (3, Failed, &[]),
        (4, Start, &[REGISTER]),
        (5, Start, &[]),
        (6, Timeout, &[]),
        // Nor is anything promised to whoever asked too early.
        (7, Failed, &["failing Unreachable"]),
    ]);
}

#[test]
fn any_kind_of_yes_is_one_and_the_lease_may_be_written_in_many_ways() {
    let cases: [(&[u8], u64); 12] = [
        (b"{\"status\":\"OK\"}", 7200),
        (
            b"\r\n  { \"Status\":1, \"status\" : \"ok\" ,\r\n \"ttl\" : 60 }\r\n",
            60,
        ),
        (b"{\"status\":\"OK\",\"ttl\":\"60\"}\nanother line\n", 60),
        (b"{\"status\":\"OK\",\"ttl\":60.0}\n{\"status\":\"ERROR\"}\n", 60),
        (b"{\"status\":\"OK\",\"ttl\":0}", 1),
        (b"{\"status\":\"OK\",\"ttl\":-7}", 1),
        (b"{\"status\":\"OK\",\"ttl\":1e300}", 86_400),
        (b"{\"status\":\"OK\",\"ttl\":18446744073709551615}", 86_400),
        (b"{\"status\":\"OK\",\"ttl\":99999999999999999999999999}", 86_400),
        (b"{\"status\":\"OK\",\"ttl\":\"soon\",\"ip\":7}", 7200),
        (b"{\"status\":\"OK\",\"ttl\":null,\"ip\":\"nowhere\"}", 7200),
        (b"\xef\xbb\xbf{\"status\":\"OK\",\"ttl\":[1],\"\xff\":\"\xff\"}", 7200),
    ];
    for (bytes, lease) in cases {
        let mut talk = Talk::new(config(), 1);
        talk.say(Start);
        let said = talk.say(reply(bytes));
        let status = format!("registered ? {lease} until {lease}");
        assert!(said.contains(&status), "{}: {said:?}", String::from_utf8_lossy(bytes));
        let changed = format!("lease 7200 became {lease}");
        assert_eq!(said.contains(&changed), lease != 7200, "{said:?}");
    }
}

#[test]
fn it_renews_at_half_of_the_lease_that_it_got() {
    let mut talk = Talk::new(
        Config {
            lease: Duration::from_secs(100_000),
            ..config()
        },
        1,
    );
    talk.say(Start);
    let given = b"{\"status\":\"OK\",\"ttl\":600}";
    assert_eq!(
        talk.say(reply(given)),
        ["lease 100000 became 600", "registered ? 600 until 600", DISCOVER]
    );
    talk.live(1000, |request| {
        (if request.starts_with(DISCOVER) { NOBODY } else { given }).to_vec()
    });
    assert_eq!(
        talk.times("> {\"type\":\"REGISTER\"")
            .iter()
            .map(|&at| seconds(at))
            .collect::<Vec<_>>(),
        [0, 300, 600, 900]
    );
}

#[test]
fn whoever_is_forgotten_registers_again() {
    let forgotten = refusal("peer_not_registered");
    let mut talk = Talk::settled(config());
    talk.now = Instant::from_secs(50);
    talk.script(&[
        (50, DiscoverNow, &[DISCOVER]),
        (
            51,
            reply(forgotten.as_bytes()),
            &["forgotten", "unregistered", REGISTER],
        ),
        (52, reply(OK_SEP), &["registered 10.0.0.7 7200 until 7252", "later 60"]),
    ]);
    assert_eq!(talk.wake_within(60, 60), [DISCOVER]);
}

#[test]
fn reconnecting_forgets_the_wait_and_registers_again() {
    let mut talk = Talk::settled(config());
    talk.now = Instant::from_secs(40);
    talk.say(DiscoverNow);
    assert_eq!(talk.say(reply(b""))[0], "banned");
    talk.script(&[
        (70, Reconnect, &["unregistered", REGISTER]),
        (71, reply(OK_NOV), &["registered 10.0.0.7 7200 until 7271", DISCOVER]),
    ]);
}

#[test]
fn a_server_that_says_no_is_asked_again() {
    for body in [
        &br#"{"status":"ERROR","error":"bad_name"}"#[..],
        br#"{"status":"ERROR","message":"bad_name"}"#,
        br#"{"status":"error","error":null,"message":"bad_name","limit":7}"#,
        br#"{"message":"bad_name"}"#,
        br#"{"status":"bad_name"}"#,
    ] {
        let mut talk = Talk::new(config(), 1);
        talk.say(Start);
        assert_eq!(talk.say(reply(body)), ["failing Refused(\"bad_name\")"]);
        assert_eq!(talk.wake_within(0, 1), [REGISTER]);
    }
}

#[test]
fn garbage_is_no_answer_and_no_complaint_is_long() {
    let deep = "[".repeat(60_000);
    for garbage in [
        "HTTP/1.1 400 Bad Request",
        "{",
        "[]",
        "null",
        "{\"status\":7}",
        "{}",
        &deep,
    ] {
        let mut talk = Talk::new(config(), 1);
        talk.say(Start);
        assert_eq!(
            talk.say(reply(garbage.as_bytes())),
            ["failing NotUnderstood"],
            "{garbage:.40}"
        );
    }
    let mut talk = Talk::new(config(), 1);
    talk.say(Start);
    let long = refusal(&"é".repeat(5000));
    assert_eq!(
        talk.say(reply(long.as_bytes())),
        [format!("failing Refused({:?})", "é".repeat(256))]
    );
    let mut talk = Talk::new(config(), 1);
    talk.say(Start);
    let endless = format!("{{\"status\":\"OK\",\"ttl\":9{}}}", " ".repeat(64 * 1024));
    assert_eq!(talk.say(reply(endless.as_bytes())), ["failing TooLong"]);
}

#[test]
fn names_beyond_ascii_are_escaped() {
    let mut talk = Talk::new(Config::new("joão", "s\u{1f980}", 1, UTC), 1);
    assert_eq!(
        talk.say(Start),
        ["> {\"type\":\"REGISTER\",\"namespace\":\"s\\ud83e\\udd80\",\"name\":\"jo\\u00e3o\",\"port\":1,\"ttl\":7200}"]
    );
}

#[test]
fn signed_requests_prove_their_owner_and_their_numbers_grow() {
    let identity = Identity::from_seed([3; 32]);
    let mut talk = Talk::settled(Config {
        identity: Some(identity.clone()),
        ..config()
    });
    talk.now = Instant::from_secs(60);
    talk.say(Reconnect);
    talk.say(reply(OK_NOV));
    // The clock is set back by an hour.
    talk.say(WallClock(UtcMillis::new(UTC.get() - 3_600_000)));
    talk.now = Instant::from_secs(100);
    talk.say(Leave);
    let mut seqs = Vec::new();
    for (_, text) in talk.sent.iter().filter(|(_, text)| !text.starts_with(DISCOVER)) {
        let request: Value = serde_json::from_str(&text[2..]).unwrap();
        let signed: Signed = serde_json::from_value(request["x"].clone()).unwrap();
        let leaves = request["type"] == "UNREGISTER";
        let claim = Claim {
            purpose: if leaves { Purpose::Unregister } else { Purpose::Register },
            namespace: "UnB",
            name: "ana",
            port: 4000,
            seq: signed.seq,
        };
        assert_eq!(signed.pk, identity.public());
        assert!(claim.is_signed_by(&signed), "{text}");
        seqs.push(signed.seq);
    }
    assert_eq!(seqs, [UTC.get(), UTC.get() + 60_000, UTC.get() + 60_001]);
}
