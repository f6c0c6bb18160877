//! Hubs that keep their rooms and are linked, killed at bad moments.

use papo_core::rng::Rng;

use crate::support::folder::Folder;
use crate::support::hub::Hub;
use crate::support::old_service::{Manner, OldService};
use crate::support::port::Port;
use crate::support::session::{Said, Session};

/// Two hubs that link to each other, each with a folder.
struct Pair {
    folder: Folder,
    ports: [Port; 2],
}

impl Pair {
    fn new() -> Self {
        Self {
            folder: Folder::new(),
            ports: [Port::reserve(), Port::reserve()],
        }
    }

    fn start(&self, own: usize) -> Hub {
        let (data, url) = (self.folder.file(&own.to_string()), self.ports[1 - own].relay_url());
        let options = ["--data", &data, "--link", &url, "--session-rate", "off"];
        Hub::start_at(&self.ports[own], &options)
    }
}

/// What a session was told of what one hub's sessions said.
fn of(session: &Session, origin: &str) -> Vec<Said> {
    let said = session.book.said.iter();
    said.filter(|said| said.origin == origin).cloned().collect()
}

/// Waits until a session was told of this message.
fn says_and_hears(speaker: &mut Session, listener: &mut Session, text: &str) {
    speaker.say("lobby", text);
    listener.has_heard(text);
}

#[test]
fn what_was_said_while_the_other_hub_was_down_arrives_after_both_were_killed() {
    let pair = Pair::new();
    let (a, b) = (pair.start(0), pair.start(1));
    let mut ana = Session::enter(a.http, "ana@lobby");
    let mut bia = Session::enter(b.http, "bia@lobby");
    says_and_hears(&mut ana, &mut bia, "antes");
    says_and_hears(&mut bia, &mut ana, "resposta");
    let origin = ana.hello["hub"].as_str().unwrap().to_owned();

    b.kill();
    for number in 0..50 {
        ana.say("lobby", &format!("caído {number}"));
    }
    a.kill();
    let (a, b) = (pair.start(0), pair.start(1));
    assert_eq!(a.ready["hub"], *origin, "who it is stands in its folder");
    ana.resume(a.http);
    bia.resume(b.http);
    says_and_hears(&mut ana, &mut bia, "de volta");

    // The one who hears dies in the middle.
    for number in 0..300 {
        ana.publish("lobby", &format!("muito {number}"));
    }
    bia.has_heard("muito 20");
    b.kill();
    let b = pair.start(1);
    bia.resume(b.http);
    says_and_hears(&mut ana, &mut bia, "tudo");

    // Then the one who speaks.
    for number in 0..300 {
        ana.publish("lobby", &format!("mais {number}"));
    }
    bia.has_heard("mais 20");
    a.kill();
    let a = pair.start(0);
    ana.resume(a.http);
    ana.catch_up();
    let unacked: Vec<String> = ana
        .book
        .own
        .iter()
        .filter(|(_, own)| own.key.is_none())
        .map(|(id, _)| id.clone())
        .collect();
    for msg_id in unacked {
        ana.resend(&msg_id);
    }
    says_and_hears(&mut ana, &mut bia, "fim");
    says_and_hears(&mut bia, &mut ana, "fim daqui");

    assert_eq!(of(&ana, &origin).len(), 654);
    assert!(of(&ana, &origin) == of(&bia, &origin), "not the same at both hubs");
    assert!(ana.book.gaps.is_empty() && bia.book.gaps.is_empty());
    for hub in [&a, &b] {
        let newcomer = Session::enter_from_start(hub.http, "caio@lobby");
        assert!(
            of(&newcomer, &origin) == of(&ana, &origin),
            "a newcomer sees something else"
        );
        assert!(newcomer.book.gaps.is_empty());
    }
}

#[test]
fn an_old_service_gets_nothing_twice_whenever_the_hub_is_killed() {
    const KILLS: usize = 8;
    let service = OldService::up(Manner::Answers);
    let (folder, port, url) = (Folder::new(), Port::reserve(), service.url());
    let data = folder.file("hub");
    let options = ["--data", &data, "--link", &url, "--session-rate", "off"];
    let mut rng = Rng::new(7);
    let mut ana = Session::new("ana@lobby");
    let mut said = 0;
    for _ in 0..KILLS {
        let hub = Hub::start_at(&port, &options);
        ana.resume(hub.http);
        for _ in 0..=rng.below(40) {
            ana.say("lobby", &format!("n{said}"));
            said += 1;
        }
        hub.kill();
    }
    let hub = Hub::start_at(&port, &options);
    ana.resume(hub.http);
    ana.say("lobby", "fim");
    service.hears("ana: fim");
    hub.terminate();
    let got: Vec<usize> = service
        .messages(1)
        .iter()
        .filter_map(|text| text.strip_prefix("ana: n")?.parse().ok())
        .collect();
    assert!(
        got.is_sorted_by(|one, next| one < next),
        "twice or out of order: {got:?}"
    );
    // Of each life the one that was on its way may be lost: nobody can know whether it arrived.
    assert!(got.len() + KILLS >= said, "{} of {said}: {got:?}", got.len());
}
