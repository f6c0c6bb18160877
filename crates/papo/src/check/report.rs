//! What people and programs read about a run.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use serde_json::{Value, json};

use super::case::Dialect;
use super::problem::Problem;
use super::rendezvous::{Finding, Verdict};
use crate::connect::Target;
use crate::error::Exit;
use crate::text::{Message, Texts};

/// How a report looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Lines for people.
    Plain,
    /// The same in colours.
    Coloured,
    /// One JSON object for each case and one for the end.
    Json,
}

impl Style {
    /// For people at standard output: in colours on a terminal whose owner did not set `NO_COLOR`.
    pub fn for_stdout() -> Self {
        // https://no-color.org: set and not empty means none.
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if !refused && io::stdout().is_terminal() {
            Self::Coloured
        } else {
            Self::Plain
        }
    }
}

/// A report that grows case by case.
#[derive(Debug)]
pub struct Report {
    texts: Texts,
    style: Style,
    dialect: Dialect,
    passed: usize,
    failed: usize,
    advice: usize,
    skipped: usize,
}

/// The mark of a finding, its colour (an ANSI code) and its name for programs.
const PASSED: (&str, &str, &str) = ("✓", "32", "passed");
const FAILED: (&str, &str, &str) = ("✗", "31", "failed");
const ADVICE: (&str, &str, &str) = ("!", "33", "advice");
const SKIPPED: (&str, &str, &str) = ("–", "90", "skipped");
/// Columns for the names of cases.
const NAME_COLUMNS: usize = 36;

impl Report {
    /// An empty report.
    pub const fn new(texts: Texts, style: Style, dialect: Dialect) -> Self {
        Self {
            texts,
            style,
            dialect,
            passed: 0,
            failed: 0,
            advice: 0,
            skipped: 0,
        }
    }

    /// Says on standard error what is about to happen.
    pub fn begin(&self, target: &Target, cases: usize) {
        let message = Message::new("check-begin")
            .showing("address", target)
            .with("cases", cases)
            .with("dialect", self.dialect.to_string());
        eprintln!("{}", self.texts.say(&message));
        if self.dialect == Dialect::November {
            eprintln!("{}", self.texts.get("check-begin-slow"));
        }
    }

    /// What says on standard error that a run pauses.
    pub fn waits(&self) -> impl Fn(Duration) + Send + Sync + use<> {
        let texts = Texts::new(self.texts.lang());
        move |pause| {
            let seconds = pause.as_secs() + u64::from(pause.subsec_nanos() > 0);
            eprintln!("{}", texts.say(&Message::new("check-waiting").with("seconds", seconds)));
        }
    }

    /// Writes what came of one case.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn verdict(&mut self, verdict: &Verdict, out: &mut impl Write) -> io::Result<()> {
        let (mark, problem) = match &verdict.finding {
            Finding::Passed => {
                self.passed += 1;
                (PASSED, None)
            }
            Finding::Failed(problem) => {
                self.failed += 1;
                (FAILED, Some(problem.as_ref()))
            }
            Finding::Advice(problem) => {
                self.advice += 1;
                (ADVICE, Some(problem.as_ref()))
            }
            Finding::Skipped(_) => {
                self.skipped += 1;
                (SKIPPED, None)
            }
        };
        if self.style == Style::Json {
            writeln!(out, "{}", self.object(verdict, mark.2, problem))?;
            return out.flush();
        }
        let (id, section) = (verdict.case.id, verdict.case.section);
        write!(out, "{} {id:NAME_COLUMNS$} {section}", self.coloured(mark.0, mark.1))?;
        if let Finding::Skipped(reason) = &verdict.finding {
            write!(out, "  {}", self.texts.say(reason))?;
        }
        writeln!(out)?;
        if let Some(problem) = problem {
            self.details(problem, out)?;
        }
        out.flush()
    }

    fn details(&self, problem: &Problem, out: &mut impl Write) -> io::Result<()> {
        for (label, shown) in [
            ("check-label-sent", &problem.sent),
            ("check-label-expected", &problem.expected),
            ("check-label-got", &problem.got),
        ] {
            writeln!(out, "    {:10} {}", self.texts.get(label), shown.text(&self.texts))?;
        }
        writeln!(out, "    → {}", problem.advice(&self.texts))
    }

    fn object(&self, verdict: &Verdict, outcome: &str, problem: Option<&Problem>) -> Value {
        let mut object = json!({
            "event": "case",
            "id": verdict.case.id,
            "section": verdict.case.section,
            "outcome": outcome,
        });
        if let Some(problem) = problem {
            object["problem"] = json!(problem.kind.tag());
            object["sent"] = json!(problem.sent.text(&self.texts));
            object["expected"] = json!(problem.expected.text(&self.texts));
            object["got"] = json!(problem.got.text(&self.texts));
            object["hint"] = json!(problem.advice(&self.texts));
        }
        if let Finding::Skipped(reason) = &verdict.finding {
            object["hint"] = json!(self.texts.say(reason));
        }
        object
    }

    /// Writes the end of the report.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn summary(&self, out: &mut impl Write) -> io::Result<()> {
        if self.style == Style::Json {
            let summary = json!({
                "event": "summary",
                "passed": self.passed,
                "failed": self.failed,
                "advice": self.advice,
                "skipped": self.skipped,
                "dialect": self.dialect.to_string(),
            });
            writeln!(out, "{summary}")?;
            return out.flush();
        }
        let message = Message::new("check-summary")
            .with("passed", self.passed)
            .with("failed", self.failed)
            .with("advice", self.advice)
            .with("skipped", self.skipped)
            .with("dialect", self.dialect.to_string());
        let colour = if self.failed == 0 { PASSED.1 } else { FAILED.1 };
        writeln!(out, "\n{}", self.coloured(&self.texts.say(&message), colour))?;
        out.flush()
    }

    /// How the process ends: only what failed counts.
    pub const fn exit(&self) -> Exit {
        if self.failed == 0 { Exit::Done } else { Exit::Violations }
    }

    fn coloured(&self, text: &str, colour: &str) -> String {
        match self.style {
            Style::Coloured => format!("\u{1b}[{colour}m{text}\u{1b}[0m"),
            Style::Plain | Style::Json => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
