//! What was found, as people and as the next run read it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use papo_core::planted::Bug;
use papo_core::sim::Invariant;

use crate::search::{Found, Place};
use crate::worlds;

/// A bug with where it was found.
pub(crate) type Row = (Bug, Option<Found>);

/// The marks between which a document holds the table.
const BEGIN: &str = "<!-- planted bugs: begin -->";
const END: &str = "<!-- planted bugs: end -->";

/// Where the seeds are that are known to find each bug.
const SEEDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/plant/seeds.txt");

/// The table.
pub(crate) fn markdown(rows: &[Row]) -> String {
    let mut text =
        "| bug | should be noticed by | was noticed by | world | seeds needed |\n|---|---|---|---|---|\n".to_owned();
    for (bug, found) in rows {
        let expected = names(bug.expected());
        let line = match found {
            Some(Found { by, place, .. }) => {
                // Not wrong: the first promise that breaks need not be the one that names the bug best.
                let other = if bug.expected().contains(by) { "" } else { " (another)" };
                let Place { world, seed } = place;
                writeln!(text, "| `{bug}` | {expected} | {by}{other} | {world} | {seed} |")
            }
            None => writeln!(text, "| `{bug}` | {expected} | nothing | | |"),
        };
        // A String takes whatever is written to it.
        let _ = line;
    }
    text
}

/// Invariants in a row.
pub(crate) fn names(invariants: &[Invariant]) -> String {
    let names: Vec<_> = invariants.iter().map(ToString::to_string).collect();
    names.join(", ")
}

/// Puts the table into a document.
pub(crate) fn write(file: &str, rows: &[Row]) -> Result<(), String> {
    let document = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    let parts = document
        .split_once(BEGIN)
        .and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let Some((before, after)) = parts else {
        return Err(format!("{file} has no lines {BEGIN} and {END} to write between"));
    };
    let document = format!("{before}{BEGIN}\n{}{END}{after}", markdown(rows));
    fs::write(file, document).map_err(|error| format!("{file}: {error}"))
}

/// Writes where each bug was found. What is known of bugs that were not looked for stays.
pub(crate) fn record(rows: &[Row]) -> Result<(), String> {
    let mut known = recorded()?;
    known.extend(
        rows.iter()
            .filter_map(|(bug, found)| Some((*bug, found.as_ref()?.place))),
    );
    let mut text = "# bug, world, seed: written by plant --record, read by plant --short\n".to_owned();
    for (bug, Place { world, seed }) in known {
        let _ = writeln!(text, "{bug} {world} {seed}");
    }
    fs::write(SEEDS, text).map_err(|error| format!("{SEEDS}: {error}"))
}

/// Where each bug is known to be found.
pub(crate) fn recorded() -> Result<BTreeMap<Bug, Place>, String> {
    let text = fs::read_to_string(SEEDS).map_err(|error| format!("{SEEDS}: {error}"))?;
    let mut known = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.starts_with('#')) {
        let (bug, place) = place(line).ok_or_else(|| format!("{SEEDS}:{number}: {line:?} is not: bug world seed"))?;
        known.insert(bug, place);
    }
    Ok(known)
}

fn place(line: &str) -> Option<(Bug, Place)> {
    let [bug, world, seed] = line.split_whitespace().collect::<Vec<_>>()[..] else {
        return None;
    };
    let (world, _) = worlds::WORLDS.into_iter().find(|(known, _)| *known == world)?;
    let seed = seed.parse().ok()?;
    Some((bug.parse().ok()?, Place { world, seed }))
}
