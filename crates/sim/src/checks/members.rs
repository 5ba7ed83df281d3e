//! Members are nodes that exist, with the identity that they have; who left was there.

use std::collections::BTreeSet;

use lacis_core::{Event, Output, RoomId};
use lacis_wire::{NodeId, PeerId};

use super::{Check, Verdict};
use crate::ids::TabId;
use crate::truth::Truth;

#[derive(Debug, Default)]
pub(super) struct Members {
    present: BTreeSet<(TabId, RoomId, NodeId)>,
}

impl Check for Members {
    fn output(&mut self, truth: &Truth, tab: TabId, output: &Output) -> Verdict {
        match output {
            Output::Event(Event::Remote { room, node, peer, .. }) => {
                self.present.insert((tab, *room, *node));
                exists(truth, tab, *room, *node, *peer)
            }
            Output::Event(Event::RemoteLeft { room, node, .. }) => {
                if !self.present.remove(&(tab, *room, *node)) {
                    let node = truth.tab_of(*node);
                    return Err(format!("tab {} says that {node:?} left and never came", tab.0));
                }
                Ok(())
            }
            Output::Event(Event::ConnectFailed { room, node, .. }) => {
                exists(truth, tab, *room, *node, None)
            }
            Output::Event(
                Event::Message { room, node, .. }
                | Event::Presence { room, node, value: Some(_), .. }
                | Event::Request { room, node, .. }
                | Event::File { room, node, .. },
            ) => {
                if !self.present.contains(&(tab, *room, *node)) {
                    let node = truth.tab_of(*node);
                    return Err(format!("tab {} hears {node:?}, which is no member", tab.0));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

fn exists(truth: &Truth, tab: TabId, room: RoomId, node: NodeId, peer: Option<PeerId>) -> Verdict {
    let Some(being) = truth.nodes.get(&node) else {
        if truth.is_made_up {
            return Ok(());
        }
        return Err(format!("tab {} tells of {node:?}, which never was", tab.0));
    };
    if being.tab == tab {
        return Err(format!("tab {} tells of itself as a member", tab.0));
    }
    if peer.is_some_and(|peer| peer != being.peer) {
        return Err(format!("tab {} tells of a wrong identity of tab {}", tab.0, being.tab.0));
    }
    let known = truth.rooms.get(&(tab, room));
    if !known.is_some_and(|known| truth.was_in(being.tab, *known)) {
        return Err(format!("tab {} sees tab {} in a room it never joined", tab.0, being.tab.0));
    }
    Ok(())
}
