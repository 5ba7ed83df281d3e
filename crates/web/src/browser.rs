//! What one node holds in the browser, as the platform of its driver.

use std::cell::{Cell, RefCell, RefMut};
use std::ops::DerefMut;
use std::rc::{Rc, Weak};

use gloo_timers::callback::Timeout;
use js_sys::{ArrayBuffer, Uint8Array};
use lacis_core::{
    Event, Input, LinkAction, LinkId, Node, OpId, SocketId, StoreChange, StoreRequest, StreamId,
    Timestamp,
};
use lacis_driver::{Driver, Platform};
use lacis_wire::link::Channel;
use lacis_wire::signal::IceServer;
use lacis_wire::{Code, Millis};
use litemap::LiteMap;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{DomException, MessageEvent};

use crate::connection::Connection;
use crate::handle::{Handle, Hear};
use crate::host;
use crate::listener::Listener;
use crate::socket::Socket;

/// Everything that one node holds in the browser.
pub(crate) struct Browser {
    driver: RefCell<Driver>,
    sockets: RefCell<LiteMap<SocketId, Socket>>,
    connections: RefCell<LiteMap<LinkId, Connection>>,
    listener: Listener,
    /// Where a message is put that comes out of JavaScript, while the node reads it.
    scratch: RefCell<Vec<u8>>,
    /// The message that the node reads, as JavaScript has it.
    heard: RefCell<Option<Uint8Array>>,
    /// The one timer.
    timer: RefCell<Option<Timeout>>,
    /// Whether connections close on the spot: a page with an open one is not kept by its browser,
    /// and none of its timers runs any more.
    hasty: Cell<bool>,
    /// Whether what is written waits for the end of the turn.
    gathers: Cell<bool>,
    #[cfg(test)]
    pub(crate) log: RefCell<Vec<lacis_driver::conformance::Logged>>,
    this: Weak<Self>,
}

impl Browser {
    pub(crate) fn new(node: Node, listener: Listener) -> Rc<Self> {
        Rc::new_cyclic(|this| Self {
            driver: RefCell::new(Driver::new(node)),
            sockets: RefCell::new(LiteMap::new()),
            connections: RefCell::new(LiteMap::new()),
            listener,
            scratch: RefCell::default(),
            heard: RefCell::default(),
            timer: RefCell::default(),
            hasty: Cell::new(false),
            gathers: Cell::new(false),
            #[cfg(test)]
            log: RefCell::default(),
            this: this.clone(),
        })
    }

    /// Lets the node do something, then carries out what it wants.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Node, Timestamp) -> T) -> T {
        let result = self.begin().act(act);
        self.drain();
        result
    }

    /// Never inlined, nor is what follows, since `with` is made for each of the many things to do.
    #[inline(never)]
    fn begin(&self) -> RefMut<'_, Driver> {
        Driver::begin(&mut &*self);
        self.driver.borrow_mut()
    }

    #[inline(never)]
    fn drain(&self) {
        Driver::drain(&mut &*self);
    }

    /// Stores whatever is written in this turn of the event loop together.
    pub(crate) fn gather(&self) {
        if self.gathers.replace(true) {
            return;
        }
        self.driver.borrow_mut().act(|node, _| node.gather());
        let this = self.this.clone();
        spawn_local(async move {
            if let Some(browser) = this.upgrade() {
                browser.gathers.set(false);
                browser.with(Node::flush);
            }
        });
    }

    /// Looks at the node without changing it.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Node) -> T) -> T {
        look(self.driver.borrow().node())
    }

    /// Sockets and connections held, for tests that look for leaks.
    pub(crate) fn holds(&self) -> (usize, usize) {
        (self.sockets.borrow().len(), self.connections.borrow().len())
    }

    /// The page is put aside.
    pub(crate) fn suspend(&self) {
        self.hasty.set(true);
        self.with(Node::suspend);
    }

    /// The page was put aside and is back.
    pub(crate) fn resume(&self) {
        self.hasty.set(false);
        self.with(Node::resume);
    }

    /// Copies a message to where the node reads it; gives how long it is, unless the node is
    /// reading another one.
    fn read(&self, came: Option<&Uint8Array>) -> Option<usize> {
        let Some(came) = came else { return Some(0) };
        let length = usize::try_from(came.length()).unwrap_or(usize::MAX);
        let mut scratch = self.scratch.try_borrow_mut().ok()?;
        // It only ever grows: filling it with zeros each time takes as long as copying.
        if scratch.len() < length {
            scratch.resize(length, 0);
        }
        if let Some(bytes) = scratch.get_mut(..length) {
            came.copy_to(bytes);
        }
        Some(length)
    }

    /// Tells the page of bytes of a file. They are the end of the message that just came, which
    /// JavaScript has already: another copy, made for every chunk, would slow a fast transfer.
    fn file_data(&self, stream: StreamId, data: &[u8]) -> Result<(), JsValue> {
        let (heard, scratch) = (self.heard.borrow(), self.scratch.borrow());
        let end = heard.as_ref().filter(|heard| {
            let length = usize::try_from(heard.length()).unwrap_or(usize::MAX);
            ends_with(scratch.get(..length).unwrap_or_default(), data)
        });
        let bytes = end.map_or_else(
            || Uint8Array::from(data),
            |heard| {
                let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
                heard.subarray(heard.length().saturating_sub(length), heard.length())
            },
        );
        drop((heard, scratch));
        self.listener.file_data(stream, &bytes)
    }

    /// For what tells this node what happens.
    fn handle(&self) -> Handle {
        Handle::new(self.this.clone())
    }

    fn timeout(&self) {
        self.timer.borrow_mut().take();
        Driver::timeout(&mut &*self);
    }
}

