//! Ids of sockets, links and operations are fresh, and nothing is asked of what is gone.

use std::collections::{BTreeMap, BTreeSet};

use lacis_core::{LinkAction, LinkId, OpId, Output, SocketId};

use super::{Check, Verdict};
use crate::ids::TabId;
use crate::truth::Truth;

/// By the numbers of the tabs.
#[derive(Debug, Default)]
pub(super) struct DeadLinks(Vec<Used>);

/// What a tab has used.
#[derive(Debug, Default)]
struct Used {
    /// Whether it is still open.
    links: BTreeMap<LinkId, bool>,
    sockets: BTreeMap<SocketId, bool>,
    ops: BTreeSet<OpId>,
}

impl Check for DeadLinks {
    fn output(&mut self, _: &Truth, tab: TabId, output: &Output) -> Verdict {
        if self.0.len() <= tab.0 {
            self.0.resize_with(tab.0 + 1, Used::default);
        }
        let Used { links, sockets, ops } = &mut self.0[tab.0];
        match output {
            Output::Dial(id, _) => fresh(sockets.insert(*id, true), tab, id),
            Output::Transmit(id, _) => alive(sockets.get(id), tab, id),
            Output::HangUp(id) => {
                alive(sockets.get(id), tab, id)?;
                sockets.insert(*id, false);
                Ok(())
            }
            Output::Link(id, LinkAction::Create { .. }) => fresh(links.insert(*id, true), tab, id),
            Output::Link(id, action) => {
                alive(links.get(id), tab, id)?;
                match action {
                    LinkAction::Close => {
                        links.insert(*id, false);
                    }
                    LinkAction::Offer { op, .. }
                    | LinkAction::Accept { op, .. }
                    | LinkAction::SetAnswer { op, .. }
                    | LinkAction::Inspect(op)
                        if !ops.insert(*op) =>
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
