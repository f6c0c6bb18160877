//! The ways of messages as a sequence diagram in SVG.
//!
//! Time goes down, but not evenly: between two events there is room to read, and a long silence is cut short. What
//! happens at the same moment stands at the same height.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use papo_core::limits::{SIM_DRAWN_ACTORS, SIM_DRAWN_HOPS, SIM_DRAWN_MESSAGES};
use papo_core::sim::Trace;
use papo_core::sim::trace::{Hop, Mark};
use papo_core::time::Instant;
use papo_core::wire::text::visible;

use super::figures::in_language;
use super::ways::{Way, millis, name, told, ways};
use crate::text::{Message, Texts};

mod arrow;
mod room;

use arrow::{Arrow, pixels};
use room::Room;

/// Pixels from the left edge to the room of the first lifeline: for times.
const MARGIN: usize = 110;
/// Pixels of a line of text above the lifelines.
const LINE: usize = 20;
/// Pixels from the names to the first event.
const HEAD: usize = 44;
/// Characters of a name, or of what somebody was shown, before it is cut.
const WORDS: usize = 22;
/// Longer silences are cut short.
const SILENCE: Duration = Duration::from_millis(400);

/// What is drawn, and what is left out.
struct Drawing<'a> {
    trace: &'a Trace,
    texts: &'a Texts,
    ways: Vec<Way<'a>>,
    hops: Vec<(usize, &'a Hop)>,
    marks: Vec<&'a Mark>,
    /// The lifeline of each actor that has one.
    columns: BTreeMap<usize, usize>,
    /// The height of each moment.
    rows: BTreeMap<Instant, usize>,
    begin: Instant,
    remarks: Vec<String>,
    step: usize,
    top: usize,
}

/// The whole file.
pub(super) fn svg(title: &str, trace: &Trace, texts: &Texts) -> String {
    let drawing = Drawing::new(trace, texts);
    let (width, height) = drawing.size();
    let (title, desc) = (escaped(title), escaped(&drawing.description()));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\" aria-labelledby=\"title desc\">\n\
         <title id=\"title\">{title}</title>\n<desc id=\"desc\">{desc}</desc>\n<style>{STYLE}</style>\n\
         <rect class=\"page\" width=\"{width}\" height=\"{height}\"/>\n\
         <text class=\"title\" x=\"24\" y=\"34\">{title}</text>\n"
    );
    drawing.legend(&mut out);
    drawing.lifelines(&mut out, height);
    drawing.times(&mut out, width);
    drawing.events(&mut out, width);
    out.push_str("</svg>\n");
    out
}

