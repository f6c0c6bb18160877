//! Which web pages may use this hub (docs/protocol.md 5.5).
//!
//! A browser lets any page open a WebSocket to any address and post to it, loopback included, and says in `Origin`
//! which page it was. Programs that are no browsers send no `Origin` and are not meant.

use std::net::IpAddr;

use axum::http::{HeaderMap, header};

/// Decides by `Origin` and `Host`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guard {
    /// Names under which this hub is reached, in lower case. Addresses and `localhost` need no entry.
    hosts: Vec<String>,
    /// Origins of other pages that may use it, in lower case.
    origins: Vec<String>,
}

impl Guard {
    /// `hosts` and `origins` as configured; this machine's own name is added.
    pub(crate) fn new(mut hosts: Vec<String>, origins: Vec<String>) -> Self {
        if let Ok(name) = rustix::system::uname().nodename().to_str() {
            let name = name.to_lowercase();
            hosts.push(format!("{name}.local"));
            hosts.push(name);
        }
        Self { hosts, origins }
    }

    /// True when the request comes from this hub's own page, from an allowed one, or from no page at all.
    pub(crate) fn allows(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else {
            return true;
        };
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        match (origin.to_str(), host) {
            (Ok(origin), Some(host)) => self.allows_origin(&origin.to_lowercase(), &host.to_lowercase()),
            _ => false,
        }
    }

    /// False when `Host` is a name that somebody else may have pointed at this machine. A page of that name reads what
    /// it gets from here without any `Origin`. Who sends no `Host` is no browser.
    pub(crate) fn knows_host(&self, headers: &HeaderMap) -> bool {
        headers.get(header::HOST).is_none_or(|host| {
            let host = host.to_str().unwrap_or_default().to_lowercase();
            let name = host_name(&host);
            let of_allowed_page = |origin: &String| {
                let authority = origin.split_once("://").map(|(_, authority)| authority);
                authority.is_some_and(|authority| host_name(authority) == name)
            };
            self.is_own(name) || self.origins.iter().any(of_allowed_page)
        })
    }

    fn allows_origin(&self, origin: &str, host: &str) -> bool {
        if self.origins.iter().any(|allowed| allowed == origin) {
            return true;
        }
        let Some((scheme, authority)) = origin.split_once("://") else {
            return false;
        };
        let standard_port = match scheme {
            "http" => ":80",
            "https" => ":443",
            _ => return false,
        };
        let without = |authority: &str| authority.strip_suffix(standard_port).unwrap_or(authority).to_owned();
        // A name that some other server's owner points at this machine is as equal in both headers as an own one: only
        // addresses and known names are safe from that.
        without(authority) == without(host) && self.is_own(host_name(host))
    }

    fn is_own(&self, name: &str) -> bool {
        name == "localhost"
            || name.ends_with(".localhost")
            || name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
            || self.hosts.iter().any(|host| host == name)
    }
}

/// The host of an authority without its port.
fn host_name(authority: &str) -> &str {
    match authority.rfind(':') {
        // The colons inside an IPv6 address are no port.
        Some(colon) if !authority[colon..].contains(']') => &authority[..colon],
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_and_allowed_pages_may_use_the_hub() {
        let guard = Guard {
            hosts: vec!["chat.example".to_owned()],
            origins: vec!["https://school.example".to_owned()],
        };
        let cases = [
            (None, "127.0.0.1:8000", true),
            (None, "anything", true),
            (Some("http://127.0.0.1:8000"), "127.0.0.1:8000", true),
            (Some("http://localhost:8000"), "localhost:8000", true),
            (Some("http://[::1]:8000"), "[::1]:8000", true),
            (Some("http://192.168.1.20:8000"), "192.168.1.20:8000", true),
            (Some("http://chat.example"), "chat.example", true),
            (Some("https://chat.example"), "chat.example:443", true),
            (Some("HTTP://Chat.Example:8000"), "chat.example:8000", true),
            (Some("https://school.example"), "127.0.0.1:8000", true),
            (Some("http://127.0.0.1:9000"), "127.0.0.1:8000", false),
            (Some("http://localhost:8000"), "127.0.0.1:8000", false),
            (Some("http://evil.example"), "127.0.0.1:8000", false),
            (Some("http://evil.example:8000"), "evil.example:8000", false),
            (
                Some("http://chat.example.evil.example"),
                "chat.example.evil.example",
                false,
            ),
            (Some("null"), "127.0.0.1:8000", false),
            (Some(""), "127.0.0.1:8000", false),
            (Some("file://"), "127.0.0.1:8000", false),
            (Some("chrome-extension://127.0.0.1:8000"), "127.0.0.1:8000", false),
        ];
        for (origin, host, allowed) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            assert_eq!(guard.allows(&headers), allowed, "{origin:?} to {host}");
        }
    }
    #[test]
    fn only_addresses_and_known_names_are_hosts_of_the_hub() {
        let guard = Guard {
            hosts: vec!["chat.example".to_owned()],
            origins: vec!["https://school.example:8443".to_owned()],
        };
        let cases = [
            ("127.0.0.1:8000", true),
            ("192.168.1.20:8000", true),
            ("[::1]:8000", true),
            ("[fe80::1]", true),
            ("localhost:8000", true),
            ("papo.localhost", true),
            ("Chat.Example:8000", true),
            ("school.example", true),
            ("evil.example:8000", false),
            ("evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("chat.example.evil.example", false),
            ("", false),
            ("\u{e9}", false),
        ];
        for (host, known) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            assert_eq!(guard.knows_host(&headers), known, "{host:?}");
        }
        assert!(guard.knows_host(&HeaderMap::new()));
    }
}
