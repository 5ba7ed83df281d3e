//! What `lacis group` can be told.

use std::time::Duration;

use clap::{Args, Subcommand};
use lacis_native::Roles;

use super::{Chosen, Handing, lifetime, role};

#[derive(Debug, Subcommand)]
pub(crate) enum GroupCommand {
    /// Found a group
    Create {
        /// What it is called
        name: String,
        /// The application that pages open it with
        #[arg(long, default_value = "chat", value_parser = ["board", "chat", "letter"])]
        app: String,
    },
    /// List the groups that are kept here
    List,
    /// Say what is held of a group
    Show(Chosen),
    /// Say what an invitation offers, and take nothing
    Preview {
        /// The invitation, or the address of a page with it
        invitation: String,
    },
    /// Take an invitation
    Join {
        /// The invitation, or the address of a page with it. In the variable others on this machine
        /// do not see it
        #[arg(env = "LACIS_INVITATION", hide_env_values = true)]
        invitation: String,
        /// Go on trying until somebody is there who lets in
        #[arg(long)]
        wait: bool,
    },
    /// Invite somebody, by its identity or by a link for whoever has it
    Invite(InviteArguments),
    /// List the links that let somebody in
    Invitations(Chosen),
    /// End a link that lets somebody in
    EndInvitation {
        #[command(flatten)]
        chosen: Chosen,
        /// How its id begins
        id: String,
    },
    /// List the members
    Members(Chosen),
    /// Take somebody's membership back
    Revoke {
        #[command(flatten)]
        chosen: Chosen,
        /// How its id begins
        member: String,
        /// Undo what it wrote, too
        #[arg(long)]
        undo: bool,
        #[command(flatten)]
        handing: Handing,
    },
    /// Make a member something else, or give it more time
    Role {
        #[command(flatten)]
        chosen: Chosen,
        /// How its id begins
        member: String,
        /// What it becomes: member, inviter, admin or keeper
        #[arg(value_parser = role)]
        role: Roles,
        /// For how long, such as 30d; by default as the group says
        #[arg(long, value_name = "TIME", value_parser = lifetime)]
        member_for: Option<Duration>,
        #[command(flatten)]
        handing: Handing,
    },
    /// Call a group something else; only its founder can
    Rename {
        #[command(flatten)]
        chosen: Chosen,
        /// What it is called from now on
        name: String,
        #[command(flatten)]
        handing: Handing,
    },
    /// Say at which servers the members meet, or have them meet at others
    Servers {
        #[command(flatten)]
        chosen: Chosen,
        /// Addresses from now on, as wss://; without any, those of now are listed
        servers: Vec<String>,
        /// From now on those that each member is started with
        #[arg(long, conflicts_with = "servers")]
        own: bool,
        #[command(flatten)]
        handing: Handing,
    },
    /// Delete what is kept of a group here; nobody else is concerned
    Forget(Chosen),
}

/// Whom to invite, and to what.
#[derive(Debug, Args)]
pub(crate) struct InviteArguments {
    #[command(flatten)]
    pub(crate) chosen: Chosen,
    /// The identity to invite; without it, a link for whoever has it
    #[arg(long = "for", value_name = "IDENTITY")]
    pub(crate) subject: Option<String>,
    /// What it becomes: member, inviter, admin or keeper
    #[arg(long, default_value = "member", value_parser = role)]
    pub(crate) role: Roles,
    /// How many may come in by the link
    #[arg(long, value_name = "COUNT", default_value_t = 1, conflicts_with = "subject")]
    pub(crate) uses: u32,
    /// For how long the link is of use, such as 7d; by default until it is ended
    #[arg(long, value_name = "TIME", value_parser = lifetime, conflicts_with = "subject")]
    pub(crate) expires: Option<Duration>,
    /// For how long they are members, such as 30d; by default as the group says
    #[arg(long, value_name = "TIME", value_parser = lifetime)]
    pub(crate) member_for: Option<Duration>,
    /// Print the link and go: others who may invite let people in by it, once they know of it
    #[arg(long, conflicts_with = "subject")]
    pub(crate) no_wait: bool,
}
