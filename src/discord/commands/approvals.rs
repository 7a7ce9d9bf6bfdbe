//! `/approvals`: what waits for the caller's decision.

use std::time::Duration;

use super::{
    Caller, CommandError, Context,
    answer::{fitting, show},
    introduced,
    sight::visible,
};
use crate::{
    access::Action,
    delivery::{BUTTONS_IN_A_ROW, Button, ControlRow, Look, Post},
    discord::{ids, render},
    session::Waiting,
    words::{GuildId, Route, SessionId, Tier},
};

/// How long Discord is asked who can see what. What it does not tell in time is not shown.
const LOOKS: Duration = Duration::from_secs(5);

/// The longest name of a tool that is shown, in code points.
const TOOL: usize = 60;

/// Show what waits for your decision
#[poise::command(slash_command, guild_only)]
pub(super) async fn approvals(context: Context<'_>) -> Result<(), CommandError> {
    let caller = introduced(context).await?;
    let permit = caller.permit(context, Action::Decide).await?;
    let house = &context.data().house;
    let here = ids::channel(context.interaction.channel_id);
    let waiting = house.pending(&permit, &caller.person, here).await??;
    let waiting = for_him(context, &caller, waiting).await;
    show(context, laid_out(context.data().guild, &waiting)).await
}

/// What he may know of: what was asked where he can see it, and all of which an owner is there.
async fn for_him(context: Context<'_>, caller: &Caller, waiting: Vec<Waiting>) -> Vec<Waiting> {
    let mut sessions: Vec<_> = waiting.iter().map(|one| one.session.clone()).collect();
    sessions.sort_by_key(|session| session.id);
    sessions.dedup_by_key(|session| session.id);
    let mut known: Vec<SessionId> = Vec::new();
    for session in &sessions {
        let permit = caller.permit_at(context, session.place, Action::Decide);
        if permit
            .await
            .is_ok_and(|permit| permit.tier() == Tier::Owner)
        {
            known.push(session.id);
        }
    }
    sessions.retain(|session| !known.contains(&session.id));
    let seen = visible(context, caller, sessions, LOOKS).await;
    known.extend(seen.iter().map(|session| session.id));
    let mut waiting = waiting;
    waiting.retain(|one| known.contains(&one.session.id));
    waiting
}

/// A line for each, and a button for each that shows it to him alone, with its own buttons.
fn laid_out(guild: GuildId, waiting: &[Waiting]) -> Post {
    if waiting.is_empty() {
        return Post {
            content: "Nothing waits for your decision.".to_owned(),
            ..Post::default()
        };
    }
    let numbered = || (1..).zip(waiting);
    let lines: Vec<String> = numbered().map(|(n, one)| line(guild, n, one)).collect();
    let buttons = numbered().filter_map(|(n, one)| {
        Some(Button {
            id: one.shows.clone()?,
            label: format!("Show {n}"),
            look: Look::Main,
        })
    });
    let buttons: Vec<Button> = buttons.collect();
    let rows = buttons.chunks(BUTTONS_IN_A_ROW);
    Post {
        content: fitting(&lines),
        controls: rows.map(|row| ControlRow::Buttons(row.to_vec())).collect(),
        ..Post::default()
    }
}

fn line(guild: GuildId, n: u32, waiting: &Waiting) -> String {
    let row = &waiting.row;
    let tool: String = row.tool.chars().take(TOOL).collect();
    let until = row.expires_at.get() / 1_000;
    let whose: Vec<String> = row.asked_by.iter().map(|id| format!("<@{id}>")).collect();
    let at = match (row.posted, row.route) {
        (Some((channel, message)), Some(Route::Dm)) => {
            format!(
                "[in the direct messages of an owner](https://discord.com/channels/@me/{channel}/{message})"
            )
        }
        (Some((channel, message)), _) => {
            format!("[here](https://discord.com/channels/{guild}/{channel}/{message})")
        }
        (None, _) => "about to be asked".to_owned(),
    };
    format!(
        "{n}. 🔐 {} in {}, for {} · {at} · ends <t:{until}:R>",
        render::escape_markdown(&tool),
        render::escape_markdown(&row.project),
        whose.join(", ")
    )
}
