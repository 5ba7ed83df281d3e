//! The loop.

mod platform;

use lacis_core::{Input, LinkAction, LinkId, LinkInput, Node, Output, StoreReply, Timestamp};

pub use platform::{Platform, Seen};

/// A node, and how far its platform is with what the node wants.
///
/// A platform holds its driver as it likes, and lends it: so every function of the loop takes the
/// platform alone.
#[derive(Debug)]
pub struct Driver {
    node: Node,
    /// When the one timer fires, if it is set.
    armed: Option<Timestamp>,
    /// When the node was last called from outside.
    now: Timestamp,
    /// Whether outputs are being carried out: whoever comes in between only adds to the queue.
    draining: bool,
}

impl Driver {
    /// A driver for a node that was just made. What that wants is done with the first call of
    /// anything here.
    #[must_use]
    pub const fn new(node: Node) -> Self {
        Self { node, armed: None, now: Timestamp::ZERO, draining: false }
    }

    /// Looks at the node without changing it.
    #[must_use]
    pub const fn node(&self) -> &Node {
        &self.node
    }

    /// Lets the node do something, then carries out what it wants.
    pub fn with<P: Platform, T>(
        platform: &mut P,
        act: impl FnOnce(&mut Node, Timestamp) -> T,
    ) -> T {
        Self::begin(platform);
        let result = platform.driver().act(act);
        Self::drain(platform);
        result
    }

    /// Tells the node what happened, and carries out what it wants.
    pub fn input<P: Platform>(platform: &mut P, input: Input<'_>) {
        platform.sees(Seen::Input(&input));
        Self::with(platform, |node, now| node.handle_input(now, input));
    }

    /// The timer that [`Platform::arm`] set fires.
    pub fn timeout<P: Platform>(platform: &mut P) {
        platform.sees(Seen::Timeout);
        platform.driver().armed = None;
        Self::with(platform, Node::handle_timeout);
    }

    /// Tells the node what the clocks say: the first part of [`Driver::with`]. [`Driver::act`]
    /// follows, and after that [`Driver::drain`].
    pub fn begin<P: Platform>(platform: &mut P) {
        // Whoever comes while outputs are carried out needs no clock of its own.
        if !platform.driver().draining {
            let (now, wall) = (platform.now(), platform.wall());
            let mut driver = platform.driver();
            driver.now = now;
            // Nothing tells that the machine slept; what comes next must find the right time.
            driver.node.handle_input(now, Input::Wall(wall));
        }
    }

    /// Lets the node do something, at the time at which it was begun.
    pub fn act<T>(&mut self, act: impl FnOnce(&mut Node, Timestamp) -> T) -> T {
        act(&mut self.node, self.now)
    }

    /// Carries outputs out until there are none, then sets the timer. The driver is not borrowed
    /// meanwhile, so whatever an output causes may come straight back.
    pub fn drain<P: Platform>(platform: &mut P) {
        if core::mem::replace(&mut platform.driver().draining, true) {
            return;
        }
        loop {
            let output = platform.driver().node.poll_output();
            let Some(output) = output else { break };
            platform.sees(Seen::Output(&output));
            Self::carry_out(platform, output);
        }
        platform.driver().draining = false;
        Self::arm(platform);
    }

    /// Carries one output out, and tells the node what follows from it at once.
    pub(crate) fn carry_out<P: Platform>(platform: &mut P, output: Output) {
        match output {
            Output::Dial(socket, url) => {
                if let Err(code) = platform.dial(socket, url) {
                    Self::input(platform, Input::SocketClosed(socket, code));
                }
            }
            Output::Transmit(socket, bytes) => platform.transmit(socket, bytes),
            Output::HangUp(socket) => platform.hang_up(socket),
            Output::Link(link, action) => Self::act_on_link(platform, link, action),
            Output::Store(op, request) => {
                if let Err(code) = platform.store(op, request) {
                    Self::input(platform, Input::Store(op, StoreReply::Failed(code)));
                }
            }
            Output::StorePart(op, changes) => platform.store_part(op, changes),
            Output::Event(event) => platform.tell(event),
        }
    }

    fn act_on_link<P: Platform>(platform: &mut P, link: LinkId, action: LinkAction) {
        let told = match action {
            LinkAction::Create { ice_servers, relay_only } => {
                platform.create(link, ice_servers, relay_only).err().map(LinkInput::CreateFailed)
            }
            LinkAction::Send(channel, bytes) => {
                let buffered = platform.send(link, channel, bytes);
                platform.driver().act(|node, now| node.handle_sent(now, link, channel, buffered));
                None
            }
            LinkAction::Close => {
                platform.close(link);
                None
            }
            action => {
                platform.operate(link, action);
                None
            }
        };
        if let Some(told) = told {
            Self::input(platform, Input::Link(link, told));
        }
    }

    fn arm<P: Platform>(platform: &mut P) {
        let mut driver = platform.driver();
        let Some((at, _)) = driver.node.poll_timeout() else { return };
        // A timer that fires too early does no harm and is set again then. Moving it with every
        // message would cost more than the message.
        if driver.armed.is_none_or(|armed| at < armed) {
            driver.armed = Some(at);
            drop(driver);
            platform.arm(at);
        }
    }
}
