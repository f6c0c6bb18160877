//! Conversations with servers of both dialects, good and bad.

mod chaos;
mod leaving;
mod listing;
mod registering;
mod waits;

use super::*;
use Input::{DiscoverNow, Failed, Leave, Reconnect, Start, Timeout, WallClock};

/// 2025-11-20 23:59:59.999.
const UTC: UtcMillis = UtcMillis::new(1_763_683_199_999);
const REGISTER: &str = r#"> {"type":"REGISTER","namespace":"UnB","name":"ana","port":4000,"ttl":7200}"#;
const DISCOVER: &str = r#"> {"type":"DISCOVER"}"#;
const UNREGISTER: &str = r#"> {"type":"UNREGISTER","namespace":"UnB","name":"ana","port":4000}"#;
const OK_NOV: &[u8] = b"{\"status\": \"OK\", \"ttl\": 7200, \"ip\": \"10.0.0.7\", \"port\": 4000}\n";
const OK_SEP: &[u8] = b"{\"status\":\"OK\",\"ttl\":7200,\"observed_ip\":\"10.0.0.7\",\"observed_port\":51234}\r\n";
const NOBODY: &[u8] = b"{\"status\":\"OK\",\"peers\":[]}\n";

fn config() -> Config {
    Config::new("ana", "UnB", 4000, UTC)
}

fn reply(bytes: &[u8]) -> Input<'_> {
    Input::Reply { bytes }
}

fn refusal(text: &str) -> String {
    format!("{{\"status\":\"ERROR\",\"message\":\"{text}\"}}\n")
}

/// A client and what it said.
struct Talk {
    client: Client,
    now: Instant,
    /// Every request with its time.
    sent: Vec<(Instant, String)>,
}

impl Talk {
    fn new(config: Config, seed: u64) -> Self {
        Self {
            client: Client::new(config, seed, Instant::ZERO),
            now: Instant::ZERO,
            sent: Vec::new(),
        }
    }

    /// One that has registered and heard an empty list, all at the moment 0.
    fn settled(config: Config) -> Self {
        let mut talk = Self::new(config, 1);
        talk.say(Start);
        talk.say(reply(OK_NOV));
        talk.say(reply(NOBODY));
        talk
    }

    /// Lets `input` happen now; gives what comes out, each output in short.
    fn say(&mut self, input: Input<'_>) -> Vec<String> {
        self.client.handle(self.now, input);
        std::iter::from_fn(|| self.client.poll_output())
            .map(|output| {
                let text = short(&output);
                if text.starts_with('>') {
                    self.sent.push((self.now, text.clone()));
                }
                text
            })
            .collect()
    }

    /// Goes to the next moment that the client waits for, which must lie between `from` and `to` seconds, and gives what
    /// comes out then.
    fn wake_within(&mut self, from: u64, to: u64) -> Vec<String> {
        let at = self.client.poll_timeout().expect("the client waits for something");
        assert!(
            Instant::from_secs(from) <= at && at <= Instant::from_secs(to),
            "{at} is not in {from} to {to}"
        );
        self.now = at;
        self.say(Timeout)
    }

    /// Plays a script: each line is a time in seconds, an input, and all that it causes.
    fn script(&mut self, lines: &[(u64, Input<'_>, &[&str])]) {
        for &(second, input, expected) in lines {
            self.now = Instant::from_secs(second);
            assert_eq!(self.say(input), expected, "at {second} s: {input:?}");
        }
    }

    /// Lets time pass until `second`, answering every request with `answer`.
    fn live(&mut self, second: u64, answer: impl Fn(&str) -> Vec<u8>) {
        let end = Instant::from_secs(second);
        loop {
            if self.client.in_flight.is_some() {
                let bytes = answer(&self.sent.last().unwrap().1);
                self.say(reply(&bytes));
            } else {
                match self.client.poll_timeout().filter(|&at| at <= end) {
                    Some(at) => {
                        self.now = at;
                        self.say(Timeout);
                    }
                    None => break,
                }
            }
        }
        self.now = end;
    }

    fn times(&self, request: &str) -> Vec<Instant> {
        let of_kind = self.sent.iter().filter(|(_, text)| text.starts_with(request));
        of_kind.map(|&(at, _)| at).collect()
    }
}

fn short(output: &Output) -> String {
    match output {
        Output::Send { request } => {
            let text = std::str::from_utf8(request).unwrap();
            assert!(text.is_ascii() && text.ends_with("}\n") && text.matches('\n').count() == 1);
            format!("> {}", text.trim_end())
        }
        Output::Peers(peers) => {
            let each = peers.iter().map(|listed| {
                let seconds = listed.left.as_secs();
                format!("{}@{} {} {seconds}", listed.name, listed.namespace, listed.address)
            });
            format!("peers [{}]", each.collect::<Vec<_>>().join(", "))
        }
        Output::Later { at } => format!("later {}", seconds(*at)),
        Output::Status(ClientStatus::Registered { observed, lease, until }) => {
            let observed = observed.map_or_else(|| "?".to_owned(), |address| address.to_string());
            format!("registered {observed} {} until {}", lease.as_secs(), seconds(*until))
        }
        Output::Status(ClientStatus::Failing { reason, .. }) => format!("failing {reason:?}"),
        Output::Status(ClientStatus::Banned { .. }) => "banned".to_owned(),
        Output::Status(status) => format!("{status:?}").to_lowercase(),
        Output::Remark(Remark::LeaseChanged { asked, got }) => {
            format!("lease {} became {}", asked.as_secs(), got.as_secs())
        }
        Output::Remark(Remark::EntriesSkipped(count)) => format!("skipped {count}"),
        Output::Remark(Remark::Forgotten) => "forgotten".to_owned(),
    }
}

fn seconds(at: Instant) -> u64 {
    at.since(Instant::ZERO).as_secs()
}
