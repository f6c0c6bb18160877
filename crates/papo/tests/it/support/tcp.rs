//! A client of the TCP text door that sends exact bytes.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};

use super::PATIENCE;

pub(crate) struct TcpClient {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
}

impl TcpClient {
    /// Connects, sends nothing and knows nothing of the room yet.
    pub(crate) fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).unwrap())
    }

    /// Connects and waits until the hub has put it into its room.
    pub(crate) fn enter(address: SocketAddr) -> Self {
        let mut client = Self::connect(address);
        client.send("\n");
        client.expect_hint();
        client
    }

    /// The same without ever sending a newline, as old clients do: one write is one message.
    pub(crate) fn enter_old(address: SocketAddr) -> Self {
        let mut client = Self::connect(address);
        client.send(" ");
        client.expect_hint();
        client
    }

    /// The same for a client whose side of the connection holds few bytes.
    pub(crate) fn enter_small(address: SocketAddr) -> Self {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        socket.connect(&address.into()).unwrap();
        let mut client = Self::over(socket.into());
        client.send("\n");
        client.expect_hint();
        client
    }

    fn over(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        let reader = BufReader::new(stream.try_clone().unwrap());
        Self { stream, reader }
    }

    fn expect_hint(&mut self) {
        let (label, text) = self.line("the hub's hint");
        assert!(
            label == "*" && text.starts_with("You are "),
            "waited for the hub's hint and got {text:?} from {label:?}"
        );
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
    }

    /// Nothing more will be sent; reading goes on.
    pub(crate) fn end_input(&self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// Ends the connection with a reset, as a machine that crashed does.
    pub(crate) fn reset(self) {
        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).unwrap();
    }

    /// The next line, of whatever kind: its label and its text.
    pub(crate) fn next(&mut self) -> (String, String) {
        self.line("a line")
    }

    /// Asserts that the next line is this one, stamped with a minute.
    pub(crate) fn expect(&mut self, label: &str, text: &str) {
        let (got_label, got_text) = self.line(&format!("{text:?} from {label:?}"));
        assert_eq!(
            (got_label.as_str(), got_text.as_str()),
            (label, text),
            "another line came"
        );
    }

    /// Asserts that the next line is the hub's own and holds `words`.
    pub(crate) fn expect_notice(&mut self, words: &str) {
        let (label, text) = self.line(&format!("a notice that holds {words:?}"));
        assert!(
            label == "*" && text.contains(words),
            "waited for a notice that holds {words:?} and got {text:?} from {label:?}"
        );
    }

    /// Reads on until this line comes.
    pub(crate) fn until(&mut self, label: &str, text: &str) {
        while self.line(&format!("{text:?} from {label:?}")) != (label.to_owned(), text.to_owned()) {}
    }

    /// All lines up to the end of the connection.
    pub(crate) fn rest(mut self) -> Vec<(String, String)> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            match self.reader.read_line(&mut line) {
                Ok(0) => return lines,
                Ok(_) => lines.push(parts(&line)),
                Err(error) => panic!("waited for the end of the connection after {lines:?}: {error}"),
            }
        }
    }

    /// Reads and throws away until the connection ends, by a reset too; how many bytes that were.
    pub(crate) fn drain(mut self) -> u64 {
        let mut bytes = 0;
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match self.reader.read(&mut buffer) {
                Ok(0) => return bytes,
                Ok(length) => bytes += length as u64,
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return bytes,
                Err(error) => panic!("waited for the end of the connection after {bytes} bytes: {error}"),
            }
        }
    }

    fn line(&mut self, awaited: &str) -> (String, String) {
        let mut line = String::new();
        match self.reader.read_line(&mut line) {
            Ok(0) => panic!("waited for {awaited}, but the connection ended"),
            Ok(_) => parts(&line),
            Err(error) => panic!("waited in vain for {awaited}; there is only {line:?} ({error})"),
        }
    }
}

/// `<label> | <YYYY-MM-DD HH:MM> | <text>` and a newline.
fn parts(line: &str) -> (String, String) {
    let parts: Vec<&str> = line.splitn(3, " | ").collect();
    let [label, stamp, text] = parts[..] else {
        panic!("a line without its three parts: {line:?}");
    };
    let shape: String = stamp
        .chars()
        .map(|character| if character.is_ascii_digit() { '0' } else { character })
        .collect();
    assert_eq!(shape, "0000-00-00 00:00", "the stamp of {line:?}");
    let text = text
        .strip_suffix('\n')
        .unwrap_or_else(|| panic!("no newline ends {line:?}"));
    (label.to_owned(), text.to_owned())
}
