//! REST v10: reads a request, lets the rules hold or break it, carries it out on the world and writes
//! it into the journal. It knows HTTP and Discord's routes; the rules of Discord live in the world.

mod answers;
mod call;
mod channels;
mod commands;
mod dispatch;
mod files;
mod guilds;
mod interactions;
mod messages;
mod overwrites;
mod pins;
mod reactions;
mod reply;
mod roles;
mod route;
mod thread_members;
mod threads;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::error::ApiError;
use crate::journal::{Fact, RestCall, ViolationKind};
use crate::rules::{Effect, Fault, Phase, Target};
use crate::server::Wire;
use crate::shared::Shared;

use call::Call;
use reply::Reply;
use route::Route;
pub use route::RouteKind;

/// Answers one request.
pub(crate) async fn serve(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    request: Request,
) -> Response {
    let arrived_ms = shared.clock.now_ms();
    let call = match Call::read(request).await {
        Ok(call) => call,
        Err(error) => {
            shared.violate(
                ViolationKind::OverLimit,
                format!("an unreadable request: {error}"),
            );
            return Reply::error(&error).into_response();
        }
    };
    let mut outcome = pass(&shared, &call, Phase::Before).await;
    if outcome.is_none() {
        let reply = shared.act(|core| {
            let reply = carry_out(core, &call, &shared.token);
            reply.unwrap_or_else(|error| Reply::error(&error))
        });
        outcome = pass(&shared, &call, Phase::AfterCommit)
            .await
            .or(Some(Outcome::Reply(reply)));
    }
    let reply = match outcome {
        Some(Outcome::Reply(reply)) => Some(reply),
        Some(Outcome::Cut) | None => None,
    };
    shared.note(Fact::Rest(RestCall {
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
        status: reply.as_ref().map(Reply::status),
        arrived_ms,
    }));
    match reply {
        Some(reply) => reply.into_response(),
        None => wire.cut().await,
    }
}

enum Outcome {
    Reply(Reply),
    Cut,
}

/// Lets the rules of a phase act. `None`: the request goes on.
async fn pass(shared: &Shared, call: &Call, phase: Phase) -> Option<Outcome> {
    let text = call.text();
    let target = Target {
        route: call.route.kind(),
        channel: call.route.channel(),
        text: &text,
    };
    let effects = shared.act(|core| core.rules.take(&target, phase));
    for effect in effects {
        match effect {
            Effect::Hold(gate) => tokio::select! {
                () = gate.pass() => {}
                () = shared.stop.cancelled() => return Some(Outcome::Cut),
            },
            Effect::Fault(Fault::Answer { status, body }) => {
                return Some(Outcome::Reply(Reply::raw(status, body)));
            }
            Effect::Fault(Fault::DropConnection) => return Some(Outcome::Cut),
        }
    }
    None
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

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status()).unwrap_or(StatusCode::BAD_GATEWAY);
        let (content_type, body) = self.into_parts();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        if let Some(content_type) = content_type
            && let Ok(value) = content_type.parse()
        {
            response
                .headers_mut()
                .insert(axum::http::header::CONTENT_TYPE, value);
        }
        response
    }
}
