//! What hears the browser, until it is dropped.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Event, EventTarget};

/// Listens for events of one name. What it calls may be called again while it runs: Firefox goes on
/// delivering messages while a page that hears one shows `alert`, `confirm` or `prompt`.
pub(crate) struct Listening {
    target: EventTarget,
    name: &'static str,
    react: Closure<dyn Fn(&Event)>,
}

impl Listening {
    pub(crate) fn new(
        target: &EventTarget,
        name: &'static str,
        react: Box<dyn Fn(&Event)>,
    ) -> Self {
        let react = Closure::wrap(react);
        // A function is all that it asks for.
        let _ = target.add_event_listener_with_callback(name, react.as_ref().unchecked_ref());
        Self { target: target.clone(), name, react }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let react = self.react.as_ref().unchecked_ref();
        let _ = self.target.remove_event_listener_with_callback(self.name, react);
    }
}
