//! The ways of messages as text.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use papo_core::sim::Trace;
use papo_core::sim::trace::{Hop, Mark};
use papo_core::time::Instant;
use papo_core::wire::text::visible;

use super::figures::in_language;
use crate::text::{Message, Texts};

/// All that belongs to one message.
#[derive(Debug)]
pub(super) struct Way<'a> {
    /// Empty for what belongs to none.
    pub(super) msg_id: &'a str,
    pub(super) hops: Vec<&'a Hop>,
    pub(super) marks: Vec<&'a Mark>,
}

impl Way<'_> {
    /// When the first of it happened.
    pub(super) fn begin(&self) -> Instant {
        let hops = self.hops.iter().map(|hop| hop.sent);
        hops.chain(self.marks.iter().map(|mark| mark.at))
            .min()
            .unwrap_or_default()
    }

    /// Who began, and what with.
    pub(super) fn first(&self) -> Option<&Hop> {
        self.hops.iter().min_by_key(|hop| hop.sent).copied()
    }
}

/// The messages of a trace in the order in which they began; what belongs to none comes last.
pub(super) fn ways(trace: &Trace) -> Vec<Way<'_>> {
    let mut found: BTreeMap<&str, Way<'_>> = BTreeMap::new();
    let empty = |msg_id| Way {
        msg_id,
        hops: Vec::new(),
        marks: Vec::new(),
    };
    for hop in &trace.hops {
        found
            .entry(&hop.msg_id)
            .or_insert_with_key(|id| empty(id))
            .hops
            .push(hop);
    }
    for mark in &trace.marks {
        found
            .entry(&mark.msg_id)
            .or_insert_with_key(|id| empty(id))
            .marks
            .push(mark);
    }
    let mut ways: Vec<_> = found.into_values().collect();
    ways.sort_by_key(|way| (way.msg_id.is_empty(), way.begin()));
    ways
}

/// The name of an actor, harmless to a terminal.
pub(super) fn name(trace: &Trace, actor: usize) -> String {
    trace
        .names
        .get(actor)
        .map_or_else(|| format!("#{actor}"), |name| visible(name).into_owned())
}

/// What happened to an actor, in the language of whoever reads it. The core says it in English; what is not among the
/// things that happen to most stays so.
pub(super) fn told(mark: &Mark, texts: &Texts) -> String {
    let text = visible(&mark.text);
    let whole = ["delivered", "starts", "leaves", "crashes"];
    if whole.contains(&text.as_ref()) {
        return texts.get(&format!("sim-mark-{text}"));
    }
    let begun = [
        ("says it to ", "sim-mark-says"),
        ("shows ", "sim-mark-shows"),
        ("failed: ", "sim-mark-failed"),
    ];
    for (begin, key) in begun {
        if let Some(what) = text.strip_prefix(begin) {
            return texts.say(&Message::new(key).with("what", what.to_owned()));
        }
    }
    text.into_owned()
}

/// Milliseconds with one digit after the point.
pub(super) fn millis(span: Duration) -> String {
    format!("{:.1}", span.as_secs_f64() * 1000.0)
}

/// One block for each message.
pub(super) fn text(title: &str, trace: &Trace, texts: &Texts) -> String {
    let mut out = format!("{title}\n");
    let names = (0..trace.names.len()).map(|actor| name(trace, actor).chars().count());
    let widest = names.max().unwrap_or(0);
    for way in ways(trace) {
        let _ = writeln!(out, "\n{}", texts.say(&heading(&way, trace)));
        for (at, words) in lines(&way, trace, widest, texts) {
            let after = in_language(&format!("+{}", millis(at.since(way.begin()))), texts);
            let _ = writeln!(out, "  {after:>10} ms  {words}");
        }
    }
    if trace.hops.is_empty() && trace.marks.is_empty() {
        let _ = writeln!(out, "\n{}", texts.get("sim-trace-nothing"));
    }
    if trace.left_out > 0 {
        let message = Message::new("sim-trace-left-out").with("lines", trace.left_out);
        let _ = writeln!(out, "\n{}", texts.say(&message));
    }
    out
}

fn heading(way: &Way<'_>, trace: &Trace) -> Message {
    if way.msg_id.is_empty() {
        return Message::new("sim-trace-others").showing("at", way.begin());
    }
    let who = way
        .first()
        .map_or_else(|| way.marks.first().map(|mark| mark.actor), |hop| Some(hop.from));
    Message::new("sim-trace-message")
        .with("id", visible(way.msg_id).into_owned())
        .with(
            "kind",
            way.first()
                .map_or_else(String::new, |hop| visible(&hop.kind).into_owned()),
        )
        .with("from", who.map_or_else(String::new, |actor| name(trace, actor)))
        .showing("at", way.begin())
}

