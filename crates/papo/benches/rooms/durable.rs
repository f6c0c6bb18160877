//! What durability costs: a hub that keeps, one that does not, and SQLite alone, in turns.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::hub::Hub;
use crate::limit::Limit;
use crate::load::{self, Load, Measured};
use crate::report::{self, number};

/// Messages of one transaction before anything is measured.
const WARM_GROUP: usize = 64;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Sessions, and the window of each.
    pub(crate) loads: &'static [(u32, usize)],
    pub(crate) rounds: u32,
    pub(crate) round: Duration,
}

/// What one load did to each.
#[derive(Debug, Default)]
pub(crate) struct Compared {
    pub(crate) durable: Measured,
    pub(crate) ephemeral: Measured,
    pub(crate) limit: Measured,
    /// Of each round: durable to ephemeral, durable to limit; in messages a second.
    pub(crate) ratios: Vec<(f64, f64)>,
}

pub(crate) async fn measure(plan: Plan, folder: &Path) -> Result<()> {
    report::durable_head();
    for &(sessions, window) in plan.loads {
        let load = Load {
            sessions,
            window,
            time: plan.round,
        };
        let folder = folder.join(format!("durable-{sessions}-{window}"));
        report::durable(load, &compare(plan, load, &folder).await?);
    }
    report::durable_legend();
    Ok(())
}

/// In turns, so that whatever else this machine does meets all. Every load begins with empty files, which grow alike.
async fn compare(plan: Plan, load: Load, folder: &Path) -> Result<Compared> {
    let (durable, ephemeral) = (Hub::start(Some(folder))?, Hub::start(None)?);
    let mut limit = Limit::like(&durable.file()?, &folder.join("limit.db"))?;
    // A write-ahead log grows until SQLite begins to write over it, and syncs of a file that grows take longer.
    let warm = Load {
        sessions: 4,
        window: WARM_GROUP,
        time: plan.round,
    };
    for hub in [&durable, &ephemeral] {
        load::run(hub, warm).await?;
    }
    limit.run(warm.sessions, number(WARM_GROUP as u64), warm.time)?;
    let mut compared = Compared::default();
    for _ in 0..plan.rounds {
        let kept = load::run(&durable, load).await?;
        let unkept = load::run(&ephemeral, load).await?;
        let group = number(kept.messages) / f64::from(kept.commits.max(1));
        let alone = limit.run(load.sessions, group, load.time)?;
        compared.ratios.push((
            report::per_second(&kept) / report::per_second(&unkept),
            report::per_second(&kept) / report::per_second(&alone),
        ));
        compared.durable.add(kept);
        compared.ephemeral.add(unkept);
        compared.limit.add(alone);
    }
    Ok(compared)
}
