//! Bugs that are planted on purpose, to test the tests: each of them must be found by the simulator.
//!
//! Without the cargo feature `plant` there are none: `planted` is constantly false, and the compiler leaves nothing
//! of the bugs in the program. With it, `plant` chooses at most one for the whole process.
//!
//! That choice is global state, the only one in the core, and it is fine here: the machines would otherwise all need a
//! parameter that no shipped program has; it is a constant while a world runs, so the same scenario, seed and bug still
//! give the same run; and who tries several bugs does so one after the other. Seeds of one bug may run in parallel.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::sim::Invariant;
use crate::sim::Invariant::{B1, B2, B3, B4, Heals, Legacy, Panic, R1, R2, R3, R4, R5, R6, R7, R9};
use crate::sim::Invariant::{Truth, U1, U2, U3, U4, U5, U6, U7};

/// A bug that can be planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Bug {
    /// Every copy of a message counts as the first one, and a used number as unused: copies of a publication are shown.
    NoDedup = 1,
    /// What was signed long ago is believed like new, and its number serves twice: an old recording is shown again.
    ReplayAccepted,
    /// A publication is passed on with the ttl that it came with: it goes on beyond eight hops.
    PubTtlKept,
    /// A publication is passed on with the largest ttl, as if this node had begun it.
    PubTtlRaised,
    /// A copy that may go farther than the first is dropped: where the fastest way is not the shortest, the last nodes
    /// hear nothing.
    FirstArrival,
    /// A publication with a bad signature is dropped here, but only after it was passed on.
    ForwardUnverified,
    /// A message with a bad signature is shown, as an unverified one.
    ShowForged,
    /// A message without a signature is believed although its source is known to sign.
    UnsignedBelieved,
    /// A publication of a node comes back to it and is shown to its own person.
    OwnShown,
    /// A publication is also passed on to who gave it and to who said it, old programs included.
    RelayedBack,
    /// A relay confirms in the name of the destination.
    AckForOthers,
    /// A confirmation counts whoever signed it.
    AckUnverified,
    /// A way that failed stays known, and is taken again for the same message.
    RouteKept,
    /// A relay passes the same try of a message on as often as it comes.
    RelayLoops,
    /// A relay passes a message on with the ttl that it came with.
    SendTtlKept,
    /// A relay takes any number of messages from one link.
    RelayUnbounded,
    /// A relay shows what it should pass on.
    ShownByRelay,
    /// Each copy and each further try of a message is shown where it ends.
    ShownTwice,
    /// No time ends a try of a message, nor the message.
    DeadlineForgotten,
    /// A message that has ended is not forgotten: it ends again.
    EndedTwice,
    /// A message whose link breaks is forgotten without an end.
    PendingDropped,
    /// Old programs get lines without pauses.
    LegacyUnpaced,
    /// Letters beyond ASCII go out as they are.
    LegacyNotAscii,
    /// Old programs get two lines in one write.
    LegacyTwoLines,
    /// What waits for a link has no bound.
    QueueUnbounded,
    /// Whoever was not reached in one round is never dialed again.
    NeverRedials,
    /// A line that is no message makes the node panic.
    PanicsOnGarbage,
    /// A client never registers again with a rendezvous that has forgotten it.
    NeverRegistersAgain,
    /// A message that reaches a hub over two ways is shown twice.
    HubNoDedup,
    /// The number that was heard last counts as new when it comes again.
    HeadOffByOne,
    /// A hub sends a message back to where it came from, and takes its own words for somebody else's.
    HubRelayedBack,
    /// When a link fails, what waits for it is lost.
    OutboxLost,
    /// After a failed batch the outbox goes on one message too far.
    ResumeOffByOne,
    /// Missing numbers are remarked in the log but not shown.
    GapNotShown,
    /// What an old service said is sent on to other hubs, with a new id.
    BareRelayedOn,
    /// A room counts by two.
    SeqSkipped,
    /// Every fourth message of a room gets the number of the one before.
    SeqRepeated,
    /// A hub with a disk lets everybody hear of what is not safe yet.
    AckBeforeStored,
    /// Who comes back is shown one message too few of each hub.
    ReplayOffByOne,
    /// What waited for links is not sent after a new start.
    WaitingForgotten,
    /// After a new start nobody has sent anything before.
    AcksForgotten,
    /// The number of a message that could not be kept is not used again.
    NumbersLost,
    /// What could not be kept counts as heard when it is sent again.
    HeadsKept,
    /// What becomes safe at once is let out in the wrong order.
    StagedReversed,
}

