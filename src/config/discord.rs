//! `[discord]`: the account and the server it serves.

use std::{path::PathBuf, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    api_base::{self, ApiBase, Way},
    environment::Environment,
    problem::Complaint,
    section::Section,
    values,
};
use crate::words::{ChannelId, GuildId, RoleId, UserId};

/// The only place that the token may come from.
const TOKEN: &str = "DISCORD_BOT_TOKEN";

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
    /// The authority of that simulator's certificate, in a PEM file; only ever with `api_base`.
    pub api_ca: Option<PathBuf>,
    /// Where what an operator should know of is posted; `None` for the log and the database only.
    pub alerts_channel: Option<ChannelId>,
    /// Where every line of the audit trail is posted; `None` for the database only.
    pub audit_channel: Option<ChannelId>,
    /// What is read back of what was written while nobody listened.
    pub catch_up: CatchUp,
}

/// `[discord.catch_up]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatchUp {
    /// Messages that are older are not answered any more.
    pub max_age: Duration,
    /// How many messages for Baton are read back of one channel or thread; the newest.
    pub max_messages: usize,
}

impl CatchUp {
    fn read(mut section: Section<'_>) -> Option<Self> {
        let max_age = section.or("max_age", "1d", values::span(values::UP_TO_A_WEEK));
        let max_messages = section.or("max_messages", 500, values::count(1..=10_000));
        section.finish();
        Some(Self {
            max_age: max_age?,
            max_messages: max_messages?,
        })
    }
}

impl Discord {
    /// Whether the settings make one person an owner and nobody else; memberships may make others.
    pub(super) const fn names_one_owner(&self) -> bool {
        self.owner_user.is_some() && self.owner_role.is_none()
    }

    pub(super) fn read(mut section: Section<'_>, environment: &Environment) -> Option<Self> {
        section.refuse(
            "token",
            Complaint::new(
                "The bot token may not stand here, where it is easily copied or committed.",
                format!(
                    "Remove it, and write {TOKEN}=… into the .env file beside baton.toml. If \
                     others have seen the file, reset the token in Discord's developer portal."
                ),
            ),
        );
        let token = read_token(&mut section, environment);
        let guild = section.required(
            "guild",
            "Write the id of your Discord server as `guild` below `[discord]`, or as \
             DISCORD_GUILD_ID into .env.",
            values::id(GuildId::new),
        );
        let (user, role) = (section.source("owner_user"), section.source("owner_role"));
        let owner_user = section.optional("owner_user", "nobody", values::id(UserId::new));
        let owner_role = section.optional("owner_role", "nobody", values::id(RoleId::new));
        if user.is_none() && role.is_none() {
            section.report("owner_user", None, nobody_owns_it());
        }
        if let (Ok(Some(owners)), Some(guild)) = (&owner_role, guild)
            && owners.is_everybodys(guild)
        {
            section.report("owner_role", role, everybodys());
        }
        let id = || values::id(ChannelId::new);
        let alerts_channel = section.optional("alerts_channel", "the log only", id());
        let audit_channel = section.optional("audit_channel", "the database only", id());
        let source = section.source("api_base");
        let api_base = section.optional("api_base", "Discord itself", api_base::read);
        let authority = section.source("api_ca");
        let api_ca = section.optional("api_ca", "not needed", values::absolute);
        let way = api_base
            .as_ref()
            .map(|base| base.as_ref().map(ApiBase::way));
        match (way, &api_ca) {
            (Ok(None), Ok(Some(_))) => section.report(
                "api_ca",
                authority,
                Complaint::new(
                    "An authority is trusted without a simulator.",
                    "Remove `api_ca` to talk to Discord, or set `api_base` to the address of a \
                     simulator on this machine, such as \"https://127.0.0.1:7782\".",
                ),
            ),
            (Ok(Some(Way::Plain)), Ok(Some(_))) => section.report(
                "api_ca",
                authority,
                Complaint::new(
                    "A plain `http://` simulator has no certificate.",
                    "Remove `api_ca`, or begin `api_base` with `https://` and write the port at \
                     which the simulator speaks TLS.",
                ),
            ),
            (Ok(Some(Way::Tls)), Ok(None)) => section.report(
                "api_base",
                source.clone(),
                Complaint::new(
                    "Nobody vouches for a simulator that is spoken to over `https://`.",
                    "Write the path of its authority's PEM file as `api_ca`, or begin `api_base` \
                     with `http://`.",
                ),
            ),
            (Ok(_) | Err(_), Ok(_) | Err(_)) => {}
        }
        if let (Ok(Some(_)), Some(token)) = (&api_base, &token)
            && looks_real(token.expose_secret())
        {
            section.report(
                "api_base",
                source,
                Complaint::new(
                    "A simulator is set together with a bot token that looks real.",
                    format!(
                        "Remove `api_base` to talk to Discord, or set {TOKEN} to an invented word \
                         such as `sim-token` to talk to the simulator."
                    ),
                ),
            );
        }
        let catch_up = CatchUp::read(section.section("catch_up"));
        section.finish();
        Some(Self {
            token: token?,
            guild: guild?,
            owner_user: owner_user.ok()?,
            owner_role: owner_role.ok()?,
            api_base: api_base.ok()?,
            api_ca: api_ca.ok()?,
            alerts_channel: alerts_channel.ok()?,
            audit_channel: audit_channel.ok()?,
            catch_up: catch_up?,
        })
    }
}

