//! A double of a slow network: what is sent through it arrives in lumps.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// A sender that is silent for this long has its lump delivered. Longer than any pause that ends a message.
const LUMP_SILENCE: Duration = Duration::from_millis(150);

/// Starts a relay to `server` for one client, and gives its address. Answers go back at once.
pub(crate) fn relay_to(server: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (client, _) = listener.accept().unwrap();
        let server = TcpStream::connect(server).unwrap();
        let (mut answers, mut back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
        thread::spawn(move || {
            let _ = io::copy(&mut answers, &mut back);
            let _ = back.shutdown(Shutdown::Write);
        });
        deliver(client, server);
    });
    address
}

fn deliver(mut client: TcpStream, mut server: TcpStream) {
    client.set_read_timeout(Some(LUMP_SILENCE)).unwrap();
    let (mut lump, mut buffer) = (Vec::new(), [0; 8192]);
    loop {
        let silent = match client.read(&mut buffer) {
            Ok(length @ 1..) => {
                lump.extend_from_slice(&buffer[..length]);
                continue;
            }
            Ok(0) => false,
            Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        };
        if server.write_all(&lump).is_err() {
            return;
        }
        lump.clear();
        if !silent {
            let _ = server.shutdown(Shutdown::Write);
            return;
        }
    }
}
