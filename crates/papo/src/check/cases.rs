//! The table of cases, by topic. Every one is literal bytes; nothing of papo writes or reads a request for it.

use super::case::{Case, Send, Step};
use super::expect::{Expect, Peer};

mod discover;
mod framing;
mod limits;
mod names;
mod november;
mod register;
mod robustness;
mod unregister;

pub(super) use robustness::NEIGHBOR;

/// All cases in the order in which they are reported: those that need an address without records first, those that
/// wait near the end, and the one that gets us banned last.
pub fn all() -> impl Iterator<Item = &'static Case> {
    [
        november::FIRST,
        robustness::NEIGHBORS,
        register::CASES,
        names::CASES,
        discover::CASES,
        unregister::CASES,
        framing::CASES,
        limits::CASES,
        robustness::CASES,
        november::LAST,
    ]
    .into_iter()
    .flatten()
}

/// One record that a list has to hold; its lease is 60 s.
const fn peer(name: &'static str, port: u64) -> Peer {
    Peer { name, port, ttl: 60 }
}

/// Registers `ana` on port 4000, for a minute: nobody is disturbed for longer when a run is cut short.
const ANA: Send = Send::Line(r#"{"type":"REGISTER","name":"ana","namespace":"{ns}","port":4000,"ttl":60}"#);
const BIA: Send = Send::Line(r#"{"type":"REGISTER","name":"bia","namespace":"{ns}","port":4001,"ttl":60}"#);
const CLEO: Send = Send::Line(r#"{"type":"REGISTER","name":"cleo","namespace":"{ns}","port":4002,"ttl":60}"#);
const LIST: Send = Send::Line(r#"{"type":"DISCOVER","namespace":"{ns}"}"#);

const ANA_IS_IN: Step = Step::new(ANA, registered(4000));
const BIA_IS_IN: Step = Step::new(BIA, registered(4001));
const CLEO_IS_IN: Step = Step::new(CLEO, registered(4002));

/// A REGISTER with a lease of 60 s succeeded.
const fn registered(port: u64) -> Expect {
    Expect::Registered { port, ttl: 60 }
}

/// The list of the case's namespace holds exactly these.
const fn listed(peers: &'static [Peer]) -> Step {
    Step::new(LIST, Expect::Peers(peers))
}

/// One line, answered with the code of a bad field.
const fn refused(line: &'static str, code: &'static str) -> Step {
    Step::new(Send::Line(line), Expect::Code(code))
}

/// One line that is no command.
const fn unknown(line: &'static str) -> Step {
    Step::new(Send::Line(line), Expect::Says(UNKNOWN_COMMAND))
}

const UNKNOWN_COMMAND: &str = "Unknown command";
const EMPTY_LINE: &str = "Empty request line";
