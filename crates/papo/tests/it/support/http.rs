//! HTTP in exact bytes: one request on a connection of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use super::PATIENCE;

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Response {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// `GET path` with more header lines, each without its line end.
pub(crate) fn get(address: SocketAddr, path: &str, headers: &[&str]) -> Response {
    exchange(address, &head("GET", address, path, headers))
}

/// `POST /relay` of a JSON body with more header lines.
pub(crate) fn post_relay(address: SocketAddr, body: &str, headers: &[&str]) -> Response {
    let length = format!("Content-Length: {}", body.len());
    let mut all = vec!["Content-Type: application/json", &length];
    all.extend(headers);
    exchange(
        address,
        &[&head("POST", address, "/relay", &all), body.as_bytes()].concat(),
    )
}

/// The head of a request.
pub(crate) fn head(method: &str, address: SocketAddr, path: &str, headers: &[&str]) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\n");
    for header in headers {
        head.push_str(header);
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    head.into_bytes()
}

/// Writes a request and reads its response.
pub(crate) fn exchange(address: SocketAddr, request: &[u8]) -> Response {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request).unwrap();
    let mut reader = BufReader::new(stream);
    let (first, headers) = read_head(&mut reader).unwrap_or_else(|| panic!("waited in vain for a response"));
    let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
    let mut response = Response {
        status: status.unwrap_or_else(|| panic!("no status line: {first:?}")),
        headers,
        body: String::new(),
    };
    if let Some(length) = response.header("content-length") {
        let mut body = vec![0; length.parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
        response.body = String::from_utf8(body).unwrap();
    }
    response
}

/// The first line of a request or response, and its headers; nothing when the connection ended before it.
pub(crate) fn read_head(reader: &mut impl BufRead) -> Option<(String, Vec<(String, String)>)> {
    let mut line = || {
        let mut line = String::new();
        let length = reader.read_line(&mut line).ok()?;
        (length > 0).then(|| line.trim_end().to_owned())
    };
    let first = line()?;
    let mut headers = Vec::new();
    loop {
        let header = line()?;
        let Some((name, value)) = header.split_once(':') else {
            return Some((first, headers));
        };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
}
