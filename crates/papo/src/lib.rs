//! The half of papo that touches the world: sockets, disk, terminal, browser.

mod archive;
pub mod check;
pub mod cli;
mod clock;
pub mod config;
pub mod connect;
pub mod error;
pub mod health;
pub mod hub;
mod lock;
mod net;
pub mod node;
pub mod rendezvous;
pub mod shutdown;
pub mod sim;
pub mod telemetry;
mod terminal;
pub mod text;
