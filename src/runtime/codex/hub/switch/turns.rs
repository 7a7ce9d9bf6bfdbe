//! Turns: begun, joined, stopped, ended.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    super::{
        super::wire::{Wish, Word},
        call::{self, Call},
        rollout::Failed,
        seat::{Seat, SeatId, Thread, Turn},
    },
    Out, Switch,
};

/// How long after Codex did not know a turn that it is to stop it is told again.
const STOP_AGAIN: Duration = Duration::from_millis(50);

impl Switch {
    fn at(&mut self, seat: SeatId) -> Option<&mut Thread> {
        self.seats.get_mut(&seat).and_then(Seat::thread_mut)
    }

    /// Begins a turn, or lets a prompt join the one in progress.
    pub(super) fn prompt(&mut self, seat: SeatId, id: Uuid, text: String) {
        let Some(thread) = self.at(seat) else {
            return;
        };
        let input = call::input(&text);
        match thread.turn.clone() {
            Turn::None => {
                thread.turn = Turn::Beginning { stop: false };
                let params = json!({"threadId": thread.id, "input": input,
                    "clientUserMessageId": id});
                self.call("turn/start", &params, Call::Begin(seat));
            }
            Turn::Running(turn) => {
                let params = json!({"threadId": thread.id, "input": input,
                    "clientUserMessageId": id, "expectedTurnId": turn});
                self.call("turn/steer", &params, Call::Join(seat, id, text));
            }
            Turn::Beginning { .. } | Turn::Ending => thread.prompts.push_back((id, text)),
        }
    }

    pub(super) fn begun(&mut self, seat: SeatId, result: Result<&Value, String>) {
        match result {
            // It can be joined and stopped when Codex says that it has started, and not before.
            Ok(_) => {}
            Err(detail) => {
                if let Some(thread) = self.at(seat) {
                    thread.turn = Turn::None;
                    self.say(seat, &Word::NotBegun { detail });
                    self.go_on(seat);
                }
            }
        }
    }

    /// A turn has begun: what has waited for that is done.
    fn runs(&mut self, seat: SeatId, turn: String) {
        let Some(thread) = self.at(seat) else {
            return;
        };
        let Turn::Beginning { stop } = thread.turn else {
            return;
        };
        thread.turn = Turn::Running(turn);
        let prompts = std::mem::take(&mut thread.prompts);
        if stop {
            return self.stop(seat);
        }
        for (id, text) in prompts {
            self.prompt(seat, id, text);
        }
    }

    /// Codex has said whether a prompt joins the turn. If that had ended before, the prompt begins the next one.
    pub(super) fn joined(
        &mut self,
        seat: SeatId,
        (id, text): (Uuid, String),
        result: &Result<&Value, String>,
    ) {
        if result.is_ok() {
            return;
        }
        let is_leaving = (self.seats.get(&seat)).is_some_and(|state| state.leaving.is_some());
        let Some(thread) = self.at(seat).filter(|_| !is_leaving) else {
            return;
        };
        if thread.turn == Turn::None {
            self.prompt(seat, id, text);
        } else {
            thread.prompts.push_back((id, text));
        }
    }

    /// Stops the turn in progress, if there is one.
    pub(super) fn stop(&mut self, seat: SeatId) {
        let Some(thread) = self.at(seat) else {
            return;
        };
        match &mut thread.turn {
            Turn::Beginning { stop } => *stop = true,
            Turn::Running(turn) => {
                let params = json!({"threadId": thread.id, "turnId": turn});
                self.call("turn/interrupt", &params, Call::Stop(seat));
            }
            Turn::None | Turn::Ending => {}
        }
    }

    /// Codex could not stop the turn, as it does not know of it yet, or not any more.
    pub(super) fn stop_again(&mut self, seat: SeatId, now: Instant) {
        if let Some(thread) = self.at(seat)
            && matches!(thread.turn, Turn::Running(_))
        {
            thread.stop_again = Some(now + STOP_AGAIN);
        }
    }

    /// Stops the turns whose time for another try has come.
    pub(super) fn stop_who_did_not(&mut self, now: Instant) {
        for seat in self.seats.keys().copied().collect::<Vec<_>>() {
            let Some(thread) = self.at(seat) else {
                continue;
            };
            if thread.stop_again.take_if(|at| *at <= now).is_some() {
                self.stop(seat);
            }
        }
    }

    /// Takes note of what Codex tells of a thread.
    pub(super) fn note(&mut self, seat: SeatId, method: &str, params: &Value, now: Instant) {
        if method == "turn/started" {
            let turn = params["turn"]["id"].as_str().unwrap_or("").to_owned();
            self.runs(seat, turn);
        }
        let Some(thread) = self.at(seat) else {
            return;
        };
        if method == "error" && params["willRetry"] == true {
            thread.troubled.get_or_insert(now);
        } else if method.starts_with("item/") || method == "turn/completed" {
            thread.troubled = None;
        }
        let item = &params["item"];
        if item["type"] == "commandExecution"
            && let Some(id) = item["id"].as_str()
        {
            if method == "item/completed" {
                thread.commands.remove(id);
            } else {
                thread.commands.insert(id.to_owned());
            }
        }
        if method == "item/started"
            && matches!(item["type"].as_str(), Some("fileChange" | "mcpToolCall"))
            && let Some(id) = item["id"].as_str()
        {
            thread.patches.insert(id.to_owned(), item.clone());
        }
    }

