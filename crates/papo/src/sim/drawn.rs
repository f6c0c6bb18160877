//! The files of `--trace`.

use std::path::{Path, PathBuf};

use papo_core::sim::Trace;

use super::{diagram, ways};
use crate::error::Failure;
use crate::text::{Message, Texts};

/// Writes the ways of messages as a drawing and as text, and as JSON where `path` asks for it. Gives what was written.
pub(super) fn write(path: &Path, name: &str, seed: u64, trace: &Trace, texts: &Texts) -> Result<Vec<PathBuf>, Failure> {
    let title = texts.say(
        &Message::new("sim-title")
            .with("scenario", name.to_owned())
            .showing("seed", seed),
    );
    let mut written = Vec::new();
    for (file, form) in files(path) {
        let content = match form {
            Form::Drawing => diagram::svg(&title, trace, texts),
            Form::Text => ways::text(&title, trace, texts),
            Form::Json => serde_json::to_string_pretty(trace).map_err(Failure::unexpected)?,
        };
        std::fs::write(&file, content).map_err(|error| {
            Failure::storage(
                Message::new("error-write")
                    .showing("path", file.display())
                    .showing("detail", error),
            )
        })?;
        written.push(file);
    }
    Ok(written)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Drawing,
    Text,
    Json,
}

/// Which files stand for a name: one with an end that is known stands for its siblings too.
fn files(path: &Path) -> Vec<(PathBuf, Form)> {
    let known = path
        .extension()
        .is_some_and(|end| end == "svg" || end == "txt" || end == "json");
    let named = |end: &str| {
        if known {
            return path.with_extension(end);
        }
        let mut name = path.as_os_str().to_owned();
        name.push(".");
        name.push(end);
        PathBuf::from(name)
    };
    let mut files = vec![(named("svg"), Form::Drawing), (named("txt"), Form::Text)];
    if path.extension().is_some_and(|end| end == "json") {
        files.push((named("json"), Form::Json));
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_its_siblings() {
        let names = |path: &str| -> Vec<String> {
            files(Path::new(path))
                .into_iter()
                .map(|(file, _)| file.display().to_string())
                .collect()
        };
        assert_eq!(names("a/way.svg"), ["a/way.svg", "a/way.txt"]);
        assert_eq!(names("way.txt"), ["way.svg", "way.txt"]);
        assert_eq!(names("way.json"), ["way.svg", "way.txt", "way.json"]);
        assert_eq!(names("seed.7"), ["seed.7.svg", "seed.7.txt"]);
    }
}
