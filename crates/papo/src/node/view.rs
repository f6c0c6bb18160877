//! What happens in the network, and how the node stands, in words for people.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use papo_core::id::{PeerId, RoomName};
use papo_core::wire::text::visible;

use crate::text::{Lang, Message, Texts};

mod codes;
mod events;
mod status;
mod tables;

pub(crate) use status::RendezvousState;

pub(super) use events::Shown;
pub(super) use tables::peers_of;

/// How lines are dressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dress {
    /// Exactly the text: other programs may read it.
    Plain,
    /// With remarks behind it, for a person at a terminal.
    Terminal {
        /// The remarks stand back.
        dim: bool,
    },
}

/// Turns events and states into lines.
#[derive(Debug)]
pub(super) struct View {
    pub(super) texts: Texts,
    pub(super) own: PeerId,
    pub(super) dress: Dress,
}

impl View {
    pub(super) fn say(&self, message: &Message) -> String {
        self.texts.say(message)
    }

    /// What can be asked.
    pub(super) fn help(&self) -> String {
        self.say(&Message::new("peer-help").with("namespace", self.own.namespace().to_owned()))
    }

    /// The first lines.
    pub(super) fn ready(&self, addresses: &[SocketAddr]) -> String {
        let peer = name(self.own.as_str());
        let mut lines = vec![self.say(&Message::new("peer-ready").with("peer", peer))];
        lines.extend(addresses.iter().map(|address| {
            let reached = Message::new("peer-ready-address").showing("address", address);
            format!("  {}", self.say(&reached))
        }));
        if addresses.is_empty() {
            lines.push(format!("  {}", self.texts.get("peer-ready-deaf")));
        }
        lines.join("\n")
    }

    /// A remark behind a line.
    fn remark(&self, text: &str) -> String {
        match self.dress {
            Dress::Terminal { dim: true } => format!("  \x1b[2m{text}\x1b[0m"),
            _ => format!("  {text}"),
        }
    }

    /// A time for people: two units, or tenths of milliseconds.
    fn time(&self, time: Duration) -> String {
        let seconds = time.as_secs();
        match seconds {
            0 => {
                let tenths = time.as_micros().saturating_add(50) / 100;
                let point = match self.texts.lang() {
                    Lang::En => '.',
                    Lang::PtBr => ',',
                };
                format!("{}{point}{} ms", tenths / 10, tenths % 10)
            }
            1..60 => format!("{seconds} s"),
            60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
            _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        }
    }

    fn time_or_dash(&self, time: Option<Duration>) -> String {
        time.map_or_else(|| "–".to_owned(), |time| self.time(time))
    }
}

/// Somebody's name, or a scope, next to which other things stand: what could be taken for the brackets, the arrow or
/// the space around it is written as its number.
pub(super) fn name(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        let mut bytes = [0; 4];
        // What a room's name may hold is visible and no space. These may stand in the names of others, besides.
        let harmless = matches!(character, '@' | '#' | '*' | '|' | '/' | '\\' | ' ')
            || character.encode_utf8(&mut bytes).parse::<RoomName>().is_ok();
        if harmless && !matches!(character, '[' | ']' | '→') {
            shown.push(character);
        } else {
            // Writing into a String cannot fail.
            let _ = write!(shown, "<U+{:04X}>", u32::from(character));
        }
    }
    shown
}

/// What a stranger wrote besides a message, not longer than a line.
pub(super) fn words(text: &str) -> String {
    let mut short: String = text.chars().take(WORDS_CHARS).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    visible(&short).into_owned()
}

/// Characters of a stranger's explanation that are shown.
const WORDS_CHARS: usize = 256;

#[cfg(test)]
pub(super) mod tests;
