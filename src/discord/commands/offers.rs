//! What is offered to somebody who types an option: what he would otherwise need to know by heart.
//!
//! Nothing is offered to whom the command would be refused: the lists tell what there is.

use std::time::Duration;

use serenity::all::{AutocompleteChoice, CreateAutocompleteResponse, ResolvedValue};

use super::{CommandError, Context, caller, program, sight::visible};
use crate::{
    access::Action,
    discord::render,
    session::{Reach, SessionView, StartIn},
};

/// The most that Discord shows (Discord: interactions/receiving-and-responding#autocomplete).
const CHOICES: usize = 25;

/// The longest name and value of one (Discord: application-commands, "Choice Structure").
const CHOICE_CHARS: usize = 100;

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

/// The models of the agent program with which a session is begun.
pub(super) async fn models_to_start_with(
    context: Context<'_>,
    typed: &str,
) -> CreateAutocompleteResponse {
    answer(or_nothing(models_here(context).await), typed)
}

async fn models_here(context: Context<'_>) -> Result<Vec<Offer>, CommandError> {
    let caller = caller(context).await?;
    let permit = caller.permit(context, Action::StartSession).await?;
    let house = &context.data().house;
    let projects = house.projects();
    let project = match chosen(context, "project") {
        Some(name) => projects.named(name.trim()),
        None => projects.of_channel(caller.place.channel),
    };
    let runtime = program::chosen(context).or(project.map(|project| project.runtime));
    Ok(models(&house.models(&permit, runtime)?))
}

/// The models of the agent program of a session: the one here, or the one that was named.
pub(super) async fn models_of_session(
    context: Context<'_>,
    typed: &str,
) -> CreateAutocompleteResponse {
    answer(or_nothing(models_there(context).await), typed)
}

async fn models_there(context: Context<'_>) -> Result<Vec<Offer>, CommandError> {
    let caller = caller(context).await?;
    let permit = caller.permit(context, Action::StartSession).await?;
    let listing = caller.permit(context, Action::ListSessions).await?;
    let house = &context.data().house;
    let found = house
        .find_sessions(&listing, chosen(context, "name"))
        .await?;
    let seen = visible(context, &caller, found, PATIENCE).await;
    let runtime = seen.first().map(|view| view.runtime);
    Ok(models(&house.models(&permit, runtime)?))
}

fn models(names: &[String]) -> Vec<Offer> {
    names.iter().map(|name| Offer::plain(name)).collect()
}

/// What was chosen for another option already.
fn chosen<'a>(context: Context<'a>, name: &str) -> Option<&'a str> {
    let mut options = context.args.iter();
    if let ResolvedValue::String(value) = options.find(|option| option.name == name)?.value {
        return Some(value);
    }
    None
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
    let secrets = &context.data().arrivals.secrets;
    let offer = |view: SessionView| Offer {
        shown: render::thread_name(&secrets.redact(&format!("{} · {}", view.title, view.project))),
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
