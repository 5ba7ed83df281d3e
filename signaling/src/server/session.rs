//! One WebSocket, from its upgrade to its end.

use std::future::{pending, poll_fn};
use std::mem;
use std::ops::ControlFlow;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use axum::Error;
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use lacis_wire::signal::ByeReason;
use tokio::task::yield_now;
use tokio::time::timeout;

use super::shared::{Attached, Batch, Received, Shared, Written};
use crate::hub::AddressKey;
use crate::limits;

/// How reading ended, if it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// More may come.
    Open,
    /// The client closed the connection, or it is lost.
    Ended,
    /// What came cannot be read, and nothing behind it can.
    Broken,
}

/// Serves one client until either side closes.
pub(super) async fn serve(mut socket: WebSocket, shared: Arc<Shared>, address: AddressKey) {
    let attached = shared.attach(address);
    let mut reading = Reading::Open;
    let mut received = Vec::new();
    loop {
        tokio::select! {
            end = read(&mut socket, &mut received), if reading == Reading::Open => reading = end,
            () = attached.filled.notified() => {
                match write(&mut socket, &attached).await {
                    ControlFlow::Continue(()) => {}
                    ControlFlow::Break(None) => return,
                    ControlFlow::Break(Some((last, reason))) => {
                        let end = close(&mut socket, last, reason, reading);
                        // Who does not take it in time has had its chance.
                        let _ = timeout(shared.config.close_deadline, end).await;
                        return;
                    }
                }
            }
        }
        if reading == Reading::Ended {
            return;
        }
        if !received.is_empty() {
            let is_full = received.len() >= limits::READ_BATCH_FRAMES;
            // An idle client keeps no list.
            attached.receive(mem::take(&mut received));
            if is_full {
                yield_now().await;
            }
        }
    }
}

/// Waits for something to come in and takes what is there, up to a limit.
async fn read(socket: &mut WebSocket, received: &mut Vec<Received>) -> Reading {
    poll_fn(|context| {
        while received.len() < limits::READ_BATCH_FRAMES {
            match socket.poll_next_unpin(context) {
                Poll::Pending if received.is_empty() => return Poll::Pending,
                Poll::Pending => break,
                Poll::Ready(Some(Ok(Message::Binary(bytes)))) => {
                    received.push(Received::Frame(bytes));
                }
                Poll::Ready(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => {
                    received.push(Received::Alive);
                }
                Poll::Ready(Some(Ok(Message::Text(_)))) => received.push(Received::Malformed),
                // The answer to a close frame goes out when the stream is read to its end.
                Poll::Ready(Some(Ok(Message::Close(_)))) => {}
                Poll::Ready(Some(Err(_))) => {
                    received.push(Received::Malformed);
                    return Poll::Ready(Reading::Broken);
                }
                Poll::Ready(None) => return Poll::Ready(Reading::Ended),
            }
        }
        Poll::Ready(Reading::Open)
    })
    .await
}

/// The last frames of a connection, and why it ends.
type Goodbye = (Batch, ByeReason);

/// Writes all that waits. Breaks off when the connection is lost, or is to be closed.
async fn write(socket: &mut WebSocket, attached: &Attached) -> ControlFlow<Option<Goodbye>> {
    let mut written = Written::default();
    loop {
        let batch = attached.next_batch(written);
        if let Some(reason) = batch.close {
            return ControlFlow::Break(Some((batch, reason)));
        }
        if batch.frames.is_empty() && !batch.ping {
            return ControlFlow::Continue(());
        }
        written = batch.size();
        if write_unless_closing(socket, batch, attached).await.is_err() {
            return ControlFlow::Break(None);
        }
    }
}

/// Writes a batch, unless the hub wants the connection closed first: a client that does not read
/// must not keep its task from hearing of that.
async fn write_unless_closing(
    socket: &mut WebSocket,
    batch: Batch,
    attached: &Attached,
) -> Result<(), Error> {
    let mut writing = pin!(write_batch(socket, batch));
    loop {
        tokio::select! {
            result = &mut writing => return result,
            () = attached.filled.notified() => if attached.is_closing() {
                return Ok(());
            },
        }
    }
}

/// One write for many frames, as far as the buffer goes.
async fn write_batch(socket: &mut WebSocket, batch: Batch) -> Result<(), Error> {
    if batch.ping {
        socket.feed(Message::Ping(Bytes::new())).await?;
    }
    for frame in batch.frames {
        socket.feed(Message::Binary(frame)).await?;
    }
    socket.flush().await
}

/// Sends the last frames and a close frame, and waits until the client has taken them: to close
/// with unread data would destroy them on their way.
async fn close(
    socket: &mut WebSocket,
    last: Batch,
    reason: ByeReason,
    reading: Reading,
) -> Result<(), Error> {
    write_batch(socket, last).await?;
    let reason = CloseFrame { code: reason.close_code(), reason: close_text(reason).into() };
    socket.send(Message::Close(Some(reason))).await?;
    if reading == Reading::Broken {
        // The end of a stream that cannot be read is not seen; the caller's deadline ends this.
        return pending().await;
    }
    for _ in 0..limits::CLOSE_FRAMES_MAX {
        if socket.next().await.is_none() {
            break;
        }
    }
    Ok(())
}

/// What a person sees in the network view of a browser.
const fn close_text(reason: ByeReason) -> &'static str {
    match reason {
        ByeReason::Shutdown => "the server is shutting down",
        ByeReason::Protocol => "malformed or unexpected frame",
        ByeReason::Version => "no common protocol version",
        ByeReason::NodeTaken => "this node belongs to another connection",
        ByeReason::RateLimited => "too many frames or bytes",
        ByeReason::SlowReader => "frames are not being read",
        ByeReason::Timeout => "no sign of life in time",
        ByeReason::Full => "no place for another connection",
        ByeReason::Replaced => "replaced by a newer connection of this node",
    }
}
