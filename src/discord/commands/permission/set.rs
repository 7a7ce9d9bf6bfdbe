//! `/permission set`: makes somebody something.

use std::time::Duration;

use poise::ChoiceParameter as _;
use serenity::all as sn;

use super::{
    super::introduced,
    CommandError, Context,
    answer::say,
    shown_scope,
    subject::{CHOOSE_ONE, shown_subject, subject, touched},
};
use crate::{
    access::{Action, Change, Changed},
    words::{Place, Scope, Tier},
};

/// How much somebody may do.
#[derive(Clone, Copy, Debug, poise::ChoiceParameter)]
enum TierChoice {
    #[name = "owner"]
    Owner,
    #[name = "member"]
    Member,
    #[name = "guest"]
    Guest,
    #[name = "blocked"]
    Blocked,
}

/// Where it holds.
#[derive(Clone, Copy, Debug, poise::ChoiceParameter)]
enum ScopeChoice {
    #[name = "this thread"]
    Thread,
    #[name = "this channel"]
    Channel,
    #[name = "everywhere"]
    Global,
}

/// How long it holds.
#[derive(Clone, Copy, Debug, poise::ChoiceParameter)]
enum SpanChoice {
    #[name = "an hour"]
    Hour,
    #[name = "a day"]
    Day,
    #[name = "a week"]
    Week,
    #[name = "30 days"]
    Month,
}

/// Make somebody, or everybody with a role, owner, member, guest or blocked
#[poise::command(slash_command, guild_only)]
pub(super) async fn set(
    context: Context<'_>,
    #[description = "What they are to be"] tier: TierChoice,
    #[description = "Where that holds"] scope: ScopeChoice,
    #[description = "A person"] user: Option<sn::UserId>,
    #[description = "Everybody with a role"] role: Option<sn::RoleId>,
    #[description = "How long; without it, until somebody takes it away"]
    #[rename = "for"]
    span: Option<SpanChoice>,
) -> Result<(), CommandError> {
    let caller = introduced(context).await?;
    let permit = caller.permit(context, Action::ManageMembers).await?;
    let Some(subject) = subject(user, role) else {
        return say(context, CHOOSE_ONE).await;
    };
    let Some(scope) = scope_at(caller.place, scope) else {
        return say(context, "This is no thread. Choose another scope.").await;
    };
    let tier = tier_of(tier);
    let change = Change {
        subject,
        scope,
        tier: Some(tier),
        span: span.map(length),
    };
    let known = touched(context, &permit, subject).await?;
    let house = &context.data().house;
    let changed = house
        .change_membership(&permit, &caller.person, change, &known)
        .await?;
    let text = match changed {
        Ok(Changed::Set | Changed::Removed(_) | Changed::Nothing) => {
            let place = match span {
                Some(span) => format!("{} for {}", shown_scope(scope), span.name()),
                None => shown_scope(scope),
            };
            sentence(&shown_subject(subject), tier, &place)
        }
        Err(why) => why.to_string(),
    };
    say(context, &text).await
}

fn sentence(whom: &str, tier: Tier, place: &str) -> String {
    match tier {
        Tier::Owner => format!("{whom} owns Baton {place} now, and decides for others."),
        Tier::Member => format!("{whom} can work with the agents {place} now."),
        Tier::Guest => format!("{whom} is a guest {place} now, and cannot ask anything of agents."),
        Tier::Blocked => {
            format!("{whom} is blocked {place} now. `/permission revoke` lifts that.")
        }
    }
}

const fn length(choice: SpanChoice) -> Duration {
    match choice {
        SpanChoice::Hour => Duration::from_hours(1),
        SpanChoice::Day => Duration::from_hours(24),
        SpanChoice::Week => Duration::from_hours(7 * 24),
        SpanChoice::Month => Duration::from_hours(30 * 24),
    }
}

const fn tier_of(choice: TierChoice) -> Tier {
    match choice {
        TierChoice::Owner => Tier::Owner,
        TierChoice::Member => Tier::Member,
        TierChoice::Guest => Tier::Guest,
        TierChoice::Blocked => Tier::Blocked,
    }
}

fn scope_at(place: Place, choice: ScopeChoice) -> Option<Scope> {
    match choice {
        ScopeChoice::Thread => place.thread.map(Scope::Thread),
        ScopeChoice::Channel => Some(Scope::Channel(place.channel)),
        ScopeChoice::Global => Some(Scope::Global),
    }
}
