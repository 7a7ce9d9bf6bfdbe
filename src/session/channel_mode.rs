//! Conversations that have a whole channel: who may speak there, and what the agent is given of
//! what others say.

use super::{Engine, SessionError, sentences};
use crate::{
    store::Tx,
    words::{ChannelId, Place, SessionId},
};

/// How conversations work that have a whole channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelMode {
    /// Who may speak to the agent.
    pub speakers: Speakers,
    /// How many messages before a request are looked at for context, at most 100; 0 gives none.
    pub history: u8,
    /// Whose words the context is made of.
    pub bystanders: Bystanders,
}

/// Who may speak to the agent of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speakers {
    /// Owners.
    Owners,
    /// Everybody who may ask.
    Members,
}

/// What becomes of words that do not speak to Baton.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bystanders {
    /// They never reach the agent.
    LeftOut,
    /// They are context like the others.
    Included,
}

impl Engine {
    /// Whether a place is a channel whose conversation is for owners only.
    pub(super) async fn is_owners_channel(&self, place: Place) -> Result<bool, SessionError> {
        if self.channel_mode.speakers == Speakers::Members || place.thread.is_some() {
            return Ok(false);
        }
        Ok(self.store.session_in(place.channel).await?.is_some())
    }

    /// Tells a channel what of its words goes to the model, unless it was told the same last.
    pub(super) async fn tell_what_is_sent(
        &self,
        tx: &mut Tx,
        session: SessionId,
        channel: ChannelId,
    ) -> Result<(), SessionError> {
        let (rule, text) = match (self.channel_mode.history, self.channel_mode.bystanders) {
            (0, _) => (
                "requests".to_owned(),
                sentences::ONLY_REQUESTS_ARE_SENT.to_owned(),
            ),
            (n, Bystanders::LeftOut) => (format!("addressed-{n}"), sentences::addressed_is_sent(n)),
            (n, Bystanders::Included) => {
                (format!("everything-{n}"), sentences::everything_is_sent(n))
            }
        };
        let about = format!("channel-notice:{channel}:");
        let told = tx.delivery_keys(&about).await?;
        let latest = told
            .last()
            .and_then(|key| key.strip_prefix(&about)?.split(':').next());
        if latest == Some(rule.as_str()) {
            return Ok(());
        }
        let key = format!("{about}{rule}:{}", told.len());
        self.notice(tx, key, session, channel, text).await?;
        Ok(())
    }
}