fn lines(way: &Way<'_>, trace: &Trace, widest: usize, texts: &Texts) -> Vec<(Instant, String)> {
    let hops = way.hops.iter().map(|hop| {
        let ttl = hop.ttl.map(|ttl| format!("ttl {ttl}")).unwrap_or_default();
        let took = match hop.arrived {
            Some(arrived) => in_language(&format!("{} ms", millis(arrived.since(hop.sent))), texts),
            None => texts.get("sim-trace-lost"),
        };
        let (from, to, kind) = (name(trace, hop.from), name(trace, hop.to), visible(&hop.kind));
        (
            hop.sent,
            format!("{from:>widest$} → {to:<widest$}  {kind:<12} {ttl:<6} {took:>10}"),
        )
    });
    let marks = way.marks.iter().map(|mark| {
        let who = name(trace, mark.actor);
        (mark.at, format!("{who:>widest$} · {}", told(mark, texts)))
    });
    let mut lines: Vec<_> = marks.chain(hops).collect();
    // What was shown stands before what was sent at the same moment: it is the cause.
    lines.sort_by_key(|(at, _)| *at);
    lines
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::text::Lang;

    fn hop(sent: u64, arrived: Option<u64>, ends: (usize, usize), kind: &str, msg_id: &str, ttl: Option<u8>) -> Hop {
        Hop {
            sent: Instant::from_millis(sent),
            arrived: arrived.map(Instant::from_millis),
            from: ends.0,
            to: ends.1,
            kind: kind.to_owned(),
            msg_id: msg_id.to_owned(),
            ttl,
        }
    }

    fn mark(at: u64, actor: usize, msg_id: &str, text: &str) -> Mark {
        Mark {
            at: Instant::from_millis(at),
            actor,
            msg_id: msg_id.to_owned(),
            text: text.to_owned(),
        }
    }

    /// A message over a relay with its confirmation, a publication with a loss, and a crash.
    pub(in super::super) fn example() -> Trace {
        Trace {
            names: ["n0@CIC", "n1@CIC", "n2@<b>&\"x\"", "n3@CIC"].map(str::to_owned).into(),
            hops: vec![
                hop(1250, Some(1262), (0, 1), "SEND", "a1", Some(8)),
                hop(1262, Some(1275), (1, 2), "SEND", "a1", Some(7)),
                hop(1275, Some(1290), (2, 1), "ACK", "a1", Some(8)),
                hop(1290, Some(1302), (1, 0), "ACK", "a1", Some(7)),
                hop(6000, Some(6010), (1, 0), "PUB", "b2", Some(8)),
                hop(6000, None, (1, 2), "PUB", "b2", Some(8)),
            ],
            marks: vec![
                mark(1275, 2, "a1", "shows \"oi <\u{1b}>\""),
                mark(1302, 0, "a1", "delivered"),
                mark(6005, 2, "", "crashes"),
                mark(6010, 0, "b2", "shows \"olá\""),
            ],
            left_out: 3,
        }
    }

    #[test]
    fn each_message_has_a_block_with_times_from_its_beginning() {
        let text = text("hand-made, seed 7", &example(), &Texts::new(Lang::En));
        assert!(text.starts_with("hand-made, seed 7\n\n"), "{text}");
        let blocks: Vec<&str> = text.split("\n\n").collect();
        assert_eq!(blocks.len(), 5, "{text}");
        for words in ["a1", "SEND", "n0@CIC", "1.250000"] {
            assert!(blocks[1].lines().next().unwrap().contains(words), "{text}");
        }
        let lines: Vec<String> = blocks[1]
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(lines[1], "+0.0 ms n0@CIC → n1@CIC SEND ttl 8 12.0 ms");
        assert_eq!(lines[3], "+25.0 ms n2@<b>&\"x\" · shows \"oi <␛>\"");
        assert_eq!(lines[6], "+52.0 ms n0@CIC · delivered");
        assert!(
            blocks[2]
                .lines()
                .any(|line| line.contains("→ n2") && line.trim_end().ends_with("lost")),
            "{text}"
        );
        assert!(blocks[3].contains("crashes") && blocks[4].contains('3'), "{text}");
    }

    #[test]
    fn what_happened_is_told_in_the_language_of_the_reader() {
        let (english, portuguese) = (Texts::new(Lang::En), Texts::new(Lang::PtBr));
        for (text, translated) in [
            ("says it to n5@CIC", "diz isto a n5@CIC"),
            ("shows “olá”", "mostra “olá”"),
            ("delivered", "entregue"),
            ("failed: no_route", "falhou: no_route"),
            ("starts", "começa"),
            ("leaves", "sai"),
            ("crashes", "cai"),
            ("something else", "something else"),
        ] {
            let mark = mark(0, 0, "", text);
            assert_eq!(told(&mark, &english), text);
            assert_eq!(told(&mark, &portuguese), translated);
        }
    }

    #[test]
    fn an_empty_trace_says_so() {
        let texts = Texts::new(Lang::En);
        assert!(text("x", &Trace::default(), &texts).contains(&texts.get("sim-trace-nothing")));
    }
}
