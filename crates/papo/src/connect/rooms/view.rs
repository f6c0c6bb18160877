//! What is shown of a conversation: what was said on stdout, everything else on stderr; or one object a line.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;

use papo_core::hub::Key;
use papo_core::id::RoomName;
use papo_core::limits::CLIENT_SLOW_ACK;
use papo_core::time::UtcMillis;
use papo_core::wire::session::Said;
use papo_core::wire::text::visible;
use serde_json::{Map, Value, json};

use super::event::Event;
use super::outbox::{Item, To};
use crate::connect::screen::Screen;
use crate::text::Message;

/// Where a conversation is seen.
pub(super) struct View {
    screen: Screen,
    json: bool,
    /// Somebody sits there, who likes to know that a message has arrived.
    interactive: bool,
    url: String,
}

impl View {
    pub(super) fn new(screen: Screen, json: bool, interactive: bool, url: String) -> Self {
        Self {
            screen,
            json,
            interactive,
            url,
        }
    }

    pub(super) fn screen(&mut self) -> &mut Screen {
        &mut self.screen
    }

    /// Shows what happened. An error means that nobody reads any more.
    pub(super) fn tell(&mut self, event: &Event) -> io::Result<()> {
        if self.json {
            if let Some(object) = object(event, &self.url) {
                return self.screen.print(&harmless(&object.to_string()));
            }
            // What has no object of its own is for whoever typed it.
            return self.sentence(event);
        }
        match event {
            Event::Message { said, .. } => self.screen.print(&line(said)),
            Event::Direct(direct) => {
                let line = format!("[{}] {}", visible(&direct.src), visible(&direct.payload));
                self.screen.print(&line)
            }
            Event::History {
                room,
                messages,
                complete,
                query,
            } => self.history(room, messages, *complete, query.as_deref()),
            other => self.sentence(other),
        }
    }

    /// The last event of all.
    pub(super) fn closed(&mut self, reason: &str) {
        if self.json {
            // Whoever reads no more needs no end.
            drop(
                self.screen
                    .print(&json!({"event": "closed", "reason": reason}).to_string()),
            );
        }
    }

    fn history(&mut self, room: &RoomName, messages: &[Said], complete: bool, query: Option<&str>) -> io::Result<()> {
        for said in messages {
            let minute = said.sent_at.minute(offset(said.sent_at));
            self.screen.print(&format!("{minute} {}", line(said)))?;
        }
        let key = match (query, messages.is_empty(), complete) {
            (Some(_), true, _) => "rooms-found-nothing",
            (Some(_), false, _) => "rooms-found",
            (None, _, true) => "rooms-history-whole",
            (None, _, false) => "rooms-history",
        };
        let message = Message::new(key).with("count", messages.len()).showing("room", room);
        self.screen
            .say(&message.with("query", visible(query.unwrap_or_default()).into_owned()));
        Ok(())
    }

    #[expect(
        clippy::unnecessary_wraps,
        reason = "the end of a match whose other arms write to stdout"
    )]
    fn sentence(&mut self, event: &Event) -> io::Result<()> {
        if let Some(message) = sentence(event, self.interactive) {
            self.screen.say(&message);
        }
        Ok(())
    }
}

/// `[ana@lobby → #lobby] Olá`.
fn line(said: &Said) -> String {
    let speaker = speaker(said);
    format!("[{} → #{}] {}", visible(&speaker), said.room, visible(&said.payload))
}

/// Whom people see: the label, where it is not the name.
fn speaker(said: &Said) -> String {
    match (&said.label, said.src.split_once('@')) {
        (Some(label), Some((_, room))) => format!("{label}@{room}"),
        (Some(label), None) => label.clone(),
        (None, _) => said.src.clone(),
    }
}

fn offset(at: UtcMillis) -> i32 {
    let millis = i64::try_from(at.get()).ok();
    let at = millis.and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok());
    at.map_or(0, |at| jiff::tz::TimeZone::system().to_offset(at).seconds())
}

