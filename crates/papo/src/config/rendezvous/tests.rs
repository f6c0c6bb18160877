use super::super::tests::{Variables, environment, refused, written};
use super::*;

/// Settings merged from flags, variables and the text of a file.
fn merge(flags: &RendezvousArgs, variables: Variables<'_>, file: Option<&str>) -> Result<RendezvousSettings, Failure> {
    RendezvousSettings::merge(flags, environment(variables), written(file).as_ref(), Lang::En)
}

fn file(path: &str) -> Data {
    Data::File(PathBuf::from(path))
}

#[test]
fn without_settings_a_registry_is_open_to_the_network() {
    let settings = merge(&RendezvousArgs::default(), &[], Some("[serve]\nname = \"x\"\n")).unwrap();
    let expected = RendezvousSettings {
        listen: "0.0.0.0:5000".parse().unwrap(),
        dialect: Dialect::September,
        max_per_minute: None,
        trust: Vec::new(),
        data: Data::Ephemeral,
        json: false,
        lang: Lang::En,
    };
    assert_eq!(format!("{settings:#?}"), format!("{expected:#?}"));
}

#[test]
fn values_come_from_the_strongest_layer() {
    let text = Some(
        "[rendezvous]\nlisten = 5001\ndialect = \"2025-11\"\nmax-per-minute = 70\ntrust = [\"10.0.0.0/8\"]\ndata = \"f\"\njson = true",
    );
    let settings = merge(&RendezvousArgs::default(), &[], text).unwrap();
    assert_eq!(settings.listen, "127.0.0.1:5001".parse().unwrap());
    assert_eq!(settings.dialect, Dialect::November);
    assert_eq!(settings.max_per_minute, Some(Some(70)));
    assert_eq!(settings.trust, ["10.0.0.0/8".parse().unwrap()]);
    assert_eq!(settings.data, file("f"));
    assert!(settings.json);

    let variables = [
        ("PAPO_LISTEN", "10.1.2.3"),
        ("PAPO_DIALECT", "2025-09"),
        ("PAPO_MAX_PER_MINUTE", "OFF"),
        ("PAPO_TRUST", "192.168.7.9, fd00::/8"),
        ("PAPO_DATA", "/e"),
        ("PAPO_JSON", "0"),
    ];
    let settings = merge(&RendezvousArgs::default(), &variables, text).unwrap();
    assert_eq!(settings.listen, "10.1.2.3:5000".parse().unwrap());
    assert_eq!(settings.dialect, Dialect::September);
    assert_eq!(settings.max_per_minute, Some(None));
    assert_eq!(settings.trust.len(), 2);
    assert_eq!(settings.data, file("/e"));
    assert!(!settings.json);

    let flags = RendezvousArgs {
        listen: Some(":0".to_owned()),
        max_per_minute: Some("5".to_owned()),
        ephemeral: true,
        ..RendezvousArgs::default()
    };
    let settings = merge(&flags, &variables, text).unwrap();
    assert_eq!(settings.listen, "127.0.0.1:0".parse().unwrap());
    assert_eq!(settings.max_per_minute, Some(Some(5)));
    assert_eq!(settings.data, Data::Ephemeral);
}

#[test]
fn data_lies_where_data_lies_on_this_system() {
    let at = |port: &str, variables: Variables<'_>| {
        let flags = RendezvousArgs {
            listen: Some(port.to_owned()),
            ..RendezvousArgs::default()
        };
        merge(&flags, variables, None).unwrap().data
    };
    let both: Variables<'_> = &[("XDG_DATA_HOME", "/x"), ("HOME", "/h")];
    assert_eq!(at("5001", both), file("/x/papo/rendezvous-5001.jsonl"));
    assert_eq!(
        at("5001", &both[1..]),
        file("/h/.local/share/papo/rendezvous-5001.jsonl")
    );
    let relative = [("XDG_DATA_HOME", "x"), ("HOME", "/h")];
    assert_eq!(
        at("5001", &relative),
        file("/h/.local/share/papo/rendezvous-5001.jsonl")
    );
    assert_eq!(at("5001", &[]), Data::Ephemeral);
    assert_eq!(at("0", both), Data::Ephemeral);
}

#[test]
fn a_file_and_no_file_exclude_each_other_where_they_stand() {
    let both = RendezvousArgs {
        data: Some("f".into()),
        ephemeral: true,
        ..RendezvousArgs::default()
    };
    refused(merge(&both, &[], None), &["--data", "--ephemeral"]);
    let none = RendezvousArgs::default();
    let variables = [("PAPO_DATA", "v"), ("PAPO_EPHEMERAL", "1")];
    refused(merge(&none, &variables, None), &["PAPO_DATA", "PAPO_EPHEMERAL"]);
    let text = Some("[rendezvous]\nephemeral = true\ndata = \"f\"");
    refused(merge(&none, &[], text), &["papo.toml:2", "papo.toml:3"]);

    // A stronger layer only says something else.
    let data = |variables: Variables<'_>, text| merge(&none, variables, Some(text)).unwrap().data;
    let ephemeral = "[rendezvous]\nephemeral = true";
    assert_eq!(data(&variables[..1], ephemeral), file("v"));
    assert_eq!(data(&variables[1..], "[rendezvous]\ndata = \"f\""), Data::Ephemeral);
    let kept = [("PAPO_EPHEMERAL", "off"), ("HOME", "/h")];
    assert_eq!(
        data(&kept, ephemeral),
        file("/h/.local/share/papo/rendezvous-5000.jsonl")
    );
    assert_eq!(
        data(&kept[..1], "[rendezvous]\nephemeral = false\ndata = \"f\""),
        file("f")
    );
}

#[test]
fn what_people_type_wrong_says_what_to_write() {
    let variables = [
        ("PAPO_LISTEN", "example.org", "127.0.0.1:5000"),
        ("PAPO_DIALECT", "2025", "2025-11"),
        ("PAPO_MAX_PER_MINUTE", "0", "off"),
        ("PAPO_TRUST", "x", "10.0.0.0/8"),
        ("PAPO_DATA", "folder/", "jsonl"),
        ("PAPO_DATA", "..", "jsonl"),
        ("PAPO_EPHEMERAL", "maybe", "1"),
    ];
    for (name, value, hint) in variables {
        refused(
            merge(&RendezvousArgs::default(), &[(name, value)], None),
            &[name, value, hint],
        );
    }
    let nowhere = RendezvousArgs {
        data: Some(PathBuf::new()),
        ..RendezvousArgs::default()
    };
    refused(merge(&nowhere, &[], None), &["--data"]);
    refused(
        merge(&RendezvousArgs::default(), &[], Some("[rendezvous]\n[serve]\nnaem = 1")),
        &["papo.toml:3", "naem", "name"],
    );
}
