//! Opening and leaving threads.

use std::{path::PathBuf, time::Duration};

use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    super::{
        super::wire::{Open, Refusal, Word},
        call::{self, Call},
        seat::{Held, Seat, SeatId, Stage, Thread},
    },
    Out, Switch,
};

/// What Codex says of a thread that it does not have.
const UNKNOWN: [&str; 2] = ["no rollout found", "thread not found"];

/// What it says of a thread that another Codex has: the one of before the settings were changed, for instance.
const HELD: &str = "already has an active writer";

/// How long that one may take to leave, which it does soon when nobody needs it, and the pause between two looks.
const LEAVES: Duration = Duration::from_secs(20);
const AGAIN: Duration = Duration::from_millis(500);

impl Switch {
    /// A session wants its thread. Where the one before it is still leaving that, it waits.
    pub(super) fn open(&mut self, seat: SeatId, open: Box<Open>) {
        let thread = open.thread;
        if let Some(state) = self.seats.get_mut(&seat) {
            state.stage = Stage::Opening(open);
        }
        if thread.is_none_or(|thread| !self.is_held(thread, seat)) {
            self.call(
                "account/read",
                &json!({"refreshToken": false}),
                Call::Account(seat),
            );
        }
    }

    /// Whether another session has a thread, or is about to.
    fn is_held(&self, thread: Uuid, by_other_than: SeatId) -> bool {
        let opening = self.being_opened();
        let others = self.seats.iter().filter(|(id, _)| **id != by_other_than);
        others.into_iter().any(|(id, seat)| match &seat.stage {
            Stage::At(at) => at.id == thread.to_string(),
            Stage::Opening(open) => open.thread == Some(thread) && opening.contains(id),
            Stage::New | Stage::Shut | Stage::Errand { .. } => false,
        })
    }

    /// The sessions for whose thread Codex was asked.
    pub(super) fn being_opened(&self) -> Vec<SeatId> {
        let calls = self.calls.values();
        let asked = calls.filter_map(|call| match call {
            Call::Account(seat) | Call::Thread(seat) => Some(*seat),
            Call::Mode(_)
            | Call::Begin(_)
            | Call::Join(..)
            | Call::Stop(_)
            | Call::Limits(..)
            | Call::Clear(..)
            | Call::Sweep(_)
            | Call::Tune(..)
            | Call::Say(..)
            | Call::Leave(_)
            | Call::Models(..)
            | Call::LogIn(_)
            | Call::LookedAfter(_)
            | Call::LoggedIn(_)
            | Call::GiveUp => None,
        });
        asked.collect()
    }

    /// A session has gone: who has waited for its thread can have it.
    pub(super) fn open_who_waited(&mut self) {
        let asked = self.being_opened();
        let waiting: Vec<(SeatId, Box<Open>)> = self
            .seats
            .iter()
            .filter(|(id, _)| !asked.contains(id))
            .filter_map(|(id, seat)| match &seat.stage {
                Stage::Opening(open) => Some((*id, open.clone())),
                Stage::New | Stage::At(_) | Stage::Shut | Stage::Errand { .. } => None,
            })
            .collect();
        for (seat, open) in waiting {
            self.open(seat, open);
        }
    }

    pub(super) fn account_told(&mut self, seat: SeatId, result: Result<&Value, String>) {
        let Some(opening) = self.opening(seat) else {
            return;
        };
        let account = match result {
            Ok(account) => account,
            Err(detail) => return self.refuse(seat, Refusal::Other, detail),
        };
        if account["account"].is_null() && account["requiresOpenaiAuth"] == true {
            let detail = "nobody is logged in".to_owned();
            return self.refuse(seat, Refusal::LoginNeeded, detail);
        }
        self.out.push(Out::MakeRoom(opening.temporary.clone()));
        let (method, params) = call::open(&opening);
        self.call(method, &params, Call::Thread(seat));
    }

    pub(super) fn thread_opened(
        &mut self,
        seat: SeatId,
        result: Result<&Value, String>,
        now: Instant,
    ) {
        let Some(opening) = self.opening(seat) else {
            return;
        };
        let opened = match result {
            Ok(opened) => opened,
            Err(detail) if detail.contains(HELD) && self.waits_for_thread(seat, now) => return,
            Err(detail) => {
                let is_unknown = UNKNOWN.iter().any(|words| detail.contains(words));
                let why = if is_unknown {
                    Refusal::UnknownThread
                } else {
                    Refusal::Other
                };
                return self.refuse(seat, why, detail);
            }
        };
        let id = opened["thread"]["id"].as_str().unwrap_or("").to_owned();
        let record = opened["thread"]["path"].as_str().map(PathBuf::from);
        let (model, plan) = (opening.model.clone(), opening.plan);
        if let Some(state) = self.seats.get_mut(&seat) {
            let thread = Thread::new(id.clone(), record, *opening);
            state.stage = Stage::At(Box::new(thread));
        }
        let params = call::mode(&id, &model, plan);
        self.call("thread/settings/update", &params, Call::Mode(seat));
    }

