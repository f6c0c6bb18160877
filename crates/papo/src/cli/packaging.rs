//! What packagers need: completion scripts and manual pages.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;

use crate::error::Failure;
use crate::text::Message;

/// A shell's completion script.
pub(super) fn completions(mut command: Command, shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "papo", &mut script);
    script
}

/// The manual pages with their file names: papo's own first.
pub(super) fn manual(command: Command) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut commands = Vec::new();
    each_below(&command, "papo", &mut commands);
    std::iter::once(command)
        .chain(commands)
        .map(|command| {
            let man = Man::new(command);
            let mut page = Vec::new();
            man.render(&mut page)?;
            Ok((man.get_filename(), page))
        })
        .collect()
}

/// The commands below `command`, each before its own, with the names that they have in a manual.
fn each_below(command: &Command, path: &str, found: &mut Vec<Command>) {
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        let path = format!("{path} {}", sub.get_name());
        found.push(sub.clone().display_name(path.replace(' ', "-")).bin_name(path.clone()));
        each_below(sub, &path, found);
    }
}

/// Writes the manual pages into a directory, which is made when it is missing.
pub(super) fn write_manual(directory: &Path, pages: Vec<(String, Vec<u8>)>) -> Result<(), Failure> {
    let refuse = |path: &Path, error: &io::Error| {
        Failure::storage(
            Message::new("error-write")
                .showing("path", path.display())
                .showing("detail", error),
        )
    };
    fs::create_dir_all(directory).map_err(|error| refuse(directory, &error))?;
    for (name, page) in pages {
        let path = directory.join(name);
        fs::write(&path, page).map_err(|error| refuse(&path, &error))?;
    }
    Ok(())
}

/// Writes to standard output; a reader that has had enough (`| head`) is no error.
pub(super) fn write_out(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::storage(
            Message::new("error-write")
                .with("path", "stdout")
                .showing("detail", error),
        )),
        _ => Ok(()),
    }
}
