//! `/permission revoke`: takes a membership or a block away.

use std::collections::HashMap;

use serenity::all::CreateAutocompleteResponse;

use super::{
    super::{
        caller, introduced,
        offers::{self, Offer, PATIENCE},
    },
    CommandError, Context,
    answer::say,
    list::manageable,
    shown_scope,
    subject::{shown_subject, touched},
};
use crate::{
    access::{Action, Change, Changed},
    discord::ids,
    store::{MembershipRow, Subject},
    words::{RoleId, Scope, UserId},
};

const UNKNOWN: &str =
    "There is no such membership. Choose one of those that the option `membership` offers.";

/// Take a membership or a block away
#[poise::command(slash_command, guild_only)]
pub(super) async fn revoke(
    context: Context<'_>,
    #[description = "Which one"]
    #[autocomplete = "memberships"]
    #[max_length = 100]
    membership: String,
) -> Result<(), CommandError> {
    let caller = introduced(context).await?;
    let permit = caller.permit(context, Action::ManageMembers).await?;
    let Some((subject, scope)) = read(membership.trim()) else {
        return say(context, UNKNOWN).await;
    };
    let change = Change {
        subject,
        scope,
        tier: None,
        span: None,
    };
    let known = touched(context, &permit, subject).await?;
    let house = &context.data().house;
    let changed = house
        .change_membership(&permit, &caller.person, change, &known)
        .await?;
    let text = match changed {
        Ok(Changed::Nothing) => UNKNOWN.to_owned(),
        Ok(Changed::Set) => format!("{} stays as it is.", shown_subject(subject)),
        Ok(Changed::Removed(tier)) => format!(
            "{} is not {tier} {} any more.",
            shown_subject(subject),
            shown_scope(scope)
        ),
        Err(why) => why.to_string(),
    };
    say(context, &text).await
}

/// The memberships that the caller may take away.
async fn memberships(context: Context<'_>, typed: &str) -> CreateAutocompleteResponse {
    let rows = match caller(context).await {
        Ok(caller) => manageable(context, &caller).await.unwrap_or_default(),
        Err(_) => Vec::new(),
    };
    let user = |row: &MembershipRow| match row.subject {
        Subject::User(id) => Some(id),
        Subject::Role(_) => None,
    };
    let users: Vec<UserId> = rows.iter().filter_map(user).collect();
    let names = context.data().people.names(&users, PATIENCE).await;
    let offers = rows.iter().map(|row| offer(context, row, &names));
    offers::answer(offers.collect(), typed)
}

/// A membership with the names for its ids: of people those that were asked for, of the rest those that
/// Discord's cache has, which knows no members.
fn offer(context: Context<'_>, row: &MembershipRow, names: &HashMap<UserId, String>) -> Offer {
    let cache = &context.serenity_context().cache;
    let guild = cache.guild(ids::to_guild(context.data().guild));
    let whom = match row.subject {
        Subject::User(id) => names.get(&id).map(|name| format!("@{name}")),
        Subject::Role(id) => guild
            .as_ref()
            .and_then(|guild| guild.roles.get(&ids::to_role(id)))
            .map(|role| format!("@{}", role.name)),
    };
    let place = match row.scope {
        Scope::Global => None,
        Scope::Channel(id) | Scope::Thread(id) => guild.as_ref().and_then(|guild| {
            let id = ids::to_channel(id);
            let threads = guild.threads.iter();
            let mut all = guild.channels.values().chain(threads);
            all.find(|channel| channel.id == id)
                .map(|channel| format!("#{}", channel.name))
        }),
    };
    let whom = whom.unwrap_or_else(|| row.subject.to_string());
    let place = place.unwrap_or_else(|| row.scope.to_string());
    Offer {
        shown: format!("{whom} · {} · {place}", row.tier),
        value: written(row.subject, row.scope),
    }
}

/// A membership as the option's value.
fn written(subject: Subject, scope: Scope) -> String {
    match subject {
        Subject::User(id) => format!("user:{id}:{scope}"),
        Subject::Role(id) => format!("role:{id}:{scope}"),
    }
}

fn read(text: &str) -> Option<(Subject, Scope)> {
    let (kind, rest) = text.split_once(':')?;
    let (id, scope) = rest.split_once(':')?;
    let subject = match kind {
        "user" => Subject::User(UserId::new(id.parse().ok()?)),
        "role" => Subject::Role(RoleId::new(id.parse().ok()?)),
        _ => return None,
    };
    Some((subject, scope.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_offered_reads_back() {
        for subject in [Subject::User(UserId::new(7)), Subject::Role(RoleId::new(8))] {
            for scope in ["global", "channel:9", "thread:10"] {
                let scope: Scope = scope.parse().unwrap();
                assert_eq!(read(&written(subject, scope)), Some((subject, scope)));
            }
        }
        for text in [
            "",
            "ann",
            "user:7",
            "user:x:global",
            "bot:7:global",
            "user:7:nowhere",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
