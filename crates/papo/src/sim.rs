//! `papo sim`: runs scenarios in the simulator and tells what came of them.
//!
//! The core decides everything that happens ([`papo_core::sim`]); here are files, threads, tables and drawings.

use std::path::PathBuf;

use papo_core::limits::{SIM_SEEDS_AHEAD, SIM_SHRINK_TRIES};
use papo_core::planted::Bug;
pub use papo_core::sim::Keep;
use papo_core::sim::{self, Options, Scenario, Violation};

use crate::error::{Exit, Failure};
use crate::shutdown::Shutdown;
use crate::terminal::write_out;
use crate::text::{Message, Texts};

mod compare;
mod crew;
mod diagram;
mod drawn;
mod figures;
mod guard;
mod library;
mod mistake;
mod nodes;
mod progress;
mod replay;
mod seeds;
mod table;
mod verdict;
mod ways;

use guard::Ran;
use progress::Progress;
use replay::Replay;
pub use seeds::Seeds;
pub(crate) use seeds::{number, peers};

/// What is to be simulated, and how it is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// A file or the name of a built-in scenario; none to list those.
    pub scenario: Option<String>,
    /// What decides each run.
    pub seeds: Seeds,
    /// So many peers instead of what the scenario says.
    pub nodes: Option<u32>,
    /// The part of the schedule that happens.
    pub keep: Keep,
    /// Whether programs read the report.
    pub json: bool,
    /// Where the ways of messages are written.
    pub trace: Option<PathBuf>,
    /// Earlier reports to compare with.
    pub compare: Option<PathBuf>,
    /// Whether a failing schedule is made small.
    pub shrink: bool,
    /// A bug that is planted first; only in builds that have them.
    pub plant: Option<Bug>,
}

/// Simulates until the end or a signal.
///
/// # Errors
///
/// When there is no such scenario or it makes no sense, and when files cannot be read or written.
pub async fn run(settings: Settings, texts: Texts, mut shutdown: Shutdown) -> Result<Exit, Failure> {
    let work = tokio::task::spawn_blocking(move || Session::new(settings, texts)?.map_or(Ok(Exit::Done), Session::run));
    tokio::select! {
        done = work => done.map_err(Failure::unexpected)?,
        // A run cannot be stopped from outside, but nothing of it outlives the process.
        signal = shutdown.wait() => Ok(signal.exit()),
    }
}

/// One call of the command.
struct Session {
    settings: Settings,
    texts: Texts,
    name: String,
    scenario: Scenario,
    replay: Replay,
    before: Option<compare::Earlier>,
}

impl Session {
    /// Reads all that is to be read; none when only the list was asked for.
    fn new(settings: Settings, texts: Texts) -> Result<Option<Self>, Failure> {
        let Some(given) = settings.scenario.clone() else {
            library::list(&texts, settings.json);
            return Ok(None);
        };
        let source = library::find(&given)?;
        let mut scenario = library::read(&source)?;
        if let Some(nodes) = settings.nodes {
            nodes::scale(&mut scenario, nodes)?;
        }
        let before = settings.compare.as_deref().map(compare::Earlier::read).transpose()?;
        Ok(Some(Self {
            replay: Replay::new(&given, settings.nodes, settings.plant),
            name: source.name,
            settings,
            texts,
            scenario,
            before,
        }))
    }

    fn run(self) -> Result<Exit, Failure> {
        guard::silence();
        #[cfg(feature = "plant")]
        papo_core::planted::plant(self.settings.plant);
        match self.settings.seeds {
            Seeds::One(seed) => self.one(seed),
            Seeds::Many { first, last } => Ok(self.many(first, last)),
        }
    }

    fn simulate(&self, seed: u64) -> Ran {
        let options = Options {
            keep: self.settings.keep.clone(),
            trace: self.settings.trace.is_some(),
        };
        guard::run(seed, || sim::run(&self.name, &self.scenario, seed, &options))
    }

