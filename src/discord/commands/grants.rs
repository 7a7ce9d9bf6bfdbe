//! `/grants`: what agents are allowed for longer than once.

use serenity::all::CreateAutocompleteResponse;

use super::{
    Caller, CommandError, Context,
    answer::{fitting, say},
    asked, caller, introduced,
    offers::{self, Offer},
};
use crate::{
    access::{Action, Permit, Refusal},
    discord::render,
    session::{Given, Holding, may_revoke},
    words::{GrantId, GrantScope},
};

const UNKNOWN: &str = "There is no such grant that you could take back. Choose one of those that the option `grant` offers.";

/// What agents are allowed for longer than once
#[expect(
    clippy::unused_async,
    reason = "poise wants a future; Discord never calls a command that has subcommands"
)]
#[poise::command(
    slash_command,
    guild_only,
    subcommands("list", "revoke"),
    subcommand_required
)]
pub(super) async fn grants(_context: Context<'_>) -> Result<(), CommandError> {
    Ok(())
}

/// Show what agents are allowed for longer than once in the project of this place
#[poise::command(slash_command, guild_only)]
async fn list(context: Context<'_>) -> Result<(), CommandError> {
    let permit = asked(context, Action::SeeGrants).await?;
    let rows = context.data().house.grants(&permit).await?;
    say(context, &sentences(&rows)).await
}

/// Take back what agents are allowed
#[poise::command(slash_command, guild_only)]
async fn revoke(
    context: Context<'_>,
    #[description = "Which one"]
    #[autocomplete = "offered"]
    #[max_length = 100]
    grant: String,
) -> Result<(), CommandError> {
    let caller = introduced(context).await?;
    let permit = revoking(context, &caller).await?;
    let text = match grant.trim().parse::<GrantId>() {
        Ok(id) if context.data().house.revoke_grant(&permit, id).await? => {
            "Taken back: from now on it is asked for again."
        }
        Ok(_) | Err(_) => UNKNOWN,
    };
    say(context, text).await
}

/// What somebody takes grants back with: an owner any of them, others what they gave themselves.
async fn revoking(context: Context<'_>, caller: &Caller) -> Result<Permit, CommandError> {
    match caller.permit(context, Action::RevokeGrant).await {
        Err(CommandError::Refused(Refusal::NotAnOwner)) => {
            caller.permit(context, Action::SeeGrants).await
        }
        other => other,
    }
}

/// The grants of the place's project that the caller may take back.
async fn offered(context: Context<'_>, typed: &str) -> CreateAutocompleteResponse {
    let found = async {
        let caller = caller(context).await?;
        let seeing = caller.permit(context, Action::SeeGrants).await?;
        let mut rows = context.data().house.grants(&seeing).await?;
        let permit = revoking(context, &caller).await?;
        rows.retain(|given| may_revoke(&permit, &given.grant));
        Ok::<_, CommandError>(rows)
    };
    let rows = found.await.unwrap_or_default();
    let secrets = &context.data().arrivals.secrets;
    let offer = |given: Given| Offer {
        shown: render::thread_name(
            &secrets.redact(&format!("{} · {}", given.grant.rule, given.grant.scope)),
        ),
        value: given.grant.id.to_string(),
    };
    offers::answer(rows.into_iter().map(offer).collect(), typed)
}

fn sentences(rows: &[Given]) -> String {
    if rows.is_empty() {
        return "Nothing is allowed for longer here. Questions have a button for that.".to_owned();
    }
    fitting(&rows.iter().map(line).collect::<Vec<_>>())
}

fn line(
    Given {
        grant: row,
        holding,
    }: &Given,
) -> String {
    let (sign, but) = match holding {
        Holding::Holds => ("🔓", ""),
        Holding::GiverMayNot => ("🔒", ", who may not give it any more: it does not count"),
    };
    let place = match row.scope {
        GrantScope::Session(_) => "in one conversation, while it lasts".to_owned(),
        GrantScope::Thread(id) | GrantScope::Channel(id) => format!("in <#{id}>"),
        GrantScope::Project => "in the whole project".to_owned(),
    };
    let until = row.expires_at.map_or_else(String::new, |at| {
        format!(" · ends <t:{}:R>", at.get() / 1_000)
    });
    format!(
        "{sign} {} · {place} · for {}s and above · by <@{}>{but}{until}",
        render::escape_markdown(&row.rule),
        row.tier,
        row.granted_by
    )
}
