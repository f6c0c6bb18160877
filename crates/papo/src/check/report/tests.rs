use super::*;
use crate::check::cases::all;
use crate::check::problem::{Kind, Shown};
use crate::text::Lang;

fn problem(kind: Kind) -> Box<Problem> {
    Box::new(Problem {
        kind,
        field: Some("error".to_owned()),
        sent: Shown::Wire("{}␊".to_owned()),
        expected: Shown::Wire(r#"{"status":"OK"}"#.to_owned()),
        got: Shown::Said(Message::new("check-got-nothing")),
        hint: "check-hint-port",
    })
}

fn findings() -> [Finding; 4] {
    [
        Finding::Passed,
        Finding::Failed(problem(Kind::Wrong)),
        Finding::Advice(problem(Kind::WrongKey)),
        Finding::Skipped(Message::new("check-skip-slow")),
    ]
}

fn written(lang: Lang, style: Style, findings: impl IntoIterator<Item = Finding>) -> (String, Exit) {
    let mut report = Report::new(Texts::new(lang), style, Dialect::September);
    let mut out = Vec::new();
    for (finding, case) in findings.into_iter().zip(all()) {
        report.verdict(&Verdict { case, finding }, &mut out).unwrap();
    }
    report.summary(&mut out).unwrap();
    (String::from_utf8(out).unwrap(), report.exit())
}

#[test]
fn programs_get_an_object_for_each_case_and_one_for_the_end() {
    let (text, exit) = written(Lang::En, Style::Json, findings());
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let outcomes: Vec<_> = lines[..4]
        .iter()
        .map(|line| line["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(outcomes, ["passed", "failed", "advice", "skipped"]);
    let first = all().next().unwrap();
    assert_eq!(
        lines[0],
        json!({"event": "case", "id": first.id, "section": first.section, "outcome": "passed"})
    );
    assert_eq!(lines[1]["expected"], r#"{"status":"OK"}"#);
    assert_eq!(lines[1]["problem"], "wrong");
    assert!(["sent", "got", "hint"].iter().all(|key| lines[1][key].is_string()));
    assert!(lines[3]["hint"].is_string());
    assert_eq!(
        lines[4],
        json!({"event": "summary", "passed": 1, "failed": 1, "advice": 1, "skipped": 1, "dialect": "2025-09"})
    );
    assert_eq!(exit, Exit::Violations);
}

#[test]
fn people_read_what_was_sent_what_came_and_what_is_likely_wrong() {
    for lang in [Lang::En, Lang::PtBr] {
        let (text, _) = written(lang, Style::Plain, findings());
        let texts = Texts::new(lang);
        for mark in ["✓ ", "✗ ", "! ", "– "] {
            assert!(text.lines().any(|line| line.starts_with(mark)), "{mark}\n{text}");
        }
        for key in [
            "check-hint-port",
            "check-got-nothing",
            "check-skip-slow",
            "check-label-sent",
        ] {
            assert!(text.contains(&texts.get(key)), "{key}\n{text}");
        }
        assert!(!text.contains('\u{1b}'), "{text}");
    }
    let (text, _) = written(Lang::En, Style::Coloured, findings());
    assert!(text.contains("\u{1b}[31m✗\u{1b}[0m"), "{text}");
}

#[test]
fn only_what_failed_fails_a_run() {
    for (finding, exit) in findings()
        .into_iter()
        .zip([Exit::Done, Exit::Violations, Exit::Done, Exit::Done])
    {
        assert_eq!(written(Lang::En, Style::Json, [finding]).1, exit);
    }
}

#[test]
fn the_kind_of_failure_speaks_and_the_case_only_where_it_may_be_the_reason() {
    let texts = Texts::new(Lang::En);
    let own = texts.get("check-hint-port");
    for (kind, general, case) in [
        (Kind::Wrong, false, true),
        (Kind::Torn, false, true),
        (Kind::WrongKey, true, false),
        (Kind::Reset, true, true),
        (Kind::Silent, true, true),
        (Kind::NoReply, true, true),
    ] {
        let advice = problem(kind).advice(&texts);
        assert_eq!(advice.contains(&own), case, "{kind:?}: {advice}");
        assert_eq!(
            advice.len() > own.len() || !case,
            general || !case,
            "{kind:?}: {advice}"
        );
    }
}
