//! What a case is: bytes that go in, and what has to come out.

pub use papo_core::wire::rendezvous::Dialect;

use super::expect::Expect;

/// The key of an error reply that holds the code of a bad field (docs/protocol.md 1.5).
pub(super) const fn code_key(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::September => "error",
        Dialect::November => "message",
    }
}

/// In which dialects something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialects {
    /// In both.
    Both,
    /// Only in that of September 2025.
    September,
    /// Only in that of November 2025.
    November,
}

impl Dialects {
    /// True when `dialect` is one of them.
    pub const fn hold(self, dialect: Dialect) -> bool {
        match self {
            Self::Both => true,
            Self::September => matches!(dialect, Dialect::September),
            Self::November => matches!(dialect, Dialect::November),
        }
    }
}

/// One thing that a server must do.
#[derive(Debug)]
pub struct Case {
    /// Its name, which `--only` takes.
    pub id: &'static str,
    /// The section of docs/protocol.md that asks for it.
    pub section: &'static str,
    /// Where it is asked for at all.
    pub dialects: Dialects,
    /// Where going wrong fails the run; elsewhere it is advice.
    pub binding: Binding,
    /// What is done.
    pub script: Script,
    /// The text that names the likely mistake when the failure itself does not.
    pub hint: &'static str,
}

/// Whether a case fails a run or only advises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    /// It fails the run.
    Binding,
    /// It fails the run in the dialect of September 2025 and advises in the other.
    InSeptember,
    /// It never fails a run.
    Advice,
}

/// What a case does.
#[derive(Debug, Clone, Copy)]
pub enum Script {
    /// One connection after the other; the first that goes wrong ends the case.
    Steps(&'static [Step]),
    /// The same, but most of its time is waiting: it runs beside the other cases.
    Slow(&'static [Step]),
    /// A request from an address without a live record; told apart from an address that has one.
    Unregistered(&'static str),
    /// The step, while another connection that says nothing stays open.
    Beside(&'static Step),
    /// The line on so many connections at once.
    Crowd(&'static str),
    /// Connections until the server bans us.
    Ban,
}

/// One connection.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// What is written.
    pub send: Send,
    /// What has to come back.
    pub expect: Expect,
    /// Where this step is made at all.
    pub dialects: Dialects,
    /// Seconds to wait before it.
    pub after: u32,
}

/// What is written on a connection. In every text and byte string `{ns}` is a namespace of this case alone, `{NS}` the
/// same in capitals, `{run}` one of the whole run; `{x64}`, `{x65}`, `{é64}` and `{é65}` are so many letters, and
/// `{ns64}`, `{ns65}`, `{nsé64}` and `{nsé65}` the namespace made that many characters long.
#[derive(Debug, Clone, Copy)]
pub enum Send {
    /// The text and a newline, in one write.
    Line(&'static str),
    /// Exactly these bytes, in one write.
    Raw(&'static [u8]),
    /// These bytes, then the end of our sending half.
    End(&'static [u8]),
    /// Pieces with a pause between them, so that each is a segment of its own.
    Pieces(&'static [&'static [u8]]),
    /// The text and a newline, every byte in a write of its own.
    ByteByByte(&'static str),
    /// The first text, spaces, the second text and a newline: so many bytes in all.
    Padded(&'static str, &'static str, usize),
    /// The same with the letter `x` in place of spaces.
    Stuffed(&'static str, &'static str, usize),
    /// The text, a newline, and so many bytes behind it in the same write.
    Behind(&'static str, usize),
    /// So many letters and no newline.
    Endless(usize),
    /// Nothing.
    Nothing,
    /// The text, one byte a second.
    Drip(&'static str),
}

impl Case {
    /// A case for both dialects that must pass.
    pub(super) const fn new(
        id: &'static str,
        section: &'static str,
        hint: &'static str,
        steps: &'static [Step],
    ) -> Self {
        Self::of(id, section, hint, Script::Steps(steps))
    }

    /// The same with a script of another kind.
    pub(super) const fn of(id: &'static str, section: &'static str, hint: &'static str, script: Script) -> Self {
        Self {
            id,
            section,
            dialects: Dialects::Both,
            binding: Binding::Binding,
            script,
            hint,
        }
    }

    /// The same, but only in these dialects.
    pub(super) const fn only(mut self, dialects: Dialects) -> Self {
        self.dialects = dialects;
        self
    }

    /// The same, but with less weight.
    pub(super) const fn binding(mut self, binding: Binding) -> Self {
        self.binding = binding;
        self
    }

    /// True when going wrong fails the run.
    pub(super) const fn binds(&self, dialect: Dialect) -> bool {
        match self.binding {
            Binding::Binding => true,
            Binding::InSeptember => matches!(dialect, Dialect::September),
            Binding::Advice => false,
        }
    }

    /// True when it spends its time waiting, so that it may run beside others.
    pub(super) const fn is_slow(&self) -> bool {
        matches!(self.script, Script::Slow(_))
    }
}

impl Script {
    /// True for what gets us banned, so that nothing can come after it.
    pub(super) const fn is_ban(&self) -> bool {
        matches!(self, Self::Ban)
    }
}

impl Step {
    pub(super) const fn new(send: Send, expect: Expect) -> Self {
        Self {
            send,
            expect,
            dialects: Dialects::Both,
            after: 0,
        }
    }

    pub(super) const fn only(mut self, dialects: Dialects) -> Self {
        self.dialects = dialects;
        self
    }

    pub(super) const fn after(mut self, seconds: u32) -> Self {
        self.after = seconds;
        self
    }
}
