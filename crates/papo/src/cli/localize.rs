//! The command line in another language: every sentence that clap would show is replaced by a Fluent text.

use clap::{Arg, ArgAction, Command};

use crate::text::Texts;

/// The help pages in the language of `texts`. A sentence without a translation stays as it is.
pub(super) fn localize(root: Command, texts: &Texts) -> Command {
    let mut root = translate(root, "cli-papo", "cli", texts)
        .disable_version_flag(true)
        .arg(
            Arg::new("version")
                .short('V')
                .long("version")
                .action(ArgAction::Version)
                .display_order(1000)
                .help(texts.get("cli-version"))
                .help_heading(texts.get("cli-heading-options")),
        );
    // Usage lines are made from the whole tree, so they exist only once it is built.
    root.build();
    translate_usage(root, texts)
}

/// One command: `own` is the key of its description, `prefix` that of its options and commands.
fn translate(mut command: Command, own: &str, prefix: &str, texts: &Texts) -> Command {
    let about = texts.get(own);
    let example = texts.get(&format!("{own}-example"));
    let (options, operands) = (texts.get("cli-heading-options"), texts.get("cli-heading-arguments"));
    command = command
        .about(about)
        .after_help(example)
        .help_template(format!(
            "{{about-with-newline}}\n{} {{usage}}\n\n{{all-args}}{{after-help}}",
            texts.get("cli-heading-usage")
        ))
        .subcommand_help_heading(texts.get("cli-heading-commands"))
        .subcommand_value_name(texts.get("cli-value-command"))
        .mut_args(|argument| {
            let key = format!("{prefix}-{}", argument.get_id().as_str().replace('_', "-"));
            let heading = if argument.is_positional() { &operands } else { &options };
            argument.help(texts.get(&key)).help_heading(heading.clone())
        })
        .disable_help_flag(true)
        .arg(
            Arg::new("help")
                .short('h')
                .long("help")
                .action(ArgAction::Help)
                .display_order(999)
                .help(texts.get("cli-help"))
                .help_heading(options.clone()),
        );
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in names {
        let key = format!("{prefix}-{name}");
        command = command.mut_subcommand(name, |sub| translate(sub, &key, &key, texts));
    }
    command
}

fn translate_usage(mut command: Command, texts: &Texts) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in names {
        command = command.mut_subcommand(name, |sub| translate_usage(sub, texts));
    }
    let usage = command.render_usage().to_string();
    let usage = usage
        .trim_start_matches("Usage: ")
        .replace("[OPTIONS]", &texts.get("cli-value-options"));
    command.override_usage(usage)
}
