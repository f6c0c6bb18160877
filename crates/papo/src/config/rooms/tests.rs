use papo_core::limits::{RETAINED_BYTES, RETAINED_MESSAGES};

use super::super::tests::{Variables, environment, refused, written};
use super::super::{Data, ServeSettings};
use super::*;
use crate::text::Lang;

fn merge(flags: &ServeArgs, variables: Variables<'_>, file: Option<&str>) -> Result<ServeSettings, Failure> {
    ServeSettings::merge(flags, environment(variables), written(file).as_ref(), Lang::En)
}

fn folder(path: &str) -> HubData {
    HubData::Folder(PathBuf::from(path))
}

const HOME: Variables<'_> = &[("HOME", "/h"), ("XDG_DATA_HOME", "/x")];

#[test]
fn each_hub_name_has_its_folder() {
    let at = |name: Option<&str>, variables| {
        let name = name.map(str::to_owned);
        let flags = ServeArgs {
            name,
            ..ServeArgs::default()
        };
        merge(&flags, variables, None).unwrap().data
    };
    assert_eq!(at(None, HOME), folder("/x/papo/papo"));
    assert_eq!(at(Some("a/b"), HOME), folder("/x/papo/a%2Fb"));
    assert_eq!(
        at(Some("norte"), &[("HOME", "/h")]),
        folder("/h/.local/share/papo/norte")
    );
    assert_eq!(at(None, &[("HOME", "here")]), HubData::Ephemeral);
    assert_eq!(at(None, &[("HOME", "/h"), ("PAPO_EPHEMERAL", "1")]), HubData::Ephemeral);
    assert_eq!(at(Some("norte"), &[("HOME", "/h"), ("PAPO_DATA", "d")]), folder("d"));
}

#[test]
fn a_registry_inside_keeps_its_records_beside_the_rooms() {
    let inside = |flags: ServeArgs, port: &str| {
        let rendezvous_listen = Some(port.to_owned());
        let settings = merge(
            &ServeArgs {
                rendezvous_listen,
                ..flags
            },
            HOME,
            None,
        )
        .unwrap();
        settings.rendezvous.unwrap().data
    };
    let file = |path: &str| Data::File(PathBuf::from(path));
    assert_eq!(
        inside(ServeArgs::default(), "5001"),
        file("/x/papo/papo/rendezvous-5001.jsonl")
    );
    let data = ServeArgs {
        data: Some(PathBuf::from("/d")),
        ..ServeArgs::default()
    };
    assert_eq!(inside(data, "5001"), file("/d/rendezvous-5001.jsonl"));
    let ephemeral = ServeArgs {
        ephemeral: true,
        ..ServeArgs::default()
    };
    assert_eq!(inside(ephemeral, "5001"), Data::Ephemeral);
    assert_eq!(inside(ServeArgs::default(), "0"), Data::Ephemeral);
}

#[test]
fn what_is_kept_comes_from_the_strongest_layer() {
    let file = "[serve]\nretention-messages = 5\nretention-days = 0\nretention-bytes = \"1G\"\nrequire-token = true";
    let settings = merge(&ServeArgs::default(), &[("PAPO_RETENTION_DAYS", "30")], Some(file)).unwrap();
    let expected = Retention {
        messages: 5,
        age: DAY * 30,
        bytes: 1 << 30,
    };
    assert_eq!(settings.retention, expected);
    assert!(settings.require_token);
    let flags = ServeArgs {
        retention_bytes: Some("64k".to_owned()),
        ..ServeArgs::default()
    };
    let settings = merge(&flags, &[], None).unwrap();
    assert_eq!(settings.retention.bytes, 64 * 1024);
    assert_eq!(
        (settings.retention.messages, RETAINED_BYTES),
        (RETAINED_MESSAGES, 256 << 20)
    );
    assert!(!settings.require_token);
}

#[test]
fn values_without_sense_are_named() {
    let cases = [
        ("PAPO_RETENTION_MESSAGES", "0"),
        ("PAPO_RETENTION_MESSAGES", "-1"),
        ("PAPO_RETENTION_DAYS", "1.5"),
        ("PAPO_RETENTION_DAYS", "36501"),
        ("PAPO_RETENTION_BYTES", "0M"),
        ("PAPO_RETENTION_BYTES", "1T"),
        ("PAPO_RETENTION_BYTES", "99999999999G"),
    ];
    for (name, value) in cases {
        refused(merge(&ServeArgs::default(), &[(name, value)], None), &[name, value]);
    }
    let both = ServeArgs {
        data: Some(PathBuf::from("d")),
        ephemeral: true,
        ..ServeArgs::default()
    };
    refused(merge(&both, &[], None), &["--data", "--ephemeral"]);
    let empty = ServeArgs {
        data: Some(PathBuf::new()),
        ..ServeArgs::default()
    };
    refused(merge(&empty, &[], None), &["--data"]);
}

#[test]
fn other_commands_find_the_folder_that_serve_has() {
    let find = |data: Option<&str>, name, variables, file: Option<&str>| {
        hub_folder(
            data.map(Path::new),
            name,
            environment(variables),
            written(file).as_ref(),
        )
    };
    assert_eq!(find(None, None, HOME, None), Ok(PathBuf::from("/x/papo/papo")));
    assert_eq!(
        find(None, Some("norte"), HOME, None),
        Ok(PathBuf::from("/x/papo/norte"))
    );
    assert_eq!(find(Some("d"), None, HOME, None), Ok(PathBuf::from("d")));
    let file = "[serve]\nname = \"sul\"\n";
    assert_eq!(find(None, None, HOME, Some(file)), Ok(PathBuf::from("/x/papo/sul")));
    refused(find(None, None, &[], None), &["--data"]);
}
