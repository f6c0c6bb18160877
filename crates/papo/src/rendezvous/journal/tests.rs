use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use super::*;
use crate::error::Exit;
use crate::text::{Lang, Texts};

mod crash;
mod failure;
mod model;

/// Long enough for a machine with much else to do.
const DEADLINE: Duration = Duration::from_secs(60);

/// Lines of tests: `{key} {number}`, `-` before the key of what is gone, `!` of what is over.
const RULES: Rules = Rules {
    read: |line| {
        let (key, _) = std::str::from_utf8(line).ok()?.strip_prefix('{')?.split_once(' ')?;
        let key = key.strip_prefix('!').unwrap_or(key);
        Some(Kept {
            key: Cow::Borrowed(key.strip_prefix('-').unwrap_or(key).as_bytes()),
            until: UtcMillis::new(if line.starts_with(b"{!") { NOW } else { NOW + 1 }),
            gone: line.starts_with(b"{-"),
        })
    },
    now: || UtcMillis::new(NOW),
};
const NOW: u64 = 1000;

fn line(key: &str, number: u64) -> String {
    format!("{{{key} {number}\n")
}

/// What those lines say, in order.
fn replay<'a>(lines: impl IntoIterator<Item = &'a str>) -> Vec<(String, String)> {
    let mut said = Vec::<(String, String)>::new();
    for line in lines {
        let line = line.trim_end();
        let kept = (RULES.read)(line.as_bytes()).unwrap();
        let key = String::from_utf8(kept.key.into_owned()).unwrap();
        let place = said.iter().position(|(known, _)| *known == key);
        match place {
            Some(place) if kept.gone => drop(said.remove(place)),
            Some(place) => line.clone_into(&mut said[place].1),
            None if kept.gone => {}
            None => said.push((key, line.to_owned())),
        }
    }
    said
}

/// A folder that goes away with its test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "papo-journal-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self) -> PathBuf {
        self.0.join("log.jsonl")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn reopen(path: &Path) -> (Journal, Recovered, Vec<String>) {
    let mut lines = Vec::new();
    let (journal, recovered) = Journal::open(path, RULES, |line| lines.push(text(line))).unwrap();
    (journal, recovered, lines)
}

fn text(line: &[u8]) -> String {
    String::from_utf8(line.to_vec()).unwrap()
}

async fn until(state: &mut watch::Receiver<State>, wanted: impl FnMut(&State) -> bool) -> State {
    timeout(DEADLINE, state.wait_for(wanted))
        .await
        .unwrap()
        .unwrap()
        .clone()
}

async fn durable(journal: &Journal, position: Position) {
    until(&mut journal.state(), |state| state.durable() >= position).await;
}

#[tokio::test]
async fn what_was_appended_is_there_again() {
    let folder = Folder::new();
    let path = folder.0.join("deep").join("er").join("log.jsonl");
    let (journal, recovered, _) = reopen(&path);
    assert_eq!(recovered, Recovered::default());
    assert_eq!(journal.append(line("a", 1).as_bytes()), Ok(Position(1)));
    assert_eq!(journal.append(line("b", 2).as_bytes()), Ok(Position(2)));
    durable(&journal, Position(2)).await;
    assert_eq!(fs::read_to_string(&path).unwrap(), "{a 1\n{b 2\n");
    journal.append(line("a", 3).as_bytes()).unwrap();
    journal.close().unwrap();

    let (journal, recovered, lines) = reopen(&path);
    assert_eq!(lines, ["{a 1", "{b 2", "{a 3"]);
    assert_eq!((recovered.lines, recovered.unreadable, recovered.torn), (3, 0, 0));
    assert_eq!(journal.append(line("c", 4).as_bytes()), Ok(Position(1)));
    drop(journal);
}

#[test]
fn only_whole_lines_are_taken() {
    let folder = Folder::new();
    let (journal, ..) = reopen(&folder.file());
    let long = vec![b'x'; JOURNAL_LINE_BYTES];
    for wrong in [&b""[..], b"{a 1", b"{a 1\n{b 2\n", b"{a\n1", &long] {
        assert_eq!(journal.append(wrong), Err(Refused::NotALine));
    }
    let mut longest = b"{a ".to_vec();
    longest.resize(JOURNAL_LINE_BYTES - 1, b'x');
    longest.push(b'\n');
    assert_eq!(journal.append(&longest), Ok(Position(1)));
    journal.append(b"{b 1\n").unwrap();
    journal.close().unwrap();
    let (_, recovered, lines) = reopen(&folder.file());
    assert_eq!((recovered.lines, lines[0].len()), (2, JOURNAL_LINE_BYTES - 1));
}

