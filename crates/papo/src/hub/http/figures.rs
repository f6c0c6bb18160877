//! `GET /metrics`: figures in the OpenMetrics text format.

use axum::body::Body;
use axum::http::{Response, header};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::Registry;

use crate::hub::api::Figures;
use crate::hub::page::plain;

/// The figures as one response.
pub(super) fn response(figures: &Figures) -> Response<Body> {
    let mut text = String::new();
    if encode(&mut text, &registry(figures)).is_err() {
        return plain(axum::http::StatusCode::INTERNAL_SERVER_ERROR, "no figures\n");
    }
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8"),
    );
    response
}

fn registry(figures: &Figures) -> Registry {
    let mut registry = Registry::with_prefix("papo");
    let counted = &figures.counted;
    let counters = [
        (
            "entries",
            "What rooms were told: messages, and who came and went",
            counted.appended,
        ),
        (
            "slow_consumers",
            "Connections cut since they did not read",
            counted.slow,
        ),
        ("failed_writes", "Writes to the disk that failed", counted.unstored),
    ];
    for (name, help, value) in counters {
        registry.register(name, help, ConstCounter::new(value));
    }
    registry.register("rooms", "Rooms known", ConstGauge::new(signed(figures.rooms)));
    for (name, help, label, values) in [
        ("link_waiting", "Messages that wait for a link", "url", &figures.waiting),
        (
            "link_lost",
            "Messages that a link did not deliver",
            "url",
            &figures.lost,
        ),
    ] {
        let family = Family::<Vec<(String, String)>, Gauge>::default();
        for (key, &value) in values {
            family
                .get_or_create(&vec![(label.to_owned(), key.clone())])
                .set(signed(value));
        }
        registry.register(name, help, family);
    }
    let sessions = Family::<Vec<(String, String)>, Gauge>::default();
    for (door, &value) in &figures.sessions {
        sessions
            .get_or_create(&vec![("door".to_owned(), (*door).to_owned())])
            .set(signed(value));
    }
    registry.register("sessions", "Sessions by door", sessions);
    registry
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
