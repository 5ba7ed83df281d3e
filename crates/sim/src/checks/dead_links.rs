//! Ids of sockets, links and operations are fresh, and nothing is asked of what is gone.

use std::collections::{BTreeMap, BTreeSet};

use lacis_core::{LinkAction, LinkId, OpId, Output, SocketId};

use super::{Check, Verdict};
use crate::ids::TabId;
use crate::truth::Truth;

#[derive(Debug, Default)]
pub(super) struct DeadLinks {
    /// Whether it is still open.
    links: BTreeMap<(TabId, LinkId), bool>,
    sockets: BTreeMap<(TabId, SocketId), bool>,
    ops: BTreeSet<(TabId, OpId)>,
}

impl Check for DeadLinks {
    fn output(&mut self, _: &Truth, tab: TabId, output: &Output) -> Verdict {
        match output {
            Output::Dial(id, _) => fresh(self.sockets.insert((tab, *id), true), tab, id),
            Output::Transmit(id, _) => alive(self.sockets.get(&(tab, *id)), tab, id),
            Output::HangUp(id) => {
                alive(self.sockets.get(&(tab, *id)), tab, id)?;
                self.sockets.insert((tab, *id), false);
                Ok(())
            }
            Output::Link(id, LinkAction::Create { .. }) => {
                fresh(self.links.insert((tab, *id), true), tab, id)
            }
            Output::Link(id, action) => {
                alive(self.links.get(&(tab, *id)), tab, id)?;
                match action {
                    LinkAction::Close => {
                        self.links.insert((tab, *id), false);
                    }
                    LinkAction::Offer { op, .. }
                    | LinkAction::Accept { op, .. }
                    | LinkAction::SetAnswer { op, .. }
                    | LinkAction::Inspect(op)
                        if !self.ops.insert((tab, *op)) =>
                    {
                        return Err(format!("tab {} uses {op:?} twice", tab.0));
                    }
                    _ => {}
                }
                Ok(())
            }
            Output::Event(_) | Output::Store(..) | Output::StorePart(..) => Ok(()),
        }
    }
}

fn fresh(before: Option<bool>, tab: TabId, id: &impl std::fmt::Debug) -> Verdict {
    match before {
        None => Ok(()),
        Some(_) => Err(format!("tab {} uses {id:?} twice", tab.0)),
    }
}

fn alive(known: Option<&bool>, tab: TabId, id: &impl std::fmt::Debug) -> Verdict {
    match known {
        Some(true) => Ok(()),
        Some(false) => Err(format!("tab {} asks something of {id:?}, which it closed", tab.0)),
        None => Err(format!("tab {} asks something of {id:?}, which never was", tab.0)),
    }
}
