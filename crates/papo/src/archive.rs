//! `papo export`, `import`, `backup` and `token`: what the rooms of a hub hold, for those who run it.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::Path;

use papo_core::id::{Nick, RoomName};
use papo_core::time::UtcMillis;

mod line;

use crate::clock::utc_now;
use crate::error::Failure;
use crate::hub::store::archive::{self, Imported};
use crate::hub::store::tokens;
use crate::text::{Message, Texts};

/// Writes the messages of a room to standard output, one JSON object a line.
///
/// # Errors
///
/// When nothing is kept of the room, or the file cannot be read.
pub(crate) fn export(folder: &Path, room: &str) -> Result<(), Failure> {
    let name: RoomName = room
        .parse()
        .map_err(|error| bad("error-archive-room", room, Message::from(error)))?;
    let mut out = BufWriter::new(io::stdout().lock());
    // A reader that has had enough (`| head`) is no error, and needs nothing more.
    let mut enough = false;
    let written = archive::export(folder, &name, |entry| {
        if enough {
            return Ok(());
        }
        done(line::write(&mut out, &name, entry), &mut enough)
    })?;
    if !written {
        return Err(Failure::usage(
            Message::new("error-archive-nothing")
                .showing("room", &name)
                .showing("path", folder.display()),
        ));
    }
    done(out.flush(), &mut enough)
}

/// True in `enough` when nobody reads any more.
fn done(written: io::Result<()>, enough: &mut bool) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => *enough = true,
        Err(error) => return Err(cannot("error-write", "stdout", error)),
        Ok(()) => {}
    }
    Ok(())
}

/// Puts messages from a file, or from standard input for `-`, at the end of the rooms, and says how many.
///
/// # Errors
///
/// When a line makes no sense, the folder is in use, or a file cannot be read or written. Then nothing came in.
pub(crate) fn import(folder: &Path, file: &Path, texts: &Texts) -> Result<(), Failure> {
    let imported = if file == Path::new("-") {
        archive::import(folder, line::Lines::new(io::stdin().lock(), "stdin"))?
    } else {
        let shown = file.display().to_string();
        let opened = File::open(file).map_err(|error| cannot("error-archive-unreadable", &shown, error))?;
        archive::import(folder, line::Lines::new(BufReader::new(opened), &shown))?
    };
    let Imported { taken, skipped } = imported;
    let message = Message::new("archive-imported")
        .with("taken", taken)
        .with("skipped", skipped);
    say(texts, &message);
    Ok(())
}

/// Writes all that a hub keeps into a new file.
///
/// # Errors
///
/// When there is such a file, or it cannot be written.
pub(crate) fn backup(folder: &Path, to: &Path, texts: &Texts) -> Result<(), Failure> {
    archive::backup(folder, to)?;
    say(texts, &Message::new("archive-backup").showing("path", to.display()));
    Ok(())
}

/// Makes a token for a nick, and writes it to standard output: nowhere else it is ever seen again.
///
/// # Errors
///
/// When the nick is none, the days make no sense, or the file cannot be written.
pub(crate) fn token_add(folder: &Path, given: &str, days: Option<&str>, texts: &Texts) -> Result<(), Failure> {
    let nick = nick(given)?;
    let now = utc_now();
    let life = days.map(|text| crate::config::days(text).map_err(|reason| bad("error-archive-days", text, reason)));
    let expires_at = life.transpose()?.map(|life| now.after(life));
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).map_err(Failure::unexpected)?;
    let token = format!("{:032x}", u128::from_be_bytes(bits));
    tokens::add(folder, &nick, &token, now, expires_at)?;
    print(&format!("{token}\n"))?;
    let message = match expires_at {
        Some(at) => Message::new("archive-token-until").with("until", at.iso()),
        None => Message::new("archive-token"),
    };
    say(texts, &message.showing("nick", &nick));
    Ok(())
}

/// Writes the nicks that have tokens to standard output, each with the moments when its token was made and when it
/// expires, or `-`.
///
/// # Errors
///
/// When the file cannot be read.
pub(crate) fn token_list(folder: &Path) -> Result<(), Failure> {
    let mut lines = String::new();
    for token in tokens::list(folder)? {
        let until = token.expires_at.map_or_else(|| "-".to_owned(), UtcMillis::iso);
        lines.extend([&token.nick, "\t", &token.made_at.iso(), "\t", &until, "\n"]);
    }
    print(&lines)
}

/// Forgets the token of a nick.
///
/// # Errors
///
/// When the nick has none, or the file cannot be written.
pub(crate) fn token_remove(folder: &Path, given: &str) -> Result<(), Failure> {
    let nick = nick(given)?;
    if tokens::remove(folder, &nick)? {
        return Ok(());
    }
    Err(Failure::usage(
        Message::new("error-archive-token").showing("nick", &nick),
    ))
}

fn nick(given: &str) -> Result<Nick, Failure> {
    given
        .parse()
        .map_err(|error| bad("error-archive-nick", given, Message::from(error)))
}

fn bad(key: &'static str, given: &str, reason: Message) -> Failure {
    Failure::usage(Message::new(key).with("given", given.to_owned()).with("reason", reason))
}

fn cannot(key: &'static str, path: &str, error: io::Error) -> Failure {
    Failure::storage(Message::new(key).with("path", path.to_owned()).showing("detail", error))
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    done(out.write_all(text.as_bytes()).and_then(|()| out.flush()), &mut false)
}

/// For people, who may have closed their end.
fn say(texts: &Texts, message: &Message) {
    let _ = writeln!(io::stderr().lock(), "{}", texts.say(message));
}
