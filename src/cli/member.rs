//! `baton member`: who may do what, from the operator's command line.

use std::{fmt::Write as _, time::Duration};

use chrono::DateTime;
use clap::Subcommand;

use super::{ConfigFile, arguments, operators, terminal};
use crate::{
    access::Forbidden,
    clock::Clock,
    config::Discord,
    store::{MembershipRow, Store, Subject, Tx},
    words::{RoleId, Scope, Tier, UserId},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make somebody owner, member, guest or blocked.
    Set {
        #[command(flatten)]
        whom: Whom,
        /// owner, member, guest or blocked
        #[arg(long, value_parser = arguments::tier)]
        tier: Tier,
        /// global, channel:ID or thread:ID
        #[arg(long, default_value = "global", value_parser = arguments::scope)]
        scope: Scope,
        /// How long it holds, such as 12h or 7d; without it, until somebody takes it away
        #[arg(long = "for", value_parser = arguments::span)]
        span: Option<Duration>,
        #[command(flatten)]
        file: ConfigFile,
    },
    /// Show every membership.
    List {
        #[command(flatten)]
        file: ConfigFile,
    },
    /// Take a membership or a block away.
    Remove {
        #[command(flatten)]
        whom: Whom,
        /// global, channel:ID or thread:ID
        #[arg(long, default_value = "global", value_parser = arguments::scope)]
        scope: Scope,
        #[command(flatten)]
        file: ConfigFile,
    },
}

/// A person, or everybody with a role.
#[derive(Clone, Copy, Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Whom {
    /// A person, by Discord id.
    #[arg(long, value_parser = arguments::id::<UserId>)]
    user: Option<UserId>,
    /// Everybody with a role, by Discord id.
    #[arg(long, value_parser = arguments::id::<RoleId>)]
    role: Option<RoleId>,
}

impl Whom {
    fn subject(self) -> anyhow::Result<Subject> {
        match (self.user, self.role) {
            (Some(user), _) => Ok(Subject::User(user)),
            (None, Some(role)) => Ok(Subject::Role(role)),
            (None, None) => anyhow::bail!("say who: --user ID or --role ID"),
        }
    }
}

pub(super) async fn run(args: Args) -> anyhow::Result<()> {
    let (What::Set { file, .. } | What::List { file } | What::Remove { file, .. }) = &args.what;
    let settings = file.load()?;
    if let What::Set { whom, tier, .. } = &args.what {
        would_hold(whom.subject()?, *tier, &settings.discord)?;
    }
    let store = Store::visit(&settings.data.dir).await?;
    let store = store.telling(operators::told(&settings));
    let said = carry_out(&store, args.what).await;
    store.close().await;
    terminal::say(&said?);
    // A server may have been given another directory than this command.
    let place = settings.data.dir.display();
    terminal::complain(&format!("This is so in the database in {place}.\n"));
    Ok(())
}

/// Refuses a membership that would never hold.
fn would_hold(subject: Subject, tier: Tier, discord: &Discord) -> anyhow::Result<()> {
    let (nobodys, of_settings) = match subject {
        Subject::User(user) => (false, discord.owner_user == Some(user)),
        Subject::Role(role) => (
            role.is_everybodys(discord.guild),
            discord.owner_role == Some(role),
        ),
    };
    if nobodys {
        anyhow::bail!("{}", Forbidden::NobodysRole);
    }
    if of_settings && tier != Tier::Owner {
        anyhow::bail!(
            "the settings make {subject} an owner, and no membership changes that: change `discord.owner_user` \
             or `discord.owner_role` instead"
        );
    }
    Ok(())
}

async fn carry_out(store: &Store, what: What) -> anyhow::Result<String> {
    match what {
        What::Set {
            whom,
            tier,
            scope,
            span,
            ..
        } => set(store, whom.subject()?, tier, scope, span).await,
        What::Remove { whom, scope, .. } => remove(store, whom.subject()?, scope).await,
        What::List { .. } => list(store).await,
    }
}

async fn set(
    store: &Store,
    subject: Subject,
    tier: Tier,
    scope: Scope,
    span: Option<Duration>,
) -> anyhow::Result<String> {
    let now = Clock::system().now();
    let expires_at = span.map(|span| now.after(span));
    let row = MembershipRow {
        subject,
        scope,
        tier,
        granted_by: None,
        granted_at: now,
        expires_at,
    };
    let mut tx = store.write().await?;
    tx.set_membership(&row).await?;
    let until = until(&row);
    let detail = format!("{tier} in {scope}{until}");
    audit(&mut tx, "membership_set", subject, &detail).await?;
    tx.commit().await?;
    Ok(format!("{subject} is {tier} in {scope}{until}.\n"))
}

async fn remove(store: &Store, subject: Subject, scope: Scope) -> anyhow::Result<String> {
    let mut tx = store.write().await?;
    let Some(tier) = tx.remove_membership(subject, scope).await? else {
        return Ok(format!("{subject} was nothing in {scope}.\n"));
    };
    audit(
        &mut tx,
        "membership_removed",
        subject,
        &format!("{tier} in {scope}"),
    )
    .await?;
    tx.commit().await?;
    Ok(format!("{subject} is not {tier} in {scope} any more.\n"))
}

async fn list(store: &Store) -> anyhow::Result<String> {
    let now = Clock::system().now();
    let mut rows = store.memberships().await?;
    rows.retain(|row| row.holds_at(now));
    if rows.is_empty() {
        return Ok("There are no memberships; only the owners of the settings may ask.\n".into());
    }
    let mut text = String::new();
    for row in rows {
        writeln!(
            text,
            "{:<28} {:<8} {}{}",
            row.subject.to_string(),
            row.tier.as_str(),
            row.scope,
            until(&row)
        )?;
    }
    Ok(text)
}

/// Until when a membership holds, as the end of a sentence.
fn until(row: &MembershipRow) -> String {
    let end = row
        .expires_at
        .and_then(|end| DateTime::from_timestamp_millis(end.get()));
    end.map_or_else(String::new, |end| {
        format!(" until {}", end.format("%Y-%m-%d %H:%M UTC"))
    })
}

async fn audit(tx: &mut Tx, action: &str, subject: Subject, detail: &str) -> anyhow::Result<()> {
    Ok(tx
        .audit(
            Clock::system().now(),
            None,
            action,
            &subject.to_string(),
            detail,
        )
        .await?)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs};

    use super::*;
    use crate::{cli::judge_tools, config::Settings};

    #[test]
    fn a_membership_that_would_never_hold_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("baton.toml");
        let data = folder.path().join("data");
        let text = format!(
            "[discord]\nguild = 1\nowner_user = 2\nowner_role = 3\n[data]\ndir = {data:?}\n"
        );
        fs::write(&file, text).unwrap();
        let token = ("DISCORD_BOT_TOKEN".to_owned(), "t".to_owned());
        let settings = Settings::load(&file, &BTreeMap::from([token]), judge_tools).unwrap();
        let (user, role) = (UserId::new, RoleId::new);
        for (subject, tier, holds) in [
            (Subject::User(user(2)), Tier::Blocked, false),
            (Subject::User(user(2)), Tier::Owner, true),
            (Subject::User(user(3)), Tier::Blocked, true),
            (Subject::Role(role(3)), Tier::Member, false),
            (Subject::Role(role(4)), Tier::Member, true),
            (Subject::Role(role(1)), Tier::Blocked, false),
        ] {
            let told = would_hold(subject, tier, &settings.discord);
            assert_eq!(told.is_ok(), holds, "{subject} {tier}: {told:?}");
        }
    }
}
