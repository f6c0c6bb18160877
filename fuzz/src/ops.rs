//! The steps of a registry's life, decoded from bytes: one byte for most choices, so that inputs can be written by hand.

use std::net::SocketAddr;

use libfuzzer_sys::arbitrary::{Arbitrary, Result, Unstructured};
use papo_core::wire::rendezvous::Dialect;

/// A registry and what happens to it.
#[derive(Debug)]
pub struct Life {
    pub setup: Setup,
    pub ops: Vec<Op>,
}

/// What a registry is made with.
#[derive(Debug, Clone)]
pub struct Setup {
    pub dialect: Dialect,
    pub per_minute: Option<u32>,
    pub total: usize,
    pub per_namespace: usize,
    pub per_address: usize,
}

/// One step.
#[derive(Debug)]
pub enum Op {
    Register {
        from: Place,
        who: Who,
        port: u16,
        ttl: u32,
        sign: Sign,
    },
    Unregister {
        from: Place,
        who: Who,
        any_name: bool,
        port: Option<u16>,
        sign: Sign,
    },
    Discover {
        from: Place,
        namespace: Option<u8>,
        limit: Option<u8>,
        sample: bool,
    },
    /// A connection that does not ask yet.
    Open { from: Place },
    /// One of those connections, or one that was answered already.
    Finish { which: u8, how: How },
    /// So many microseconds pass.
    Wait { micros: u64 },
    /// Time passes until the registry wants to be woken, and it is.
    Due,
    /// The disk fails or recovers.
    Storing(bool),
    /// Somebody sets the clock by so many seconds.
    Clock { step: i32 },
    /// The process ends and another one reads the log, so many seconds later.
    Restart { seconds: u32, step: i32, compact: bool },
}

/// An index into [`PLACES`].
#[derive(Debug, Clone, Copy)]
pub struct Place(usize);

/// A name in a namespace.
#[derive(Debug, Clone, Copy)]
pub struct Who {
    pub namespace: u8,
    pub name: u8,
}

/// What stands under `x`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    No,
    /// By one of two keys, with a number.
    Good {
        key: u8,
        seq: u64,
    },
    /// For the other purpose.
    Misused {
        key: u8,
        seq: u64,
    },
    /// For another port.
    Elsewhere {
        key: u8,
        seq: u64,
    },
}

/// How a connection goes on.
#[derive(Debug, Clone, Copy)]
pub enum How {
    Garbage,
    Silent,
    TooLong,
    Closed,
}

/// Where requests come from. The second is the first, as a socket for both families shows it; the last is trusted.
const PLACES: [&str; 5] = [
    "192.0.2.1:50000",
    "[::ffff:192.0.2.1]:50001",
    "192.0.2.2:1",
    "[2001:db8::1]:50002",
    "127.0.0.1:50003",
];
const MOST_OPS: usize = 96;
const DAY: u64 = 86_400;

impl Place {
    pub fn all() -> impl Iterator<Item = Self> {
        (0..PLACES.len()).map(Self)
    }

    pub fn address(self) -> SocketAddr {
        PLACES[self.0].parse().expect("the places are addresses")
    }
}

impl Who {
    pub fn namespace(number: u8) -> String {
        ["UnB", "sala \u{e7}\u{e3}o"][usize::from(number) % 2].to_owned()
    }

    pub fn name(number: u8) -> String {
        match number % 5 {
            0 => "\u{1f980}".repeat(64),
            1 => "a\"\\\u{0}".to_owned(),
            other => format!("peer {other}"),
        }
    }
}

impl<'a> Arbitrary<'a> for Life {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let setup = Setup {
            dialect: if u.arbitrary::<u8>()? % 2 == 0 {
                Dialect::September
            } else {
                Dialect::November
            },
            per_minute: match u.arbitrary::<u8>()? % 4 {
                3 => Some(4),
                _ => None,
            },
            total: usize::from(u.arbitrary::<u8>()? % 40) + 1,
            per_namespace: usize::from(u.arbitrary::<u8>()? % 20) + 1,
            per_address: usize::from(u.arbitrary::<u8>()? % 10) + 1,
        };
        let mut ops = Vec::new();
        while !u.is_empty() && ops.len() < MOST_OPS {
            ops.push(u.arbitrary()?);
        }
        Ok(Self { setup, ops })
    }
}

impl<'a> Arbitrary<'a> for Op {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let mut byte = || u.arbitrary::<u8>();
        Ok(match byte()? % 16 {
            0..=4 => Self::Register {
                from: place(byte()?),
                who: who(byte()?),
                port: u16::from(byte()? % 3) + 1,
                ttl: seconds(byte()?),
                sign: sign(byte()?),
            },
            5..=6 => Self::Unregister {
                from: place(byte()?),
                who: who(byte()?),
                any_name: byte()? % 2 == 1,
                port: match byte()? % 4 {
                    0 => None,
                    port => Some(u16::from(port)),
                },
                sign: sign(byte()?),
            },
            7 => Self::Discover {
                from: place(byte()?),
                namespace: Some(byte()? % 3).filter(|&number| number < 2),
                limit: Some(byte()? % 8).filter(|&limit| limit < 7),
                sample: byte()? % 2 == 1,
            },
            8 => Self::Open { from: place(byte()?) },
            9 => Self::Finish {
                which: byte()?,
                how: [How::Garbage, How::Silent, How::TooLong, How::Closed][usize::from(byte()? % 4)],
            },
            10..=11 => Self::Wait {
                micros: u64::from(seconds(byte()?)) * 1_000_000 - u64::from(byte()?) * 3900,
            },
            12 => Self::Due,
            13 => Self::Storing(byte()? % 4 != 0),
            14 => Self::Clock { step: step(byte()?) },
            _ => Self::Restart {
                seconds: seconds(byte()?),
                step: step(byte()?),
                compact: byte()? % 2 == 1,
            },
        })
    }
}

fn place(byte: u8) -> Place {
    Place(usize::from(byte) % PLACES.len())
}

fn who(byte: u8) -> Who {
    Who {
        namespace: byte % 2,
        name: byte / 2 % 5,
    }
}

/// From a second to somewhat more than two days.
fn seconds(byte: u8) -> u32 {
    let seconds = match byte {
        0..=63 => u64::from(byte) + 1,
        64..=191 => u64::from(byte - 63) * 60,
        _ => u64::from(byte - 191) * DAY / 29,
    };
    u32::try_from(seconds).expect("a few days fit")
}

/// The clock stays, or somebody sets it forward or back.
fn step(byte: u8) -> i32 {
    match byte {
        0..=127 => 0,
        _ => (i32::from(byte) - 192) * 977,
    }
}

fn sign(byte: u8) -> Sign {
    let (key, seq) = (byte % 2, u64::from(byte / 8));
    match byte % 8 {
        0..=3 => Sign::No,
        4 | 5 => Sign::Good { key, seq },
        6 => Sign::Misused { key: 0, seq },
        _ => Sign::Elsewhere { key: 0, seq },
    }
}
