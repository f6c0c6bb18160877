use super::*;
use crate::text::Texts;

pub(super) type Variables<'a> = &'a [(&'a str, &'a str)];

/// Settings merged from flags, variables and the text of a file.
fn merge(flags: &ServeArgs, variables: Variables<'_>, file: Option<&str>) -> Result<ServeSettings, Failure> {
    ServeSettings::merge(flags, environment(variables), written(file).as_ref(), Lang::En)
}

/// An environment with those variables.
pub(super) fn environment(variables: Variables<'_>) -> impl Fn(&str) -> Option<String> + '_ {
    |name| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    }
}

/// A `papo.toml` with that text.
pub(super) fn written(text: Option<&str>) -> Option<ConfigFile> {
    text.map(|text| ConfigFile {
        path: PathBuf::from("papo.toml"),
        text: text.to_owned(),
    })
}

fn http(text: &str) -> ServeArgs {
    ServeArgs {
        http: Some(text.to_owned()),
        ..ServeArgs::default()
    }
}

fn link(text: &str) -> ServeArgs {
    ServeArgs {
        link: vec![text.to_owned()],
        ..ServeArgs::default()
    }
}

/// The sentence in both languages must hold every word.
pub(super) fn refused<T: std::fmt::Debug>(result: Result<T, Failure>, words: &[&str]) {
    let failure = result.unwrap_err();
    assert_eq!(failure.exit(), crate::error::Exit::Usage);
    for lang in [Lang::En, Lang::PtBr] {
        let sentence = Texts::new(lang).say(failure.message());
        for word in words {
            assert!(sentence.contains(word), "no {word} in: {sentence}");
        }
    }
}

