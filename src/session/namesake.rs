//! Another server that uses the same bot.

use super::{Engine, SessionError};
use crate::words::ChannelId;

const NAMESAKE: &str = "Another Baton uses this bot's token: it has said something here that this server did \
    not say. Both answer everybody, and none knows what the other does. Stop one of them, or give it a bot of \
    its own.";

impl Engine {
    /// Tells the operators of it.
    pub async fn warn_of_namesake(&self, channel: ChannelId) -> Result<(), SessionError> {
        tracing::error!(%channel, "{NAMESAKE}");
        let mut tx = self.store.write().await?;
        tx.alert_in(self.clock.now(), "another_server", channel, NAMESAKE)
            .await?;
        Ok(tx.commit().await?)
    }
}
