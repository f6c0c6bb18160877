//! What is asked for on the command line.

use papo_core::planted::Bug;

/// What is to be done.
#[derive(Debug)]
pub(crate) struct Options {
    /// The bugs; all unless some are named.
    pub(crate) bugs: Vec<Bug>,
    /// Seeds for each bug.
    pub(crate) seeds: u64,
    /// Seeds for each world without a bug.
    pub(crate) clean: u64,
    /// Only the seeds that are known.
    pub(crate) short: bool,
    /// Write what was found to the list of known seeds.
    pub(crate) record: bool,
    /// Only name the bugs.
    pub(crate) list: bool,
    /// The document that gets the table.
    pub(crate) write: Option<String>,
}

impl Options {
    /// Reads the words behind the program's name.
    pub(crate) fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            bugs: Vec::new(),
            seeds: 200,
            clean: 50,
            short: false,
            record: false,
            list: false,
            write: None,
        };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            match word.as_str() {
                "--seeds" => options.seeds = number(&value()?)?,
                "--clean" => options.clean = number(&value()?)?,
                "--write" => options.write = Some(value()?),
                "--short" => options.short = true,
                "--record" => options.record = true,
                "--list" => options.list = true,
                option if option.starts_with('-') => return Err(format!("there is no option {option}")),
                name => options.bugs.push(name.parse().map_err(|error| format!("{error}"))?),
            }
        }
        if options.bugs.is_empty() {
            options.bugs = Bug::ALL.to_vec();
        }
        Ok(options)
    }
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{text:?} is no number"))
}
