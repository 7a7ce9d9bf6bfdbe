//! REST v10: reads a request, lets the rules hold or break it, carries it out on the world and writes
//! it into the journal. It knows HTTP and Discord's routes; the rules of Discord live in the world.

mod answer;
mod answers;
mod call;
mod channels;
mod commands;
mod describe;
mod dispatch;
mod files;
mod guilds;
mod interactions;
mod messages;
mod overwrites;
mod pass;
mod pins;
mod reactions;
mod reply;
mod roles;
mod route;
mod thread_members;
mod threads;

use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;

use crate::error::ApiError;
use crate::journal::{Fact, RestCall, ViolationKind};
use crate::rules::Phase;
use crate::server::Wire;
use crate::shared::Shared;
use crate::throttle::{Key, Shown, Throttle, Verdict};

use call::Call;
use pass::{Outcome, Passed, pass};
use reply::Reply;
use route::Route;
pub use route::RouteKind;

/// Answers one request.
pub(crate) async fn serve(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    mut request: Request,
) -> Response {
    if let Some(mistake) = shared.mistake {
        mistake.in_request(&mut request);
    }
    let arrived_ms = shared.clock.now_ms();
    let call = match Call::read(request).await {
        Ok(call) => call,
        Err(error) => {
            shared.violate(
                ViolationKind::OverLimit,
                format!("an unreadable request: {error}"),
            );
            return answer::whole(Reply::error(&error), Vec::new());
        }
    };
    if let Route::Callback(id, _) = call.route {
        shared.act(|core| core.world.first_answer_arrives(id));
    }
    let key = Throttle::key(&call.asked());
    let admitted = admit(&shared, &call, key.as_ref());
    let (shown, mut passed) = match admitted {
        Verdict::Go(shown) => (shown, pass(&shared, &call, Phase::Before).await),
        Verdict::Wait(refusal) => (None, Passed::refused(refusal)),
    };
    let mut headers: Vec<_> = shown.iter().flat_map(Shown::headers).collect();
    if passed.outcome.is_none() {
        let mut reply = shared.act(|core| {
            let reply = carry_out(core, &call, &shared.token);
            reply.unwrap_or_else(|error| Reply::error(&error))
        });
        if let Some(mistake) = shared.mistake {
            reply = reply.with_mistake(mistake, call.route.kind());
            mistake.in_headers(&mut headers);
        }
        describe::check(&shared, &call, &reply, &headers);
        let after = pass(&shared, &call, Phase::AfterCommit).await;
        passed.truncation = after.truncation.or(passed.truncation);
        passed.outcome = after.outcome.or(Some(Outcome::Reply(reply)));
    }
    let outcome = passed.outcome.unwrap_or(Outcome::Cut);
    settle(&shared, &call, arrived_ms, key, &outcome);
    if let Route::Callback(id, _) = call.route
        && passed.truncation.is_none()
        && outcome.tells()
    {
        shared.act(|core| core.world.first_answer_told(id));
    }
    match outcome {
        Outcome::Reply(reply) => answer::whole_or_half(reply, headers, passed.truncation, wire),
        Outcome::Refused(refusal) => {
            let reply = Reply::raw(429, Some(refusal.body()));
            describe::check(&shared, &call, &reply, &refusal.headers());
            answer::whole(reply, refusal.headers())
        }
        Outcome::Cut => wire.cut().await,
        Outcome::Reset => {
            wire.reset();
            wire.cut().await
        }
        Outcome::Hang => std::future::pending().await,
    }
}

/// Asks the limits, and notes when the bot should have known their answer.
fn admit(shared: &Shared, call: &Call, key: Option<&Key>) -> Verdict {
    let Some(key) = key else {
        return Verdict::Go(None);
    };
    let now = shared.clock.now_ms();
    shared.act(|core| {
        if core.throttle.ignores(key, now) {
            core.world.violate(
                ViolationKind::IgnoredRateLimit,
                format!("{} {}", call.method, call.path),
            );
        }
        core.throttle.take(key, now)
    })
}

/// Writes down how a request ended.
fn settle(shared: &Shared, call: &Call, arrived_ms: i64, key: Option<Key>, outcome: &Outcome) {
    let now = shared.clock.now_ms();
    let status = outcome.status();
    shared.act(|core| {
        if let (Outcome::Refused(refusal), Some(key)) = (outcome, key) {
            core.throttle.tell(key, refusal, now);
        }
        let over =
            status.is_some_and(|status| core.throttle.answered(status, outcome.scope(), now));
        core.world.note(Fact::Rest(RestCall {
            method: call.method.to_string(),
            path: call.path.clone(),
            query: call.query.clone(),
            route: call.route.kind(),
            body: call.body.clone(),
            files: call
                .uploads
                .iter()
                .map(|upload| upload.filename.clone())
                .collect(),
            status,
            arrived_ms,
        }));
        if over {
            let spent = core.throttle.invalid_requests(now);
            core.world.violate(
                ViolationKind::InvalidRequests,
                format!("{spent} within 10 minutes"),
            );
        }
    });
}

fn carry_out(core: &mut crate::shared::Core, call: &Call, token: &str) -> Result<Reply, ApiError> {
    let world = &mut core.world;
    if call.route.needs_token() && call.token.as_deref() != Some(token) {
        world.violate(
            ViolationKind::BadToken,
            format!("{} {}", call.method, call.path),
        );
        return Err(ApiError::Unauthorized);
    }
    let result = dispatch::dispatch(world, call);
    if let Err(error) = &result
        && let Some(kind) = error.violation()
    {
        let detail = format!("{} {}: {}", call.method, call.path, error.body());
        world.violate(kind, detail);
    }
    result
}
