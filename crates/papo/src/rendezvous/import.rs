//! The `peers.json` of the servers that were there before: read once, kept, and gone on with as a log file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use papo_core::limits::{JOURNAL_READ_BYTES, LEASE_DEFAULT_SECS, LEASE_MAX_SECS, NAME_CHARS, OLD_REGISTRY_BYTES};
use papo_core::time::UtcMillis;
use serde_json::{Map, Value};

use super::journal::begin_with;
use crate::error::Failure;
use crate::text::Message;

/// A peer that an old server knew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldRecord {
    /// The address that it was seen under.
    pub ip: IpAddr,
    /// Its name, 1 to 64 characters.
    pub name: String,
    /// Its namespace, 1 to 64 characters.
    pub namespace: String,
    /// Where it listens, not 0.
    pub port: u16,
    /// The port that it registered from, if the server kept it.
    pub observed_port: Option<u16>,
    /// When it registered last, not in the future.
    pub registered: UtcMillis,
    /// Seconds that its registration lasts from then on, 1 to 86,400.
    pub lease_secs: u32,
}

/// What stands in an old server's file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OldFile {
    /// In the file's order.
    pub records: Vec<OldRecord>,
    /// Entries without an address, a name, a namespace, a port or a time that makes sense.
    pub unusable: u64,
}

/// An old server's file that has become a log file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adopted {
    /// Records that are in the log file now.
    pub records: u64,
    /// Entries that could not be used.
    pub unusable: u64,
    /// Where the old server's file is kept.
    pub original: PathBuf,
}

/// True when a file that begins like that is an old server's: a list, where a log file has an object in each line.
pub fn looks_like_old_file(beginning: &[u8]) -> bool {
    beginning.trim_ascii_start().first() == Some(&b'[')
}

/// Turns an old server's file into a log file with one line for each record, made by `line` with its newline. The
/// original stays beside it as `FILE.imported`, or `.imported.1` and so on: none is overwritten. `None` when the file
/// is missing or no old server's.
///
/// The copy is on the disk before the log file takes the original's place in one step, so a crash at any moment leaves
/// either the original or the whole log file.
///
/// # Errors
///
/// When the file is too large, is no JSON list, is in use, or the disk refuses. Then it is as it was.
pub fn adopt(
    path: &Path,
    now: UtcMillis,
    mut line: impl FnMut(&OldRecord) -> Vec<u8>,
) -> Result<Option<Adopted>, Failure> {
    if !is_old_file(path).map_err(|error| unreadable(path, &error))? {
        return Ok(None);
    }
    let mut adopted = None;
    begin_with(path, |real| {
        let bytes = read(real).map_err(|error| unreadable(path, &error))?;
        if bytes.len() > OLD_REGISTRY_BYTES {
            let message = Message::new("error-import-large").with("limit", OLD_REGISTRY_BYTES / (1024 * 1024));
            return Err(Failure::storage(message.showing("path", path.display())));
        }
        let OldFile { records, unusable } = parse(&bytes, now, &TimeZone::system()).map_err(|error| {
            let message = Message::new("error-import-malformed").showing("path", path.display());
            Failure::storage(message.showing("detail", error))
        })?;
        let original = keep(real, &bytes).map_err(|error| unreadable(path, &error))?;
        let log = records.iter().flat_map(&mut line).collect();
        adopted = Some(Adopted {
            records: u64::try_from(records.len()).unwrap_or(u64::MAX),
            unusable,
            original,
        });
        Ok(log)
    })?;
    Ok(adopted)
}

/// Reads what an old server wrote; a time of day without a zone may be of `zone` or of UTC.
///
/// # Errors
///
/// When this is no JSON list.
pub fn parse(bytes: &[u8], now: UtcMillis, zone: &TimeZone) -> Result<OldFile, serde_json::Error> {
    let entries: Vec<Value> = serde_json::from_slice(bytes)?;
    let mut file = OldFile::default();
    for entry in &entries {
        match entry.as_object().and_then(|entry| record(entry, now, zone)) {
            Some(record) => file.records.push(record),
            None => file.unusable += 1,
        }
    }
    Ok(file)
}

