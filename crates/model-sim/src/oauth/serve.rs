//! What is asked of the service, and what it answers, unless a fault is due. What is none of its business the model has.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::answer::{Answer, profile};
use super::connect::Road;
use super::family::{Issuer, Refusal, Rules, Worth};
use super::faults::{Fault, Queue, What, When};
use super::posts::{Entry, Posts, Verdict};
use super::token::{Mint, Service, Tokens, unix_now};
use crate::body;
use crate::holds::Holds;
use crate::journal::Outcome;
use crate::server;

/// A token that is too short to be one.
const SHORT: &str = "sk-ant-oat01-short";

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Office {
    pub(crate) issuer: Issuer,
    pub(crate) rules: Arc<Mutex<Rules>>,
    pub(crate) faults: Arc<Queue>,
    pub(crate) posts: Posts,
    pub(crate) gates: Holds,
    /// How far the service's clock is ahead of the machine's, in seconds.
    pub(crate) ahead: AtomicI64,
    /// Knows the plan of the account.
    pub(crate) model: Arc<server::Shared>,
}

impl Office {
    pub(crate) fn mint(&self, service: Service, expires_in: Duration) -> Mint {
        Mint {
            service,
            plan: self.model.usage.lock().plan.clone(),
            now: self.now(0),
            expires_in,
        }
    }

    /// The service's time in Unix seconds, `more` seconds later.
    fn now(&self, more: i64) -> u64 {
        let ahead = self.ahead.load(Ordering::SeqCst);
        unix_now()
            .saturating_add_signed(ahead)
            .saturating_add_signed(more)
    }

    fn date(&self, more: i64) -> String {
        let now = UNIX_EPOCH + Duration::from_secs(self.now(more));
        httpdate::fmt_http_date(now)
    }

    /// Gives out tokens for a refresh token. `holds` says how long the access token does, if it does not say so itself.
    fn renew(
        &self,
        service: Service,
        asked: &Value,
        holds: Option<Duration>,
    ) -> Result<Tokens, Refusal> {
        let rules = self.rules.lock().clone();
        let mint = self.mint(service, holds.unwrap_or(rules.expires_in));
        let refresh = asked["refresh_token"].as_str().ok_or(Refusal::Unknown)?;
        self.issuer.renew(refresh, &rules, &mint)
    }

    /// Answers a renewal.
    async fn answer(&self, service: Service, asked: &Value, entry: &Entry) -> Response {
        let fault = self.faults.next();
        let (early, late) = match fault {
            Some(fault) if fault.when == When::BeforeUse => (Some(fault), None),
            late => (None, late),
        };
        if let Some(What::Gate(name)) = early.as_ref().map(|fault| &fault.what) {
            self.gates.pass(name).await;
        }
        let what = early.as_ref().or(late.as_ref()).map(|fault| &fault.what);
        let holds = match what {
            Some(What::ExpiresIn(seconds)) => Some(Duration::from_secs(*seconds)),
            _ => None,
        };
        let given = if early.as_ref().is_some_and(Fault::spares_the_token) {
            // What a client that reads only half of an answer cannot tell from the real thing.
            let expires_in = self.rules.lock().expires_in;
            Ok(self.mint(service, expires_in).tokens())
        } else {
            let given = self.renew(service, asked, holds);
            entry.settle(match given {
                Ok(_) => Verdict::Accepted,
                Err(refusal) => Verdict::Refused(refusal),
            });
            given
        };
        if let Some(What::Gate(name)) = late.as_ref().map(|fault| &fault.what) {
            self.gates.pass(name).await;
        }
        let answer = |given: Result<Tokens, Refusal>| match given {
            Ok(tokens) => Answer::tokens(&tokens, asked),
            Err(refusal) => Answer::refusal(service, refusal),
        };
        let answer = match what {
            Some(What::Refuse) => return cut(answer(given), 0, entry),
            Some(What::Cut(bytes)) => return cut(answer(given), *bytes, entry),
            Some(What::Hang) => std::future::pending().await,
            Some(What::Status(status, after)) => failure(service, *status, after.as_deref()),
            Some(What::Body(text)) => Answer::raw(StatusCode::OK, text.clone()),
            Some(What::ShortToken) => answer(given.map(|tokens| Tokens {
                access: SHORT.to_owned(),
                ..tokens
            })),
            Some(What::Date(ahead)) => answer(given).header(header::DATE, &self.date(*ahead)),
            Some(What::ExpiresIn(_) | What::Gate(_)) | None => answer(given),
        };
        entry.finish(Outcome::Answered);
        answer.into_response()
    }
}

fn cut(answer: Answer, bytes: usize, entry: &Entry) -> Response {
    entry.finish(Outcome::Cut);
    answer.cut(bytes)
}

fn failure(service: Service, status: u16, after: Option<&str>) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let answer = Answer::error(service, status, "an error that a test wants");
    match after {
        Some(after) => answer.header(header::RETRY_AFTER, after),
        None => answer,
    }
}

pub(crate) fn router(office: Arc<Office>) -> Router {
    let model = server::router(Arc::clone(&office.model));
    Router::new()
        .route("/v1/oauth/token", post(claude))
        .route("/oauth/token", post(codex))
        .route("/v1/oauth/token/revoke", post(revoke))
        .route("/api/oauth/profile", get(read_profile))
        .with_state(Arc::clone(&office))
        .fallback_service(model)
        .layer(middleware::from_fn_with_state(office, dated))
}

/// Says what time the service has, where nothing else is said.
async fn dated(State(office): State<Arc<Office>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Ok(date) = HeaderValue::from_str(&office.date(0)) {
        let headers = response.headers_mut();
        headers.entry(header::DATE).or_insert(date);
    }
    response
}

async fn claude(
    State(office): State<Arc<Office>>,
    ConnectInfo(road): ConnectInfo<Road>,
    request: Request,
) -> Response {
    renewal(&office, Service::Claude, road, request).await
}

async fn codex(
    State(office): State<Arc<Office>>,
    ConnectInfo(road): ConnectInfo<Road>,
    request: Request,
) -> Response {
    renewal(&office, Service::Codex, road, request).await
}

async fn renewal(office: &Office, service: Service, road: Road, request: Request) -> Response {
    let asked = read(request).await;
    let entry = office.posts.open(service, road, asked.clone());
    office.answer(service, &asked, &entry).await
}

async fn read(request: Request) -> Value {
    let (head, content) = request.into_parts();
    let received = body::receive(&head.headers, content).await;
    received.json.unwrap_or_default()
}

/// Ends a login; one that is unknown has ended.
async fn revoke(State(office): State<Arc<Office>>, request: Request) -> Response {
    let asked = read(request).await;
    office
        .issuer
        .end(asked["token"].as_str().unwrap_or_default());
    Json(json!({})).into_response()
}

async fn read_profile(State(office): State<Arc<Office>>, headers: HeaderMap) -> Response {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let rules = office.rules.lock().clone();
    let worth = bearer.map_or(Worth::Unknown, |token| office.issuer.worth(token, &rules));
    match worth.complaint() {
        None => Json(profile()).into_response(),
        Some(why) => Answer::error(Service::Claude, StatusCode::UNAUTHORIZED, why).into_response(),
    }
}
