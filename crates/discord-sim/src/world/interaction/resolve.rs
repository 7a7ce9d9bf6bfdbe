//! The things that options and selects point at, as an interaction tells them
//! (Discord: interactions/receiving-and-responding, "Resolved Data Structure").

use serde_json::{Value, json};

use crate::ids::{ChannelId, GuildId, RoleId, UserId};
use crate::wire;
use crate::world::{Upload, World};

/// Finds things by id or name and collects what an interaction tells of them.
pub(super) struct Resolver<'a> {
    pub(super) world: &'a mut World,
    /// Where the interaction happens; `None` in a DM.
    pub(super) guild: Option<GuildId>,
    /// Who uses it.
    pub(super) user: UserId,
    pub(super) resolved: Value,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(world: &'a mut World, user: UserId, channel: ChannelId) -> Self {
        let guild = world.channels.get(&channel).and_then(|found| found.guild);
        Self {
            world,
            guild,
            user,
            resolved: json!({}),
        }
    }

    pub(super) fn user(&mut self, text: &str) -> Option<Value> {
        let id = text.parse::<UserId>().ok();
        let known = id.filter(|id| self.world.users.contains_key(id));
        let user = known.or_else(|| self.world.user_named(text.trim_start_matches('@')))?;
        self.resolved["users"][user.to_string()] = wire::user(self.world.users.get(&user)?);
        if let Some(guild) = self.guild
            && let Some(mut member) = wire::partial_member(self.world, guild, user)
        {
            member["permissions"] = json!(self.world.guild_permissions(user, guild));
            self.resolved["members"][user.to_string()] = member;
        }
        Some(json!(user))
    }

    pub(super) fn role(&mut self, text: &str) -> Option<Value> {
        let guild = self.guild?;
        let roles = &self.world.guilds.get(&guild)?.roles;
        let id = text.parse::<RoleId>().ok();
        let known = id.filter(|id| roles.contains_key(id));
        let named = || self.world.role_named(guild, text.trim_start_matches('@'));
        let role = known.or_else(named)?;
        self.resolved["roles"][role.to_string()] = wire::role(roles.get(&role)?);
        Some(json!(role))
    }

    /// Of a channel the interaction tells what its person may do there.
    pub(super) fn channel(&mut self, text: &str, kinds: &[u8]) -> Option<Value> {
        let id = text.parse::<ChannelId>().ok();
        let known = id.filter(|id| self.world.channels.contains_key(id));
        let named = || self.world.channel_named(text.trim_start_matches('#'));
        let channel = known.or_else(named)?;
        let found = self.world.channels.get(&channel)?;
        if found.guild != self.guild || !(kinds.is_empty() || kinds.contains(&found.kind.number()))
        {
            return None;
        }
        let mut shown = wire::channel(self.world, found);
        shown["permissions"] = json!(self.world.permissions(self.user, channel));
        self.resolved["channels"][channel.to_string()] = shown;
        Some(json!(channel))
    }

    /// A file, given as `{"filename": …, "content": …}`.
    pub(super) fn file(&mut self, given: &Value) -> Option<Value> {
        let upload = Upload {
            filename: given["filename"].as_str()?.to_owned(),
            description: None,
            content_type: "application/octet-stream".to_owned(),
            bytes: given["content"].as_str()?.as_bytes().to_vec(),
        };
        let kept = self.world.keep_files(vec![upload]);
        let file = kept.first()?;
        let shown = wire::attachment(self.world, ChannelId::new(0), file);
        self.resolved["attachments"][file.id.to_string()] = shown;
        let id = file.id;
        let kind = file.content_type.clone();
        self.world.loose_files.insert(id, kind);
        Some(json!(id))
    }
}
