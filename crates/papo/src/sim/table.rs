//! Reports as tables, and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use papo_core::sim::{Invariant, Report};

use super::figures::{Figure, SECTIONS, Unit, float, shown};
use crate::text::{Message, Texts};

/// One line of JSON.
pub(super) fn json(report: &Report) -> String {
    // Numbers, texts and maps with names as keys: nothing of it can fail.
    serde_json::to_string(report).unwrap_or_default()
}

/// The report of one run. What did not happen in it is left out.
pub(super) fn report(report: &Report, kept: bool, texts: &Texts) -> String {
    let title = Message::new("sim-title")
        .with("scenario", report.scenario.clone())
        .showing("seed", report.seed);
    let mut table = Table::new(1);
    for section in SECTIONS {
        let values = section
            .figures
            .iter()
            .filter_map(|figure| Some((figure, (figure.of)(report)?)));
        let values: Vec<_> = values
            .filter(|(figure, value)| *value != 0.0 || figure.unit != Unit::Count)
            .collect();
        if values.iter().all(|(_, value)| *value == 0.0) {
            continue;
        }
        table.section(texts.get(section.key));
        for (figure, value) in values {
            table.row(texts.get(figure.key), [shown(Some(value), figure.unit, texts)]);
        }
    }
    let trace = texts.say(&Message::new("sim-hash").with("hash", report.trace_hash.clone()));
    format!(
        "{}\n{trace}\n{table}{}",
        texts.say(&title),
        promises(&report.checked, kept, texts)
    )
}

/// What a promise is, in words.
pub(super) fn promise(invariant: Invariant, texts: &Texts) -> String {
    texts.get(&format!("sim-promise-{}", invariant.to_string().to_lowercase()))
}

fn promises(checked: &BTreeMap<Invariant, u64>, kept: bool, texts: &Texts) -> String {
    let (tested, untested): (Vec<_>, Vec<_>) = Invariant::ALL
        .into_iter()
        .map(|invariant| (invariant, checked.get(&invariant).copied().unwrap_or(0)))
        .partition(|(_, times)| *times > 0);
    let mut table = Table::new(1);
    if !tested.is_empty() {
        table.headed(texts.get("sim-section-promises"), [texts.get("sim-checked")]);
        for (invariant, times) in &tested {
            let name = format!("{:<6}  {}", invariant.to_string(), promise(*invariant, texts));
            table.row(name, [times.to_string()]);
        }
    }
    let mut out = table.to_string();
    // Writing to a String cannot fail.
    if !untested.is_empty() {
        let names: Vec<_> = untested.iter().map(|(invariant, _)| invariant.to_string()).collect();
        let line = Message::new("sim-untested").with("promises", names.join(", "));
        let _ = writeln!(out, "  {}", texts.say(&line));
    }
    if kept {
        let line = Message::new("sim-kept").with("promises", u64::try_from(tested.len()).unwrap_or(u64::MAX));
        let _ = writeln!(out, "\n{}", texts.say(&line));
    }
    out
}

/// Lines with a name and some columns of figures, in sections.
#[derive(Debug)]
pub(super) struct Table {
    rows: Vec<Row>,
    columns: usize,
}

#[derive(Debug)]
struct Row {
    /// It begins a section; its figures are headings.
    head: bool,
    name: String,
    figures: Vec<String>,
}

impl Row {
    /// As it stands on its line.
    fn indented(&self) -> String {
        let indent = if self.head { "" } else { "  " };
        format!("{indent}{}", self.name)
    }
}

impl Table {
    pub(super) const fn new(columns: usize) -> Self {
        Self {
            rows: Vec::new(),
            columns,
        }
    }

    pub(super) fn section(&mut self, name: String) {
        self.headed(name, []);
    }

    /// A section with words above its columns.
    pub(super) fn headed<const N: usize>(&mut self, name: String, headings: [String; N]) {
        self.rows.push(Row {
            head: true,
            name,
            figures: headings.into(),
        });
    }

