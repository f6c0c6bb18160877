//! Rooms that lose nothing (docs/semantics.md, R1 to R9), through every door of a running hub.

mod api;
mod conversation;
mod history;
mod linked;
mod nonsense;
mod resume;
mod slow;
mod tokens;
