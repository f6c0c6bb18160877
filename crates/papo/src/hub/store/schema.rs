//! The versions of the file, and the way from each to the next.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::error::{OpenError, Why};

/// The file in a hub's folder.
pub(crate) const FILE: &str = "rooms.db";

/// What makes version n + 1 of version n, from the empty file on.
pub(super) const MIGRATIONS: &[&str] = &[include_str!("v1.sql")];

/// `papo` in ASCII: how the file tells that it is ours.
const APPLICATION: i32 = 0x7061_706f;

/// Opens the file to write, which is made when it is missing and brought to the newest version when it is older. The
/// caller has the lock of the folder. Before each step of an older file a copy of it is made beside it, `rooms.db.v1`
/// of version 1.
pub(super) fn open(path: &Path, migrations: &[&str]) -> Result<Connection, OpenError> {
    let refused = |why: Why| OpenError::new(path, why);
    let opened = || -> Result<Connection, Why> {
        make(path)?;
        let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let version = version(&connection)?;
        if version > migrations.len() {
            return Err(Why::Newer);
        }
        let mode: String = connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
        if mode != "wal" {
            // Reading and writing at the same time would keep each other waiting.
            return Err(Why::Refused(format!(
                "this file system allows no write-ahead log, only {mode}"
            )));
        }
        connection.pragma_update(None, "synchronous", "full")?;
        for (from, step) in migrations.iter().enumerate().skip(version) {
            if from > 0 {
                copy(&connection, path, from)?;
            }
            migrate(&mut connection, step, from + 1)?;
        }
        sync_folder(path)?;
        Ok(connection)
    };
    opened().map_err(refused)
}

/// Opens a file of this version that is there, while a hub may be using it.
pub(super) fn visit(path: &Path, flags: OpenFlags) -> Result<Connection, OpenError> {
    let visited = || -> Result<Connection, Why> {
        if !path.exists() {
            return Err(Why::Missing);
        }
        let connection = connect(path, flags)?;
        match version(&connection)?.cmp(&MIGRATIONS.len()) {
            std::cmp::Ordering::Less => Err(Why::Older),
            std::cmp::Ordering::Equal => Ok(connection),
            std::cmp::Ordering::Greater => Err(Why::Newer),
        }
    };
    let connection = visited().map_err(|why| OpenError::new(path, why))?;
    let durable = connection.pragma_update(None, "synchronous", "full");
    durable.map_err(|error| OpenError::new(path, error))?;
    Ok(connection)
}

fn connect(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    // Containers have no place for temporary files.
    connection.pragma_update(None, "temp_store", "memory")?;
    Ok(connection)
}

/// What was said is nobody else's business: the files that SQLite makes beside this one get its permissions.
fn make(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// The version of the file; 0 when there is nothing in it yet.
fn version(connection: &Connection) -> Result<usize, Why> {
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match usize::try_from(version) {
        Ok(0) if application == 0 && tables == 0 => Ok(0),
        Ok(version) if application == APPLICATION && version > 0 => Ok(version),
        _ => Err(Why::Foreign),
    }
}

fn migrate(connection: &mut Connection, step: &str, to: usize) -> Result<(), Why> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(step)?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", i32::try_from(to).unwrap_or(i32::MAX))?;
    Ok(transaction.commit()?)
}

/// The copy is whole under its name, or not there.
fn copy(connection: &Connection, path: &Path, version: usize) -> Result<(), Why> {
    let kept = beside(path, &format!(".v{version}"));
    let part = beside(path, &format!(".v{version}.part"));
    write_copy(connection, &part)?;
    fs::rename(&part, &kept)?;
    sync_folder(&kept)?;
    Ok(())
}

/// Writes all that is in the file into another one, in place of what an attempt that was cut short left there.
pub(super) fn write_copy(connection: &Connection, to: &Path) -> Result<(), Why> {
    match fs::remove_file(to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    make(to)?;
    let name = to
        .to_str()
        .ok_or_else(|| Why::Refused(format!("{} is not Unicode", to.display())))?;
    connection.execute("VACUUM INTO ?1", [name])?;
    File::open(to)?.sync_all()?;
    Ok(())
}

/// The file of that name with an ending added.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().map_or_else(OsString::new, OsString::from);
    name.push(ending);
    path.with_file_name(name)
}

/// Makes the name of a file survive a crash.
#[cfg(unix)]
pub(super) fn sync_folder(file: &Path) -> io::Result<()> {
    let folder = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    match File::open(folder)?.sync_all() {
        // Some network file systems know no such thing and keep names by their own rules.
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        outcome => outcome,
    }
}

/// Other systems do not open folders as files.
#[cfg(not(unix))]
pub(super) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
