//! What there is to be permitted.

use crate::words::Tier;

/// What a person wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Have an agent work.
    Ask,
    /// Have an agent look, in a project that lets its guests ask.
    AskAsGuest,
    /// Have an agent work in a channel whose conversation is for owners only.
    AskInOwnersChannel,
    /// End what an agent does.
    Cancel,
    /// Begin a conversation in a thread.
    StartSession,
    /// End a conversation, or begin it anew.
    EndSession,
    /// Change with which model and how freely an agent works.
    TuneSession,
    /// Give a whole channel to a conversation or take it back, and use a project outside its
    /// channels.
    ManageChannel,
    /// See which conversations there are.
    ListSessions,
    /// See where one stands in the queue.
    SeeQueue,
    /// See how the server is.
    SeeHealth,
    /// See what one is oneself.
    SeeOwnTier,
    /// Press a button, choose from a list or send a form off.
    UseControl,
    /// See and change what others are.
    ManageMembers,
    /// Decide on what an agent wants to do, of those whom the project lets decide.
    Decide,
    /// See what was allowed to agents for longer than once.
    SeeGrants,
    /// Take back what was allowed to agents.
    RevokeGrant,
    /// Log an agent program's account in.
    LogIn,
    /// See the accounts of the agent programs.
    SeeAccounts,
}

impl Action {
    /// Every action.
    pub const ALL: &'static [Self] = &[
        Self::Ask,
        Self::AskAsGuest,
        Self::AskInOwnersChannel,
        Self::Cancel,
        Self::StartSession,
        Self::EndSession,
        Self::TuneSession,
        Self::ManageChannel,
        Self::ListSessions,
        Self::SeeQueue,
        Self::SeeHealth,
        Self::SeeOwnTier,
        Self::UseControl,
        Self::ManageMembers,
        Self::Decide,
        Self::SeeGrants,
        Self::RevokeGrant,
        Self::LogIn,
        Self::SeeAccounts,
    ];

    /// The least that a person must be.
    pub(super) const fn demands(self) -> Tier {
        match self {
            // A role may make an approver of somebody who is nothing else.
            Self::SeeHealth | Self::AskAsGuest | Self::Decide => Tier::Guest,
            Self::Ask
            | Self::Cancel
            | Self::StartSession
            | Self::EndSession
            | Self::TuneSession
            | Self::ListSessions
            | Self::SeeQueue
            | Self::SeeOwnTier
            | Self::UseControl
            | Self::SeeGrants => Tier::Member,
            Self::AskInOwnersChannel
            | Self::ManageChannel
            | Self::ManageMembers
            | Self::RevokeGrant
            | Self::LogIn
            | Self::SeeAccounts => Tier::Owner,
        }
    }

    /// Whether it concerns the whole server of agents, wherever it is asked for: an owner of one channel is none of that.
    pub(super) const fn is_everywhere(self) -> bool {
        matches!(self, Self::LogIn | Self::SeeAccounts)
    }

    /// What it takes to do the same in a channel whose conversation is for owners only.
    #[must_use]
    pub const fn in_owners_channel(self) -> Self {
        match self {
            Self::Ask | Self::AskAsGuest | Self::AskInOwnersChannel => Self::AskInOwnersChannel,
            Self::Cancel | Self::EndSession | Self::TuneSession | Self::ManageChannel => {
                Self::ManageChannel
            }
            Self::StartSession
            | Self::ListSessions
            | Self::SeeQueue
            | Self::SeeHealth
            | Self::SeeOwnTier
            | Self::UseControl
            | Self::ManageMembers
            | Self::Decide
            | Self::SeeGrants
            | Self::RevokeGrant
            | Self::LogIn
            | Self::SeeAccounts => self,
        }
    }
}
