//! Tokens: who may take a nick where nicks are kept.

use std::path::Path;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error as HashError, PasswordHasher, PasswordVerifier};
use papo_core::id::Nick;
use papo_core::time::UtcMillis;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::error::{OpenError, Why};
use super::row::{number, unsigned};
use super::{restore, schema, take_folder};

/// A token, without what is secret of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// The nick, as it was written.
    pub(crate) nick: String,
    pub(crate) made_at: UtcMillis,
    /// `None` when it holds for good.
    pub(crate) expires_at: Option<UtcMillis>,
}

/// What a token is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenCheck {
    /// It is the one of this nick.
    Good,
    /// It is not, or the nick has none.
    Unknown,
    /// It was, until it expired.
    Expired,
}

/// Keeps a token for a nick, in place of the one that it had. A hub may be running; where there was none, one begins.
///
/// # Errors
///
/// When the file cannot be written.
pub(crate) fn add(
    folder: &Path,
    nick: &Nick,
    token: &str,
    now: UtcMillis,
    expires_at: Option<UtcMillis>,
) -> Result<(), OpenError> {
    let connection = writable(folder)?;
    let refuse = |why: Why| OpenError::new(&folder.join(schema::FILE), why);
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|error| refuse(Why::Refused(error.to_string())))?;
    let hash = hash(token, &salt).map_err(|error| refuse(Why::Refused(error.to_string())))?;
    let sql = "INSERT OR REPLACE INTO tokens (key, nick, hash, made_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)";
    let expires_at = expires_at.map(|at| number(at.get()));
    let row = params![
        nick.key(),
        nick.as_str(),
        hash.to_string(),
        number(now.get()),
        expires_at
    ];
    connection.execute(sql, row).map_err(|error| refuse(error.into()))?;
    Ok(())
}

/// All tokens, in the order of the nicks.
///
/// # Errors
///
/// When the file cannot be read.
pub(crate) fn list(folder: &Path) -> Result<Vec<Token>, OpenError> {
    let path = folder.join(schema::FILE);
    let connection = schema::visit(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let read = || -> rusqlite::Result<Vec<Token>> {
        let mut statement = connection.prepare("SELECT nick, made_at, expires_at FROM tokens ORDER BY key")?;
        let tokens = statement.query_map([], |row| {
            let expires = row.get::<_, Option<i64>>(2)?.is_some();
            Ok(Token {
                nick: row.get(0)?,
                made_at: UtcMillis::new(unsigned(row, 1)?),
                expires_at: expires.then(|| unsigned(row, 2).map(UtcMillis::new)).transpose()?,
            })
        })?;
        tokens.collect()
    };
    read().map_err(|error| OpenError::new(&path, error))
}

/// Forgets the token of a nick; false when it had none. A hub may be running.
///
/// # Errors
///
/// When the file cannot be written.
pub(crate) fn remove(folder: &Path, nick: &Nick) -> Result<bool, OpenError> {
    let path = folder.join(schema::FILE);
    let connection = schema::visit(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let removed = connection.execute("DELETE FROM tokens WHERE key = ?1", [nick.key()]);
    Ok(removed.map_err(|error| OpenError::new(&path, error))? > 0)
}

/// What a token is worth for a nick now. Blocks, for some ten milliseconds and with 19 MiB: as long for a nick without
/// a token, so that nobody learns who has one.
///
/// # Errors
///
/// When the file cannot be read.
pub(crate) fn check(folder: &Path, nick: &Nick, token: &str, now: UtcMillis) -> Result<TokenCheck, OpenError> {
    let path = folder.join(schema::FILE);
    let refuse = |why: Why| OpenError::new(&path, why);
    let connection = schema::visit(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let sql = "SELECT hash, expires_at FROM tokens WHERE key = ?1";
    let found = connection.query_row(sql, [nick.key()], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, Option<i64>>(1)?))
    });
    let found = found.optional().map_err(|error| refuse(error.into()))?;
    drop(connection);
    let Some((kept, expires_at)) = found else {
        // What comes out matches nothing.
        let spent = hash(token, &[0; 16]);
        return spent
            .map(|_| TokenCheck::Unknown)
            .map_err(|error| refuse(Why::Refused(error.to_string())));
    };
    let kept = PasswordHash::new(&kept).map_err(|error| refuse(Why::Damaged(error.to_string())))?;
    match Argon2::default().verify_password(token.as_bytes(), &kept) {
        Ok(()) if expires_at.is_some_and(|at| at <= number(now.get())) => Ok(TokenCheck::Expired),
        Ok(()) => Ok(TokenCheck::Good),
        Err(HashError::PasswordInvalid) => Ok(TokenCheck::Unknown),
        Err(error) => Err(refuse(Why::Refused(error.to_string()))),
    }
}

fn hash(token: &str, salt: &[u8; 16]) -> Result<PasswordHash, HashError> {
    Argon2::default().hash_password_with_salt(token.as_bytes(), salt)
}

/// The file, to write into: as the hub that may be running made it, else made now.
fn writable(folder: &Path) -> Result<Connection, OpenError> {
    let path = folder.join(schema::FILE);
    match schema::visit(&path, OpenFlags::SQLITE_OPEN_READ_WRITE) {
        Err(error) if error.wants_a_hub() => {
            let _lock = take_folder(folder)?;
            let connection = schema::open(&path, schema::MIGRATIONS)?;
            restore::identity(&connection).map_err(|why| OpenError::new(&path, why))?;
            Ok(connection)
        }
        opened => opened,
    }
}
