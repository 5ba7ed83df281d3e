//! `lacis group`: groups, and who is in them.

mod changing;
mod invitations;
mod joining;

use data_encoding::HEXLOWER;
use lacis_native::{Group, GroupMember, GroupOptions, Millis, PeerId, Roles};
use serde_json::json;

use crate::apps;
use crate::arguments::{Chosen, Common, GroupCommand, Handing};
use crate::failure::Failure;
use crate::output::{Output, plain_line, size, utc};
use crate::session::Session;
use crate::signals::End;

pub(crate) use self::joining::is_passing;

pub(crate) async fn run(
    output: &Output,
    common: &Common,
    command: GroupCommand,
) -> Result<(), Failure> {
    let mut end = End::listen()?;
    match command {
        GroupCommand::Create { name, app } => create(output, common, end, &name, &app).await,
        GroupCommand::List => end.unless(list(output, common)).await,
        GroupCommand::Show(chosen) => end.unless(show(output, common, &chosen)).await,
        GroupCommand::Preview { invitation } => {
            joining::preview(output, common, end, &invitation).await
        }
        GroupCommand::Join { invitation, wait } => {
            joining::join(output, common, end, &invitation, wait).await
        }
        GroupCommand::Invite(wanted) => invitations::invite(output, common, end, wanted).await,
        GroupCommand::Invitations(chosen) => {
            end.unless(invitations::list(output, common, &chosen)).await
        }
        GroupCommand::EndInvitation { chosen, id } => {
            invitations::end(output, common, end, &chosen, &id).await
        }
        GroupCommand::Members(chosen) => end.unless(members(output, common, &chosen)).await,
        GroupCommand::Revoke { chosen, member, undo, handing } => {
            changing::revoke(output, common, end, (&chosen, &member, undo), handing).await
        }
        GroupCommand::Role { chosen, member, role, member_for, handing } => {
            changing::set_role(output, common, end, (&chosen, &member), (role, member_for), handing)
                .await
        }
        GroupCommand::Rename { chosen, name, handing } => {
            changing::rename(output, common, end, (&chosen, &name), handing).await
        }
        GroupCommand::Servers { chosen, servers, own, handing } => {
            if servers.is_empty() && !own {
                return end.unless(list_servers(output, common, &chosen)).await;
            }
            changing::set_servers(output, common, end, (&chosen, servers), handing).await
        }
        GroupCommand::Forget(chosen) => end.unless(forget(output, common, &chosen)).await,
    }
}

async fn create(
    output: &Output,
    common: &Common,
    mut end: End,
    name: &str,
    app: &str,
) -> Result<(), Failure> {
    let session = end.unless(Session::offline(common)).await?;
    let mut options = GroupOptions::new(name);
    // Whoever is invited may know no server. The usual one is that of this machine alone.
    options.servers = common.named_servers().collect();
    let made = end.unless(async {
        let group = session.peer.create_group(options).await?;
        group.add(apps::APP, apps::content(&json!({ "app": app }))).await?;
        session.introduce(&group).await?;
        Ok(group.id().to_text())
    });
    let id = made.await?;
    session.close().await?;
    output.say(&json!({ "event": "created", "group": id, "name": name }), || id.clone());
    Ok(())
}

async fn list(output: &Output, common: &Common) -> Result<(), Failure> {
    let session = Session::offline(common).await?;
    let all = session.peer.groups().await?;
    session.close().await?;
    for kept in all {
        let id = kept.id.to_text();
        output.say(&json!({ "group": id, "name": kept.name }), || {
            format!("{id} {}", plain_line(&kept.name, apps::NAME_CHARS))
        });
    }
    Ok(())
}

async fn show(output: &Output, common: &Common, chosen: &Chosen) -> Result<(), Failure> {
    let session = Session::offline(common).await?;
    let group = session.group(chosen, false).await?;
    let properties = group.properties().await?;
    let holding = group.holding().await?;
    let members = group.members().await?.iter().filter(|it| it.roles.is_some()).count();
    let id = group.id().to_text();
    session.close().await?;
    let name = properties.map(|it| it.name).unwrap_or_default();
    let fingerprint = HEXLOWER.encode(&holding.fingerprint);
    let object = json!({
        "group": id, "name": name, "members": members, "records": holding.records,
        "bytes": holding.bytes, "fingerprint": fingerprint,
    });
    output.say(&object, || {
        let held = format!("{} records, {}", holding.records, size(holding.bytes));
        format!(
            "{}\n{id}\n{members} members, {held}\n{fingerprint}",
            plain_line(&name, apps::NAME_CHARS)
        )
    });
    Ok(())
}

async fn members(output: &Output, common: &Common, chosen: &Chosen) -> Result<(), Failure> {
    let session = Session::offline(common).await?;
    let group = session.group(chosen, false).await?;
    let all = group.members().await?;
    let profiles = group.query(apps::search(apps::PROFILE)).await?;
    session.close().await?;
    let names: Vec<_> = profiles.iter().filter_map(apps::name_in).collect();
    for GroupMember { peer, roles, until, .. } in all {
        let id = peer.to_text();
        let name = names.iter().find(|(of, _)| *of == peer).map(|(_, name)| name.as_str());
        let role = roles.map_or("none", role_name);
        let until = (until != Millis::MAX).then_some(until);
        let object = json!({
            "identity": id, "name": name, "role": role, "until": until.map(|it| it.0),
        });
        output.say(&object, || {
            let until = until.map(|it| format!(" until {}", utc(it))).unwrap_or_default();
            format!("{id} {role}{until} {}", name.unwrap_or_default())
        });
    }
    Ok(())
}

async fn list_servers(output: &Output, common: &Common, chosen: &Chosen) -> Result<(), Failure> {
    let session = Session::offline(common).await?;
    let group = session.group(chosen, false).await?;
    let all = group.servers().await?;
    session.close().await?;
    for url in all {
        output.say(&json!({ "server": url }), || plain_line(&url, usize::MAX));
    }
    Ok(())
}

/// Says so where something was done here and nobody else has it yet.
pub(crate) fn reached(handed: usize, handing: Handing) -> Result<(), Failure> {
    if handed > 0 || handing.offline {
        return Ok(());
    }
    Err(Failure::unreached("it is done here, and no other member has it yet")
        .hint("a keeper is always there; otherwise be online together: lacis read --follow stays"))
}

async fn find_member(group: &Group, wanted: &str) -> Result<PeerId, Failure> {
    let all = group.members().await?;
    let mut found = all.iter().filter(|it| it.peer.to_text().starts_with(wanted));
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one.peer),
        (Some(_), Some(_)) => Err(Failure::misused("more than one member is meant")),
        (None, _) => {
            Err(Failure::misused("there is no such member").hint("lacis group members lists them"))
        }
    }
}

async fn forget(output: &Output, common: &Common, chosen: &Chosen) -> Result<(), Failure> {
    let session = Session::offline(common).await?;
    let group = session.group(chosen, false).await?;
    let id = group.id().to_text();
    let gone = group.delete_here().await;
    session.close().await?;
    gone?;
    output.say(&json!({ "event": "forgotten", "group": id }), || format!("{id} is gone here"));
    Ok(())
}

pub(crate) fn role_name(roles: Roles) -> &'static str {
    match roles {
        Roles::KEEPER => "keeper",
        roles if roles.may_change_others() => "admin",
        roles if roles.may_invite() => "inviter",
        _ => "member",
    }
}