    pub(super) fn row<const N: usize>(&mut self, name: String, figures: [String; N]) {
        self.rows.push(Row {
            head: false,
            name,
            figures: figures.into(),
        });
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let wide = |text: &String| text.chars().count();
        let name = self.rows.iter().map(|row| wide(&row.indented())).max().unwrap_or(0);
        let column = |at: usize| {
            let figures = self.rows.iter().filter_map(|row| row.figures.get(at));
            figures.map(wide).max().unwrap_or(0)
        };
        let columns: Vec<usize> = (0..self.columns).map(column).collect();
        for row in &self.rows {
            if row.head {
                writeln!(f)?;
            }
            let mut line = format!("{:<name$}", row.indented());
            for (figure, width) in row.figures.iter().zip(&columns) {
                write!(line, "  {figure:>width$}")?;
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// The least, the most and the mean of a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    pub(super) least: f64,
    pub(super) most: f64,
    sum: f64,
    count: u64,
}

impl Spread {
    fn add(&mut self, value: f64) {
        self.least = self.least.min(value);
        self.most = self.most.max(value);
        self.sum += value;
        self.count += 1;
    }

    pub(super) const fn mean(&self) -> f64 {
        self.sum / float(self.count)
    }
}

/// What many runs have in common.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) runs: u64,
    spreads: BTreeMap<&'static str, Spread>,
    checked: BTreeMap<Invariant, u64>,
}

impl Tally {
    pub(super) fn add(&mut self, report: &Report) {
        self.runs += 1;
        for figure in SECTIONS.iter().flat_map(|section| section.figures) {
            if let Some(value) = (figure.of)(report) {
                let none = Spread {
                    least: value,
                    most: value,
                    sum: 0.0,
                    count: 0,
                };
                self.spreads.entry(figure.key).or_insert(none).add(value);
            }
        }
        for (invariant, times) in &report.checked {
            *self.checked.entry(*invariant).or_default() += times;
        }
    }

    /// The spread of a figure over the runs that had it.
    pub(super) fn spread(&self, figure: &Figure) -> Option<Spread> {
        self.spreads.get(figure.key).copied()
    }

    /// All figures with mean, least and most.
    pub(super) fn table(&self, scenario: &str, texts: &Texts) -> String {
        let title = Message::new("sim-title-many")
            .with("scenario", scenario.to_owned())
            .with("runs", self.runs);
        let mut table = Table::new(3);
        let heading = ["sim-mean", "sim-least", "sim-most"].map(|key| texts.get(key));
        table.row(String::new(), heading);
        for section in SECTIONS {
            let spreads = || {
                section
                    .figures
                    .iter()
                    .filter_map(|figure| Some((figure, self.spread(figure)?)))
                    .filter(|(figure, spread)| spread.most != 0.0 || figure.unit != Unit::Count)
            };
            if spreads().all(|(_, spread)| spread.most == 0.0) {
                continue;
            }
            table.section(texts.get(section.key));
            for (figure, spread) in spreads() {
                let columns = [spread.mean(), spread.least, spread.most];
                table.row(
                    texts.get(figure.key),
                    columns.map(|value| shown(Some(value), figure.unit, texts)),
                );
            }
        }
        format!("{}\n{table}{}", texts.say(&title), promises(&self.checked, true, texts))
    }
}

#[cfg(test)]
mod tests {
    use super::super::figures::tests::report as example;
    use super::*;
    use crate::text::Lang;

    fn line<'a>(table: &'a str, name: &str) -> &'a str {
        table
            .lines()
            .find(|line| line.trim_start().starts_with(name))
            .unwrap_or_else(|| panic!("{name} in\n{table}"))
    }

    #[test]
    fn a_report_shows_what_happened_and_what_was_not_tested() {
        let texts = Texts::new(Lang::En);
        let mut given = example(7);
        given.hubs = 0;
        (given.said, given.said_delivery) = (0, None);
        let table = report(&given, true, &texts);
        assert!(
            table.starts_with("hand-made, seed 7\n") && table.contains(&given.trace_hash),
            "{table}"
        );
        assert!(line(&table, "U1").ends_with(" 7"), "{table}");
        assert!(
            line(&table, "not tested by this run").contains(": R1, R2, R3,"),
            "{table}"
        );
        assert!(
            line(&table, &texts.get("sim-figure-delivery")).ends_with("99.99 %"),
            "{table}"
        );
        for left_out in ["sim-figure-send-mean", "sim-figure-hubs", "sim-section-hubs"] {
            let words = texts.get(left_out);
            assert!(
                table.lines().all(|line| !line.trim().starts_with(&words)),
                "{left_out}\n{table}"
            );
        }
        assert!(table.trim_end().ends_with("kept."), "{table}");
        let broken = report(&given, false, &texts);
        assert!(!broken.contains("kept."), "{broken}");
        // All figures end in the same column.
        let figures = table.lines().skip_while(|line| !line.starts_with(' '));
        let ends: Vec<usize> = figures
            .take_while(|line| !line.contains(&texts.get("sim-section-promises")))
            .filter(|line| line.starts_with(' '))
            .map(|line| line.chars().count())
            .collect();
        assert!(
            ends.len() > 10 && ends.windows(2).all(|pair| pair[0] == pair[1]),
            "{table}"
        );
    }

    #[test]
    fn promises_read_as_the_core_writes_them() {
        let (english, portuguese) = (Texts::new(Lang::En), Texts::new(Lang::PtBr));
        for invariant in Invariant::ALL {
            assert_eq!(promise(invariant, &english), invariant.promise());
            assert_ne!(promise(invariant, &portuguese), invariant.promise());
        }
    }

    #[test]
    fn json_is_one_line_that_reads_back() {
        let line = json(&example(7));
        assert!(!line.contains('\n'));
        assert_eq!(serde_json::from_str::<Report>(&line).unwrap(), example(7));
    }

    #[test]
    fn many_runs_have_means_and_ends() {
        let texts = Texts::new(Lang::En);
        let mut tally = Tally::default();
        for (seed, sends, mean) in [(1, 7, None), (2, 8, Some(10.0)), (3, 12, Some(30.0))] {
            tally.add(&Report {
                sends,
                send_ms_mean: mean,
                ..example(seed)
            });
        }
        let table = tally.table("hand-made", &texts);
        assert!(table.contains("3 seeds"), "{table}");
        let words = |key: &str| -> Vec<String> {
            let line = line(&table, &texts.get(key));
            line[line.find("  ").map_or(0, |at| at + 2)..]
                .split("  ")
                .map(|word| word.trim().to_owned())
                .filter(|word| !word.is_empty())
                .collect()
        };
        assert_eq!(words("sim-figure-sends")[1..], ["9", "7", "12"]);
        assert_eq!(words("sim-figure-send-mean")[1..], ["20.0 ms", "10.0 ms", "30.0 ms"]);
        assert!(line(&table, "U1").ends_with(" 21"), "{table}");
    }
}
