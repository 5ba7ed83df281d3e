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
        let on = |name: &'static str,
                  input: fn(SocketId, &web_sys::Event) -> Option<Input<'static>>| {
            let browser = browser.clone();
            EventListener::new(&web, name, move |event| {
                if let (Some(browser), Some(input)) = (browser.upgrade(), input(id, event)) {
                    browser.input(input);
                }
            })
        };
        let frames = browser.clone();
        let listeners = [
            on("open", |id, _| Some(Input::SocketOpened(id))),
            EventListener::new(&web, "message", move |event| {
                if let Some(browser) = frames.upgrade() {
                    browser.message(event, &|bytes| Input::SocketFrame(id, bytes.into()));
                }
            }),
            on("close", |id, event| {
                let code = event.dyn_ref::<CloseEvent>().map(CloseEvent::code);
                Some(Input::SocketClosed(id, code))
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
