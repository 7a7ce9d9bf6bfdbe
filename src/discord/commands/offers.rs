//! What is offered to somebody who types an option: what he would otherwise need to know by heart.
//!
//! Nothing is offered to whom the command would be refused: the lists tell what there is.

use std::time::Duration;

use serenity::all::{AutocompleteChoice, CreateAutocompleteResponse};

use super::{CommandError, Context, caller, sight::visible};
use crate::{
    access::Action,
    discord::render,
    session::{Reach, SessionView, StartIn},
};

/// The most that Discord shows (Discord: interactions/receiving-and-responding#autocomplete).
const CHOICES: usize = 25;

/// The longest name and value of one (Discord: application-commands, "Choice Structure").
const CHOICE_CHARS: usize = 100;

/// What the Claude CLI calls its newest models; others can be typed.
const MODELS: [&str; 3] = ["haiku", "opus", "sonnet"];

/// How long Discord is asked which threads somebody can see, or what people are called. The answer has to
/// be there within three seconds.
pub(super) const PATIENCE: Duration = Duration::from_millis(1_500);

/// Something to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    /// What is seen.
    pub(super) shown: String,
    /// What is sent.
    pub(super) value: String,
}

impl Offer {
    fn plain(word: &str) -> Self {
        Self {
            shown: word.to_owned(),
            value: word.to_owned(),
        }
    }
}

/// The projects that the caller may begin a session with here.
pub(super) async fn projects(context: Context<'_>, typed: &str) -> CreateAutocompleteResponse {
    answer(or_nothing(projects_here(context).await), typed)
}

async fn projects_here(context: Context<'_>) -> Result<Vec<Offer>, CommandError> {
    let caller = caller(context).await?;
    let house = &context.data().house;
    let mut offers = Vec::new();
    for name in house.projects().names() {
        let demanded = house.demanded(caller.place, Some(name), StartIn::NewThread);
        if caller.permit(context, demanded).await.is_ok() {
            offers.push(Offer::plain(name));
        }
    }
    Ok(offers)
}

/// The models of the projects, and those that the agent program knows by a short name.
pub(super) async fn models(context: Context<'_>, typed: &str) -> CreateAutocompleteResponse {
    if !may(context, Action::StartSession).await {
        return answer(Vec::new(), typed);
    }
    let mut models = context.data().house.projects().models();
    models.extend(MODELS);
    models.sort_unstable();
    models.dedup();
    answer(models.into_iter().map(Offer::plain).collect(), typed)
}

/// The sessions of the channel.
pub(super) async fn sessions(context: Context<'_>, typed: &str) -> CreateAutocompleteResponse {
    answer(or_nothing(sessions_here(context).await), typed)
}

async fn sessions_here(context: Context<'_>) -> Result<Vec<Offer>, CommandError> {
    let caller = caller(context).await?;
    let permit = caller.permit(context, Action::ListSessions).await?;
    let house = &context.data().house;
    let sessions = house.sessions(&caller.person, &permit, Reach::Here).await?;
    let sessions = visible(context, &caller, sessions, PATIENCE).await;
    let offer = |view: SessionView| Offer {
        shown: render::thread_name(&format!("{} · {}", view.title, view.project)),
        value: view.id.to_string(),
    };
    Ok(sessions.into_iter().map(offer).collect())
}

fn or_nothing(offers: Result<Vec<Offer>, CommandError>) -> Vec<Offer> {
    offers.unwrap_or_else(|error| {
        tracing::debug!(%error, "nothing can be offered");
        Vec::new()
    })
}

async fn may(context: Context<'_>, action: Action) -> bool {
    match caller(context).await {
        Ok(caller) => caller.permit(context, action).await.is_ok(),
        Err(_) => false,
    }
}

/// The answer to somebody who has typed so much.
pub(super) fn answer(offers: Vec<Offer>, typed: &str) -> CreateAutocompleteResponse {
    let choices = fitting(offers, typed)
        .into_iter()
        .map(|offer| AutocompleteChoice::new(offer.shown, offer.value))
        .collect();
    CreateAutocompleteResponse::new().set_choices(choices)
}

/// Those that have in them what was typed, whatever the letters' case; first those that begin so.
fn fitting(offers: Vec<Offer>, typed: &str) -> Vec<Offer> {
    let typed = typed.trim().to_lowercase();
    let is_sent = |offer: &Offer| (1..=CHOICE_CHARS).contains(&offer.value.chars().count());
    let mut fitting: Vec<(bool, Offer)> = offers
        .into_iter()
        .filter(is_sent)
        .filter_map(|mut offer| {
            let shown = offer.shown.to_lowercase();
            if !shown.contains(&typed) {
                return None;
            }
            offer.shown = offer.shown.chars().take(CHOICE_CHARS).collect();
            Some((!shown.starts_with(&typed), offer))
        })
        .collect();
    fitting.sort_by_key(|(later, _)| *later);
    fitting.truncate(CHOICES);
    fitting.into_iter().map(|(_, offer)| offer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<Offer> {
        words.iter().copied().map(Offer::plain).collect()
    }

    #[test]
    fn what_begins_with_the_typed_letters_comes_first() {
        let offers = words(&["website", "new-web", "api", "Web"]);
        assert_eq!(
            fitting(offers.clone(), "WEB "),
            words(&["website", "Web", "new-web"])
        );
        assert_eq!(fitting(offers.clone(), ""), offers);
        assert_eq!(fitting(offers, "x"), []);
    }

    #[test]
    fn discord_is_never_offered_more_than_it_takes() {
        let many: Vec<String> = (0..40).map(|n| format!("project-{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(fitting(words(&many), "").len(), CHOICES);
        let long = "ä".repeat(CHOICE_CHARS + 1);
        let titled = Offer {
            shown: long.clone(),
            value: "1".into(),
        };
        let shortened = fitting(vec![titled, Offer::plain(&long)], "");
        assert_eq!(shortened.len(), 1, "a value cannot be shortened");
        assert_eq!(shortened[0].shown.chars().count(), CHOICE_CHARS);
    }
}