/// What is said about it on stderr; `None` for what is not worth a line.
fn sentence(event: &Event, interactive: bool) -> Option<Message> {
    let message = match event {
        Event::Ready { nick, name, rooms, .. } => Message::new("rooms-ready")
            .showing("nick", nick)
            .with("hub", visible(name).into_owned())
            .showing("room", rooms.first()?),
        Event::Joined { room, members, count } => who("rooms-joined", members, *count).showing("room", room),
        Event::Members { room, members, count } => who("rooms-who", members, *count).showing("room", room),
        Event::Delivered { item, took, .. } => {
            // Calm: a direct message always, one to a room only where somebody may have begun to wonder.
            let worth = matches!(item.to, To::Session(_)) || *took > CLIENT_SLOW_ACK;
            if !interactive || !worth {
                return None;
            }
            Message::new("rooms-delivered")
                .with("to", shown(&item.to))
                .with("text", beginning(item))
        }
        Event::Failed { item, code, detail } => Message::new("rooms-failed")
            .with("to", shown(&item.to))
            .with("text", beginning(item))
            .with("code", visible(code).into_owned())
            .with("detail", visible(detail).into_owned()),
        Event::Gap {
            room, origin, from, to, ..
        } => Message::new("rooms-gap")
            .with("count", to.get().saturating_sub(from.get()).saturating_add(1))
            .showing("room", room)
            .with("hub", origin.to_string()[..8].to_owned()),
        Event::Presence { room, joined, left } => {
            let (came, went) = (names(joined), names(left));
            let key = match (joined.is_empty(), left.is_empty()) {
                (true, true) => return None,
                (false, true) => "rooms-came",
                (true, false) => "rooms-went",
                (false, false) => "rooms-came-and-went",
            };
            Message::new(key)
                .showing("room", room)
                .with("came", came)
                .with("went", went)
        }
        Event::Reconnecting { attempt, after, reason } => Message::new("rooms-reconnecting")
            .with("attempt", u64::from(*attempt))
            .with("seconds", format!("{:.1}", after.as_secs_f64()))
            .with("reason", reason.clone()),
        Event::Reconnected => Message::new("rooms-reconnected"),
        Event::Rooms { rooms, active } => {
            let list = rooms.iter().map(|room| {
                let mark = if active.as_ref() == Some(room) { "*" } else { "" };
                format!("#{room}{mark}")
            });
            Message::new("rooms-list").with("rooms", list.collect::<Vec<_>>().join(" "))
        }
        Event::Status { .. } => return Some(status(event)),
        Event::Error { code, detail } => Message::new("rooms-error")
            .with("code", visible(code).into_owned())
            .with("detail", visible(detail).into_owned()),
        Event::Say(message) => message.clone(),
        Event::Message { .. } | Event::Direct(_) | Event::Sent { .. } | Event::History { .. } => return None,
    };
    Some(message)
}

fn status(event: &Event) -> Message {
    let Event::Status {
        peer_id,
        connected,
        waiting,
        name,
        durable,
    } = event
    else {
        return Message::new("rooms-status-offline").with("waiting", 0_u64);
    };
    let key = match (connected, durable) {
        (false, _) => "rooms-status-offline",
        (true, true) => "rooms-status-durable",
        (true, false) => "rooms-status",
    };
    Message::new(key)
        .with("who", peer_id.as_ref().map(ToString::to_string).unwrap_or_default())
        .with("hub", visible(name).into_owned())
        .with("waiting", *waiting)
}

fn who(key: &'static str, members: &[String], count: u64) -> Message {
    Message::new(key).with("count", count).with("names", names(members))
}

/// The first of them.
fn names(names: &[String]) -> String {
    /// More do not fit a line.
    const NAMED: usize = 20;
    let mut text = String::new();
    for (at, name) in names.iter().take(NAMED).enumerate() {
        // Writing into a String cannot fail.
        let _ = write!(text, "{}{}", if at == 0 { "" } else { ", " }, visible(name));
    }
    if names.len() > NAMED {
        text.push_str(", …");
    }
    text
}

fn shown(to: &To) -> String {
    match to {
        To::Room(room) => format!("#{room}"),
        To::Session(address) => address.to_string(),
    }
}

/// As much of a message as tells which one it was.
fn beginning(item: &Item) -> String {
    const CHARS: usize = 30;
    let text = visible(&item.payload);
    let mut kept: String = text.chars().take(CHARS).collect();
    if kept.len() < text.len() {
        kept.push('…');
    }
    kept
}

