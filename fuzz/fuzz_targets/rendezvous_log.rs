//! Any bytes as a log file: what a registry reads back never breaks it, whatever stands in the lines.
#![no_main]

use libfuzzer_sys::fuzz_target;
use papo_core::id::ConnectionId;
use papo_core::rendezvous::log::Entry;
use papo_core::rendezvous::{Capacity, Config, Input, Output, Registry};
use papo_core::time::{Instant, UtcMillis};
use papo_core::wire::rendezvous::Dialect;
use papo_fuzz::{check_entry, read_reply};

fuzz_target!(|data: &[u8]| {
    let config = Config {
        dialect: Dialect::September,
        per_minute: None,
        trusted: vec![],
        capacity: Capacity::default(),
        utc: UtcMillis::new(1_763_640_000_000),
    };
    let mut registry = Registry::new(config, 42, Instant::ZERO);
    for line in data.split(|&byte| byte == b'\n') {
        let Some(entry) = Entry::decode(line) else {
            continue;
        };
        if line.len() < 32_768 {
            check_entry(&entry);
        }
        let kept = entry.kept();
        assert!(!kept.key.is_empty());
        registry.handle(Instant::ZERO, Input::Restored(entry));
        assert_eq!(registry.poll_output(), None);
    }
    let asked: [&[u8]; 4] = [
        br#"{"type":"DISCOVER"}"#,
        br#"{"type":"REGISTER","namespace":"n","name":"a","port":1}"#,
        br#"{"type":"DISCOVER","sample":3}"#,
        br#"{"type":"UNREGISTER","namespace":"n"}"#,
    ];
    for (number, line) in asked.into_iter().enumerate() {
        let connection = ConnectionId(number as u64);
        let from = "192.0.2.1:50000".parse().unwrap();
        registry.handle(Instant::ZERO, Input::Opened { connection, from });
        registry.handle(Instant::ZERO, Input::Line { connection, line });
        let mut replies = 0;
        while let Some(output) = registry.poll_output() {
            if let Output::Reply { line, .. } = output {
                read_reply(&line);
                replies += 1;
            }
        }
        assert_eq!(replies, 1);
    }
    // A lease read from a damaged line may be longer than any that is given; the end of time is after all of them.
    registry.handle(Instant::from_micros(u64::MAX), Input::Timeout);
    assert!(registry.is_empty());
});
