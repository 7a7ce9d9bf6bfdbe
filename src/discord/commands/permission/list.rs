//! `/permission list`: every membership that the caller may change.

use super::{
    super::introduced,
    CommandError, Context,
    answer::{fitting, say},
    holds_at,
    show::line,
};
use crate::{
    access::Action,
    store::MembershipRow,
    words::{Scope, Tier},
};

/// Show every membership that you may change
#[poise::command(slash_command, guild_only)]
pub(super) async fn list(context: Context<'_>) -> Result<(), CommandError> {
    let caller = introduced(context).await?;
    let rows = manageable(context, &caller).await?;
    let text = if rows.is_empty() {
        "Nothing is set yet: only the owners of the settings may ask. `/permission set` changes that."
            .to_owned()
    } else {
        fitting(&rows.iter().map(line).collect::<Vec<_>>())
    };
    say(context, &text).await
}

/// The memberships that an owner may change from here: who owns the whole server, all of them; who
/// owns a channel or a thread, those that hold there and nowhere else.
pub(super) async fn manageable(
    context: Context<'_>,
    caller: &super::super::Caller,
) -> Result<Vec<MembershipRow>, CommandError> {
    let permit = caller.permit(context, Action::ManageMembers).await?;
    let house = &context.data().house;
    let (_, own) = house.standing(&permit, &caller.person).await?;
    let nearer: Vec<Scope> = own
        .iter()
        .filter(|row| row.tier == Tier::Owner)
        .map(|row| row.scope)
        .collect();
    let only_here = !nearer.is_empty() && !nearer.contains(&Scope::Global);
    let mut rows = house.memberships(&permit).await?;
    if only_here {
        rows.retain(|row| row.scope != Scope::Global && holds_at(row.scope, caller.place));
    }
    Ok(rows)
}