/// The same JSON, with escapes for what would move a cursor or reorder a line where somebody looks at it.
fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        let mut buffer = [0; 4];
        let piece: &str = character.encode_utf8(&mut buffer);
        if matches!(visible(piece), Cow::Borrowed(_)) {
            out.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing into a String cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

/// An event for programs; `None` where there is none.
fn object(event: &Event, url: &str) -> Option<Value> {
    let value = match event {
        Event::Ready {
            nick,
            rooms,
            hub,
            name,
            durable,
        } => json!({"event": "ready", "url": url, "nick": nick, "rooms": rooms, "hub": hub, "name": name,
            "durable": durable}),
        Event::Joined { room, members, count } => {
            json!({"event": "joined", "room": room, "members": members, "count": count})
        }
        Event::Members { room, members, count } => {
            json!({"event": "who", "room": room, "members": members, "count": count})
        }
        Event::Message { said, replayed } => {
            let replayed = Some(("replayed", json!(replayed)));
            with(message(said), &[("event", json!("message"))], replayed)
        }
        Event::Direct(direct) => json!({"event": "direct", "msg_id": direct.msg_id, "src": direct.src,
            "dst": direct.dst, "payload": direct.payload, "sent_at": direct.sent_at}),
        Event::Sent { msg_id, to } => with(json!({"event": "sent", "msg_id": msg_id}), &[place(to)], None),
        Event::Delivered { item, key, from, .. } => {
            let value = json!({"event": "delivered", "msg_id": item.msg_id});
            let from = from.as_ref().map(|from| ("from", json!(from)));
            with(value, &numbered(*key), from)
        }
        Event::Failed { item, code, detail } => {
            json!({"event": "failed", "msg_id": item.msg_id, "code": code, "detail": detail})
        }
        Event::Gap {
            room,
            origin,
            from,
            to,
            reason,
        } => json!({"event": "gap", "room": room, "origin": origin, "from": from, "to": to, "reason": reason}),
        Event::Presence { room, joined, left } => {
            json!({"event": "presence", "room": room, "joined": joined, "left": left})
        }
        Event::History {
            room,
            messages,
            complete,
            query,
        } => {
            let messages: Vec<Value> = messages.iter().map(message).collect();
            let value = json!({"event": "history", "room": room, "messages": messages, "complete": complete});
            with(value, &[], query.as_ref().map(|query| ("query", json!(query))))
        }
        other => return state(other),
    };
    Some(value)
}

/// The same for how it stands.
fn state(event: &Event) -> Option<Value> {
    let value = match event {
        Event::Reconnecting { attempt, after, reason } => json!({"event": "reconnecting", "attempt": attempt,
            "in_ms": u64::try_from(after.as_millis()).unwrap_or(u64::MAX), "reason": cause(reason)}),
        Event::Reconnected => json!({"event": "reconnected"}),
        Event::Rooms { rooms, active } => json!({"event": "rooms", "rooms": rooms, "active": active}),
        Event::Status {
            peer_id,
            connected,
            waiting,
            durable,
            ..
        } => json!({"event": "status", "peer_id": peer_id.as_ref().map(ToString::to_string), "connected": connected,
            "waiting": waiting, "durable": durable}),
        Event::Error { code, detail } => json!({"event": "error", "code": code, "detail": detail}),
        _ => return None,
    };
    Some(value)
}

/// Why a connection ended, in one word.
fn cause(reason: &Message) -> &'static str {
    match reason.key() {
        "error-connect-closed" | "rooms-closed" => "closed",
        "error-connect-lost" => "lost",
        "error-connect-slow" => "slow",
        "error-rooms-refused" => "refused",
        "error-rooms-status" => "no_papo",
        "rooms-hello-refused" => "hello_refused",
        "rooms-silent" => "silent",
        _ => "failed",
    }
}

fn message(said: &Said) -> Value {
    let value = json!({"room": said.room, "msg_id": said.msg_id, "src": said.src, "payload": said.payload,
        "sent_at": said.sent_at});
    let label = said.label.as_ref().map(|label| ("label", json!(label)));
    with(value, &numbered(said.key), label)
}

fn numbered(key: Option<Key>) -> Vec<(&'static str, Value)> {
    key.map(|key| vec![("origin", json!(key.origin)), ("seq", json!(key.seq))])
        .unwrap_or_default()
}

fn place(to: &To) -> (&'static str, Value) {
    match to {
        To::Room(room) => ("room", json!(room)),
        To::Session(address) => ("dst", json!(address.to_string())),
    }
}

fn with(mut value: Value, more: &[(&'static str, Value)], last: Option<(&'static str, Value)>) -> Value {
    let map: Option<&mut Map<String, Value>> = value.as_object_mut();
    if let Some(map) = map {
        let all = more.iter().cloned().chain(last);
        map.extend(all.map(|(key, value)| (key.to_owned(), value)));
    }
    value
}

#[cfg(test)]
mod tests;
