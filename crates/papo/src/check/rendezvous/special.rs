//! Cases that are more than one connection after the other.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use papo_core::limits::CHECK_CROWD;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::{Checker, Found, PRESENCE, Stage};
use crate::check::case::{Case, Send, Step};
use crate::check::exchange::{End, Outcome, Patience, Plan, exchange};
use crate::check::expect::Expect;
use crate::check::plan;
use crate::check::problem::{Flaw, Kind, Problem, Shown};
use crate::check::words;
use crate::text::Message;

/// Connections within a window that a server of November 2025 still answers.
const ALLOWED: usize = 50;
/// How long a banned connection says nothing before it asks.
const BEFORE_ASKING: Duration = Duration::from_millis(500);
/// Longest ban, in seconds.
const BAN_SECONDS: u64 = 60;
/// Between the address and the seconds that are left.
const BLOCKED: &str = " has been blocked due to excessive login attempts (limit: 50). The block will be lifted in ";
const ASK: Send = Send::Line(r#"{"type":"DISCOVER","namespace":"{ns}"}"#);

impl Checker {
    /// A request from an address without records. When it succeeds, our address may have records of other programs.
    pub(super) async fn unregistered(&self, case: &'static Case, line: &'static str) -> Found {
        let names = self.names(case);
        let step = Step::new(Send::Line(line), Expect::Says("peer_not_registered"));
        let mut turn = self.pace.turn(1, &self.waits).await;
        let Err(problem) = Stage::new(self, case, &names).step(&step, &mut turn).await else {
            return Found::Fine;
        };
        drop(turn);
        if problem.kind == Kind::Wrong && self.has_records().await {
            return Found::Nothing(Message::new("check-skip-registered"));
        }
        Found::Flawed(problem)
    }

    /// True when other programs have records under the address that the server sees us at.
    async fn has_records(&self) -> bool {
        let names = self.of_the_run();
        let object = |outcome: &Outcome| serde_json::from_slice::<Value>(&outcome.bytes).unwrap_or_default();
        let ours = object(&self.quietly(PRESENCE, &names).await)["ip"].clone();
        let list = object(&self.quietly(Send::Line(r#"{"type":"DISCOVER"}"#), &names).await);
        self.clean().await;
        let own = Value::from(self.run.as_str());
        list["peers"]
            .as_array()
            .is_some_and(|peers| peers.iter().any(|peer| peer["ip"] == ours && peer["namespace"] != own))
    }

    /// The step, while another connection says nothing.
    pub(super) async fn beside(&self, case: &'static Case, step: &Step) -> Found {
        let names = self.names(case);
        let mut turn = self.pace.turn(2, &self.waits).await;
        let silent = turn
            .connection(timeout(self.timing.connect, TcpStream::connect(self.address)))
            .await;
        // Four seconds: a server that serves one at a time is busy with the silent one for five.
        let mut hasty = self.patience();
        hasty.reply = hasty.reply.min(self.timing.second * 4);
        let plan = plan::plan(step.send, &names, self.timing.second);
        let outcome = turn.connection(exchange(self.address, &plan, hasty)).await;
        drop(silent);
        match Stage::new(self, case, &names).judge(step, &outcome) {
            Ok(()) => Found::Fine,
            Err(problem) => Found::Flawed(problem),
        }
    }

    /// The line on many connections at once.
    pub(super) async fn crowd(&self, case: &'static Case, line: &'static str) -> Found {
        let names = self.names(case);
        let send = Send::Line(line);
        let plan = Arc::new(plan::plan(send, &names, self.timing.second));
        // A full queue of connections lets clients knock again after one and three seconds.
        let patience = Patience {
            connect: self.timing.reply,
            ..self.patience()
        };
        let mut crowd = JoinSet::new();
        for _ in 0..CHECK_CROWD {
            let (plan, address) = (Arc::clone(&plan), self.address);
            crowd.spawn(async move { exchange(address, &plan, patience).await });
        }
        let mut first = None;
        let mut answered = 0_usize;
        while let Some(outcome) = crowd.join_next().await {
            let Ok(outcome) = outcome else { continue };
            match Stage::new(self, case, &names).judge(&Step::new(send, Expect::List), &outcome) {
                Ok(()) => answered += 1,
                Err(problem) => first = first.or(Some(problem)),
            }
        }
        let Some(mut problem) = first else { return Found::Fine };
        problem.got = Shown::Said(
            Message::new("check-got-crowd")
                .with("answered", answered)
                .with("asked", CHECK_CROWD),
        );
        Found::Flawed(problem)
    }

    /// Connections until one is dropped: the 51st within the window. The next is told why.
    pub(super) async fn ban(&self, case: &'static Case) -> Found {
        let names = self.names(case);
        let plan = plan::plan(ASK, &names, self.timing.second);
        let flawed = |kind, got| {
            Found::Flawed(Box::new(Problem {
                kind,
                field: None,
                sent: Shown::Said(Message::new("check-sent-ban").with("allowed", ALLOWED)),
                expected: Shown::Said(Message::new("check-want-ban").with("seconds", BAN_SECONDS)),
                got,
                hint: case.hint,
            }))
        };
        let mut dropped = false;
        for _ in 0..2 * ALLOWED {
            let begun = Instant::now();
            let outcome = exchange(self.address, &plan, self.patience()).await;
            self.pace.note(begun);
            let (surely, perhaps) = self.pace.counted(begun, Instant::now());
            match outcome.end {
                // A server that closes at once has not read our request, so a reset is the same here.
                End::Closed | End::Reset if outcome.bytes.is_empty() && perhaps > ALLOWED => {
                    dropped = true;
                    break;
                }
                End::Closed | End::Reset if outcome.bytes.is_empty() => {
                    let got = Message::new("check-got-early-ban").with("connections", perhaps);
                    return flawed(Kind::Wrong, Shown::Said(got));
                }
                End::Closed => {}
                _ => {
                    let kind = if outcome.end == End::Reset {
                        Kind::Reset
                    } else {
                        Kind::Wrong
                    };
                    return flawed(kind, words::got(&outcome, &Flaw::new(kind)));
                }
            }
            if surely > ALLOWED {
                let got = Message::new("check-got-no-ban")
                    .with("connections", surely)
                    .with("reply", plan::shortened(&outcome.bytes));
                return flawed(Kind::Wrong, Shown::Said(got));
            }
        }
        if !dropped {
            return Found::Nothing(Message::new("check-skip-slow"));
        }
        // Nothing is sent for a moment: a server that answers without reading would lose its reply to a reset.
        let late = Plan {
            pieces: std::iter::once(Vec::new()).chain(plan.pieces).collect(),
            pause: BEFORE_ASKING,
            end: false,
        };
        let outcome = exchange(self.address, &late, self.patience()).await;
        if banned(&outcome) {
            Found::Fine
        } else {
            flawed(Kind::Wrong, words::got(&outcome, &Flaw::new(Kind::Wrong)))
        }
    }
}

/// True for the reply that a banned address gets.
fn banned(outcome: &Outcome) -> bool {
    let reply: Value = serde_json::from_slice(&outcome.bytes).unwrap_or_default();
    let Some(text) = reply["message"].as_str() else {
        return false;
    };
    let told = text.strip_prefix("Connection from ").and_then(|rest| {
        let (address, rest) = rest.split_once(BLOCKED)?;
        let seconds: u64 = rest.strip_suffix(" seconds.")?.parse().ok()?;
        let known = address.parse::<SocketAddr>().is_ok();
        (known && (1..=BAN_SECONDS).contains(&seconds)).then_some(())
    });
    told.is_some() && outcome.end == End::Closed && reply == json!({"status": "ERROR", "message": text})
}
