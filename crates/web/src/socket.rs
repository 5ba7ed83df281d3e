//! One WebSocket to a signaling server.

use std::rc::Weak;

use gloo_events::EventListener;
use lacis_core::{Input, SocketId};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BinaryType, CloseEvent, WebSocket};

use crate::browser::Browser;

/// One WebSocket; closed when dropped.
pub(crate) struct Socket {
    web: WebSocket,
    /// Dropped with the socket, so nothing more is heard of it.
    _listeners: [EventListener; 3],
}

impl Socket {
    /// Begins to open a socket.
    pub(crate) fn dial(browser: &Weak<Browser>, id: SocketId, url: &str) -> Result<Self, JsValue> {
        let web = WebSocket::new(url)?;
        web.set_binary_type(BinaryType::Arraybuffer);
        let on = |name: &'static str, react: fn(&Browser, SocketId, &web_sys::Event)| {
            let browser = browser.clone();
            EventListener::new(&web, name, move |event| {
                if let Some(browser) = browser.upgrade() {
                    react(&browser, id, event);
                }
            })
        };
        let listeners = [
            on("open", |browser, id, _| browser.input(Input::SocketOpened(id))),
            on("message", |browser, id, event| {
                browser.message(event, &|bytes| Input::SocketFrame(id, bytes.into()));
            }),
            on("close", |browser, id, event| {
                let code = event.dyn_ref::<CloseEvent>().map(CloseEvent::code);
                browser.input(Input::SocketClosed(id, code));
            }),
        ];
        Ok(Self { web, _listeners: listeners })
    }

    /// Sends a frame. On a socket that is closing it is lost; the close event follows.
    pub(crate) fn send(&self, bytes: &[u8]) {
        let _ = self.web.send_with_u8_array(bytes);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = self.web.close();
    }
}
