//! What a STUN server sees becomes a candidate of every link.

use std::net::SocketAddr;
use std::time::Duration;

use lacis_core::{Input, LinkAction, LinkId, LinkInput, OpId};
use lacis_driver::Platform;
use lacis_driver::conformance::{Harness, Logged};
use lacis_wire::signal::IceServer;
use rtc::stun::message::{BINDING_SUCCESS, Message};
use rtc::stun::xoraddr::XorMappedAddress;
use tokio::net::UdpSocket;

use super::conformance::{Two, run};

/// Answers each request as if it had come from that address.
async fn serve(socket: UdpSocket, outer: SocketAddr) {
    let mut bytes = [0; 1_500];
    while let Ok((count, from)) = socket.recv_from(&mut bytes).await {
        let mut request = Message { raw: bytes[..count].to_vec(), ..Message::default() };
        request.decode().unwrap();
        let id = request.transaction_id;
        let mapped = XorMappedAddress { ip: outer.ip(), port: outer.port() };
        let mut answer = Message::new();
        answer.build(&[Box::new(BINDING_SUCCESS), Box::new(id), Box::new(mapped)]).unwrap();
        socket.send_to(&answer.raw, from).await.unwrap();
    }
}

fn candidates(two: &mut Two, link: LinkId) -> Vec<String> {
    let line = |logged| match logged {
        Logged::Input(Input::Link(of, LinkInput::Candidate(line))) if of == link => Some(line),
        _ => None,
    };
    two.log(0).into_iter().filter_map(line).collect()
}

#[test]
fn the_address_that_a_server_sees_is_told_to_links_that_are_and_that_come() {
    run(async {
        let mut two = Two::new();
        two.begin().await;
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let url = format!("stun:{}", socket.local_addr().unwrap());
        tokio::task::spawn_local(serve(socket, "203.0.113.9:7".parse().unwrap()));
        let servers =
            || vec![IceServer { urls: vec![url.clone()], username: None, credential: None }];
        let is_seen = |line: &String| line.contains(" 203.0.113.9 7 typ srflx raddr 127.0.0.1 ");
        let [first, second] = [LinkId(7_000_001), LinkId(7_000_002)];
        let offer = LinkAction::Offer { op: OpId(7_000_001), restart: false };
        two.machines[0].create(first, servers(), false).unwrap();
        two.machines[0].operate(first, offer.clone());
        let mut told = Vec::new();
        for _ in 0..500 {
            two.pass(Duration::from_millis(10)).await;
            told.extend(candidates(&mut two, first));
            if told.iter().any(is_seen) {
                break;
            }
        }
        assert_eq!(told.iter().filter(|line| is_seen(line)).count(), 1, "{told:?}");
        two.machines[0].create(second, servers(), false).unwrap();
        two.machines[0].operate(second, offer);
        two.pass(Duration::ZERO).await;
        let told = candidates(&mut two, second);
        assert_eq!(told.iter().filter(|line| is_seen(line)).count(), 1, "{told:?}");
    });
}
