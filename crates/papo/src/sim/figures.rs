//! The figures of a report: in which order they are shown, what they are called, and how they are written.

use papo_core::sim::Report;

use crate::text::{Lang, Texts};

/// How a figure is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Whole numbers.
    Count,
    /// A part of one, written in percent.
    Share,
    /// Milliseconds.
    Millis,
    /// Seconds, from milliseconds.
    Seconds,
    /// So many for each.
    Ratio,
}

/// One figure.
#[derive(Debug, Clone, Copy)]
pub(super) struct Figure {
    /// Its text.
    pub(super) key: &'static str,
    pub(super) unit: Unit,
    /// None where nothing of its kind happened.
    pub(super) of: fn(&Report) -> Option<f64>,
}

/// Figures that are shown together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Section {
    /// Its text.
    pub(super) key: &'static str,
    pub(super) figures: &'static [Figure],
}

const fn figure(key: &'static str, unit: Unit, of: fn(&Report) -> Option<f64>) -> Figure {
    Figure { key, unit, of }
}

#[expect(clippy::cast_precision_loss, reason = "shown to people, and far below 2^52")]
pub(super) const fn float(number: u64) -> f64 {
    number as f64
}

/// All of them.
pub(super) const SECTIONS: [Section; 5] = [
    Section {
        key: "sim-section-who",
        figures: &[
            figure("sim-figure-nodes", Unit::Count, |report| Some(float(report.nodes))),
            figure("sim-figure-legacy", Unit::Count, |report| Some(float(report.legacy))),
            figure("sim-figure-hubs", Unit::Count, |report| Some(float(report.hubs))),
            figure("sim-figure-time", Unit::Seconds, |report| {
                Some(float(report.virtual_ms))
            }),
            figure("sim-figure-steps", Unit::Count, |report| Some(float(report.steps))),
        ],
    },
    Section {
        key: "sim-section-many",
        figures: &[
            figure("sim-figure-publications", Unit::Count, |report| {
                Some(float(report.publications))
            }),
            figure("sim-figure-delivery", Unit::Share, |report| report.delivery),
            figure("sim-figure-last-hop-mean", Unit::Ratio, |report| report.last_hop_mean),
            figure("sim-figure-last-hop-max", Unit::Count, |report| {
                report.last_hop_max.map(float)
            }),
            figure("sim-figure-last-peer-mean", Unit::Millis, |report| {
                report.last_peer_ms_mean
            }),
            figure("sim-figure-last-peer-max", Unit::Millis, |report| {
                report.last_peer_ms_max
            }),
        ],
    },
    Section {
        key: "sim-section-one",
        figures: &[
            figure("sim-figure-sends", Unit::Count, |report| Some(float(report.sends))),
            figure("sim-figure-send-delivery", Unit::Share, |report| report.send_delivery),
            figure("sim-figure-send-mean", Unit::Millis, |report| report.send_ms_mean),
        ],
    },
    Section {
        key: "sim-section-cost",
        figures: &[
            figure("sim-figure-redundancy", Unit::Ratio, |report| report.redundancy),
            figure("sim-figure-redundancy-first", Unit::Ratio, |report| {
                report.redundancy_first_arrival
            }),
            figure("sim-figure-control", Unit::Ratio, |report| report.control_per_payload),
            figure("sim-figure-searches", Unit::Count, |report| {
                Some(float(report.searches))
            }),
            figure("sim-figure-per-search", Unit::Ratio, |report| {
                report.messages_per_search
            }),
            figure("sim-figure-degree", Unit::Ratio, |report| report.degree_mean),
            figure("sim-figure-healing", Unit::Millis, |report| {
                report.healing_ms.map(float)
            }),
        ],
    },
    Section {
        key: "sim-section-hubs",
        figures: &[
            figure("sim-figure-said", Unit::Count, |report| Some(float(report.said))),
            figure("sim-figure-said-delivery", Unit::Share, |report| report.said_delivery),
        ],
    },
];

