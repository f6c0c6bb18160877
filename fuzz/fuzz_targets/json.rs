//! JSON in plain ASCII: one line, and read back the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use papo_core::wire::json::to_ascii_line;
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let Ok(value) = serde_json::from_slice::<Value>(data) else {
        return;
    };
    let line = to_ascii_line(&value);
    assert!(line.is_ascii());
    assert_eq!(line.iter().position(|&byte| byte == b'\n'), Some(line.len() - 1));
    let again: Value = serde_json::from_slice(&line).expect("what was written can be read");
    // The last digit of a float that was read may differ, which is so for every reader of this kind.
    if !has_floats(&value) {
        assert_eq!(again, value);
    }
});

fn has_floats(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(values) => values.iter().any(has_floats),
        Value::Object(fields) => fields.values().any(has_floats),
        _ => false,
    }
}
