//! The loop alone, on a platform that keeps what it is asked for and comes back as a page does.

use std::cell::{Cell, RefCell};
use std::ops::DerefMut;
use std::time::Duration;

use lacis_core::{
    Config, Event, LinkAction, LinkId, Node, OpId, RoomId, ServerState, SocketId, StoreRequest,
    Ticket, Timestamp,
};
use lacis_driver::{Driver, Platform};
use lacis_wire::link::Channel;
use lacis_wire::room::RoomLink;
use lacis_wire::signal::IceServer;
use lacis_wire::{Code, Millis};

/// A platform, and what was asked of it.
struct Page {
    driver: RefCell<Driver>,
    now: Cell<Timestamp>,
    clock_reads: Cell<usize>,
    armed: RefCell<Vec<Timestamp>>,
    told: RefCell<Vec<Event>>,
    /// Whether an event is being told just now.
    is_telling: Cell<bool>,
    /// Until which ticket the application goes on from within an event.
    goes_on: Cell<Ticket>,
}

impl Page {
    fn new(servers: &[&str]) -> Self {
        let servers = servers.iter().map(|url| (*url).into()).collect();
        let config = Config { servers, ..Config::default() };
        let node = Node::new(config, [3; 32], Timestamp::ZERO).expect("it is within the limits");
        Self {
            driver: RefCell::new(Driver::new(node)),
            now: Cell::new(Timestamp::ZERO),
            clock_reads: Cell::new(0),
            armed: RefCell::default(),
            told: RefCell::default(),
            is_telling: Cell::new(false),
            goes_on: Cell::new(0),
        }
    }

    /// Begins to join a room, and gives it up.
    fn try_room(&self, ticket: Ticket) {
        Driver::with(&mut &*self, |node, now| {
            let secret = [u8::try_from(ticket).expect("few are used"); 16];
            let link = RoomLink { secret, servers: Vec::new() };
            node.join(now, ticket, RoomId(ticket), &link, Duration::from_secs(9))
                .expect("there is room");
            node.cancel(now, ticket);
        });
    }

    fn settled(&self) -> Vec<Ticket> {
        let ticket = |event: &Event| match event {
            Event::Completed { ticket, .. } => Some(*ticket),
            _ => None,
        };
        self.told.borrow().iter().filter_map(ticket).collect()
    }

    fn pass(&self, time: Duration) {
        self.now.set(self.now.get() + time);
    }
}

impl Platform for &Page {
    fn driver(&mut self) -> impl DerefMut<Target = Driver> {
        self.driver.borrow_mut()
    }

    fn now(&mut self) -> Timestamp {
        self.clock_reads.set(self.clock_reads.get() + 1);
        self.now.get()
    }

    fn wall(&mut self) -> Millis {
        Millis(0)
    }

    fn arm(&mut self, at: Timestamp) {
        self.armed.borrow_mut().push(at);
    }

    fn dial(&mut self, _: SocketId, _: String) -> Result<(), Option<u16>> {
        Err(None)
    }

    fn transmit(&mut self, socket: SocketId, _: Vec<u8>) {
        panic!("{socket:?} was never opened");
    }

    fn hang_up(&mut self, _: SocketId) {}

    fn create(&mut self, _: LinkId, _: Vec<IceServer>, _: bool) -> Result<(), Code> {
        Err(Code::WebrtcBlocked)
    }

    /// What it was to offer was refused, which the node hears only now.
    fn operate(&mut self, _: LinkId, _: LinkAction) {}

    fn send(&mut self, _: LinkId, _: Channel, _: Vec<u8>) -> Option<usize> {
        None
    }

    fn close(&mut self, _: LinkId) {}

    fn store(&mut self, _: OpId, _: StoreRequest) -> Result<(), Code> {
        Err(Code::StoreFailed)
    }

    fn tell(&mut self, event: Event) {
        assert!(!self.is_telling.replace(true), "an event is told within another");
        let next = match &event {
            Event::Completed { ticket, .. } if *ticket < self.goes_on.get() => Some(ticket + 1),
            _ => None,
        };
        self.told.borrow_mut().push(event);
        if let Some(ticket) = next {
            self.try_room(ticket);
        }
        self.is_telling.set(false);
    }
}

#[test]
fn what_an_event_causes_comes_after_it_and_reads_no_clock() {
    let page = Page::new(&[]);
    page.goes_on.set(4);
    page.try_room(1);
    assert_eq!(page.settled(), [1, 2, 3, 4]);
    assert_eq!(page.clock_reads.get(), 1);
}

#[test]
fn what_is_refused_at_once_is_told_at_once() {
    let page = Page::new(&["ws://one.example/ws"]);
    Driver::with(&mut &page, |_, _| ());
    let told = page.told.borrow();
    let waits = |event: &Event| {
        matches!(event, Event::Server { state: ServerState::Waiting, retry: Some(_), .. })
    };
    assert!(told.iter().any(waits), "{told:?}");
}

#[test]
fn the_timer_is_moved_only_to_come_earlier() {
    let page = Page::new(&[]);
    Driver::with(&mut &page, |_, _| ());
    let first = page.armed.borrow()[0];
    let join = |ticket: Ticket, patience: Duration| {
        Driver::with(&mut &page, |node, now| {
            let link = RoomLink { secret: [7; 16], servers: Vec::new() };
            node.join(now, ticket, RoomId(ticket), &link, patience).expect("there is room");
        });
    };
    join(1, Duration::from_millis(300));
    let early = *page.armed.borrow().last().expect("it was set");
    assert!(early < first && page.armed.borrow().len() == 2);
    // Nobody waits any more, and the timer fires all the same; then it is set for what comes next.
    Driver::with(&mut &page, |node, now| node.cancel(now, 1));
    page.pass(Duration::from_millis(100));
    Driver::with(&mut &page, |_, _| ());
    assert_eq!(page.armed.borrow().len(), 2, "it is moved for nothing");
    page.pass(Duration::from_millis(200));
    Driver::timeout(&mut &page);
    assert_eq!(page.armed.borrow().len(), 3);
    assert!(page.armed.borrow()[2] > early);
}
