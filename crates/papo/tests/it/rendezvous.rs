//! `papo rendezvous`, the real program over real sockets and files (docs/protocol.md section 1).

mod client;
mod crash;
mod crowd;
mod framing;
mod inside;
mod lifecycle;
mod limits;
mod storage;
