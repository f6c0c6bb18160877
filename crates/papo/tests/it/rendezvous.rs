//! `papo rendezvous`, the real program over real sockets and files (docs/protocol.md section 1).

mod framing;
mod inside;
mod lifecycle;
mod limits;
