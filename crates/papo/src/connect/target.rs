//! The address of a TCP text door, and of other servers that speak lines.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use crate::config::TCP_PORT;
use crate::text::Message;

/// Host and port of a TCP text door, or of another server; the name is looked up when it is dialed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub(super) host: String,
    pub(super) port: u16,
}

impl Target {
    /// Reads `host`, `host:port` or `[address]:port`. None when it is no address.
    pub fn read(text: &str, usual_port: u16) -> Option<Self> {
        let (host, port) = match text.rsplit_once(':') {
            // More than one colon and no brackets: an IPv6 address by itself.
            Some(_) if text.parse::<Ipv6Addr>().is_ok() || text.ends_with(']') => (text, None),
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        };
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = match bare {
            Some(address) if address.parse::<Ipv6Addr>().is_ok() => address,
            Some(_) => return None,
            None => host,
        };
        let foreign = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '/' | '@' | '[' | ']');
        let unbracketed = bare.is_none() && port.is_some() && host.contains(':');
        if host.is_empty() || host.contains(foreign) || unbracketed {
            return None;
        }
        let port = match port {
            None => usual_port,
            Some(port) => port.parse().ok().filter(|&port| port != 0)?,
        };
        Some(Self {
            host: host.to_owned(),
            port,
        })
    }

    /// The name or address of the machine, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub const fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for Target {
    type Err = Message;

    fn from_str(text: &str) -> Result<Self, Message> {
        if text.contains("://") {
            return Err(Message::new("error-connect-url").with("given", text.to_owned()));
        }
        Self::read(text, TCP_PORT).ok_or_else(|| Message::new("error-connect-address").with("given", text.to_owned()))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        let cases = [
            ("hub", "hub:4333"),
            ("hub:5000", "hub:5000"),
            ("10.0.0.1", "10.0.0.1:4333"),
            ("::1", "[::1]:4333"),
            ("[::1]", "[::1]:4333"),
            ("[::1]:5000", "[::1]:5000"),
            ("fe80::1", "[fe80::1]:4333"),
        ];
        for (given, shown) in cases {
            let target: Target = given.parse().unwrap();
            assert_eq!(target.to_string(), shown, "{given}");
        }
        for bad in [
            "",
            ":4333",
            "hub:",
            "hub:0",
            "hub:99999",
            "hub:x",
            "a b",
            "me@hub",
            "hub/x",
            "[x]:1",
            "a:b:1",
        ] {
            let error = bad.parse::<Target>().unwrap_err();
            assert_eq!(error.key(), "error-connect-address", "{bad}");
        }
        for url in ["http://hub:8000", "https://hub"] {
            assert_eq!(url.parse::<Target>().unwrap_err().key(), "error-connect-url");
        }
    }
}
