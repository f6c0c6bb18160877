//! The measure: a server that accepts, reads a line, writes one and closes, and does nothing else.

use std::io::Write;
use std::net::Ipv4Addr;
use std::sync::Arc;

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Makes this program the server.
pub(crate) const OPTION: &str = "--plain-server";

/// Answers until it is killed, on a runtime like that of papo.
pub(crate) fn serve(reply_bytes: usize) -> Result<()> {
    let mut reply = b"{\"status\":\"OK\"".to_vec();
    reply.resize(reply_bytes.saturating_sub(2).max(reply.len()), b' ');
    reply.extend(b"}\n");
    let reply: Arc<[u8]> = reply.into();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        println!("{{\"listen\":\"{}\"}}", listener.local_addr()?);
        std::io::stdout().flush()?;
        loop {
            let (stream, _) = listener.accept().await?;
            let reply = Arc::clone(&reply);
            // A client that went away needs no answer.
            tokio::spawn(async move { drop(answer(stream, &reply).await) });
        }
    })
}

async fn answer(mut stream: TcpStream, reply: &[u8]) -> std::io::Result<()> {
    let mut line = Vec::with_capacity(256);
    while !line.ends_with(b"\n") && stream.read_buf(&mut line).await? > 0 {}
    stream.write_all(reply).await?;
    stream.shutdown().await
}
