//! The half of papo that touches the world: sockets, disk, terminal, browser.

pub mod error;
pub mod shutdown;
pub mod telemetry;
pub mod text;
