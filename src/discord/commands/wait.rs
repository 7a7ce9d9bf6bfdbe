//! `/wait`: where the caller's own requests stand.

use super::{
    CommandError, Context,
    answer::{fitting, say},
    asked,
};
use crate::{
    access::Action,
    discord::render,
    session::{QueuePosition, Standing},
};

/// Show where what you asked for stands in the queue
#[poise::command(slash_command, guild_only)]
pub(super) async fn wait(context: Context<'_>) -> Result<(), CommandError> {
    let permit = asked(context, Action::SeeQueue).await?;
    let positions = context.data().house.positions(&permit).await?;
    say(context, &sentences(&positions)).await
}

fn sentences(positions: &[QueuePosition]) -> String {
    if positions.is_empty() {
        return "Nothing of yours waits or is at work. Mention me in a project's channel to ask for \
                something."
            .to_owned();
    }
    fitting(&positions.iter().map(line).collect::<Vec<_>>())
}

fn line(position: &QueuePosition) -> String {
    let standing = match position.standing {
        Standing::AtWork => "at work".to_owned(),
        Standing::Queued { ahead } => format!("number {} in the queue", ahead + 1),
        Standing::InMailbox { ahead: 0 } => "next in this conversation".to_owned(),
        Standing::InMailbox { ahead: 1 } => {
            "in this conversation, after one other message".to_owned()
        }
        Standing::InMailbox { ahead } => {
            format!("in this conversation, after {ahead} other messages")
        }
    };
    let title = render::escape_markdown(&position.title);
    format!("<#{}> {title} · {standing}", position.at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::ChannelId;

    #[test]
    fn each_way_of_waiting_has_its_words() {
        let at = |standing| QueuePosition {
            at: ChannelId::new(7),
            title: "fix *it*".into(),
            standing,
        };
        insta::assert_snapshot!(sentences(&[
            at(Standing::AtWork),
            at(Standing::Queued { ahead: 0 }),
            at(Standing::Queued { ahead: 4 }),
            at(Standing::InMailbox { ahead: 0 }),
            at(Standing::InMailbox { ahead: 1 }),
            at(Standing::InMailbox { ahead: 2 }),
        ]));
        insta::assert_snapshot!(sentences(&[]));
    }
}
