//! A click on a question: who it is, whether he may, and what he decides.

use serenity::all as sn;

use super::{Click, InVain, form};
use crate::{
    access::{Action, Permit},
    delivery::{Post, Shape},
    discord::{commands::Desk, ids, inbound},
    session::{Control, NotDecided, Ruling, Settled, Span},
    words::{ApprovalState, Choice, Person, Route},
};

/// Finds out who clicks, by what he is in the server now, and whether he may decide on this here.
pub(super) async fn permitted(
    desk: &Desk,
    click: &Click<'_>,
    control: &Control,
) -> Result<(Person, Permit), InVain> {
    let person = person(desk, click).await?;
    permitted_as(desk, click, control, person).await
}

/// Whether somebody may decide on this here.
async fn permitted_as(
    desk: &Desk,
    click: &Click<'_>,
    control: &Control,
    person: Person,
) -> Result<(Person, Permit), InVain> {
    let permit = desk
        .house
        .authorize(&person, control.place, Action::Decide)
        .await??;
    if control
        .posted
        .is_some_and(|(_, message)| !click.is_of(message))
    {
        return Err(InVain::OtherMessage);
    }
    desk.house
        .answerable(&permit, &person, control.approval, click.channel)
        .await??;
    Ok((person, permit))
}

/// All of a question, for somebody who may decide on it and for nobody else.
pub(super) async fn shown(
    desk: &Desk,
    click: &Click<'_>,
    control: &Control,
) -> Result<(Post, Permit), InVain> {
    let (_, permit) = permitted(desk, click, control).await?;
    Ok((whole(desk, control, &permit).await?, permit))
}

/// Remembers that he was shown it, so that his copy loses its buttons with the question.
pub(super) async fn keep(desk: &Desk, click: &Click<'_>, control: &Control, permit: &Permit) {
    let Some((_, message)) = control.posted else {
        return;
    };
    desk.copies.keep(message, click.token());
    // It may have ended while it was shown, before anybody knew of this copy.
    match whole(desk, control, permit).await {
        Ok(post) if post.controls.is_empty() => desk.copies.close(message, &post.content),
        Ok(_) => {}
        Err(error) => {
            tracing::debug!(%error, "it is not known whether what was shown still holds");
        }
    }
}

/// A question as approvers see it; without buttons, when it has ended.
async fn whole(desk: &Desk, control: &Control, permit: &Permit) -> Result<Post, InVain> {
    let question = desk.house.question(permit, control.approval).await?;
    let question = question.ok_or(NotDecided::Gone)?;
    Ok(desk.chat.lay_out_question(&question, Shape::Whole))
}

/// Carries a click out; says what he is told.
pub(super) async fn carried_out(
    desk: &Desk,
    click: &Click<'_>,
    control: &Control,
) -> Result<Post, InVain> {
    let person = person(desk, click).await?;
    carried_out_for(desk, click, control, person).await
}

/// The same for somebody as he is now: what a click says of him may be long ago.
pub(super) async fn carried_out_late(
    desk: &Desk,
    click: &Click<'_>,
    control: &Control,
) -> Result<Post, InVain> {
    let person = desk.people.now(ids::user(click.signs.user.id)).await?;
    carried_out_for(desk, click, control, person.ok_or(InVain::Stranger)?).await
}

async fn carried_out_for(
    desk: &Desk,
    click: &Click<'_>,
    control: &Control,
    person: Person,
) -> Result<Post, InVain> {
    let (person, permit) = permitted_as(desk, click, control, person).await?;
    let ruling = ruling(desk, click, control)?;
    let decided = desk
        .house
        .decide(&permit, &person, control.approval, ruling, click.channel)
        .await?;
    if decided == Ok(Settled::Partly) {
        show_anew(desk, control, &permit).await;
    }
    let settled = decided?;
    let content = said(settled).to_owned();
    Ok(Post {
        content,
        ..Post::default()
    })
}

