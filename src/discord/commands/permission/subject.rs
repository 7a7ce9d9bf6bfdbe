//! Whom a membership is about, and whose roles have to be known to change it.

use serenity::all as sn;

use super::{CommandError, Context};
use crate::{
    discord::{ids, inbound::shown, people},
    store::{MembershipRow, Subject},
    words::{Person, Scope, Tier, UserId},
};

/// Exactly one of the two options has to be given.
pub(super) const CHOOSE_ONE: &str =
    "Choose whom you mean: a person with the option `user`, or everybody with a role with `role`.";

/// The person or the role of the options; `None` if neither or both are given.
pub(super) fn subject(user: Option<sn::UserId>, role: Option<sn::RoleId>) -> Option<Subject> {
    match (user, role) {
        (Some(user), None) => Some(Subject::User(ids::user(user))),
        (None, Some(role)) => Some(Subject::Role(ids::role(role))),
        (None, None) | (Some(_), Some(_)) => None,
    }
}

/// Somebody within a sentence. Mentions in answers ping nobody.
pub(super) fn shown_subject(subject: Subject) -> String {
    match subject {
        Subject::User(id) => format!("<@{id}>"),
        Subject::Role(id) => format!("<@&{id}>"),
    }
}

/// Somebody with his roles: as the command brought them, or as Discord tells them now. Who has left
/// has none.
pub(super) async fn person(context: Context<'_>, id: UserId) -> Result<Person, CommandError> {
    let brought = &context.interaction.data.resolved;
    let user = ids::to_user(id);
    if let Some(member) = brought.members.get(&user) {
        let name = brought.users.get(&user).map(|user| shown(user, None));
        return Ok(Person {
            id,
            name: member.nick.clone().or(name).unwrap_or_default(),
            roles: member.roles.iter().copied().map(ids::role).collect(),
        });
    }
    let http = &context.serenity_context().http;
    let member = people::member(http, context.data().guild, id).await?;
    Ok(Person {
        id,
        name: member.as_ref().map_or_else(String::new, |member| {
            shown(&member.user, member.nick.as_deref())
        }),
        roles: member.as_ref().map_or_else(Vec::new, people::roles),
    })
}

/// The people with their roles that a change may touch: whom it is about and, because they may hold
/// the role or be the last, the owners that are stored for that scope or for everywhere.
pub(super) async fn touched(
    context: Context<'_>,
    subject: Subject,
    scope: Scope,
) -> Result<Vec<Person>, CommandError> {
    let rows = context.data().house.memberships().await?;
    let mut ids: Vec<UserId> = rows
        .iter()
        .filter(|row| is_owner_in(row, scope))
        .filter_map(|row| match row.subject {
            Subject::User(id) => Some(id),
            Subject::Role(_) => None,
        })
        .collect();
    if let Subject::User(id) = subject {
        ids.push(id);
    }
    ids.sort_unstable();
    ids.dedup();
    let mut people = Vec::new();
    for id in ids {
        people.push(person(context, id).await?);
    }
    Ok(people)
}

/// Whether a membership makes an owner where the scope holds. Of a thread the channel is not known
/// here, so that of every channel counts.
fn is_owner_in(row: &MembershipRow, scope: Scope) -> bool {
    let may_hold = match (row.scope, scope) {
        (Scope::Global, _) | (Scope::Channel(_), Scope::Thread(_)) => true,
        (theirs, ours) => theirs == ours,
    };
    row.tier == Tier::Owner && may_hold
}
