//! Takes an invitation, and keeps what the group writes: others have it from here while nobody else
//! is there. Prints every note, and writes one itself.
//!
//! ```sh
//! cargo run -p lacis-native --example member -- wss://example.org/ws INVITATION FILE
//! ```

use std::time::Duration;

use lacis_native::{Content, Identity, Options, Peer, Record, RecordType, Search, WatchUpdate};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let (Some(server), Some(invitation), Some(file)) = (words.next(), words.next(), words.next())
    else {
        return Err("usage: member SERVER INVITATION FILE".into());
    };
    let identity = Identity::open(format!("{file}.identity"))?;
    let peer = Peer::start(Options::new(identity).signaling(server).store(file)).await?;
    println!("started as {}", peer.id());
    let group = peer.join_group(&invitation, Duration::from_secs(30)).await?;
    let notes = Search { kind: Some(RecordType::new("note")?), filter: None };
    // First, so that nothing falls between the two.
    let mut watch = group.watch(notes.clone()).await?;
    for record in group.query(notes).await? {
        print(&record);
    }
    let hello = Content { data: b"a program is here".into(), ..Content::default() };
    group.add("note", hello).await?;
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => break,
            update = watch.next() => match update {
                Some(WatchUpdate::Record(record)) => print(&record),
                Some(_) => {}
                None => break,
            },
        }
    }
    peer.close().await?;
    println!("left");
    Ok(())
}

fn print(record: &Record) {
    if let Some(body) = &record.body {
        println!("note: {}", String::from_utf8_lossy(&body.data));
    }
}
