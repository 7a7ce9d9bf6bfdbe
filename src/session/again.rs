//! Whether a run whose turn was cut off begins anew by itself, and when.
//!
//! Nothing is done twice: where a tool call had begun, only a person lets the agent go on, or the agent is
//! told what it is about to repeat.

use std::time::Duration;

use uuid::Uuid;

use super::{Engine, SessionError, insist::until_stored, turn::Origin};
use crate::{
    clock::Millis,
    runtime::{ErrorClass, Limit, Policy},
    store::{AccountLimit, RunRow, SessionRow},
    words::{Alert, RunId, SlotId},
};

/// How long after the time that was told a limit is taken for reset: clocks differ.
pub(super) const A_LITTLE: Duration = Duration::from_mins(1);

/// When it is tried again if nobody says when the limit is reset.
const UNTOLD: Duration = Duration::from_mins(15);

/// The latest time that is believed. The longest limits are those of a week.
const LATEST: Duration = Duration::from_hours(8 * 24);

/// Under which names an agent is given the turn of a run. Each attempt has its own: the agent program knows
/// a prompt again, also in another process, and does not answer it a second time (seen with 2.1.197).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prompt {
    /// Of the line in the runner's journal.
    pub(super) id: String,
    /// Of the message in the agent's memory.
    pub(super) uuid: Uuid,
}

impl Prompt {
    pub(super) fn of(run: &RunRow) -> Self {
        let name = run.id.uuid().as_u128() ^ u128::from(run.attempt);
        Self {
            id: match run.attempt {
                0 => format!("{PROMPT}{}", run.id),
                again => format!("{PROMPT}{}:{again}", run.id),
            },
            uuid: Uuid::from_u128(name),
        }
    }
}

/// Whether a line of a runner's journal is the prompt of some run.
pub(super) fn is_prompt(id: &str) -> bool {
    id.starts_with(PROMPT)
}

const PROMPT: &str = "prompt:";

/// A new beginning of a run.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Again {
    /// Now.
    AtOnce,
    /// Not before a time.
    Later(Pause),
}

/// Until when a run is parked, and why.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pause {
    pub(super) until: Millis,
    pub(super) why: Why,
}

impl Pause {
    /// Whether the agent is worth keeping for it. A new process tells of a limit anew, and nobody needs
    /// the old one for hours.
    pub(super) const fn keeps_agent(&self) -> bool {
        match self.why {
            Why::Limit { .. } | Why::Moves => false,
            Why::Trouble(_) => true,
        }
    }
}

/// Why a run is parked.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Why {
    /// The account's limit is reached; which one, if that is known, and whether its end is.
    Limit {
        window: Option<String>,
        is_told: bool,
    },
    /// It goes on with another account.
    Moves,
    /// The model service is in trouble.
    Trouble(ErrorClass),
}

impl Engine {
    /// Whether a run begins anew whose turn, with this agent program, failed so. `tool_calls` had begun in it.
    pub(super) async fn again_after(
        &self,
        run: &RunRow,
        session: &SessionRow,
        class: ErrorClass,
        tool_calls: u32,
        limit: Option<&Limit>,
    ) -> Option<Again> {
        if !matches!(self.origin_of(run.id).await, Ok(Origin::Asked)) {
            // There is no prompt to begin with.
            return None;
        }
        match class.policy() {
            Policy::ParkUntil => Some(Again::Later(self.pause_until_reset(session, limit).await)),
            Policy::Retry(pause) => {
                if run.retried_at.is_some() || tool_calls > 0 || self.has_acted(run.id).await {
                    return None;
                }
                let until = self.clock.now().after(pause);
                let why = Why::Trouble(class);
                Some(if pause.is_zero() {
                    Again::AtOnce
                } else {
                    Again::Later(Pause { until, why })
                })
            }
            Policy::LoginNeeded | Policy::FixRequest | Policy::BeginAnew | Policy::GiveUp => None,
        }
    }

    /// Whether the agent has begun with anything in a run but words.
    pub(super) async fn has_acted(&self, run: RunId) -> bool {
        let calls = until_stored("whether an agent has acted", || async {
            let mut tx = self.store.write().await?;
            Ok::<_, SessionError>(tx.tool_calls(run).await?)
        });
        // What nobody knows had begun.
        calls.await.map_or(true, |calls| calls > 0)
    }

    /// Until when a run waits that has met the account's limit. The agent program tells of a limit once a
    /// process.
    async fn pause_until_reset(&self, session: &SessionRow, limit: Option<&Limit>) -> Pause {
        let slot = session.account();
        let account = self.accounts.of(&slot);
        let now = self.clock.now();
        // A time that has passed, by a clock that is ahead, says nothing.
        let told = limit
            .and_then(|limit| limit.resets_at)
            .filter(|at| *at > now);
        let told = told.or_else(|| account.limited_until(now));
        let until = match told {
            Some(at) => at.min(now.after(LATEST)).after(A_LITTLE),
            None => now.after(UNTOLD),
        };
        let window = limit.and_then(|limit| limit.window.clone());
        // Others hold for some models only.
        if let (Some(at), Some("five_hour" | "seven_day")) = (told, window.as_deref()) {
            account.limited(at, now);
            self.store_limit(&slot, at, now).await;
            if self.may_move(session) {
                // At once: it gets its other account when its turn comes.
                return Pause {
                    until: now,
                    why: Why::Moves,
                };
            }
        }
        let is_told = told.is_some();
        Pause {
            until,
            why: Why::Limit { window, is_told },
        }
    }

    /// Stores that an account takes no more, for the server after this one; what cannot be stored is in the log.
    async fn store_limit(&self, slot: &SlotId, until: Millis, heard: Millis) {
        let limit = AccountLimit {
            slot: slot.clone(),
            until,
            heard,
        };
        let _ = until_stored("a limit of an account", || async {
            let mut tx = self.store.write().await?;
            tx.limit_account(&limit).await?;
            let alert = Alert::LimitReached {
                slot: slot.clone(),
                until: Some(until),
            };
            tx.raise(heard, &alert).await?;
            Ok::<_, SessionError>(tx.commit().await?)
        })
        .await;
    }
}
