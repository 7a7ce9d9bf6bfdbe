//! Another server with the same bot: both have the token, and each gets all events.
//!
//! Nothing of Discord's tells of it. But both hear what the bot says, and every message that a Baton sends has a
//! nonce that names the delivery behind it; of its own deliveries each server knows all, since they are stored before
//! they are sent. So the other one is noticed as soon as it says something, and not before.

use parking_lot::Mutex;
use serenity::all::{Message, Nonce};

use super::{house::House, ids, inbound::Me};
use crate::{delivery::delivery_of, session::SessionError};

/// Looks for what the bot says and this server did not.
#[derive(Debug, Default)]
pub(super) struct Namesake(Mutex<Notice>);

/// Whether the operators were told of it: once in the life of a server is enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Notice {
    #[default]
    None,
    Given,
}

impl Namesake {
    /// Looks at a message that is for nobody here.
    pub(super) async fn look(&self, house: &dyn House, message: &Message, me: Me) {
        if ids::user(message.author.id) != me.user || *self.0.lock() == Notice::Given {
            return;
        }
        if let Err(error) = self.compare(house, message).await {
            tracing::debug!(%error, "it is not known whether this server has said this");
        }
    }

    async fn compare(&self, house: &dyn House, message: &Message) -> Result<(), SessionError> {
        let Some(Nonce::String(nonce)) = &message.nonce else {
            return Ok(());
        };
        let Some(delivery) = delivery_of(nonce) else {
            return Ok(());
        };
        if house.is_ours(delivery).await? {
            return Ok(());
        }
        house
            .warn_of_namesake(ids::channel(message.channel_id))
            .await?;
        *self.0.lock() = Notice::Given;
        Ok(())
    }
}
