//! `papo sim`: the same seed gives the same run, reports and traces for people and programs, and mistakes where they
//! stand.

use std::fs;
use std::io::{BufRead, BufReader};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::support::PATIENCE;
use super::support::folder::Folder;
use super::support::process::papo;

/// What the command answered: its exit code, standard output and standard error.
fn sim(arguments: &[&str]) -> (Option<i32>, String, String) {
    let arguments: Vec<&str> = ["sim"].iter().chain(arguments).copied().collect();
    let output = papo(&arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// Standard output of a run in which every promise was kept.
fn kept(arguments: &[&str]) -> String {
    let (code, out, told) = sim(arguments);
    assert_eq!(code, Some(0), "{arguments:?}\n{out}{told}");
    out
}

fn value(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

#[test]
fn without_a_name_the_scenarios_are_listed_with_what_they_teach() {
    let (english, portuguese) = (kept(&[]), kept(&["--lang", "pt-BR"]));
    let line = |list: &str| {
        list.lines()
            .find(|line| line.starts_with("two-peers "))
            .map(str::to_owned)
    };
    assert!(line(&english).is_some(), "{english}");
    assert_ne!(line(&english), line(&portuguese), "{portuguese}");
    for listed in kept(&["--json"]).lines().map(value) {
        assert!(
            listed["scenario"].is_string() && listed["teaches"].is_string(),
            "{listed}"
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_does_not() {
    let run = |seed| kept(&["two-peers", "--seed", seed, "--json"]);
    let report = run("7");
    // Whatever a clock of this machine had a part in would differ.
    assert_eq!(report, run("7"));
    let (seven, eight) = (value(&report), value(&run("8")));
    assert_eq!((&seven["scenario"], &seven["seed"]), (&"two-peers".into(), &7.into()));
    assert_eq!(seven["trace_hash"].as_str().map(str::len), Some(64));
    assert_ne!(seven["trace_hash"], eight["trace_hash"]);
    assert_eq!(
        seven["checked"]["Panic"], seven["steps"],
        "every step could have panicked"
    );
}

#[test]
fn people_read_a_report_in_their_language() {
    let english = kept(&["two-peers"]);
    assert!(english.starts_with("two-peers, seed 1\n"), "{english}");
    for words in ["virtual time", "100 %", "not tested by this run: R1, ", "were kept."] {
        assert!(english.contains(words), "{words} in\n{english}");
    }
    let portuguese = kept(&["two-peers", "--lang", "pt-BR"]);
    for words in [
        "two-peers, semente 1\n",
        "tempo virtual",
        "não testadas por esta execução: R1, ",
    ] {
        assert!(portuguese.contains(words), "{words} in\n{portuguese}");
    }
}

#[test]
fn many_seeds_are_told_in_their_order() {
    let (code, out, told) = sim(&["two-peers", "--seeds", "3..22", "--json"]);
    assert_eq!(code, Some(0), "{told}");
    let seeds: Vec<_> = out.lines().map(|line| value(line)["seed"].as_u64().unwrap()).collect();
    assert_eq!(seeds, (3..=22).collect::<Vec<_>>());
    assert!(told.contains("20 of 20 seeds"), "{told}");
    let table = kept(&["two-peers", "--seeds", "3..5"]);
    assert!(
        table.starts_with("two-peers, 3 seeds\n") && table.contains("mean"),
        "{table}"
    );
}

#[test]
fn more_nodes_make_a_larger_world() {
    let report = value(&kept(&["chain", "--nodes", "3", "--json"]));
    assert_eq!(report["nodes"], 3);
}

#[test]
fn a_part_of_a_schedule_is_a_run_of_its_own() {
    let steps = |arguments: &[&str]| value(&kept(arguments))["steps"].as_u64().unwrap();
    let (whole, part) = (
        steps(&["two-peers", "--json"]),
        steps(&["two-peers", "--json", "--keep", "a=0/t=9000000"]),
    );
    assert!(0 < part && part < whole, "{part} of {whole}");
}

#[test]
fn traces_are_drawn_and_written() {
    let folder = Folder::new();
    let (code, _, told) = sim(&["two-peers", "--trace", &folder.file("ways.json")]);
    assert_eq!(code, Some(0), "{told}");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let (drawing, text, json) = (read("ways.svg"), read("ways.txt"), value(&read("ways.json")));
    for name in ["ways.svg", "ways.txt", "ways.json"] {
        assert!(told.contains(name), "{told}");
    }
    for name in ["n0@CIC", "n1@CIC"] {
        assert!(drawing.contains(name) && text.contains(name), "{name}");
    }
    assert!(drawing.starts_with("<svg ") && drawing.ends_with("</svg>\n"));
    assert!(
        text.starts_with("two-peers, seed 1\n") && text.contains("PUB"),
        "{text}"
    );
    assert!(!json["hops"].as_array().unwrap().is_empty());
}

#[test]
fn a_report_is_compared_with_an_earlier_one() {
    let folder = Folder::new();
    let earlier = folder.file("earlier.jsonl");
    fs::write(&earlier, kept(&["two-peers", "--seed", "4", "--json"])).unwrap();
    let same = kept(&["two-peers", "--seed", "4", "--compare", &earlier]);
    assert!(same.starts_with("the same run as before"), "{same}");
    let other = kept(&["chain", "--seed", "4", "--compare", &earlier]);
    let nodes = other.lines().find(|line| line.contains("peers that run papo")).unwrap();
    assert!(nodes.contains(" 2 ") && nodes.contains(" 6 "), "{other}");
}

#[test]
fn mistakes_are_shown_with_line_and_column() {
    let folder = Folder::new();
    let peers = "duration = \"3s\"\n[[peers]]\ncount = 2\n";
    for (text, place, words) in [
        ("duration = \"3s\n".to_owned(), ":1:15:", "TOML"),
        (format!("{peers}cuont = 3\n"), ":4:1:", "count"),
        (format!("{peers}nat = \"no\"\n"), ":4:7:", "true or false"),
        (format!("{peers}legacy = \"300%\"\n"), ":4:10:", "30%..95%"),
        (
            format!("{peers}[[traffic]]\nwhat = \"say\"\ncount = 1\n"),
            ":4:1:",
            "[hubs]",
        ),
    ] {
        let path = folder.file("mistake.toml");
        fs::write(&path, &text).unwrap();
        let (code, out, told) = sim(&[&path]);
        assert_eq!(code, Some(2), "{told}");
        assert!(
            out.is_empty() && told.contains(&format!("mistake.toml{place}")) && told.contains(words),
            "{text:?}: {told}"
        );
    }
}

#[test]
fn what_cannot_begin_ends_with_2_and_a_sentence() {
    for (arguments, words) in [
        (&["two-pears"][..], "two-peers"),
        (&["no/such.toml"], "no/such.toml"),
        (&["./"], "cannot read ./"),
        (&["/dev/zero"], "larger than 1 MiB"),
        (&["two-peers", "--seed", "x"], "--seed"),
        (&["two-peers", "--seeds", "9..1"], "--seeds"),
        (&["two-peers", "--nodes", "0"], "--nodes"),
        (&["two-peers", "--keep", "x"], "--keep"),
        (&["two-peers", "--compare", "no-such.jsonl"], "no-such.jsonl"),
        (&["two-peers", "--seeds", "1..2", "--seed", "1"], "--seed"),
    ] {
        let (code, out, told) = sim(arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {told}");
        assert!(
            out.is_empty() && told.starts_with("papo: ") && told.contains(words),
            "{told}"
        );
    }
    let (code, _, told) = sim(&["two-peers", "--trace", "/no/such/folder/ways.svg"]);
    assert_eq!(code, Some(4), "{told}");
}

#[test]
fn somebody_who_has_seen_enough_ends_it_at_once() {
    let seeds = format!("0..{}", u64::MAX);
    let mut child = papo(&["sim", "two-peers", "--seeds", &seeds, "--json"])
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (told, heard) = sync_channel(1024);
    // Ends with the process, whose output it reads.
    let reader = thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(told.send(line))));
    let Ok(first) = heard.recv_timeout(PATIENCE) else {
        child.kill().unwrap();
        panic!("waited for the report of the first seed");
    };
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let deadline = Instant::now() + PATIENCE;
    // What was on its way still comes, and then the end.
    while heard.recv_timeout(deadline.saturating_duration_since(Instant::now())) != Err(RecvTimeoutError::Disconnected)
    {
        if Instant::now() >= deadline {
            child.kill().unwrap();
            panic!("waited for the end");
        }
    }
    reader.join().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(value(&first)["seed"], 0);
}
