//! What was said before, page by page.

use serde_json::{Value, json};

use crate::support::folder::Folder;
use crate::support::hub::Hub;
use crate::support::session::Session;

fn payloads(page: &Value) -> Vec<String> {
    let messages = page["messages"].as_array().unwrap_or_else(|| panic!("{page}"));
    messages
        .iter()
        .map(|message| message["payload"].as_str().unwrap().to_owned())
        .collect()
}

/// Pages back to the beginning, and puts the pages in order.
fn whole(session: &mut Session, limit: usize, query: Option<&str>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut before = Value::Null;
    loop {
        let mut request = json!({"type": "HISTORY", "room": "lobby", "limit": limit});
        for (key, value) in [("before", before.clone()), ("query", query.into())] {
            if !value.is_null() {
                request[key] = value;
            }
        }
        let page = session.history(&request);
        assert_eq!(page["query"], json!(query), "{page}");
        let texts = payloads(&page);
        assert!(texts.len() <= limit);
        found.splice(0..0, texts);
        if page["complete"] == true {
            return found;
        }
        let oldest = &page["messages"][0];
        before = json!({oldest["origin"].as_str().unwrap(): oldest["seq"]});
    }
}

#[test]
fn pages_lead_back_to_the_beginning_without_hole_or_overlap() {
    const SAID: usize = 450;
    let folder = Folder::new();
    let data = folder.file("hub");
    for options in [
        &["--session-rate", "off", "--data", &data][..],
        &["--session-rate", "off"],
    ] {
        let hub = Hub::start(options);
        let mut ana = Session::enter(hub.http, "ana@lobby");
        // Messages of other rooms stand between.
        ana.join("jardim", None);
        for number in 0..SAID {
            ana.publish("lobby", &number.to_string());
            ana.publish("jardim", "entre flores");
        }
        ana.say("lobby", "fim");
        let mut all: Vec<String> = (0..SAID).map(|number| number.to_string()).collect();
        all.push("fim".to_owned());
        let mut bia = Session::enter(hub.http, "bia@lobby");
        for limit in [200, 7] {
            assert_eq!(whole(&mut bia, limit, None), all, "{options:?} by {limit}");
            bia = Session::enter(hub.http, "bia@lobby");
        }
        let page = bia.history(&json!({"type": "HISTORY", "room": "lobby"}));
        assert_eq!((payloads(&page).len(), &page["complete"]), (200, &json!(false)));
    }
}

#[test]
fn a_page_of_long_messages_ends_early_and_the_next_goes_on_there() {
    const SAID: usize = 150;
    let folder = Folder::new();
    let data = folder.file("hub");
    for options in [
        &["--session-rate", "off", "--data", &data][..],
        &["--session-rate", "off"],
    ] {
        let hub = Hub::start(options);
        let mut ana = Session::enter(hub.http, "ana@lobby");
        let all: Vec<String> = (0..SAID)
            .map(|number| format!("{number} {}", "\"".repeat(4000)))
            .collect();
        for text in &all {
            ana.say("lobby", text);
        }
        let mut bia = Session::enter(hub.http, "bia@lobby");
        let page = bia.history(&json!({"type": "HISTORY", "room": "lobby"}));
        assert!(
            page.to_string().len() < 512 * 1024,
            "a page of {} bytes",
            page.to_string().len()
        );
        assert_eq!(page["complete"], false);
        assert!(whole(&mut bia, 200, None) == all, "{options:?}");
    }
}

#[test]
fn words_are_found_with_and_without_accents() {
    let folder = Folder::new();
    let data = folder.file("hub");
    let hub = Hub::start(&["--session-rate", "off", "--data", &data]);
    let mut ana = Session::enter(hub.http, "ana@lobby");
    let texts = ["Não sei", "nao vou", "talvez", "ainda NÃO", "nada", "não não"];
    for text in texts {
        ana.say("lobby", text);
    }
    ana.join("jardim", None);
    ana.say("jardim", "não aqui");
    let found = ["Não sei", "nao vou", "ainda NÃO", "não não"];
    for words in ["nao", "não", "NÃO"] {
        assert_eq!(whole(&mut ana, 200, Some(words)), found, "{words}");
        assert_eq!(whole(&mut ana, 1, Some(words)), found, "{words}, one by one");
    }
    assert_eq!(whole(&mut ana, 200, Some("ainda nao")), ["ainda NÃO"]);
    assert_eq!(whole(&mut ana, 200, Some("\" OR * NEAR(")), [""; 0]);
    hub.kill();
    let hub = Hub::start(&["--data", &data]);
    ana.resume(hub.http);
    assert_eq!(whole(&mut ana, 2, Some("nao")), found);
}

#[test]
fn without_a_disk_nothing_can_be_searched() {
    let hub = Hub::start(&[]);
    let mut ana = Session::enter(hub.http, "ana@lobby");
    assert_eq!(ana.hello["features"], json!([]));
    ana.send(&json!({"type": "HISTORY", "room": "lobby", "query": "nada"}));
    ana.expect_error("not_supported", "HISTORY");
    ana.send(&json!({"type": "HISTORY", "room": "jardim"}));
    ana.expect_error("not_joined", "HISTORY");
}
