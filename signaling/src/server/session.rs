//! One WebSocket, from its upgrade to its end.

use std::future::{poll_fn, ready};
use std::io;
use std::mem;
use std::pin::pin;
use std::sync::Arc;

use lacis_wire::signal::ByeReason;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::yield_now;
use tokio::time::timeout;

use super::batch::Batch;
use super::shared::{Attached, Shared};
use super::socket::{Reading, Socket};
use crate::hub::AddressKey;
use crate::limits;

/// Serves one client until either side closes.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut socket: Socket<S>,
    shared: Arc<Shared>,
    from: (AddressKey, Option<AddressKey>),
    refusal: Option<ByeReason>,
) {
    let attached = shared.attach(from, refusal);
    let mut reading = Reading::Open;
    let (mut received, mut written) = (Vec::new(), 0);
    loop {
        let is_full = received.len() >= limits::READ_BATCH_FRAMES;
        // An idle client keeps no list. What waits is looked at after every wait, whatever ended
        // that: a wake-up only ends a wait, so it does no harm where one is taken for another.
        let mut batch = attached.exchange(mem::take(&mut received), written);
        if let Some(reason) = batch.close {
            let end = close(&mut socket, &mut batch, reason);
            // Who does not take it in time has had its chance. Boxed, so that those who stay do not
            // hold the place for it.
            let _ = Box::pin(timeout(shared.config.close_deadline, end)).await;
            return;
        }
        if reading == Reading::Ended {
            // What came before the goodbye still counted. Whoever said it waits for the same word.
            let answer = timeout(shared.config.close_deadline, socket.answer_close());
            let _ = Box::pin(answer).await;
            return;
        }
        written = batch.frames.len();
        let writes = !batch.is_empty() || socket.owes_pong();
        if writes && write_unless_closing(&mut socket, &mut batch, &attached).await.is_err() {
            return;
        }
        if is_full {
            yield_now().await;
        }
        tokio::select! {
            // Reading first: on a line that is never empty the client would not be heard otherwise.
            biased;
            end = poll_fn(|context| socket.poll_receive(context, &mut received)),
                if reading == Reading::Open => reading = end,
            () = attached.filled.notified() => {}
            // More may have come while this was written.
            () = ready(()), if writes => {}
        }
    }
}

/// Writes a batch, unless the hub wants the connection closed first: a client that does not read
/// must not keep its task from hearing of that.
async fn write_unless_closing<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut Socket<S>,
    batch: &mut Batch,
    attached: &Attached,
) -> io::Result<()> {
    let mut writing = pin!(socket.write(batch, || attached.progressed()));
    loop {
        tokio::select! {
            result = &mut writing => return result,
            () = attached.filled.notified() => if attached.is_closing() {
                return Ok(());
            },
        }
    }
}

/// Sends the last frames and says why that is all.
async fn close<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut Socket<S>,
    last: &mut Batch,
    reason: ByeReason,
) -> io::Result<()> {
    socket.write(last, || ()).await?;
    socket.close(reason.close_code(), close_text(reason)).await
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
        ByeReason::Origin => "pages of this origin are not served here",
        ByeReason::Unauthorized => "no token, or not a good one",
    }
}
