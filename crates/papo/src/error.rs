//! What ends a command early, and the exit codes that scripts rely on.

use std::fmt;
use std::process::ExitCode;

use crate::text::{Lang, Message, Texts};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// What was asked for is done.
    Done,
    /// A bug, or an error that nobody foresaw.
    Failed,
    /// The command line, the environment or `papo.toml` asks for something impossible.
    Usage,
    /// An address cannot be bound, or nobody answers there.
    Network,
    /// The data cannot be read or written.
    Storage,
    /// A check or a simulation found violations.
    Violations,
    /// Somebody pressed Ctrl-C.
    Interrupted,
}

impl Exit {
    /// The exit code of the process.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Network => 3,
            Self::Storage => 4,
            Self::Violations => 5,
            // 128 + SIGINT, as shells report it.
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command ended early: the sentence for the person who ran it, and the exit code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    exit: Exit,
    message: Message,
}

impl Failure {
    /// A bug, or an error that nobody foresaw.
    pub fn unexpected(error: impl fmt::Display) -> Self {
        // The alternate form of an error chain names its causes too.
        let detail = format!("{error:#}");
        Self {
            exit: Exit::Failed,
            message: Message::new("error-unexpected").with("detail", detail),
        }
    }

    /// The command line, the environment or `papo.toml` asks for something impossible.
    pub const fn usage(message: Message) -> Self {
        Self {
            exit: Exit::Usage,
            message,
        }
    }

    /// An address cannot be bound, or nobody answers there.
    pub const fn network(message: Message) -> Self {
        Self {
            exit: Exit::Network,
            message,
        }
    }

    /// The data cannot be read or written.
    pub const fn storage(message: Message) -> Self {
        Self {
            exit: Exit::Storage,
            message,
        }
    }

    /// How the process ends for this.
    pub const fn exit(&self) -> Exit {
        self.exit
    }

    /// What to tell the person.
    pub const fn message(&self) -> &Message {
        &self.message
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Texts::new(Lang::En).say(&self.message))
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_that_scripts_know() {
        let codes = [
            (Exit::Done, 0),
            (Exit::Failed, 1),
            (Exit::Usage, 2),
            (Exit::Network, 3),
            (Exit::Storage, 4),
            (Exit::Violations, 5),
            (Exit::Interrupted, 130),
        ];
        for (exit, code) in codes {
            assert_eq!(exit.code(), code, "{exit:?}");
        }
    }
}
