//! A run: one case after the other against one server, and those that wait beside them.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use papo_core::limits::{
    CHECK_CLOSE, CHECK_CONNECT, CHECK_CONNECTIONS, CHECK_REPLY, CHECK_REPLY_HASTY, CHECK_SILENCES, CHECK_WINDOW,
};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};

use super::case::{Case, Dialect, Script, Send, Step};
use super::cases::{self, NEIGHBOR};
use super::exchange::{Outcome, Patience, exchange};
use super::expect::{Expect, Scene};
use super::pace::{Pace, Turn};
use super::plan::{self, Names};
use super::problem::{Kind, Problem};
use super::words;
use crate::connect::Target;
use crate::error::Failure;
use crate::text::Message;

mod special;

/// How long things may take. Tests shorten what the rest of the world cannot.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// A second, as leases, idle timeouts and drips count it.
    pub second: Duration,
    /// Until a connection is made.
    pub connect: Duration,
    /// From then until the reply is whole.
    pub reply: Duration,
    /// From then until the server closes.
    pub close: Duration,
    /// The window in which a server of November 2025 counts connections.
    pub window: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            second: Duration::from_secs(1),
            connect: CHECK_CONNECT,
            reply: CHECK_REPLY,
            close: CHECK_CLOSE,
            window: CHECK_WINDOW,
        }
    }
}

/// What came of a case.
#[derive(Debug, Clone)]
pub enum Finding {
    /// The server does what it must.
    Passed,
    /// It does not.
    Failed(Box<Problem>),
    /// It does not do what it should.
    Advice(Box<Problem>),
    /// Nothing can be said; why.
    Skipped(Message),
}

/// A case and what came of it.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The case.
    pub case: &'static Case,
    /// What came of it.
    pub finding: Finding,
}

/// What a case finds out by itself.
enum Found {
    Fine,
    Flawed(Box<Problem>),
    Nothing(Message),
}

/// A server that is being checked.
pub struct Checker {
    address: SocketAddr,
    dialect: Dialect,
    timing: Timing,
    run: String,
    pace: Pace,
    /// Requests that got no answer in time.
    silences: AtomicUsize,
    waits: Box<dyn Fn(Duration) + std::marker::Send + Sync>,
}

impl std::fmt::Debug for Checker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checker")
            .field("address", &self.address)
            .field("dialect", &self.dialect)
            .field("run", &self.run)
            .finish_non_exhaustive()
    }
}

