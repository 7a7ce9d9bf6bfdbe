//! Where something happens and who does it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{ChannelId, GuildId, RoleId, UnknownWord, UserId};

/// Where something happens. A thread always knows its parent channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The server.
    pub guild: GuildId,
    /// The channel; for a thread, the channel it hangs under.
    pub channel: ChannelId,
    /// The thread, if it is one.
    pub thread: Option<ChannelId>,
}

impl Place {
    /// Where a message has to be posted to appear at this place.
    pub fn post_channel(&self) -> ChannelId {
        self.thread.unwrap_or(self.channel)
    }

    /// The scopes that hold here, nearest first.
    pub fn scopes(&self) -> impl Iterator<Item = Scope> {
        self.thread
            .map(Scope::Thread)
            .into_iter()
            .chain([Scope::Channel(self.channel), Scope::Global])
    }
}

/// A Discord user in a guild, with the roles that were known when he acted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Who.
    pub id: UserId,
    /// How the guild shows him. Written by the person: data, never to be trusted.
    pub name: String,
    /// The roles that he holds in the guild.
    pub roles: Vec<RoleId>,
}

/// Where a membership holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// Everywhere in the guild.
    Global,
    /// In one channel and all of its threads.
    Channel(ChannelId),
    /// In one thread.
    Thread(ChannelId),
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Global => f.write_str("global"),
            Self::Channel(id) => write!(f, "channel:{id}"),
            Self::Thread(id) => write!(f, "thread:{id}"),
        }
    }
}

impl FromStr for Scope {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownWord::new("scope", text);
        if text == "global" {
            return Ok(Self::Global);
        }
        let (kind, id) = text.split_once(':').ok_or_else(unknown)?;
        let id = id.parse().map_err(|_| unknown())?;
        match kind {
            "channel" => Ok(Self::Channel(id)),
            "thread" => Ok(Self::Thread(id)),
            _ => Err(unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_also_in_its_channel() {
        let place = Place {
            guild: GuildId::new(1),
            channel: ChannelId::new(2),
            thread: Some(ChannelId::new(3)),
        };
        assert_eq!(
            place.scopes().collect::<Vec<_>>(),
            [
                Scope::Thread(ChannelId::new(3)),
                Scope::Channel(ChannelId::new(2)),
                Scope::Global
            ]
        );
    }

    #[test]
    fn a_scope_reads_back_what_it_writes() {
        for text in ["global", "channel:12", "thread:34"] {
            assert_eq!(text.parse::<Scope>().unwrap().to_string(), text);
        }
        assert!("channel:x".parse::<Scope>().is_err());
    }
}
