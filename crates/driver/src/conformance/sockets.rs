//! Sockets to signaling servers.

use alloc::string::String;
use core::time::Duration;

use lacis_core::{Input, Output};

use super::bench::{Bench, SOCKET};
use super::harness::{Harness, Logged};

/// A server that is not there is told as a socket that closed, once.
pub async fn a_dial_that_fails_is_told<H: Harness>(harness: &mut H) {
    let url = harness.dead_address();
    fails(harness, url).await;
}

/// What is no address at all is told in the same way.
pub async fn an_address_that_is_none_is_told<H: Harness>(harness: &mut H) {
    fails(harness, "no address".into()).await;
}

async fn fails<H: Harness>(harness: &mut H, url: String) {
    let mut bench = Bench::new(harness);
    bench.want(0, Output::Dial(SOCKET, url));
    let closed = |logged| match logged {
        Logged::Input(Input::SocketOpened(SOCKET)) => panic!("it opens"),
        Logged::Input(Input::SocketClosed(SOCKET, _)) => Some(()),
        _ => None,
    };
    bench.expect(0, "that its dial fails", closed).await;
    assert_eq!(told_of_socket(&mut bench).await, 0);
}

/// Whoever hangs up hears nothing more.
pub async fn nothing_is_heard_of_a_socket_that_was_hung_up<H: Harness>(harness: &mut H) {
    let url = harness.dead_address();
    let mut bench = Bench::new(harness);
    bench.want(0, Output::Dial(SOCKET, url));
    bench.want(0, Output::HangUp(SOCKET));
    assert_eq!(told_of_socket(&mut bench).await, 0);
}

/// How often something is told of the socket within a while.
async fn told_of_socket<H: Harness>(bench: &mut Bench<'_, H>) -> usize {
    let passed = bench.within(0, Duration::from_millis(700)).await;
    let is_it = |logged: &&Logged| {
        matches!(
            logged,
            Logged::Input(
                Input::SocketOpened(SOCKET)
                    | Input::SocketFrame(SOCKET, _)
                    | Input::SocketClosed(SOCKET, _)
            )
        )
    };
    passed.iter().filter(is_it).count()
}