/// How long the server may take to end an idle connection or a drip, in seconds, before we give up waiting for it.
const WAITING_SECONDS: u32 = 16;
const DRIP_SECONDS: u32 = 12;
/// Keeps our address registered during a run in the dialect of November 2025, where nothing else is allowed otherwise.
const PRESENCE: Send =
    Send::Line(r#"{"type":"REGISTER","name":"papo-check","namespace":"{run}","port":4000,"ttl":600}"#);
const CLEAN_CASE: Send = Send::Line(r#"{"type":"UNREGISTER","namespace":"{ns}"}"#);
const CLEAN_RUN: Send = Send::Line(r#"{"type":"UNREGISTER","namespace":"{run}"}"#);

impl Checker {
    /// Finds out where the server is by connecting to it once. `waits` is told when a run pauses so as not to be
    /// banned, and for how long.
    ///
    /// # Errors
    ///
    /// When nobody answers there.
    pub async fn dial(
        target: &Target,
        dialect: Dialect,
        timing: Timing,
        waits: impl Fn(Duration) + std::marker::Send + Sync + 'static,
    ) -> Result<Self, Failure> {
        let most = match dialect {
            Dialect::September => usize::MAX,
            Dialect::November => CHECK_CONNECTIONS,
        };
        let pace = Pace::new(most, timing.window);
        let begun = Instant::now();
        let address = reach(target, timing.connect).await?;
        pace.note(begun);
        let mut bytes = [0; 3];
        getrandom::fill(&mut bytes).map_err(Failure::unexpected)?;
        let [a, b, c] = bytes;
        Ok(Self {
            address,
            dialect,
            timing,
            run: format!("papo-check-{a:02x}{b:02x}{c:02x}"),
            pace,
            silences: AtomicUsize::new(0),
            waits: Box::new(waits),
        })
    }

    /// Carries out the cases and tells what came of each, in their order. When telling fails, the run ends.
    ///
    /// # Errors
    ///
    /// When a case ends in a way that nobody foresaw.
    pub async fn check(
        self: Arc<Self>,
        cases: &[&'static Case],
        mut tell: impl FnMut(Verdict) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let mut present = self.dialect == Dialect::September;
        let mut beside = true;
        let mut slow = None;
        let mut clean = false;
        for &case in cases {
            if !present && !matches!(case.script, Script::Unregistered(_)) {
                self.quietly(PRESENCE, &self.of_the_run()).await;
                present = true;
            }
            if case.script.is_ban() {
                self.clean().await;
                clean = true;
            }
            let head = case.id == NEIGHBOR || !present;
            if !head && slow.is_none() {
                let waiting = cases.iter().filter(|case| beside && case.is_slow());
                slow = Some(waiting.map(|&case| self.begin(case)).collect::<BTreeMap<_, _>>());
            }
            let finding = match slow.as_mut().and_then(|slow| slow.remove(case.id)) {
                Some(running) => running.await.map_err(Failure::unexpected)?,
                None => self.find(case).await,
            };
            if case.id == NEIGHBOR {
                beside = matches!(finding, Finding::Passed);
            }
            if tell(Verdict { case, finding }).is_err() {
                break;
            }
        }
        if !clean {
            self.clean().await;
        }
        Ok(())
    }

    fn begin(self: &Arc<Self>, case: &'static Case) -> (&'static str, tokio::task::JoinHandle<Finding>) {
        let checker = Arc::clone(self);
        (case.id, tokio::spawn(async move { checker.find(case).await }))
    }

    /// Carries out one case.
    async fn find(&self, case: &'static Case) -> Finding {
        let found = match case.script {
            Script::Steps(steps) | Script::Slow(steps) => self.steps(case, steps).await,
            Script::Unregistered(line) => self.unregistered(case, line).await,
            Script::Beside(step) => self.beside(case, step).await,
            Script::Crowd(line) => self.crowd(case, line).await,
            Script::Ban => self.ban(case).await,
        };
        match found {
            Found::Fine => Finding::Passed,
            Found::Flawed(problem) if case.binds(self.dialect) => Finding::Failed(problem),
            Found::Flawed(problem) => Finding::Advice(problem),
            Found::Nothing(reason) => Finding::Skipped(reason),
        }
    }

    async fn steps(&self, case: &'static Case, steps: &[Step]) -> Found {
        let steps: Vec<&Step> = steps.iter().filter(|step| step.dialects.hold(self.dialect)).collect();
        let names = self.names(case);
        // All at once, so that no lease ends while a case waits for its turn.
        let mut turn = self.pace.turn(steps.len(), &self.waits).await;
        let mut stage = Stage::new(self, case, &names);
        let mut found = Found::Fine;
        for &step in &steps {
            if step.after > 0 {
                sleep_until(Instant::now() + self.timing.second * step.after).await;
            }
            if let Err(problem) = stage.step(step, &mut turn).await {
                found = Found::Flawed(problem);
                break;
            }
        }
        let dirty = steps
            .iter()
            .any(|step| matches!(step.expect, Expect::Registered { .. }));
        // Where connections are scarce, leases of a minute have to end by themselves.
        if dirty && self.dialect == Dialect::September {
            self.quietly(CLEAN_CASE, &names).await;
        }
        found
    }

    /// A request whose reply is nobody's business.
    async fn quietly(&self, send: Send, names: &Names) -> Outcome {
        let plan = plan::plan(send, names, self.timing.second);
        let mut turn = self.pace.turn(1, &self.waits).await;
        turn.connection(exchange(self.address, &plan, self.patience())).await
    }

    /// Removes what the run registered outside of the namespaces of its cases.
    pub async fn clean(&self) {
        self.quietly(CLEAN_RUN, &self.of_the_run()).await;
    }

    /// Names for requests that belong to no case.
    fn of_the_run(&self) -> Names {
        Names {
            run: self.run.clone(),
            case: self.run.clone(),
        }
    }

    fn names(&self, case: &Case) -> Names {
        let place = cases::all().position(|other| other.id == case.id).unwrap_or_default();
        Names {
            run: self.run.clone(),
            case: format!("{}-{place}", self.run),
        }
    }

    fn patience(&self) -> Patience {
        let mute = self.silences.load(Ordering::Relaxed) >= CHECK_SILENCES;
        let most = if mute { CHECK_REPLY_HASTY } else { Duration::MAX };
        Patience {
            connect: self.timing.connect,
            reply: self.timing.reply.min(most),
            close: self.timing.close,
        }
    }
}

/// What the steps of one case have in common.
struct Stage<'a> {
    checker: &'a Checker,
    case: &'static Case,
    names: &'a Names,
    begun: Instant,
    observed: Option<std::net::IpAddr>,
}

impl<'a> Stage<'a> {
    fn new(checker: &'a Checker, case: &'static Case, names: &'a Names) -> Self {
        Self {
            checker,
            case,
            names,
            begun: Instant::now(),
            observed: None,
        }
    }

    /// One connection, held against what is expected.
    async fn step(&mut self, step: &Step, turn: &mut Turn<'_>) -> Result<(), Box<Problem>> {
        let Checker { address, timing, .. } = self.checker;
        let mut patience = self.checker.patience();
        match step.expect {
            Expect::Idle => patience.reply = timing.second * WAITING_SECONDS,
            Expect::Ended => patience.reply = timing.second * DRIP_SECONDS,
            _ => {}
        }
        let plan = plan::plan(step.send, self.names, timing.second);
        let outcome = turn.connection(exchange(*address, &plan, patience)).await;
        self.judge(step, &outcome)
    }

    fn judge(&mut self, step: &Step, outcome: &Outcome) -> Result<(), Box<Problem>> {
        let Timing { second, .. } = self.checker.timing;
        let mut scene = Scene {
            dialect: self.checker.dialect,
            namespace: &self.names.case,
            age: self.begun.elapsed().as_secs_f64() / second.as_secs_f64(),
            second,
            observed: self.observed,
        };
        let judged = step.expect.judge(outcome, &mut scene);
        self.observed = scene.observed;
        judged.map_err(|flaw| {
            if flaw.kind == Kind::Silent {
                self.checker.silences.fetch_add(1, Ordering::Relaxed);
            }
            let plan = plan::plan(step.send, self.names, second);
            Box::new(Problem {
                kind: flaw.kind,
                sent: plan::sent(step.send, &plan),
                expected: step.expect.shown(self.checker.dialect),
                got: words::got(outcome, &flaw),
                field: flaw.field,
                hint: self.case.hint,
            })
        })
    }
}

/// The first address of the server that lets us connect.
async fn reach(target: &Target, patience: Duration) -> Result<SocketAddr, Failure> {
    let about = |key| Message::new(key).showing("address", target);
    let connecting = TcpStream::connect((target.host(), target.port()));
    match timeout(patience, connecting).await {
        Ok(Ok(stream)) => stream.peer_addr().map_err(Failure::unexpected),
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
            Err(Failure::network(about("error-check-refused")))
        }
        Ok(Err(error)) => Err(Failure::network(about("error-check-failed").showing("detail", error))),
        Err(_) => Err(Failure::network(about("error-check-slow"))),
    }
}
