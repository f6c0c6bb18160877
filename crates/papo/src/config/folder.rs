//! Where papo keeps its own files.

use std::path::PathBuf;

/// A directory of the XDG specification: where `variable` says, else below the home directory. The specification wants
/// paths that are not absolute left out.
pub(super) fn base(xdg: &str, below_local: &str, variable: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let folder = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || folder("HOME").map(|home| home.join(".local").join(below_local));
    folder(xdg).or_else(home)
}

/// A hub's name as the name of a folder: what has a meaning in paths is written as in a URL, so that two names stay two.
/// Cut where file systems cut.
pub(super) fn named(hub: &str) -> String {
    let mut folder = String::new();
    for written in escaped(hub) {
        if folder.len() + written.len() > FOLDER_BYTES {
            break;
        }
        folder.push_str(&written);
    }
    folder
}

/// The same for a peer's name. One that is too long ends with a number that is made of all of it: behind two names that
/// only begin alike are two keys.
pub(super) fn of_peer(peer: &str) -> String {
    let whole: String = escaped(peer).collect();
    if whole.len() <= FOLDER_BYTES {
        return whole;
    }
    let tail = format!("%{:016x}", fingerprint(peer));
    let mut folder = String::new();
    for written in escaped(peer) {
        if folder.len() + written.len() + tail.len() > FOLDER_BYTES {
            break;
        }
        folder.push_str(&written);
    }
    folder + &tail
}

/// The characters of a name as they can stand in a path.
fn escaped(name: &str) -> impl Iterator<Item = String> {
    let last = name.chars().count().saturating_sub(1);
    name.chars().enumerate().map(move |(at, character)| {
        let at_edge = at == 0 || at == last;
        let plain = match character {
            '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '%' => false,
            '.' | ' ' => !at_edge,
            _ => true,
        };
        if plain {
            character.to_string()
        } else {
            format!("%{:02X}", u32::from(character))
        }
    })
}

/// FNV-1a of 64 bits: the same on every machine and in every version.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Longest name of a folder that file systems take, in bytes.
const FOLDER_BYTES: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_with_different_names_have_different_folders() {
        assert_eq!(of_peer("alice@CIC"), "alice@CIC");
        assert_eq!(of_peer("a:b@."), "a%3Ab@%2E");
        let long = |last: &str| of_peer(&format!("{}{last}@{}", "ã".repeat(63), "日".repeat(64)));
        assert!(long("a").len() <= 255 && long("a").len() > 240, "{}", long("a").len());
        assert_ne!(long("a"), long("b"));
    }

    #[test]
    fn hubs_with_different_names_have_different_folders() {
        let cases = [
            ("north", "north"),
            ("São João", "São João"),
            ("a/b", "a%2Fb"),
            ("a%2Fb", "a%252Fb"),
            ("a\\b", "a%5Cb"),
            (".", "%2E"),
            ("..", "%2E%2E"),
            (".hidden.", "%2Ehidden%2E"),
            ("v1.2", "v1.2"),
            ("c:", "c%3A"),
        ];
        for (name, folder) in cases {
            assert_eq!(named(name), folder, "{name}");
        }
        assert_eq!(named(&"𝔸".repeat(64)), "𝔸".repeat(63));
    }
}