/// No bug has that name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there is no bug {0:?}; a list is in docs/testing.md")]
pub struct UnknownBug(pub String);

impl Bug {
    /// All of them.
    pub const ALL: [Self; 44] = [
        Self::NoDedup,
        Self::ReplayAccepted,
        Self::PubTtlKept,
        Self::PubTtlRaised,
        Self::FirstArrival,
        Self::ForwardUnverified,
        Self::ShowForged,
        Self::UnsignedBelieved,
        Self::OwnShown,
        Self::RelayedBack,
        Self::AckForOthers,
        Self::AckUnverified,
        Self::RouteKept,
        Self::RelayLoops,
        Self::SendTtlKept,
        Self::RelayUnbounded,
        Self::ShownByRelay,
        Self::ShownTwice,
        Self::DeadlineForgotten,
        Self::EndedTwice,
        Self::PendingDropped,
        Self::LegacyUnpaced,
        Self::LegacyNotAscii,
        Self::LegacyTwoLines,
        Self::QueueUnbounded,
        Self::NeverRedials,
        Self::PanicsOnGarbage,
        Self::NeverRegistersAgain,
        Self::HubNoDedup,
        Self::HeadOffByOne,
        Self::HubRelayedBack,
        Self::OutboxLost,
        Self::ResumeOffByOne,
        Self::GapNotShown,
        Self::BareRelayedOn,
        Self::SeqSkipped,
        Self::SeqRepeated,
        Self::AckBeforeStored,
        Self::ReplayOffByOne,
        Self::WaitingForgotten,
        Self::AcksForgotten,
        Self::NumbersLost,
        Self::HeadsKept,
        Self::StagedReversed,
    ];

