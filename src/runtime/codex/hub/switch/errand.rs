//! What is asked for of the account, on connections that are no session's.

use serde_json::{Value, json};

use super::{
    super::{
        super::wire::{Order, Word},
        call::{self, Call},
        seat::{SeatId, Stage},
    },
    Switch,
};

/// The login that a person allows by typing a code, on whatever machine he sits.
const BY_CODE: &str = "chatgptDeviceCode";

/// So many models are more than anybody reads.
const MOST_MODELS: usize = 1_000;

impl Switch {
    pub(super) fn errand(&mut self, seat: SeatId, order: &Order) {
        if let Some(state) = self.seats.get_mut(&seat)
            && !matches!(state.stage, Stage::Errand { .. })
        {
            state.stage = Stage::Errand { login: None };
        }
        match order {
            Order::LogIn => {
                let params = json!({"type": BY_CODE});
                self.call("account/login/start", &params, Call::LogIn(seat));
            }
            Order::Account => {
                let params = json!({"refreshToken": false});
                self.call("account/read", &params, Call::LookedAfter(seat));
            }
            Order::Models => self.ask_for_models(seat, None, Vec::new()),
            // A session's.
            Order::Open(_)
            | Order::Prompt { .. }
            | Order::Interrupt
            | Order::Tune { .. }
            | Order::Answer { .. } => {}
        }
    }

    fn ask_for_models(&mut self, seat: SeatId, cursor: Option<&str>, before: Vec<String>) {
        self.call(
            "model/list",
            &call::models(cursor),
            Call::Models(seat, before),
        );
    }

    pub(super) fn models_named(
        &mut self,
        seat: SeatId,
        mut models: Vec<String>,
        result: Result<&Value, String>,
    ) {
        let page = match result {
            Ok(page) => page,
            Err(detail) => return self.say(seat, &Word::InVain { detail }),
        };
        for model in page["data"].as_array().into_iter().flatten() {
            let Some(name) = model["model"].as_str() else {
                continue;
            };
            let at = if model["isDefault"] == true {
                0
            } else {
                models.len()
            };
            models.insert(at, name.to_owned());
        }
        match page["nextCursor"].as_str() {
            Some(cursor) if models.len() < MOST_MODELS && self.seats.contains_key(&seat) => {
                self.ask_for_models(seat, Some(cursor), models);
            }
            Some(_) | None => self.say(seat, &Word::Models { models }),
        }
    }

    /// A person can type the code now.
    pub(super) fn login_begun(&mut self, seat: SeatId, result: Result<&Value, String>) {
        let begun = match result {
            Ok(begun) => begun,
            Err(detail) => return self.say(seat, &Word::InVain { detail }),
        };
        let text = |name: &str| begun[name].as_str().unwrap_or("").to_owned();
        let id = text("loginId");
        let Some(state) = self.seats.get_mut(&seat) else {
            // Whoever wanted it has gone.
            return self.give_up(Some(id));
        };
        let before = std::mem::replace(&mut state.stage, Stage::Errand { login: Some(id) });
        if let Stage::Errand { login } = before {
            self.give_up(login);
        }
        let (url, code) = (text("verificationUrl"), text("userCode"));
        if url.is_empty() || code.is_empty() {
            let detail = "it gave no code".to_owned();
            return self.say(seat, &Word::InVain { detail });
        }
        self.say(seat, &Word::Code { url, code });
    }

    /// A login has come to its end.
    pub(super) fn login_ended(&mut self, end: &Value) {
        let waiting = self
            .seats
            .iter_mut()
            .find_map(|(id, state)| match &mut state.stage {
                Stage::Errand { login } if login.as_deref() == end["loginId"].as_str() => {
                    login.take().map(|_| *id)
                }
                Stage::Errand { .. }
                | Stage::New
                | Stage::Opening(_)
                | Stage::At(_)
                | Stage::Shut => None,
            });
        let Some(seat) = waiting else {
            return;
        };
        if end["success"] == true {
            let params = json!({"refreshToken": false});
            return self.call("account/read", &params, Call::LoggedIn(seat));
        }
        let detail = end["error"].as_str().unwrap_or("").to_owned();
        self.say(seat, &Word::InVain { detail });
    }

    pub(super) fn logged_in(&mut self, seat: SeatId, result: Result<&Value, String>) {
        // That he is logged in was said before.
        let plan = result
            .ok()
            .and_then(|told| told["account"]["planType"].as_str());
        let plan = plan.map(str::to_owned);
        self.say(seat, &Word::LoggedIn { plan });
    }

    /// What has come of it stands in its file.
    pub(super) fn looked_after(&mut self, seat: SeatId, result: Result<&Value, String>) {
        match result {
            Ok(_) => self.say(seat, &Word::Account),
            Err(detail) => self.say(seat, &Word::InVain { detail }),
        }
    }

    /// A login that nobody waits for must not succeed later.
    pub(super) fn give_up(&mut self, login: Option<String>) {
        if let Some(login) = login {
            let params = json!({"loginId": login});
            self.call("account/login/cancel", &params, Call::GiveUp);
        }
    }
}
