//! What changes in guilds: the bot and people come and go, roles and permissions change.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::ids::{GuildId, RoleId};
use crate::permission::Permission;
use crate::shared::{Core, Shared};
use crate::world::{Availability, Holder, Overwrite, UserKind, World};

use super::named;
use super::reply::{Answer, Refusal, ok};

/// One change. Channels, users and roles go by name or id, guilds by id.
#[derive(Debug, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Change {
    CreateGuild {
        name: String,
    },
    AddBot {
        guild: GuildId,
    },
    RemoveBot {
        guild: GuildId,
    },
    BreakGuild {
        guild: GuildId,
    },
    MendGuild {
        guild: GuildId,
    },
    Join {
        user: String,
        guild: Option<GuildId>,
    },
    Leave {
        user: String,
        guild: Option<GuildId>,
    },
    GiveRole {
        user: String,
        role: String,
    },
    TakeRole {
        user: String,
        role: String,
    },
    RolePermissions {
        role: String,
        permissions: BTreeSet<Permission>,
    },
    RenameRole {
        role: String,
        name: String,
    },
    DeleteRole {
        role: String,
    },
    /// Of a role, or of a user when no role has this name.
    Overwrite {
        channel: String,
        holder: String,
        #[serde(default)]
        allow: BTreeSet<Permission>,
        #[serde(default)]
        deny: BTreeSet<Permission>,
    },
}

pub(super) async fn change(State(shared): State<Arc<Shared>>, Json(body): Json<Change>) -> Answer {
    let made = shared.act(|core| carry_out(core, body))?;
    ok(&made)
}

fn carry_out(core: &mut Core, change: Change) -> Result<Value, Refusal> {
    let home = core.world.home;
    match change {
        Change::CreateGuild { name } => {
            let owner = format!("owner of {name}");
            let owner = core.world.add_user(&owner, UserKind::Person);
            return Ok(json!({"id": core.world.new_guild(&name, owner)}));
        }
        Change::AddBot { guild } => core.world.bot_joins(guild),
        Change::RemoveBot { guild } => core.world.bot_leaves(guild),
        Change::BreakGuild { guild } => core.world.set_availability(guild, Availability::Outage),
        Change::MendGuild { guild } => core.world.set_availability(guild, Availability::Normal),
        Change::Join { user, guild } => {
            let user = named::user(core, &user);
            core.world.join(guild.unwrap_or(home), user);
        }
        Change::Leave { user, guild } => {
            let user = named::user(core, &user);
            core.world.leave(guild.unwrap_or(home), user);
        }
        Change::GiveRole { user, role } => {
            let user = named::user(core, &user);
            let (guild, role) = find_role(&core.world, &role)?;
            core.world.give_role(guild, user, role);
        }
        Change::TakeRole { user, role } => {
            let user = named::user(core, &user);
            let (guild, role) = find_role(&core.world, &role)?;
            core.world.take_role(guild, user, role);
        }
        Change::RolePermissions { role, permissions } => {
            let (guild, role) = find_role(&core.world, &role)?;
            let permissions = permissions.into_iter().collect();
            core.world
                .change_role(guild, role, |role| role.permissions = permissions)?;
        }
        Change::RenameRole { role, name } => {
            let (guild, role) = find_role(&core.world, &role)?;
            core.world
                .change_role(guild, role, |role| role.name = name)?;
        }
        Change::DeleteRole { role } => {
            let (guild, role) = find_role(&core.world, &role)?;
            core.world.delete_role(guild, role)?;
        }
        Change::Overwrite {
            channel,
            holder,
            allow,
            deny,
        } => {
            let channel = named::channel(&core.world, &channel)?;
            let role = find_role(&core.world, &holder);
            let holder = match role {
                Ok((_, role)) => Holder::Role(role),
                Err(_) => Holder::Member(named::user(core, &holder)),
            };
            let overwrite = Overwrite {
                holder,
                allow: allow.into_iter().collect(),
                deny: deny.into_iter().collect(),
            };
            core.world.set_overwrite(channel, overwrite)?;
        }
    }
    Ok(json!({}))
}

/// A role by id, or one of the home guild by name.
fn find_role(world: &World, named: &str) -> Result<(GuildId, RoleId), Refusal> {
    let id = named.parse::<RoleId>().ok();
    let known = id.and_then(|role| Some((world.guild_of_role(role)?, role)));
    let found = known.or_else(|| Some((world.home, world.role_named(world.home, named)?)));
    found.ok_or_else(|| Refusal::Unknown {
        kind: "role",
        name: named.to_owned(),
    })
}
