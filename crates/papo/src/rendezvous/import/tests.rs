use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;

use super::*;
use crate::error::Exit;

/// 2025-11-20T12:00:00Z.
const NOW: UtcMillis = UtcMillis::new(1_763_640_000_000);

fn sao_paulo() -> TimeZone {
    TimeZone::fixed(jiff::tz::offset(-3))
}

fn tokyo() -> TimeZone {
    TimeZone::fixed(jiff::tz::offset(9))
}

fn entry() -> Value {
    json!({
        "ip": "192.0.2.7", "name": "ana", "namespace": "CIC", "port": 4000, "timestamp": 1_763_636_400, "ttl": 3600
    })
}

fn parsed(entries: &Value) -> OldFile {
    parse(&serde_json::to_vec(entries).unwrap(), NOW, &sao_paulo()).unwrap()
}

/// The record of an entry with one key changed, if it is usable.
fn with(key: &str, value: Value) -> Option<OldRecord> {
    let mut entry = entry();
    entry[key] = value;
    let mut file = parsed(&json!([entry]));
    assert_eq!(file.records.len() as u64 + file.unusable, 1);
    file.records.pop()
}

fn at(text: &str) -> UtcMillis {
    millis(text.parse().unwrap())
}

#[test]
fn an_entry_becomes_a_record() {
    let expected = OldRecord {
        ip: "192.0.2.7".parse().unwrap(),
        name: "ana".to_owned(),
        namespace: "CIC".to_owned(),
        port: 4000,
        observed_port: None,
        registered: at("2025-11-20T11:00:00Z"),
        lease_secs: 3600,
    };
    assert_eq!(with("unknown", json!({"deep": [1]})), Some(expected.clone()));
    let seen = OldRecord {
        observed_port: Some(51_234),
        ..expected.clone()
    };
    assert_eq!(with("observed_port", json!(51_234)), Some(seen));
    let seen = OldRecord {
        ip: "198.51.100.1".parse().unwrap(),
        ..expected.clone()
    };
    assert_eq!(with("observed_ip", json!("198.51.100.1")), Some(seen));
    assert_eq!(with("observed_ip", json!(null)), Some(expected.clone()));
    assert_eq!(with("observed_port", json!("?")), Some(expected.clone()));
    assert_eq!(with("ip", json!("::ffff:192.0.2.7")), Some(expected));
}

#[test]
fn entries_without_sense_are_counted() {
    let long = "x".repeat(65);
    let wrong = [
        ("ip", json!("example.org")),
        ("ip", json!(7)),
        ("name", json!("")),
        ("name", json!(long)),
        ("name", json!(null)),
        ("namespace", json!(5)),
        ("port", json!(0)),
        ("port", json!(65_536)),
        ("port", json!(4000.5)),
        ("port", json!("port")),
        ("timestamp", json!("yesterday")),
        ("timestamp", json!("inf")),
        ("timestamp", json!(null)),
    ];
    for (key, value) in wrong {
        assert_eq!(with(key, value.clone()), None, "{key} {value}");
    }
    let file = parsed(&json!([entry(), 1, {}, null, entry(), {"ip": "192.0.2.7"}]));
    assert_eq!((file.records.len(), file.unusable), (2, 4));
}

#[test]
fn numbers_are_read_as_requests_are() {
    for port in [json!("4001"), json!(4001.0), json!(" 4001.0 ")] {
        assert_eq!(with("port", port).unwrap().port, 4001);
    }
    let leases = [
        (json!(0), 1),
        (json!(-5), 1),
        (json!(1e300), 86_400),
        (json!("90000"), 86_400),
        (json!(60.0), 60),
        (json!(null), 7200),
        (json!("long"), 7200),
    ];
    for (ttl, expected) in leases {
        assert_eq!(with("ttl", ttl.clone()).unwrap().lease_secs, expected, "{ttl}");
    }
}

