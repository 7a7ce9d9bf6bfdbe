//! The test language over HTTP, as JSON under `/_ctl`, for the demo and for other languages.

use std::sync::Arc;

use axum::Router;

use crate::shared::Shared;

/// The routes below `/_ctl`.
pub(crate) fn router(_shared: &Arc<Shared>) -> Router<Arc<Shared>> {
    Router::new()
}
