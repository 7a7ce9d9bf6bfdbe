//! Another server that uses the same bot.

use super::{Engine, SessionError};
use crate::words::{Alert, ChannelId};

impl Engine {
    /// Tells the operators of it.
    pub async fn warn_of_namesake(&self, channel: ChannelId) -> Result<(), SessionError> {
        let mut tx = self.store.write().await?;
        let alert = Alert::AnotherServer { channel };
        tx.raise(self.clock.now(), &alert).await?;
        Ok(tx.commit().await?)
    }
}
