//! Which lanes are free, and what may go next beside the conversations.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use super::send::Step;
use crate::{
    store::{DeliveryKind, Head, Payload},
    words::ChannelId,
};

/// The pause after the first failure of a lane; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Reactions, and replies beside the conversations, that are on the way at the same time, each. What
/// agents say must never wait until there is room among them.
pub(super) const BESIDE_AT_ONCE: usize = 8;

/// What goes beside the conversations, to a channel. Each has a lane of its own, and anybody can cause
/// any number. Discord takes so few of either kind a second and channel that a second one at the same
/// time only waits in its client, or is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Beside {
    /// A sign at a message.
    Reaction(ChannelId),
    /// A sentence to a message that did not become a request.
    Reply(ChannelId),
}

impl Beside {
    /// What a delivery is, if it belongs to no conversation.
    pub(super) const fn of(payload: &Payload) -> Option<Self> {
        match payload {
            Payload::Reaction { channel, .. } => Some(Self::Reaction(*channel)),
            Payload::Notice {
                channel: Some(channel),
                ..
            } => Some(Self::Reply(*channel)),
            Payload::Notice { channel: None, .. }
            | Payload::PersonNotice { .. }
            | Payload::Thread { .. }
            | Payload::Opening { .. }
            | Payload::Live { .. }
            | Payload::Settle { .. }
            | Payload::Answer { .. }
            | Payload::Question { .. }
            | Payload::QuestionEnd { .. } => None,
        }
    }
}

/// A lane that is not free.
#[derive(Debug)]
enum Lane {
    /// One of its deliveries is on the way.
    Busy {
        failures: u32,
        beside: Option<Beside>,
    },
    /// Its next delivery waits after a failure.
    Pausing { until: Instant, failures: u32 },
    /// It has waited, and goes out as soon as there is room.
    Due { failures: u32 },
}

/// The lanes that are not free, and what is known of what goes beside the conversations.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    taken: HashMap<ChannelId, Lane>,
    /// What is on the way.
    under_way: HashSet<Beside>,
    /// What waits, by its place in the order.
    waiting: HashMap<i64, Beside>,
}

impl Lanes {
    /// Puts what waits into the order in which it goes out: what is said before the signs, signs of work
    /// before others, and the oldest first.
    pub(super) fn in_order(&mut self, mut heads: Vec<Head>) -> Vec<Head> {
        let waiting: HashSet<i64> = heads.iter().map(|head| head.n).collect();
        self.waiting.retain(|n, _| waiting.contains(n));
        self.end_pauses(&heads);
        heads.sort_by_key(|head| (rank(head), head.n));
        heads
    }

    /// What has paused for long enough is due. Nothing waits for it any more by the clock: it goes as
    /// soon as something else has ended. A lane that has nothing left is forgotten.
    fn end_pauses(&mut self, heads: &[Head]) {
        let now = Instant::now();
        for lane in self.taken.values_mut() {
            if let Lane::Pausing { until, failures } = lane
                && *until <= now
            {
                *lane = Lane::Due {
                    failures: *failures,
                };
            }
        }
        let lanes: HashSet<ChannelId> = heads.iter().map(|head| head.lane).collect();
        self.taken
            .retain(|id, lane| !matches!(lane, Lane::Due { .. }) || lanes.contains(id));
    }

    /// Whether a head may go out, as far as it is known without its content.
    pub(super) fn may_go(&self, head: &Head) -> bool {
        let is_free = match self.taken.get(&head.lane) {
            Some(Lane::Busy { .. } | Lane::Pausing { .. }) => false,
            Some(Lane::Due { .. }) | None => true,
        };
        is_free
            && match self.waiting.get(&head.n) {
                Some(beside) => self.has_room_for(*beside),
                None if head.kind == DeliveryKind::Reaction => {
                    self.reactions_under_way() < BESIDE_AT_ONCE
                }
                None => true,
            }
    }

    fn has_room_for(&self, beside: Beside) -> bool {
        let reactions = self.reactions_under_way();
        let of_its_kind = match beside {
            Beside::Reaction(_) => reactions,
            Beside::Reply(_) => self.under_way.len() - reactions,
        };
        of_its_kind < BESIDE_AT_ONCE && !self.under_way.contains(&beside)
    }

    fn reactions_under_way(&self) -> usize {
        let is_reaction = |one: &&Beside| matches!(one, Beside::Reaction(_));
        self.under_way.iter().filter(is_reaction).count()
    }