#[test]
fn a_cut_anywhere_leaves_the_lines_before_it() {
    let folder = Folder::new();
    let whole = "{a 1\n{b 22\n{c 333\n";
    for cut in 0..=whole.len() {
        fs::write(folder.file(), &whole[..cut]).unwrap();
        let (journal, recovered, lines) = reopen(&folder.file());
        let complete = &whole[..whole[..cut].rfind('\n').map_or(0, |at| at + 1)];
        assert_eq!(lines, complete.lines().collect::<Vec<_>>(), "{cut}");
        assert_eq!(recovered.torn, disk::count(cut - complete.len()));
        journal.append(b"{d 4\n").unwrap();
        journal.close().unwrap();
        assert_eq!(fs::read_to_string(folder.file()).unwrap(), format!("{complete}{{d 4\n"));
    }
}

#[test]
fn lines_that_make_no_sense_are_counted() {
    let folder = Folder::new();
    let mut content = b"{a 1\nrubbish\n\xff\n\n".to_vec();
    content.resize(content.len() + 3 * JOURNAL_LINE_BYTES, b'{');
    content.extend_from_slice(b"\n{b 2\n\0\0\0");
    fs::write(folder.file(), &content).unwrap();
    let (_, recovered, lines) = reopen(&folder.file());
    assert_eq!(lines, ["{a 1", "{b 2"]);
    assert_eq!((recovered.lines, recovered.unreadable, recovered.torn), (2, 4, 3));
}

#[test]
fn files_of_others_stay_as_they_are() {
    let folder = Folder::new();
    for content in ["Dear diary,\ntoday\n", "no newline", "[]", "\n", "{nothing\nof ours\n"] {
        fs::write(folder.file(), content).unwrap();
        refused(&folder.file(), "holds something else");
        assert_eq!(fs::read_to_string(folder.file()).unwrap(), content);
    }
    refused(&folder.0, "no regular file");
    refused(Path::new("/dev/null"), "no regular file");
    refused(&folder.file().join("x"), "cannot keep data");
}

fn refused(path: &Path, words: &str) {
    let failure = Journal::open(path, RULES, |_| {}).unwrap_err();
    assert_eq!(failure.exit(), Exit::Storage);
    let sentence = Texts::new(Lang::En).say(failure.message());
    assert!(
        sentence.contains(words) && sentence.contains(&path.display().to_string()),
        "{sentence}"
    );
}

#[test]
fn one_process_has_it() {
    let folder = Folder::new();
    let (first, ..) = reopen(&folder.file());
    refused(&folder.file(), "is in use by another papo");
    #[cfg(unix)]
    {
        let link = folder.0.join("link");
        std::os::unix::fs::symlink(folder.file(), &link).unwrap();
        refused(&link, "is in use by another papo");
    }
    first.close().unwrap();
    reopen(&folder.file()).0.close().unwrap();
}

#[tokio::test]
async fn compaction_keeps_what_lives_while_appends_go_on() {
    let folder = Folder::new();
    let tuning = Tuning {
        compact_bytes: 4096,
        ..Tuning::default()
    };
    fs::write(folder.0.join("log.jsonl.new"), "left over").unwrap();
    let open = || {
        open::open(Arc::new(disk::System), &folder.file(), RULES, tuning, |_| {})
            .unwrap()
            .0
    };
    let mut journal = open();
    assert!(!folder.0.join("log.jsonl.new").exists());
    let mut all = Vec::new();
    let mut append = |journal: &Journal, line: String| {
        let position = journal.append(line.as_bytes()).unwrap();
        all.push(line);
        position
    };
    append(&journal, line("!over", 0));
    append(&journal, line("first", 0));
    for round in 0..20_u64 {
        let mut last = Position::START;
        for number in 0..500 {
            let key = ["a", "b", "c", "-b", "d"][usize::try_from((number * 7 + round) % 5).unwrap()];
            last = append(&journal, line(key, round * 500 + number));
        }
        durable(&journal, last).await;
        if round == 10 {
            journal.close().unwrap();
            journal = open();
        }
    }
    // The last compaction may still go on: appends go on with it.
    let size = || fs::metadata(folder.file()).unwrap().len();
    while size() > 20_000 {
        let last = append(&journal, line("a", 0));
        durable(&journal, last).await;
    }
    journal.close().unwrap();
    let (_, recovered, lines) = reopen(&folder.file());
    assert_eq!(recovered.unreadable, 0);
    let mut expected = replay(all.iter().map(String::as_str));
    expected.retain(|(key, _)| key != "over");
    assert_eq!(replay(lines.iter().map(String::as_str)), expected);
}
