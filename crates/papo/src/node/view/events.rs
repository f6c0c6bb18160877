//! Events.

use papo_core::error::Code;
use papo_core::id::PeerId;
use papo_core::node::{CloseReason, Direction, DropCause, Event, Kind};
use papo_core::wire::text::visible;

use super::{Dress, View, codes, name, words};
use crate::text::Message;

/// A line, and for whom it is.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::node) enum Shown {
    /// What was said, or an answer to a command.
    Data(String),
    /// What happens besides.
    Notice(String),
}

impl View {
    /// The line of an event. Some have none: what follows them tells more.
    pub(in crate::node) fn event(&self, event: &Event) -> Option<Shown> {
        let notice = match event {
            Event::Message {
                kind,
                src,
                dst,
                payload,
                verified,
                via,
                ..
            } => {
                return Some(Shown::Data(
                    said(*kind, src, dst, payload) + &self.doubts(*verified, via.as_ref()),
                ));
            }
            Event::Pong { peer, rtt } => {
                return Some(Shown::Data(self.say(&timed("peer-pong", peer, &self.time(*rtt)))));
            }
            Event::Sent { dst, .. } => sent(dst)?,
            Event::NeighborUp {
                peer,
                direction,
                proven,
                address,
            } => neighbor_up(peer, *direction, *proven).showing("address", address),
            Event::NeighborDown { peer, reason, .. } => {
                about("peer-neighbor-down", peer).with("reason", closed(*reason))
            }
            Event::Delivered {
                dst, after, verified, ..
            } => {
                let key = if *verified {
                    "peer-delivered"
                } else {
                    "peer-delivered-unverified"
                };
                timed(key, dst, &self.time(*after))
            }
            Event::Failed { dst, code, detail, .. } => about("peer-failed", dst).with("reason", reason(*code, detail)),
            Event::Refused { code, about } => refused(*code, about),
            Event::Dropped { src, via, cause } => dropped(src.as_ref(), via.as_ref(), *cause),
            Event::Impostor { peer, address } => about("peer-impostor", peer).showing("address", address),
            Event::PeerError { peer, code, detail } => {
                let why = match Code::ALL.iter().find(|known| known.as_str() == code) {
                    Some(code) => reason(*code, detail),
                    None => with_detail(codes::unknown(code), detail),
                };
                about("peer-error-from", peer).with("reason", why)
            }
            Event::RttMeasured { peer, rtt } => timed("peer-measured", peer, &self.time(*rtt)),
        };
        Some(Shown::Notice(self.say(&notice)))
    }

    /// What a person should know about who said it. Programs have it in `--json`.
    fn doubts(&self, verified: bool, via: Option<&PeerId>) -> String {
        if self.dress == Dress::Plain || (verified && via.is_none()) {
            return String::new();
        }
        let via = via.map(|via| name(via.as_str()));
        let remark = match (verified, via) {
            (true, Some(via)) => Message::new("peer-mark-via").with("via", via),
            (false, Some(via)) => Message::new("peer-mark-unverified-via").with("via", via),
            (_, None) => Message::new("peer-mark-unverified"),
        };
        self.remark(&self.say(&remark))
    }
}

/// `[alice@CIC] Olá`, `[alice@CIC → #CIC] Olá`.
fn said(kind: Kind, src: &PeerId, dst: &str, payload: &str) -> String {
    let (src, text) = (name(src.as_str()), visible(payload));
    match kind {
        Kind::Send => format!("[{src}] {text}"),
        Kind::Pub => format!("[{src} → {}] {text}", name(dst)),
    }
}

fn about(key: &'static str, peer: &PeerId) -> Message {
    Message::new(key).with("peer", name(peer.as_str()))
}

fn timed(key: &'static str, peer: &PeerId, time: &str) -> Message {
    about(key, peer).with("time", time)
}

/// Of a message to one, the end is told; one to many has no other end.
fn sent(dst: &str) -> Option<Message> {
    match dst {
        "*" => Some(Message::new("peer-sent-all")),
        _ => dst
            .starts_with('#')
            .then(|| Message::new("peer-sent-namespace").with("namespace", name(dst))),
    }
}

fn neighbor_up(peer: &PeerId, direction: Direction, proven: bool) -> Message {
    let key = match (direction, proven) {
        (Direction::Inbound, true) => "peer-neighbor-up-inbound-proven",
        (Direction::Inbound, false) => "peer-neighbor-up-inbound-legacy",
        (Direction::Outbound, true) => "peer-neighbor-up-outbound-proven",
        (Direction::Outbound, false) => "peer-neighbor-up-outbound-legacy",
    };
    about(key, peer)
}

fn closed(reason: CloseReason) -> Message {
    Message::new(match reason {
        CloseReason::Ended => "peer-closed-ended",
        CloseReason::TheirBye => "peer-closed-their-bye",
        CloseReason::OurBye => "peer-closed-our-bye",
        CloseReason::NoHello => "peer-closed-no-hello",
        CloseReason::NotAPeer => "peer-closed-not-a-peer",
        CloseReason::AlreadyConnected => "peer-closed-already-connected",
        CloseReason::Duplicate => "peer-closed-duplicate",
        CloseReason::Ourselves => "peer-closed-ourselves",
        CloseReason::Unauthorized => "peer-closed-unauthorized",
        CloseReason::Silent => "peer-closed-silent",
        CloseReason::SlowConsumer => "peer-closed-slow-consumer",
        CloseReason::LineTooLong => "peer-closed-line-too-long",
        CloseReason::TooMany => "peer-closed-too-many",
    })
}

fn dropped(src: Option<&PeerId>, via: Option<&PeerId>, cause: DropCause) -> Message {
    let who = |peer: Option<&PeerId>| match peer {
        Some(peer) => Message::new("peer-known").with("peer", name(peer.as_str())),
        None => Message::new("peer-somebody"),
    };
    let key = match cause {
        DropCause::Forged => "peer-dropped-forged",
        DropCause::Replayed => "peer-dropped-replayed",
        DropCause::BadFormat => "peer-dropped-bad-format",
        DropCause::TooFast => "peer-dropped-too-fast",
    };
    Message::new(key).with("peer", who(src)).with("via", who(via))
}

/// A command that was not done, and what it was about.
fn refused(code: Code, about: &str) -> Message {
    if about.is_empty() {
        Message::new("peer-refused").with("reason", codes::sentence(code))
    } else {
        Message::new("peer-refused-about")
            .with("about", name(about))
            .with("reason", codes::sentence(code))
    }
}

/// What a code means, and what else is known.
fn reason(code: Code, detail: &str) -> Message {
    with_detail(codes::sentence(code), detail)
}

fn with_detail(sentence: Message, detail: &str) -> Message {
    if detail.is_empty() {
        return sentence;
    }
    Message::new("peer-reason-detail")
        .with("reason", sentence)
        .with("detail", words(detail))
}
