//! What must hold some time after all faults ended.

use lacis_core::ServerState;

use crate::ids::TabId;
use crate::world::World;

/// Nothing, or the end of a sentence that says what has not recovered.
pub(super) fn is_calm(world: &World) -> Result<(), String> {
    let living = world.living();
    for &tab in &living {
        linked(world, &living, tab)?;
        settled(world, tab)?;
    }
    Ok(())
}

/// Whoever shares a room is linked, and nobody else is there.
fn linked(world: &World, living: &[TabId], tab: TabId) -> Result<(), String> {
    let rooms = world.rooms_of(tab);
    for &room in &rooms {
        for &other in living.iter().filter(|other| **other != tab) {
            let shares = world.rooms_of(other).contains(&room);
            let reaches = world.reaches(tab, room, other);
            if shares && !reaches {
                let state = world.state_in(tab, room, other);
                return Err(format!(
                    "tab {} is not linked to tab {} in room {room}, but {state:?}",
                    tab.0, other.0
                ));
            }
        }
    }
    for &(id, node) in world.seen(tab).members.keys() {
        let room = world.truth.rooms.get(&(tab, id));
        let other = world.truth.tab_of(node).filter(|other| living.contains(other));
        let shares = room.is_some_and(|room| {
            rooms.contains(room) && other.is_some_and(|o| world.rooms_of(o).contains(room))
        });
        if !shares {
            return Err(format!(
                "tab {} still knows {other:?} as a member of room {room:?}, {node:?}",
                tab.0
            ));
        }
    }
    Ok(())
}

/// Nothing waits, nothing is open, nothing is left over.
fn settled(world: &World, tab: TabId) -> Result<(), String> {
    let promises = world.truth.promises.iter().filter(|((owner, _), _)| *owner == tab);
    for ((_, ticket), promise) in promises {
        if promise.settled.is_none() {
            return Err(format!("ticket {ticket} of tab {} is open: {promise:?}", tab.0));
        }
    }
    let Some(report) = world.report(tab) else { return Ok(()) };
    for server in &report.servers {
        if server.state != ServerState::Open {
            return Err(format!("tab {} has no session with {}", tab.0, server.url));
        }
    }
    let waiting: usize = report.remotes.iter().map(|member| member.waiting_bytes).sum();
    if waiting > 0 {
        return Err(format!("{waiting} bytes still wait in tab {}", tab.0));
    }
    let links = report.remotes.iter().filter(|member| member.link.is_some()).count();
    if links != world.connections(tab) {
        return Err(format!(
            "tab {} holds {} connections for {links} links",
            tab.0,
            world.connections(tab)
        ));
    }
    Ok(())
}
