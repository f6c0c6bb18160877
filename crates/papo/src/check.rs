//! `papo check`: does a server of another program do what its protocol asks for?
//!
//! A case is literal bytes that go in and what has to come out; nothing that papo itself encodes or decodes with takes
//! part, so that no mistake can hide on both sides.

use std::sync::Arc;

use papo_core::limits::CHECK_REPLY_HASTY;
use papo_core::suggest::closest;

use crate::connect::Target;
use crate::error::{Exit, Failure};
use crate::shutdown::Shutdown;
use crate::text::{Message, Texts};

mod case;
mod cases;
mod exchange;
mod expect;
mod pace;
mod plan;
mod problem;
mod rendezvous;
mod report;
mod words;

pub use case::{Binding, Case, Dialect, Dialects, Script, Send, Step};
pub use cases::all;
pub use expect::{Expect, Peer};
pub use problem::{Kind, Problem, Shown};
pub use rendezvous::{Checker, Finding, Timing, Verdict};
pub use report::{Report, Style};

/// The port of a rendezvous server.
const USUAL_PORT: u16 = 5000;

/// What is to be checked, and how.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The server.
    pub target: Target,
    /// The dialect that it speaks.
    pub dialect: Dialect,
    /// The name of a case, or what several names begin with; none for all.
    pub only: Option<String>,
    /// Whether programs read the report.
    pub json: bool,
}

/// The address of a rendezvous server, as people write it.
///
/// # Errors
///
/// When it is none.
pub fn target(text: &str) -> Result<Target, Failure> {
    Target::read(text, USUAL_PORT)
        .ok_or_else(|| Failure::usage(Message::new("error-check-address").with("given", text.to_owned())))
}

/// The cases of a dialect, or those among them that `only` names: the one of that name, else all that begin so.
///
/// # Errors
///
/// When there is none of that name.
pub fn select(dialect: Dialect, only: Option<&str>) -> Result<Vec<&'static Case>, Failure> {
    let here: Vec<&'static Case> = all().filter(|case| case.dialects.hold(dialect)).collect();
    let Some(only) = only else { return Ok(here) };
    if let Some(case) = here.iter().find(|case| case.id == only) {
        return Ok(vec![case]);
    }
    let some: Vec<_> = here.iter().copied().filter(|case| case.id.starts_with(only)).collect();
    if !some.is_empty() && !only.is_empty() {
        return Ok(some);
    }
    let about = |key| Message::new(key).with("given", only.to_owned());
    Err(Failure::usage(if all().any(|case| case.id == only) {
        about("error-check-dialect").with("dialect", dialect.to_string())
    } else if let Some(suggestion) = closest(only, here.iter().map(|case| case.id)) {
        about("error-check-case-suggest").with("suggestion", suggestion)
    } else {
        about("error-check-case")
    }))
}

/// Checks a rendezvous server and reports on standard output.
///
/// # Errors
///
/// When there is no such case, and when nobody answers at the address.
pub async fn run(settings: Settings, texts: Texts, mut shutdown: Shutdown) -> Result<Exit, Failure> {
    let cases = select(settings.dialect, settings.only.as_deref())?;
    let style = if settings.json {
        Style::Json
    } else {
        Style::for_stdout()
    };
    let mut report = Report::new(texts, style, settings.dialect);
    let dialing = Checker::dial(&settings.target, settings.dialect, Timing::default(), report.waits());
    let checker = tokio::select! {
        checker = dialing => Arc::new(checker?),
        signal = shutdown.wait() => return Ok(signal.exit()),
    };
    report.begin(&settings.target, cases.len());
    let work = Arc::clone(&checker).check(&cases, |verdict| {
        report.verdict(&verdict, &mut std::io::stdout().lock())
    });
    tokio::select! {
        checked = work => checked?,
        signal = shutdown.wait() => {
            // Leases of a day would stay behind. Whoever interrupts us does not want to wait for that either.
            let _ = tokio::time::timeout(CHECK_REPLY_HASTY, checker.clean()).await;
            return Ok(signal.exit());
        }
    }
    // Whoever closed our output has had enough.
    let _ = report.summary(&mut std::io::stdout().lock());
    Ok(report.exit())
}

#[cfg(test)]
mod tests;
