//! The address of another hub's relay.

use std::fmt;
use std::str::FromStr;

use axum::http::Uri;
use axum::http::uri::PathAndQuery;

use super::values;
use crate::text::Message;

/// How a hub link is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    /// The scheme as it stands in a URL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port of a URL that names none.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Where another hub takes messages: `http://host:8000/relay`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LinkUrl {
    scheme: Scheme,
    host: String,
    port: u16,
    path: String,
}

impl LinkUrl {
    /// Plain or over TLS.
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host's name or address in lower case, an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// The port, the scheme's own when the URL named none.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The path with its query, never empty.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Host and port as the `Host` header carries them.
    pub fn authority(&self) -> String {
        if self.port == self.scheme.default_port() {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for LinkUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme.as_str(), self.authority(), self.path)
    }
}

impl FromStr for LinkUrl {
    type Err = Message;

    fn from_str(text: &str) -> Result<Self, Message> {
        let Some((scheme, rest)) = text.split_once("://") else {
            // Whoever forgets the scheme is shown the whole URL, ready to be copied.
            return Err(match format!("http://{text}").parse::<Self>() {
                Ok(meant) => Message::new("error-link-scheme").showing("suggestion", meant),
                Err(message) => message,
            });
        };
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return Err(Message::new("error-link")),
        };
        let uri: Uri = format!("{}://{rest}", scheme.as_str())
            .parse()
            .map_err(|_| Message::new("error-link"))?;
        let authority = uri.authority().ok_or_else(|| Message::new("error-link"))?;
        if authority.as_str().contains('@') {
            return Err(Message::new("error-link-credentials"));
        }
        // The authority's own reader takes `host:` and `host:99999` and reports no port at all for them.
        let named = authority.as_str().strip_prefix(authority.host()).unwrap_or_default();
        let port = match named.strip_prefix(':') {
            None => scheme.default_port(),
            Some(port) => values::port(port)
                .filter(|&port| port != 0)
                .ok_or_else(|| Message::new("error-port"))?,
        };
        if authority.host().is_empty() {
            return Err(Message::new("error-link"));
        }
        let path = match uri.path_and_query().map_or("/", PathAndQuery::as_str) {
            "/" => "/relay",
            path => path,
        };
        Ok(Self {
            scheme,
            host: authority.host().to_ascii_lowercase(),
            port,
            path: path.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_kept_in_their_parts() {
        let cases = [
            (
                "http://b:8001/relay",
                Scheme::Http,
                "b",
                8001,
                "/relay",
                "http://b:8001/relay",
            ),
            (
                "http://b:8001",
                Scheme::Http,
                "b",
                8001,
                "/relay",
                "http://b:8001/relay",
            ),
            (
                "HTTP://B:8001/",
                Scheme::Http,
                "b",
                8001,
                "/relay",
                "http://b:8001/relay",
            ),
            (
                "https://x.org",
                Scheme::Https,
                "x.org",
                443,
                "/relay",
                "https://x.org/relay",
            ),
            (
                "https://x.org/in?k=1",
                Scheme::Https,
                "x.org",
                443,
                "/in?k=1",
                "https://x.org/in?k=1",
            ),
            (
                "http://[::1]:8000",
                Scheme::Http,
                "::1",
                8000,
                "/relay",
                "http://[::1]:8000/relay",
            ),
        ];
        for (given, scheme, host, port, path, shown) in cases {
            let url: LinkUrl = given.parse().unwrap();
            assert_eq!(
                (url.scheme(), url.host(), url.port(), url.path()),
                (scheme, host, port, path),
                "{given}"
            );
            assert_eq!(url.to_string(), shown);
            assert_eq!(shown.parse(), Ok(url));
        }
    }

    #[test]
    fn what_is_no_url_says_what_to_write() {
        let cases = [
            ("localhost:8001", "error-link-scheme"),
            ("b.example/relay", "error-link-scheme"),
            ("ftp://b/relay", "error-link"),
            ("http://", "error-link"),
            ("http:///relay", "error-link"),
            ("http://b:99999/relay", "error-port"),
            ("http://b:/relay", "error-port"),
            ("http://b:0", "error-port"),
            ("http://me:pw@b/relay", "error-link-credentials"),
            ("http://a b/", "error-link"),
            ("", "error-link"),
        ];
        for (given, key) in cases {
            let error = given.parse::<LinkUrl>().unwrap_err();
            assert_eq!(error.key(), key, "{given:?}");
        }
    }
}
