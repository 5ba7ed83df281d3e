//! The thread that peers run on.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use lacis_core::{Config, Node, StreamId};
use lacis_wire::Code;
use tokio::runtime;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinSet, LocalSet, spawn_blocking};

use super::Who;
use crate::clock::Clock;
use crate::desk::{Desk, Rest};
use crate::error::{Error, StartError};
use crate::file::Act;
use crate::handle::{Command, Handle, Holder};
use crate::identity;
use crate::machine::{Machine, Parts};
use crate::options::Options;
use crate::port::{Port, WeakPort};
use crate::store::Store;

/// A thread for peers, and the one port of all of them. It ends with the last peer, once nobody can
/// start another.
#[derive(Clone, Debug)]
pub(super) struct Thread(mpsc::UnboundedSender<Birth>);

/// A peer that is to begin.
#[derive(Debug)]
struct Birth {
    options: Options,
    handle: Handle,
    commands: mpsc::UnboundedReceiver<Command>,
    started: oneshot::Sender<Result<Who, StartError>>,
}

impl Thread {
    pub(super) fn start() -> Result<Self, StartError> {
        let (births, to_begin) = mpsc::unbounded_channel();
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(StartError::System)?;
        std::thread::Builder::new()
            .name("lacis-peer".into())
            .spawn(move || LocalSet::new().block_on(&runtime, host(to_begin)))
            .map_err(StartError::System)?;
        Ok(Self(births))
    }

    /// Starts a peer on it.
    pub(super) async fn bear(&self, options: Options) -> Result<(Holder, Who), StartError> {
        let (post, commands) = mpsc::unbounded_channel();
        let holder = Holder(post);
        let (started, starts) = oneshot::channel();
        let birth = Birth { options, handle: holder.handle(), commands, started };
        let gone = || StartError::System(std::io::ErrorKind::Other.into());
        self.0.send(birth).map_err(|_| gone())?;
        let who = starts.await.map_err(|_| gone())??;
        Ok((holder, who))
    }
}

/// Runs peers until there will be none any more.
async fn host(mut births: mpsc::UnboundedReceiver<Birth>) {
    let port = Rc::new(RefCell::new(WeakPort::default()));
    let mut peers = JoinSet::new();
    loop {
        tokio::select! {
            birth = births.recv() => match birth {
                Some(birth) => {
                    peers.spawn_local(live(birth, Rc::clone(&port)));
                }
                None => break,
            },
            // One that ended has told whoever waits for that.
            Some(_) = peers.join_next() => {}
        }
    }
    while peers.join_next().await.is_some() {}
}

async fn live(birth: Birth, port: Rc<RefCell<WeakPort>>) {
    let Birth { options, handle, commands, started } = birth;
    match make(&options, &port).await {
        Ok((machine, who)) => {
            // Whoever gave up waiting has no peer, and this one ends at once.
            let _ = started.send(Ok(who));
            run(machine, desk(handle, options.group_bytes), commands).await;
        }
        Err(error) => {
            let _ = started.send(Err(error));
        }
    }
}

fn desk(handle: Handle, group_bytes: Option<u64>) -> Desk {
    let answers = handle.clone();
    let respond = Arc::new(move |id, answer| {
        answers.post(move |machine, _| machine.with(|node, now| node.respond(now, id, answer)));
    });
    let steer = Arc::new(move |stream, act| {
        handle.post(move |machine, desk| act_on(machine, desk, stream, act));
    });
    Desk::new(respond, steer, group_bytes)
}

/// Does with a file that comes what the application wants.
fn act_on(machine: &mut Machine, desk: &mut Desk, stream: StreamId, act: Act) {
    match act {
        Act::Accept(answer) => {
            let accepted = machine.with(|node, now| node.accept_file(now, stream));
            // Whoever gave up waiting has it cancelled.
            let _ = answer.send(accepted.map_err(Code::from));
        }
        Act::Grant(bytes) => machine.with(|node, now| node.grant(now, stream, bytes)),
        Act::Cancel(code) => {
            desk.streams.remove(&stream);
            machine.with(|node, now| node.cancel_stream(now, stream, code));
        }
    }
}

async fn make(options: &Options, shared: &RefCell<WeakPort>) -> Result<(Machine, Who), StartError> {
    let clock = Clock::new(options.clock_offset);
    let (answers, from_store) = mpsc::unbounded_channel();
    let store = match options.store.clone() {
        // It may have to be repaired first, and other peers of this thread go on meanwhile.
        Some(path) => {
            let opened = spawn_blocking(move || Store::open(&path, answers)).await;
            Some(opened.map_err(|error| StartError::System(error.into()))??)
        }
        None => None,
    };
    let config = Config {
        servers: options.signaling.clone(),
        identity: options.identity.0,
        wall: clock.wall(),
        store: store.is_some(),
        relay_only: options.relay_only,
        ..Config::default()
    };
    let seed = identity::random().map_err(StartError::System)?;
    let mut node = Node::new(config, seed, clock.now())?;
    node.allow_links(options.links);
    let port = match shared.borrow().port() {
        Some(port) => port,
        None => Port::bind(options.listen, options.loopback).map_err(StartError::Port)?,
    };
    shared.replace(port.downgrade());
    let who = Who { id: node.peer_id(), node: node.node_id(), bound: port.bound() };
    let outside = options.advertise.clone();
    let parts = Parts { clock, port: Some(port), outside, store, from_store };
    let mut machine = Machine::new(node, parts);
    machine.with(|_, _| ());
    Ok((machine, who))
}

async fn run(mut machine: Machine, mut desk: Desk, mut commands: mpsc::UnboundedReceiver<Command>) {
    let mut is_held = true;
    while !desk.is_over() {
        tell(&mut machine, &mut desk);
        tokio::select! {
            command = commands.recv(), if is_held => match command {
                Some(command) => command(&mut machine, &mut desk),
                None => {
                    is_held = false;
                    begin_to_close(&mut machine, &mut desk);
                }
            },
            woken = machine.wait() => machine.wake(woken),
        }
        tell(&mut machine, &mut desk);
    }
    machine.finish().await;
    tell(&mut machine, &mut desk);
    // Store and port are free for the next peer before anybody hears that this one is closed.
    machine.let_go().await;
    desk.end();
}

/// Tells what happened until nothing more has.
fn tell(machine: &mut Machine, desk: &mut Desk) {
    while let Some(event) = machine.poll_event() {
        match desk.tell(event) {
            Some(Rest::Refuse(request)) => machine.with(|node, now| {
                node.respond(now, request, Err(Code::NoHandler));
            }),
            Some(Rest::Decline(stream)) => machine.with(|node, now| {
                node.cancel_stream(now, stream, Code::NoHandler);
            }),
            None => {}
        }
    }
}

fn begin_to_close(machine: &mut Machine, desk: &mut Desk) {
    let ticket = desk.ticket();
    desk.close_with(ticket);
    machine.with(|node, now| node.close(now, ticket));
}

/// Closes a peer; comes back when its thread has let go of everything.
pub(super) async fn close(handle: &Handle) -> Result<(), Error> {
    let (ended, ends) = oneshot::channel();
    let asked = handle.post(move |machine, desk| {
        desk.await_end(ended);
        begin_to_close(machine, desk);
    });
    // A peer that is gone is closed.
    if asked { ends.await.unwrap_or(Ok(())) } else { Ok(()) }
}
