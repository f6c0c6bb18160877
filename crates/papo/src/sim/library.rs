//! Where scenarios come from: the built-in ones, and files.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use papo_core::limits::SIM_SCENARIO_BYTES;
use papo_core::sim::Scenario;
use papo_core::suggest::closest;
use rust_embed::RustEmbed;
use serde_json::json;

use super::mistake;
use crate::error::Failure;
use crate::terminal::write_out;
use crate::text::{Lang, Message, Texts};

#[derive(RustEmbed)]
#[folder = "../../scenarios/"]
struct Embedded;

/// A scenario that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    /// What it is called in reports.
    pub(super) name: String,
    /// Where it is, for people.
    pub(super) path: String,
    /// Its TOML.
    pub(super) text: String,
}

/// Prints the built-in scenarios with what each one teaches.
pub(super) fn list(texts: &Texts, as_json: bool) {
    let known: Vec<Source> = names().iter().filter_map(|name| built_in(name)).collect();
    let widest = known
        .iter()
        .map(|source| source.name.chars().count())
        .max()
        .unwrap_or(0);
    for source in known {
        let teaches = teaches(&source.text, texts.lang());
        let line = if as_json {
            json!({"scenario": source.name, "teaches": teaches}).to_string()
        } else {
            format!("{:widest$}  {teaches}", source.name)
        };
        if write_out(&line).is_err() {
            return;
        }
    }
}

/// The built-in scenario of that name, or else the file there.
pub(super) fn find(given: &str) -> Result<Source, Failure> {
    if let Some(source) = built_in(given) {
        return Ok(source);
    }
    let path = Path::new(given);
    let named_as_file = given.contains(['/', '\\']) || path.extension().is_some_and(|end| end == "toml");
    if !named_as_file && !path.is_file() {
        let names = names();
        let message = match closest(given, names.iter().map(String::as_str)) {
            Some(suggestion) => Message::new("error-sim-scenario-suggest").with("suggestion", suggestion.to_owned()),
            None => Message::new("error-sim-scenario"),
        };
        return Err(Failure::usage(message.with("given", given.to_owned())));
    }
    let about = |key| Message::new(key).with("path", given.to_owned());
    let text = bounded(path, SIM_SCENARIO_BYTES)
        .map_err(|error| Failure::usage(about("error-sim-unreadable").showing("detail", error)))?
        .ok_or_else(|| Failure::usage(about("error-sim-large").showing("limit", SIM_SCENARIO_BYTES / 1024 / 1024)))?;
    let name = path
        .file_stem()
        .map_or_else(|| given.to_owned(), |stem| stem.to_string_lossy().into_owned());
    Ok(Source {
        name,
        path: given.to_owned(),
        text,
    })
}

/// What a scenario says.
pub(super) fn read(source: &Source) -> Result<Scenario, Failure> {
    let scenario: Scenario = toml::from_str(&source.text).map_err(|error| mistake::unreadable(source, &error))?;
    match scenario.problem() {
        Some((place, problem)) => Err(mistake::senseless(source, place, &problem)),
        None => Ok(scenario),
    }
}

/// A text file of at most `most` bytes; none when it is longer.
pub(super) fn bounded(path: &Path, most: u64) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Ok(None);
    }
    let text = String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    Ok(Some(text))
}

/// Names of the built-in scenarios, sorted.
fn names() -> Vec<String> {
    let mut names: Vec<String> = Embedded::iter()
        .filter_map(|file| file.strip_suffix(".toml").map(str::to_owned))
        .collect();
    names.sort_unstable();
    names
}

fn built_in(name: &str) -> Option<Source> {
    let path = format!("{name}.toml");
    // Only names that are listed: while papo is developed, the files come from a folder.
    Embedded::iter().find(|file| *file == path)?;
    let text = String::from_utf8(Embedded::get(&path)?.data.into_owned()).ok()?;
    Some(Source {
        name: name.to_owned(),
        path: format!("scenarios/{path}"),
        text,
    })
}

/// What the first comment says; Portuguese stands on a line that begins with `# pt-BR:`.
fn teaches(text: &str, lang: Lang) -> String {
    let comments = || text.lines().map_while(|line| line.strip_prefix('#')).map(str::trim);
    let translated = |comment: &'static str| {
        comments()
            .find_map(move |line| line.strip_prefix(comment))
            .map(str::trim)
    };
    let own = match lang {
        Lang::En => None,
        Lang::PtBr => translated("pt-BR:"),
    };
    own.or_else(|| comments().next()).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_scenario_makes_sense_and_says_what_it_teaches() {
        let names = names();
        assert!(names.contains(&"two-peers".to_owned()), "{names:?}");
        for name in names {
            let source = find(&name).unwrap();
            assert_eq!(source.name, name);
            read(&source).unwrap_or_else(|failure| panic!("{failure}"));
            let (english, portuguese) = (teaches(&source.text, Lang::En), teaches(&source.text, Lang::PtBr));
            assert!(
                english.len() > 20 && portuguese.len() > 20,
                "{name}: {english:?} {portuguese:?}"
            );
            let translated = source.text.lines().any(|line| line.starts_with("# pt-BR:"));
            assert!(
                translated,
                "{name}: its first comment needs a line that begins with # pt-BR:"
            );
        }
    }

    #[test]
    fn comments_behind_the_first_lines_teach_nothing() {
        assert_eq!(teaches("duration = \"1s\"\n# late\n", Lang::En), "");
        assert_eq!(teaches("# one\n# two\n", Lang::PtBr), "one");
    }

    #[test]
    fn what_is_not_there_is_named_with_what_is_near() {
        let failure = |given: &str| find(given).unwrap_err().to_string();
        assert!(failure("two-pears").contains("two-peers"), "{}", failure("two-pears"));
        assert!(
            !failure("everything").contains("did you mean"),
            "{}",
            failure("everything")
        );
        assert!(failure("no/such/file.toml").contains("no/such/file.toml"));
        assert!(failure("../Cargo").contains("../Cargo"), "only scenarios are built in");
    }

    #[test]
    fn a_file_is_read_up_to_its_bound() {
        let path = std::env::temp_dir().join(format!("papo-sim-bound-{}", std::process::id()));
        std::fs::write(&path, "12345678").unwrap();
        assert_eq!(bounded(&path, 8).unwrap().as_deref(), Some("12345678"));
        assert_eq!(bounded(&path, 7).unwrap(), None);
        std::fs::write(&path, b"\xff").unwrap();
        assert!(bounded(&path, 8).is_err());
        std::fs::remove_file(&path).unwrap();
    }
}
