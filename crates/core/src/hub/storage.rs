//! What waits for the disk, and what becomes of it (docs/semantics.md).

use super::authors::{Asker, Fate};
use super::staged::{By, Speech, Staged, Undone};
use super::{Acked, Author, Hub, Notice, Output, RelayReply, Remark, Restored, Ticket};

use crate::error::Code;
use crate::id::{MsgId, SessionId};
use crate::planted::{Bug, planted};
use crate::time::Instant;
use crate::wire::session::Frame;

/// What whoever said it is told about a message that could not be kept.
const DETAIL: &str = "the hub could not keep it, so it was not said; send it again later";

impl Hub {
    /// Does something in its turn: at once if nothing waits for the disk.
    pub(super) fn stage(&mut self, now: Instant, staged: Staged) {
        if self.staged.is_empty() {
            self.unstage(now, staged);
        } else {
            self.staged.push(staged);
        }
    }

    /// An output that others notice, in its turn.
    pub(super) fn emit(&mut self, output: Output) {
        if self.staged.is_empty() {
            self.outbox.push_back(output);
        } else {
            self.staged.push(Staged::Output(Box::new(output)));
        }
    }

    fn unstage(&mut self, now: Instant, staged: Staged) {
        match staged {
            Staged::Output(output) => self.outbox.push_back(*output),
            Staged::Said(speech) => self.publish(now, *speech),
            Staged::Notice {
                room,
                entry,
                envelope,
                from,
            } => self.notify(now, room, *entry, envelope.as_deref(), from),
            Staged::Join {
                session,
                room,
                after,
                enters,
            } => self.admit_to_log(session, room, after, enters),
            Staged::Again {
                session,
                author,
                msg_id,
            } => self.answer_again(session, author, &msg_id),
            Staged::Relayed { request } => {
                let reply = RelayReply::Ok { hub: self.id };
                self.outbox.push_back(Output::RelayReply { request, reply });
            }
        }
    }

    /// Everything up to `through` is safe.
    pub(super) fn on_stored(&mut self, now: Instant, through: Ticket) {
        let mut later = Vec::new();
        while let Some(staged) = self.staged.pop_safe(through) {
            if planted(Bug::StagedReversed) && matches!(staged, Staged::Said(_)) {
                later.push(staged);
            } else {
                self.unstage(now, staged);
            }
        }
        for staged in later.into_iter().rev() {
            self.unstage(now, staged);
        }
        self.let_speak(now);
    }

    /// Nothing that waits will ever be safe: whoever said it is told, and it is as if it had never been said.
    pub(super) fn on_store_failed(&mut self, now: Instant, epoch: u32, detail: &str) {
        if !self.staged.fail(epoch) {
            return;
        }
        self.outbox.push_back(Output::Remark(Remark::NotStored {
            messages: self.staged.speeches().count(),
            detail: detail.to_owned(),
        }));
        let Self {
            staged,
            rooms,
            federation,
            ..
        } = self;
        for speech in staged.speeches() {
            match &speech.undo {
                Undone::Own(seq) => {
                    if let Some(room) = speech.room.and_then(|room| rooms.get_mut(room))
                        && !planted(Bug::NumbersLost)
                    {
                        room.give_back(*seq);
                    }
                }
                Undone::Head(_) if planted(Bug::HeadsKept) => {}
                Undone::Head(undo) => federation.rewind(undo),
            }
        }
        for staged in self.staged.take() {
            match staged {
                Staged::Said(speech) => self.refuse(&speech),
                Staged::Output(output) => match *output {
                    // It waited for what was to be kept about it, and may not go out without.
                    Output::Post { link, .. } => {
                        self.federate(now, |federation, to| federation.take_back(link, to));
                    }
                    other => self.outbox.push_back(other),
                },
                Staged::Relayed { request } => {
                    let reply = RelayReply::Busy;
                    self.outbox.push_back(Output::RelayReply { request, reply });
                }
                other => self.unstage(now, other),
            }
        }
        self.let_speak(now);
    }

    /// The same message again, behind the first: what became of that one.
    fn answer_again(&mut self, session: SessionId, author: Author, msg_id: &MsgId) {
        let frame = match self.authors.fate(author, msg_id) {
            Some(&Fate::Said(key)) => Frame::said(msg_id, key),
            Some(_) => Frame::Error {
                code: Code::BadFormat,
                reference: msg_id.as_str(),
                detail: "this msg_id was used for a SEND",
            },
            None => Frame::Error {
                code: Code::Storage,
                reference: msg_id.as_str(),
                detail: DETAIL,
            },
        };
        let frame = frame.to_json();
        self.outbox.push_back(Output::Reply { session, frame });
    }

    /// Tells whoever said it that it was not said.
    fn refuse(&mut self, speech: &Speech) {
        let msg_id = speech.said.entry.id.clone();
        if let (Some(author), Some(msg_id)) = (speech.said.author, &msg_id) {
            self.authors.forget(author, msg_id);
        }
        match speech.by {
            By::Elsewhere => {}
            By::Text(session) => self.outbox.push_back(Output::Notice {
                session,
                notice: Notice::NotKept,
            }),
            By::Session(session) => {
                let reference = msg_id.map_or_else(String::new, |id| id.to_string());
                let frame = Frame::Error {
                    code: Code::Storage,
                    reference: &reference,
                    detail: DETAIL,
                };
                let frame = frame.to_json();
                self.outbox.push_back(Output::Reply { session, frame });
            }
            By::Post(request) => self.outbox.push_back(Output::Posted {
                request,
                result: Err((Code::Storage, DETAIL.to_owned())),
            }),
        }
    }

    /// Those who were held may speak on once there is room.
    fn let_speak(&mut self, now: Instant) {
        while self.staged.has_room()
            && let Some(session) = self.staged.held.pop_first()
        {
            self.speak(now, session);
        }
    }

    /// What an author has sent is known now.
    pub(super) fn on_acked(&mut self, now: Instant, author: Author, acked: Vec<Acked>) {
        for asker in self.authors.answered(author, acked) {
            match asker {
                Asker::Session(session) => self.on_author_known(now, session),
                Asker::Post(request) => self.on_poster_known(now, request),
            }
        }
    }

    /// What was kept of an earlier life.
    pub(super) fn on_restored(&mut self, now: Instant, restored: &Restored) {
        match restored {
            Restored::Head {
                room,
                origin,
                seq,
                position,
            } => {
                let key = super::Key {
                    origin: *origin,
                    seq: *seq,
                };
                let id = self.rooms.restore(room);
                self.rooms.restored(id, self.id, key);
                self.federation.restore_head(room, key, now);
                self.restored_through(*position);
            }
            Restored::Waiting { link, said } => {
                let home = self
                    .rooms
                    .get(super::room::Rooms::HOME)
                    .is_some_and(|room| room.name == said.room);
                self.restored_through(said.entry.position);
                self.federate(now, |federation, to| {
                    federation.restore_waiting(*link, said, home, to);
                });
            }
        }
    }

    fn restored_through(&mut self, position: super::Position) {
        self.end = self.end.max(position);
        self.placed = self.end;
    }
}
