//! `[discord]`: the account and the server it serves.

use std::fmt;

use secrecy::SecretString;

use crate::words::{GuildId, RoleId, UserId};

/// `[discord]`.
#[derive(Clone, Debug)]
pub struct Discord {
    /// The bot's token; only ever from `DISCORD_BOT_TOKEN`.
    pub token: SecretString,
    /// The one server that Baton serves.
    pub guild: GuildId,
    /// The person who owns Baton. At least one of this and `owner_role` is set.
    pub owner_user: Option<UserId>,
    /// Everybody with this role owns Baton.
    pub owner_role: Option<RoleId>,
    /// A simulator to talk to in Discord's stead.
    pub api_base: Option<ApiBase>,
}

/// `http://` and a loopback address with an optional port: no path, no `/` at the end, so that
/// `/api/v10/…` can be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiBase(String);

impl ApiBase {
    /// The URL, such as `http://127.0.0.1:7781`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ApiBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
