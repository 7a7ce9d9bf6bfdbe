//! Every mistake that the simulator can be told to make is seen: by discord.js and the types of the
//! events, or by the types, statuses and headers of answers. Discord's description, where that is at hand,
//! sees the latter too.

use discord_sim::{Mistake, Nonces, RateLimits, Sim, SimConfig};
use futures::{StreamExt, stream};

use super::answers::walk;
use super::{broken_rules, script, story};

/// Who sees a mistake, and how it is told.
enum Seen {
    ByDiscordJs(&'static str),
    /// It needs a look at an answer.
    InAnswers {
        /// What its type, its status or its headers say, and what Discord's description says.
        told: &'static str,
        described: &'static str,
    },
}

use Seen::{ByDiscordJs, InAnswers};

const fn in_answers(told: &'static str, described: &'static str) -> Seen {
    InAnswers { told, described }
}

/// How every failure of the story begins.
const NOT_AS_TOLD: &str = "not as told: ";

const fn seen(mistake: Mistake) -> Seen {
    use Mistake as M;
    match mistake {
        // Where the endless heartbeats lead depends on how fast they are answered.
        M::HelloWithoutInterval => ByDiscordJs(NOT_AS_TOLD),
        M::ReadyWithoutApplication => {
            ByDiscordJs(r#"event READY: the body: "application" is a required property"#)
        }
        M::ReadyWithoutResumeAddress => {
            ByDiscordJs(r#"event READY: the body: "resume_gateway_url" is a required property"#)
        }
        M::EventsNotCounted => ByDiscordJs("has number 1 and not 2"),
        M::NothingIsReplayed => ByDiscordJs(r#"resumed came instead of ["heard"]"#),
        M::GuildWithoutChannels => ByDiscordJs(r#""channels":[]"#),
        M::MessageWithoutAuthor => {
            ByDiscordJs(r#"event MESSAGE_CREATE: the body: "author" is a required property"#)
        }
        M::MessageWithNumericId => ByDiscordJs(r#"is not of type "string""#),
        M::MessageWithoutTime => ByDiscordJs(r#""timestamp" is a required property"#),
        M::DmWithoutChannelType => ByDiscordJs("dm did not come"),
        M::DescriptionIsNull => {
            ByDiscordJs(r#"/attachments/0/description: null is not of type "string""#)
        }
        M::EditsAreNotTold => ByDiscordJs(r#"reacted came instead of ["edited"]"#),
        M::DeletionsAreNotTold => ByDiscordJs(r#"typing came instead of ["deleted"]"#),
        M::ReactionWithoutEmojiName => ByDiscordJs(r#"/emoji: "name" is a required property"#),
        M::ThreadWithoutMetadata => ByDiscordJs(r#""archived":null"#),
        M::ThreadIsNotNew => ByDiscordJs(r#""new":false"#),
        M::InteractionWithoutLocale => ByDiscordJs(r#""locale" is a required property"#),
        M::InteractionWithoutToken => ByDiscordJs(r#""token" is a required property"#),
        M::OptionsUnresolved => ByDiscordJs(r#""whom":null"#),
        M::NothingIsFocused => ByDiscordJs("No focused option"),
        M::ComponentTypeAsText => ByDiscordJs("event INTERACTION_CREATE: /data: "),
        M::SelectWithoutValues => ByDiscordJs("event INTERACTION_CREATE: /data/component_type: "),
        M::ModalWithoutValues => ByDiscordJs(r#""value" is a required property"#),
        M::PathsNotDecoded => ByDiscordJs("%F0%9F%91%80"),
        M::FollowUpBesideDeferred => ByDiscordJs(r#""firstIsOriginal":false"#),
        M::EphemeralIsLost => ByDiscordJs(r#""ephemeral":[false,false,false]"#),
        M::LoadingForEver => ByDiscordJs(r#""loading":true"#),
        M::NobodyUsedIt => ByDiscordJs(r#""whom":"member""#),
        M::CallbackWithoutResource => ByDiscordJs("panel is {}"),
        M::ThreadWithIdOfItsOwn => ByDiscordJs("Unknown Channel"),
        M::DmWithoutRecipients => in_answers(
            r#"answer dm: the body: "recipients" is a required property"#,
            "create_dm answer",
        ),
        M::SessionLimitsMissing => ByDiscordJs("reading 'reset_after'"),
        M::OldestFirst => ByDiscordJs(r#""newest":["change your mind","the other way"]"#),
        M::EditedNever => ByDiscordJs(r#""edited_timestamp" is a required property"#),
        // discord.js sees it only if the answer comes before the event.
        M::PostedNowhere => in_answers(
            r#"answer post: the body: "channel_id" is a required property"#,
            r#""channel_id" is a required property"#,
        ),
        M::CommandsWithoutOptions => ByDiscordJs(r#"["report",0,true]"#),
        M::OkForNoContent => in_answers(
            "reaction: the status is 200 and should be 204",
            "/reactions/👀/@me): Discord never answers with 200",
        ),
        M::OkForCreated => in_answers(
            "thread: the status is 200 and should be 201",
            "/threads): Discord never answers with 200",
        ),
        M::ApplicationWithoutNewFlags => in_answers(
            r#"answer application: the body: "flags_new" is a required property"#,
            r#""flags_new" is a required property"#,
        ),
        M::ThreadsWithoutMore => in_answers(
            r#"answer active: the body: "has_more" is a required property"#,
            r#""has_more" is a required property"#,
        ),
        M::ErrorCodeAsText => in_answers("answer refusal: /code", "/code"),
        M::RateLimitWithoutReset => in_answers(
            "the header x-ratelimit-reset is missing",
            "the header x-ratelimit-reset is missing",
        ),
    }
}

/// Each test takes a quarter: a mistake costs a second of node.
macro_rules! quarters {
    ($($name:ident $quarter:literal;)*) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            all_are_seen_by_discord_js($quarter).await;
        })*
    };
}

quarters! {
    mistakes_that_a_client_can_see_are_seen_by_discord_js 0;
    more_mistakes_that_a_client_can_see_are_seen_by_discord_js 1;
    still_more_mistakes_that_a_client_can_see_are_seen_by_discord_js 2;
    the_last_mistakes_that_a_client_can_see_are_seen_by_discord_js 3;
}

async fn all_are_seen_by_discord_js(quarter: usize) {
    let mistakes = Mistake::ALL
        .iter()
        .filter_map(|mistake| match seen(*mistake) {
            ByDiscordJs(words) => Some((*mistake, words)),
            InAnswers { .. } => None,
        });
    let mistakes: Vec<(Mistake, &str)> = mistakes.collect();
    assert!(mistakes.len() >= 20);
    // Several at once: some of them wait in vain for something.
    let unseen: Vec<String> = stream::iter(mistakes.into_iter().skip(quarter).step_by(4))
        .map(|(mistake, words)| async move {
            let found = found_by_discord_js(mistake).await;
            (!found.contains(words)).then(|| format!("{mistake:?}: {found}"))
        })
        .buffer_unordered(3)
        .filter_map(|unseen| async { unseen })
        .collect()
        .await;
    assert_eq!(unseen, Vec::<String>::new());
}

async fn found_by_discord_js(mistake: Mistake) -> String {
    let sim = Sim::start(SimConfig {
        nonces: Nonces::Optional,
        mistake: Some(mistake),
        // The description has its own test, and is not at hand everywhere.
        openapi: None,
        ..SimConfig::default()
    })
    .await;
    match story::tell(&sim).await {
        Ok(()) => format!("broken rules: {:?}", broken_rules(&sim)),
        Err(words) => format!("{NOT_AS_TOLD}{words}"),
    }
}

/// Where Discord's description is at hand it sees the same, in every request of every test.
#[tokio::test]
async fn every_other_mistake_is_seen_by_the_types_statuses_and_headers_of_answers() {
    script::folder().unwrap();
    let mistakes = Mistake::ALL
        .iter()
        .filter_map(|mistake| match seen(*mistake) {
            InAnswers { told, described } => Some((Some(*mistake), told, described)),
            ByDiscordJs(_) => None,
        });
    for (mistake, told, described) in mistakes.chain([(None, "", "")]) {
        let config = SimConfig {
            mistake,
            rate_limits: RateLimits::Realistic,
            ..SimConfig::default()
        };
        let is_described = config.openapi.is_some();
        let sim = Sim::start(config).await;
        let found = walk(&sim).await;
        let broken: Vec<String> = sim
            .take_violations()
            .iter()
            .map(ToString::to_string)
            .collect();
        let has = |found: &[String], words| found.iter().any(|one| one.contains(words));
        if mistake.is_some() {
            assert!(has(&found, told), "{mistake:?}: {found:?}");
            assert_eq!(
                has(&broken, described),
                is_described,
                "{mistake:?}: {broken:?}"
            );
        } else {
            assert_eq!((found, broken), (Vec::new(), Vec::new()));
        }
    }
}
