//! Lines: what nodes read, and what they pass on because of it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Observer;
use super::memory::{Given, Memory, Try};
use crate::id::{MsgId, PeerId, PeerLinkId};
use crate::limits::{REVERSE_PATH_LIFE, TTL};
use crate::node::Kind;
use crate::sim::check::Invariant;
use crate::sim::legacy::INVALID;
use crate::sim::record::Recorder;
use crate::time::Instant;
use crate::wire::peer::{Greeting, Message, Receipt, Seal, Sealed, Speech, decode};

/// A line that a node wrote, with what all looks at it need.
struct Wrote<'a> {
    now: Instant,
    actor: usize,
    link: PeerLinkId,
    to: Option<usize>,
    kind: Kind,
    value: &'a Value,
    src: &'a str,
    id: &'a str,
    ttl: u64,
    signed: bool,
}

impl Observer {
    /// A node is given a line now, without its newline, over its own end of a link.
    pub(in crate::sim) fn read(&mut self, now: Instant, actor: usize, link: PeerLinkId, line: &[u8]) {
        if self.memories.is_none() || !self.seats[actor].papo {
            return;
        }
        let Ok(message) = decode(line) else { return };
        let Some(memory) = self.memory(actor) else { return };
        match message {
            Message::Hello(greeting) => memory.on_greeting(link, greeting),
            Message::HelloOk(greeting) => {
                memory.wires.entry(link).or_default().greeting = false;
                let answers = greeting.x.as_ref().is_some_and(|x| x.re.is_some());
                memory.on_greeting(link, greeting);
                if answers {
                    memory.on_proof(link);
                }
            }
            Message::XAuth { .. } => {
                memory.wires.entry(link).or_default().proven = true;
                memory.on_proof(link);
            }
            Message::Send(speech) => memory.on_speech(now, link, Kind::Send, &speech),
            Message::Pub(speech) => memory.on_speech(now, link, Kind::Pub, &speech),
            Message::Ack(receipt) => {
                memory
                    .confirmable
                    .extend(receipt.msg_id.iter().map(ToString::to_string));
                memory.on_ack(link, &receipt);
            }
            Message::WhoHas(search) => {
                let fields = ("WHO_HAS", search.src, search.dst.map(|dst| dst.to_string()));
                memory.learn(link, fields, search.msg_id.as_ref(), "", search.seal.as_ref());
            }
            Message::WhoHasHit(hit) => {
                let fields = ("WHO_HAS_HIT", hit.src, hit.dst.map(|dst| dst.to_string()));
                memory.learn(link, fields, hit.msg_id.as_ref(), "", hit.seal.as_ref());
            }
            _ => {}
        }
    }

    /// A node wrote a line, with its newline; `to` is who is at the other end.
    pub(in crate::sim) fn wrote(
        &mut self,
        now: Instant,
        actor: usize,
        link: PeerLinkId,
        to: Option<usize>,
        line: &[u8],
        recorder: &mut Recorder,
    ) {
        self.sums.wrote(line);
        if self.memories.is_none() || !self.seats[actor].papo {
            return;
        }
        let Some(value) = self.check_form(now, actor, link, line, recorder) else {
            return;
        };
        let kind = match value["type"].as_str().unwrap_or_default() {
            "SEND" => Kind::Send,
            "PUB" => Kind::Pub,
            "ACK" => return self.on_ack_written(now, actor, &value, recorder),
            _ => return,
        };
        let wrote = Wrote {
            now,
            actor,
            link,
            to,
            kind,
            value: &value,
            src: value["src"].as_str().unwrap_or_default(),
            id: value["msg_id"].as_str().unwrap_or_default(),
            ttl: value["ttl"].as_u64().unwrap_or_default(),
            signed: value["x"]["sig"].is_string(),
        };
        let own = wrote.src == self.name(actor).as_str();
        recorder.check(now, Invariant::U4, wrote.ttl <= u64::from(TTL), || {
            format!("{} goes farther than {TTL} hops", wrote.id)
        });
        self.check_valid(&wrote, recorder);
        match (kind, own) {
            (Kind::Send, true) => self.on_try(now, actor, (link, to), wrote.id, recorder),
            (Kind::Pub, true) => self.check_own_pub(&wrote, recorder),
            (Kind::Send, false) => {
                self.check_passed_on(&wrote, recorder);
                self.check_once(&wrote, recorder);
            }
            (Kind::Pub, false) => {
                self.check_passed_on(&wrote, recorder);
                self.check_copy(&wrote, recorder);
            }
        }
    }

