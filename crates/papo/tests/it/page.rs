//! The page: its files, its headers, and a directory in their place.

use std::fs;
use std::path::PathBuf;

use crate::support::http;
use crate::support::hub::{Hub, papo};

/// A directory of this test's own, removed with it.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("papo-{name}-{}", std::process::id()));
        fs::create_dir_all(path.join("inside/deeper")).unwrap();
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_page_comes_from_the_binary_and_runs_nothing_from_elsewhere() {
    let hub = Hub::start(&[]);
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/app.js", "text/javascript; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/icon.svg", "image/svg+xml"),
    ] {
        let file = http::get(hub.http, path, &[]);
        assert_eq!((file.status, file.header("content-type")), (200, Some(kind)), "{path}");
        let policy = file.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'self'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(file.header("x-content-type-options"), Some("nosniff"), "{path}");
    }
    for path in ["/nothing", "/../Cargo.toml", "/web/index.html", "//etc/passwd"] {
        assert_eq!(http::get(hub.http, path, &[]).status, 404, "{path}");
    }
}

#[test]
fn a_directory_serves_its_files_as_they_are_now_and_nothing_outside() {
    let directory = Directory::new("web");
    let inside = directory.0.join("inside");
    fs::write(directory.0.join("secret.html"), "secret").unwrap();
    fs::write(inside.join("index.html"), "one").unwrap();
    fs::write(inside.join("deeper/more.js"), "more").unwrap();
    let hub = Hub::start(&["--web-dir", inside.to_str().unwrap()]);
    assert_eq!(http::get(hub.http, "/", &[]).body, "one");
    fs::write(inside.join("index.html"), "two").unwrap();
    assert_eq!(http::get(hub.http, "/", &[]).body, "two");
    assert_eq!(http::get(hub.http, "/deeper/more.js", &[]).body, "more");
    for path in [
        "/../secret.html",
        "/deeper/../../secret.html",
        "/..%2fsecret.html",
        "/nothing.js",
        "/deeper",
    ] {
        assert_eq!(http::get(hub.http, path, &[]).status, 404, "{path}");
    }
}

#[test]
fn a_directory_without_a_page_is_refused_at_the_start() {
    let directory = Directory::new("empty");
    let path = directory.0.to_str().unwrap();
    let ended = papo(&["serve", "--lang", "en", "--web-dir", path]).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(2), "{said}");
    assert!(said.contains(path) && said.contains("index.html"), "{said}");
}