    /// A turn has ended: nobody is told before what it has left running has ended too.
    pub(super) fn ended(&mut self, seat: SeatId, end: Value) {
        let Some(thread) = self.at(seat) else {
            return;
        };
        if let Turn::Running(turn) = &thread.turn
            && end["params"]["turn"]["id"] != *turn
        {
            // Of another one, which is over.
            return;
        }
        thread.turn = Turn::Ending;
        thread.stop_again = None;
        thread.patches.clear();
        self.asks.retain(|_, asked| asked.seat != seat);
        if !self.ask_what_failed(seat, Some(&end)) {
            self.end(seat, end);
        }
    }

    /// Has it found out which commands have failed; says whether there may be some, and so whether the end waits for that.
    pub(super) fn ask_what_failed(&mut self, seat: SeatId, end: Option<&Value>) -> bool {
        let Some(thread) = self.at(seat).filter(|thread| !thread.commands.is_empty()) else {
            return false;
        };
        let Some(record) = thread.record.clone() else {
            return false;
        };
        if end.is_none() && std::mem::replace(&mut thread.is_looked_at, true) {
            // One look at a time: the end of the turn has another.
            return true;
        }
        let calls = thread.commands.iter().cloned().collect();
        self.out.push(Out::Failed {
            seat,
            record,
            calls,
            end: end.cloned(),
        });
        true
    }

    /// These commands have failed.
    pub(in super::super) fn failed(
        &mut self,
        seat: SeatId,
        mut failed: Vec<Failed>,
        end: Option<Value>,
    ) {
        let Some(thread) = self.at(seat) else {
            return;
        };
        thread.is_looked_at = false;
        failed.retain(|(call, _)| thread.commands.remove(call));
        for (call, said) in failed {
            let said = said.map(str::to_owned);
            self.say(seat, &Word::Failed { call, said });
        }
        if let Some(end) = end {
            self.end(seat, end);
        }
    }

    fn end(&mut self, seat: SeatId, end: Value) {
        if let Some(thread) = self.at(seat) {
            thread.commands.clear();
        }
        if end["params"]["turn"]["error"]["codexErrorInfo"] == "usageLimitExceeded" {
            self.call(
                "account/rateLimits/read",
                &Value::Null,
                Call::Limits(seat, end),
            );
        } else {
            self.clear(seat, end);
        }
    }

    pub(super) fn clear(&mut self, seat: SeatId, end: Value) {
        let is_leaving = (self.seats.get(&seat)).is_some_and(|state| state.leaving.is_some());
        let Some(thread) = self.at(seat) else {
            return;
        };
        let is_interrupted = end["params"]["turn"]["status"] == "interrupted";
        if thread.open.keeps_running && !is_interrupted && !is_leaving {
            return self.cleared(seat, &end);
        }
        let params = json!({"threadId": thread.id});
        self.call(
            "thread/backgroundTerminals/clean",
            &params,
            Call::Clear(seat, end),
        );
    }

    pub(super) fn cleared(&mut self, seat: SeatId, end: &Value) {
        let Some(thread) = self.at(seat) else {
            return;
        };
        thread.turn = Turn::None;
        self.out.push(Out::Seat(seat, end.to_string()));
        self.go_on(seat);
    }

    /// A thread is at nothing: it is left, or what has waited begins.
    fn go_on(&mut self, seat: SeatId) {
        if self
            .seats
            .get(&seat)
            .is_some_and(|state| state.leaving.is_some())
        {
            return self.leave(seat);
        }
        let prompts = self
            .at(seat)
            .map(|thread| std::mem::take(&mut thread.prompts));
        for (id, text) in prompts.into_iter().flatten() {
            self.prompt(seat, id, text);
        }
    }

    /// Changes a thread.
    pub(super) fn tune(&mut self, seat: SeatId, request: String, wish: Wish) {
        let wished = self.wished_model(seat);
        let Some(thread) = self.at(seat) else {
            return;
        };
        let params = match &wish {
            Wish::Model(model) => json!({"threadId": thread.id, "model": model}),
            Wish::Plan(plan) => {
                let model = wished.as_ref().unwrap_or(&thread.open.model);
                call::mode(&thread.id, model, *plan)
            }
        };
        self.call(
            "thread/settings/update",
            &params,
            Call::Tune(seat, request, wish),
        );
    }

    /// The model that a thread was told last to change to, if it has not answered that yet.
    fn wished_model(&self, seat: SeatId) -> Option<String> {
        let wishes = self.calls.iter().filter_map(|(id, call)| {
            if let Call::Tune(of, _, Wish::Model(model)) = call
                && *of == seat
            {
                return Some((id, model));
            }
            None
        });
        wishes.max().map(|(_, model)| model.clone())
    }

    pub(super) fn tuned(
        &mut self,
        seat: SeatId,
        request: String,
        wish: Wish,
        refusal: Option<String>,
    ) {
        if let Some(thread) = self.at(seat)
            && refusal.is_none()
        {
            match wish {
                Wish::Model(model) => thread.open.model = model,
                Wish::Plan(plan) => thread.open.plan = plan,
            }
        }
        self.say(seat, &Word::Tuned { request, refusal });
    }
}