/// Who clicks. In a direct message Discord says nothing of the server, so it is asked.
async fn person(desk: &Desk, click: &Click<'_>) -> Result<Person, InVain> {
    let signs = &click.signs;
    match (signs.member, signs.guild) {
        (Some(member), Some(guild)) if ids::guild(guild) == desk.guild => {
            Ok(of(signs.user, member))
        }
        (None, None) => {
            let member = desk.people.now(ids::user(signs.user.id)).await?;
            member.ok_or(InVain::Stranger)
        }
        _ => Err(InVain::Elsewhere),
    }
}

fn of(user: &sn::User, member: &sn::Member) -> Person {
    Person {
        id: ids::user(user.id),
        name: inbound::shown(user, member.nick.as_deref()),
        roles: member.roles.iter().copied().map(ids::role).collect(),
    }
}

/// What he decides.
fn ruling(desk: &Desk, click: &Click<'_>, control: &Control) -> Result<Ruling, InVain> {
    let fields = click.form().unwrap_or_default();
    let unreadable = InVain::Unreadable;
    Ok(match control.choice {
        Choice::Once | Choice::ApprovePlan => Ruling::Allow(Span::Once),
        Choice::Session => Ruling::Allow(Span::Session),
        Choice::Deny => Ruling::Deny(None),
        Choice::DenyWithReason | Choice::RejectPlan => Ruling::Deny(form::reason(&fields)),
        Choice::Always => {
            let form::Lasting {
                rule,
                breadth,
                span,
            } = form::lasting(&fields).map_err(unreadable)?;
            let until = Some(desk.house.now().after(span));
            Ruling::Allow(Span::Always {
                rule,
                breadth,
                until,
            })
        }
        Choice::Answer { question, option } => Ruling::Answer(vec![(
            question,
            labels(control, question, &[usize::from(option)])?,
        )]),
        Choice::Select { question } => Ruling::Answer(vec![(
            question,
            labels(control, question, &click.chosen())?,
        )]),
        Choice::Other { question } => {
            Ruling::Answer(vec![(question, form::answer(&fields).map_err(unreadable)?)])
        }
        // It decides nothing.
        Choice::Details => return Err(InVain::OtherMessage),
    })
}

/// The names of what was chosen, as the agent program writes several.
fn labels(control: &Control, question: u8, chosen: &[usize]) -> Result<String, InVain> {
    let inquiry = control.inquiries.get(usize::from(question));
    let named: Option<Vec<&str>> = chosen
        .iter()
        .map(|option| Some(inquiry?.options.get(*option)?.label.as_str()))
        .collect();
    named
        .filter(|all| !all.is_empty())
        .map(|all| all.join(", "))
        .ok_or(InVain::OtherMessage)
}

/// Shows the question in its message as it stands by now. That is a kindness: all of it is stored, and who
/// pressed a button is told.
async fn show_anew(desk: &Desk, control: &Control, permit: &Permit) {
    let Some((channel, message)) = control.posted else {
        return;
    };
    let shown = async {
        let question = desk.house.question(permit, control.approval).await?;
        if let Some(question) = question.filter(|question| question.end.is_none()) {
            // What is veiled stands where others read.
            let shape = match control.route {
                Some(Route::Veiled) | None => Shape::Veiled,
                Some(Route::Dm | Route::Channel | Route::Thread) => Shape::Whole,
            };
            let post = desk.chat.lay_out_question(&question, shape);
            desk.chat.edit(channel, message, post.content).await?;
        }
        Ok::<(), InVain>(())
    };
    if let Err(error) = shown.await {
        tracing::debug!(%error, "a question could not be shown as it stands by now");
    }
}

const fn said(settled: Settled) -> &'static str {
    match settled {
        Settled::Partly => "Noted. There is more to be answered.",
        Settled::Ended(ApprovalState::Allowed) => "Allowed. The agent goes on.",
        Settled::Ended(ApprovalState::Denied) => "Denied. The agent is told.",
        Settled::Ended(
            ApprovalState::Answered
            | ApprovalState::Pending
            | ApprovalState::Expired
            | ApprovalState::Cancelled
            | ApprovalState::Lost
            | ApprovalState::AskedAnew,
        ) => "Answered. The agent goes on.",
    }
}
