//! What the bot needs, looked at before it goes online: what is missing ends the start with one
//! sentence each, instead of showing up as silence later.

use std::fmt;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use serenity::all::{
    self as sn, ApplicationFlags, CurrentApplicationInfo, Member, PartialGuild, Permissions,
};

use super::{
    DiscordError, DiscordSettings,
    connect::refused,
    failure::{UNKNOWN_CHANNEL, UNKNOWN_MEMBER},
    ids,
    others::{self, Other},
    rest::Rest,
};
use crate::{
    delivery::ChatError,
    words::{ChannelId, GuildId},
};

/// Discord's error codes (opcodes-and-status-codes#json-error-codes).
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

/// What Baton needs in a channel in which it only tells something. It reads there what became of a
/// message whose sending had an unknown outcome.
const NEEDED_TO_TELL: [(Permissions, &str); 3] = [
    (Permissions::VIEW_CHANNEL, "View Channel"),
    (Permissions::SEND_MESSAGES, "Send Messages"),
    (Permissions::READ_MESSAGE_HISTORY, "Read Message History"),
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
        /// What it is to be.
        purpose: Purpose,
    },
    /// Something is not allowed in a channel.
    Permissions {
        /// The channel.
        channel: ChannelId,
        /// Its name, if that can be seen.
        name: Option<String>,
        /// What it is to be.
        purpose: Purpose,
        /// What is missing, as Discord's settings show it.
        missing: Vec<&'static str>,
    },
    /// A project has every channel that no other one has, and can be spoken to in none of them.
    Anywhere {
        /// The project.
        project: String,
    },
}

/// What a channel is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A channel of this project.
    Project(String),
    /// The one that this setting names, in which operators are told of things.
    Setting(&'static str),
}

impl Purpose {
    /// What Baton needs for it.
    fn needs(&self) -> &'static [(Permissions, &'static str)] {
        match self {
            Self::Project(_) => &NEEDED,
            Self::Setting(_) => &NEEDED_TO_TELL,
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Project(name) => write!(f, "project `{name}`"),
            Self::Setting(name) => write!(f, "`{name}`"),
        }
    }
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
            Self::Channel { channel, purpose } => {
                let setting = match purpose {
                    Purpose::Project(name) => format!("`channels` of the project `{name}`"),
                    Purpose::Setting(name) => format!("`{name}`"),
                };
                write!(
                    f,
                    "The server has no channel {channel} ({setting}). Right-click the channel in \
                     Discord, choose \"Copy Channel ID\", and write that."
                )
            }
            Self::Anywhere { project } => {
                let needed: Vec<&str> = NEEDED.iter().map(|(_, name)| *name).collect();
                write!(
                    f,
                    "The project `{project}` (`default_project`) can be reached in no channel: in each the \
                     bot lacks something. It needs: {}. Open Server Settings → Roles, choose the bot's \
                     role, and allow them.",
                    needed.join(", ")
                )
            }
            Self::Permissions {
                channel,
                name,
                purpose,
                missing,
            } => {
                match name {
                    Some(name) => write!(f, "In #{name} ({channel}, {purpose})")?,
                    None => write!(f, "In the channel {channel} ({purpose})")?,
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
    http: &Rest,
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
            let looks: Vec<_> = purposes(settings)
                .map(|(channel, purpose)| look(http, channel, purpose, guild, member))
                .collect();
            let found: Vec<Option<Lack>> = stream::iter(looks)
                .buffered(AT_ONCE)
                .try_collect()
                .await
                .map_err(refused)?;
            lacks.extend(found.into_iter().flatten());
            if let Some(project) = &settings.default_project {
                let seen = others::channels(http, guild, member)
                    .await
                    .map_err(refused)?;
                lacks.extend(look_around(project, &seen));
            }
        }
    }
    if lacks.is_empty() {
        Ok(())
    } else {
        Err(DiscordError::Lacking(lacks))
    }
}

/// Every channel that is named, and what it is to be.
fn purposes(settings: &DiscordSettings) -> impl Iterator<Item = (ChannelId, Purpose)> {
    let bound = settings.channels.iter();
    let bound = bound.map(|it| (it.channel, Purpose::Project(it.project.clone())));
    let operators = settings.operators.iter();
    bound.chain(operators.map(|it| (it.channel, Purpose::Setting(it.setting))))
}

/// The channels of a project that has all the others: it must have one at least. Where the bot can be
/// seen and cannot answer, that may be meant so: it is logged.
fn look_around(project: &str, seen: &[Other]) -> Option<Lack> {
    let mut is_reached = false;
    for other in seen {
        let missing = missing(&NEEDED, other.permissions);
        is_reached |= missing.is_empty();
        if !missing.is_empty() {
            tracing::warn!(channel = %other.channel, name = other.name, lacks = missing.join(", "),
                "the bot can be seen in a channel and cannot answer there");
        }
    }
    (!is_reached).then(|| Lack::Anywhere {
        project: project.to_owned(),
    })
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
    http: &Rest,
    guild: GuildId,
    me: sn::UserId,
) -> Result<Option<(PartialGuild, Member)>, DiscordError> {
    let id = ids::to_guild(guild);
    let both = async {
        let found = http.within(http.get_guild(id)).await?;
        let member = http.within(http.get_member(id, me)).await?;
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
    http: &Rest,
    channel: ChannelId,
    purpose: Purpose,
    guild: &PartialGuild,
    member: &Member,
) -> Result<Option<Lack>, ChatError> {
    let lack = |name, missing| Lack::Permissions {
        channel,
        name,
        purpose: purpose.clone(),
        missing,
    };
    let nothing = || Lack::Channel {
        channel,
        purpose: purpose.clone(),
    };
    let found = match http
        .within(http.get_channel(ids::to_channel(channel)))
        .await
    {
        Ok(found) => found,
        Err(error) if error.is_code(UNKNOWN_CHANNEL) => return Ok(Some(nothing())),
        // Whoever may not see a channel is told no more than that.
        Err(error) if error.is_code(MISSING_ACCESS) => {
            return Ok(Some(lack(None, vec!["View Channel"])));
        }
        Err(error) => return Err(error),
    };
    let Some(found) = found.guild().filter(|found| found.guild_id == guild.id) else {
        return Ok(Some(nothing()));
    };
    let missing = missing(purpose.needs(), guild.user_permissions_in(&found, member));
    if missing.is_empty() {
        return Ok(None);
    }
    Ok(Some(lack(Some(found.name), missing)))
}

fn missing(needed: &[(Permissions, &'static str)], has: Permissions) -> Vec<&'static str> {
    let lacks = needed.iter().filter(|(one, _)| !has.contains(*one));
    lacks.map(|(_, name)| *name).collect()
}

fn is_one_of(error: &ChatError, codes: &[u32]) -> bool {
    codes.iter().any(|code| error.is_code(*code))
}
