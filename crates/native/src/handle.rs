//! The way from an application to the thread of its peer.

use std::time::Duration;

use lacis_core::{Node, Ticket, Timestamp};
use lacis_wire::Code;
use tokio::sync::{mpsc, oneshot};

use crate::desk::{Answer, Desk, Numbers};
use crate::error::Error;
use crate::machine::Machine;

/// How long is waited unless the caller says otherwise.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);

/// Something that is done on the thread of the peer.
pub(crate) type Command = Box<dyn FnOnce(&mut Machine, &mut Desk) + Send>;

/// The way from an application to the thread of its peer.
///
/// What waits here is bounded by those who wait: a caller has one command under way.
#[derive(Clone, Debug)]
pub(crate) struct Handle(pub(crate) mpsc::WeakUnboundedSender<Command>);

/// Keeps the peer going: it leaves once nobody has one any more.
#[derive(Clone, Debug)]
pub(crate) struct Holder(pub(crate) mpsc::UnboundedSender<Command>);

impl Holder {
    pub(crate) fn handle(&self) -> Handle {
        Handle(self.0.downgrade())
    }
}

impl Handle {
    /// Has something done; says whether there is anybody to do it.
    pub(crate) fn post(
        &self,
        command: impl FnOnce(&mut Machine, &mut Desk) + Send + 'static,
    ) -> bool {
        self.0.upgrade().is_some_and(|to| to.send(Box::new(command)).is_ok())
    }

    /// Has something done, and waits for what it gives.
    pub(crate) async fn call<T: Send + 'static>(
        self,
        command: impl FnOnce(&mut Machine, &mut Desk) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, given) = oneshot::channel();
        self.post(move |machine, desk| {
            // Whoever gave up waiting does not hear it.
            let _ = answer.send(command(machine, desk));
        });
        given.await.map_err(|_| Code::Closed.into())
    }

    /// Has the node do something that takes time, under a new number, and `then` something with
    /// what that gave, before anything is told. A caller who gives up waiting calls it off.
    pub(crate) async fn ask<T, E>(
        self,
        command: impl FnOnce(&mut Node, Timestamp, Ticket, &mut Numbers) -> Result<T, E>
        + Send
        + 'static,
        then: impl FnOnce(&T, &mut Desk) + Send + 'static,
    ) -> Result<(T, Waiting), Error>
    where
        T: Send + 'static,
        E: Into<Error>,
    {
        let (answer, given) = oneshot::channel();
        let begun = self.clone().call(move |machine, desk| {
            let ticket = desk.ticket();
            let numbers = &mut desk.numbers;
            match machine.with(|node, now| command(node, now, ticket, numbers)) {
                Ok(begun) => {
                    desk.expect(ticket, answer);
                    then(&begun, desk);
                    Ok((begun, ticket))
                }
                Err(error) => Err(error.into()),
            }
        });
        let (begun, ticket) = begun.await??;
        Ok((begun, Waiting { handle: self, ticket, given: Some(given) }))
    }

    /// The same for what needs no number, with nothing more to do.
    pub(crate) async fn ask_node<T, E>(
        self,
        command: impl FnOnce(&mut Node, Timestamp, Ticket) -> Result<T, E> + Send + 'static,
    ) -> Result<(T, Waiting), Error>
    where
        T: Send + 'static,
        E: Into<Error>,
    {
        self.ask(|node, now, ticket, _| command(node, now, ticket), |_, _| ()).await
    }
}

/// A ticket that will be settled.
#[derive(Debug)]
pub(crate) struct Waiting {
    handle: Handle,
    ticket: Ticket,
    given: Option<oneshot::Receiver<Result<Answer, Error>>>,
}

impl Waiting {
    /// Waits until it is.
    pub(crate) async fn settled(mut self) -> Result<Answer, Error> {
        let Some(given) = &mut self.given else { return Err(Code::Closed.into()) };
        let answer = given.await;
        self.given = None;
        answer.unwrap_or_else(|_| Err(Code::Closed.into()))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.given.is_some() {
            let ticket = self.ticket;
            self.handle.post(move |machine, _| machine.with(|node, now| node.cancel(now, ticket)));
        }
    }
}
