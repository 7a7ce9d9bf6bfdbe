//! `/health`: how the server is.

use std::time::Duration;

use super::{CommandError, Context, answer::say, asked};
use crate::{
    access::Action,
    discord::{Link, LinkState, Treatment, render},
    session::{Health, Pulse},
};

/// Show how the server is
#[poise::command(slash_command, guild_only)]
pub(super) async fn health(context: Context<'_>) -> Result<(), CommandError> {
    let permit = asked(context, Action::SeeHealth).await?;
    let desk = context.data();
    let health = desk.house.health(&permit).await?;
    say(context, &sentences(&health, &desk.link)).await
}

fn sentences(health: &Health, link: &Link) -> String {
    let Health {
        pulse,
        deliveries_waiting,
        questions_waiting,
    } = health;
    let Pulse {
        active,
        queued,
        caps,
        agents,
        warm,
        uptime,
        ..
    } = pulse;
    let mut lines = vec![
        format!(
            "**Baton {}**, up for {}",
            env!("CARGO_PKG_VERSION"),
            span(*uptime)
        ),
        format!("Gateway: {}", gateway(link)),
        format!("Events that could not be read: {}", link.unreadable()),
        format!(
            "Runs: {active} of {} active, {queued} of {} queued",
            caps.active, caps.queued
        ),
        format!("Agents: {agents}, {warm} of them warm"),
        format!("Questions that wait for a person: {questions_waiting}"),
        format!("Messages on their way to Discord: {deliveries_waiting}"),
    ];
    let Treatment {
        refused,
        is_sparing,
    } = link.treatment();
    if let Some(why) = link.unregistered() {
        let why = render::escape_markdown(&why);
        lines.push(format!(
            "Slash commands are not registered as they are now. {why}"
        ));
    }
    if is_sparing {
        lines.push(format!(
            "Discord refused {refused} requests in ten minutes: reactions, typing and live edits are left \
             out until it is less. The log says what was refused."
        ));
    }
    lines.join("\n")
}

fn gateway(link: &Link) -> String {
    let state = match (link.state(), link.waits()) {
        (LinkState::Up, _) => "connected".to_owned(),
        (LinkState::Down, Some(why)) => format!("waiting. {}", render::escape_markdown(&why)),
        (LinkState::Down, None) => "not connected".to_owned(),
    };
    match link.last_acknowledged() {
        Some(ago) => format!("{state}, last heartbeat {} ago", span(ago)),
        None => state,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{admission::Caps, discord::refusals::Refusals};

    const HEALTH: Health = Health {
        pulse: Pulse {
            active: 1,
            queued: 2,
            caps: Caps {
                active: 6,
                queued: 20,
            },
            person: Caps {
                active: 2,
                queued: 5,
            },
            admitted_after: None,
            agents: 4,
            warm: 3,
            uptime: Duration::from_secs(3_700),
        },
        deliveries_waiting: 4,
        questions_waiting: 5,
    };

    fn told(link: &Link) -> Vec<String> {
        let told = sentences(&HEALTH, link);
        told.lines().skip(1).map(str::to_owned).collect()
    }

    #[test]
    fn a_server_that_is_connected_says_so_in_numbers() {
        let link = Link::default();
        link.set(LinkState::Up);
        assert_eq!(
            told(&link),
            [
                "Gateway: connected",
                "Events that could not be read: 0",
                "Runs: 1 of 6 active, 2 of 20 queued",
                "Agents: 4, 3 of them warm",
                "Questions that wait for a person: 5",
                "Messages on their way to Discord: 4",
            ]
        );
    }

    #[test]
    fn a_server_that_waits_says_why_and_how_many_events_it_could_not_read() {
        let link = Link::default();
        assert_eq!(told(&link)[0], "Gateway: not connected");
        link.wait("Discord allows no new connection for 2 min.".to_owned());
        link.unread();
        link.unread();
        assert_eq!(
            told(&link)[..2],
            [
                "Gateway: waiting. Discord allows no new connection for 2 min.",
                "Events that could not be read: 2",
            ]
        );
        link.set(LinkState::Up);
        assert_eq!(told(&link)[0], "Gateway: connected");
    }

    #[test]
    fn a_server_that_leaves_out_what_is_not_needed_says_why() {
        let link = Link::default();
        let refusals = Refusals::default();
        link.watch(refusals.clone());
        refusals.overdo();
        assert_eq!(
            told(&link).pop().unwrap(),
            "Discord refused 3001 requests in ten minutes: reactions, typing and live edits are left out \
             until it is less. The log says what was refused."
        );
    }
}
