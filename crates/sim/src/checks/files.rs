//! The bytes of a file come in order, complete, once, to the one it was sent to.

use std::collections::BTreeMap;

use lacis_core::{Event, Output, StreamId};

use super::{Check, Verdict};
use crate::content;
use crate::ids::TabId;
use crate::truth::Truth;

#[derive(Debug, Default)]
pub(super) struct Files {
    streams: BTreeMap<(TabId, StreamId), Coming>,
}

#[derive(Debug)]
struct Coming {
    number: u64,
    size: u64,
    received: u64,
    ended: bool,
}

impl Check for Files {
    fn output(&mut self, truth: &Truth, tab: TabId, output: &Output) -> Verdict {
        let Output::Event(event) = output else { return Ok(()) };
        match event {
            Event::File { stream, room, node, name, media_type, size } => {
                let number = content::number(name).unwrap_or_default();
                let Some(file) = truth.files.get(&number) else {
                    return Err(format!("tab {} is offered file {name}, which never was", tab.0));
                };
                let is_right = file.to == tab
                    && truth.tab_of(*node) == Some(file.from)
                    && truth.rooms.get(&(tab, *room)) == Some(&file.room)
                    && file.size == *size
                    && media_type == "text/plain";
                let coming = Coming { number, size: *size, received: 0, ended: false };
                if !is_right || self.streams.insert((tab, *stream), coming).is_some() {
                    return Err(format!("tab {} is offered file {number} wrongly", tab.0));
                }
                Ok(())
            }
            Event::FileData { stream, data } => {
                let coming = self.open(tab, *stream)?;
                let at = coming.received;
                coming.received += data.len() as u64;
                if coming.received > coming.size || !content::matches(coming.number, at, data) {
                    return Err(format!("tab {} gets wrong bytes of {coming:?}", tab.0));
                }
                Ok(())
            }
            Event::FileEnd { stream } => {
                let coming = self.open(tab, *stream)?;
                coming.ended = true;
                if coming.received != coming.size {
                    return Err(format!("tab {} is told that {coming:?} is complete", tab.0));
                }
                Ok(())
            }
            Event::StreamFailed { stream, .. } => {
                // It may be one that this tab sends.
                if let Some(coming) = self.streams.get_mut(&(tab, *stream)) {
                    if coming.ended {
                        return Err(format!("tab {} is told that {coming:?} failed", tab.0));
                    }
                    coming.ended = true;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl Files {
    fn open(&mut self, tab: TabId, stream: StreamId) -> Result<&mut Coming, String> {
        match self.streams.get_mut(&(tab, stream)) {
            Some(coming) if !coming.ended => Ok(coming),
            _ => Err(format!("tab {} hears of {stream:?}, which is not open", tab.0)),
        }
    }
}
