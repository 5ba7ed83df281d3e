//! Files to a page and from it.

use std::error::Error;
use std::time::Instant;

use lacis_native::{
    FileInfo, Identity, IncomingFile, NodeId, Options, Peer, Room, RoomEvent, RoomEvents,
};
use tokio::io::{AsyncBufReadExt, BufReader, stdin};
use tokio::time::timeout;

use super::{Done, PATIENCE};

const MIB: usize = 1024 * 1024;

/// Joins a room; each line that is read has a file sent to the one who is linked, and what comes
/// is taken.
pub(super) async fn run(server: &str, link: &str, mib: usize) -> Done {
    let options = Options::new(Identity::generate()?).signaling(server).loopback(true);
    let peer = Peer::start(options.listen("127.0.0.1:0".parse()?)).await?;
    let room = peer.join_room(link).await?;
    let mut events = room.events().await?;
    let other = timeout(PATIENCE, linked(&mut events)).await?.ok_or("the room has ended")?;
    println!("{{\"linked\":true}}");
    let bytes = prepared(mib * MIB);
    let mut lines = BufReader::new(stdin()).lines();
    loop {
        tokio::select! {
            line = lines.next_line() => match line? {
                Some(_) => timeout(PATIENCE, send(&room, other, &bytes)).await??,
                None => break,
            },
            event = events.next() => match event {
                Some(RoomEvent::File(file)) => timeout(PATIENCE, take(file)).await??,
                Some(_) => {}
                None => break,
            },
        }
    }
    peer.close().await?;
    Ok(())
}

async fn linked(events: &mut RoomEvents) -> Option<NodeId> {
    loop {
        match events.next().await? {
            RoomEvent::RemoteJoined(remote) | RoomEvent::RemoteChanged(remote)
                if remote.is_connected() =>
            {
                return Some(remote.node);
            }
            _ => {}
        }
    }
}

/// The same bytes as a page has by `bench.prepare` (xorshift).
fn prepared(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let word = |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()
    };
    (0..length / 4).flat_map(word).collect()
}

/// Says how many milliseconds it took until the other side has confirmed every byte.
async fn send(room: &Room, to: NodeId, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    let began = Instant::now();
    let info = FileInfo {
        name: "measured".into(),
        media_type: "application/octet-stream".into(),
        size: bytes.len() as u64,
    };
    let mut writer = room.send_file(to, info).await?;
    for piece in bytes.chunks(MIB) {
        writer.write(piece).await?;
    }
    writer.finish().await?;
    println!("{{\"sent_ms\":{:.1}}}", began.elapsed().as_secs_f64() * 1_000.0);
    Ok(())
}

async fn take(file: IncomingFile) -> Result<(), Box<dyn Error>> {
    let mut reader = file.accept().await?;
    let mut bytes = Vec::new();
    while let Some(some) = reader.next().await? {
        bytes.extend_from_slice(&some);
    }
    let is_whole = bytes == prepared(bytes.len());
    println!("{{\"taken\":{},\"is_whole\":{is_whole}}}", bytes.len());
    Ok(())
}
