//! `/wait`: where the caller's own requests stand.

use super::{
    CommandError, Context,
    answer::{fitting, say},
    asked,
};
use crate::{
    access::Action,
    admission::{Held, Outlook},
    discord::render,
    session::{QueuePosition, Standing, roughly},
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
        Standing::Asks => "waits for somebody to decide".to_owned(),
        Standing::Queued(outlook) => queued(outlook),
        Standing::Next => "about to begin".to_owned(),
        Standing::Parked(until) => format!("goes on <t:{}:R>", until.get() / 1_000),
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

fn queued(outlook: Outlook) -> String {
    let standing = match outlook.held {
        Held::ByAll => format!("number {} in the queue", outlook.ahead + 1),
        Held::ByOwn(_) => "next when one of yours in this channel has ended".to_owned(),
        Held::ByProject(_) => "waiting until one of its project has ended".to_owned(),
    };
    match outlook.wait {
        Some(wait) => format!("{standing}, {}", roughly(wait)),
        None => standing,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::admission::Caps;
    use crate::{clock::Millis, words::ChannelId};

    #[test]
    fn each_way_of_waiting_has_its_words() {
        let at = |standing| QueuePosition {
            at: ChannelId::new(7),
            title: "fix *it*".into(),
            standing,
        };
        let queued = |held, ahead, wait| at(Standing::Queued(Outlook { ahead, held, wait }));
        let caps = Caps {
            active: 2,
            queued: 5,
        };
        insta::assert_snapshot!(sentences(&[
            at(Standing::AtWork),
            queued(Held::ByAll, 0, None),
            queued(Held::ByAll, 4, Some(Duration::from_mins(3))),
            queued(Held::ByOwn(caps), 4, None),
            queued(Held::ByProject(caps), 4, Some(Duration::ZERO)),
            at(Standing::Next),
            at(Standing::Parked(Millis::new(1_795_258_214_500))),
            at(Standing::InMailbox { ahead: 0 }),
            at(Standing::InMailbox { ahead: 1 }),
            at(Standing::InMailbox { ahead: 2 }),
        ]));
        insta::assert_snapshot!(sentences(&[]));
    }
}
