//! The core decides and touches nothing: no crate below it and no line in it reaches a clock, a socket or a thread.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// All that the core may stand on, directly or not. Each of them computes and nothing else; one that does more must
/// not get in by way of an update.
const ALLOWED: &[&str] = &[
    "base64ct",
    "block-buffer",
    "cfg-if",
    "cmov",
    "const-oid",
    "cpufeatures",
    "crypto-common",
    "ctutils",
    "curve25519-dalek",
    "curve25519-dalek-derive",
    "digest",
    "ed25519",
    "ed25519-dalek",
    // Of curve25519-dalek, on processors of 32 bits and others that it has no arithmetic of its own for.
    "fiat-crypto",
    "hmac",
    "hybrid-array",
    "ipnet",
    "itoa",
    // Of cpufeatures, on ARM alone, to ask the processor what it can.
    "libc",
    "memchr",
    "papo-core",
    "proc-macro2",
    "quote",
    "serde",
    "serde_core",
    "serde_derive",
    "serde_json",
    "sha2",
    "signature",
    "subtle",
    "syn",
    "thiserror",
    "thiserror-impl",
    "typenum",
    "unicode-ident",
    "zeroize",
    "zmij",
];

/// What no line of the core says outside comments.
const FORBIDDEN: &[&str] = &[
    "std::net::Tcp",
    "std::net::Udp",
    "SystemTime",
    "Instant::now",
    "HashMap",
    "HashSet",
    "thread_rng",
    "std::thread",
    "std::fs",
    "tokio",
];

#[test]
fn every_crate_below_the_core_only_computes() {
    let tree = Command::new(env!("CARGO"))
        .args([
            "tree",
            "-p",
            "papo-core",
            "-e",
            "normal",
            "--prefix",
            "none",
            "--offline",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs the tests, so it is there");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).unwrap();
    let names: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(names.contains("papo-core"), "{tree}");
    let strangers: Vec<_> = names.iter().filter(|name| !ALLOWED.contains(name)).collect();
    assert!(
        strangers.is_empty(),
        "look at what these do, then allow them: {strangers:?}"
    );
}

#[test]
fn no_line_of_the_core_reaches_outside() {
    let mut found = Vec::new();
    let files = scan(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found).unwrap();
    assert!(files > 20, "only {files} files were read");
    assert!(found.is_empty(), "{found:#?}");
}

fn scan(folder: &Path, found: &mut Vec<String>) -> std::io::Result<usize> {
    let mut files = 0;
    for item in std::fs::read_dir(folder)? {
        let path = item?.path();
        if path.is_dir() {
            files += scan(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files += 1;
            for (number, line) in (1..).zip(std::fs::read_to_string(&path)?.lines()) {
                let code = line.split("//").next().unwrap_or_default();
                for word in FORBIDDEN.iter().filter(|word| code.contains(**word)) {
                    found.push(format!("{}:{number}: {word}", path.display()));
                }
            }
        }
    }
    Ok(files)
}
