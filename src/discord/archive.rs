//! Threads that were archived: Discord lists them for each channel by itself, a hundred at a time.

use std::collections::BTreeSet;

use super::{
    ids,
    listener::Listener,
    pages::{self, Archived, Before, Listed},
    spots::{Look, listed},
};
use crate::{
    clock::Millis,
    delivery::ChatError,
    words::{ChannelId, MessageId},
};

/// Pages of one list of one channel that a look reads. What was archived before those is asked for by
/// itself, if it is watched.
const PAGES: usize = 10;

/// Which threads of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Everybody's; a forum's posts too.
    Public,
    /// Private ones that Baton is in; others are none of its business.
    Joined,
}

impl Listener {
    /// The archived threads of a channel in which something may have been written, the last archived first. A
    /// page more is read as long as that is cheaper than to ask for the threads that no list had so far
    /// (`missing`), or threads may have come and gone since the channel was looked at.
    pub(super) async fn archived(
        &self,
        channel: ChannelId,
        look: Look,
        mut missing: BTreeSet<ChannelId>,
    ) -> Result<Vec<Listed>, ChatError> {
        let mark = self.house.mark(channel).await.unwrap_or_default();
        let mark = mark.map(MessageId::created_ms).map(Millis::new);
        let mut all = self
            .read_archive(channel, Kind::Public, (look, mark), &mut missing)
            .await?;
        if look == Look::Thorough && !missing.is_empty() {
            let joined = self
                .read_archive(channel, Kind::Joined, (look, None), &mut missing)
                .await?;
            all.extend(joined);
        }
        Ok(all)
    }

    async fn read_archive(
        &self,
        channel: ChannelId,
        kind: Kind,
        (look, mark): (Look, Option<Millis>),
        missing: &mut BTreeSet<ChannelId>,
    ) -> Result<Vec<Listed>, ChatError> {
        let mut all = Vec::new();
        let mut before = Before::Nothing;
        for _ in 0..PAGES {
            let page = match kind {
                Kind::Public => pages::archived_threads(&self.http, channel, &before).await,
                Kind::Joined => pages::joined_archived_threads(&self.http, channel, &before).await,
            };
            let Some(Archived { threads, next }) = listed(page)? else {
                break;
            };
            let reached = threads.last().and_then(Listed::archived_at);
            for thread in &threads {
                missing.remove(&ids::channel(thread.id));
            }
            all.extend(threads);
            let is_news = mark.zip(reached).is_some_and(|(mark, at)| at > mark);
            match next {
                Some(next) if look == Look::Thorough && (is_news || missing.len() > 1) => {
                    before = next;
                }
                Some(_) | None => break,
            }
        }
        Ok(all)
    }
}
