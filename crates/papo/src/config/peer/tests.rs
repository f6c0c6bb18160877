use super::super::tests::{Variables, environment, refused, written};
use super::*;

/// Settings merged from flags, variables and the text of a file; nobody is asked.
fn merge(flags: &PeerArgs, variables: Variables<'_>, file: Option<&str>) -> Result<PeerSettings, Failure> {
    let nobody = |_| Err(Failure::usage(Message::new("error-peer-nameless")));
    PeerSettings::merge(flags, environment(variables), written(file).as_ref(), Lang::En, nobody)
}

fn named(peer: &str) -> PeerArgs {
    PeerArgs {
        peer: Some(peer.to_owned()),
        ..PeerArgs::default()
    }
}

fn place(host: &str, port: u16) -> Target {
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    Target::read(&format!("{host}:{port}"), 1).unwrap()
}

#[test]
fn a_name_is_enough() {
    let settings = merge(&named("alice@CIC"), &[("HOME", "/h")], None).unwrap();
    let expected = PeerSettings {
        peer_id: "alice@CIC".parse().unwrap(),
        bind: "0.0.0.0:7070".parse().unwrap(),
        listen: true,
        rendezvous: Some(place("127.0.0.1", 5000)),
        connect: Vec::new(),
        lease: Duration::from_secs(7200),
        identity: Some("/h/.local/state/papo/alice@CIC/identity".into()),
        history: Some("/h/.local/state/papo/alice@CIC/history".into()),
        log_file: None,
        plain: false,
        json: false,
        lang: Lang::En,
    };
    assert_eq!(format!("{settings:#?}"), format!("{expected:#?}"));
    let homeless = merge(&named("alice@CIC"), &[("XDG_STATE_HOME", "x")], None).unwrap();
    assert_eq!((homeless.identity, homeless.history), (None, None));
}

#[test]
fn values_come_from_the_strongest_layer() {
    let file = Some(
        "[peer]\npeer = \"a@F\"\nport = 1\nbind = \"10.0.0.1\"\nrendezvous = \"f\"\nlease = 60\nno-listen = true\nconnect = [\"c\"]\nidentity = \"i\"\nlog-file = \"l\"\nplain = true\njson = true",
    );
    let settings = merge(&PeerArgs::default(), &[], file).unwrap();
    assert_eq!(settings.peer_id.as_str(), "a@F");
    assert_eq!(settings.bind, "10.0.0.1:1".parse().unwrap());
    assert_eq!(settings.rendezvous, Some(place("f", 5000)));
    assert_eq!(settings.lease, Duration::from_secs(60));
    assert!(!settings.listen && settings.plain && settings.json);
    assert_eq!(settings.connect, [place("c", 7070)]);
    assert_eq!(settings.identity, Some("i".into()));
    assert_eq!(settings.log_file, Some("l".into()));

    let variables = [
        ("PAPO_PEER", "b@E"),
        ("PAPO_PORT", "0"),
        ("PAPO_BIND", "::"),
        ("PAPO_RENDEZVOUS", "[::1]:5001"),
        ("PAPO_LEASE", "86400"),
        ("PAPO_NO_LISTEN", "off"),
        ("PAPO_CONNECT", "one:1, two"),
        ("PAPO_IDENTITY", "/i"),
        ("PAPO_LOG_FILE", "/l"),
        ("PAPO_PLAIN", "0"),
        ("PAPO_JSON", "no"),
        ("XDG_STATE_HOME", "/s"),
    ];
    let settings = merge(&PeerArgs::default(), &variables, file).unwrap();
    assert_eq!(settings.peer_id.as_str(), "b@E");
    assert_eq!(settings.bind, "[::]:0".parse().unwrap());
    assert_eq!(settings.rendezvous, Some(place("::1", 5001)));
    assert_eq!(settings.lease, Duration::from_secs(86_400));
    assert!(settings.listen && !settings.plain && !settings.json);
    assert_eq!(settings.connect, [place("one", 1), place("two", 7070)]);
    assert_eq!(settings.identity, Some("/i".into()));
    assert_eq!(settings.log_file, Some("/l".into()));
    assert_eq!(settings.history, Some("/s/papo/b@E/history".into()));

    let flags = PeerArgs {
        port: Some("7071".to_owned()),
        no_rendezvous: true,
        ..named("c@D")
    };
    let settings = merge(&flags, &variables, file).unwrap();
    assert_eq!(settings.peer_id.as_str(), "c@D");
    assert_eq!(settings.bind.port(), 7071);
    assert_eq!(settings.rendezvous, None);
}

