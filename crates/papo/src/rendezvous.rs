//! `papo rendezvous`: a registry where peers find each other.

pub mod journal;

use crate::config::RendezvousSettings;
use crate::error::{Exit, Failure};
use crate::shutdown::Shutdown;

/// Runs a registry until `shutdown`.
///
/// # Errors
///
/// When the address cannot be bound, or the data cannot be kept.
pub async fn serve(settings: RendezvousSettings, mut shutdown: Shutdown) -> Result<Exit, Failure> {
    tracing::info!(listen = %settings.listen, "a registry");
    shutdown.wait().await;
    Ok(Exit::Done)
}
