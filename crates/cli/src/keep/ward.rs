//! One group that is kept: what happens in it, and what of it outlasts a crash.

use std::sync::LazyLock;

use data_encoding::HEXLOWER;
use lacis_native::{Code, Error, Group, GroupEvent, GroupUpdate};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::{Duration, Instant, timeout_at};

use super::Said;
use super::standing::{Figures, GroupPlace};

const LOOKED_EVERY: Duration = Duration::from_secs(60);

/// What is held as it is opened: all of it is stored.
pub(super) async fn first(group: &Group, place: &GroupPlace) -> Result<Value, Error> {
    let (figures, _) = figures_of(group).await?;
    place.set(figures);
    Ok(told("open", group, &figures))
}

/// Follows a group until its peer is no more.
pub(super) async fn watch(group: Group, place: GroupPlace, said: mpsc::Sender<Said>) {
    let Ok(mut events) = group.events().await else { return };
    let mut stored = None;
    loop {
        // What came before this was heard of is told of as well.
        if let Ok(Some(object)) = store(&group, &place, &mut stored).await
            && said.send((object, None)).await.is_err()
        {
            return;
        }
        // What is refused for want of room is no event.
        let Ok(mut next) = timeout_at(next_look(), events.next()).await else { continue };
        // What has come meanwhile is looked at together.
        loop {
            match next {
                Some(GroupUpdate::Event(event)) => {
                    if let Some(what) = told_of(&group, &place, &event) {
                        let _ = said.send(what).await;
                    }
                }
                Some(_) => {}
                None => return,
            }
            match events.try_next() {
                Some(another) => next = Some(another),
                None => break,
            }
        }
    }
}

/// When a group is looked at next, though nothing happens in it: all those together that were last
/// looked at within the same second.
fn next_look() -> Instant {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let second = BEGAN.elapsed().as_secs() + 1;
    *BEGAN + LOOKED_EVERY + Duration::from_secs(second)
}

/// Waits until what is held now is stored; gives what there is to say of that, if it is new.
async fn store(
    group: &Group,
    place: &GroupPlace,
    told_last: &mut Option<(usize, [u8; 16], bool)>,
) -> Result<Option<Value>, Error> {
    let (figures, handed) = tokio::join!(figures_of(group), group.handed());
    let ((figures, unsaved), (present, _)) = (figures?, handed?);
    place.set_present(present);
    // What was told of it may have come faster than it was read.
    place.set_failing(unsaved.is_some());
    let state = (figures.records, figures.fingerprint, figures.is_full);
    if *told_last == Some(state) {
        return Ok(None);
    }
    group.stored().await?;
    *told_last = Some(state);
    place.set(figures);
    Ok(Some(told("stored", group, &figures)))
}

/// What is held, and why it cannot be stored if that is so.
async fn figures_of(group: &Group) -> Result<(Figures, Option<Code>), Error> {
    let held = group.holding().await?;
    let (records, bytes, is_full) = (held.records, held.bytes, held.is_full);
    let figures = Figures { records, bytes, is_full, fingerprint: held.fingerprint };
    Ok((figures, held.unsaved))
}

fn told(event: &str, group: &Group, figures: &Figures) -> Value {
    json!({
        "event": event, "group": group.id().to_text(), "records": figures.records,
        "bytes": figures.bytes, "full": figures.is_full,
        "fingerprint": HEXLOWER.encode(&figures.fingerprint),
    })
}

/// What there is to say of an event.
fn told_of(group: &Group, place: &GroupPlace, event: &GroupEvent) -> Option<Said> {
    let id = group.id().to_text();
    let short: String = id.chars().take(8).collect();
    match event {
        GroupEvent::Member(member) => {
            let (peer, present) = (member.peer.to_text(), member.present);
            let object = json!({
                "event": "member", "group": id, "identity": peer, "present": present,
            });
            Some((object, None))
        }
        GroupEvent::Unsaved { code } => {
            place.set_failing(true);
            let object = json!({ "event": "unsaved", "group": id, "code": code.as_str() });
            Some((object, Some(format!("{short}: nothing can be stored ({code}); trying again"))))
        }
        GroupEvent::Saved => {
            place.set_failing(false);
            let object = json!({ "event": "saved", "group": id });
            Some((object, Some(format!("{short}: everything is stored again"))))
        }
        GroupEvent::Damaged { count } => {
            let object = json!({ "event": "damaged", "group": id, "count": count });
            let words = format!("{short}: {count} records were damaged and are fetched anew");
            Some((object, Some(words)))
        }
        GroupEvent::Refused { code } => {
            let object = json!({ "event": "refused", "group": id, "code": code.as_str() });
            Some((object, Some(format!("{short}: members do not take this keeper ({code})"))))
        }
        GroupEvent::UpdateNeeded => {
            let object = json!({ "event": "update-needed", "group": id });
            Some((object, Some(format!("{short}: members are of a newer version: update"))))
        }
        _ => None,
    }
}
