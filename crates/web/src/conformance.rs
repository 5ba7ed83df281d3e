//! What every platform does for its nodes, a browser does too.

use std::rc::Rc;
use std::time::Duration;

use gloo_timers::future::TimeoutFuture;
use js_sys::Function;
use lacis_core::{Config, Node};
use lacis_driver::conformance::{Harness, Logged, Side};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

use crate::browser::Browser;
use crate::host;
use crate::listener::Listener;

wasm_bindgen_test_configure!(run_in_browser);

/// Two nodes in one page.
struct Page([Rc<Browser>; 2]);

impl Page {
    fn new() -> Self {
        Self([(); 2].map(|()| {
            let config = Config { wall: host::wall(), ..Config::default() };
            let node = Node::new(config, host::random().unwrap(), host::now()).unwrap();
            // There is no store here, so whoever asks it throws.
            let listener = js("return { event() {}, message() {}, settled() {}, fileData() {} }");
            let browser = Browser::new(node, Listener::new(listener.unchecked_into()));
            browser.with(|_, _| ());
            browser
        }))
    }
}

fn js(body: &str) -> JsValue {
    Function::new_no_args(body).call0(&JsValue::NULL).unwrap()
}

impl Harness for Page {
    type Platform<'a> = &'a Browser;

    fn platform(&mut self, side: Side) -> &Browser {
        &self.0[side]
    }

    fn log(&mut self, side: Side) -> Vec<Logged> {
        self.0[side].log.take()
    }

    async fn pass(&mut self, time: Duration) {
        TimeoutFuture::new(time.as_millis().try_into().unwrap()).await;
    }

    /// As extensions do that guard against being found.
    fn refuse_connections(&mut self, _: Side, refuse: bool) {
        js(match refuse {
            true => {
                "globalThis.kept = RTCPeerConnection;
                globalThis.RTCPeerConnection = function() { throw new Error('refused') }"
            }
            false => "globalThis.RTCPeerConnection = globalThis.kept",
        });
    }

    fn fail_store(&mut self, _: Side, _: bool) {}

    fn move_wall(&mut self, _: Side, ahead: i64) {
        js(&format!("const now = Date.now; Date.now = () => now() + {ahead}"));
    }

    fn dead_address(&self) -> String {
        "ws://127.0.0.1:1/ws".into()
    }
}

macro_rules! each {
    ($name:ident) => {
        #[wasm_bindgen_test]
        async fn $name() {
            lacis_driver::conformance::$name(&mut Page::new()).await;
        }
    };
}

lacis_driver::scenarios!(each);
