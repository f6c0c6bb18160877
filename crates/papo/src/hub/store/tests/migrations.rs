//! Files of other versions, and what is no file of ours.

use super::*;

fn refused(folder: &Folder) -> Why {
    let error = Store::open(&folder.0, &[], Retention::default(), |_| ()).unwrap_err();
    let failure = crate::error::Failure::from(error);
    assert_eq!(failure.exit(), crate::error::Exit::Storage);
    assert!(
        failure.to_string().contains(&folder.0.display().to_string()),
        "{failure}"
    );
    Store::open(&folder.0, &[], Retention::default(), |_| ())
        .unwrap_err()
        .into_why()
}

fn tables(connection: &Connection) -> Vec<String> {
    let mut statement = connection
        .prepare("SELECT name FROM sqlite_schema ORDER BY name")
        .unwrap();
    let names = statement.query_map([], |row| row.get(0)).unwrap();
    names.collect::<rusqlite::Result<_>>().unwrap()
}

#[test]
fn each_step_of_an_older_file_leaves_a_copy_of_it() {
    let steps = [
        "CREATE TABLE one (a); INSERT INTO one VALUES (1);",
        "ALTER TABLE one RENAME TO two;",
        "CREATE TABLE three (a); INSERT INTO three SELECT a + 2 FROM two;",
    ];
    let folder = Folder::new();
    let file = folder.file();
    drop(schema::open(&file, &steps[..1]).unwrap());
    // What an attempt that was cut short leaves does not matter.
    fs::write(folder.0.join("rooms.db.v1.part"), "rubbish").unwrap();
    let connection = schema::open(&file, &steps).unwrap();
    assert_eq!(tables(&connection), ["three", "two"]);
    assert_eq!(
        connection.query_row("SELECT a FROM three", [], |row| row.get::<_, i64>(0)),
        Ok(3)
    );
    for (version, expected) in [(1, vec!["one"]), (2, vec!["two"])] {
        let copy = folder.0.join(format!("rooms.db.v{version}"));
        assert_eq!(tables(&schema::open(&copy, &steps[..version]).unwrap()), expected);
    }
    assert!(!folder.0.join("rooms.db.v1.part").exists());
    assert!(!folder.0.join("rooms.db.v0").exists());
    drop(connection);
    let again = schema::open(&file, &steps).unwrap();
    assert_eq!(tables(&again), ["three", "two"]);
}

#[test]
fn a_step_that_fails_changes_nothing() {
    let folder = Folder::new();
    drop(schema::open(&folder.file(), &["CREATE TABLE one (a);"]).unwrap());
    let steps = ["", "CREATE TABLE two (a); CREATE TABLE one (a);"];
    assert!(matches!(
        schema::open(&folder.file(), &steps).unwrap_err().why(),
        Why::Refused(_)
    ));
    let back = schema::open(&folder.file(), &steps[..1]).unwrap();
    assert_eq!(tables(&back), ["one"]);
}

#[test]
fn a_newer_file_is_left_alone() {
    let folder = Folder::new();
    open(&folder).ended();
    let connection = Connection::open(folder.file()).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let before = fs::read(folder.file()).unwrap();
    let error = schema::open(&folder.file(), schema::MIGRATIONS).unwrap_err();
    assert!(matches!(error.why(), Why::Newer), "{error}");
    assert!(matches!(refused(&folder), Why::Newer));
    assert_eq!(fs::read(folder.file()).unwrap(), before);
}

#[test]
fn what_is_no_file_of_a_hub_is_left_alone() {
    let folder = Folder::new();
    let text = "a text that somebody wrote\n".repeat(100);
    fs::write(folder.file(), &text).unwrap();
    assert!(matches!(refused(&folder), Why::Foreign));
    assert_eq!(fs::read_to_string(folder.file()).unwrap(), text);

    fs::remove_file(folder.file()).unwrap();
    let other = Connection::open(folder.file()).unwrap();
    other
        .execute_batch("CREATE TABLE recipes (a); PRAGMA user_version = 1;")
        .unwrap();
    drop(other);
    assert!(matches!(refused(&folder), Why::Foreign));
}

#[test]
fn a_damaged_file_is_named() {
    let folder = Folder::new();
    let open = open(&folder);
    for place in 1..=50 {
        write(&open, said("lobby", place, &"x".repeat(2000)));
    }
    open.stored(50);
    open.ended();
    let mut bytes = fs::read(folder.file()).unwrap();
    for byte in &mut bytes[100..16_384] {
        *byte = 0xa5;
    }
    fs::write(folder.file(), bytes).unwrap();
    let why = refused(&folder);
    assert!(matches!(why, Why::Damaged(_)), "{why:?}");
}

#[test]
fn a_folder_that_cannot_be_is_refused() {
    let folder = Folder::new();
    fs::write(folder.0.join("taken"), "").unwrap();
    let error = Store::open(&folder.0.join("taken"), &[], Retention::default(), |_| ()).unwrap_err();
    assert!(matches!(error.why(), Why::Refused(_)), "{error}");
}

#[cfg(unix)]
#[test]
fn what_was_said_is_nobody_elses_to_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let open = open(&folder);
    write(&open, said("lobby", 1, "oi"));
    open.stored(1);
    for name in ["rooms.db", "rooms.db-wal", "rooms.db-shm"] {
        let mode = fs::metadata(folder.0.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name} {mode:o}");
    }
}
