//! `/metrics`: the same as on `/healthz`, and what is counted, for Prometheus.

use std::sync::atomic::{AtomicI64, AtomicU64};

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, gauge::Gauge, info::Info},
    registry::{Registry, Unit},
};

use super::{Desk, Report, Stage};

/// OpenMetrics 1.0, the text format.
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(super) async fn metrics(State(desk): State<Desk>) -> Response {
    let report = desk.reporter.report().await;
    let mut registry = Registry::with_prefix("baton");
    desk.metrics.register(&mut registry);
    add(&mut registry, &report);
    let mut text = String::new();
    match encode(&mut text, &registry) {
        // A label may be a name that somebody has given.
        Ok(()) => (
            [(header::CONTENT_TYPE, CONTENT_TYPE)],
            desk.reporter.clean(&text),
        )
            .into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics could not be written down");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn add(registry: &mut Registry, report: &Report) {
    let version = Info::new([("version", report.version)]);
    registry.register("build", "The program that runs", version);
    states(registry, report);
    queue(registry, report);
    discord(registry, report);
    machine(registry, report);
}

fn states(registry: &mut Registry, report: &Report) {
    let healthy = report.healthy;
    gauge(
        registry,
        "healthy",
        "1 if the gateway is alive and the database takes writes",
        healthy,
    );
    let ready = report.readiness().is_ok();
    gauge(registry, "ready", "1 if messages are taken", ready);
    let stopping = report.stage == Stage::Stopping;
    gauge(registry, "stopping", "1 while the server ends", stopping);
    unit(
        registry,
        "uptime",
        "Since the start",
        Unit::Seconds,
        Some(report.uptime_seconds),
    );
    count(
        registry,
        "starts",
        "Starts in this data directory",
        report.restart_count,
    );
    let unclean = report.unclean_end_count;
    count(
        registry,
        "unclean_ends",
        "Ends in which the server could not let go",
        unclean,
    );
    let is_failing = |slot: &super::Slot| !slot.healthy;
    let failing = report.account_slots_health.values().any(is_failing);
    gauge(
        registry,
        "agent_account_failing",
        "1 if the agent's account was refused last",
        failing,
    );
    if let Some(token) = &report.token_status {
        let refused = Some(token.auth_failures_total);
        count(
            registry,
            "auth_failures",
            "Turns refused for want of a login",
            refused,
        );
        let left = token
            .remaining_min
            .map(|minutes| minutes.saturating_mul(60));
        signed(
            registry,
            "agent_token_remaining",
            "Until the login has to be renewed",
            left,
        );
    }
}

fn queue(registry: &mut Registry, report: &Report) {
    let queue = &report.queue;
    gauge(
        registry,
        "runs_active",
        "Runs that work",
        report.active_sessions,
    );
    gauge(
        registry,
        "runs_queued",
        "Runs that wait for their turn",
        queue.queued_count,
    );
    gauge(
        registry,
        "runs_active_limit",
        "Runs that may work at once",
        queue.max_active,
    );
    gauge(
        registry,
        "runs_queued_limit",
        "Runs that may wait",
        queue.max_queued,
    );
    let oldest = queue.oldest_queued_age_ms;
    seconds(
        registry,
        "queue_oldest_age",
        "How long the first run in the queue waits",
        oldest,
    );
    gauge(
        registry,
        "agents",
        "Agent processes that live",
        report.cli_process_count,
    );
    gauge(
        registry,
        "agents_idle",
        "Agent processes without work",
        report.warm_agents,
    );
    if let Some(runners) = report.runners {
        gauge(
            registry,
            "runners",
            "Runners that have not been given up",
            u64::from(runners),
        );
    }
    if let Some(waiting) = report.deliveries_waiting {
        let help = "Deliveries that Discord does not have yet";
        gauge(registry, "deliveries_waiting", help, u64::from(waiting));
    }
}

fn discord(registry: &mut Registry, report: &Report) {
    let gateway = &report.gateway;
    let connected = gateway.gateway == "connected";
    gauge(
        registry,
        "gateway_connected",
        "1 if events of Discord come",
        connected,
    );
    let age = gateway.heartbeat_age_ms;
    seconds(
        registry,
        "gateway_heartbeat_age",
        "Since the gateway's last sign of life",
        age,
    );
    let identifies = Some(gateway.identify_count);
    count(
        registry,
        "gateway_identifies",
        "Connections begun anew",
        identifies,
    );
    let resumes = Some(gateway.resume_count);
    count(
        registry,
        "gateway_resumes",
        "Connections taken up again",
        resumes,
    );
    let unreadable = Some(gateway.unreadable_events);
    count(
        registry,
        "unreadable_events",
        "Events that could not be read",
        unreadable,
    );
    let late = Some(gateway.late_interactions);
    count(
        registry,
        "late_interactions",
        "Commands and clicks that came too late to be answered",
        late,
    );
    let refused = u64::from(gateway.refused_requests);
    gauge(
        registry,
        "refused_requests",
        "Requests refused by Discord in ten minutes",
        refused,
    );
    gauge(
        registry,
        "sparing",
        "1 if what is not needed is left out",
        gateway.sparing,
    );
}

fn machine(registry: &mut Registry, report: &Report) {
    let writable = report.database.writable;
    gauge(
        registry,
        "database_writable",
        "1 if the last proof of it was good",
        writable,
    );
    let took = report.database.took_ms;
    seconds(registry, "database_write", "How long that proof took", took);
    let free = report.database.disk_free_bytes;
    unit(
        registry,
        "disk_free",
        "Left on the disk of the data directory",
        Unit::Bytes,
        free,
    );
    let memory = report.rss_bytes;
    unit(
        registry,
        "resident_memory",
        "Memory of the server's process",
        Unit::Bytes,
        memory,
    );
}

/// A number that may be a truth: 1 or 0.
trait Number {
    fn number(self) -> u64;
}

impl Number for u64 {
    fn number(self) -> u64 {
        self
    }
}

impl Number for usize {
    fn number(self) -> u64 {
        u64::try_from(self).unwrap_or(u64::MAX)
    }
}

impl Number for bool {
    fn number(self) -> u64 {
        u64::from(self)
    }
}

fn gauge(registry: &mut Registry, name: &str, help: &str, value: impl Number) {
    let gauge = Gauge::<u64, AtomicU64>::default();
    gauge.set(value.number());
    registry.register(name, help, gauge);
}

/// What is not known is not told: a zero would be a lie.
fn unit(registry: &mut Registry, name: &str, help: &str, unit: Unit, value: Option<u64>) {
    if let Some(value) = value {
        let gauge = Gauge::<u64, AtomicU64>::default();
        gauge.set(value);
        registry.register_with_unit(name, help, unit, gauge);
    }
}

fn signed(registry: &mut Registry, name: &str, help: &str, value: Option<i64>) {
    if let Some(value) = value {
        let gauge = Gauge::<i64, AtomicI64>::default();
        gauge.set(value);
        registry.register_with_unit(name, help, Unit::Seconds, gauge);
    }
}

fn seconds(registry: &mut Registry, name: &str, help: &str, milliseconds: Option<u64>) {
    if let Some(milliseconds) = milliseconds {
        let gauge = Gauge::<f64, AtomicU64>::default();
        gauge.set(std::time::Duration::from_millis(milliseconds).as_secs_f64());
        registry.register_with_unit(name, help, Unit::Seconds, gauge);
    }
}

fn count(registry: &mut Registry, name: &str, help: &str, value: Option<u64>) {
    if let Some(value) = value {
        let counter = Counter::<u64>::default();
        counter.inc_by(value);
        registry.register(name, help, counter);
    }
}
