//! Which requests a rule takes.

use serde::{Deserialize, Serialize};

use crate::ids::ChannelId;
use crate::rest::RouteKind;

/// Which requests, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Only this route; `None` for all.
    #[serde(default)]
    route: Option<RouteKind>,
    /// Not this route.
    #[serde(default)]
    except: Option<RouteKind>,
    /// Only in this channel or thread.
    #[serde(default)]
    channel: Option<ChannelId>,
    /// Only bodies whose text contains this.
    #[serde(default)]
    containing: Option<String>,
    /// Before or after the request is carried out.
    #[serde(default)]
    pub(super) phase: Phase,
    /// How many requests; `None` for all.
    #[serde(default = "once")]
    pub(super) times: Option<u32>,
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "serde wants the type of the field"
)]
pub(crate) const fn once() -> Option<u32> {
    Some(1)
}

/// When a rule acts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The request has arrived; nothing is stored yet.
    #[default]
    Before,
    /// The request was carried out; its answer has not been sent.
    AfterCommit,
}

/// The request that rules look at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'a> {
    pub(crate) route: RouteKind,
    pub(crate) channel: Option<ChannelId>,
    /// The texts of the body.
    pub(crate) text: &'a str,
}

impl Rule {
    /// All requests.
    pub const fn any() -> Self {
        let phase = Phase::Before;
        Self {
            route: None,
            except: None,
            channel: None,
            containing: None,
            phase,
            times: Some(1),
        }
    }

    /// The requests to one route.
    pub const fn route(route: RouteKind) -> Self {
        let mut rule = Self::any();
        rule.route = Some(route);
        rule
    }

    /// New messages in channels and threads.
    pub const fn post_message() -> Self {
        Self::route(RouteKind::PostMessage)
    }

    /// Edits of messages.
    pub const fn edit_message() -> Self {
        Self::route(RouteKind::EditMessage)
    }

    /// Deletions of messages.
    pub const fn delete_message() -> Self {
        Self::route(RouteKind::DeleteMessage)
    }

    /// New reactions.
    pub const fn add_reaction() -> Self {
        Self::route(RouteKind::AddReaction)
    }

    /// Threads started from messages.
    pub const fn create_thread() -> Self {
        Self::route(RouteKind::ThreadFromMessage)
    }

    /// Reading a channel back.
    pub const fn list_messages() -> Self {
        Self::route(RouteKind::ListMessages)
    }

    /// First answers to interactions.
    pub const fn callback() -> Self {
        Self::route(RouteKind::Callback)
    }

    /// Edits of answers to interactions.
    pub const fn edit_answer() -> Self {
        Self::route(RouteKind::EditAnswer)
    }

    /// Follow-ups to interactions.
    pub const fn follow_up() -> Self {
        Self::route(RouteKind::FollowUp)
    }

    /// Not the requests to this route.
    #[must_use]
    pub const fn except(mut self, route: RouteKind) -> Self {
        self.except = Some(route);
        self
    }

    /// Only in this channel or thread.
    #[must_use]
    pub fn in_channel(mut self, channel: impl Into<ChannelId>) -> Self {
        self.channel = Some(channel.into());
        self
    }

    /// Only requests whose body contains this text.
    #[must_use]
    pub fn containing(mut self, text: impl Into<String>) -> Self {
        self.containing = Some(text.into());
        self
    }

    /// Acts when the request was carried out and before its answer is sent.
    #[must_use]
    pub const fn after_commit(mut self) -> Self {
        self.phase = Phase::AfterCommit;
        self
    }

    /// Takes this many requests; a rule takes one unless told otherwise.
    #[must_use]
    pub const fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Takes every request.
    #[must_use]
    pub const fn always(mut self) -> Self {
        self.times = None;
        self
    }

    pub(super) fn takes(&self, target: &Target<'_>) -> bool {
        self.route.is_none_or(|route| route == target.route)
            && self.except != Some(target.route)
            && self
                .channel
                .is_none_or(|channel| Some(channel) == target.channel)
            && self
                .containing
                .as_ref()
                .is_none_or(|text| target.text.contains(text))
    }
}
