//! Buttons, lists and forms.
//!
//! Their ids say nothing: what is behind one stands in the database. Whoever uses one is somebody only by
//! what Discord says of him now, wherever he uses it, and is asked for again when he sends a form off. He
//! alone is told what came of it; everybody else sees it in the message of the question.

mod click;
mod decide;
mod form;
mod late;

use std::time::Duration;

use serenity::all as sn;
use thiserror::Error;
use tokio::time::Instant;

use super::{
    caller::{Caller, Signs},
    chat::nobody,
    commands::{CommandError, Desk},
    components, ids,
};
use crate::{
    access::{Action, Permit, Refusal},
    admission::TooFast,
    delivery::{ChatError, Post},
    observe::Reference,
    session::{Control, NotDecided, SessionError},
    words::{ApprovalState, Choice},
};
use click::Click;
pub(super) use late::late;

/// How long it is waited until a question is known to have been posted, and how often that is looked at. Discord
/// waits three seconds for a first sign (interactions/receiving-and-responding).
const PATIENCE: Duration = Duration::from_millis(1_500);
const LOOK: Duration = Duration::from_millis(50);

const NOT_IN_USE: &str =
    "This is not in use any more. Write to me what you want, or use one of my commands.";

/// Why nothing came of a click.
#[derive(Debug, Error)]
pub(super) enum InVain {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("{0}")]
    NotDecided(#[from] NotDecided),
    #[error("That was quick. Try it again in {} s.", .0.seconds())]
    TooFast(TooFast),
    #[error("Baton does not work here. Use it in a channel of its own server.")]
    Elsewhere,
    #[error(
        "You are not a member of the server that this was asked in, so it is not yours to decide."
    )]
    Stranger,
    #[error("This belongs to another message. Use the buttons of the question itself.")]
    OtherMessage,
    #[error("{0}")]
    Unreadable(String),
    #[error(transparent)]
    House(#[from] SessionError),
    #[error(transparent)]
    Chat(#[from] ChatError),
}

impl From<CommandError> for InVain {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Refused(why) => Self::Refused(why),
            CommandError::TooFast(too_fast) => Self::TooFast(too_fast),
            CommandError::Elsewhere => Self::Elsewhere,
            CommandError::House(error) => Self::House(error),
            CommandError::Chat(error) | CommandError::Untold(error) => Self::Chat(error),
        }
    }
}

impl InVain {
    /// What he is told.
    fn sentence(&self) -> String {
        match self {
            Self::House(_) | Self::Chat(_) => {
                let reference =
                    Reference::of(self, "a button, a list or a form could not be served");
                format!("That did not work. Tell the operator the reference `{reference}`.")
            }
            Self::Refused(_)
            | Self::NotDecided(_)
            | Self::TooFast(_)
            | Self::Elsewhere
            | Self::Stranger
            | Self::OtherMessage
            | Self::Unreadable(_) => self.to_string(),
        }
    }
}

/// Answers, to him alone, whoever uses a button, a list or a form.
pub(super) async fn answer(desk: &Desk, context: &sn::Context, interaction: &sn::Interaction) {
    let Some(click) = Click::of(desk, context, interaction) else {
        // Commands have rooms of their own.
        return;
    };
    if let Err(error) = serve(desk, context, &click).await {
        tracing::warn!(%error, "who used a button, a list or a form could not be told anything");
    }
}

/// A message of nothing but words.
fn words(content: String) -> Post {
    Post {
        content,
        ..Post::default()
    }
}

