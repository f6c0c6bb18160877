//! Reports of two versions, side by side.

use std::collections::BTreeMap;
use std::path::Path;

use papo_core::limits::SIM_REPORTS_BYTES;
use papo_core::sim::Report;

use super::figures::{SECTIONS, Unit, in_language, shown};
use super::library::bounded;
use super::table::{Table, Tally};
use crate::error::Failure;
use crate::text::{Message, Texts};

/// What an earlier `--json` wrote.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    tally: Tally,
    hashes: BTreeMap<(String, u64), String>,
}

impl Earlier {
    /// Reads a file with a report on each line. Lines about violations are left out.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let about = |key| Message::new(key).showing("path", path.display());
        let text = bounded(path, SIM_REPORTS_BYTES)
            .map_err(|error| Failure::usage(about("error-sim-unreadable").showing("detail", error)))?
            .ok_or_else(|| {
                Failure::usage(about("error-sim-large").showing("limit", SIM_REPORTS_BYTES / 1024 / 1024))
            })?;
        Self::parse(&text).map_err(|line| Failure::usage(about("error-sim-reports").showing("line", line)))
    }

    /// The number of the first line that is no report, or of the first where one should be.
    fn parse(text: &str) -> Result<Self, usize> {
        let mut earlier = Self::default();
        for (number, line) in (1usize..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
            if let Ok(report) = serde_json::from_str::<Report>(line) {
                earlier.tally.add(&report);
                earlier.hashes.insert((report.scenario, report.seed), report.trace_hash);
            } else {
                let value: serde_json::Value = serde_json::from_str(line).map_err(|_| number)?;
                value.get("event").ok_or(number)?;
            }
        }
        if earlier.tally.runs == 0 {
            return Err(1);
        }
        Ok(earlier)
    }

    /// The figures of some runs beside those of the earlier ones.
    pub(super) fn beside(&self, reports: &[Report], texts: &Texts) -> String {
        let mut now = Tally::default();
        let mut lines = Vec::new();
        for report in reports {
            now.add(report);
            if let Some(before) = self.hashes.get(&(report.scenario.clone(), report.seed)) {
                let same = *before == report.trace_hash;
                lines.push(texts.get(if same { "sim-same" } else { "sim-not-same" }));
            }
        }
        let table = self.beside_means(&now, texts);
        lines.push(table);
        lines.join("\n")
    }

    /// Their means beside those of the earlier ones.
    pub(super) fn beside_means(&self, now: &Tally, texts: &Texts) -> String {
        let title = Message::new("sim-title-compare")
            .with("before", self.tally.runs)
            .with("now", now.runs);
        let mut table = Table::new(3);
        table.row(
            String::new(),
            ["sim-before", "sim-now", "sim-change"].map(|key| texts.get(key)),
        );
        for section in SECTIONS {
            let means = |tally: &Tally, figure| tally.spread(figure).map(|spread| spread.mean());
            let rows: Vec<_> = section
                .figures
                .iter()
                .map(|figure| (figure, means(&self.tally, figure), means(now, figure)))
                .filter(|(_, before, now)| [before, now].into_iter().flatten().any(|value| *value != 0.0))
                .collect();
            if rows.is_empty() {
                continue;
            }
            table.section(texts.get(section.key));
            for (figure, before, now) in rows {
                let columns = [
                    shown(before, figure.unit, texts),
                    shown(now, figure.unit, texts),
                    change(before, now, figure.unit, texts),
                ];
                table.row(texts.get(figure.key), columns);
            }
        }
        format!("{}\n{table}", texts.say(&title))
    }
}

/// By how much a figure changed: shares in points of percent, others in percent of what they were.
fn change(before: Option<f64>, now: Option<f64>, unit: Unit, texts: &Texts) -> String {
    let text = match (before, now) {
        (Some(before), Some(now)) if (now - before).abs() < 1e-9 => "=".to_owned(),
        (Some(before), Some(now)) if unit == Unit::Share => {
            format!("{:+.2} {}", (now - before) * 100.0, texts.get("sim-points"))
        }
        (Some(before), Some(now)) if before != 0.0 => format!("{:+.1} %", (now - before) / before * 100.0),
        _ => String::new(),
    };
    in_language(&text, texts)
}

#[cfg(test)]
mod tests {
    use super::super::figures::tests::report as example;
    use super::super::table::json;
    use super::*;
    use crate::text::Lang;

    #[test]
    fn two_reports_stand_side_by_side_with_the_change() {
        let texts = Texts::new(Lang::En);
        let earlier = Earlier::parse(&format!("{}\n", json(&example(7)))).unwrap();
        let now = Report {
            redundancy: Some(4.05),
            said_delivery: Some(0.9),
            send_ms_mean: Some(5.0),
            trace_hash: "other".to_owned(),
            ..example(7)
        };
        let table = earlier.beside(&[now], &texts);
        let line = |key: &str| {
            let name = format!("  {}  ", texts.get(key));
            let line = table
                .lines()
                .find(|line| line.starts_with(&name))
                .unwrap_or_else(|| panic!("{key} in\n{table}"));
            line[name.len()..]
                .split("  ")
                .map(str::trim)
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert!(table.starts_with(&texts.get("sim-not-same")), "{table}");
        assert_eq!(line("sim-figure-redundancy"), ["8.10", "4.05", "-50.0 %"]);
        assert_eq!(line("sim-figure-said-delivery"), ["87.5 %", "90 %", "+2.50 points"]);
        assert_eq!(line("sim-figure-send-mean"), ["–", "5.0 ms"]);
        assert_eq!(line("sim-figure-sends"), ["7", "7", "="]);
        assert!(
            earlier
                .beside(&[example(7)], &texts)
                .starts_with(&texts.get("sim-same"))
        );
        assert!(
            earlier
                .beside(&[example(8)], &texts)
                .starts_with(&table.lines().nth(1).unwrap()[..8])
        );
    }

    #[test]
    fn many_earlier_reports_count_with_their_mean() {
        let texts = Texts::new(Lang::En);
        let text = format!(
            "{}\n{{\"event\":\"violation\"}}\n\n{}\n",
            json(&Report {
                sends: 10,
                ..example(1)
            }),
            json(&Report {
                sends: 20,
                ..example(2)
            })
        );
        let earlier = Earlier::parse(&text).unwrap();
        let mut now = Tally::default();
        now.add(&Report {
            sends: 30,
            ..example(3)
        });
        let table = earlier.beside_means(&now, &texts);
        let line = table
            .lines()
            .find(|line| line.contains(&texts.get("sim-figure-sends")))
            .unwrap();
        assert!(
            line.contains("15") && line.contains("30") && line.ends_with("+100.0 %"),
            "{table}"
        );
    }

    #[test]
    fn what_holds_no_reports_is_refused_with_its_line() {
        assert_eq!(Earlier::parse("").err(), Some(1));
        assert_eq!(Earlier::parse(&format!("{}\nnope\n", json(&example(1)))).err(), Some(2));
        assert_eq!(Earlier::parse("{\"seed\":1}\n").err(), Some(1));
    }
}