impl<'a> Drawing<'a> {
    fn new(trace: &'a Trace, texts: &'a Texts) -> Self {
        let mut ways: Vec<_> = ways(trace).into_iter().filter(|way| !way.msg_id.is_empty()).collect();
        let mut remarks = Vec::new();
        let mut cut = |key, most: usize, count: usize| {
            if count > most {
                remarks.push(texts.say(&Message::new(key).showing("most", most).showing("count", count)));
            }
        };
        cut("sim-drawn-messages", SIM_DRAWN_MESSAGES, ways.len());
        // What people said comes before what machines did by themselves.
        ways.sort_by_key(|way| (way.hops.is_empty(), way.marks.is_empty()));
        ways.truncate(SIM_DRAWN_MESSAGES);
        ways.sort_by_key(Way::begin);
        let part = |way: &Way<'a>| {
            let hops = way.hops.iter().flat_map(|hop| [hop.from, hop.to]);
            hops.chain(way.marks.iter().map(|mark| mark.actor)).collect::<Vec<_>>()
        };
        // Whoever takes part first is shown first, in the order of the scenario.
        let mut actors = Vec::new();
        for actor in ways.iter().flat_map(part) {
            if !actors.contains(&actor) {
                actors.push(actor);
            }
        }
        cut("sim-drawn-actors", SIM_DRAWN_ACTORS, actors.len());
        actors.truncate(SIM_DRAWN_ACTORS);
        let columns: BTreeMap<usize, usize> = actors
            .into_iter()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .zip(0..)
            .collect();
        let seen = |hop: &Hop| columns.contains_key(&hop.from) && columns.contains_key(&hop.to);
        let mut hops: Vec<_> = (1..)
            .zip(&ways)
            .flat_map(|(number, way)| way.hops.iter().map(move |hop| (number, *hop)))
            .filter(|(_, hop)| seen(hop))
            .collect();
        cut("sim-drawn-hops", SIM_DRAWN_HOPS, hops.len());
        hops.truncate(SIM_DRAWN_HOPS);
        let step = (1100 / columns.len().max(1)).clamp(96, 230);
        let mut drawing = Self {
            trace,
            texts,
            ways,
            hops,
            marks: Vec::new(),
            columns,
            rows: BTreeMap::new(),
            begin: Instant::ZERO,
            remarks,
            step,
            top: 0,
        };
        let explained = drawing.ways.iter().filter(|way| way.first().is_some()).count();
        drawing.top = 52 + LINE * (explained + drawing.remarks.len() + 1);
        drawing.measure();
        drawing
    }

    /// Gives each moment its height.
    fn measure(&mut self) {
        let moments = |hop: &Hop| [Some(hop.sent), hop.arrived];
        let mut times: BTreeSet<Instant> = self.hops.iter().flat_map(|(_, hop)| moments(hop)).flatten().collect();
        let shown: BTreeSet<&str> = self.ways.iter().map(|way| way.msg_id).collect();
        let (first, last) = (times.first().copied(), times.last().copied());
        let during = |at: Instant| first.is_some_and(|first| at >= first) && last.is_some_and(|last| at <= last);
        for mark in &self.trace.marks {
            let wanted = if mark.msg_id.is_empty() {
                during(mark.at)
            } else {
                // After arrows that were left out, nothing more is told.
                shown.contains(mark.msg_id.as_str()) && (during(mark.at) || self.hops.len() < SIM_DRAWN_HOPS)
            };
            if wanted && self.columns.contains_key(&mark.actor) {
                self.marks.push(mark);
            }
        }
        times.extend(self.marks.iter().map(|mark| mark.at));
        self.begin = times.first().copied().unwrap_or_default();
        let mut before = self.begin;
        let mut y = self.top + HEAD;
        for time in times {
            if time > before {
                let micros = usize::try_from(time.since(before).as_micros()).unwrap_or(usize::MAX);
                y += (micros / 400).clamp(22, 64);
            }
            self.rows.insert(time, y);
            before = time;
        }
    }

    fn size(&self) -> (usize, usize) {
        let last = self.rows.last_key_value().map_or(self.top + HEAD, |(_, y)| *y);
        // The words of the last lifeline stand to its right.
        (
            (MARGIN + self.step * self.columns.len().max(2) + 120).max(720),
            last + 70,
        )
    }

    fn x(&self, actor: usize) -> usize {
        MARGIN + self.step / 2 + self.columns.get(&actor).copied().unwrap_or(0) * self.step
    }

    fn y(&self, at: Instant) -> usize {
        self.rows.get(&at).copied().unwrap_or(self.top + HEAD)
    }

    fn description(&self) -> String {
        let message = Message::new("sim-drawn-description")
            .showing("actors", self.columns.len())
            .showing("messages", self.ways.len())
            .showing("arrows", self.hops.len());
        self.texts.say(&message)
    }

    /// Which number stands for which message, and what is not shown.
    fn legend(&self, out: &mut String) {
        let mut y = 58;
        let mut row = |class: &str, words: &str| {
            let _ = writeln!(
                out,
                "<text class=\"{class}\" x=\"24\" y=\"{y}\">{}</text>",
                escaped(words)
            );
            y += LINE;
        };
        for (number, way) in (1..).zip(&self.ways) {
            let Some(first) = way.first() else { continue };
            let message = Message::new("sim-drawn-legend")
                .showing("number", number)
                .with("kind", visible(&first.kind).into_owned())
                .with("from", name(self.trace, first.from))
                .showing("at", way.begin())
                .with("id", visible(way.msg_id).into_owned());
            row(&format!("legend {}", colour(&first.kind)), &self.texts.say(&message));
        }
        for remark in &self.remarks {
            row("remark", remark);
        }
        if self.ways.is_empty() {
            row("remark", &self.texts.get("sim-trace-nothing"));
        }
    }

    fn lifelines(&self, out: &mut String, height: usize) {
        let (top, bottom) = (self.top, height - 40);
        for &actor in self.columns.keys() {
            let (x, name) = (self.x(actor), name(self.trace, actor));
            let whole = escaped(&name);
            // About eight pixels for a character.
            let short = escaped(&shortened(&name, (self.step / 9).min(WORDS)));
            let (left, width) = (x - self.step / 2 + 5, self.step - 10);
            let _ = writeln!(
                out,
                "<g><title>{whole}</title><line class=\"life\" x1=\"{x}\" y1=\"{top}\" x2=\"{x}\" y2=\"{bottom}\"/>"
            );
            for y in [top - 14, bottom] {
                let _ = writeln!(
                    out,
                    "<rect class=\"name\" x=\"{left}\" y=\"{y}\" width=\"{width}\" height=\"26\" rx=\"6\"/>\
                     <text class=\"who\" x=\"{x}\" y=\"{}\">{short}</text>",
                    y + 18
                );
            }
            out.push_str("</g>\n");
        }
    }

    /// Moments at the left edge, where there is room for them, and silences that were cut short.
    fn times(&self, out: &mut String, width: usize) {
        let (label, right) = (MARGIN - 12, width - 24);
        let unit = self.top + 4;
        let _ = writeln!(out, "<text class=\"time\" x=\"{label}\" y=\"{unit}\">ms</text>");
        let mut before: Option<(Instant, usize)> = None;
        for (&at, &y) in &self.rows {
            let after = in_language(&millis(at.since(self.begin)), self.texts);
            let text = y + 4;
            let _ = writeln!(
                out,
                "<line class=\"row\" x1=\"{MARGIN}\" y1=\"{y}\" x2=\"{right}\" y2=\"{y}\"/>\
                 <text class=\"time\" x=\"{label}\" y=\"{text}\">{after}</text>"
            );
            if let Some((_, from)) = before.filter(|(from, _)| at.since(*from) > SILENCE) {
                let middle = from.midpoint(y);
                let _ = writeln!(
                    out,
                    "<line class=\"silence\" x1=\"{MARGIN}\" y1=\"{middle}\" x2=\"{right}\" y2=\"{middle}\"/>\
                     <text class=\"time\" x=\"{label}\" y=\"{}\">⋮</text>",
                    middle + 4
                );
            }
            before = Some((at, y));
        }
    }

    /// Arrows and what people were shown. What people were shown has fewer places to stand, so it gets them first.
    fn events(&self, out: &mut String, width: usize) {
        let arrows: Vec<Arrow> = self.hops.iter().map(|(number, hop)| self.arrow(*number, hop)).collect();
        let mut room = Room::new((pixels(MARGIN), pixels(width) - 24.0));
        for (from, to) in arrows.iter().map(Arrow::ends) {
            room.line(from, to);
        }
        let mut marks = String::new();
        for mark in &self.marks {
            self.mark(&mut marks, mark, &mut room);
        }
        for arrow in &arrows {
            let (from, to) = arrow.ends();
            arrow.draw(out, room.beside(from, to, &arrow.label));
        }
        out.push_str(&marks);
    }

    fn arrow(&self, number: usize, hop: &Hop) -> Arrow {
        let ttl = hop.ttl.map(|ttl| format!(" ttl {ttl}")).unwrap_or_default();
        let lost = self.texts.get("sim-trace-lost");
        let took = hop
            .arrived
            .map_or(lost, |arrived| format!("{} ms", millis(arrived.since(hop.sent))));
        let (from, to) = (name(self.trace, hop.from), name(self.trace, hop.to));
        let kind = visible(&hop.kind);
        Arrow {
            from: (self.x(hop.from), self.y(hop.sent)),
            to: (self.x(hop.to), hop.arrived.map(|arrived| self.y(arrived))),
            class: colour(&kind),
            label: format!("{number} {kind}{ttl}"),
            title: escaped(&format!("{number} {kind}{ttl}: {from} → {to}, {took}")),
        }
    }

    fn mark(&self, out: &mut String, mark: &Mark, room: &mut Room) {
        let (x, y) = (self.x(mark.actor), self.y(mark.at));
        let number = self
            .ways
            .iter()
            .position(|way| way.msg_id == mark.msg_id)
            .filter(|_| !mark.msg_id.is_empty());
        let number = number.map(|at| format!("{} ", at + 1)).unwrap_or_default();
        let whole = format!("{number}{}", told(mark, self.texts));
        let short = shortened(&whole, WORDS);
        let words = room.around((pixels(x), pixels(y)), &short).at;
        let class = if mark.msg_id.is_empty() { "fault" } else { "told" };
        let _ = writeln!(
            out,
            "<g class=\"{class}\"><title>{}</title><circle cx=\"{x}\" cy=\"{y}\" r=\"4.5\"/>\
             <text class=\"mark\" x=\"{:.1}\" y=\"{:.1}\">{}</text></g>",
            escaped(&whole),
            words.0,
            words.1,
            escaped(&short)
        );
    }
}

