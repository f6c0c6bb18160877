//! The registry inside a hub.

use std::net::SocketAddr;

use serde_json::json;

use crate::support::folder::Folder;
use crate::support::hub::{Hub, serve};
use crate::support::port::Port;
use crate::support::registry::{ask, register};

fn start(listen: &str, folder: &Folder) -> (Hub, SocketAddr) {
    let data = folder.path().join("hub");
    let hub = Hub::run(serve(&[
        "--rendezvous-listen",
        listen,
        "--data",
        data.to_str().unwrap(),
    ]));
    let address: SocketAddr = hub.ready["rendezvous"].as_str().unwrap().parse().unwrap();
    assert_eq!(hub.ready["rendezvous_port"], address.port());
    (hub, address)
}

#[test]
fn a_hub_can_have_a_rendezvous_inside() {
    let folder = Folder::new();
    let (hub, address) = start("127.0.0.1:0", &folder);
    assert_eq!(ask(address, &register("unb", "ana", 4000))["status"], "OK");
    let listed = ask(address, &json!({"type": "DISCOVER", "namespace": "unb"}));
    assert_eq!(listed["peers"][0]["name"], "ana", "{listed}");
    // The hub's own doors are open besides.
    let mut client = hub.tcp();
    client.send("oi\n");
    client.expect("127.0.0.1", "oi");
    hub.terminate();
}

#[test]
fn the_rendezvous_inside_a_hub_keeps_its_records_with_the_hub() {
    let (folder, port) = (Folder::new(), Port::reserve());
    let listen = port.address().to_string();
    let (hub, address) = start(&listen, &folder);
    assert_eq!(address, port.address());
    assert_eq!(ask(address, &register("unb", "ana", 4000))["status"], "OK");
    hub.terminate();
    let file = folder.path().join(format!("hub/rendezvous-{}.jsonl", address.port()));
    assert!(file.is_file(), "{file:?} is missing");
    let (_hub, address) = start(&listen, &folder);
    let listed = ask(address, &json!({"type": "DISCOVER", "namespace": "unb"}));
    assert_eq!(listed["peers"][0]["name"], "ana", "{listed}");
}

#[test]
fn without_being_asked_for_there_is_none() {
    let hub = Hub::start(&[]);
    assert_eq!(hub.ready["rendezvous"], json!(null));
    assert_eq!(hub.ready["rendezvous_port"], json!(null));
}
