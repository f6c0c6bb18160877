use super::*;

fn os(arguments: &[&str]) -> Vec<OsString> {
    arguments.iter().map(OsString::from).collect()
}

#[test]
fn the_declaration_is_sound_in_both_languages() {
    for lang in [Lang::En, Lang::PtBr] {
        command(&Texts::new(lang)).debug_assert();
    }
}

#[test]
fn everything_visible_has_a_portuguese_text() {
    let texts = Texts::new(Lang::PtBr);
    let english = Texts::new(Lang::En);
    let mut seen = 0;
    let mut visit = |command: &clap::Command, own: &str, prefix: &str| {
        for suffix in ["", "-example"] {
            assert!(texts.has(&format!("{own}{suffix}")), "{own}{suffix}");
        }
        for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
            let key = format!("{prefix}-{}", argument.get_id().as_str().replace('_', "-"));
            assert!(texts.has(&key), "{key}");
            assert!(argument.get_help().is_some(), "{key} has no English");
            seen += 1;
        }
    };
    let root = Cli::command();
    visit(&root, "cli-papo", "cli");
    for sub in root.get_subcommands() {
        let key = format!("cli-{}", sub.get_name());
        visit(sub, &key, &key);
        for below in sub.get_subcommands() {
            let key = format!("{key}-{}", below.get_name());
            visit(below, &key, &key);
        }
    }
    assert!(seen > 15, "only {seen} arguments were looked at");
    assert!(!english.has("cli-papo"), "English stands in the declaration");
}

#[test]
fn help_speaks_one_language_and_shows_an_example() {
    for (lang, example, foreign) in [
        ("en", "Example", ["Exemplo", "Uso:", "Opções"]),
        ("pt-BR", "Exemplo", ["Usage", "Options:", "Print help"]),
    ] {
        let commands: [&[&str]; 18] = [
            &[],
            &["serve"],
            &["rendezvous"],
            &["peer"],
            &["connect"],
            &["health"],
            &["check"],
            &["check", "rendezvous"],
            &["completions"],
            &["sim"],
            &["export"],
            &["import"],
            &["backup"],
            &["token"],
            &["token", "add"],
            &["token", "list"],
            &["token", "remove"],
            &["man"],
        ];
        for path in commands {
            let mut line = vec!["papo"];
            line.extend(path);
            line.extend(["--help", "--lang", lang]);
            let arguments = os(&line);
            let texts = Texts::new(language(&arguments, |_| None));
            let Err(Refusal::Help(help)) = parse(&arguments, &texts) else {
                panic!("{line:?} shows no help");
            };
            let help = help.to_string();
            assert!(help.contains(example), "{line:?}\n{help}");
            for word in foreign {
                assert!(!help.contains(word), "{line:?} says {word}\n{help}");
            }
        }
    }
}

#[test]
fn mistakes_are_explained() {
    let cases: [(&[&str], &[&str]); 18] = [
        (&["papo", "serve", "--htpt", "x"], &["--htpt", "--http"]),
        (&["papo", "serve", "--zzz"], &["--zzz"]),
        (&["papo", "complet"], &["complet", "completions"]),
        (&["papo", "--config", "x"], &["papo --help"]),
        (&["papo", "rendezvous", "--emphemeral"], &["--ephemeral"]),
        (&["papo", "rendevous"], &["rendezvous"]),
        (&["papo", "peer", "--rendevous", "x"], &["--rendevous", "--rendezvous"]),
        (&["papo", "pear"], &["peer"]),
        (&["papo", "srve"], &["srve", "serve"]),
        (&["papo", "serve", "--http"], &["--http"]),
        (&["papo", "serve", "--http", "1", "--http", "2"], &["--http"]),
        (&["papo", "serve", "--lan=yes"], &["--lan", "yes"]),
        (&["papo", "connect"], &["<URL|ADDR>"]),
        (&["papo", "completions", "tcsh"], &["tcsh", "bash"]),
        (&["papo", "check", "rendezvous"], &["<ADDR>"]),
        (&["papo", "check", "rendezvouz", "x"], &["rendezvouz", "rendezvous"]),
        (
            &["papo", "check", "rendezvous", "x", "--dialect", "2025"],
            &["2025", "2025-09", "2025-11"],
        ),
        (&["papo", "--lang", "klingon", "man"], &["klingon", "pt-BR"]),
    ];
    for (line, needed) in cases {
        for lang in [Lang::En, Lang::PtBr] {
            let texts = Texts::new(lang);
            let Err(Refusal::Mistake(failure)) = parse(&os(line), &texts) else {
                panic!("{line:?} was taken");
            };
            let sentence = texts.say(failure.message());
            for word in needed {
                assert!(sentence.contains(word), "{line:?}: {sentence}");
            }
            assert!(
                !failure.message().key().ends_with("command-line"),
                "{line:?}: {sentence}"
            );
        }
    }
}

#[test]
fn nothing_asked_for_is_answered_with_help() {
    let Err(Refusal::Help(help)) = parse(&os(&["papo"]), &Texts::new(Lang::En)) else {
        panic!("papo alone did something");
    };
    assert!(help.use_stderr());
}

#[test]
fn the_language_is_found_before_anything_is_parsed() {
    let brazil = |name: &str| (name == "LANG").then(|| "pt_BR.UTF-8".to_owned());
    let variable = |name: &str| (name == "PAPO_LANG").then(|| "pt".to_owned());
    let nothing = |_: &str| None;
    assert_eq!(language(&os(&["papo", "serve", "--lang=pt"]), nothing), Lang::PtBr);
    assert_eq!(language(&os(&["papo", "--lang", "en", "serve"]), brazil), Lang::En);
    assert_eq!(
        language(&os(&["papo", "connect", "--", "--lang=pt"]), nothing),
        Lang::En
    );
    assert_eq!(language(&os(&["papo", "--lang"]), brazil), Lang::PtBr);
    assert_eq!(language(&os(&["papo", "serve"]), variable), Lang::PtBr);
    assert_eq!(language(&os(&["papo", "--lang=en", "serve"]), variable), Lang::En);
}

#[test]
fn packagers_get_every_command() {
    let pages = packaging::manual(command(&Texts::new(Lang::En))).unwrap();
    let names: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "papo.1",
            "papo-serve.1",
            "papo-rendezvous.1",
            "papo-peer.1",
            "papo-connect.1",
            "papo-health.1",
            "papo-check.1",
            "papo-check-rendezvous.1",
            "papo-sim.1",
            "papo-export.1",
            "papo-import.1",
            "papo-backup.1",
            "papo-token.1",
            "papo-token-add.1",
            "papo-token-list.1",
            "papo-token-remove.1",
            "papo-completions.1",
            "papo-man.1"
        ]
    );
    let serve = String::from_utf8_lossy(&pages[1].1).into_owned();
    assert!(serve.contains("session") && serve.contains("papo serve"), "{serve}");
    let script = packaging::completions(command(&Texts::new(Lang::PtBr)), Shell::Bash);
    assert!(String::from_utf8_lossy(&script).contains("--link-secret-file"));
}
