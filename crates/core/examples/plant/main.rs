//! Tests the tests: plants each bug in turn and looks for a seed with which the simulator notices it.
//!
//! `just plant`, or `cargo run --release -p papo-core --features plant --example plant -- [BUG…] [OPTIONS]`:
//!
//! - `--seeds N`: seeds 1 to N are tried for each bug, 200 unless told.
//! - `--clean N`: before that, seeds 1 to N of each world must pass without any bug, 50 unless told.
//! - `--short`: tries only the seeds in `seeds.txt`, which are known to find each bug.
//! - `--record`: writes what was found to `seeds.txt`.
//! - `--write FILE`: writes the table into a document, between its two marks.
//! - `--list`: names the bugs and what should notice each.
//!
//! It ends with 1 when a bug was not found, or when something was found that nobody planted.

mod options;
mod search;
mod table;
mod worlds;

use std::process::ExitCode;

use papo_core::planted::Bug;

use options::Options;
use search::{Found, Place};

fn main() -> ExitCode {
    match Options::read(std::env::args().skip(1)).and_then(|options| work(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("plant: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn work(options: &Options) -> Result<(), String> {
    if options.list {
        for &bug in &options.bugs {
            println!("{:<22} {}", bug.name(), table::names(bug.expected()));
        }
        return Ok(());
    }
    search::silence_panics();
    let rows = if options.short {
        known(options)?
    } else {
        clean(options)?;
        look(options)
    };
    println!("{}", table::markdown(&rows));
    if options.record {
        table::record(&rows)?;
    }
    if let Some(file) = &options.write {
        table::write(file, &rows)?;
    }
    let missed: Vec<_> = rows
        .iter()
        .filter(|row| row.1.is_none())
        .map(|row| row.0.name())
        .collect();
    if missed.is_empty() {
        return Ok(());
    }
    Err(format!("not found: {}", missed.join(", ")))
}

/// What nobody planted must not be found.
fn clean(options: &Options) -> Result<(), String> {
    for (world, _) in worlds::WORLDS {
        eprintln!("no bug: {world}, seeds 1 to {}", options.clean);
        let place = |seed| Place { world, seed };
        if let Some(found) = search::first(None, options.clean, place) {
            return Err(format!("without a bug: {found}"));
        }
    }
    Ok(())
}

/// Each bug with where it was found.
fn look(options: &Options) -> Vec<(Bug, Option<Found>)> {
    let mut rows = Vec::new();
    for &bug in &options.bugs {
        let worlds = worlds::worlds_for(bug);
        let place = |seed: u64| {
            let turn = usize::try_from(seed - 1).unwrap_or(0) % worlds.len();
            Place {
                world: worlds[turn],
                seed,
            }
        };
        let found = search::first(Some(bug), options.seeds, place);
        match &found {
            Some(found) => eprintln!("{bug}: {found}"),
            None => eprintln!("{bug}: not found"),
        }
        rows.push((bug, found));
    }
    rows
}

/// Each bug with whether the seed that is known for it still finds it. The same seed must find nothing without it.
fn known(options: &Options) -> Result<Vec<(Bug, Option<Found>)>, String> {
    let mut seeds = table::recorded()?;
    let mut rows = Vec::new();
    for &bug in &options.bugs {
        let place = seeds
            .remove(&bug)
            .ok_or_else(|| format!("no seed is known for {bug}: run it with --record"))?;
        if let Some(found) = search::at(None, place) {
            return Err(format!("without a bug: {found}"));
        }
        rows.push((bug, search::at(Some(bug), place)));
    }
    Ok(rows)
}
