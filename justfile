# `just` alone lists what there is.
default:
    @just --list

# exactly what CI runs; name steps to run only those: just check fmt clippy
check *steps:
    .ci/run {{ steps }}

# format everything
fmt:
    cargo fmt --all

# end-to-end tests: a real browser, nc, tmux
e2e:
    .ci/run apt build e2e

# the fan-out benchmark; --short takes 15 seconds
bench *options:
    cargo bench -p papo --bench fanout -- {{ options }}

# what a registry costs; --short takes 15 seconds
bench-rendezvous *options:
    cargo bench -p papo --bench rendezvous -- {{ options }}

# what rooms cost that are kept; --short takes 15 seconds, --only durable, stall or replay
bench-rooms *options:
    cargo bench -p papo --bench rooms -- {{ options }}

# fuzz a target of fuzz/fuzz_targets; what breaks it is left in fuzz/artifacts
fuzz target seconds="60":
    fuzz/run {{ target }} {{ seconds }}

# plant bugs in the core and look for a seed that finds each; --short tries the known seeds, NAME only that bug
plant *options:
    cargo run --release -p papo-core --features plant --example plant -- {{ options }}

# run a scenario in the simulator; alone it lists those there are
sim *options:
    cargo run --release -p papo -- sim {{ options }}

# write the figures of this version to .ci/sim-baseline.jsonl, which CI compares with
sim-baseline:
    cargo build --release -p papo
    .ci/sim baseline

# two linked hubs to talk across; Ctrl-C ends both
demo:
    #!/usr/bin/env bash
    set -euo pipefail
    cargo build --release
    papo="${CARGO_TARGET_DIR:-target}/release/papo"
    "$papo" serve --name north --http 127.0.0.1:8000 --tcp 127.0.0.1:4333 --link http://127.0.0.1:8001/relay &
    north=$!
    "$papo" serve --name south --http 127.0.0.1:8001 --tcp 127.0.0.1:4334 --link http://127.0.0.1:8000/relay &
    south=$!
    trap 'kill "$north" "$south" 2>/dev/null || true; wait' EXIT
    echo
    echo "What is said on one hub is heard on the other. Open"
    echo "  north  http://127.0.0.1:8000   or: nc 127.0.0.1 4333"
    echo "  south  http://127.0.0.1:8001   or: nc 127.0.0.1 4334"
    echo
    wait
