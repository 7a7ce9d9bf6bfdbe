//! A click that comes too late to be answered.

use serenity::all as sn;

use super::{Click, Desk, InVain, decide, ids};
use crate::{discord::late::Done, session::Control, words::Choice};

/// Carries it out if it says no.
pub(in crate::discord) async fn late(
    desk: &Desk,
    context: &sn::Context,
    interaction: &sn::Interaction,
) -> Result<Done, InVain> {
    let Some(click) = Click::of(desk, context, interaction) else {
        return Ok(Done::Nothing);
    };
    let user = ids::user(click.signs.user.id);
    desk.haste.count(user).map_err(InVain::TooFast)?;
    let control = desk.house.control(click.control).await?;
    let Some(control) = control.filter(|control| says_no(control, &click)) else {
        return Ok(Done::Nothing);
    };
    decide::carried_out_late(desk, &click, &control).await?;
    Ok(Done::Stopped)
}

/// Whether it is a no that stands by itself: one for which a reason is wanted is none before the form is sent.
fn says_no(control: &Control, click: &Click<'_>) -> bool {
    match control.choice {
        Choice::Deny => true,
        Choice::DenyWithReason | Choice::RejectPlan => click.form().is_some(),
        Choice::Once
        | Choice::Session
        | Choice::Always
        | Choice::ApprovePlan
        | Choice::Answer { .. }
        | Choice::Select { .. }
        | Choice::Other { .. }
        | Choice::Details => false,
    }
}
