//! The command that makes the same happen again.

use std::fmt::Write as _;

use papo_core::planted::Bug;
use papo_core::sim::Keep;

/// What each command of one call has in common.
#[derive(Debug, Clone)]
pub(super) struct Replay {
    scenario: String,
    nodes: Option<u32>,
    plant: Option<Bug>,
}

impl Replay {
    /// For a scenario as it was typed.
    pub(super) fn new(scenario: &str, nodes: Option<u32>, plant: Option<Bug>) -> Self {
        Self {
            scenario: quoted(scenario),
            nodes,
            plant,
        }
    }

    /// One line for a shell.
    pub(super) fn command(&self, seed: u64, keep: &Keep) -> String {
        let mut command = format!("papo sim {} --seed {seed}", self.scenario);
        // Writing to a String cannot fail.
        if let Some(nodes) = self.nodes {
            let _ = write!(command, " --nodes {nodes}");
        }
        if let Some(bug) = self.plant {
            let _ = write!(command, " --plant {bug}");
        }
        if *keep != Keep::default() {
            let _ = write!(command, " --keep '{keep}'");
        }
        command
    }
}

/// As a POSIX shell reads it back.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/+,:@".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_says_all_that_decides_a_run() {
        let whole = Replay::new("chain", None, None);
        assert_eq!(whole.command(7, &Keep::default()), "papo sim chain --seed 7");
        let keep: Keep = "n=0-3/a=1,4/t=12500000".parse().unwrap();
        let part = Replay::new("my files/it's.toml", Some(9), Some(Bug::RelayLoops));
        assert_eq!(
            part.command(0, &keep),
            r"papo sim 'my files/it'\''s.toml' --seed 0 --nodes 9 --plant relay-loops --keep 'n=0-3/a=1,4/t=12500000'"
        );
    }
}
