//! Who gets what: the sessions on one side, Codex on the other.
//!
//! No I/O and no clock: it is told what came and says what goes out.

mod asks;
mod errand;
mod open;
mod turns;

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    time::Duration,
};

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    super::wire::{Order, Word, line},
    call::Call,
    seat::{Seat, SeatId, Stage, Turn},
};

/// How long a thread whose session has gone may take to stop. Measured: 10 ms.
const STOPS: Duration = Duration::from_secs(10);

/// What Codex tells of a thread that nobody here needs, some of it many times a second.
const NOISE: &[&str] = &[
    "configWarning",
    "deprecationNotice",
    "item/commandExecution/outputDelta",
    "item/commandExecution/terminalInteraction",
    "item/fileChange/outputDelta",
    "item/fileChange/patchUpdated",
    "item/plan/delta",
    "item/reasoning/summaryPartAdded",
    "item/reasoning/summaryTextDelta",
    "item/reasoning/textDelta",
    "thread/name/updated",
    "thread/readState/changed",
    "thread/settings/updated",
    "thread/started",
    "thread/status/changed",
    "turn/diff/updated",
    "turn/plan/updated",
    "turn/started",
    "warning",
];

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Out {
    /// Codex is told this.
    Program(Value),
    /// A session is told this.
    Seat(SeatId, String),
    /// A session's connection is closed.
    Close(SeatId),
    /// It has to be found out whether a call leaves the sandbox; the answer is [`Switch::looked`].
    Look {
        ask: String,
        record: Option<PathBuf>,
        call: String,
    },
    /// It has to be found out which commands have failed of whose end nothing was told; the answer is
    /// [`Switch::failed`], before this end of the turn.
    Failed {
        seat: SeatId,
        record: PathBuf,
        calls: Vec<String>,
        end: Option<Value>,
    },
    /// This directory is needed, and this one is not any more.
    MakeRoom(PathBuf),
    ClearRoom(PathBuf),
    /// Codex does not obey and has to be killed; why.
    Kill(String),
}

/// The hub's memory.
#[derive(Debug)]
pub(super) struct Switch {
    /// How long a turn may try to reach its service.
    reconnect: Duration,
    seats: BTreeMap<SeatId, Seat>,
    calls: HashMap<u64, Call>,
    next_call: u64,
    /// What Codex has asked, by its id as text.
    asks: HashMap<String, asks::Asked>,
    out: Vec<Out>,
}

impl Switch {
    pub(super) fn new(reconnect: Duration) -> Self {
        Self {
            reconnect,
            seats: BTreeMap::new(),
            calls: HashMap::new(),
            // 0 was the handshake.
            next_call: 1,
            asks: HashMap::new(),
            out: Vec::new(),
        }
    }

    /// What is to be done by now.
    pub(super) fn take_out(&mut self) -> Vec<Out> {
        std::mem::take(&mut self.out)
    }

