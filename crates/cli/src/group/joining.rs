//! Taking an invitation, and looking at one.

use lacis_native::{Code, Group, InvitationPreview, Millis, Roles};
use serde_json::json;

use super::role_name;
use crate::apps;
use crate::arguments::Common;
use crate::failure::Failure;
use crate::output::{Output, plain_below, plain_line, utc};
use crate::session::Session;
use crate::signals::End;

pub(super) async fn join(
    output: &Output,
    common: &Common,
    mut end: End,
    invitation: &str,
    waits: bool,
) -> Result<(), Failure> {
    let session = end.unless(Session::online(common)).await?;
    let joined = end.unless(async {
        let group = enter(output, &session, common, invitation, waits).await?;
        session.introduce(&group).await?;
        let (id, all) = (group.id(), session.peer.groups().await?);
        let kept = all.into_iter().find(|kept| kept.id == id);
        let name = kept.map(|kept| kept.name).unwrap_or_default();
        let me = session.peer.id();
        let own = group.members().await?.into_iter().find(|it| it.peer == me);
        let role = own.and_then(|it| it.roles).map_or("none", role_name);
        Ok((id.to_text(), name, role))
    });
    let joined = joined.await;
    session.close().await?;
    let (id, name, role) = joined?;
    let object = json!({ "event": "joined", "group": id, "name": name, "role": role });
    output.say(&object, || format!("{id} {}", plain_line(&name, apps::NAME_CHARS)));
    Ok(())
}

/// Takes it; waits for somebody who lets in for as long as is wanted.
async fn enter(
    output: &Output,
    session: &Session,
    common: &Common,
    invitation: &str,
    waits: bool,
) -> Result<Group, Failure> {
    loop {
        match session.peer.join_group(invitation, common.timeout).await {
            Ok(group) => return Ok(group),
            Err(error) if waits && is_passing(error.code()) => {
                let failure = Failure::from(error);
                let object = json!({ "event": "waiting", "code": failure.code() });
                output.note(&object, &format!("{failure}; waiting"));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Whether it is a matter of who is there.
pub(crate) const fn is_passing(code: Code) -> bool {
    matches!(code, Code::NoIssuer | Code::SignalingUnreachable | Code::Timeout)
}

pub(super) async fn preview(
    output: &Output,
    common: &Common,
    mut end: End,
    invitation: &str,
) -> Result<(), Failure> {
    let session = end.unless(Session::online(common)).await?;
    let looked = end.unless(async { Ok(session.peer.preview(invitation, common.timeout).await?) });
    let looked = looked.await;
    session.close().await?;
    match looked? {
        InvitationPreview::Link(offer) => {
            let (name, comment) = (&offer.properties.name, &offer.properties.comment);
            let (issuer, says) = (offer.invitation.issuer.to_text(), &offer.invitation.says);
            let role = role_name(says.roles);
            let object = json!({
                "name": name, "comment": comment, "role": role, "inviter": issuer,
                "uses": says.uses, "used": offer.used,
            });
            output.say(&object, || {
                let (name, comment) = (plain_line(name, apps::NAME_CHARS), plain_below(comment));
                let left = format!("{} of {} have come in", offer.used, says.uses);
                format!("{name}\n{comment}\n{role}, by {issuer}; {left}")
            });
        }
        InvitationPreview::Bound { name, roles, until } => bound(output, &name, roles, until),
        _ => return Err(Failure::new("the invitation is of a newer version")),
    }
    Ok(())
}

fn bound(output: &Output, name: &str, roles: Roles, until: Millis) {
    let role = role_name(roles);
    let until = (until != Millis::MAX).then_some(until);
    let object = json!({ "name": name, "role": role, "until": until.map(|it| it.0) });
    output.say(&object, || {
        let until = until.map(|it| format!(" until {}", utc(it))).unwrap_or_default();
        format!("{}\n{role}{until}, for this identity alone", plain_line(name, apps::NAME_CHARS))
    });
}
