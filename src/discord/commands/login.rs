//! `/login`: logs the account of an agent program in.

use super::{CommandError, Context, answer::say, asked};
use crate::{
    access::Action,
    discord::render,
    session::{CODE_HOLDS, LoginEnd, NoLogin},
    words::RuntimeKind,
};

/// Log the account of an agent program in
#[expect(
    clippy::unused_async,
    reason = "poise wants a future; Discord never calls a command that has subcommands"
)]
#[poise::command(slash_command, guild_only, subcommands("codex"), subcommand_required)]
pub(super) async fn login(_context: Context<'_>) -> Result<(), CommandError> {
    Ok(())
}

/// Log Codex in with a ChatGPT account, by a code that you type in a browser
#[poise::command(slash_command, guild_only)]
async fn codex(context: Context<'_>) -> Result<(), CommandError> {
    let permit = asked(context, Action::LogIn).await?;
    let house = &context.data().house;
    let login = match house.log_in(&permit, RuntimeKind::Codex).await? {
        Ok(login) => login,
        Err(why) => return say(context, &not_begun(&why)).await,
    };
    say(context, &to_do(&login.url, &login.code)).await?;
    let stops = |_| LoginEnd::Failed("Baton was ended meanwhile".to_owned());
    let end = login.end.await.unwrap_or_else(stops);
    say(context, &ended(&end)).await
}

fn to_do(url: &str, code: &str) -> String {
    format!(
        "To log Codex in, open <{url}> in a browser, log in with the ChatGPT account that Codex is to use, and type \
         this code: `{code}`\n\
         It is good for {} minutes. Whoever has it decides which account everybody here works with: give it to nobody, \
         and type none that you were given.",
        CODE_HOLDS.as_secs() / 60
    )
}

fn not_begun(why: &NoLogin) -> String {
    match why {
        NoLogin::NoNeed => "Codex needs no login here: the operator's settings name a service of their own with \
                            its key."
            .to_owned(),
        NoLogin::Launchers => "Projects start Codex with different launchers, and a ChatGPT login bears one. Write \
                               the same `launcher` for all of them in the settings, or log Codex in with an API \
                               key on the machine."
            .to_owned(),
        NoLogin::Begun(by) => format!(
            "<@{by}> is logging Codex in at the moment. Use `/login codex` again when that is over, in a quarter of an \
             hour at the latest."
        ),
        NoLogin::Failed(why) => format!("Codex could not begin a login{}", because(why)),
    }
}

fn ended(end: &LoginEnd) -> String {
    match end {
        LoginEnd::LoggedIn { plan } => {
            let plan = plan.as_deref().map(render::escape_markdown);
            let plan = plan.map_or_else(String::new, |plan| format!(" (plan {plan})"));
            format!("✅ Codex is logged in{plan}. Its conversations can go on.")
        }
        LoginEnd::Failed(why) => format!("Codex was not logged in{}", because(why)),
        LoginEnd::TooLate => {
            "Nobody has typed the code in time. Use `/login codex` again for another.".to_owned()
        }
    }
}

/// The rest of a sentence about what failed.
fn because(why: &str) -> String {
    const NEXT: &str =
        "Use `/login codex` again; if that does not help, look at the log on the machine.";
    if why.is_empty() {
        return format!(", and does not say why. {NEXT}");
    }
    format!(
        ": {}. {NEXT}",
        render::escape_markdown(why.trim_end_matches('.'))
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::UserId;

    #[test]
    fn whatever_becomes_of_a_login_says_what_to_do_next() {
        let url = "https://auth.example/device";
        let told = [
            to_do(url, "ABCD-1234"),
            not_begun(&NoLogin::NoNeed),
            not_begun(&NoLogin::Launchers),
            not_begun(&NoLogin::Begun(UserId::new(7))),
            not_begun(&NoLogin::Failed("the service is **down**.".to_owned())),
            ended(&LoginEnd::LoggedIn { plan: None }),
            ended(&LoginEnd::LoggedIn {
                plan: Some("pro_lite".to_owned()),
            }),
            ended(&LoginEnd::Failed(String::new())),
            ended(&LoginEnd::TooLate),
        ];
        insta::assert_snapshot!(told.join("\n\n"));
    }
}
