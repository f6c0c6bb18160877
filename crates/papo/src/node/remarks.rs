//! What is worth a line in a node's log.

use papo_core::node::Event;
use papo_core::rendezvous::client::Remark;

/// Says what happened to the node. What came from others is shown by its names only, which are debug-escaped.
pub(super) fn log(event: &Event) {
    match event {
        Event::NeighborUp {
            peer,
            direction,
            proven,
            address,
        } => tracing::info!(?peer, ?direction, proven, %address, "neighbor up"),
        Event::NeighborDown {
            peer,
            direction,
            reason,
        } => tracing::info!(?peer, ?direction, ?reason, "neighbor down"),
        Event::Message {
            kind,
            msg_id,
            src,
            dst,
            ttl,
            verified,
            via,
            ..
        } => tracing::info!(?kind, ?msg_id, ?src, ?dst, %ttl, verified, ?via, "message"),
        Event::Sent { msg_id, dst } => tracing::info!(?msg_id, ?dst, "sent"),
        Event::Delivered {
            msg_id,
            dst,
            after,
            verified,
        } => tracing::info!(?msg_id, ?dst, rtt = ?after, verified, "delivered"),
        Event::Failed {
            msg_id,
            dst,
            code,
            detail,
        } => tracing::info!(?msg_id, ?dst, %code, ?detail, "failed"),
        Event::Refused { code, about } => tracing::debug!(%code, ?about, "refused"),
        Event::Pong { peer, rtt } | Event::RttMeasured { peer, rtt } => tracing::info!(?peer, ?rtt, "rtt"),
        Event::Dropped { src, via, cause } => tracing::warn!(?src, ?via, ?cause, "message dropped"),
        Event::Impostor { peer, address } => {
            tracing::warn!(?peer, %address, "somebody claims a name without its key");
        }
        Event::PeerError { peer, code, detail } => tracing::info!(?peer, ?code, ?detail, "error from a peer"),
    }
}

/// Says what is odd about the rendezvous.
pub(super) fn log_rendezvous(remark: &Remark) {
    match remark {
        Remark::LeaseChanged { asked, got } => tracing::info!(?asked, ?got, "the rendezvous gives another lease"),
        Remark::EntriesSkipped(count) => tracing::debug!(count, "entries of the list make no sense"),
        Remark::Forgotten => tracing::info!("the rendezvous has forgotten this peer, which registers again"),
    }
}
