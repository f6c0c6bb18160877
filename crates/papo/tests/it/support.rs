//! Hubs, clients and doubles of other programs.

pub(crate) mod connect;
pub(crate) mod folder;
pub(crate) mod http;
pub(crate) mod hub;
pub(crate) mod log;
pub(crate) mod lumps;
pub(crate) mod old_server;
pub(crate) mod old_service;
pub(crate) mod peer;
pub(crate) mod port;
pub(crate) mod process;
pub(crate) mod registry;
pub(crate) mod rendezvous;
pub(crate) mod scripted_hub;
pub(crate) mod session;
pub(crate) mod tcp;
pub(crate) mod websocket;

use std::time::Duration;

/// Nothing here takes that long on a machine that works.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
