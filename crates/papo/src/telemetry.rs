//! The log: on stderr, so that stdout stays data, unless a command sends it elsewhere.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::{OnceLock, PoisonError, RwLock};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt, reload};

/// What is logged when `PAPO_LOG` says nothing.
const DEFAULT_FILTER: &str = "papo=info";

/// Where the log goes.
static DESTINATION: RwLock<Destination> = RwLock::new(Destination::Stderr);
/// Changes what is logged.
static FILTER: OnceLock<Box<dyn Fn(EnvFilter) + Send + Sync>> = OnceLock::new();

enum Destination {
    Stderr,
    File(File),
    Lines(Box<dyn Fn(&str) + Send + Sync>),
}

/// Starts the log of this process. `PAPO_LOG` filters it (`papo=debug`), `PAPO_LOG_FORMAT=json` makes each line an
/// object, and colours are for terminals whose owner did not set `NO_COLOR`.
///
/// A second call changes nothing.
pub fn init() {
    // A filter that cannot be read must not keep a hub from starting; what can be read of it counts.
    let filter = EnvFilter::builder().parse_lossy(asked().as_deref().unwrap_or(DEFAULT_FILTER));
    let (filter, handle) = reload::Layer::new(filter);
    let log = fmt::layer().with_writer(|| Log).with_target(true);
    let registry = tracing_subscriber::registry().with(filter);
    let started = if std::env::var("PAPO_LOG_FORMAT").is_ok_and(|format| format.eq_ignore_ascii_case("json")) {
        registry.with(log.json()).try_init()
    } else {
        registry.with(log.with_ansi(colours())).try_init()
    };
    // Only a log that already runs refuses, and that one serves as well.
    if started.is_ok() {
        // A filter that is gone with its log changes nothing.
        drop(FILTER.set(Box::new(move |filter| drop(handle.reload(filter)))));
    }
}

/// Logs papo's own events down to `level` from here on.
pub(crate) fn set_level(level: LevelFilter) {
    if let Some(change) = FILTER.get() {
        change(EnvFilter::builder().parse_lossy(format!("papo={level},papo_core={level}")));
    }
}

/// The same, unless `PAPO_LOG` asked for something.
pub(crate) fn set_usual_level(level: LevelFilter) {
    if asked().is_none() {
        set_level(level);
    }
}

/// Sends the log to the end of a file that only its owner reads: it tells who talks to whom.
///
/// # Errors
///
/// When the file cannot be opened.
pub(crate) fn to_file(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    redirect(Destination::File(options.open(path)?));
    Ok(())
}

/// Gives each line of the log, without its end, to `take`, which must not wait and must not log.
pub(crate) fn to_lines(take: impl Fn(&str) + Send + Sync + 'static) {
    redirect(Destination::Lines(Box::new(take)));
}

/// Sends the log to stderr again, if it went to somebody's lines.
pub(crate) fn leave_lines() {
    let mut destination = DESTINATION.write().unwrap_or_else(PoisonError::into_inner);
    if matches!(*destination, Destination::Lines(_)) {
        *destination = Destination::Stderr;
    }
}

fn redirect(to: Destination) {
    *DESTINATION.write().unwrap_or_else(PoisonError::into_inner) = to;
}

fn asked() -> Option<String> {
    std::env::var("PAPO_LOG").ok().filter(|filter| !filter.is_empty())
}

/// Whether stderr takes colours.
fn colours() -> bool {
    coloured(&io::stderr())
}

/// Whether that stream takes colours.
pub(crate) fn coloured(stream: &impl IsTerminal) -> bool {
    // https://no-color.org: set and not empty means none.
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !refused && stream.is_terminal()
}

/// Takes what is logged, one event in each write.
struct Log;

impl Write for Log {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        match &*DESTINATION.read().unwrap_or_else(PoisonError::into_inner) {
            Destination::Stderr => io::stderr().write_all(event)?,
            // In one write, so that two processes with one file do not mix their lines.
            Destination::File(file) => (&*file).write_all(&without_colours(event))?,
            Destination::Lines(take) => take(String::from_utf8_lossy(event).trim_end_matches('\n')),
        }
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A line without what makes it coloured: escape, bracket, up to a letter.
fn without_colours(line: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(line.len());
    let mut in_sequence = false;
    for &byte in line {
        match byte {
            0x1b => in_sequence = true,
            _ if !in_sequence => plain.push(byte),
            _ => in_sequence = !byte.is_ascii_alphabetic(),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gets_no_colours() {
        assert_eq!(
            without_colours(b"\x1b[2m2026\x1b[0m \x1b[32mINFO\x1b[0m [m]\n"),
            b"2026 INFO [m]\n"
        );
    }
}
