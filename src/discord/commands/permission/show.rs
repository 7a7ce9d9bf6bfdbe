//! `/permission show`: what somebody is here, and why.

use serenity::all as sn;

use super::{
    super::introduced,
    CommandError, Context,
    answer::{fitting, say},
    shown_scope,
    subject::{CHOOSE_ONE, person, shown_subject, subject},
};
use crate::{
    access::{Action, Permit},
    store::{MembershipRow, Subject},
    words::{Person, Tier},
};

/// Show what you are here or, as an owner, what somebody else is
#[poise::command(slash_command, guild_only)]
pub(super) async fn show(
    context: Context<'_>,
    #[description = "A person; without one, you"] user: Option<sn::UserId>,
    #[description = "Everybody with a role"] role: Option<sn::RoleId>,
) -> Result<(), CommandError> {
    let caller = introduced(context).await?;
    let own = Subject::User(caller.person.id);
    let meant = match (user, role) {
        (None, None) => Some(own),
        (user, role) => subject(user, role),
    };
    let demanded = if meant == Some(own) {
        Action::SeeOwnTier
    } else {
        Action::ManageMembers
    };
    let permit = caller.permit(context, demanded).await?;
    let text = match meant {
        None => CHOOSE_ONE.to_owned(),
        Some(Subject::User(id)) if id == caller.person.id => {
            of_person(context, &permit, &caller.person).await?
        }
        Some(Subject::User(id)) => {
            let person = person(context, id).await?;
            of_person(context, &permit, &person).await?
        }
        Some(role @ Subject::Role(_)) => of_role(context, &permit, role).await?,
    };
    say(context, &text).await
}

async fn of_person(
    context: Context<'_>,
    permit: &Permit,
    person: &Person,
) -> Result<String, CommandError> {
    let house = &context.data().house;
    let (tier, rows) = house.standing(permit, person).await?;
    let whom = shown_subject(Subject::User(person.id));
    Ok(sentences(&whom, tier, &rows))
}

async fn of_role(
    context: Context<'_>,
    permit: &Permit,
    role: Subject,
) -> Result<String, CommandError> {
    let mut rows = context.data().house.memberships(permit).await?;
    rows.retain(|row| row.subject == role && super::holds_at(row.scope, permit.place()));
    if rows.is_empty() {
        return Ok(format!(
            "Nothing is set here for {}. `/permission set` does it.",
            shown_subject(role)
        ));
    }
    Ok(fitting(&rows.iter().map(line).collect::<Vec<_>>()))
}

fn sentences(whom: &str, tier: Tier, rows: &[MembershipRow]) -> String {
    let head = match (tier, rows.is_empty()) {
        (Tier::Guest, true) => format!(
            "{whom} is a **guest** here: nothing is set. An owner can change that with `/permission set`."
        ),
        (Tier::Owner, true) => format!("{whom} is an **owner** here, by the settings of Baton."),
        (tier, _) => format!("{whom} is **{tier}** here:"),
    };
    let lines: Vec<String> = std::iter::once(head).chain(rows.iter().map(line)).collect();
    fitting(&lines)
}

/// One membership.
pub(super) fn line(row: &MembershipRow) -> String {
    let by = row
        .granted_by
        .map_or_else(|| "the operator".to_owned(), |by| format!("<@{by}>"));
    let end = row.expires_at.map_or_else(String::new, |end| {
        format!(", until <t:{}:f>", end.get() / 1_000)
    });
    format!(
        "- {} · **{}** {}{end} · by {by}, <t:{}:R>",
        shown_subject(row.subject),
        row.tier,
        shown_scope(row.scope),
        row.granted_at.get() / 1_000,
    )
}
