//! The deciding half of papo: pure state machines.
//!
//! Nothing here opens a socket, reads a clock, draws a random number of its own or emits anything in an order that a
//! second run would not repeat. Time and seed come in, bytes come in, outputs are pulled: see [`hub::Hub`] for the
//! contract and the loop that drives it.

pub mod address;
pub mod error;
pub mod hub;
pub mod id;
pub mod identity;
pub mod limits;
pub mod node;
pub mod pace;
pub mod planted;
pub mod rendezvous;
pub mod rng;
pub mod seen;
pub mod sim;
pub mod suggest;
pub mod time;
pub mod timers;
pub mod wire;
