//! Tells Discord which commands there are, when that has changed.

use std::{fmt::Write as _, time::Duration};

use serenity::all::CreateCommand;
use sha2::{Digest as _, Sha256};

use super::{
    Link,
    connect::{Connection, DiscordSettings},
    ids,
};
use crate::{
    delivery::ChatError,
    store::{Store, StoreError},
};

/// The pause after the first try that failed; it doubles, up to the longest. Discord allows 200 command creations a
/// day and guild; sending those that it has already creates none.
const PAUSE: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_mins(10);

/// Why the commands are not registered.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotRegistered {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    Chat(#[from] ChatError),
}

/// Registers the commands with the guild unless the last registration was the same. Problems are logged and told by
/// the link: a server without fresh commands still answers messages. What Discord refuses is not tried again before the
/// next start.
pub(super) async fn keep_current(
    connection: &Connection,
    store: &Store,
    commands: &[CreateCommand],
    link: &Link,
) {
    let mut pause = PAUSE;
    loop {
        match register(connection, store, commands).await {
            Ok(()) => return link.registered(),
            Err(
                error @ NotRegistered::Chat(ChatError::Refused { .. } | ChatError::Unauthorized),
            ) => {
                tracing::error!(%error, "Discord refuses the slash commands");
                return link.not_registered(format!("Discord refuses them: {error}"));
            }
            Err(error) => {
                tracing::warn!(%error, ?pause, "the slash commands could not be registered; trying again");
                link.not_registered(format!("Baton tries again and again: {error}"));
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST);
            }
        }
    }
}

/// Registers once, if it is necessary.
pub(super) async fn register(
    connection: &Connection,
    store: &Store,
    commands: &[CreateCommand],
) -> Result<(), NotRegistered> {
    let target = format!("commands:{}", connection.settings.guild);
    let wanted = fingerprint(&connection.settings, connection.application.get(), commands)?;
    if store.registration(&target).await?.as_deref() == Some(wanted.as_str()) {
        return Ok(());
    }
    let guild = ids::to_guild(connection.settings.guild);
    connection
        .http
        .within(connection.http.create_guild_commands(guild, &commands))
        .await?;
    let mut tx = store.write().await?;
    tx.note_registration(&target, &wanted).await?;
    tx.commit().await?;
    tracing::info!(count = commands.len(), "slash commands registered");
    Ok(())
}

/// What was registered, for which application and where: another bot or a simulator knows nothing of
/// what was registered before.
fn fingerprint(
    settings: &DiscordSettings,
    application: u64,
    commands: &[CreateCommand],
) -> Result<String, StoreError> {
    let told = serde_json::to_vec(&(
        settings.guild,
        application,
        settings.api_base.as_deref(),
        commands,
    ))?;
    let mut hash = String::new();
    for byte in Sha256::digest(told) {
        // Writing to a String cannot fail.
        let _ = write!(hash, "{byte:02x}");
    }
    Ok(hash)
}