#[test]
fn moments_are_read_in_every_way_that_they_are_written() {
    let cases = [
        (json!(1_763_636_400), "2025-11-20T11:00:00Z"),
        (json!(1_763_636_400.25), "2025-11-20T11:00:00.25Z"),
        (json!("1763636400.25"), "2025-11-20T11:00:00.25Z"),
        (json!("2025-11-20T10:00:00Z"), "2025-11-20T10:00:00Z"),
        (json!("2025-11-20T10:00:00.5-01:00"), "2025-11-20T11:00:00.5Z"),
        (json!("2025-11-20 10:00:00+00:00"), "2025-11-20T10:00:00Z"),
        // Three hours behind UTC, 08:30 is 11:30 there; 10:00 would be 13:00, which has not come yet.
        (json!("2025-11-20T08:30:00.789"), "2025-11-20T11:30:00.789Z"),
        (json!("2025-11-20 10:00:00"), "2025-11-20T10:00:00Z"),
        (json!("2025-11-20T12:00:00.001"), "2025-11-20T12:00:00Z"),
        (json!("2025-11-20T13:00:00Z"), "2025-11-20T12:00:00Z"),
        (json!(1e300), "2025-11-20T12:00:00Z"),
        (json!(-1), "1970-01-01T00:00:00Z"),
        (json!("1960-01-01T00:00:00Z"), "1970-01-01T00:00:00Z"),
    ];
    for (timestamp, expected) in cases {
        let record = with("timestamp", timestamp.clone());
        assert_eq!(
            record.map(|record| record.registered),
            Some(at(expected)),
            "{timestamp}"
        );
    }
    // East of UTC the other reading is the later one.
    let naive = json!([{
        "ip": "192.0.2.7", "name": "ana", "namespace": "CIC", "port": 4000, "timestamp": "2025-11-20T11:00:00"
    }]);
    let record =
        |zone: &TimeZone| parse(&serde_json::to_vec(&naive).unwrap(), NOW, zone).unwrap().records[0].registered;
    assert_eq!(record(&tokyo()), at("2025-11-20T11:00:00Z"));
    let evening = UtcMillis::new(NOW.get() - 8 * 3_600_000);
    let early = parse(&serde_json::to_vec(&naive).unwrap(), evening, &tokyo()).unwrap();
    assert_eq!(early.records[0].registered, at("2025-11-20T02:00:00Z"));
}

#[test]
fn old_files_are_known_by_their_first_byte() {
    for old in ["[]", " \r\n\t[{"] {
        assert!(looks_like_old_file(old.as_bytes()), "{old:?}");
    }
    for other in ["", "  ", "{\"v\":1}\n[", "x["] {
        assert!(!looks_like_old_file(other.as_bytes()), "{other:?}");
    }
}

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "papo-import-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self, ending: &str) -> PathBuf {
        self.0.join(format!("peers.json{ending}"))
    }

    fn text(&self, ending: &str) -> String {
        fs::read_to_string(self.file(ending)).unwrap()
    }

    fn adopt(&self) -> Result<Option<Adopted>, Failure> {
        adopt(&self.file(""), NOW, |record| {
            format!("{{{} {}\n", record.name, record.port).into_bytes()
        })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

#[test]
fn an_old_file_becomes_a_log_and_is_kept() {
    let folder = Folder::new();
    assert_eq!(folder.adopt().unwrap(), None);
    fs::write(folder.file(""), "{a 1\n").unwrap();
    assert_eq!(folder.adopt().unwrap(), None);
    assert_eq!(folder.text(""), "{a 1\n");

    let old = json!([entry(), entry(), {}]).to_string();
    for (ending, content) in [(".imported", "precious"), (".imported.1", "too")] {
        fs::write(folder.file(ending), content).unwrap();
    }
    fs::write(folder.file(""), &old).unwrap();
    let adopted = folder.adopt().unwrap().unwrap();
    assert_eq!((adopted.records, adopted.unusable), (2, 1));
    assert_eq!(adopted.original, fs::canonicalize(folder.file(".imported.2")).unwrap());
    assert_eq!(folder.text(""), "{ana 4000\n{ana 4000\n");
    assert_eq!(folder.text(".imported"), "precious");
    assert_eq!(folder.text(".imported.1"), "too");
    assert_eq!(folder.text(".imported.2"), old);
    assert!(!folder.file(".new").exists());
    assert_eq!(folder.adopt().unwrap(), None, "it is a log now");

    // A start that ended between the copy and the log goes on where it was.
    fs::write(folder.file(""), &old).unwrap();
    assert!(
        folder
            .adopt()
            .unwrap()
            .unwrap()
            .original
            .ends_with("peers.json.imported.2")
    );
    assert!(!folder.file(".imported.3").exists());

    fs::write(folder.file(""), "[]").unwrap();
    assert_eq!(folder.adopt().unwrap().unwrap().records, 0);
    assert_eq!(folder.text(""), "");
}

#[test]
fn what_cannot_be_taken_over_stays_as_it_is() {
    let folder = Folder::new();
    let huge = format!("[{}]", " ".repeat(OLD_REGISTRY_BYTES));
    for (content, words) in [
        ("[{\"ip\": ", "no list"),
        ("[1] and more", "no list"),
        (&huge, "16 MiB"),
    ] {
        fs::write(folder.file(""), content).unwrap();
        let failure = folder.adopt().unwrap_err();
        assert_eq!(failure.exit(), Exit::Storage);
        assert!(failure.to_string().contains(words), "{failure}");
        assert!(folder.text("") == *content);
        assert!(!folder.file(".imported").exists() && !folder.file(".new").exists());
    }
}

#[test]
fn a_file_in_use_is_left_alone() {
    let folder = Folder::new();
    fs::write(folder.file(""), "[]").unwrap();
    let result = begin_with(&folder.file(""), |_| {
        let failure = folder.adopt().unwrap_err();
        assert!(failure.to_string().contains("in use"), "{failure}");
        Err(failure)
    });
    assert_eq!(result.unwrap_err().exit(), Exit::Storage);
    assert_eq!(folder.text(""), "[]");
}
