//! The thread that a peer runs on.

use std::sync::Arc;

use lacis_core::{Config, Node, StreamId};
use lacis_wire::Code;
use tokio::runtime;
use tokio::sync::{mpsc, oneshot};
use tokio::task::LocalSet;

use super::Who;
use crate::clock::Clock;
use crate::desk::{Desk, Rest};
use crate::error::{Error, StartError};
use crate::file::Act;
use crate::handle::{Command, Handle, Holder};
use crate::identity;
use crate::machine::{Machine, Parts};
use crate::options::Options;
use crate::store::Store;
use crate::udp::Port;

/// Starts a thread with a peer on it.
pub(super) async fn start(options: Options) -> Result<(Holder, Who), StartError> {
    let (post, commands) = mpsc::unbounded_channel();
    let holder = Holder(post);
    let handle = holder.handle();
    let (started, starts) = oneshot::channel();
    std::thread::Builder::new()
        .name("lacis-peer".into())
        .spawn(move || {
            let runtime = match runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => {
                    let _ = started.send(Err(StartError::System(error)));
                    return;
                }
            };
            LocalSet::new().block_on(&runtime, async move {
                match make(&options) {
                    Ok((machine, who)) => {
                        // Whoever gave up waiting has no peer, and this one ends at once.
                        let _ = started.send(Ok(who));
                        run(machine, desk(handle), commands).await;
                    }
                    Err(error) => {
                        let _ = started.send(Err(error));
                    }
                }
            });
        })
        .map_err(StartError::System)?;
    let gone = || StartError::System(std::io::ErrorKind::Other.into());
    let who = starts.await.map_err(|_| gone())??;
    Ok((holder, who))
}

fn desk(handle: Handle) -> Desk {
    let answers = handle.clone();
    let respond = Arc::new(move |id, answer| {
        answers.post(move |machine, _| machine.with(|node, now| node.respond(now, id, answer)));
    });
    let steer = Arc::new(move |stream, act| {
        handle.post(move |machine, desk| act_on(machine, desk, stream, act));
    });
    Desk::new(respond, steer)
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

fn make(options: &Options) -> Result<(Machine, Who), StartError> {
    let clock = Clock::new(options.clock_offset);
    let (answers, from_store) = mpsc::unbounded_channel();
    let store = match &options.store {
        Some(path) => Some(Store::open(path, answers)?),
        None => None,
    };
    let config = Config {
        servers: options.signaling.clone(),
        identity: options.identity.0,
        wall: clock.wall(),
        store: store.is_some(),
        ..Config::default()
    };
    let seed = identity::random().map_err(StartError::System)?;
    let node = Node::new(config, seed, clock.now())?;
    let port = Port::bind(options.listen, options.loopback).map_err(StartError::Port)?;
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
    // The store is free for the next peer before anybody hears that this one is closed.
    drop(machine);
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