    fn one(&self, seed: u64) -> Result<Exit, Failure> {
        let ran = self.simulate(seed);
        if let Some(report) = &ran.report {
            print(&match &self.before {
                _ if self.settings.json => table::json(report),
                Some(before) => before.beside(std::slice::from_ref(report), &self.texts),
                None => table::report(report, ran.violation.is_none(), &self.texts),
            });
        }
        if let (Some(path), Some(trace)) = (&self.settings.trace, &ran.trace) {
            for written in drawn::write(path, &self.name, seed, trace, &self.texts)? {
                self.tell(&Message::new("sim-trace-written").showing("path", written.display()));
            }
        }
        Ok(self.judge(&ran))
    }

    fn many(&self, first: u64, last: u64) -> Exit {
        let mut progress = Progress::new(last.saturating_sub(first).saturating_add(1), &self.texts);
        let mut tally = table::Tally::default();
        let mut failed = None;
        crew::work(
            crew::Plan {
                first,
                last,
                ahead: SIM_SEEDS_AHEAD,
                workers: std::thread::available_parallelism().map_or(1, usize::from),
            },
            |seed| self.simulate(seed),
            |ran| ran.violation.is_some(),
            |ran| {
                if let Some(report) = ran.report.as_ref() {
                    if self.settings.json {
                        progress.clear();
                        print(&table::json(report));
                    }
                    tally.add(report);
                }
                progress.done();
                if ran.violation.is_some() {
                    failed = Some(ran);
                }
            },
        );
        progress.clear();
        if let Some(ran) = failed {
            if let (Some(report), false) = (&ran.report, self.settings.json) {
                print(&table::report(report, false, &self.texts));
            }
            return self.judge(&ran);
        }
        if !self.settings.json {
            print(&match &self.before {
                Some(before) => before.beside_means(&tally, &self.texts),
                None => tally.table(&self.name, &self.texts),
            });
        }
        Exit::Done
    }

    /// Tells of a violation, if there was one.
    fn judge(&self, ran: &Ran) -> Exit {
        let Some(violation) = &ran.violation else {
            return Exit::Done;
        };
        let replay = self.replay.command(ran.seed, &self.settings.keep);
        let told = verdict::Verdict {
            scenario: &self.name,
            seed: ran.seed,
            violation,
            replay: &replay,
        };
        if !self.settings.json {
            eprint!("{}", told.begin(&self.texts));
        }
        // What is a part already is not taken apart again.
        let small =
            (self.settings.shrink && self.settings.keep == Keep::default()).then(|| self.smaller(ran.seed, violation));
        if self.settings.json {
            print(&told.json(small.as_ref()));
        } else if let Some(small) = &small {
            eprint!("{}", small.told(&self.texts));
        }
        Exit::Violations
    }

    /// Looks for a smaller schedule that breaks the same promise.
    fn smaller(&self, seed: u64, violation: &Violation) -> verdict::Small {
        let mut progress = Progress::new(SIM_SHRINK_TRIES as u64, &self.texts).shrinking(self.settings.json);
        let mut fails = |keep: &Keep| {
            let options = Options {
                keep: keep.clone(),
                trace: false,
            };
            guard::run(seed, || sim::run(&self.name, &self.scenario, seed, &options)).violation
        };
        let (keep, violation) = sim::shrink(
            &self.scenario,
            seed,
            violation,
            SIM_SHRINK_TRIES,
            &mut fails,
            &mut |tries| {
                progress.at(tries);
            },
        );
        progress.clear();
        verdict::Small {
            replay: self.replay.command(seed, &keep),
            keep,
            violation,
        }
    }

    fn tell(&self, message: &Message) {
        eprintln!("{}", self.texts.say(message));
    }
}

/// Writes to standard output. Whoever closed it has had enough.
fn print(text: &str) {
    drop(write_out(text.trim_end_matches('\n')));
}
