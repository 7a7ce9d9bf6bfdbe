//! The mistakes, one line each.

use crate::rest::RouteKind;

use super::Mistake;
use super::change::Change::{self, Empty, Lose, Null, Number, Reverse, Set, Silence, Status, Text};

/// What a change is made in.
#[derive(Clone, Copy, Debug)]
pub(super) enum Where {
    /// The data of HELLO.
    Hello,
    /// The whole payload of every event.
    Payload,
    /// The data of one kind of event.
    Event(&'static str),
    /// What one route is answered.
    Answer(RouteKind),
    /// All answers.
    Answers,
    /// All refusals.
    Refusal,
    /// A header of all answers, which is not sent.
    Header(&'static str),
}

use Where::{Answer, Answers, Event, Header, Hello, Payload, Refusal};

impl Mistake {
    /// What it changes. Three mistakes are no change of something that is sent; those are made where
    /// the right thing is done.
    pub(super) const fn deviations(self) -> &'static [(Where, Change)] {
        use RouteKind as R;
        match self {
            Self::NothingIsReplayed | Self::PathsNotDecoded | Self::FollowUpBesideDeferred => &[],
            Self::HelloWithoutInterval => &[(Hello, Lose("/heartbeat_interval"))],
            Self::ReadyWithoutApplication => &[(Event("READY"), Lose("/application"))],
            Self::ReadyWithoutResumeAddress => &[(Event("READY"), Lose("/resume_gateway_url"))],
            Self::EventsNotCounted => &[(Payload, Set("/s", 1))],
            Self::GuildWithoutChannels => &[(Event("GUILD_CREATE"), Empty("/channels"))],
            Self::MessageWithoutAuthor => &[(Event("MESSAGE_CREATE"), Lose("/author"))],
            Self::MessageWithNumericId => &[(Event("MESSAGE_CREATE"), Number("/id"))],
            Self::MessageWithoutTime => &[(Event("MESSAGE_CREATE"), Lose("/timestamp"))],
            Self::DmWithoutChannelType => &[(Event("MESSAGE_CREATE"), Lose("/channel_type"))],
            Self::DescriptionIsNull => &[
                (Event("MESSAGE_CREATE"), Null("/attachments/*/description")),
                (Answers, Null("/attachments/*/description")),
            ],
            Self::EditsAreNotTold => &[(Event("MESSAGE_UPDATE"), Silence)],
            Self::DeletionsAreNotTold => &[(Event("MESSAGE_DELETE"), Silence)],
            Self::ReactionWithoutEmojiName => {
                &[(Event("MESSAGE_REACTION_ADD"), Lose("/emoji/name"))]
            }
            Self::ThreadWithoutMetadata => &[
                (Event("THREAD_CREATE"), Lose("/thread_metadata")),
                (Answer(R::ThreadFromMessage), Lose("/thread_metadata")),
            ],
            Self::ThreadIsNotNew => &[(Event("THREAD_CREATE"), Lose("/newly_created"))],
            Self::InteractionWithoutLocale => &[(Event("INTERACTION_CREATE"), Lose("/locale"))],
            Self::InteractionWithoutToken => &[(Event("INTERACTION_CREATE"), Lose("/token"))],
            Self::OptionsUnresolved => &[(Event("INTERACTION_CREATE"), Lose("/data/resolved"))],
            Self::NothingIsFocused => {
                &[(Event("INTERACTION_CREATE"), Lose("/data/options/*/focused"))]
            }
            Self::ComponentTypeAsText => &[(
                Event("INTERACTION_CREATE"),
                Text("/data/component_type", "button"),
            )],
            Self::SelectWithoutValues => &[(Event("INTERACTION_CREATE"), Lose("/data/values"))],
            Self::ModalWithoutValues => &[(
                Event("INTERACTION_CREATE"),
                Lose("/data/components/*/components/*/value"),
            )],
            Self::EphemeralIsLost => &[
                (Answer(R::FollowUp), Set("/flags", 0)),
                (Answer(R::GetAnswer), Set("/flags", 0)),
            ],
            Self::LoadingForEver => &[(Answer(R::GetAnswer), Set("/flags", 128))],
            Self::NobodyUsedIt => &[
                (Event("MESSAGE_CREATE"), Lose("/interaction_metadata")),
                (Event("MESSAGE_UPDATE"), Lose("/interaction_metadata")),
                (Answers, Lose("/interaction_metadata")),
            ],
            Self::CallbackWithoutResource => &[(Answer(R::Callback), Lose("/resource"))],
            Self::ThreadWithIdOfItsOwn => &[(Answer(R::ThreadFromMessage), Text("/id", "1"))],
            Self::DmWithoutRecipients => &[(Answer(R::CreateDm), Lose("/recipients"))],
            Self::SessionLimitsMissing => &[(Answer(R::GatewayBot), Lose("/session_start_limit"))],
            Self::OldestFirst => &[(Answer(R::ListMessages), Reverse)],
            Self::EditedNever => &[(Event("MESSAGE_UPDATE"), Lose("/edited_timestamp"))],
            Self::PostedNowhere => &[(Answer(R::PostMessage), Lose("/channel_id"))],
            Self::CommandsWithoutOptions => &[(Answer(R::PutCommands), Lose("/*/options"))],
            Self::OkForNoContent => &[(Answers, Status(204, 200))],
            Self::OkForCreated => &[(Answers, Status(201, 200))],
            Self::ApplicationWithoutNewFlags => &[(Answer(R::Application), Lose("/flags_new"))],
            Self::ThreadsWithoutMore => &[(Answer(R::ActiveThreads), Lose("/has_more"))],
            Self::ErrorCodeAsText => &[(Refusal, Text("/code", "50035"))],
            Self::RateLimitWithoutReset => &[(Header("x-ratelimit-reset"), Silence)],
        }
    }
}