/// The class of a kind of message; what it is called stands at each arrow too.
fn colour(kind: &str) -> &'static str {
    match kind {
        "SEND" => "send",
        "PUB" => "pub",
        "ACK" => "ack",
        "WHO_HAS" | "WHO_HAS_HIT" => "search",
        kind if kind.contains("ERR") || kind.contains("NACK") || kind.contains("FAIL") => "bad",
        _ => "other",
    }
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// As text and attributes of XML hold it. Control characters are gone before: no XML may hold them.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in visible(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(character),
        }
    }
    out
}

/// Colours that can be told apart by most eyes, on white and on dark.
const STYLE: &str = "
svg { --page: #ffffff; --ink: #1c2430; --soft: #66707f; --line: #c3cad4; --faint: #eef1f5; --box: #f4f6f9;
  --send: #0b5fb3; --pub: #1a7a3c; --ack: #5b6573; --search: #a35200; --bad: #b3202c; --other: #6b3fa0; }
@media (prefers-color-scheme: dark) { svg { --page: #14181f; --ink: #e6eaf0; --soft: #99a4b3; --line: #4a5463;
  --faint: #1f252e; --box: #202732; --send: #6db3ff; --pub: #6fd08c; --ack: #aab4c2; --search: #ffb366; --bad: #ff8088;
  --other: #c3a3f5; } }
text { font: 12px system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; fill: var(--ink); }
.page { fill: var(--page); }
.title { font-size: 18px; font-weight: 600; }
.legend { font-size: 13px; fill: var(--c); }
.remark { font-style: italic; fill: var(--soft); }
.life { stroke: var(--line); stroke-width: 2; }
.name { fill: var(--box); stroke: var(--line); }
.who { text-anchor: middle; font-weight: 600; font-size: 13px; }
.time { text-anchor: end; fill: var(--soft); font-variant-numeric: tabular-nums; }
.row { stroke: var(--faint); }
.silence { stroke: var(--line); stroke-dasharray: 2 6; }
.send { --c: var(--send); } .pub { --c: var(--pub); } .ack { --c: var(--ack); }
.search { --c: var(--search); } .bad { --c: var(--bad); } .other { --c: var(--other); }
.arrow line { stroke: var(--c); stroke-width: 1.6; }
.arrow polygon { fill: var(--c); }
.arrow text, .mark { paint-order: stroke; stroke: var(--page); stroke-width: 4px; stroke-linejoin: round; }
.arrow text { text-anchor: middle; fill: var(--c); font-size: 11.5px; }
.lost line { stroke-dasharray: 5 4; }
.lost .cross { stroke-dasharray: none; stroke-width: 2.4; stroke: var(--bad); }
.told circle { fill: var(--ink); }
.fault circle { fill: var(--bad); } .fault text { fill: var(--bad); font-weight: 600; }
";

#[cfg(test)]
mod tests;