async fn serve(desk: &Desk, context: &sn::Context, click: &Click<'_>) -> Result<(), ChatError> {
    // Before anything is done for him: he can press as fast as he likes.
    if let Err(too_fast) = desk.haste.count(ids::user(click.signs.user.id)) {
        return click.turn_away(InVain::TooFast(too_fast).sentence()).await;
    }
    // One look at the database, on which it depends how Discord has to be answered: with a form, with a copy
    // without buttons, or with a sign that gives time.
    let control = match known(desk, click).await {
        Ok(control) => control,
        Err(error) => {
            click.think().await?;
            let told = InVain::from(error).sentence();
            return click.tell(words(told)).await;
        }
    };
    let Some(control) = control else {
        click.think().await?;
        let told = unknown(desk, context, click).await;
        return click.tell(words(told)).await;
    };
    // A list of what waits stays, whichever question of it has ended.
    let is_of_one = control.choice != Choice::Details;
    if control.state != ApprovalState::Pending && click.is_of_a_copy() && is_of_one {
        let told = over(desk, click, &control).await;
        return click.replace(told.content).await;
    }
    if let (Some(form), None) = (form::wanted(&control, click.control), click.form()) {
        let may = decide::permitted(desk, click, &control).await;
        let Err(why) = may else {
            return click.show(form).await;
        };
        click.think().await?;
        let told = in_vain(desk, click, Some(&control), &why).await;
        return click.tell(told).await;
    }
    click.think().await?;
    if control.choice == Choice::Details {
        let (post, permit) = match decide::shown(desk, click, &control).await {
            Ok(shown) => shown,
            Err(why) => {
                return click
                    .tell(in_vain(desk, click, Some(&control), &why).await)
                    .await;
            }
        };
        click.tell(post).await?;
        decide::keep(desk, click, &control, &permit).await;
        return Ok(());
    }
    let told = match decide::carried_out(desk, click, &control).await {
        Ok(told) => told,
        Err(why) => in_vain(desk, click, Some(&control), &why).await,
    };
    click.tell(told).await
}

/// What somebody is told who presses a button of a question that has ended.
async fn over(desk: &Desk, click: &Click<'_>, control: &Control) -> Post {
    match decide::permitted(desk, click, control).await {
        Ok(_) => words(NotDecided::Gone.to_string()),
        Err(why) => in_vain(desk, click, Some(control), &why).await,
    }
}

/// What is behind a control. Somebody may press a button before Discord's answer to its message has come: then
/// it is waited for, as long as Discord's own patience with the click allows.
async fn known(desk: &Desk, click: &Click<'_>) -> Result<Option<Control>, SessionError> {
    let until = Instant::now() + PATIENCE;
    loop {
        let control = desk.house.control(click.control).await?;
        let is_posted = control
            .as_ref()
            .is_none_or(|control| control.posted.is_some());
        if is_posted || Instant::now() >= until {
            return Ok(control);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// What somebody is told whose click came to nothing, which is noted.
async fn in_vain(desk: &Desk, click: &Click<'_>, control: Option<&Control>, why: &InVain) -> Post {
    let content = why.sentence();
    let question = control.map(|control| control.approval);
    let noted = desk
        .house
        .note_refused_click(ids::user(click.signs.user.id), question, &content);
    if let Err(error) = noted.await {
        tracing::error!(%error, "a click that came to nothing could not be noted");
    }
    words(content)
}

/// A control that Baton knows nothing of: one of another version, or a forged one.
async fn unknown(desk: &Desk, context: &sn::Context, click: &Click<'_>) -> String {
    let why = match permitted(desk, context, click).await {
        Ok(_) => InVain::Unreadable(NOT_IN_USE.to_owned()),
        Err(why) => why.into(),
    };
    in_vain(desk, click, None, &why).await.content
}

async fn permitted(
    desk: &Desk,
    context: &sn::Context,
    click: &Click<'_>,
) -> Result<Permit, CommandError> {
    let Caller { person, place } = Caller::of(desk, &context.cache, click.signs).await?;
    let decided = desk.house.authorize(&person, place, Action::UseControl);
    Ok(decided.await??)
}

/// What only he sees, with its buttons and its file.
pub(super) fn edited(post: Post) -> sn::EditInteractionResponse {
    let mut edited = sn::EditInteractionResponse::new()
        .content(post.content)
        .allowed_mentions(nobody());
    if !post.controls.is_empty() {
        edited = edited.components(components::rows(&post.controls));
    }
    if let Some(file) = post.file {
        edited = edited.new_attachment(sn::CreateAttachment::bytes(file.bytes, file.name));
    }
    edited
}
