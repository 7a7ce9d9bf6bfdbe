//! `/health`: how the server is.

use std::time::Duration;

use super::{CommandError, Context, answer::say, asked};
use crate::{
    access::Action,
    discord::{Link, LinkState},
};

/// Show how the server is
#[poise::command(slash_command, guild_only)]
pub(super) async fn health(context: Context<'_>) -> Result<(), CommandError> {
    let permit = asked(context, Action::SeeHealth).await?;
    let desk = context.data();
    let health = desk.house.health(&permit).await?;
    let text = [
        format!("Baton {}", env!("CARGO_PKG_VERSION")),
        format!("Gateway: {}", gateway(&desk.link)),
        format!("Runs: {} active, {} queued", health.active, health.queued),
    ]
    .join("\n");
    say(context, &text).await
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
