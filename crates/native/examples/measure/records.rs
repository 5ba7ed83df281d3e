//! Members of a group with many records.

use std::error::Error;
use std::time::Instant;

use futures_util::{StreamExt, stream};
use lacis_native::{Content, Group, GroupOptions, Identity, Peer, PeerId, Roles};
use tokio::time::{Duration, sleep, timeout};

use super::{Done, PATIENCE, options, until_asked};

/// Records that are being stored at once, as in `tests/bench/pages/graph.js`.
const AT_ONCE: usize = 500;

/// Bytes of a record beside its number, as there.
const BODY: [u8; 300] = [b'x'; 300];

/// The system's own records count too.
const BUDGET_BESIDE: u32 = 1_024;

pub(super) fn identity(store: &str) -> Done {
    let id = Identity::open(format!("{store}.identity"))?.peer_id();
    println!("{{\"identity\":\"{}\"}}", id.to_text());
    Ok(())
}

/// Founds a group and writes so many records; says how many were stored in a second.
pub(super) async fn write(store: &str, count: u32) -> Done {
    let peer = Peer::start(options(store)?).await?;
    let mut founded = GroupOptions::new("Measured");
    founded.properties.budget_records = count + BUDGET_BESIDE;
    founded.properties.budget_bytes = u64::from(count + BUDGET_BESIDE) * 1_024;
    let group = peer.create_group(founded).await?;
    let began = Instant::now();
    let adds = stream::iter(0..count).map(|at| {
        let data = [at.to_string().as_bytes(), &BODY].concat();
        group.add("note", Content { data, ..Content::default() })
    });
    let mut adds = adds.buffer_unordered(AT_ONCE);
    while let Some(added) = adds.next().await {
        added?;
    }
    drop(adds);
    let seconds = began.elapsed().as_secs_f64();
    peer.close().await?;
    println!("{{\"records\":{count},\"write_per_s\":{:.1}}}", f64::from(count) / seconds);
    Ok(())
}

/// Opens the one group of a store.
async fn only_group(peer: &Peer) -> Result<Group, Box<dyn Error>> {
    let kept = peer.groups().await?;
    let first = kept.first().ok_or("there is no group in that store")?;
    Ok(peer.open_group_offline(first.id).await?)
}

/// Says how long it takes until a group can be read, from the start of its peer on.
pub(super) async fn open(store: &str) -> Done {
    let began = Instant::now();
    let peer = Peer::start(options(store)?).await?;
    let group = only_group(&peer).await?;
    let ms = began.elapsed().as_secs_f64() * 1_000.0;
    let records = group.holding().await?.records;
    println!("{{\"records\":{records},\"open_ms\":{ms:.1}}}");
    until_asked().await?;
    peer.close().await?;
    Ok(())
}

/// Invites others to the group of a store, and is there for them.
pub(super) async fn serve(store: &str, server: &str, invited: &[&str]) -> Done {
    let peer = Peer::start(options(store)?.signaling(server)).await?;
    let group = only_group(&peer).await?;
    let mut invitations = Vec::new();
    for words in invited {
        let (id, role) = words.split_once('=').ok_or("PEER=ROLE")?;
        let role = match role {
            "keeper" => Roles::KEEPER,
            _ => Roles::MEMBER,
        };
        let subject = PeerId::parse(id)?;
        invitations.push(format!("{:?}", group.invite(subject, role, None).await?));
    }
    group.connect(PATIENCE).await?;
    println!("{{\"invitations\":[{}]}}", invitations.join(","));
    until_asked().await?;
    peer.close().await?;
    Ok(())
}

/// Comes into a group; says how long it took until so many records were stored.
pub(super) async fn fetch((store, server): (&str, &str), invitation: &str, count: usize) -> Done {
    /// Counting costs time in proportion to what is held, so it is not done all the time.
    const LOOKED_EVERY: Duration = Duration::from_millis(250);
    let peer = Peer::start(options(store)?.signaling(server)).await?;
    let began = Instant::now();
    let group = timeout(PATIENCE, peer.join_group(invitation, PATIENCE)).await??;
    let arrived = async {
        while group.holding().await?.records < count {
            sleep(LOOKED_EVERY).await;
        }
        group.stored().await
    };
    timeout(PATIENCE, arrived).await??;
    let seconds = began.elapsed().as_secs_f64();
    let records = group.holding().await?.records;
    peer.close().await?;
    println!("{{\"records\":{records},\"seconds\":{seconds:.2}}}");
    Ok(())
}
