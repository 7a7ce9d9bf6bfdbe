//! Dispatched events and the intents that a session needs to hear them
//! (Discord: events/gateway, "List of Intents").

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::ids::{GuildId, UserId};
use crate::wire;
use crate::world::World;

/// The intent MESSAGE_CONTENT.
const MESSAGE_CONTENT: u64 = 1 << 15;
/// The intent GUILD_PRESENCES.
const GUILD_PRESENCES: u64 = 1 << 8;
/// All intents that Discord has; any other bit is refused with 4013.
const ALL_INTENTS: u64 = 0x1ff_ffff | (1 << 24) | (1 << 25);

/// Something that the gateway tells.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) kind: EventKind,
    pub(crate) data: Value,
    pub(crate) place: Place,
    pub(crate) content: Content,
}

/// Where it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Guild,
    Direct,
}

/// How much of it a session hears without a privileged intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// All.
    Open,
    /// This instead without MESSAGE_CONTENT.
    Privileged {
        /// The data without the texts that are for nobody but people.
        without: Value,
    },
    /// Of its members only the bot is for sessions without GUILD_PRESENCES, and whoever is in a voice
    /// channel, where nobody is here (Discord: events/gateway-events, "Guild Create").
    Members {
        /// The bot.
        bot: UserId,
    },
}

macro_rules! events {
    ($($kind:ident $name:literal $guild:literal $direct:literal;)*) => {
        /// The kinds of events that the simulator sends, by Discord's names.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        #[expect(missing_docs, reason = "the names are Discord's")]
        pub enum EventKind { $($kind),* }

        impl EventKind {
            /// Discord's name.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$kind => $name),* }
            }

            /// The intent that it needs in a place; 0 when it needs none.
            const fn intent(self, place: Place) -> u64 {
                match (self, place) {
                    $((Self::$kind, Place::Guild) => $guild, (Self::$kind, Place::Direct) => $direct),*
                }
            }
        }
    };
}

events! {
    // The bits: GUILDS 1, GUILD_MEMBERS 2, GUILD_MESSAGES 512, GUILD_MESSAGE_REACTIONS 1024,
    // GUILD_MESSAGE_TYPING 2048, and DIRECT_MESSAGES 4096, …REACTIONS 8192, …TYPING 16384.
    GuildCreate "GUILD_CREATE" 1 1;
    GuildDelete "GUILD_DELETE" 1 1;
    // Of itself the bot hears without the intent for members.
    OwnMemberUpdate "GUILD_MEMBER_UPDATE" 0 0;
    GuildMemberAdd "GUILD_MEMBER_ADD" 2 2;
    GuildMemberUpdate "GUILD_MEMBER_UPDATE" 2 2;
    GuildMemberRemove "GUILD_MEMBER_REMOVE" 2 2;
    GuildRoleCreate "GUILD_ROLE_CREATE" 1 1;
    GuildRoleUpdate "GUILD_ROLE_UPDATE" 1 1;
    GuildRoleDelete "GUILD_ROLE_DELETE" 1 1;
    ChannelCreate "CHANNEL_CREATE" 1 1;
    ChannelUpdate "CHANNEL_UPDATE" 1 1;
    ChannelDelete "CHANNEL_DELETE" 1 1;
    ThreadCreate "THREAD_CREATE" 1 1;
    ThreadUpdate "THREAD_UPDATE" 1 1;
    ThreadDelete "THREAD_DELETE" 1 1;
    // With the intent for members a session hears of all members, without it only of the bot.
    ThreadMembersUpdate "THREAD_MEMBERS_UPDATE" 3 3;
    ThreadMembersUpdateOfOthers "THREAD_MEMBERS_UPDATE" 2 2;
    ThreadListSync "THREAD_LIST_SYNC" 1 1;
    MessageCreate "MESSAGE_CREATE" 512 4096;
    MessageUpdate "MESSAGE_UPDATE" 512 4096;
    MessageDelete "MESSAGE_DELETE" 512 4096;
    MessageDeleteBulk "MESSAGE_DELETE_BULK" 512 4096;
    ChannelPinsUpdate "CHANNEL_PINS_UPDATE" 1 4096;
    MessageReactionAdd "MESSAGE_REACTION_ADD" 1024 8192;
    MessageReactionRemove "MESSAGE_REACTION_REMOVE" 1024 8192;
    MessageReactionRemoveAll "MESSAGE_REACTION_REMOVE_ALL" 1024 8192;
    MessageReactionRemoveEmoji "MESSAGE_REACTION_REMOVE_EMOJI" 1024 8192;
    TypingStart "TYPING_START" 2048 16384;
    InteractionCreate "INTERACTION_CREATE" 0 0;
    CommandPermissionsUpdate "APPLICATION_COMMAND_PERMISSIONS_UPDATE" 0 0;
    // What a gateway says that has miscounted: nobody has left whom it ever told of.
    StrangerRemove "GUILD_MEMBER_REMOVE" 0 0;
}

impl Event {
    /// GUILD_CREATE.
    pub(crate) fn guild_create(world: &World, guild: GuildId) -> Self {
        Self {
            kind: EventKind::GuildCreate,
            data: wire::guild_create(world, guild),
            place: Place::Guild,
            content: Content::Members { bot: world.bot },
        }
    }

    /// The data as a session with `intents` hears it; `None` when it does not.
    pub(crate) fn for_intents(&self, intents: u64) -> Option<Value> {
        let needed = self.kind.intent(self.place);
        if needed != 0 && intents & needed == 0 {
            return None;
        }
        Some(match &self.content {
            Content::Privileged { without } if intents & MESSAGE_CONTENT == 0 => without.clone(),
            Content::Members { bot } if intents & GUILD_PRESENCES == 0 => {
                let mut data = self.data.clone();
                let bot = json!(bot);
                if let Some(members) = data.get_mut("members").and_then(Value::as_array_mut) {
                    members.retain(|member| member["user"]["id"] == bot);
                }
                data
            }
            Content::Open | Content::Privileged { .. } | Content::Members { .. } => {
                self.data.clone()
            }
        })
    }
}

/// Whether Discord knows all of these intents.
pub(crate) const fn valid_intents(intents: u64) -> bool {
    intents & !ALL_INTENTS == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said() -> Event {
        Event {
            kind: EventKind::MessageCreate,
            data: json!({"content": "x"}),
            place: Place::Guild,
            content: Content::Privileged {
                without: json!({"content": ""}),
            },
        }
    }

    #[test]
    fn without_the_message_intent_a_session_hears_no_messages() {
        assert_eq!(said().for_intents(1), None);
    }

    #[test]
    fn without_the_content_intent_a_session_hears_empty_messages() {
        let empty = json!({"content": ""});
        assert_eq!(said().for_intents(512), Some(empty));
        assert_eq!(said().for_intents(512 | MESSAGE_CONTENT), Some(said().data));
    }
}
