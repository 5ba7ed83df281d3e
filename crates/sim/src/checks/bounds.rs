//! Nothing grows without limit: members, connections, queues in the node and in the browser.

use lacis_wire::limits;

use super::{Check, Glimpse, Verdict};
use crate::ids::TabId;
use crate::truth::Truth;

#[derive(Debug, Default)]
pub(super) struct Bounds;

impl Check for Bounds {
    fn glimpse(&mut self, _: &Truth, tab: TabId, glimpse: &Glimpse) -> Verdict {
        let report = &glimpse.report;
        let waiting = report.remotes.iter().map(|member| member.waiting_bytes).max();
        let links = report.remotes.iter().filter(|member| member.link.is_some()).count();
        let figures = [
            ("members", report.remotes.len(), limits::REMOTES_MAX),
            ("rooms", report.rooms.len(), limits::ROOMS_MAX),
            ("links", links, report.links_max),
            // Every link may have an attempt beside it that is to replace it, and one is spare.
            ("connections", glimpse.connections, report.links_max + limits::ATTEMPTS_MAX + 1),
            ("bytes that wait", waiting.unwrap_or(0), limits::OUTBOX_BYTES),
            // The last message may begin just below the high-water mark, and short frames that
            // answer others are not held back.
            (
                "bytes in the browser",
                glimpse.buffered_max,
                limits::BUFFERED_HIGH_BYTES + 2 * limits::FRAME_BYTES,
            ),
        ];
        match figures.iter().find(|(_, figure, most)| figure > most) {
            Some((what, figure, most)) => {
                Err(format!("tab {} has {figure} {what}, more than {most}", tab.0))
            }
            None => Ok(()),
        }
    }
}
