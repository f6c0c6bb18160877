//! The key of a node: made on first use, kept in a file that only its owner reads (docs/protocol.md 3.6).

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use papo_core::identity::{Identity, KEY_BYTES};

use super::screen::private_folder;
use crate::error::Failure;
use crate::text::Message;

/// What a key's file begins with, so that no other file is taken for one.
const MARK: &str = "papo1-ed25519 ";
/// No key's file is longer.
const FILE_BYTES: u64 = 256;

/// Reads the key from its file, which is made with its folders when it is missing. Without a file, a key for this run.
///
/// # Errors
///
/// When the file cannot be read or made, or holds something else. It is left as it is.
pub(super) fn load(path: Option<&Path>) -> Result<Identity, Failure> {
    let Some(path) = path else {
        return Ok(Identity::from_seed(new_seed()?));
    };
    match OpenOptions::new().read(true).open(path) {
        Ok(file) => {
            let mut text = String::new();
            file.take(FILE_BYTES)
                .read_to_string(&mut text)
                .map_err(|error| refused(path, &error))?;
            warn_if_others_read(path);
            parse(&text)
                .ok_or_else(|| Failure::storage(Message::new("error-identity-foreign").showing("path", path.display())))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let seed = new_seed()?;
            create(path, &seed).map_err(|error| refused(path, &error))?;
            Ok(Identity::from_seed(seed))
        }
        Err(error) => Err(refused(path, &error)),
    }
}

fn refused(path: &Path, error: &io::Error) -> Failure {
    let message = Message::new("error-identity").showing("path", path.display());
    Failure::storage(message.showing("detail", error))
}

fn new_seed() -> Result<[u8; KEY_BYTES], Failure> {
    let mut seed = [0; KEY_BYTES];
    getrandom::fill(&mut seed).map_err(Failure::unexpected)?;
    Ok(seed)
}

/// The whole key is on the disk under another name before it gets its own: a crash leaves a key or none.
fn create(path: &Path, seed: &[u8; KEY_BYTES]) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        private_folder(folder)?;
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(&name)?;
    write!(file, "{MARK}")?;
    for byte in seed {
        write!(file, "{byte:02x}")?;
    }
    writeln!(file)?;
    file.sync_all()?;
    // Another node of this name may have been faster; its key stays.
    fs::hard_link(&name, path)?;
    fs::remove_file(&name)
}

fn parse(text: &str) -> Option<Identity> {
    let digits = text.strip_prefix(MARK)?.trim_end();
    if digits.len() != 2 * KEY_BYTES || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut seed = [0; KEY_BYTES];
    for (byte, at) in seed.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?;
    }
    Some(Identity::from_seed(seed))
}

fn warn_if_others_read(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if let Ok(metadata) = fs::metadata(path)
            && metadata.permissions().mode() & 0o077 != 0
        {
            tracing::warn!(path = %path.display(), "others on this machine may read this key: chmod 600 it, or remove it for a new one");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(std::path::PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("papo-identity-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            drop(fs::remove_dir_all(&self.0));
        }
    }

    #[test]
    fn a_key_is_made_once_and_read_by_its_owner_alone() {
        let folder = Folder::new("once");
        let path = folder.0.join("deep").join("identity");
        let first = load(Some(&path)).unwrap();
        let again = load(Some(&path)).unwrap();
        assert_eq!(first.public(), again.public());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        }
        assert_ne!(load(None).unwrap().public(), load(None).unwrap().public());
    }

    #[test]
    fn a_file_that_is_no_key_is_refused_and_left_alone() {
        let folder = Folder::new("foreign");
        let path = folder.0.join("identity");
        for text in ["", "diary", "papo1-ed25519 12", &format!("{MARK}{}", "g".repeat(64))] {
            fs::write(&path, text).unwrap();
            assert_eq!(load(Some(&path)).unwrap_err().exit(), crate::error::Exit::Storage);
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert!(load(Some(&path.join("below"))).is_err());
    }
}
