//! Which lanes are free, and where a reaction may go next.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use super::send::Step;
use crate::{
    store::{DeliveryKind, Head},
    words::ChannelId,
};

/// The pause after the first failure of a lane; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Reactions that are on the way at the same time. They are signs; what is said must never wait until
/// there is room among them.
pub(super) const REACTIONS_AT_ONCE: usize = 8;

/// A lane that is not free.
#[derive(Debug)]
enum Lane {
    /// One of its deliveries is on the way; a reaction to a message in this channel, if it is one.
    Busy {
        failures: u32,
        reacting_in: Option<ChannelId>,
    },
    /// Its next delivery waits after a failure.
    Pausing { until: Instant, failures: u32 },
}

/// The lanes that are not free, and what is known of the reactions that wait.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    taken: HashMap<ChannelId, Lane>,
    /// Where a reaction is on the way. Discord takes one in a quarter of a second and channel; a second
    /// one at the same time is only refused.
    reacting: HashSet<ChannelId>,
    /// Where the reactions that wait belong, by their place in the order.
    waiting_reactions: HashMap<i64, ChannelId>,
}

impl Lanes {
    /// Puts what waits into the order in which it goes out: what is said before the signs, signs of work
    /// before others, and the oldest first.
    pub(super) fn in_order(&mut self, mut heads: Vec<Head>) -> Vec<Head> {
        let waiting: HashSet<i64> = heads.iter().map(|head| head.n).collect();
        self.waiting_reactions.retain(|n, _| waiting.contains(n));
        heads.sort_by_key(|head| (rank(head), head.n));
        heads
    }

    /// Whether a head may go out, as far as it is known without its content.
    pub(super) fn may_go(&self, head: &Head) -> bool {
        let is_free = match self.taken.get(&head.lane) {
            Some(Lane::Busy { .. }) => false,
            Some(Lane::Pausing { until, .. }) => *until <= Instant::now(),
            None => true,
        };
        let known = self.waiting_reactions.get(&head.n);
        is_free
            && (head.kind != DeliveryKind::Reaction
                || self.reacting.len() < REACTIONS_AT_ONCE
                    && known.is_none_or(|channel| !self.reacting.contains(channel)))
    }

    /// Whether a reaction may go out to a channel; if not, it is remembered where it belongs.
    pub(super) fn may_react(&mut self, head: &Head, channel: ChannelId) -> bool {
        let may = !self.reacting.contains(&channel);
        if !may {
            self.waiting_reactions.insert(head.n, channel);
        }
        may
    }

    /// A head goes out.
    pub(super) fn begin(&mut self, head: &Head, reacting_in: Option<ChannelId>) {
        self.waiting_reactions.remove(&head.n);
        self.reacting.extend(reacting_in);
        let failures = match self.taken.get(&head.lane) {
            Some(Lane::Busy { failures, .. } | Lane::Pausing { failures, .. }) => *failures,
            None => 0,
        };
        let busy = Lane::Busy {
            failures,
            reacting_in,
        };
        self.taken.insert(head.lane, busy);
    }

    /// Notes how a lane's delivery went.
    pub(super) fn settle(&mut self, lane: ChannelId, step: &Step) {
        let failures = match self.taken.remove(&lane) {
            Some(Lane::Busy {
                failures,
                reacting_in,
            }) => {
                if let Some(channel) = reacting_in {
                    self.reacting.remove(&channel);
                }
                failures
            }
            Some(Lane::Pausing { failures, .. }) => failures,
            None => 0,
        };
        if let Step::Again { not_before } = step {
            let pause = (FIRST_PAUSE * 2_u32.saturating_pow(failures.min(16))).min(LONGEST_PAUSE);
            let until = Instant::now() + not_before.unwrap_or(pause);
            let pausing = Lane::Pausing {
                until,
                failures: failures + 1,
            };
            self.taken.insert(lane, pausing);
        }
    }

    /// Frees all: it is not known which delivery broke off. What is really on the way is protected by
    /// its nonce.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Waits until the first pausing lane may go on; for ever if none pauses.
    pub(super) async fn next_due(&self) {
        let due = self
            .taken
            .values()
            .filter_map(|lane| match lane {
                Lane::Busy { .. } => None,
                Lane::Pausing { until, .. } => Some(*until),
            })
            .min();
        match due {
            Some(until) => tokio::time::sleep_until(until.into()).await,
            None => std::future::pending().await,
        }
    }
}

/// Signs come after what is said, and the sign that nothing is done comes last: it is what a person who
/// may not ask can cause.
const fn rank(head: &Head) -> u8 {
    match (head.kind, head.session) {
        (DeliveryKind::Reaction, Some(_)) => 1,
        (DeliveryKind::Reaction, None) => 2,
        (
            DeliveryKind::Thread
            | DeliveryKind::Opening
            | DeliveryKind::Live
            | DeliveryKind::Settle
            | DeliveryKind::Answer
            | DeliveryKind::Notice,
            _,
        ) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::SessionId;

    fn head(n: i64, kind: DeliveryKind, session: Option<SessionId>) -> Head {
        Head {
            n,
            lane: ChannelId::new(n.unsigned_abs()),
            kind,
            session,
        }
    }

    #[test]
    fn words_go_before_signs_and_signs_of_work_before_those_that_nothing_is_done() {
        let session = Some(SessionId::fresh());
        let refused = head(1, DeliveryKind::Reaction, None);
        let seen = head(2, DeliveryKind::Reaction, session);
        let also_seen = head(3, DeliveryKind::Reaction, session);
        let notice = head(4, DeliveryKind::Notice, None);
        let answer = head(5, DeliveryKind::Answer, session);
        let heads = vec![refused, seen, also_seen, notice, answer];
        assert_eq!(
            Lanes::default().in_order(heads),
            [notice, answer, seen, also_seen, refused]
        );
    }

    #[test]
    fn where_a_reaction_is_under_way_the_next_one_waits_for_its_end() {
        let mut lanes = Lanes::default();
        let here = ChannelId::new(100);
        let [one, two] = [1, 2].map(|n| head(n, DeliveryKind::Reaction, None));
        assert!(lanes.may_go(&one) && lanes.may_react(&one, here));
        lanes.begin(&one, Some(here));
        assert!(lanes.may_go(&two), "it is not known yet where it belongs");
        assert!(!lanes.may_react(&two, here));
        assert!(!lanes.may_go(&two), "now it is");
        assert!(lanes.may_react(&two, ChannelId::new(101)));
        lanes.settle(one.lane, &Step::Again { not_before: None });
        assert!(!lanes.may_go(&one), "its lane pauses");
        assert!(lanes.may_go(&two) && lanes.may_react(&two, here));
    }
}