#[test]
fn without_settings_a_hub_stays_on_this_machine() {
    let settings = merge(&ServeArgs::default(), &[], None).unwrap();
    let expected = ServeSettings {
        name: "papo".to_owned(),
        http: "127.0.0.1:8000".parse().unwrap(),
        tcp: Some("127.0.0.1:4333".parse().unwrap()),
        lan: false,
        room: "lobby".parse().unwrap(),
        links: Vec::new(),
        link_secret: None,
        rendezvous: None,
        data: HubData::Ephemeral,
        retention: Retention::default(),
        require_token: false,
        session_rate: Some(5),
        trust: Vec::new(),
        classroom: false,
        allow_hosts: Vec::new(),
        allow_origins: Vec::new(),
        json: false,
        web_dir: None,
        lang: Lang::En,
    };
    let shown = |settings: ServeSettings| format!("{settings:#?}");
    let expected = shown(expected);
    assert_eq!(shown(settings), expected);
    assert_eq!(
        shown(merge(&ServeArgs::default(), &[], Some("[serve]\n")).unwrap()),
        expected
    );
    let empty = &[("PAPO_HTTP", ""), ("PEER_URL", " ")];
    assert_eq!(shown(merge(&ServeArgs::default(), empty, Some("")).unwrap()), expected);
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let flag = || ServeArgs {
        name: Some("flag".to_owned()),
        ..ServeArgs::default()
    };
    let none = ServeArgs::default;
    let (own, old) = (("PAPO_NAME", "own"), ("SERVICE_NAME", "old"));
    let file = Some("[serve]\nname = \"file\"\n");
    let cases: [(ServeArgs, Variables<'_>, Option<&str>, &str); 6] = [
        (flag(), &[own, old], file, "flag"),
        (none(), &[own, old], file, "own"),
        (none(), &[old], file, "old"),
        (none(), &[("PAPO_NAME", ""), old], file, "old"),
        (none(), &[], file, "file"),
        (none(), &[], None, "papo"),
    ];
    for (flags, variables, file, expected) in cases {
        assert_eq!(merge(&flags, variables, file).unwrap().name, expected, "{variables:?}");
    }
}

#[test]
fn lists_and_switches_come_from_everywhere() {
    let file =
        "[serve]\nlink = [\"http://f\"]\nlan = true\ntcp = 5000\nsession-rate = \"off\"\nallow-host = [\"A.example\"]";
    let urls = |settings: &ServeSettings| settings.links.iter().map(LinkUrl::to_string).collect::<Vec<_>>();
    let settings = merge(&ServeArgs::default(), &[], Some(file)).unwrap();
    assert_eq!(urls(&settings), ["http://f/relay"]);
    assert_eq!(settings.http, "0.0.0.0:8000".parse().unwrap());
    assert_eq!(settings.tcp, Some("0.0.0.0:5000".parse().unwrap()));
    assert_eq!(settings.session_rate, None);
    assert_eq!(settings.allow_hosts, ["a.example"]);

    let variables = [
        ("PEER_URL", "http://a:1/relay, http://b:2,,http://a:1"),
        ("PAPO_LAN", "off"),
        ("PAPO_TCP", "OFF"),
        ("PAPO_TRUST", "10.0.0.0/8,192.168.7.9"),
        ("PAPO_ALLOW_ORIGIN", "HTTPS://Chat.example/"),
    ];
    let settings = merge(&ServeArgs::default(), &variables, Some(file)).unwrap();
    assert_eq!(urls(&settings), ["http://a:1/relay", "http://b:2/relay"]);
    assert_eq!(settings.http, "127.0.0.1:8000".parse().unwrap());
    assert_eq!(settings.tcp, None);
    let trusted: Vec<IpNet> = ["10.0.0.0/8", "192.168.7.9/32"].map(|net| net.parse().unwrap()).into();
    assert_eq!(settings.trust, trusted);
    assert_eq!(settings.allow_origins, ["https://chat.example"]);

    let settings = merge(&link("http://c"), &variables, Some(file)).unwrap();
    assert_eq!(urls(&settings), ["http://c/relay"]);
}

#[test]
fn addresses_are_read_as_people_write_them() {
    let cases = [
        ("8001", "127.0.0.1:8001"),
        (":8001", "127.0.0.1:8001"),
        ("localhost:8001", "127.0.0.1:8001"),
        ("localhost", "127.0.0.1:8000"),
        ("0.0.0.0", "0.0.0.0:8000"),
        ("0.0.0.0:0", "0.0.0.0:0"),
        ("::1", "[::1]:8000"),
        ("[::]:80", "[::]:80"),
    ];
    for (given, expected) in cases {
        let settings = merge(&http(given), &[], None).unwrap();
        assert_eq!(settings.http, expected.parse().unwrap(), "{given}");
    }
    let tcp = ServeArgs {
        tcp: Some("99999".to_owned()),
        ..ServeArgs::default()
    };
    refused(merge(&tcp, &[], None), &["--tcp", "99999", "65535"]);
    for bad in ["127.0.0.1:99999", "localhost:", "0.0.0.0:+80", ":+80"] {
        refused(merge(&http(bad), &[], None), &["--http", bad, "65535"]);
    }
    for bad in ["hub.example:8000", "http://127.0.0.1:8000", "hub", "1.2.3:80"] {
        refused(merge(&http(bad), &[], None), &["--http", bad, "127.0.0.1:8000"]);
    }
    refused(
        merge(&ServeArgs::default(), &[("PAPO_HTTP", "x")], None),
        &["PAPO_HTTP", "\"x\""],
    );
}

#[test]
fn what_people_type_wrong_says_what_to_write() {
    refused(
        merge(&link("localhost:8001"), &[], None),
        &["--link", "http://localhost:8001/relay"],
    );
    refused(
        merge(&ServeArgs::default(), &[("PEER_URL", "http://a,ftp://b")], None),
        &["PEER_URL", "ftp://b", "http://"],
    );
    let variables = [
        ("PAPO_ROOM", "a b", "\"a b\""),
        ("PAPO_ROOM", "a\u{202e}", "\\u{202e}"),
        ("SERVICE_NAME", "a\u{7}", "\\u{7}"),
        ("PAPO_SESSION_RATE", "0", "off"),
        ("PAPO_SESSION_RATE", "fast", "off"),
        ("PAPO_TRUST", "10.0.0.0/99", "10.0.0.0/8"),
        ("PAPO_ALLOW_HOST", "http://a", "http://"),
        ("PAPO_ALLOW_HOST", "a:80", "http://"),
        ("PAPO_ALLOW_ORIGIN", "chat.example", "https://chat.example"),
        ("PAPO_ALLOW_ORIGIN", "https://chat.example/x", "https://chat.example"),
        ("PAPO_LAN", "maybe", "1"),
        ("PAPO_WEB_DIR", "/no/such/directory", "/no/such/directory"),
        ("PAPO_LINK_SECRET_FILE", "/no/such/file", "/no/such/file"),
    ];
    for (name, value, hint) in variables {
        refused(merge(&ServeArgs::default(), &[(name, value)], None), &[name, hint]);
    }
}

#[test]
fn mistakes_in_the_file_are_found_by_line_and_word() {
    let cases: [(&str, &[&str]); 12] = [
        ("[serve]\nnaem = \"x\"", &["papo.toml:2", "naem", "name"]),
        (
            "[serve]\nlink_secret_file = \"x\"",
            &["papo.toml:2", "link_secret_file", "link-secret-file"],
        ),
        ("[serve]\n[rendezvous]\nlsten = 1", &["papo.toml:3", "lsten", "listen"]),
        ("rendezvous = 1", &["papo.toml:1", "[rendezvous]"]),
        ("# hub\n\n[server]\n", &["papo.toml:3", "server", "serve"]),
        ("serve = 1", &["papo.toml:1", "[serve]"]),
        ("[serve]\nname = 7", &["papo.toml:2", "name"]),
        ("[serve]\nlan = \"yes\"", &["papo.toml:2", "lan", "true"]),
        ("[serve]\nlink = \"http://a\"", &["papo.toml:2", "link", "[\""]),
        ("[serve]\ntrust = [1]", &["papo.toml:2", "trust", "[\""]),
        ("[serve]\n\nroom = \"a b\"", &["papo.toml:3: room", "a b"]),
        ("[serve]\nname = ", &["papo.toml:2", "TOML"]),
    ];
    for (file, words) in cases {
        refused(merge(&ServeArgs::default(), &[], Some(file)), words);
    }
}

#[test]
fn a_link_secret_is_what_stands_in_its_file() {
    let folder = std::env::temp_dir().join(format!("papo-secret-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("secret");
    let secret = |content: &str| {
        fs::write(&path, content).unwrap();
        let flags = ServeArgs {
            link_secret_file: Some(path.clone()),
            ..ServeArgs::default()
        };
        merge(&flags, &[], None)
    };
    let read = secret("sixteen letters \r\n").unwrap().link_secret.unwrap();
    let same = LinkSecret::new(b"sixteen letters ").unwrap();
    assert_eq!(read.sign(1, 2, b"body"), same.sign(1, 2, b"body"));
    refused(secret("fifteen letters\n"), &["--link-secret-file", "15", "16"]);
    refused(secret("\n"), &["--link-secret-file"]);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_settings_file_is_the_named_one_or_the_usual_ones() {
    let folder = std::env::temp_dir().join(format!("papo-config-{}", std::process::id()));
    let usual = folder.join("papo").join("papo.toml");
    fs::create_dir_all(folder.join("papo")).unwrap();
    fs::write(&usual, "[serve]\n").unwrap();
    let xdg = |name: &str| (name == "XDG_CONFIG_HOME").then(|| folder.display().to_string());
    let nothing = |_: &str| None;
    assert_eq!(find(None, xdg).unwrap().unwrap().path, usual);
    assert!(find(None, nothing).unwrap().is_none());
    let variable = |name: &str| (name == "PAPO_CONFIG").then(|| usual.display().to_string());
    assert_eq!(find(None, variable).unwrap().unwrap().path, usual);
    let missing = folder.join("missing.toml");
    let failure = find(Some(&missing), variable).unwrap_err();
    assert!(failure.to_string().contains("missing.toml"), "{failure}");
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_registry_inside_a_hub_has_its_own_folder() {
    let variables = [
        ("XDG_DATA_HOME", "/data"),
        ("PAPO_TRUST", "10.0.0.0/8"),
        ("PAPO_LISTEN", "x"),
    ];
    let inside = |address: &str, name: &str, lan: bool| {
        let flags = ServeArgs {
            rendezvous_listen: Some(address.to_owned()),
            name: Some(name.to_owned()),
            lan,
            ..ServeArgs::default()
        };
        merge(
            &flags,
            &variables,
            Some("[serve]\nrendezvous-listen = 7\n[rendezvous]\ndata = \"no\""),
        )
        .unwrap()
        .rendezvous
    };
    let cases = [
        (
            "5001",
            "north",
            false,
            "127.0.0.1:5001",
            "/data/papo/north/rendezvous-5001.jsonl",
        ),
        (
            "::1",
            "a b",
            false,
            "[::1]:5000",
            "/data/papo/a b/rendezvous-5000.jsonl",
        ),
        (
            "5001",
            "../x",
            true,
            "0.0.0.0:5001",
            "/data/papo/%2E.%2Fx/rendezvous-5001.jsonl",
        ),
    ];
    for (address, name, lan, listen, path) in cases {
        let settings = inside(address, name, lan).unwrap();
        assert_eq!(settings.listen, listen.parse().unwrap());
        assert_eq!(settings.data, Data::File(path.into()));
        assert_eq!(settings.trust, ["10.0.0.0/8".parse().unwrap()]);
        assert_eq!((settings.dialect, settings.max_per_minute), (Dialect::September, None));
    }
    assert!(inside("off", "north", true).is_none());
    assert_eq!(inside("127.0.0.1:0", "north", false).unwrap().data, Data::Ephemeral);
}
