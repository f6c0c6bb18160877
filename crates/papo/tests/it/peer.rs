//! `papo peer`: real nodes on this machine.

mod chat;
mod life;
mod old;
mod relays;
