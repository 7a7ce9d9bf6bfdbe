//! `/session list`: the conversations of a channel, or of all places that one may see.

use super::{
    super::{
        CommandError, Context,
        answer::{fitting, say},
        introduced,
        sight::visible,
    },
    PATIENCE,
};
use crate::{
    access::Action,
    discord::render,
    session::{Reach, SessionView},
};

/// Sessions that the list shows; Discord's messages have room for about so many lines.
const LISTED: usize = 15;

/// How far the list reaches.
#[derive(Clone, Copy, Debug, poise::ChoiceParameter)]
enum Where {
    #[name = "this channel"]
    Here,
    #[name = "everywhere"]
    Everywhere,
}

/// Show the conversations of this channel, or of all channels
#[poise::command(slash_command, guild_only)]
pub(super) async fn list(
    context: Context<'_>,
    #[description = "This channel and its threads, or all that you may see"] r#where: Option<Where>,
) -> Result<(), CommandError> {
    let caller = introduced(context).await?;
    let permit = caller.permit(context, Action::ListSessions).await?;
    let reach = match r#where {
        None | Some(Where::Here) => Reach::Here,
        Some(Where::Everywhere) => Reach::Everywhere,
    };
    let house = &context.data().house;
    let sessions = house.sessions(&caller.person, &permit, reach).await?;
    let mut sessions = visible(context, &caller, sessions, PATIENCE).await;
    sessions.truncate(LISTED);
    say(context, &sentences(&sessions, reach)).await
}

fn sentences(sessions: &[SessionView], reach: Reach) -> String {
    if sessions.is_empty() {
        return match reach {
            Reach::Here => {
                "There are no conversations in this channel yet. Mention me to begin one."
            }
            Reach::Everywhere => {
                "There are no conversations that you may see. Mention me in a project's channel to begin \
                 one."
            }
        }
        .to_owned();
    }
    fitting(&sessions.iter().map(line).collect::<Vec<_>>())
}

fn line(session: &SessionView) -> String {
    let state = session.state.map_or("idle", |state| state.as_str());
    let line = format!(
        "<#{}> {} · {} · {state} · <t:{}:R>",
        session.at,
        render::escape_markdown(&session.title),
        render::escape_markdown(&session.project),
        session.used_at.get() / 1_000,
    );
    match &session.unreachable {
        Some(why) => {
            let why = render::escape_markdown(why);
            format!("{line} · ⚠️ Discord takes no messages there: {why}")
        }
        None => line,
    }
}
