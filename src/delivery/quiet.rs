//! Where reactions are not welcome, so that the service is not asked for them again and again.

use std::{collections::HashMap, time::Duration};

use parking_lot::Mutex;

use super::ChatError;
use crate::{
    clock::Millis,
    words::{ChannelId, UserId},
};

/// How long one refusal is taken for the answer to the reactions after it. Each refusal is counted
/// against the whole server (Discord: topics/rate-limits#invalid-request-limit-aka-cloudflare-bans).
const BELIEVED: Duration = Duration::from_mins(10);

/// "Forbidden" in HTTP.
const FORBIDDEN: u16 = 403;

/// What is remembered of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Memory {
    /// Somebody does not want to see reactions of this bot.
    Person(UserId),
    /// The bot may not react there.
    Channel(ChannelId),
    /// An operator knows that this was said there.
    Told(ChannelId, u32),
}

/// What was refused a short while ago.
#[derive(Debug, Default)]
pub(super) struct Quiet(Mutex<HashMap<Memory, Millis>>);

impl Quiet {
    /// Whether a reaction to a message would be refused, as far as is known.
    pub(super) fn is_kept(&self, channel: ChannelId, author: Option<UserId>, now: Millis) -> bool {
        let memory = self.0.lock();
        let holds = |key| {
            let at = memory.get(&key);
            at.is_some_and(|at| now.since(*at) < BELIEVED)
        };
        holds(Memory::Channel(channel))
            || author.is_some_and(|author| holds(Memory::Person(author)))
    }

    /// Takes in that a reaction was refused; says whether an operator should be told.
    pub(super) fn refused(
        &self,
        channel: ChannelId,
        author: Option<UserId>,
        error: &ChatError,
        now: Millis,
    ) -> bool {
        let ChatError::Refused {
            status: FORBIDDEN,
            code,
            ..
        } = error
        else {
            return true;
        };
        let mut memory = self.0.lock();
        memory.retain(|_, at| now.since(*at) < BELIEVED);
        if !error.is_code(ChatError::REACTION_BLOCKED) {
            memory.insert(Memory::Channel(channel), now);
        } else if let Some(author) = author {
            memory.insert(Memory::Person(author), now);
        }
        // Said again within the time, it keeps the time of when it was told.
        let told = Memory::Told(channel, *code);
        let is_new = !memory.contains_key(&told);
        memory.entry(told).or_insert(now);
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis::new(1_000_000);
    const HERE: ChannelId = ChannelId::new(1);
    const THERE: ChannelId = ChannelId::new(2);
    const ANN: Option<UserId> = Some(UserId::new(3));
    const ZED: Option<UserId> = Some(UserId::new(4));

    fn error(status: u16, code: u32) -> ChatError {
        ChatError::Refused {
            status,
            code,
            text: "no".to_owned(),
        }
    }

    #[test]
    fn who_has_blocked_the_bot_gets_no_reaction_for_ten_minutes_wherever_he_writes() {
        let quiet = Quiet::default();
        assert!(quiet.refused(HERE, ZED, &error(403, 90_001), NOW));
        let kept = |now| {
            [(HERE, ZED), (THERE, ZED), (HERE, ANN), (HERE, None)]
                .map(|(channel, author)| quiet.is_kept(channel, author, now))
        };
        assert_eq!(kept(NOW), [true, true, false, false]);
        assert_eq!(kept(NOW.after(BELIEVED)), [false; 4]);
    }

    #[test]
    fn a_channel_without_the_permission_gets_none_whoever_writes() {
        let quiet = Quiet::default();
        assert!(quiet.refused(HERE, ZED, &error(403, 50_013), NOW));
        assert!(quiet.is_kept(HERE, ANN, NOW));
        assert!(!quiet.is_kept(THERE, ZED, NOW));
    }

    #[test]
    fn an_operator_is_told_once_in_ten_minutes_of_each_place_and_cause() {
        let quiet = Quiet::default();
        let blocked = error(403, 90_001);
        assert!(quiet.refused(HERE, ZED, &blocked, NOW));
        let soon = NOW.after(BELIEVED / 2);
        assert!(!quiet.refused(HERE, ANN, &blocked, soon));
        assert!(quiet.refused(THERE, ANN, &blocked, soon));
        assert!(quiet.refused(HERE, ANN, &error(403, 50_013), soon));
        assert!(quiet.refused(HERE, ANN, &blocked, NOW.after(BELIEVED)));
    }

    #[test]
    fn a_message_that_is_gone_says_nothing_of_its_channel() {
        let quiet = Quiet::default();
        assert!(quiet.refused(HERE, ANN, &error(404, 10_008), NOW));
        assert!(!quiet.is_kept(HERE, ANN, NOW));
    }
}
