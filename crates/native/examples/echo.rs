//! Joins a room and says back whatever anybody says there.
//!
//! ```sh
//! cargo run -p lacis-native --example echo -- wss://example.org/ws LINK
//! ```
//!
//! With `relayed` behind that it links over relays alone.

use lacis_native::{Identity, Options, Peer, RemoteState, RoomEvent, SendOptions};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let (Some(server), Some(link)) = (words.next(), words.next()) else {
        return Err("usage: echo SERVER LINK [relayed]".into());
    };
    let relay_only = words.next().is_some_and(|word| word == "relayed");
    let options = Options::new(Identity::generate()?).signaling(server).relay_only(relay_only);
    let peer = Peer::start(options).await?;
    let room = peer.join_room(&link).await?;
    println!("joined as {}", peer.node_id());
    let mut events = room.events().await?;
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => break,
            event = events.next() => match event {
                Some(RoomEvent::RemoteLeft { remote, code }) => {
                    println!("{} is gone: {code}", remote.node);
                }
                Some(RoomEvent::RemoteChanged(remote)) if remote.state == RemoteState::Relayed => {
                    println!("{} is relayed", remote.node);
                }
                Some(RoomEvent::Message(message)) => {
                    println!("{} says {} bytes", message.from, message.data.len());
                    let options = SendOptions::default();
                    room.send(message.from, &message.label, message.data, options).await?;
                }
                Some(RoomEvent::Request(request)) => {
                    let answer = request.data().to_ascii_uppercase();
                    request.respond(answer);
                }
                Some(_) => {}
                None => break,
            },
        }
    }
    peer.close().await?;
    println!("left");
    Ok(())
}
