//! `/auth`: the accounts of the agent programs.

use super::{CommandError, Context, answer::say, asked};
use crate::{
    access::Action,
    session::{AccountHealth, AccountView},
    words::RuntimeKind,
};

/// The accounts of the agent programs
#[expect(
    clippy::unused_async,
    reason = "poise wants a future; Discord never calls a command that has subcommands"
)]
#[poise::command(slash_command, guild_only, subcommands("status"), subcommand_required)]
pub(super) async fn auth(_context: Context<'_>) -> Result<(), CommandError> {
    Ok(())
}

/// Show how each account of the agent programs is, and what is left of it
#[poise::command(slash_command, guild_only)]
async fn status(context: Context<'_>) -> Result<(), CommandError> {
    let permit = asked(context, Action::SeeAccounts).await?;
    let accounts = context.data().house.accounts(&permit)?;
    say(context, &sentences(&accounts)).await
}

fn sentences(accounts: &[AccountView]) -> String {
    let lines: Vec<String> = accounts.iter().map(line).collect();
    lines.join("\n")
}

fn line(account: &AccountView) -> String {
    let health = match account.health {
        AccountHealth::Unknown => "nothing was heard of it since the start".to_owned(),
        AccountHealth::Works => "works".to_owned(),
        AccountHealth::LimitedUntil(until) => {
            let at = until.get() / 1_000;
            format!("its limit is reached, until <t:{at}:t> (<t:{at}:R>)")
        }
        AccountHealth::LoginNeeded(_) => {
            let directory = match account.slot.runtime {
                RuntimeKind::Claude => "CLAUDE_CONFIG_DIR",
                RuntimeKind::Codex => "CODEX_HOME",
            };
            format!("nobody is logged in; log in on the machine, with its directory as {directory}")
        }
        AccountHealth::Fails(class) => format!("fails. {}", class.sentence()),
    };
    let login = match account.has_login {
        Some(true) => "has a login",
        Some(false) => "has no login",
        None => "whether it has a login cannot be seen",
    };
    let left = account.headroom_percent().map_or_else(String::new, |left| {
        format!("; {left} % of its limit are left")
    });
    format!("`{}`: {health}; {login}{left}", account.slot)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Millis, runtime::ErrorClass, words::SlotId};

    #[test]
    fn each_account_is_a_line_with_what_is_known_of_it() {
        let account = |name: &str, health, has_login, headroom| AccountView {
            slot: SlotId {
                runtime: RuntimeKind::Claude,
                name: name.parse().unwrap(),
            },
            health,
            has_login,
            headroom,
        };
        let until = AccountHealth::LimitedUntil(Millis::new(1_795_258_214_999));
        let fails = AccountHealth::Fails(ErrorClass::NoCredit);
        insta::assert_snapshot!(sentences(&[
            account("main", AccountHealth::Works, Some(true), Some(0.25)),
            account("limited", until, Some(true), Some(0.0)),
            account("out", AccountHealth::LoginNeeded(None), Some(false), None),
            account("poor", fails, Some(true), None),
            account("new", AccountHealth::Unknown, None, None),
        ]));
    }
}
