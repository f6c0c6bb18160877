//! The page: files in the binary, or on disk while somebody works on them.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};

use axum::body::Body;
use axum::http::{Response, StatusCode, header};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "web/"]
struct Embedded;

/// Where the page's files come from.
#[derive(Debug, Clone)]
pub(crate) enum Page {
    /// The binary.
    Embedded,
    /// A directory, read anew for each request.
    Directory(PathBuf),
}

impl Page {
    /// The file at `path` of a URL, or 404. `/` is the page itself.
    pub(crate) async fn response(&self, path: &str) -> Response<Body> {
        let name = match path.trim_start_matches('/') {
            "" => "index.html",
            name => name,
        };
        let Some(content) = self.read(name).await else {
            return plain(
                StatusCode::NOT_FOUND,
                "there is nothing at this address; the chat is at /\n",
            );
        };
        let body = match content {
            Cow::Borrowed(bytes) => Body::from(bytes),
            Cow::Owned(bytes) => Body::from(bytes),
        };
        let mut response = Response::new(body);
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            header::HeaderValue::from_static(content_type(name)),
        );
        // A new binary brings a new page under the same names.
        headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-cache"));
        response
    }

    async fn read(&self, name: &str) -> Option<Cow<'static, [u8]>> {
        match self {
            Self::Embedded => Embedded::get(name).map(|file| file.data),
            Self::Directory(directory) => {
                let inside = Path::new(name)
                    .components()
                    .all(|part| matches!(part, Component::Normal(_)));
                let file = inside.then(|| directory.join(name))?;
                let read = tokio::task::spawn_blocking(move || std::fs::read(file)).await.ok()?;
                read.ok().map(Cow::Owned)
            }
        }
    }
}

/// A short answer for people.
pub(crate) fn plain(status: StatusCode, text: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    let plain = header::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    response
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("json" | "webmanifest") => "application/json",
        _ => "text/plain; charset=utf-8",
    }
}