fn record(entry: &Map<String, Value>, now: UtcMillis, zone: &TimeZone) -> Option<OldRecord> {
    let address = |key| entry.get(key)?.as_str()?.trim().parse::<IpAddr>().ok();
    let name = |key| {
        let name = entry.get(key)?.as_str()?;
        (1..=NAME_CHARS)
            .contains(&name.chars().count())
            .then(|| name.to_owned())
    };
    let port = |key| {
        let port = u16::try_from(whole(entry.get(key)?)?).ok()?;
        (port > 0).then_some(port)
    };
    let lease = entry
        .get("ttl")
        .and_then(whole)
        .unwrap_or(i64::from(LEASE_DEFAULT_SECS));
    let lease = lease.clamp(1, i64::from(LEASE_MAX_SECS));
    Some(OldRecord {
        // What the server saw counts, not what somebody said.
        ip: address("observed_ip").or_else(|| address("ip"))?.to_canonical(),
        name: name("name")?,
        namespace: name("namespace")?,
        port: port("port")?,
        observed_port: port("observed_port"),
        registered: moment(entry.get("timestamp")?, now, zone)?,
        lease_secs: u32::try_from(lease).unwrap_or(LEASE_DEFAULT_SECS),
    })
}

/// A whole number, also as a text or with zeros behind its point.
fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| integer(number.as_f64()?)),
        Value::String(text) => {
            let text = text.trim();
            text.parse().ok().or_else(|| integer(text.parse().ok()?))
        }
        _ => None,
    }
}

/// Far-off numbers end at the border of what there is; all that is read here is clamped or checked afterwards.
fn integer(number: f64) -> Option<i64> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float becomes the nearest integer that there is"
    )]
    (number.is_finite() && number.fract() == 0.0).then_some(number as i64)
}

/// A moment of the past: seconds since 1970, or a time of day in ISO 8601. What lies ahead is now.
fn moment(value: &Value, now: UtcMillis, zone: &TimeZone) -> Option<UtcMillis> {
    let readings = match value {
        Value::Number(number) => vec![seconds(number.as_f64()?)],
        Value::String(text) => {
            let text = text.trim();
            match (text.parse::<Timestamp>(), text.parse::<DateTime>()) {
                (Ok(moment), _) => vec![millis(moment)],
                // Whoever wrote no zone meant its own or none; the earlier one would end a registration too soon.
                (Err(_), Ok(civil)) => [zone, &TimeZone::UTC]
                    .into_iter()
                    .filter_map(|zone| zone.to_timestamp(civil).ok())
                    .map(millis)
                    .collect(),
                (Err(_), Err(_)) => vec![seconds(text.parse().ok().filter(|seconds: &f64| seconds.is_finite())?)],
            }
        }
        _ => return None,
    };
    let past = readings.iter().copied().filter(|reading| *reading <= now).max();
    past.or_else(|| (!readings.is_empty()).then_some(now))
}

fn millis(moment: Timestamp) -> UtcMillis {
    UtcMillis::new(u64::try_from(moment.as_millisecond()).unwrap_or(0))
}

fn seconds(seconds: f64) -> UtcMillis {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float becomes the nearest integer that there is, and what was before 1970 is over"
    )]
    UtcMillis::new((seconds * 1000.0) as u64)
}

fn is_old_file(path: &Path) -> io::Result<bool> {
    match fs::metadata(path) {
        // The journal says what is wrong with anything else.
        Ok(found) if !found.is_file() => return Ok(false),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    }
    let mut beginning = Vec::new();
    let limit = u64::try_from(JOURNAL_READ_BYTES).unwrap_or(u64::MAX);
    File::open(path)?.take(limit).read_to_end(&mut beginning)?;
    Ok(looks_like_old_file(&beginning))
}

/// The file, or one byte more than it may have.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(OLD_REGISTRY_BYTES + 1).unwrap_or(u64::MAX);
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Copies the original to a name that no other file has, and tells which.
fn keep(path: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let mut copy = path.as_os_str().to_owned();
    copy.push(".imported");
    let first = copy.clone();
    for number in 1_u32.. {
        match OpenOptions::new().write(true).create_new(true).open(&copy) {
            Ok(mut file) => {
                let written = file.write_all(bytes).and_then(|()| file.sync_all());
                return match written {
                    Ok(()) => Ok(copy.into()),
                    Err(error) => {
                        // Half a copy is none.
                        drop(fs::remove_file(&copy));
                        Err(error)
                    }
                };
            }
            // The one of a start that came no further.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && is_same(Path::new(&copy), bytes) => {
                return Ok(copy.into());
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                copy.clone_from(&first);
                copy.push(format!(".{number}"));
            }
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn is_same(path: &Path, bytes: &[u8]) -> bool {
    let synced = || {
        let file = OpenOptions::new().write(true).open(path)?;
        file.sync_all()
    };
    read(path).is_ok_and(|found| found == bytes) && synced().is_ok()
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let message = Message::new("error-journal").showing("path", path.display());
    Failure::storage(message.showing("detail", error))
}

#[cfg(test)]
mod tests;
