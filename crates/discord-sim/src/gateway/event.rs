//! Dispatched events and the intents that a session needs to hear them
//! (Discord: events/gateway, "List of Intents").

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The intent MESSAGE_CONTENT.
const MESSAGE_CONTENT: u64 = 1 << 15;
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

/// Whether its text is for everybody or only for sessions with MESSAGE_CONTENT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Open,
    Privileged,
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
}

impl Event {
    /// The data as a session with `intents` hears it; `None` when it does not.
    pub(crate) fn for_intents(&self, intents: u64) -> Option<Value> {
        let needed = self.kind.intent(self.place);
        if needed != 0 && intents & needed == 0 {
            return None;
        }
        let mut data = self.data.clone();
        if self.content == Content::Privileged && intents & MESSAGE_CONTENT == 0 {
            strip(&mut data);
            if let Some(referenced) = data.get_mut("referenced_message") {
                strip(referenced);
            }
        }
        Some(data)
    }
}

/// Whether Discord knows all of these intents.
pub(crate) const fn valid_intents(intents: u64) -> bool {
    intents & !ALL_INTENTS == 0
}

fn strip(message: &mut Value) {
    if message.is_object() {
        message["content"] = json!("");
        for list in ["embeds", "attachments", "components"] {
            message[list] = json!([]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said() -> Event {
        Event {
            kind: EventKind::MessageCreate,
            data: json!({"content": "x", "embeds": [1], "attachments": [1], "components": [1]}),
            place: Place::Guild,
            content: Content::Privileged,
        }
    }

    #[test]
    fn without_the_message_intent_a_session_hears_no_messages() {
        assert_eq!(said().for_intents(1), None);
    }

    #[test]
    fn without_the_content_intent_a_session_hears_empty_messages() {
        let empty = json!({"content": "", "embeds": [], "attachments": [], "components": []});
        assert_eq!(said().for_intents(512), Some(empty));
        assert_eq!(said().for_intents(512 | MESSAGE_CONTENT), Some(said().data));
    }
}
