# papo for people without Rust: builds in a container, ends in an image that holds the binary and nothing else.
# With Rust at hand, docker/image makes the same image from a binary built on the spot (Dockerfile.scratch).
FROM rust:1-bookworm AS build
WORKDIR /src
COPY . .
# Static: the last image has no C library. An explicit target keeps that from procedural macros, which must be dynamic.
RUN target="$(uname -m)-unknown-linux-gnu" \
    && CARGO_PROFILE_RELEASE_DEBUG=0 CARGO_PROFILE_RELEASE_STRIP=symbols \
       RUSTFLAGS="-C target-feature=+crt-static" cargo build --release --locked -p papo --target "$target" \
    && cp "target/$target/release/papo" /papo \
    && mkdir /data

FROM scratch
COPY --from=build /papo /papo
COPY --from=build --chown=65532:65532 /data /data
ENV XDG_DATA_HOME=/data
USER 65532:65532
EXPOSE 8000 4333
HEALTHCHECK --interval=5s --timeout=3s --start-period=5s --retries=3 CMD ["/papo", "health", "http://127.0.0.1:8000"]
ENTRYPOINT ["/papo"]
CMD ["serve", "--lan"]