    /// Has a thread asked for again that another Codex still has, unless that has taken too long.
    fn waits_for_thread(&mut self, seat: SeatId, now: Instant) -> bool {
        let Some(state) = self
            .seats
            .get_mut(&seat)
            .filter(|state| state.leaving.is_none())
        else {
            return false;
        };
        let since = state.held.map_or(now, |held| held.since);
        let again = now + AGAIN;
        state.held = Some(Held { since, again });
        again < since + LEAVES
    }

    /// Asks again for the threads that another Codex had.
    pub(super) fn open_who_was_held(&mut self, now: Instant) {
        let asked = self.being_opened();
        let due: Vec<(SeatId, Box<Open>)> = self
            .seats
            .iter()
            .filter(|(id, seat)| {
                !asked.contains(id) && seat.held.is_some_and(|held| held.again <= now)
            })
            .filter_map(|(id, _)| Some((*id, self.opening(*id)?)))
            .collect();
        for (seat, open) in due {
            if let Some(held) = self
                .seats
                .get_mut(&seat)
                .and_then(|state| state.held.as_mut())
            {
                held.again = now + AGAIN;
            }
            self.open(seat, open);
        }
    }

    pub(super) fn mode_set(&mut self, seat: SeatId, result: Result<&Value, String>) {
        if let Err(detail) = result {
            return self.refuse(seat, Refusal::Other, detail);
        }
        let Some(state) = self.seats.get_mut(&seat) else {
            return;
        };
        if state.leaving.is_some() {
            return self.leave(seat);
        }
        let waiting = std::mem::take(&mut state.waiting);
        let named = state.thread().and_then(|at| Uuid::try_parse(&at.id).ok());
        let Some(thread) = named else {
            let detail = "it has a name that is no UUID".to_owned();
            return self.refuse(seat, Refusal::Other, detail);
        };
        self.say(seat, &Word::Ready { thread });
        for order in waiting {
            self.carry_out(seat, order);
        }
    }

    fn opening(&self, seat: SeatId) -> Option<Box<Open>> {
        match &self.seats.get(&seat)?.stage {
            Stage::Opening(open) => Some(open.clone()),
            Stage::New | Stage::At(_) | Stage::Shut | Stage::Errand { .. } => None,
        }
    }

    fn refuse(&mut self, seat: SeatId, why: Refusal, detail: String) {
        let Some(state) = self.seats.get_mut(&seat) else {
            return;
        };
        let room = match std::mem::replace(&mut state.stage, Stage::Shut) {
            Stage::Opening(open) => Some(open.temporary),
            Stage::At(thread) => Some(thread.open.temporary),
            Stage::New | Stage::Shut | Stage::Errand { .. } => None,
        };
        state.waiting.clear();
        self.out.extend(room.map(Out::ClearRoom));
        let Some(state) = self.seats.get_mut(&seat) else {
            return;
        };
        if state.leaving.is_some() {
            return self.remove(seat);
        }
        self.say(seat, &Word::Refused { why, detail });
        self.open_who_waited();
    }

    /// A session whose other end is gone leaves its thread, which is at nothing.
    pub(super) fn leave(&mut self, seat: SeatId) {
        let thread = self.seats.get(&seat).and_then(Seat::thread);
        let Some(thread) = thread.map(|thread| thread.id.clone()) else {
            return self.remove(seat);
        };
        let params = json!({"threadId": thread});
        self.call(
            "thread/backgroundTerminals/clean",
            &params,
            Call::Sweep(seat),
        );
    }

    /// What it has left running has ended.
    pub(super) fn swept(&mut self, seat: SeatId) {
        let thread = self.seats.get(&seat).and_then(Seat::thread);
        if let Some(thread) = thread.map(|thread| thread.id.clone()) {
            let params = json!({"threadId": thread});
            self.call("thread/unsubscribe", &params, Call::Leave(seat));
        }
    }
}