/// A figure as people read it; a dash for none.
pub(super) fn shown(value: Option<f64>, unit: Unit, texts: &Texts) -> String {
    let Some(value) = value else { return "–".to_owned() };
    let text = match unit {
        Unit::Count if value.fract() == 0.0 => format!("{value:.0}"),
        Unit::Count => format!("{value:.1}"),
        // Rounded down: what is shown as 100 % is all, without exception.
        Unit::Share => trimmed(format!("{:.2}", ((value * 1e6).round() / 100.0).floor() / 100.0)) + " %",
        Unit::Millis => format!("{value:.1} ms"),
        Unit::Seconds => trimmed(format!("{:.3}", value / 1000.0)) + " s",
        Unit::Ratio => format!("{value:.2}"),
    };
    in_language(&text, texts)
}

/// With the decimal mark of the language.
pub(super) fn in_language(text: &str, texts: &Texts) -> String {
    match texts.lang() {
        Lang::En => text.to_owned(),
        Lang::PtBr => text.replace('.', ","),
    }
}

/// Without zeros at the end of a fraction.
fn trimmed(text: String) -> String {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use papo_core::sim::Invariant;

    use super::*;

    /// A report with a different value in every figure.
    pub(in super::super) fn report(seed: u64) -> Report {
        Report {
            scenario: "hand-made".to_owned(),
            seed,
            nodes: 40,
            legacy: 3,
            hubs: 2,
            virtual_ms: 30_500,
            steps: 12_345,
            trace_hash: "3fa0".repeat(16),
            publications: 20,
            delivery: Some(0.999_996),
            redundancy: Some(8.1),
            redundancy_first_arrival: Some(2.75),
            last_hop_mean: Some(3.5),
            last_hop_max: Some(6),
            last_peer_ms_mean: Some(123.46),
            last_peer_ms_max: Some(250.0),
            sends: 7,
            send_delivery: Some(1.0),
            send_ms_mean: None,
            control_per_payload: Some(0.5),
            searches: 4,
            messages_per_search: Some(9.0),
            degree_mean: Some(10.0),
            healing_ms: Some(1500),
            said: 11,
            said_delivery: Some(0.875),
            checked: BTreeMap::from([(Invariant::U1, 7), (Invariant::B2, 800)]),
        }
    }

    #[test]
    fn every_number_of_a_report_is_among_the_figures() {
        let json = serde_json::to_value(report(1)).unwrap();
        let numbers = json
            .as_object()
            .unwrap()
            .iter()
            .filter(|(key, value)| (value.is_number() || value.is_null()) && key.as_str() != "seed");
        let shown: usize = SECTIONS.iter().map(|section| section.figures.len()).sum();
        assert_eq!(numbers.count(), shown);
    }

    #[test]
    fn figures_are_written_for_people() {
        let english = Texts::new(Lang::En);
        for (value, unit, expected) in [
            (None, Unit::Ratio, "–"),
            (Some(12_345.0), Unit::Count, "12345"),
            (Some(2.5), Unit::Count, "2.5"),
            (Some(1.0), Unit::Share, "100 %"),
            (Some(0.999_996), Unit::Share, "99.99 %"),
            (Some(0.9999), Unit::Share, "99.99 %"),
            (Some(0.29), Unit::Share, "29 %"),
            (Some(0.0), Unit::Share, "0 %"),
            (Some(123.46), Unit::Millis, "123.5 ms"),
            (Some(30_500.0), Unit::Seconds, "30.5 s"),
            (Some(60_000.0), Unit::Seconds, "60 s"),
            (Some(8.1), Unit::Ratio, "8.10"),
        ] {
            assert_eq!(shown(value, unit, &english), expected);
        }
        assert_eq!(shown(Some(8.1), Unit::Ratio, &Texts::new(Lang::PtBr)), "8,10");
    }
}
