//! The way back: from what a node holds in the browser to the node.

use std::rc::Weak;

use lacis_core::Input;

/// Whoever is told what happens.
pub(crate) trait Hear {
    /// Tells the node what happened.
    fn input(&self, input: Input<'_>);

    /// Tells the node of a message, which the function names.
    fn message(&self, event: &web_sys::Event, name: &dyn Fn(&[u8]) -> Input<'_>);
}

/// Passes on what happens, as long as the node lives.
#[derive(Clone)]
pub(crate) struct Handle(Weak<dyn Hear>);

impl Handle {
    pub(crate) fn new(node: Weak<dyn Hear>) -> Self {
        Self(node)
    }

    pub(crate) fn input(&self, input: Input<'_>) {
        if let Some(node) = self.0.upgrade() {
            node.input(input);
        }
    }

    pub(crate) fn message(&self, event: &web_sys::Event, name: &dyn Fn(&[u8]) -> Input<'_>) {
        if let Some(node) = self.0.upgrade() {
            node.message(event, name);
        }
    }
}
