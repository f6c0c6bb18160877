//! `papo check rendezvous`: a correct server passes, and every case fails a server with its fault.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal};

use papo::check::{Case, Checker, Dialect, Finding, Timing, Verdict, all, select, target};

use super::support::PATIENCE;
use super::support::port::Port;
use super::support::rendezvous::{Fault, Rendezvous};

mod faults;

/// Seconds of the wire are half as long as real ones, and a minute is five seconds; what must come has all the time
/// that it needs.
const TIMING: Timing = Timing {
    second: Duration::from_millis(500),
    connect: PATIENCE,
    reply: PATIENCE,
    close: PATIENCE,
    window: Duration::from_secs(5),
};

/// For a server that is known to fail: what never comes is not waited for that long.
const HASTY: Timing = Timing {
    second: Duration::from_millis(200),
    reply: Duration::from_millis(1500),
    close: Duration::from_millis(500),
    ..TIMING
};

/// What came of these cases against a server with this fault.
async fn checked(dialect: Dialect, fault: Option<Fault>, timing: Timing, cases: &[&'static Case]) -> Vec<Verdict> {
    let server = Rendezvous::start(dialect, fault, timing);
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

/// The command against a server with this fault: its exit code, standard output and standard error.
async fn command(fault: Option<Fault>, arguments: &'static [&str]) -> (Option<i32>, String, String) {
    let server = Rendezvous::start(Dialect::September, fault, TIMING);
    let address = server.address.to_string();
    let ran = tokio::task::spawn_blocking(move || papo(&address, arguments));
    ran.await.unwrap()
}

fn papo(address: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_papo"))
        .args(["check", "rendezvous", address])
        .args(arguments)
        .env_clear()
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_passes_ends_with_0_and_a_summary() {
    let (code, out, told) = command(None, &["--only", "register-port-"]).await;
    assert_eq!(code, Some(0), "{out}{told}");
    assert!(
        out.contains("✓ register-port-text ") && out.ends_with("0 failed, 0 advice, 0 skipped\n"),
        "{out}"
    );
    assert!(told.contains("2025-09"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_fails_ends_with_5_and_says_what_is_likely_wrong() {
    let (code, out, _) = command(
        Some(Fault::PortMayBeZero),
        &["--only", "register-port-zero", "--lang", "pt-BR"],
    )
    .await;
    assert_eq!(code, Some(5), "{out}");
    for words in [
        "✗ register-port-zero",
        r#"{"status":"ERROR","error":"bad_port"}"#,
        "1 a 65535",
        "1 falharam",
    ] {
        assert!(out.contains(words), "{words}\n{out}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn advice_fails_nothing_and_programs_read_it() {
    let (code, out, _) = command(Some(Fault::WritesTwice), &["--only", "reply-one-write", "--json"]).await;
    let lines: Vec<serde_json::Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(code, Some(0), "{out}");
    assert_eq!(lines.len(), 2, "{out}");
    assert_eq!(
        (&lines[0]["id"], &lines[0]["outcome"]),
        (&"reply-one-write".into(), &"advice".into())
    );
    assert_eq!(
        (&lines[1]["event"], &lines[1]["advice"]),
        (&"summary".into(), &1.into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_run_leaves_nothing_behind() {
    let server = Rendezvous::start(Dialect::November, Some(Fault::NoIdleTimeout), Timing::default());
    let mut child = Command::new(env!("CARGO_BIN_EXE_papo"))
        .args(["check", "rendezvous", &server.address.to_string()])
        .args(["--dialect", "2025-11", "--only", "idle-timeout"])
        .env_clear()
        .spawn()
        .unwrap();
    server.registration().await;
    rustix::process::kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let ended = tokio::task::spawn_blocking(move || child.wait().unwrap())
        .await
        .unwrap();
    assert_eq!(ended.code(), Some(130));
    assert_eq!(server.records(), 0);
}

#[test]
fn what_cannot_begin_ends_with_2_or_3_and_a_sentence() {
    let reserved = Port::reserve();
    let nobody = reserved.address().to_string();
    for (address, arguments, code, words) in [
        (nobody.as_str(), &[][..], 3, nobody.as_str()),
        ("server:0", &[], 2, "server:0"),
        ("server", &["--only", "line-32678"], 2, "line-32768"),
        ("server", &["--dialect", "2025-10"], 2, "2025-11"),
    ] {
        let (ended, out, told) = papo(address, arguments);
        assert_eq!(ended, Some(code), "{told}");
        assert!(
            out.is_empty() && told.starts_with("papo: ") && told.contains(words),
            "{told}"
        );
    }
}

#[test]
fn no_case_is_without_its_fault() {
    let known: BTreeSet<_> = all().map(|case| case.id).collect();
    let shown: BTreeSet<_> = faults::TABLE.iter().map(|(.., id)| *id).collect();
    assert_eq!(known, shown);
}
