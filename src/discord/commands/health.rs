//! `/health`: how the server is.

use std::time::Duration;

use super::{CommandError, Context, answer::say, asked};
use crate::{
    access::Action,
    discord::{Link, LinkState, Treatment},
    session::Health,
};

/// Show how the server is
#[poise::command(slash_command, guild_only)]
pub(super) async fn health(context: Context<'_>) -> Result<(), CommandError> {
    asked(context, Action::SeeHealth).await?;
    let desk = context.data();
    let health = desk.house.health().await?;
    say(context, &sentences(&health, &desk.link)).await
}

fn sentences(health: &Health, link: &Link) -> String {
    let Health {
        active,
        queued,
        caps,
        warm,
        deliveries_waiting,
        uptime,
    } = health;
    let mut lines = vec![
        format!(
            "**Baton {}**, up for {}",
            env!("CARGO_PKG_VERSION"),
            span(*uptime)
        ),
        format!("Gateway: {}", gateway(link)),
        format!(
            "Runs: {active} of {} active, {queued} of {} queued",
            caps.active, caps.queued
        ),
        format!("Warm agents: {warm}"),
        format!("Messages on their way to Discord: {deliveries_waiting}"),
    ];
    let Treatment {
        refused,
        is_sparing,
    } = link.treatment();
    if is_sparing {
        lines.push(format!(
            "Discord refused {refused} requests in ten minutes: reactions, typing and live edits are left \
             out until it is less. The log says what was refused."
        ));
    }
    lines.join("\n")
}

fn gateway(link: &Link) -> String {
    let state = match link.state() {
        LinkState::Up => "connected",
        LinkState::Down => "not connected",
    };
    match link.last_acknowledged() {
        Some(ago) => format!("{state}, last heartbeat {} ago", span(ago)),
        None => state.to_owned(),
    }
}

/// A time span in its two largest units.
fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {minutes} min"),
        (_, _, _) => format!("{days} d {hours} h"),
    }
}