    /// A node confirms what it showed, and passes on confirmations that it read.
    fn on_ack_written(&mut self, now: Instant, actor: usize, value: &Value, recorder: &mut Recorder) {
        let name = self.seats[actor].name.clone();
        let Some(memory) = self.memory(actor) else { return };
        let id = value["msg_id"].as_str().unwrap_or_default();
        recorder.check(now, Invariant::U3, memory.confirmable.contains(id), || {
            format!("{name} confirms {id}, which it neither showed nor heard confirmed")
        });
    }

    fn check_own_pub(&mut self, wrote: &Wrote<'_>, recorder: &mut Recorder) {
        let name = self.seats[wrote.actor].name.clone();
        let Some(memory) = self.memory(wrote.actor) else { return };
        let key = (wrote.link, wrote.src.to_owned(), wrote.id.to_owned());
        let again = memory.copies.insert(key, wrote.ttl).is_some();
        recorder.check(wrote.now, Invariant::B1, !again, || {
            format!("{name} writes its {} twice over link {}", wrote.id, wrote.link.0)
        });
    }

    /// What is invalid goes no further, in whoever's name it is.
    fn check_valid(&self, wrote: &Wrote<'_>, recorder: &mut Recorder) {
        let payload = wrote.value["payload"].as_str().unwrap_or_default();
        let own = self.said.get(payload).is_some_and(|said| said.by == wrote.actor);
        let valid = own || !(payload.contains(INVALID) || wrote.id.contains(INVALID));
        recorder.check(wrote.now, Invariant::B4, valid, || {
            format!("{} passes on what is invalid: {}", self.name(wrote.actor), wrote.value)
        });
    }

    /// What is passed on came here, and goes less far than it came.
    fn check_passed_on(&mut self, wrote: &Wrote<'_>, recorder: &mut Recorder) {
        let Wrote { now, id, src, ttl, .. } = *wrote;
        let name = self.seats[wrote.actor].name.clone();
        let Some(memory) = self.memory(wrote.actor) else { return };
        let came = [src, ""].map(|src| memory.given(wrote.kind, src, id).map_or(0, |given| given.ttl));
        let came = came[0].max(came[1]);
        recorder.check(now, Invariant::U4, ttl < u64::from(came), || {
            format!("{name} passes {id} of {src} on with ttl {ttl}, which came with {came}")
        });
    }

    /// Each try of a message to one peer is passed on once, as long as the relay remembers it.
    fn check_once(&mut self, wrote: &Wrote<'_>, recorder: &mut Recorder) {
        let Wrote { now, id, src, .. } = *wrote;
        let name = self.seats[wrote.actor].name.clone();
        let Some(memory) = self.memory(wrote.actor) else { return };
        if memory.given(Kind::Send, "", id).is_some() {
            // It also came from somebody who did not say whose it was: who that was for the relay, nobody can tell.
            return;
        }
        let Some(given) = memory.given(Kind::Send, src, id) else {
            return;
        };
        let attempt = wrote.value["x"]["try"].as_u64().unwrap_or_default();
        let of_try = u8::try_from(attempt)
            .ok()
            .and_then(|attempt| given.tries.get_mut(&attempt));
        let mut once = true;
        match of_try.filter(|_| wrote.signed) {
            Some(of_try) => {
                of_try.written += 1;
                once = of_try.written <= of_try.may;
            }
            // An old program is not told which try it is.
            None => given.plain += 1,
        }
        let written = given.plain + given.tries.values().map(|of| of.written).sum::<u32>();
        let may: u32 = given.tries.values().map(|of| of.may).sum();
        recorder.check(now, Invariant::U4, once && written <= may, || {
            format!("{name} passes try {attempt} of {id} of {src} on again")
        });
    }

