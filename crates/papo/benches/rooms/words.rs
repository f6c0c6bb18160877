//! What is said: words, since the hub makes an index of them.

/// Common ones, so that each stands in many messages, as in talk.
const WORDS: [&str; 32] = [
    "a", "the", "and", "we", "you", "is", "it", "not", "for", "today", "server", "room", "again", "when", "here",
    "there", "works", "broken", "thanks", "please", "tomorrow", "someone", "knows", "why", "test", "green", "release",
    "window", "later", "message", "disk", "coffee",
];

/// So many bytes: a number in 16 hexadecimal digits, and words that differ from number to number.
pub(crate) fn payload(number: u64, bytes: usize) -> String {
    let mut text = format!("{number:016x}");
    let mut chance = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    while text.len() < bytes {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        text.push(' ');
        text.push_str(WORDS[usize::try_from(chance % 32).unwrap_or(0)]);
    }
    text.truncate(bytes);
    text
}

/// The number of a message, from its JSON.
pub(crate) fn number(json: &[u8]) -> Option<u64> {
    hexadecimal(behind(json, b"\"payload\":\"")?)
}

/// The number that the hub gave it. Nothing that people say stands so near to the end.
pub(crate) fn seq(json: &[u8]) -> Option<u64> {
    let end = &json[json.len().saturating_sub(120)..];
    let digits = behind(end, b"\"seq\":")?;
    let count = digits.iter().take_while(|digit| digit.is_ascii_digit()).count();
    std::str::from_utf8(&digits[..count]).ok()?.parse().ok()
}

/// The number in the id of what is acknowledged.
pub(crate) fn acknowledged(json: &[u8]) -> Option<u64> {
    hexadecimal(json.strip_prefix(b"{\"type\":\"ACK\",\"msg_id\":\"")?)
}

fn hexadecimal(digits: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(digits.get(..16)?).ok()?;
    u64::from_str_radix(digits, 16).ok()
}

fn behind<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<&'a [u8]> {
    let at = bytes.windows(mark.len()).position(|window| window == mark)?;
    bytes.get(at + mark.len()..)
}
