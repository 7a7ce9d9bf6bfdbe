//! Whom a membership is about, and whose roles have to be known to change it.

use serenity::all as sn;

use super::{CommandError, Context};
use crate::{
    access::Permit,
    discord::{ids, inbound::shown},
    store::Subject,
    words::{Person, Tier, UserId},
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
    let member = context.data().people.member(id).await?;
    Ok(member.unwrap_or_else(|| Person {
        id,
        name: String::new(),
        roles: Vec::new(),
    }))
}

/// The people with their roles that a change may touch: whom it is about and, because they may hold
/// the role or be the last, the owners that are stored.
pub(super) async fn touched(
    context: Context<'_>,
    permit: &Permit,
    subject: Subject,
) -> Result<Vec<Person>, CommandError> {
    let rows = context.data().house.memberships(permit).await?;
    let mut ids: Vec<UserId> = rows
        .iter()
        .filter(|row| row.tier == Tier::Owner)
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
