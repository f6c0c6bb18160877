//! `papo check rendezvous`: a correct server passes, and every case fails a server with its fault.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use papo::check::{Case, Checker, Dialect, Finding, Timing, Verdict, all, select, target};

use super::support::PATIENCE;
use super::support::rendezvous::{Fault, Rendezvous};

mod faults;

/// Seconds of the wire are a fifth of real ones, minutes five seconds; only what must come has all the time it needs.
const TIMING: Timing = Timing {
    second: Duration::from_millis(200),
    connect: PATIENCE,
    reply: PATIENCE,
    close: PATIENCE,
    window: Duration::from_secs(5),
};

/// For a server that is known to fail: what never comes is not waited for that long.
const HASTY: Timing = Timing {
    reply: Duration::from_millis(1500),
    close: Duration::from_millis(500),
    ..TIMING
};

/// What came of these cases against a server with this fault.
async fn checked(dialect: Dialect, fault: Option<Fault>, timing: Timing, cases: &[&'static Case]) -> Vec<Verdict> {
    let server = Rendezvous::start(dialect, fault, timing).await;
    let at = target(&server.address.to_string()).unwrap();
    let checker = Checker::dial(&at, dialect, timing, |_| {}).await.unwrap();
    let mut verdicts = Vec::new();
    let tell = |verdict| {
        verdicts.push(verdict);
        Ok(())
    };
    Arc::new(checker).check(cases, tell).await.unwrap();
    verdicts
}

/// A correct server passes everything, and is reported in the order of the table.
async fn a_correct_server_passes(dialect: Dialect) {
    let cases = select(dialect, None).unwrap();
    let verdicts = checked(dialect, None, TIMING, &cases).await;
    let wrong: Vec<_> = verdicts
        .iter()
        .filter(|verdict| !matches!(verdict.finding, Finding::Passed))
        .map(|verdict| (verdict.case.id, &verdict.finding))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let told: Vec<_> = verdicts.iter().map(|verdict| verdict.case.id).collect();
    let asked: Vec<_> = cases.iter().map(|case| case.id).collect();
    assert_eq!(told, asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correct_server_of_september_passes() {
    a_correct_server_passes(Dialect::September).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correct_server_of_november_passes() {
    a_correct_server_passes(Dialect::November).await;
}

/// Runs the rows of the table for one dialect, each against a server of its own.
async fn every_fault_is_found(dialect: Dialect) {
    let mut running = tokio::task::JoinSet::new();
    for &(_, fault, id) in faults::TABLE.iter().filter(|(spoken, ..)| *spoken == dialect) {
        running.spawn(async move {
            let cases = select(dialect, Some(id)).unwrap();
            assert_eq!(cases.len(), 1, "{id} is no name of one case");
            let verdicts = checked(dialect, Some(fault), HASTY, &cases).await;
            let found = matches!(verdicts[0].finding, Finding::Failed(_) | Finding::Advice(_));
            (!found).then(|| format!("{fault:?} passes {id}: {:?}", verdicts[0].finding))
        });
    }
    let missed: Vec<String> = running.join_all().await.into_iter().flatten().collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_september_is_found() {
    every_fault_is_found(Dialect::September).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_november_is_found() {
    every_fault_is_found(Dialect::November).await;
}

#[test]
fn no_case_is_without_its_fault() {
    let known: BTreeSet<_> = all().map(|case| case.id).collect();
    let shown: BTreeSet<_> = faults::TABLE.iter().map(|(.., id)| *id).collect();
    assert_eq!(known, shown);
}
