//! `baton member`: who may do what, from the operator's command line.

use std::{fmt::Write as _, time::Duration};

use chrono::DateTime;
use clap::Subcommand;

use super::{ConfigFile, terminal};
use crate::{
    clock::Clock,
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
        #[arg(long)]
        tier: Tier,
        /// global, channel:ID or thread:ID
        #[arg(long, default_value = "global")]
        scope: Scope,
        /// How long it holds, such as 12h or 7d; without it, until somebody takes it away
        #[arg(long = "for", value_parser = humantime::parse_duration)]
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
        #[arg(long, default_value = "global")]
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
    #[arg(long)]
    user: Option<UserId>,
    /// Everybody with a role, by Discord id.
    #[arg(long)]
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
    let store = Store::visit(&file.load()?.data.dir).await?;
    let said = carry_out(&store, args.what).await;
    store.close().await;
    terminal::say(&said?);
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
