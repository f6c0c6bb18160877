use super::*;
use crate::text::{Lang, Texts};

fn own() -> PeerId {
    "alice@CIC".parse().unwrap()
}

fn peer(text: &str) -> PeerId {
    text.parse().unwrap()
}

fn asked(line: &str) -> Asked {
    parse(line, &own()).unwrap_or_else(|mistake| panic!("{line:?}: {mistake:?}"))
}

fn send(to: &str, text: &str) -> Asked {
    Asked::Send {
        to: peer(to),
        text: text.to_owned(),
    }
}

fn publish(scope: Scope, text: &str) -> Asked {
    Asked::Publish {
        scope,
        text: text.to_owned(),
    }
}

fn namespace(text: &str) -> Scope {
    Scope::Namespace(text.to_owned())
}

#[test]
fn commands_work_with_and_without_slash_in_any_case() {
    let cases = [
        ("", Asked::Nothing),
        (" \t ", Asked::Nothing),
        ("/peers", Asked::Peers(PeersOf::All)),
        ("peers *", Asked::Peers(PeersOf::All)),
        ("/PEERS #UnB", Asked::Peers(PeersOf::Namespace("UnB".to_owned()))),
        ("/conn", Asked::Conn),
        ("Routes", Asked::Routes),
        (" rtt ", Asked::Rtt),
        ("/status", Asked::Status),
        ("RECONNECT", Asked::Reconnect),
        ("/help", Asked::Help),
        ("quit", Asked::Quit),
        ("/QUIT", Asked::Quit),
        ("/exit", Asked::Quit),
        ("/watch", Asked::Watch(None)),
        ("/watch ON", Asked::Watch(Some(true))),
        ("watch off", Asked::Watch(Some(false))),
        ("log DEBUG", Asked::Log(LevelFilter::DEBUG)),
        ("/log warning", Asked::Log(LevelFilter::WARN)),
        ("/log off", Asked::Log(LevelFilter::OFF)),
    ];
    for (line, expected) in cases {
        assert_eq!(asked(line), expected, "{line:?}");
    }
}

#[test]
fn peers_are_named_in_four_ways() {
    for (written, meant) in [
        ("bob", "bob@CIC"),
        ("@bob", "bob@CIC"),
        ("bob@UnB", "bob@UnB"),
        ("@bob@UnB", "bob@UnB"),
        ("\"ana maria@UnB\"", "ana maria@UnB"),
        ("alice@UnB", "alice@UnB"),
    ] {
        assert_eq!(asked(&format!("/connect {written}")), Asked::Connect(peer(meant)));
        assert_eq!(asked(&format!("ping {written}")), Asked::Ping(peer(meant)));
        assert_eq!(asked(&format!("/msg {written} oi")), send(meant, "oi"));
    }
}

#[test]
fn texts_go_to_one_to_a_namespace_or_to_all() {
    let cases = [
        ("/msg bob Olá,  tudo bem? ", send("bob@CIC", "Olá,  tudo bem?")),
        ("MSG bob /quit", send("bob@CIC", "/quit")),
        ("/msg\tbob\t#x", send("bob@CIC", "#x")),
        ("/msg #UnB oi", publish(namespace("UnB"), "oi")),
        ("/msg * oi", publish(Scope::Broadcast, "oi")),
        ("/pub * oi", publish(Scope::Broadcast, "oi")),
        ("pub #CIC oi gente", publish(namespace("CIC"), "oi gente")),
    ];
    for (line, expected) in cases {
        assert_eq!(asked(line), expected, "{line:?}");
    }
    let longest = "é".repeat(PEER_PAYLOAD_BYTES / 2);
    assert_eq!(asked(&format!("/msg bob {longest}")), send("bob@CIC", &longest));
}

/// The line is a mistake; its sentence in both languages holds every word.
fn mistaken(line: &str, code: Code, words: &[&str]) {
    let mistake = match parse(line, &own()) {
        Err(mistake) => mistake,
        Ok(asked) => panic!("{line:?} asks for {asked:?}"),
    };
    assert_eq!(mistake.code, code, "{line:?}");
    for lang in [Lang::En, Lang::PtBr] {
        let sentence = Texts::new(lang).say(&mistake.message);
        for word in words {
            assert!(sentence.contains(word), "no {word} in: {sentence}");
        }
    }
}

#[test]
fn what_is_no_command_is_never_sent_and_gets_a_suggestion() {
    for (line, words) in [
        ("/pers", &["/pers", "peers"][..]),
        ("mgs bob oi", &["mgs", "msg"]),
        ("/pubb * oi", &["pub"]),
        ("/conect bob", &["connect"]),
        ("STATSU", &["status"]),
        ("/qiut", &["quit"]),
        ("oi, tudo bem?", &["“oi,”", "/pub #CIC", "/msg bob", "/help"]),
        ("/", &["“/”", "/help"]),
        ("//x", &["“//x”"]),
        ("bom\u{202e}dia", &["bom<U+202E>dia"]),
    ] {
        mistaken(line, Code::P2pUnknownCommand, words);
    }
    let long = "x".repeat(5000);
    let mistake = parse(&long, &own()).unwrap_err();
    let sentence = Texts::new(Lang::En).say(&mistake.message);
    assert!(sentence.len() < 400, "{sentence}");
}

#[test]
fn what_is_missing_or_too_much_is_said_with_an_example() {
    for (line, words) in [
        ("/msg", &["/msg bob oi"][..]),
        ("/msg bob", &["/msg bob oi"]),
        ("/msg #CIC  ", &["/msg * oi"]),
        ("/msg alice oi", &[]),
        ("/msg @alice@CIC oi", &[]),
        ("/ping alice", &[]),
        ("/connect", &["/connect bob"]),
        ("/connect bob now", &["now"]),
        ("/ping #CIC", &["#CIC", "bob"]),
        ("/ping *", &["*"]),
        ("/msg a@b@c oi", &["a@b@c", "bob@UnB"]),
        ("/msg @ oi", &["“@”"]),
        ("/msg @CIC@ oi", &["bob@UnB"]),
        ("/msg \"ana oi", &[]),
        ("/msg # oi", &["“#”", "#CIC"]),
        ("/msg #a@b oi", &["#a@b", "#CIC"]),
        ("/pub", &["/pub #CIC oi"]),
        ("/pub *", &["/pub #CIC oi"]),
        ("/pub bob oi", &["bob", "/pub #CIC oi", "/msg"]),
        ("/peers bob", &["bob", "/peers #CIC"]),
        ("/peers #CIC now", &["/peers", "now"]),
        ("/conn now", &["/conn", "now"]),
        ("quit smoking", &["/quit", "smoking"]),
        ("/watch maybe", &["maybe", "/watch on"]),
        ("/log", &["debug"]),
        ("/log loud", &["loud", "debug"]),
    ] {
        mistaken(line, Code::BadFormat, words);
    }
    // Numbers are grouped in no language.
    let long = format!("/msg bob {}", "x".repeat(PEER_PAYLOAD_BYTES + 1));
    mistaken(&long, Code::MessageTooLarge, &["4097", "4096"]);
}

#[test]
fn tab_knows_the_commands() {
    assert_eq!(beginning_with("/re"), ["/reconnect"]);
    assert_eq!(beginning_with("CONN"), ["connect", "conn"]);
    assert_eq!(beginning_with("/").len(), 15);
    assert!(beginning_with("//").is_empty());
}
