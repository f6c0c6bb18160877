//! What requests of the HTTP API say (docs/protocol.md 6.8).

use super::authors::{Asker, Fate};
use super::speech::Words;
use super::staged::By;
use super::{Author, Hub, Output, Post};

use crate::error::Code;
use crate::id::RequestId;
use crate::time::Instant;

impl Hub {
    /// Somebody says something by a request of its own.
    pub(super) fn on_post(&mut self, now: Instant, post: Post) {
        let request = post.request;
        if self.ending || self.staged.is_full() {
            return self.refuse_post(
                request,
                Code::Busy,
                "the hub has no room for it now; send it again later",
            );
        }
        if let Some(rate) = self.session_rate
            && !self.admission.may_post(post.source, rate, now)
        {
            return self.refuse_post(
                request,
                Code::OverQuota,
                "too many messages from this address; slow down",
            );
        }
        // Nobody speaks in the name of somebody who is here. With tokens it is known whose name it is.
        if !self.require_token && self.nicks.contains_key(&post.nick.key()) {
            let detail = format!("{} is here just now; post under another name", post.nick);
            return self.refuse_post(request, Code::Unauthorized, &detail);
        }
        let author = Author::of_post(post.nick.as_str(), &post.room);
        let again = post.msg_id.is_some();
        self.posts.insert(request, post);
        if again && !self.knows(author) {
            return self.ask_disk(author, Asker::Post(request));
        }
        self.on_poster_known(now, request);
    }

    /// It is known what the sender of a request has said.
    pub(super) fn on_poster_known(&mut self, now: Instant, request: RequestId) {
        let Some(post) = self.posts.remove(&request) else {
            return;
        };
        let author = post
            .msg_id
            .as_ref()
            .map(|_| Author::of_post(post.nick.as_str(), &post.room));
        if let (Some(author), Some(msg_id)) = (author, &post.msg_id) {
            match self.authors.fate(author, msg_id) {
                Some(&Fate::Said(key)) => {
                    let result = Ok((msg_id.clone(), key));
                    return self.emit(Output::Posted { request, result });
                }
                Some(_) => {
                    let detail = "the same message is being kept just now; ask again";
                    return self.refuse_post(request, Code::Busy, detail);
                }
                None => {}
            }
        }
        let Some(room) = self.rooms.open(&post.room) else {
            return self.refuse_post(request, Code::Busy, "the hub holds no more rooms");
        };
        // Nobody may ever enter it, and what was said there is still to be found.
        let name = post.room.clone();
        self.emit(Output::RoomOpened { room, name });
        self.utter(
            now,
            Words {
                room,
                by: By::Post(request),
                label: post.nick.as_str().into(),
                name: post.nick.to_string(),
                msg_id: post.msg_id,
                author,
                payload: post.payload,
            },
        );
        if let Some(room) = self.rooms.rest(room) {
            self.emit(Output::RoomClosed { room });
        }
    }

    fn refuse_post(&mut self, request: RequestId, code: Code, detail: &str) {
        let result = Err((code, detail.to_owned()));
        self.outbox.push_back(Output::Posted { request, result });
    }
}
