//! What whoever runs the hub reads about its links.

use papo_core::hub::{LinkKind, Remark};

use super::post::Poster;

/// Says it in the log.
pub(crate) fn log(remark: &Remark, poster: &Poster) {
    match remark {
        Remark::NotStored { messages, detail } => {
            tracing::error!(
                messages,
                detail,
                "what was said could not be kept, so it was not said: is the disk full?"
            );
        }
        Remark::BadRequest { session, detail } => {
            tracing::info!(session = session.0, detail, "a session asks for what makes no sense");
        }
        other => log_link(other, poster),
    }
}

fn log_link(remark: &Remark, poster: &Poster) {
    match *remark {
        Remark::NotStored { .. } | Remark::BadRequest { .. } => {}
        Remark::LinkUp { link, kind } => {
            let url = poster.url(link);
            match kind {
                LinkKind::Papo(hub) => tracing::info!(url, %hub, "link up: a papo hub"),
                LinkKind::Own => tracing::warn!(url, "this link leads back to this hub and is left alone"),
                LinkKind::Unknown => tracing::info!(url, "link up; the next answer will show what it is"),
                LinkKind::Legacy => {
                    tracing::info!(
                        url,
                        "link up: a service without message ids, which gets what is said in the first room"
                    );
                }
            }
        }
        Remark::LinkDown { link, waiting } => {
            tracing::warn!(url = poster.url(link), waiting, "link down: what is said waits for it");
        }
        Remark::LinkRefused { link, status } => {
            let advice = match status {
                401 => "both hubs need the same --link-secret-file, and clocks that agree",
                403 => "the other hub needs a --link to this one, or --trust its address",
                _ => "is the URL of the link right?",
            };
            tracing::warn!(
                url = poster.url(link),
                status,
                "the other hub refuses this one; what is said waits: {advice}"
            );
        }
        Remark::LinkRejected { link, status } => {
            tracing::warn!(
                url = poster.url(link),
                status,
                "the other hub refused a message, which is dropped"
            );
        }
        Remark::LinkUncertain { link } => {
            let url = poster.url(link);
            tracing::warn!(
                url,
                "a message may not have arrived; a second copy could be shown twice, so none is sent"
            );
        }
        Remark::OutboxFull { link } => {
            tracing::warn!(
                url = poster.url(link),
                "the outbox of this link is full: its oldest messages are dropped"
            );
        }
        Remark::Missed { origin, count } => {
            tracing::warn!(hub = %origin, count, "messages of another hub did not arrive");
        }
    }
}
