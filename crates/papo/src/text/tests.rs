use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::*;

/// What each key of a file begins with: a literal of this shape in the code is the name of a text.
const FAMILIES: [&str; 13] = [
    "archive-",
    "notice-",
    "name-",
    "close-",
    "error-",
    "say-",
    "rooms-",
    "serve-",
    "registry-",
    "check-",
    "cli-",
    "peer-",
    "sim-",
];

/// The keys of a Fluent file with the variables that each one uses, read from its lines.
fn keys(source: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::<String, BTreeSet<String>>::new();
    let mut current = String::new();
    for line in source.lines().filter(|line| !line.starts_with('#')) {
        if line.starts_with(|c: char| c.is_ascii_lowercase()) {
            line.split(' ').next().unwrap().clone_into(&mut current);
            assert!(
                found.insert(current.clone(), BTreeSet::new()).is_none(),
                "{current} stands there twice"
            );
        }
        for (at, _) in line.match_indices('$') {
            let name = line[at + 1..]
                .split(|c: char| !c.is_ascii_alphanumeric())
                .next()
                .unwrap();
            found.get_mut(&current).unwrap().insert(name.to_owned());
        }
    }
    found
}

#[test]
fn texts_are_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Texts>();
    shared::<crate::error::Failure>();
}

#[test]
fn every_file_is_whole_fluent() {
    for source in [ENGLISH, PORTUGUESE, PORTUGUESE_HELP] {
        let parsed = FluentResource::try_new(source.to_owned());
        let errors = parsed.err().map(|(_, errors)| errors);
        assert_eq!(errors, None);
    }
}

#[test]
fn both_languages_have_the_same_texts_with_the_same_variables() {
    let (english, portuguese) = (keys(ENGLISH), keys(PORTUGUESE));
    assert!(english.len() > 40, "the reader of keys found only {}", english.len());
    assert_eq!(english, portuguese);
}

#[test]
fn every_text_formats_in_both_languages() {
    for lang in [Lang::En, Lang::PtBr] {
        let texts = Texts::new(lang);
        for (key, variables) in keys(ENGLISH) {
            let values: Vec<_> = variables.iter().map(|name| (name.as_str(), Value::from(2))).collect();
            // A missing variable or a wrong selector is a debug assertion in `format`.
            assert_ne!(texts.with(&key, &values), key, "{lang} {key}");
        }
    }
}

#[test]
fn every_key_belongs_to_a_family() {
    for key in keys(ENGLISH).keys().chain(keys(PORTUGUESE_HELP).keys()) {
        assert!(FAMILIES.iter().any(|family| key.starts_with(family)), "{key}");
    }
}

#[test]
fn every_key_that_the_code_names_exists() {
    let texts = Texts::new(Lang::PtBr);
    let mut named = 0;
    each_source(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut |source| {
        for literal in source.split('"') {
            let shape = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            let in_family = FAMILIES.iter().any(|family| literal.starts_with(family));
            if in_family && !literal.ends_with('-') && literal.chars().all(shape) {
                named += 1;
                assert!(texts.has(literal), "{literal} is in no file");
            }
        }
    });
    assert!(named > 5, "only {named} keys were found in the code");
}

fn each_source(folder: &Path, visit: &mut impl FnMut(&str)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            each_source(&path, visit);
        } else {
            visit(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn the_locale_chooses_the_language() {
    let cases: [(&[(&str, &str)], Lang); 8] = [
        (&[], Lang::En),
        (&[("LANG", "pt_BR.UTF-8")], Lang::PtBr),
        (&[("LANG", "pt")], Lang::PtBr),
        (&[("LANG", "C.UTF-8")], Lang::En),
        (&[("LANG", "de_DE.UTF-8")], Lang::En),
        (&[("LC_ALL", "C"), ("LANG", "pt_BR.UTF-8")], Lang::En),
        (&[("LC_ALL", ""), ("LC_MESSAGES", "pt_PT@euro")], Lang::PtBr),
        (&[("LC_MESSAGES", "en_US.UTF-8"), ("LANG", "pt_BR.UTF-8")], Lang::En),
    ];
    for (variables, expected) in cases {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        assert_eq!(Lang::from_locale(variable), expected, "{variables:?}");
    }
}

#[test]
fn languages_are_written_in_many_ways() {
    for (given, expected) in [
        ("pt-BR", Ok(Lang::PtBr)),
        ("pt_BR", Ok(Lang::PtBr)),
        ("PT", Ok(Lang::PtBr)),
        ("en", Ok(Lang::En)),
        ("en-US", Ok(Lang::En)),
        ("ptolemaic", Err(UnknownLang)),
        ("", Err(UnknownLang)),
    ] {
        assert_eq!(given.parse(), expected, "{given:?}");
    }
}

#[test]
fn messages_nest_and_count() {
    let inner = Message::new("name-too-long").with("limit", 64_usize);
    let outer = Message::new("notice-nick-bad").with("reason", inner);
    let english = Texts::new(Lang::En).say(&outer);
    assert!(english.contains("64"), "{english}");
    let who = |lang, count| {
        let variables = [
            ("room", "lobby".into()),
            ("count", Value::from(count)),
            ("labels", "ana".into()),
        ];
        Texts::new(lang).with("notice-who", &variables)
    };
    for lang in [Lang::En, Lang::PtBr] {
        assert_ne!(
            who(lang, 1).replace('1', "2"),
            who(lang, 2),
            "{lang}: one and many read alike"
        );
        assert!(!who(lang, 2).contains('\u{2068}'), "direction marks in {lang}");
    }
}

#[test]
fn close_reasons_fit_a_close_frame() {
    for lang in [Lang::En, Lang::PtBr] {
        let texts = Texts::new(lang);
        for key in keys(ENGLISH).keys().filter(|key| key.starts_with("close-")) {
            // 125 bytes of a control frame without the two of the code, and some to spare.
            assert!(texts.get(key).len() <= 120, "{lang} {key}");
        }
    }
}
