//! The way to a websocket: what is refused before there is one.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

use super::connection::{self, Asked};
use super::{Entrance, GatewayMode};
use crate::journal::{Fact, GatewayFact};
use crate::rules::{GatewayFault, Stage};
use crate::server::Wire;
use crate::shared::Shared;

/// What becomes of a handshake.
enum Fate {
    Answered,
    Refused,
    Unanswered,
    Rejected(u16),
}

/// Answers the request for a websocket, as the gateway's mode and faults say.
pub(crate) async fn upgrade(shared: Arc<Shared>, tcp: Wire, mut parts: Parts) -> Response {
    let at = Entrance::of(parts.uri.path());
    let fate = shared.act(|core| {
        let fate = match (core.hub.mode, core.gateway_fault(Stage::Handshake)) {
            (GatewayMode::Refuse, _) | (_, Some(GatewayFault::RefuseHandshake)) => Fate::Refused,
            (GatewayMode::Hang, _) | (_, Some(GatewayFault::HangHandshake)) => Fate::Unanswered,
            (_, Some(GatewayFault::RejectHandshake { status })) => Fate::Rejected(status),
            (GatewayMode::Open, _) => Fate::Answered,
        };
        if !matches!(fate, Fate::Answered) {
            core.world.note(Fact::Gateway(GatewayFact::Refused { at }));
        }
        fate
    });
    match fate {
        Fate::Answered => {}
        Fate::Refused => return tcp.cut().await,
        Fate::Unanswered => return std::future::pending().await,
        Fate::Rejected(status) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
            return status.into_response();
        }
    }
    let asked = asked(parts.uri.query().unwrap_or_default());
    match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => {
            upgrade.on_upgrade(move |socket| connection::serve(shared, tcp, socket, (at, asked)))
        }
        Err(refused) => refused.into_response(),
    }
}

/// Whether the query asks for what is served: version 10, JSON, and no transport compression.
fn asked(query: &str) -> Asked {
    let value = |name: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .into_iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    };
    let served = value("v") == Some("10")
        && value("encoding").is_none_or(|encoding| encoding == "json")
        && value("compress").is_none();
    if served {
        Asked::Served
    } else {
        Asked::Foreign
    }
}