    /// Its name, such as `first-arrival`.
    pub const fn name(self) -> &'static str {
        self.about().0
    }

    /// The promises that it breaks: one of these should be the first that is seen broken.
    pub const fn expected(self) -> &'static [Invariant] {
        self.about().1
    }

    const fn about(self) -> (&'static str, &'static [Invariant]) {
        match self {
            Self::NoDedup => ("no-dedup", &[B2]),
            Self::ReplayAccepted => ("replay-accepted", &[B2, U2]),
            Self::PubTtlKept => ("pub-ttl-kept", &[U4, B4]),
            Self::PubTtlRaised => ("pub-ttl-raised", &[U4, B4]),
            Self::FirstArrival => ("first-arrival", &[B3]),
            Self::ForwardUnverified => ("forward-unverified", &[B4]),
            Self::ShowForged => ("show-forged", &[Truth]),
            Self::UnsignedBelieved => ("unsigned-believed", &[Truth]),
            Self::OwnShown => ("own-shown", &[B1]),
            Self::RelayedBack => ("relayed-back", &[B1, B2, Legacy]),
            Self::AckForOthers => ("ack-for-others", &[U3]),
            Self::AckUnverified => ("ack-unverified", &[U3]),
            Self::RouteKept => ("route-kept", &[U5]),
            Self::RelayLoops => ("relay-loops", &[U4]),
            Self::SendTtlKept => ("send-ttl-kept", &[U4]),
            Self::RelayUnbounded => ("relay-unbounded", &[U6]),
            Self::ShownByRelay => ("shown-by-relay", &[Truth, U2, U3]),
            Self::ShownTwice => ("shown-twice", &[U2]),
            Self::DeadlineForgotten => ("deadline-forgotten", &[U1, U7]),
            Self::EndedTwice => ("ended-twice", &[U1]),
            Self::PendingDropped => ("pending-dropped", &[U1, U7]),
            Self::LegacyUnpaced => ("legacy-unpaced", &[Legacy]),
            Self::LegacyNotAscii => ("legacy-not-ascii", &[Legacy]),
            Self::LegacyTwoLines => ("legacy-two-lines", &[Legacy]),
            Self::QueueUnbounded => ("queue-unbounded", &[B4, U6]),
            Self::NeverRedials => ("never-redials", &[Heals]),
            Self::PanicsOnGarbage => ("panics-on-garbage", &[Panic]),
            Self::NeverRegistersAgain => ("never-registers-again", &[Heals]),
            Self::HubNoDedup => ("hub-no-dedup", &[R4, R7]),
            Self::HeadOffByOne => ("head-off-by-one", &[R4]),
            Self::HubRelayedBack => ("hub-relayed-back", &[R4, R7]),
            Self::OutboxLost => ("outbox-lost", &[R2, R7]),
            Self::ResumeOffByOne => ("resume-off-by-one", &[R2, R7]),
            Self::GapNotShown => ("gap-not-shown", &[R2]),
            Self::BareRelayedOn => ("bare-relayed-on", &[R9]),
            Self::SeqSkipped => ("seq-skipped", &[R2]),
            Self::SeqRepeated => ("seq-repeated", &[R3, R4]),
            Self::AckBeforeStored => ("ack-before-stored", &[R1]),
            Self::ReplayOffByOne => ("replay-off-by-one", &[R2, R6]),
            Self::WaitingForgotten => ("waiting-forgotten", &[R2, R7]),
            Self::AcksForgotten => ("acks-forgotten", &[R5]),
            Self::NumbersLost => ("numbers-lost", &[R2]),
            Self::HeadsKept => ("heads-kept", &[R1, R2, R7]),
            Self::StagedReversed => ("staged-reversed", &[R2, R3]),
        }
    }
}

impl fmt::Display for Bug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Bug {
    type Err = UnknownBug;

    fn from_str(text: &str) -> Result<Self, UnknownBug> {
        let named = Self::ALL.into_iter().find(|bug| bug.name() == text);
        named.ok_or_else(|| UnknownBug(text.to_owned()))
    }
}

#[cfg(feature = "plant")]
mod choice {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::Bug;

    /// 0 for none.
    static PLANTED: AtomicU8 = AtomicU8::new(0);

    /// Plants a bug in every machine of this process, in place of the one before; none with `None`. To be called while
    /// no machine runs.
    pub fn plant(bug: Option<Bug>) {
        PLANTED.store(bug.map_or(0, |bug| bug as u8), Ordering::SeqCst);
    }

    pub(crate) fn planted(bug: Bug) -> bool {
        PLANTED.load(Ordering::Relaxed) == bug as u8
    }
}

#[cfg(feature = "plant")]
pub use choice::plant;
#[cfg(feature = "plant")]
pub(crate) use choice::planted;

/// True when this bug was planted: never.
#[cfg(not(feature = "plant"))]
pub(crate) const fn planted(_bug: Bug) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_bug_has_a_name_of_its_own_and_a_promise_that_it_breaks() {
        let names: BTreeSet<_> = Bug::ALL.iter().map(|bug| bug.name()).collect();
        assert_eq!(names.len(), Bug::ALL.len());
        for (number, bug) in (1..).zip(Bug::ALL) {
            assert_eq!(bug as u8, number, "{bug} has its place in the list");
            assert_eq!(bug.name().parse(), Ok(bug));
            assert!(!bug.expected().is_empty() && !planted(bug), "{bug}");
        }
        assert_eq!("no-such".parse::<Bug>(), Err(UnknownBug("no-such".to_owned())));
    }
}
