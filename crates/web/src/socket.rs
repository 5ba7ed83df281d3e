//! One WebSocket to a signaling server.

use lacis_core::{Input, SocketId};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BinaryType, CloseEvent, WebSocket};

use crate::handle::Handle;
use crate::listening::Listening;

/// One WebSocket; closed when dropped.
pub(crate) struct Socket {
    web: WebSocket,
    /// Dropped with the socket, so nothing more is heard of it.
    _listeners: [Listening; 3],
}

impl Socket {
    /// Begins to open a socket.
    pub(crate) fn dial(node: &Handle, id: SocketId, url: &str) -> Result<Self, JsValue> {
        let web = WebSocket::new(url)?;
        web.set_binary_type(BinaryType::Arraybuffer);
        let on = |name: &'static str, react: fn(&Handle, SocketId, &web_sys::Event)| {
            let node = node.clone();
            Listening::new(&web, name, Box::new(move |event| react(&node, id, event)))
        };
        let listeners = [
            on("open", |node, id, _| node.input(Input::SocketOpened(id))),
            on("message", |node, id, event| {
                node.message(event, &|bytes| Input::SocketFrame(id, bytes.into()));
            }),
            on("close", |node, id, event| {
                let code = event.dyn_ref::<CloseEvent>().map(CloseEvent::code);
                node.input(Input::SocketClosed(id, code));
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