    /// Whether this may go out beside the conversations; if not, it is remembered what it is.
    pub(super) fn may_go_beside(&mut self, head: &Head, beside: Beside) -> bool {
        let may = self.has_room_for(beside);
        if !may {
            self.waiting.insert(head.n, beside);
        }
        may
    }

    /// A head goes out.
    pub(super) fn begin(&mut self, head: &Head, beside: Option<Beside>) {
        self.waiting.remove(&head.n);
        self.under_way.extend(beside);
        let failures = match self.taken.get(&head.lane) {
            Some(
                Lane::Busy { failures, .. }
                | Lane::Pausing { failures, .. }
                | Lane::Due { failures },
            ) => *failures,
            None => 0,
        };
        self.taken
            .insert(head.lane, Lane::Busy { failures, beside });
    }

    /// Notes how a lane's delivery went.
    pub(super) fn settle(&mut self, lane: ChannelId, step: &Step) {
        let failures = match self.taken.remove(&lane) {
            Some(Lane::Busy { failures, beside }) => {
                if let Some(beside) = beside {
                    self.under_way.remove(&beside);
                }
                failures
            }
            Some(Lane::Pausing { failures, .. } | Lane::Due { failures }) => failures,
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

    /// Waits until the first pausing lane is due; for ever if none pauses.
    pub(super) async fn next_due(&self) {
        let due = self
            .taken
            .values()
            .filter_map(|lane| match lane {
                Lane::Busy { .. } | Lane::Due { .. } => None,
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
            | DeliveryKind::Notice
            | DeliveryKind::PersonNotice
            | DeliveryKind::Question
            | DeliveryKind::QuestionEnd,
            _,
        ) => 0,
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

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
    fn where_one_is_under_way_beside_the_conversations_the_next_one_waits_for_its_end() {
        one_after_the_other(DeliveryKind::Reaction, Beside::Reaction);
        one_after_the_other(DeliveryKind::Notice, Beside::Reply);
    }

    fn one_after_the_other(kind: DeliveryKind, beside: fn(ChannelId) -> Beside) {
        let [here, there] = [100, 101].map(|channel| beside(ChannelId::new(channel)));
        let mut lanes = Lanes::default();
        let [one, two] = [1, 2].map(|n| head(n, kind, None));
        assert!(lanes.may_go(&one) && lanes.may_go_beside(&one, here));
        lanes.begin(&one, Some(here));
        assert!(lanes.may_go(&two), "it is not known yet where it belongs");
        assert!(!lanes.may_go_beside(&two, here));
        assert!(!lanes.may_go(&two), "now it is");
        assert!(lanes.may_go_beside(&two, there));
        lanes.settle(one.lane, &Step::Again { not_before: None });
        assert!(!lanes.may_go(&one), "its lane pauses");
        assert!(lanes.may_go(&two) && lanes.may_go_beside(&two, here));
    }

    #[test]
    fn so_many_are_under_way_beside_the_conversations_and_no_more() {
        let mut lanes = Lanes::default();
        for n in 0..8 {
            let head = head(n, DeliveryKind::Notice, None);
            lanes.begin(&head, Some(Beside::Reply(head.lane)));
        }
        let [reply, reaction] = [8, 9].map(|n| head(n, DeliveryKind::Notice, None));
        assert!(!lanes.may_go_beside(&reply, Beside::Reply(reply.lane)));
        assert!(lanes.may_go_beside(&reaction, Beside::Reaction(reaction.lane)));
    }

    #[tokio::test]
    async fn a_lane_that_is_due_and_finds_no_room_is_not_waited_for_by_the_clock() {
        let here = Beside::Reaction(ChannelId::new(100));
        let [one, two] = [1, 2].map(|n| head(n, DeliveryKind::Reaction, None));
        let mut lanes = Lanes::default();
        lanes.begin(&one, Some(here));
        let at_once = Some(Duration::ZERO);
        lanes.settle(
            one.lane,
            &Step::Again {
                not_before: at_once,
            },
        );
        lanes.begin(&two, Some(here));
        lanes.next_due().await;
        assert_eq!(lanes.in_order(vec![one]), [one]);
        assert!(!lanes.may_go_beside(&one, here) && !lanes.may_go(&one));
        assert!(lanes.next_due().now_or_never().is_none(), "it spins");
        lanes.settle(two.lane, &Step::Ended);
        assert!(lanes.may_go(&one));
        // A lane whose head has gone is forgotten, and what comes later begins anew.
        assert_eq!(lanes.in_order(Vec::new()), []);
        assert!(lanes.taken.is_empty());
    }
}
