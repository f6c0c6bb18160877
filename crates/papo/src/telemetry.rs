//! The log: on stderr, so that stdout stays data.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// What is logged when `PAPO_LOG` says nothing.
const DEFAULT_FILTER: &str = "papo=info";

/// Starts the log of this process. `PAPO_LOG` filters it (`papo=debug`), `PAPO_LOG_FORMAT=json` makes each line an
/// object, and colours are for terminals whose owner did not set `NO_COLOR`.
///
/// A second call changes nothing.
pub fn init() {
    let asked = std::env::var("PAPO_LOG").ok().filter(|filter| !filter.is_empty());
    // A filter that cannot be read must not keep a hub from starting; what can be read of it counts.
    let filter = EnvFilter::builder().parse_lossy(asked.as_deref().unwrap_or(DEFAULT_FILTER));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(true);
    let started = if std::env::var("PAPO_LOG_FORMAT").is_ok_and(|format| format.eq_ignore_ascii_case("json")) {
        log.json().try_init()
    } else {
        log.with_ansi(colours()).try_init()
    };
    // Only a log that already runs refuses, and that one serves as well.
    drop(started);
}

/// Whether stderr takes colours.
fn colours() -> bool {
    // https://no-color.org: set and not empty means none.
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !refused && std::io::stderr().is_terminal()
}