    /// A message to many of somebody else goes to proven neighbors only, not to its author, and over a link again only
    /// when it can go farther.
    fn check_copy(&mut self, wrote: &Wrote<'_>, recorder: &mut Recorder) {
        let Wrote {
            now,
            actor,
            id,
            src,
            link,
            ..
        } = *wrote;
        let name = self.seats[actor].name.clone();
        let to_author = wrote
            .to
            .is_some_and(|to| self.seats[to].papo && self.name(to).as_str() == src);
        recorder.check(now, Invariant::B1, !to_author, || {
            format!("{name} gives {id} back to {src}, who said it")
        });
        let honest = src.parse::<PeerId>().is_ok_and(|src| self.is_honest(actor, &src));
        let Some(memory) = self.memory(actor) else { return };
        let proven = memory.wires.get(&link).is_some_and(|wire| wire.proven);
        recorder.check(now, Invariant::Legacy, proven, || {
            format!(
                "{name} passes {id} of {src} on over link {}, which is not proven",
                link.0
            )
        });
        if !wrote.signed || !honest {
            // Such an id may be used again once it is forgotten.
            return;
        }
        let key = (link, src.to_owned(), id.to_owned());
        let before = memory.copies.insert(key, wrote.ttl);
        recorder.check(
            now,
            Invariant::B4,
            before.is_none_or(|before| before < wrote.ttl),
            || format!("{name} passes {id} of {src} on again over link {}, no farther", link.0),
        );
    }
}

impl Memory {
    fn on_greeting(&mut self, link: PeerLinkId, greeting: Greeting) {
        let wire = self.wires.entry(link).or_default();
        if wire.peer.is_none() {
            wire.peer = greeting.peer_id;
            wire.key = greeting.x.map(|x| x.pk);
        }
    }

    /// What the other side greeted with may be proven now.
    fn on_proof(&mut self, link: PeerLinkId) {
        let Some(wire) = self.wires.get(&link) else { return };
        if let (Some(peer), Some(key)) = (wire.peer.clone(), wire.key) {
            self.keys.entry(peer).or_insert(key);
        }
    }

    /// A confirmation is held against the name of whom the message was for, whoever it says that it is from.
    fn on_ack(&mut self, link: PeerLinkId, receipt: &Receipt) {
        let of = receipt.msg_id.as_ref().and_then(|id| self.dsts.get(id)).cloned();
        if of.is_some() {
            let dst = receipt.dst.as_ref().map(ToString::to_string);
            let fields = ("ACK", of, dst.or_else(|| Some(String::new())));
            self.learn(link, fields, receipt.msg_id.as_ref(), "", receipt.seal.as_ref());
        }
    }

    fn on_speech(&mut self, now: Instant, link: PeerLinkId, kind: Kind, speech: &Speech) {
        self.read += 1;
        let name = match kind {
            Kind::Send => "SEND",
            Kind::Pub => "PUB",
        };
        let fields = (name, speech.src.clone(), Some(speech.dst.to_string()));
        self.learn(
            link,
            fields,
            speech.msg_id.as_ref(),
            &speech.payload,
            speech.seal.as_ref(),
        );
        let Some(id) = &speech.msg_id else { return };
        // Without a source it is whoever brings it.
        let src = speech.src.as_ref().map_or("", PeerId::as_str).to_owned();
        let given: &mut Given = self.given.entry((kind, src, id.to_string())).or_default();
        given.ttl = given.ttl.max(speech.ttl.get());
        let attempt = speech.seal.as_ref().map_or(0, |seal| seal.attempt);
        let tries: &mut BTreeMap<u8, Try> = &mut given.tries;
        let first = Try {
            may: 1,
            since: now,
            written: 0,
        };
        let of_try = tries.entry(attempt).or_insert(first);
        if now.since(of_try.since) >= REVERSE_PATH_LIFE {
            of_try.may += 1;
            of_try.since = now;
        }
    }

    fn given(&mut self, kind: Kind, src: &str, id: &str) -> Option<&mut Given> {
        self.given.get_mut(&(kind, src.to_owned(), id.to_owned()))
    }

    /// A key stands in somebody's name. The first whose signature is right is the one that is known from then on.
    fn learn(
        &mut self,
        link: PeerLinkId,
        (kind, src, dst): (&str, Option<PeerId>, Option<String>),
        msg_id: Option<&MsgId>,
        payload: &str,
        seal: Option<&Seal>,
    ) {
        let said = self.wires.get(&link).and_then(|wire| wire.peer.clone());
        let (Some(seal), Some(msg_id), Some(dst), Some(src)) = (seal, msg_id, dst, src.or(said)) else {
            return;
        };
        let sealed = Sealed {
            kind,
            src: src.as_str(),
            dst: &dst,
            msg_id: msg_id.as_str(),
            q: seal.q,
            t: seal.t,
            payload,
        };
        if !self.keys.contains_key(&src) && sealed.is_signed_by(seal) {
            self.keys.insert(src, seal.pk);
        }
    }
}
