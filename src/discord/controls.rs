//! Buttons, lists and forms.
//!
//! Baton shows none yet, but a message of another version may still have some. Whoever uses one is
//! told by the gate or by this room, and by nobody else; nothing is done.

use serenity::all as sn;

use super::{
    caller::{Caller, Signs},
    chat::nobody,
    commands::{CommandError, Desk},
    ids,
};
use crate::{
    access::{Action, Permit},
    observe::Reference,
};

const NOT_IN_USE: &str =
    "This is not in use any more. Write to me what you want, or use one of my commands.";

/// Answers, to him alone, whoever uses a button, a list or a form.
pub(super) async fn answer(desk: &Desk, context: &sn::Context, interaction: &sn::Interaction) {
    let answered = match interaction {
        sn::Interaction::Component(used) => component(desk, context, used).await,
        sn::Interaction::Modal(sent) => form(desk, context, sent).await,
        // Commands have rooms of their own.
        sn::Interaction::Command(_)
        | sn::Interaction::Autocomplete(_)
        | sn::Interaction::Ping(_)
        | _ => return,
    };
    if let Err(error) = answered {
        tracing::warn!(%error, "who used a button, a list or a form could not be told anything");
    }
}

async fn component(
    desk: &Desk,
    context: &sn::Context,
    used: &sn::ComponentInteraction,
) -> serenity::Result<()> {
    used.defer_ephemeral(context).await?;
    let signs = Signs {
        user: &used.user,
        member: used.member.as_ref(),
        guild: used.guild_id,
        channel: used.channel_id,
        told: used.channel.as_ref(),
    };
    let text = said(desk, context, signs).await;
    used.edit_response(context, edited(text)).await.map(drop)
}

async fn form(
    desk: &Desk,
    context: &sn::Context,
    sent: &sn::ModalInteraction,
) -> serenity::Result<()> {
    sent.defer_ephemeral(context).await?;
    let signs = Signs {
        user: &sent.user,
        member: sent.member.as_ref(),
        guild: sent.guild_id,
        channel: sent.channel_id,
        told: sent.channel.as_ref(),
    };
    let text = said(desk, context, signs).await;
    sent.edit_response(context, edited(text)).await.map(drop)
}

fn edited(text: String) -> sn::EditInteractionResponse {
    sn::EditInteractionResponse::new()
        .content(text)
        .allowed_mentions(nobody())
}

async fn said(desk: &Desk, context: &sn::Context, signs: Signs<'_>) -> String {
    match permitted(desk, context, signs).await {
        Ok(permit) => used(&permit).to_owned(),
        Err(
            error @ (CommandError::Refused(_) | CommandError::TooFast(_) | CommandError::Elsewhere),
        ) => error.to_string(),
        Err(error @ (CommandError::House(_) | CommandError::Chat(_))) => {
            let reference = Reference::of(&error, "a button, a list or a form could not be served");
            format!("That did not work. Tell the operator the reference `{reference}`.")
        }
    }
}

async fn permitted(
    desk: &Desk,
    context: &sn::Context,
    signs: Signs<'_>,
) -> Result<Permit, CommandError> {
    desk.haste.count(ids::user(signs.user.id))?;
    let Caller { person, place } = Caller::of(desk, &context.cache, signs).await?;
    let decided = desk.house.authorize(&person, place, Action::UseControl);
    Ok(decided.await??)
}

/// What comes of it. There is nothing yet that a permit would open.
const fn used(_: &Permit) -> &'static str {
    NOT_IN_USE
}
