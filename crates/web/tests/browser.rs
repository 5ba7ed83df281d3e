//! The driver in a real browser, as far as it goes without a server: the border to JavaScript,
//! timers and clean ends. What needs the real server and several pages is tested in `tests/e2e`.

#![cfg(target_arch = "wasm32")]

use js_sys::{Array, Function, Object, Reflect};
use lacis_web::{WebNode, create_room_link, error_codes, parse_room_link};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

fn options(signaling: &[&str]) -> JsValue {
    let list: Array = signaling.iter().map(|url| JsValue::from_str(url)).collect();
    let options = Object::new();
    Reflect::set(&options, &"signaling".into(), &list).unwrap();
    options.into()
}

fn code(error: &JsValue) -> String {
    Reflect::get(error, &"code".into()).unwrap().as_string().unwrap_or_default()
}

#[wasm_bindgen_test]
fn a_room_link_is_made_read_and_checked() {
    let link = create_room_link(vec!["ws://127.0.0.1:1/ws".into()], None).unwrap();
    let parsed = parse_room_link(&format!("https://example.org/chat/#{link}")).unwrap();
    let servers = Array::from(&Reflect::get(&parsed, &"servers".into()).unwrap());
    assert_eq!(servers.get(0).as_string().unwrap(), "ws://127.0.0.1:1/ws");
    assert_eq!(code(&parse_room_link(&link[..20]).unwrap_err()), "link-damaged");
    assert_eq!(code(&parse_room_link("hello").unwrap_err()), "link-unknown");
    assert_eq!(code(&parse_room_link("lr9abc").unwrap_err()), "link-version");
    assert_eq!(
        code(&create_room_link(vec!["http://a".into()], None).unwrap_err()),
        "invalid-argument"
    );
}

#[wasm_bindgen_test]
fn two_nodes_have_different_ids_and_codes_are_kebab_case() {
    let (_, sink) = recorder();
    let a = WebNode::new(options(&[]), sink.clone().into()).unwrap();
    let b = WebNode::new(options(&[]), sink.into()).unwrap();
    assert_ne!(a.node_id(), b.node_id());
    assert_ne!(a.peer_id(), b.peer_id());
    assert!(error_codes().iter().all(|c| c.chars().all(|l| l.is_ascii_lowercase() || l == '-')));
}

#[wasm_bindgen_test]
fn options_of_the_wrong_form_are_refused() {
    let (_, sink) = recorder();
    for url in ["http://example.org", "", "ws://"] {
        let refused = WebNode::new(options(&[url]), sink.clone().into()).unwrap_err();
        assert_eq!(code(&refused), "invalid-argument", "{url}");
    }
}

#[wasm_bindgen_test]
async fn a_join_without_a_server_ends_with_a_reason_and_close_ends_everything() {
    let (events, told) = recorder();
    let node = WebNode::new(options(&["ws://127.0.0.1:1/ws"]), told.into()).unwrap();
    node.join(1, 1, &create_room_link(Vec::new(), None).unwrap(), 300.0).unwrap();
    let ended = wait_for(&events, 1).await;
    assert_eq!(code(&ended), "signaling-unreachable");
    node.close(2);
    let closed = wait_for(&events, 2).await;
    assert_eq!(code(&closed), "");
    let report = node.diagnose();
    assert_eq!(Reflect::get(&report, &"sockets".into()).unwrap(), 0);
    let refused = node.join(3, 2, &create_room_link(Vec::new(), None).unwrap(), 1.0).unwrap_err();
    assert_eq!(code(&refused), "closed");
}

/// A listener that gathers what it is told of tickets in an array.
fn recorder() -> (Array, JsValue) {
    let events = Array::new();
    let body = "return { event() {}, message() {}, fileData() {},
        completed(ticket, code) { events.push({ ticket, code }); } };";
    let make = Function::new_with_args("events", body);
    let listener = make.call1(&JsValue::NULL, &events).unwrap();
    (events, listener)
}

/// Waits for the event that completes a ticket. The runner ends a test that waits for ever.
async fn wait_for(events: &Array, ticket: u32) -> JsValue {
    loop {
        let found =
            events.iter().find(|event| Reflect::get(event, &"ticket".into()).unwrap() == ticket);
        if let Some(event) = found {
            return event;
        }
        let mut turn = |resolve: Function, _| {
            let global = js_sys::global();
            let set: Function = Reflect::get(&global, &"setTimeout".into()).unwrap().into();
            set.call2(&global, &resolve, &5.into()).unwrap();
        };
        let next = js_sys::Promise::new(&mut turn);
        wasm_bindgen_futures::JsFuture::from(next).await.unwrap();
    }
}