    /// Whether nobody is connected.
    pub(super) fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }

    /// A session has connected.
    pub(super) fn comes(&mut self, seat: SeatId) {
        self.seats.insert(seat, Seat::new());
    }

    /// A session's other end is gone: its thread is stopped, whatever it is at.
    pub(super) fn goes(&mut self, seat: SeatId, now: Instant) {
        let is_being_opened = self.being_opened().contains(&seat);
        let Some(state) = self.seats.get_mut(&seat) else {
            return;
        };
        state.leaving = Some(now);
        state.waiting.clear();
        match &mut state.stage {
            Stage::At(thread) => {
                thread.prompts.clear();
                if thread.turn == Turn::None {
                    self.leave(seat);
                } else {
                    self.stop(seat);
                }
            }
            // Its thread is left when it is open.
            Stage::Opening(_) if is_being_opened => {}
            Stage::Errand { login } => {
                let login = login.take();
                self.give_up(login);
                self.remove(seat);
            }
            Stage::New | Stage::Shut | Stage::Opening(_) => self.remove(seat),
        }
    }

    /// All sessions go.
    pub(super) fn all_go(&mut self, now: Instant) {
        for seat in self.seats.keys().copied().collect::<Vec<_>>() {
            self.goes(seat, now);
        }
    }

    /// What a session orders.
    pub(super) fn order(&mut self, seat: SeatId, order: Order) {
        let Some(state) = self.seats.get_mut(&seat) else {
            return;
        };
        match (&state.stage, order) {
            (Stage::New, Order::Open(open)) => self.open(seat, open),
            (
                Stage::New | Stage::Errand { .. },
                order @ (Order::Models | Order::LogIn | Order::Account),
            ) => {
                self.errand(seat, &order);
            }
            (Stage::New | Stage::Opening(_), order) => state.waiting.push(order),
            (Stage::At(_), order) => self.carry_out(seat, order),
            (Stage::Shut | Stage::Errand { .. }, _) => {}
        }
    }

    fn carry_out(&mut self, seat: SeatId, order: Order) {
        match order {
            // There is one a session, and nothing of the account is asked for there.
            Order::Open(_) | Order::Models | Order::LogIn | Order::Account => {}
            Order::Prompt { id, text } => self.prompt(seat, id, text),
            Order::Interrupt => self.stop(seat),
            Order::Tune { request, tune } => self.tune(seat, request, tune),
            Order::Answer { ask, result, say } => self.answer(seat, &ask, result, say),
        }
    }

    /// What Codex says.
    pub(super) fn heard(&mut self, message: Value, now: Instant) {
        match (message["method"].as_str(), message.get("id")) {
            (Some(_), Some(_)) => self.asked(&message),
            (Some(_), None) => self.told(message, now),
            (None, _) => self.answered(&message, now),
        }
    }

    /// Codex has answered a call.
    fn answered(&mut self, message: &Value, now: Instant) {
        let call = message["id"].as_u64().and_then(|id| self.calls.remove(&id));
        let Some(call) = call else {
            return;
        };
        let result = match message.get("result") {
            Some(result) => Ok(result),
            None => Err(message["error"]["message"]
                .as_str()
                .unwrap_or("")
                .to_owned()),
        };
        match call {
            Call::Account(seat) => self.account_told(seat, result),
            Call::Thread(seat) => self.thread_opened(seat, result, now),
            Call::Mode(seat) => self.mode_set(seat, result),
            Call::Begin(seat) => self.begun(seat, result),
            Call::Join(seat, id, text) => self.joined(seat, (id, text), &result),
            // The end of the turn tells. Right after its beginning Codex does not know of it yet.
            Call::Stop(seat) => {
                if result.is_err() {
                    self.stop_again(seat, now);
                }
            }
            Call::Sweep(seat) => self.swept(seat),
            Call::Limits(seat, end) => {
                if let Ok(limits) = result {
                    let limits = limits["rateLimits"].clone();
                    self.say(seat, &Word::Limits { limits });
                }
                self.clear(seat, end);
            }
            Call::Clear(seat, end) => self.cleared(seat, &end),
            Call::Tune(seat, request, wish) => self.tuned(seat, request, wish, result.err()),
            Call::Say(id, answer) => self.out.push(Out::Program(respond(&id, &answer))),
            Call::Leave(seat) => self.remove(seat),
            Call::Models(seat, before) => self.models_named(seat, before, result),
            Call::LogIn(seat) => self.login_begun(seat, result),
            Call::LookedAfter(seat) => self.looked_after(seat, result),
            Call::LoggedIn(seat) => self.logged_in(seat, result),
            Call::GiveUp => {}
        }
    }

    /// Codex tells something that nobody has asked for.
    fn told(&mut self, message: Value, now: Instant) {
        let method = message["method"].as_str().unwrap_or("");
        if method == "account/rateLimits/updated" {
            let limits = message["params"]["rateLimits"].clone();
            return self.tell_limits(&limits);
        }
        if method == "account/login/completed" {
            return self.login_ended(&message["params"]);
        }
        let Some(seat) = self.seat_of(&message["params"]["threadId"]) else {
            return;
        };
        self.note(seat, method, &message["params"], now);
        if method == "turn/completed" {
            return self.ended(seat, message);
        }
        if method == "item/started" && message["params"]["item"]["type"] == "agentMessage" {
            // It has got the output of its commands before.
            self.ask_what_failed(seat, None);
        }
        if method == "serverRequest/resolved" {
            self.asks
                .remove(&message["params"]["requestId"].to_string());
        }
        if !NOISE.contains(&method) {
            self.out.push(Out::Seat(seat, message.to_string()));
        }
    }

    /// Whoever works hears of the account's limits.
    fn tell_limits(&mut self, limits: &Value) {
        for seat in self.working() {
            let limits = limits.clone();
            self.say(seat, &Word::Limits { limits });
        }
    }

    /// The sessions in whose threads something goes on.
    fn working(&self) -> Vec<SeatId> {
        let at_work = |seat: &Seat| {
            seat.thread()
                .is_some_and(|thread| thread.turn != Turn::None)
        };
        let all = self.seats.iter().filter(|(_, seat)| at_work(seat));
        all.map(|(id, _)| *id).collect()
    }

    fn seat_of(&self, thread: &Value) -> Option<SeatId> {
        let thread = thread.as_str()?;
        self.seats
            .iter()
            .find(|(_, seat)| seat.thread().is_some_and(|at| at.id == thread))
            .map(|(id, _)| *id)
    }

    /// When [`look_at_time`](Self::look_at_time) has something to see.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let leaving = self.seats.values().filter_map(Seat::leaves_thread);
        let stops = self
            .seats
            .values()
            .filter_map(|seat| seat.thread()?.stop_again);
        let troubled = self
            .seats
            .values()
            .filter_map(|seat| seat.thread()?.troubled);
        let asked = self.being_opened();
        let held = self.seats.iter().filter_map(|(id, seat)| {
            let held = seat
                .held
                .filter(|_| matches!(seat.stage, Stage::Opening(_)))?;
            (!asked.contains(id)).then_some(held.again)
        });
        leaving
            .map(|since| since + STOPS)
            .chain(troubled.map(|since| since + self.reconnect))
            .chain(stops)
            .chain(held)
            .min()
    }

    /// Time has passed.
    pub(super) fn look_at_time(&mut self, now: Instant) {
        if let Some(seat) = self.seats.values().find(|seat| {
            let since = seat.leaves_thread();
            since.is_some_and(|since| since + STOPS <= now)
        }) {
            let thread = seat.thread().map_or("", |thread| thread.id.as_str());
            let why =
                format!("its thread {thread} did not stop in {STOPS:?} after its session had gone");
            for seat in self.working() {
                let why = why.clone();
                self.say(seat, &Word::Ends { why });
            }
            self.out.push(Out::Kill(why));
        }
        self.stop_who_did_not(now);
        self.open_who_was_held(now);
        let reconnect = self.reconnect;
        let given_up: Vec<SeatId> = self
            .seats
            .iter_mut()
            .filter_map(|(id, seat)| {
                let thread = seat.thread_mut()?;
                let is_over = thread
                    .troubled
                    .is_some_and(|since| since + reconnect <= now);
                is_over.then(|| {
                    thread.troubled = None;
                    *id
                })
            })
            .collect();
        for seat in given_up {
            let seconds = reconnect.as_secs();
            self.say(seat, &Word::OutOfReach { seconds });
            self.stop(seat);
        }
    }

    fn say(&mut self, seat: SeatId, word: &Word) {
        self.out.push(Out::Seat(seat, line(word)));
    }

    fn call(&mut self, method: &str, params: &Value, call: Call) {
        let id = self.next_call;
        self.next_call += 1;
        self.calls.insert(id, call);
        self.out.push(Out::Program(
            json!({"id": id, "method": method, "params": params}),
        ));
    }

    fn remove(&mut self, seat: SeatId) {
        if let Some(state) = self.seats.remove(&seat) {
            if let Some(thread) = state.thread() {
                self.out.push(Out::ClearRoom(thread.open.temporary.clone()));
            }
            self.out.push(Out::Close(seat));
            self.open_who_waited();
        }
    }
}

/// An answer to a request of Codex.
fn respond(id: &Value, result: &Value) -> Value {
    json!({"id": id, "result": result})
}