#[test]
fn a_rendezvous_and_none_exclude_each_other_where_they_stand() {
    let both = PeerArgs {
        rendezvous: Some("x".to_owned()),
        no_rendezvous: true,
        ..named("a@b")
    };
    refused(merge(&both, &[], None), &["--rendezvous", "--no-rendezvous"]);
    let asked = |variables: Variables<'_>, file| merge(&named("a@b"), variables, file).unwrap().rendezvous;
    let (none, kept) = (Some("[peer]\nno-rendezvous = true"), [("PAPO_NO_RENDEZVOUS", "0")]);
    assert_eq!(asked(&[], none), None);
    assert_eq!(asked(&kept, none), Some(place("127.0.0.1", 5000)));
    assert_eq!(asked(&[("PAPO_RENDEZVOUS", "x")], none), Some(place("x", 5000)));
}

#[test]
fn who_gives_no_name_is_asked_and_the_answers_count() {
    let variables = [("PAPO_LEASE", "90"), ("HOME", "/h")];
    let mut defaults = None;
    let settings = PeerSettings::merge(&PeerArgs::default(), environment(&variables), None, Lang::En, |given| {
        defaults = Some(given);
        Ok(Answers {
            peer_id: "bob@UnB".parse().unwrap(),
            port: 9,
            lease_secs: 10,
        })
    });
    let settings = settings.unwrap();
    assert_eq!(
        defaults,
        Some(Defaults {
            port: 7070,
            lease_secs: 90
        })
    );
    assert_eq!(settings.bind.port(), 9);
    assert_eq!(settings.lease, Duration::from_secs(10));
    assert_eq!(settings.identity, Some("/h/.local/state/papo/bob@UnB/identity".into()));
    refused(merge(&PeerArgs::default(), &[], None), &["papo peer alice@CIC"]);
}

#[test]
fn ones_own_name_is_stricter_than_those_of_others() {
    for good in ["alice@CIC", "joão.silva@UnB-2025", "a:b@c"] {
        assert_eq!(merge(&named(good), &[], None).unwrap().peer_id.as_str(), good);
    }
    let long = format!("{}@b", "a".repeat(65));
    let cases: [(&str, &str); 11] = [
        ("alice", "alice@CIC"),
        ("@CIC", "NAME@NAMESPACE"),
        ("alice@", "NAME@NAMESPACE"),
        ("a@b@c", "“@”"),
        ("al#ice@CIC", "“#”"),
        ("alice@*", "“*”"),
        ("a/b@CIC", "“/”"),
        ("a\\b@CIC", "“\\”"),
        ("a|b@CIC", "“|”"),
        ("a\u{202e}@CIC", "\\u{202e}"),
        (&long, "64"),
    ];
    for (bad, hint) in cases {
        refused(merge(&named(bad), &[], None), &["NAME@NAMESPACE", hint]);
    }
    refused(merge(&named("a b@CIC"), &[], None), &["NAME@NAMESPACE", "a b@CIC"]);
}

#[test]
fn what_people_type_wrong_says_what_to_write() {
    let variables = [
        ("PAPO_PORT", "65536", "65535"),
        ("PAPO_PORT", "x", "65535"),
        ("PAPO_BIND", "host", "0.0.0.0"),
        ("PAPO_RENDEZVOUS", "http://x", "127.0.0.1:5000"),
        ("PAPO_RENDEZVOUS", "x:0", "127.0.0.1:5000"),
        ("PAPO_LEASE", "0", "86400"),
        ("PAPO_LEASE", "86401", "86400"),
        ("PAPO_LEASE", "+5", "86400"),
        ("PAPO_CONNECT", "a,b:", "127.0.0.1:7070"),
        ("PAPO_IDENTITY", "folder/", "folder/"),
        ("PAPO_JSON", "maybe", "1"),
    ];
    for (name, value, hint) in variables {
        refused(merge(&named("a@b"), &[(name, value)], None), &[name, hint]);
    }
}