impl Hear for Browser {
    fn input(&self, input: Input<'_>) {
        if let Input::SocketClosed(id, _) = &input {
            let closed = self.sockets.borrow_mut().remove(id);
            drop(closed);
        }
        Driver::input(&mut &*self, input);
    }

    /// Tells of it in memory that serves all messages. Text is nothing that anybody sends to a
    /// node; an empty frame makes the core treat it as such.
    fn message(&self, event: &web_sys::Event, name: &dyn Fn(&[u8]) -> Input<'_>) {
        // Only this kind of event has this name, and asking takes as long as decoding.
        let data = event.unchecked_ref::<MessageEvent>().data();
        let came = data.dyn_ref::<ArrayBuffer>().map(|data| Uint8Array::new(data));
        let Some(length) = self.read(came.as_ref()) else {
            // The page shows a dialog while it hears that one, as listening.rs tells.
            let bytes = came.map(|came| came.to_vec());
            return self.input(name(&bytes.unwrap_or_default()));
        };
        self.heard.replace(came);
        let scratch = self.scratch.borrow();
        self.input(name(scratch.get(..length).unwrap_or_default()));
        self.heard.replace(None);
    }
}

impl Platform for &Browser {
    #[cfg(test)]
    fn sees(&mut self, seen: lacis_driver::Seen<'_>) {
        self.log.borrow_mut().push(seen.into());
    }

    #[inline(never)]
    fn driver(&mut self) -> impl DerefMut<Target = Driver> {
        self.driver.borrow_mut()
    }

    fn now(&mut self) -> Timestamp {
        host::now()
    }

    fn wall(&mut self) -> Millis {
        host::wall()
    }

    fn arm(&mut self, at: Timestamp) {
        // Rounded up: a timer that fires early would only be set again.
        let wait = u64::try_from(at.since(host::now()).as_micros()).unwrap_or(u64::MAX);
        let wait =
            u32::try_from(wait.div_ceil(1000)).unwrap_or(u32::MAX).min(i32::MAX.unsigned_abs());
        let this = self.this.clone();
        let timeout = Timeout::new(wait, move || {
            if let Some(browser) = this.upgrade() {
                browser.timeout();
            }
        });
        *self.timer.borrow_mut() = Some(timeout);
    }

    fn dial(&mut self, id: SocketId, url: String) -> Result<(), Option<u16>> {
        let socket = Socket::dial(&self.handle(), id, &url).map_err(|_| None)?;
        self.sockets.borrow_mut().insert(id, socket);
        Ok(())
    }

    fn transmit(&mut self, id: SocketId, bytes: Vec<u8>) {
        if let Some(socket) = self.sockets.borrow().get(&id) {
            socket.send(&bytes);
        }
    }

    fn hang_up(&mut self, id: SocketId) {
        let left = self.sockets.borrow_mut().remove(&id);
        drop(left);
    }

    fn create(
        &mut self,
        id: LinkId,
        ice_servers: Vec<IceServer>,
        relay_only: bool,
    ) -> Result<(), Code> {
        let made = Connection::create(&self.handle(), id, &ice_servers, relay_only);
        self.connections.borrow_mut().insert(id, made.map_err(|error| refusal(&error))?);
        Ok(())
    }

    fn operate(&mut self, id: LinkId, action: LinkAction) {
        if let Some(connection) = self.connections.borrow().get(&id) {
            connection.operate(&self.handle(), id, action);
        }
    }

    fn send(&mut self, id: LinkId, channel: Channel, bytes: Vec<u8>) -> Option<usize> {
        self.connections.borrow().get(&id)?.send(channel, &bytes)
    }

    fn close(&mut self, id: LinkId) {
        let left = self.connections.borrow_mut().remove(&id);
        if let Some(connection) = left
            && !self.hasty.get()
        {
            connection.linger();
        }
    }

    fn store(&mut self, op: OpId, request: StoreRequest) -> Result<(), Code> {
        self.listener.store(op, request).map_err(|error| {
            web_sys::console::error_1(&error);
            Code::StoreFailed
        })
    }

    fn store_part(&mut self, op: OpId, changes: Vec<StoreChange>) {
        if let Err(error) = self.listener.write(op, &changes, false) {
            web_sys::console::error_1(&error);
        }
    }

    fn tell(&mut self, event: Event) {
        let told = match event {
            Event::FileData { stream, data } => self.file_data(stream, &data),
            event => self.listener.tell(event),
        };
        if let Err(error) = told {
            // The wrapper catches what applications throw; this is a fault of ours.
            web_sys::console::error_1(&error);
        }
    }
}

/// What it means that the browser makes no connection. Chromium gives this error, and no other, to
/// a page that holds 500 of them.
fn refusal(error: &JsValue) -> Code {
    match error.dyn_ref::<DomException>() {
        Some(exception) if exception.name() == "UnknownError" => Code::Busy,
        _ => Code::WebrtcBlocked,
    }
}

/// Whether these bytes end with those. Looks at eight at a time, as comparing slices does not here.
fn ends_with(whole: &[u8], end: &[u8]) -> bool {
    let Some(tail) = whole.len().checked_sub(end.len()).and_then(|at| whole.get(at..)) else {
        return false;
    };
    let (tail, tail_rest) = tail.as_chunks::<8>();
    let (end, end_rest) = end.as_chunks::<8>();
    let same = |(a, b): (&[u8; 8], &[u8; 8])| u64::from_ne_bytes(*a) == u64::from_ne_bytes(*b);
    tail.iter().zip(end).all(same) && tail_rest == end_rest
}
