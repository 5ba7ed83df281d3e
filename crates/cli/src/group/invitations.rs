//! Inviting, and the links by which people come in.

use lacis_native::{
    Group, GroupEvent, GroupUpdate, InvitationInfo, InviteOptions, Millis, PeerId, RecordId,
};
use serde_json::json;
use tokio::time::Instant;

use super::role_name;
use crate::arguments::{Chosen, Common, InviteArguments};
use crate::failure::Failure;
use crate::output::{Output, utc};
use crate::session::Session;
use crate::signals::End;

pub(super) async fn invite(
    output: &Output,
    common: &Common,
    mut end: End,
    wanted: InviteArguments,
) -> Result<(), Failure> {
    match &wanted.subject {
        Some(subject) => {
            let subject = PeerId::parse(subject).map_err(|_| {
                Failure::misused("that is not an identity")
                    .hint("lacis identity show prints it, on the other device")
            })?;
            let session = end.unless(Session::offline(common)).await?;
            let made = end.unless(async {
                let group = session.group(&wanted.chosen, false).await?;
                Ok(group.invite(subject, wanted.role, wanted.member_for).await?)
            });
            let made = made.await;
            session.close().await?;
            let text = made?;
            let object = json!({ "event": "invitation", "kind": "bound", "text": text });
            output.say(&object, || text.clone());
            Ok(())
        }
        None => invite_anybody(output, common, end, &wanted).await,
    }
}

async fn invite_anybody(
    output: &Output,
    common: &Common,
    mut end: End,
    wanted: &InviteArguments,
) -> Result<(), Failure> {
    let session = end.unless(Session::online(common)).await?;
    let options = InviteOptions {
        roles: wanted.role,
        expires: wanted.expires,
        member_for: wanted.member_for,
        uses: wanted.uses,
        exact: false,
    };
    let done = async {
        let group = session.group(&wanted.chosen, true).await?;
        let before = ids_of(&group).await?;
        let text = group.invite_anybody(options).await?;
        group.stored().await?;
        let object = json!({ "event": "invitation", "kind": "link", "text": text });
        output.say(&object, || text.clone());
        let made = ids_of(&group).await?.into_iter().find(|id| !before.contains(id));
        match made {
            Some(made) if !wanted.no_wait => {
                let words = "letting in whoever comes by it, until Ctrl-C";
                output.note(&json!({ "event": "ready" }), words);
                // To stop waiting is how this ends, and no failure.
                tokio::select! {
                    done = let_in((output, common, &session), &group, made, wanted.uses) => done,
                    () = end.asked() => Ok(()),
                }
            }
            _ => session.hand_over(output, &group).await.map(drop),
        }
    };
    let done = done.await;
    session.close().await?;
    done
}

async fn ids_of(group: &Group) -> Result<Vec<RecordId>, Failure> {
    Ok(group.invitations().await?.into_iter().map(|it| it.id).collect())
}

/// Stays until as many have come in as may.
async fn let_in(
    (output, common, session): (&Output, &Common, &Session),
    group: &Group,
    made: RecordId,
    uses: u32,
) -> Result<(), Failure> {
    let mut events = group.events().await?;
    let mut told = Vec::new();
    loop {
        let all = group.invitations().await?;
        let Some(info) = all.into_iter().find(|it| it.id == made) else { return Ok(()) };
        for peer in info.used_by {
            if !told.contains(&peer) {
                told.push(peer);
                let id = peer.to_text();
                output.say(&json!({ "event": "admitted", "identity": id }), || {
                    format!("{id} has come in")
                });
            }
        }
        if told.len() >= usize::try_from(uses).unwrap_or(usize::MAX) {
            // Whoever came last needs the key before this ends.
            let until = Instant::now() + common.timeout;
            return session
                .hand_over_to(output, group, told.last().copied(), until)
                .await
                .map(drop);
        }
        loop {
            match events.next().await {
                Some(GroupUpdate::Event(event)) => {
                    if matches!(*event, GroupEvent::Invitations) {
                        break;
                    }
                }
                Some(_) => break,
                None => return Ok(()),
            }
        }
    }
}

pub(super) async fn list(output: &Output, common: &Common, chosen: &Chosen) -> Result<(), Failure> {
    let session = Session::offline(common).await?;
    let group = session.group(chosen, false).await?;
    let all = group.invitations().await?;
    session.close().await?;
    for InvitationInfo { id, says, used_by, .. } in all {
        let (id, role, used) = (id.to_text(), role_name(says.roles), used_by.len());
        let until = (says.not_after != Millis::MAX).then_some(says.not_after);
        let object = json!({
            "id": id, "role": role, "uses": says.uses, "used": used,
            "until": until.map(|it| it.0),
        });
        output.say(&object, || {
            let until = until.map(|it| format!(" until {}", utc(it))).unwrap_or_default();
            format!("{id} {role}, {used} of {}{until}", says.uses)
        });
    }
    Ok(())
}

pub(super) async fn end(
    output: &Output,
    common: &Common,
    mut end: End,
    chosen: &Chosen,
    wanted: &str,
) -> Result<(), Failure> {
    let session = end.unless(Session::online(common)).await?;
    let done = end.unless(async {
        let group = session.group(chosen, true).await?;
        let all = ids_of(&group).await?;
        let mut found = all.into_iter().filter(|id| id.to_text().starts_with(wanted));
        let (Some(id), None) = (found.next(), found.next()) else {
            return Err(Failure::misused("not one invitation is meant")
                .hint("lacis group invitations lists them"));
        };
        group.end_invitation(id).await?;
        Ok((id.to_text(), session.hand_over(output, &group).await?))
    });
    let done = done.await;
    session.close().await?;
    let (id, handed) = done?;
    output.say(&json!({ "event": "ended", "id": id, "handed": handed }), || {
        format!("{id} lets nobody in any more")
    });
    super::reached(handed, crate::arguments::Handing { offline: false })
}
