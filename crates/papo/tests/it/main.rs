//! The real binary over real sockets: its doors, its links, its clients, its beginning and its end.
//!
//! Nothing here waits for a duration: every wait is for an event, and a wait that is in vain says what it was for.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod archive;
mod check;
mod cli;
mod connect;
mod connect_rooms;
mod crash;
mod doors;
mod federation;
mod flush;
mod lifecycle;
mod load;
mod old_service;
mod page;
mod peer;
mod relay;
mod rendezvous;
mod rooms;
mod sim;
mod support;
mod tcp;
mod websocket;
