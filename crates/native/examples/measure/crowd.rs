//! The other ends of a keeper's links: peers that are each in some groups of one keeper.

use lacis_native::{GroupOptions, Peer, PeerId, Roles};

use super::{Done, PATIENCE, options, until_asked};

/// More would be another measurement.
const PEERS_MAX: usize = 64;

fn store(folder: &str, number: usize) -> String {
    format!("{folder}/peer-{number}")
}

/// Has each of so many peers found so many groups, and invite the keeper to each. Prints an
/// invitation a line: those of the first peer, then those of the next.
pub(super) async fn found(folder: &str, (peers, groups): (usize, usize), keeper: &str) -> Done {
    let keeper = PeerId::parse(keeper)?;
    for number in 0..peers.min(PEERS_MAX) {
        let peer = Peer::start(options(&store(folder, number))?).await?;
        for at in 0..groups {
            // In the order of their names they are opened again.
            let group = peer.create_group(GroupOptions::new(format!("{at:02}"))).await?;
            let invitation = group.invite(keeper, Roles::KEEPER, None).await?;
            println!("{{\"peer\":{number},\"group\":{at},\"invitation\":{invitation:?}}}");
        }
        peer.close().await?;
    }
    Ok(())
}

/// Has all of them be there, with the first so many of their groups.
pub(super) async fn attend(folder: &str, server: &str, (peers, groups): (usize, usize)) -> Done {
    let mut all = Vec::new();
    for number in 0..peers.min(PEERS_MAX) {
        let peer = Peer::start(options(&store(folder, number))?.signaling(server)).await?;
        let mut kept = peer.groups().await?;
        kept.sort_by(|a, b| a.name.cmp(&b.name));
        let mut open = Vec::new();
        for kept in kept.iter().take(groups) {
            let group = peer.open_group_offline(kept.id).await?;
            group.connect(PATIENCE).await?;
            open.push(group);
        }
        all.push((peer, open));
    }
    println!("{{\"peers\":{}}}", all.len());
    until_asked().await?;
    for (peer, _) in &all {
        peer.close().await?;
    }
    Ok(())
}
