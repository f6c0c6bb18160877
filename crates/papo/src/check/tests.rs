use std::collections::BTreeSet;

use papo_core::limits::CHECK_CONNECTIONS;

use super::*;
use crate::text::Lang;

#[test]
fn every_case_has_a_name_of_its_own_a_section_and_a_text() {
    let texts = Texts::new(Lang::PtBr);
    let mut names = BTreeSet::new();
    for case in all() {
        assert!(names.insert(case.id), "{} stands there twice", case.id);
        assert!(case.section.starts_with("1."), "{}", case.id);
        assert!(texts.has(case.hint), "{}", case.id);
    }
    assert!(names.len() >= 70, "only {}", names.len());
}

#[test]
fn what_must_come_first_or_last_does() {
    let cases: Vec<_> = all().collect();
    let begins = |case: &&Case| matches!(case.script, Script::Unregistered(_));
    let registers = cases.iter().position(|case| !begins(case)).unwrap();
    assert!(cases[registers..].iter().all(|case| !begins(case)));
    let waits = cases.iter().position(|case| case.is_slow()).unwrap();
    assert!(cases[waits..].iter().all(|case| case.is_slow() || case.script.is_ban()));
    assert!(cases.last().unwrap().script.is_ban());
}

#[test]
fn cases_are_chosen_by_name_or_by_what_it_begins_with() {
    let chosen = |dialect, only| select(dialect, Some(only)).map(|cases| cases.len());
    assert_eq!(chosen(Dialect::September, "line-32768"), Ok(1));
    assert_eq!(chosen(Dialect::September, "line-3"), Ok(4));
    assert_eq!(chosen(Dialect::November, "ban"), Ok(1));
    for (dialect, only, key, words) in [
        (
            Dialect::September,
            "line-32678",
            "error-check-case-suggest",
            "line-32768",
        ),
        (Dialect::September, "xyz", "error-check-case", "xyz"),
        (Dialect::September, "", "error-check-case", ""),
        (Dialect::September, "ban", "error-check-dialect", "2025-09"),
        (Dialect::November, "many-at-once", "error-check-dialect", "2025-11"),
    ] {
        let failure = chosen(dialect, only).unwrap_err();
        assert_eq!(failure.exit(), Exit::Usage);
        assert_eq!(failure.message().key(), key, "{only}");
        assert!(failure.to_string().contains(words), "{failure}");
    }
}

#[test]
fn a_run_of_november_goes_below_what_gets_one_banned() {
    const { assert!(CHECK_CONNECTIONS < 50) };
    let made: usize = select(Dialect::November, None)
        .unwrap()
        .iter()
        .map(|case| match case.script {
            Script::Steps(steps) | Script::Slow(steps) => steps
                .iter()
                .filter(|step| step.dialects.hold(Dialect::November))
                .count(),
            Script::Beside(_) => 2,
            Script::Unregistered(_) => 1,
            Script::Crowd(_) | Script::Ban => 0,
        })
        .sum();
    // Four windows, with the connections of the run itself: three minutes of waiting, as docs/operations.md says.
    assert!(made + 3 <= 4 * CHECK_CONNECTIONS, "{made} connections");
}

#[test]
fn addresses_are_read_as_people_write_them() {
    for (given, shown) in [
        ("10.0.0.7", "10.0.0.7:5000"),
        ("server:7000", "server:7000"),
        ("[::1]:5000", "[::1]:5000"),
        ("::1", "[::1]:5000"),
    ] {
        assert_eq!(target(given).unwrap().to_string(), shown);
    }
    for bad in ["", "server:0", "http://server", "a b"] {
        let failure = target(bad).unwrap_err();
        assert_eq!(failure.message().key(), "error-check-address", "{bad}");
    }
}
