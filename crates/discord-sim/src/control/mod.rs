//! The test language over HTTP, as JSON under `/_ctl`, for the demo and for other languages. It is
//! for this machine only: requests that a foreign web page could have caused are refused.

mod change;
mod chaos;
mod guard;
mod look;
mod named;
mod people;
mod place;
mod reply;
mod steer;
mod talk;
mod uses;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use crate::shared::Shared;

/// The routes below `/_ctl`.
pub(crate) fn router(shared: &Arc<Shared>) -> Router<Arc<Shared>> {
    let rules = Arc::new(steer::Holds::default());
    let holds = Router::new()
        .route("/holds", post(steer::hold))
        .route("/holds/{id}", get(steer::held))
        .route("/holds/{id}/release", post(steer::release))
        .with_state((Arc::clone(shared), rules));
    let running = Arc::new(chaos::Running::default());
    let chaos = Router::new()
        .route("/chaos", post(chaos::begin).delete(chaos::end))
        .with_state((Arc::clone(shared), running));
    Router::new()
        .route("/world", get(look::world))
        .route("/messages", get(look::messages))
        .route("/transcript", get(look::transcript))
        .route("/journal", get(look::journal))
        .route(
            "/violations",
            get(look::violations).delete(look::take_violations),
        )
        .route("/counts", get(look::counts))
        .route("/limits", get(look::limits))
        .route("/commands", get(look::commands))
        .route("/interactions/{id}", get(look::interaction))
        .route("/users", post(people::user))
        .route("/roles", post(people::role))
        .route("/channels", post(people::channel))
        .route("/threads", post(people::thread))
        .route("/deny", post(people::deny))
        .route("/change", post(change::change))
        .route("/place", post(place::change))
        .route("/use", post(uses::uses))
        .route("/say", post(talk::say))
        .route("/slash", post(talk::slash))
        .route("/click", post(talk::click))
        .route("/edit", post(talk::edit))
        .route("/delete", post(talk::delete))
        .route("/react", post(talk::react))
        .route("/typing", post(talk::typing))
        .route("/faults", post(steer::fault).delete(steer::clear))
        .route("/dispatch-faults", post(steer::dispatch_fault))
        .route("/gateway-faults", post(steer::gateway_fault))
        .route("/outage", post(steer::outage))
        .route("/clock/advance", post(steer::advance))
        .route("/gateway", get(look::gateway).post(steer::gateway))
        .merge(holds)
        .merge(chaos)
        .layer(from_fn_with_state(Arc::clone(shared), guard::loopback_only))
}
