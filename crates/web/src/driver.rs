//! The loop between the node and the browser.

use std::cell::{Cell, RefCell, RefMut};
use std::rc::{Rc, Weak};

use gloo_timers::callback::Timeout;
use lacis_core::{
    Event, Input, LinkAction, LinkId, LinkInput, Node, OpId, Output, SocketId, StoreReply,
    StoreRequest, Timestamp,
};
use lacis_wire::Code;
use litemap::LiteMap;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::DomException;

use crate::connection::Connection;
use crate::host;
use crate::listener::Listener;
use crate::socket::Socket;

/// Everything that one node holds in the browser.
pub(crate) struct Driver {
    node: RefCell<Node>,
    sockets: RefCell<LiteMap<SocketId, Socket>>,
    connections: RefCell<LiteMap<LinkId, Connection>>,
    listener: Listener,
    /// The one timer, and when it fires.
    timer: RefCell<Option<(Timestamp, Timeout)>>,
    /// The time at which the outputs now being carried out were begun, if they are: whoever comes
    /// in between only adds to the queue, and needs no clock of its own.
    pumping: Cell<Option<Timestamp>>,
    /// Whether connections close on the spot: a page with an open one is not kept by its browser,
    /// and none of its timers runs any more.
    hasty: Cell<bool>,
    this: Weak<Self>,
}

impl Driver {
    pub(crate) fn new(node: Node, listener: Listener) -> Rc<Self> {
        Rc::new_cyclic(|this| Self {
            node: RefCell::new(node),
            sockets: RefCell::new(LiteMap::new()),
            connections: RefCell::new(LiteMap::new()),
            listener,
            timer: RefCell::default(),
            pumping: Cell::new(None),
            hasty: Cell::new(false),
            this: this.clone(),
        })
    }

    /// Lets the node do something, then carries out what it wants.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Node, Timestamp) -> T) -> T {
        let (mut node, now) = self.begin();
        let result = act(&mut node, now);
        drop(node);
        self.pump(now);
        result
    }

    /// The node and the time that is its own. Never inlined, since `with` is made for each of the
    /// many things to do.
    #[inline(never)]
    fn begin(&self) -> (RefMut<'_, Node>, Timestamp) {
        let began = self.pumping.get();
        let now = began.unwrap_or_else(host::now);
        let mut node = self.node.borrow_mut();
        if began.is_none() {
            // Nothing tells that the machine slept; what comes next must find the right time.
            node.handle_input(now, Input::Wall(host::wall()));
        }
        (node, now)
    }

    pub(crate) fn input(&self, input: Input) {
        if let Input::SocketClosed(id, _) = &input {
            let closed = self.sockets.borrow_mut().remove(id);
            drop(closed);
        }
        self.with(|node, now| node.handle_input(now, input));
    }

    pub(crate) fn link_input(&self, id: LinkId, input: LinkInput) {
        self.input(Input::Link(id, input));
    }

    /// Looks at the node without changing it.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Node) -> T) -> T {
        look(&self.node.borrow())
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

    /// Carries outputs out until there are none. The node is not borrowed meanwhile, so whatever
    /// an output causes may come straight back.
    fn pump(&self, now: Timestamp) {
        if self.pumping.get().is_some() {
            return;
        }
        self.pumping.set(Some(now));
        loop {
            let output = self.node.borrow_mut().poll_output();
            match output {
                Some(output) => self.act(output),
                None => break,
            }
        }
        self.pumping.set(None);
        self.arm();
    }

    fn act(&self, output: Output) {
        match output {
            Output::Dial(id, url) => match Socket::dial(&self.this, id, &url) {
                Ok(socket) => {
                    self.sockets.borrow_mut().insert(id, socket);
                }
                Err(_) => self.input(Input::SocketClosed(id, None)),
            },
            Output::Transmit(id, bytes) => {
                if let Some(socket) = self.sockets.borrow().get(&id) {
                    socket.send(&bytes);
                }
            }
            Output::HangUp(id) => {
                let left = self.sockets.borrow_mut().remove(&id);
                drop(left);
            }
            Output::Link(id, action) => self.act_on_link(id, action),
            Output::Store(op, request) => self.store(op, request),
            Output::Event(event) => self.tell(event),
        }
    }

    fn act_on_link(&self, id: LinkId, action: LinkAction) {
        match action {
            LinkAction::Create { ice_servers, relay_only } => {
                let made = Connection::create(&self.this, id, &ice_servers, relay_only);
                match made {
                    Ok(connection) => {
                        self.connections.borrow_mut().insert(id, connection);
                    }
                    Err(error) => self.link_input(id, LinkInput::CreateFailed(refusal(&error))),
                }
            }
            LinkAction::Close => {
                let left = self.connections.borrow_mut().remove(&id);
                if let Some(connection) = left
                    && !self.hasty.get()
                {
                    connection.linger();
                }
            }
            action => {
                if let (Some(this), Some(connection)) =
                    (self.this.upgrade(), self.connections.borrow().get(&id))
                {
                    connection.act(&this, id, action);
                }
            }
        }
    }

    fn store(&self, op: OpId, request: StoreRequest) {
        if let Err(error) = self.listener.store(op, request) {
            web_sys::console::error_1(&error);
            self.input(Input::Store(op, StoreReply::Failed(Code::StoreFailed)));
        }
    }

    fn tell(&self, event: Event) {
        if let Err(error) = self.listener.tell(event) {
            // The wrapper catches what applications throw; this is a fault of ours.
            web_sys::console::error_1(&error);
        }
    }

    fn arm(&self) {
        let next = self.node.borrow_mut().poll_timeout().map(|(at, _)| at);
        let mut timer = self.timer.borrow_mut();
        // A timer that fires too early does no harm and is set again then. Moving it with every
        // message would cost more than the message.
        let in_time = |at: &Timestamp| next.is_none_or(|next| *at <= next);
        if timer.as_ref().is_some_and(|(at, _)| in_time(at)) {
            return;
        }
        *timer = next.map(|at| {
            // Rounded up: a timer that fires early would only be set again.
            let wait = u64::try_from(at.since(host::now()).as_micros()).unwrap_or(u64::MAX);
            let wait =
                u32::try_from(wait.div_ceil(1000)).unwrap_or(u32::MAX).min(i32::MAX.unsigned_abs());
            let this = self.this.clone();
            let timeout = Timeout::new(wait, move || {
                if let Some(driver) = this.upgrade() {
                    driver.timeout();
                }
            });
            (at, timeout)
        });
    }

    fn timeout(&self) {
        self.timer.borrow_mut().take();
        self.with(Node::handle_timeout);
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