fn everybodys() -> Complaint {
    Complaint::new(
        "This is the role of everybody, @everyone, which Discord counts among nobody's roles: nobody would \
         own Baton by it.",
        "Write the id of a role that you give to people, or your own Discord user id as `owner_user`.",
    )
}

fn nobody_owns_it() -> Complaint {
    Complaint::new(
        "Nobody owns this Baton.",
        "Write your own Discord user id as `owner_user` below `[discord]`, or the id of a role as \
         `owner_role`; in .env they are BATON_DISCORD__OWNER_USER and BATON_DISCORD__OWNER_ROLE.",
    )
}

fn read_token(section: &mut Section<'_>, environment: &Environment) -> Option<SecretString> {
    let Some((token, source)) = environment.get(TOKEN) else {
        section.report(
            "token",
            None,
            Complaint::new(
                "There is no bot token.",
                format!(
                    "Write {TOKEN}=… into the .env file beside baton.toml; Discord's developer \
                     portal shows the token under Bot. Or keep it in the keyring: `baton secret set {TOKEN}`."
                ),
            ),
        );
        return None;
    };
    let source = source.clone();
    let token = token.trim();
    if token.contains(char::is_whitespace) || !token.is_ascii() {
        section.report(
            "token",
            Some(source),
            Complaint::new(
                "This is no bot token: a token has no spaces and only plain letters.",
                format!("Copy the token alone, without `Bot` before it, to {TOKEN}."),
            ),
        );
        return None;
    }
    section.explain("token", "(secret)", source);
    Some(SecretString::from(token))
}

/// Whether Discord may have given this token: three parts, of which the first is a snowflake in
/// Base64 (Discord: reference#authentication shows one). An invented word has another shape.
fn looks_real(token: &str) -> bool {
    let parts: Vec<&str> = token.split('.').collect();
    let base64 = |part: &&str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let [first, _, _] = parts.as_slice() else {
        return false;
    };
    parts.iter().all(base64)
        && URL_SAFE_NO_PAD
            .decode(first)
            .is_ok_and(|id| id.len() >= 15 && id.iter().all(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_token_with_a_snowflake_in_it_looks_real() {
        let real = format!(
            "{}.GhYzAb.{}",
            URL_SAFE_NO_PAD.encode("1098765432109876543"),
            "x".repeat(38)
        );
        assert!(looks_real(&real));
        for invented in [
            "sim-token",
            "a.b.c",
            "",
            "..",
            "MTA5.x.y",
            "sim.token.1098765432109876543",
        ] {
            assert!(!looks_real(invented), "{invented}");
        }
    }
}
