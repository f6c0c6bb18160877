//! What each of the old programs does its own way.

use std::time::Duration;

use super::dialing::Redial;
use crate::sim::scenario::Program;

/// How a program confirms a SEND.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ack {
    /// With every field.
    Full,
    /// With its id and a time.
    Short,
    /// With its id alone.
    Id,
    /// With every field, if it was asked to.
    IfAsked,
    /// Not at all.
    Never,
}

/// How a program says goodbye.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goodbye {
    /// With every field.
    Full,
    /// With a type alone.
    Bare,
    /// To `dest` in place of `dst`.
    Dest,
    /// To `*`.
    Star,
    /// Not at all.
    None,
}

/// How a program writes a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// With a newline.
    Plain,
    /// With CRLF.
    Crlf,
    /// With a blank line behind.
    Spaced,
    /// In two writes, as raw UTF-8.
    Halves,
}

/// The habits of one program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Habits(pub(super) Program);

impl Habits {
    /// It keeps only the first line of what it reads at once.
    pub(super) const fn reads_first_line(self) -> bool {
        matches!(self.0, Program::FirstLine)
    }

    /// It says something only where it dialed.
    pub(super) const fn speaks_where_it_dialed(self) -> bool {
        matches!(self.0, Program::FirstLine)
    }

    /// It answers a HELLO with what was in it.
    pub(super) const fn echoes(self) -> bool {
        matches!(self.0, Program::Echo)
    }

    /// It puts lines of one moment into one write.
    pub(super) const fn writes_together(self) -> bool {
        matches!(self.0, Program::Echo)
    }

    pub(super) const fn pongs(self) -> bool {
        !matches!(self.0, Program::Mute)
    }

    /// A PUB kills its connection.
    pub(super) const fn dies_of_pub(self) -> bool {
        matches!(self.0, Program::Fragile)
    }

    /// It says everything twice.
    pub(super) const fn repeats(self) -> bool {
        matches!(self.0, Program::Repeater)
    }

    /// It refuses a second connection.
    pub(super) const fn rejects(self) -> bool {
        matches!(self.0, Program::Rejecting)
    }

    /// It leaves the newline of its last line out.
    pub(super) const fn ends_without_newline(self) -> bool {
        matches!(self.0, Program::Rejecting)
    }

    /// It closes at what it does not expect.
    pub(super) const fn is_strict(self) -> bool {
        matches!(self.0, Program::Strict)
    }

    /// It uses other types, and its ids repeat.
    pub(super) const fn is_loose(self) -> bool {
        matches!(self.0, Program::Loose)
    }

    /// It leaves `src` out.
    pub(super) const fn names_no_source(self) -> bool {
        matches!(self.0, Program::Fragile)
    }

    /// It answers BYE.
    pub(super) const fn answers_bye(self) -> bool {
        !matches!(self.0, Program::Abrupt)
    }

    /// It closes after a BYE, its own or another's.
    pub(super) const fn closes_after_bye(self) -> bool {
        !matches!(self.0, Program::FirstLine | Program::Mute)
    }

    pub(super) const fn ack(self) -> Ack {
        match self.0 {
            Program::FirstLine => Ack::Short,
            Program::Echo | Program::Loose => Ack::Id,
            Program::Mute => Ack::IfAsked,
            Program::Abrupt => Ack::Never,
            _ => Ack::Full,
        }
    }

    pub(super) const fn goodbye(self) -> Goodbye {
        match self.0 {
            Program::Echo => Goodbye::Bare,
            Program::Loose => Goodbye::Dest,
            Program::Repeater => Goodbye::Star,
            Program::Abrupt => Goodbye::None,
            _ => Goodbye::Full,
        }
    }

    pub(super) const fn layout(self) -> Layout {
        match self.0 {
            Program::Echo => Layout::Crlf,
            Program::Mute => Layout::Spaced,
            Program::Loose => Layout::Halves,
            _ => Layout::Plain,
        }
    }

    pub(super) const fn redial(self) -> Redial {
        match self.0 {
            Program::Mute | Program::Fragile => Redial::Never,
            Program::FirstLine => Redial::After(Duration::from_secs(5)),
            Program::Repeater | Program::Abrupt => Redial::After(Duration::from_secs(10)),
            _ => Redial::Backoff,
        }
    }

    /// After that long without a sign of life it drops a connection.
    pub(super) const fn patience(self) -> Duration {
        match self.0 {
            Program::Strict => Duration::from_secs(60),
            _ => Duration::from_secs(90),
        }
    }
}
