//! Mistakes that simulators of Discord are known to make, each to be switched on alone, so that tests
//! can show that those who watch this simulator would have seen it. A mistake is data: where in what
//! the simulator sends, and what happens to it there. It knows names of events and routes, not what
//! they are for; a simulator without a mistake passes this module by.

mod change;
mod deviation;

use axum::extract::Request;
use axum::http::Uri;
use serde_json::{Value, json};

use crate::rest::RouteKind;

use change::Change;
use deviation::Where;

macro_rules! mistakes {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A mistake that a simulator can be told to make (see [`crate::SimConfig::mistake`]).
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Mistake { $($(#[$doc])* $name),* }

        impl Mistake {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];
        }
    };
}

mistakes! {
    /// HELLO does not say how often to send a heartbeat.
    HelloWithoutInterval,
    /// READY does not say which application the bot is.
    ReadyWithoutApplication,
    /// READY does not say where to resume.
    ReadyWithoutResumeAddress,
    /// Every event has the number 1.
    EventsNotCounted,
    /// RESUME goes well, and what was missed does not come.
    NothingIsReplayed,
    /// A guild comes without its channels.
    GuildWithoutChannels,
    /// A message has no author.
    MessageWithoutAuthor,
    /// A message has a number for its id, which no JavaScript number can hold.
    MessageWithNumericId,
    /// A message does not say when it was written.
    MessageWithoutTime,
    /// A message in a DM does not say that it is one.
    DmWithoutChannelType,
    /// A file without a description has null for one.
    DescriptionIsNull,
    /// Nobody hears that a message was changed.
    EditsAreNotTold,
    /// Nobody hears that a message was deleted.
    DeletionsAreNotTold,
    /// A reaction does not say what it looks like.
    ReactionWithoutEmojiName,
    /// A thread has no state: not archived, and not open either.
    ThreadWithoutMetadata,
    /// A new thread looks as if the bot had only been added to it.
    ThreadIsNotNew,
    /// An interaction does not say which language its user reads.
    InteractionWithoutLocale,
    /// An interaction has no token to answer with.
    InteractionWithoutToken,
    /// Users and channels among the options are ids and nothing else.
    OptionsUnresolved,
    /// Of the options that are typed none is marked as the one that has the cursor.
    NothingIsFocused,
    /// The kind of a clicked component is a word.
    ComponentTypeAsText,
    /// A select does not say what was selected.
    SelectWithoutValues,
    /// A modal does not say what was written into it.
    ModalWithoutValues,
    /// Steps of a path are taken as they stand in the URL: `%40original` is nobody.
    PathsNotDecoded,
    /// A follow-up after a deferred answer leaves that thinking for ever.
    FollowUpBesideDeferred,
    /// An ephemeral answer looks like any other.
    EphemeralIsLost,
    /// An answer is still "thinking" after it was given.
    LoadingForEver,
    /// An answer does not say whose command it answers.
    NobodyUsedIt,
    /// A callback that asks for the message it made is not told.
    CallbackWithoutResource,
    /// A thread from a message has another id than the message.
    ThreadWithIdOfItsOwn,
    /// A DM channel is with nobody.
    DmWithoutRecipients,
    /// Nobody knows how many sessions may be started.
    SessionLimitsMissing,
    /// Messages are listed from the oldest.
    OldestFirst,
    /// A changed message has no time of the change.
    EditedNever,
    /// A posted message does not say where.
    PostedNowhere,
    /// Commands are registered and come back without their options.
    CommandsWithoutOptions,
    /// 200 and an empty object where Discord says 204 and nothing.
    OkForNoContent,
    /// 200 for a thread that was made, where Discord says 201.
    OkForCreated,
    /// The application has its flags as a number only.
    ApplicationWithoutNewFlags,
    /// The list of open threads does not say whether it is whole.
    ThreadsWithoutMore,
    /// The code of an error is text.
    ErrorCodeAsText,
    /// Rate limits say how long to wait, but not until when.
    RateLimitWithoutReset,
}

impl Mistake {
    /// Makes it in a request.
    pub(crate) fn in_request(self, request: &mut Request) {
        if self == Self::PathsNotDecoded {
            // Decoding it once gives what was sent.
            let twice = request.uri().to_string().replace('%', "%25");
            if let Ok(uri) = twice.parse::<Uri>() {
                *request.uri_mut() = uri;
            }
        }
    }

    /// Makes it in an answer.
    pub(crate) fn in_answer(self, route: RouteKind, status: &mut u16, body: &mut Option<Value>) {
        for (place, change) in self.deviations() {
            let here = match place {
                Where::Answer(wanted) => *wanted == route,
                Where::Refusal => *status >= 400,
                Where::Answers => true,
                Where::Hello | Where::Payload | Where::Event(_) | Where::Header(_) => false,
            };
            if here {
                change.answer(status, body);
            }
        }
    }

    /// Makes it in the headers of an answer.
    pub(crate) fn in_headers(self, headers: &mut Vec<(&'static str, String)>) {
        for (place, _) in self.deviations() {
            if let Where::Header(name) = place {
                headers.retain(|(known, _)| known != name);
            }
        }
    }
}

/// One connection to the gateway, as it looks with a mistake.
#[derive(Debug)]
pub(crate) struct Muddle {
    mistake: Option<Mistake>,
    /// No session has begun or gone on yet.
    fresh: bool,
    /// How many events were not sent, so that no number is missing.
    silenced: u64,
}

/// Whether a payload is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Yes,
    No,
}

impl Muddle {
    pub(crate) const fn new(mistake: Option<Mistake>) -> Self {
        Self {
            mistake,
            fresh: true,
            silenced: 0,
        }
    }

    /// Makes the mistake in a payload.
    pub(crate) fn payload(&mut self, payload: &mut Value) -> Told {
        let Some(mistake) = self.mistake else {
            return Told::Yes;
        };
        if let Some(number) = payload["s"].as_u64() {
            payload["s"] = json!(number - self.silenced);
        }
        let told = self.muddled(mistake, payload);
        self.silenced += u64::from(told == Told::No);
        told
    }

    fn muddled(&mut self, mistake: Mistake, payload: &mut Value) -> Told {
        let name = payload["t"].as_str().map(str::to_owned);
        if mistake == Mistake::NothingIsReplayed && self.is_replayed(name.as_deref()) {
            return Told::No;
        }
        for (place, change) in mistake.deviations() {
            let part = match place {
                Where::Hello if payload["op"] == 10 => &mut payload["d"],
                Where::Payload if name.is_some() => &mut *payload,
                Where::Event(wanted) if name.as_deref() == Some(wanted) => &mut payload["d"],
                Where::Hello
                | Where::Payload
                | Where::Event(_)
                | Where::Answer(_)
                | Where::Answers
                | Where::Refusal
                | Where::Header(_) => continue,
            };
            if matches!(change, Change::Silence) {
                return Told::No;
            }
            change.value(part);
        }
        Told::Yes
    }

    /// What comes on a connection before READY or RESUMED is replayed.
    fn is_replayed(&mut self, name: Option<&str>) -> bool {
        self.fresh &= !matches!(name, Some("READY" | "RESUMED"));
        self.fresh && name.is_some()
    }
}
