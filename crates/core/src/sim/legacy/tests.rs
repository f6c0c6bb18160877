//! Conversations of the scripted programs with nodes.

mod bounds;
mod complaints;
mod habits;
mod harm;
mod wires;

use std::time::Duration;

use super::*;
use wires::Wires;

const SECOND: Duration = Duration::from_secs(1);

fn peer(name: &str) -> PeerId {
    name.parse().unwrap()
}
