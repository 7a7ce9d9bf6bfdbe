//! What the bot needs, looked at before it goes online: what is missing ends the start with one
//! sentence each, instead of showing up as silence later.

use std::fmt;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use serenity::{
    all::{
        self as sn, ApplicationFlags, CurrentApplicationInfo, GuildChannel, Member, PartialGuild,
        Permissions,
    },
    http::Http,
};

use super::{
    BoundChannel, DiscordError, DiscordSettings, chat::within, connect::refused,
    failure::UNKNOWN_MEMBER, ids,
};
use crate::{
    delivery::ChatError,
    words::{ChannelId, GuildId},
};

/// Discord's error codes (opcodes-and-status-codes#json-error-codes).
const UNKNOWN_CHANNEL: u32 = 10_003;
const UNKNOWN_GUILD: u32 = 10_004;
const MISSING_ACCESS: u32 = 50_001;

/// Channels that are asked for at the same time.
const AT_ONCE: usize = 4;

/// What Baton needs in the channel of a project, and as what Discord's settings show it.
const NEEDED: [(Permissions, &str); 7] = [
    (Permissions::VIEW_CHANNEL, "View Channel"),
    (Permissions::SEND_MESSAGES, "Send Messages"),
    (
        Permissions::SEND_MESSAGES_IN_THREADS,
        "Send Messages in Threads",
    ),
    (Permissions::CREATE_PUBLIC_THREADS, "Create Public Threads"),
    (Permissions::READ_MESSAGE_HISTORY, "Read Message History"),
    (Permissions::ADD_REACTIONS, "Add Reactions"),
    (Permissions::ATTACH_FILES, "Attach Files"),
];

/// Something that the bot needs and does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// Messages would come without their text.
    MessageContent,
    /// The bot was not invited.
    Membership {
        /// Where to.
        guild: GuildId,
        /// The bot's application, for the invitation.
        application: u64,
    },
    /// There is no such channel, or it is in another server.
    Channel {
        /// The channel.
        channel: ChannelId,
        /// Whose it is said to be.
        project: String,
    },
    /// Something is not allowed in a channel.
    Permissions {
        /// The channel.
        channel: ChannelId,
        /// Its name, if that can be seen.
        name: Option<String>,
        /// Whose it is.
        project: String,
        /// What is missing, as Discord's settings show it.
        missing: Vec<&'static str>,
    },
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MessageContent => write!(
                f,
                "The bot may not read messages. Open it in Discord's developer portal, go to Bot, \
                 and switch on \"Message Content Intent\"."
            ),
            Self::Membership { guild, application } => write!(
                f,
                "The bot is not a member of the server {guild} (`discord.guild`). Check the id, or \
                 invite the bot with https://discord.com/oauth2/authorize?client_id={application}\
                 &scope=bot+applications.commands&permissions={}&guild_id={guild}.",
                needed().bits()
            ),
            Self::Channel { channel, project } => write!(
                f,
                "The server has no channel {channel} (`channels` of the project `{project}`). \
                 Right-click the channel in Discord, choose \"Copy Channel ID\", and write that."
            ),
            Self::Permissions {
                channel,
                name,
                project,
                missing,
            } => {
                match name {
                    Some(name) => write!(f, "In #{name} ({channel}, project `{project}`)")?,
                    None => write!(f, "In the channel {channel} (project `{project}`)")?,
                }
                write!(
                    f,
                    " the bot lacks: {}. Open Edit Channel → Permissions, add the bot's role, and \
                     allow it.",
                    missing.join(", ")
                )
            }
        }
    }
}

fn needed() -> Permissions {
    NEEDED
        .iter()
        .fold(Permissions::empty(), |all, (one, _)| all | *one)
}

/// Fails with everything that is missing.
pub(super) async fn check(
    http: &Http,
    settings: &DiscordSettings,
    me: sn::UserId,
    application: &CurrentApplicationInfo,
) -> Result<(), DiscordError> {
    let mut lacks = Vec::new();
    if !may_read(application.flags) {
        lacks.push(Lack::MessageContent);
    }
    match membership(http, settings.guild, me).await? {
        None => lacks.push(Lack::Membership {
            guild: settings.guild,
            application: application.id.get(),
        }),
        Some((guild, member)) => {
            let (guild, member) = (&guild, &member);
            let looks: Vec<_> = settings
                .channels
                .iter()
                .map(|bound| look(http, bound, guild, member))
                .collect();
            let found: Vec<Option<Lack>> = stream::iter(looks)
                .buffered(AT_ONCE)
                .try_collect()
                .await
                .map_err(refused)?;
            lacks.extend(found.into_iter().flatten());
        }
    }
    if lacks.is_empty() {
        Ok(())
    } else {
        Err(DiscordError::Lacking(lacks))
    }
}

/// The intent of a bot in few servers, or in many.
fn may_read(flags: Option<ApplicationFlags>) -> bool {
    flags.is_none_or(|flags| {
        flags.intersects(
            ApplicationFlags::GATEWAY_MESSAGE_CONTENT
                | ApplicationFlags::GATEWAY_MESSAGE_CONTENT_LIMITED,
        )
    })
}

/// The guild and the bot in it; `None` if it is not.
async fn membership(
    http: &Http,
    guild: GuildId,
    me: sn::UserId,
) -> Result<Option<(PartialGuild, Member)>, DiscordError> {
    let id = ids::to_guild(guild);
    let both = async {
        let found = within(http.get_guild(id)).await?;
        let member = within(http.get_member(id, me)).await?;
        Ok((found, member))
    };
    match both.await {
        Ok(both) => Ok(Some(both)),
        Err(error) if is_one_of(&error, &[UNKNOWN_GUILD, UNKNOWN_MEMBER, MISSING_ACCESS]) => {
            Ok(None)
        }
        Err(error) => Err(refused(error)),
    }
}

async fn look(
    http: &Http,
    bound: &BoundChannel,
    guild: &PartialGuild,
    member: &Member,
) -> Result<Option<Lack>, ChatError> {
    let nothing = || Lack::Channel {
        channel: bound.channel,
        project: bound.project.clone(),
    };
    let channel = match within(http.get_channel(ids::to_channel(bound.channel))).await {
        Ok(channel) => channel,
        Err(error) if error.is_code(UNKNOWN_CHANNEL) => return Ok(Some(nothing())),
        // Whoever may not see a channel is told no more than that.
        Err(error) if error.is_code(MISSING_ACCESS) => {
            return Ok(Some(lack(bound, None, vec!["View Channel"])));
        }
        Err(error) => return Err(error),
    };
    let Some(channel) = channel.guild().filter(|found| found.guild_id == guild.id) else {
        return Ok(Some(nothing()));
    };
    let missing = missing(guild.user_permissions_in(&channel, member));
    if missing.is_empty() {
        return Ok(None);
    }
    Ok(Some(lack(bound, Some(&channel), missing)))
}

fn lack(bound: &BoundChannel, channel: Option<&GuildChannel>, missing: Vec<&'static str>) -> Lack {
    Lack::Permissions {
        channel: bound.channel,
        name: channel.map(|channel| channel.name.clone()),
        project: bound.project.clone(),
        missing,
    }
}

fn missing(has: Permissions) -> Vec<&'static str> {
    let lacks = NEEDED.iter().filter(|(one, _)| !has.contains(*one));
    lacks.map(|(_, name)| *name).collect()
}

fn is_one_of(error: &ChatError, codes: &[u32]) -> bool {
    codes.iter().any(|code| error.is_code(*code))
}
