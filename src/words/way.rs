//! How a question reaches people.

use serde::{Deserialize, Serialize};

use super::{ChannelId, Route, UserId};

/// A way for a question to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// To somebody, in a direct message.
    Direct(UserId),
    /// To where the session is.
    Here(ChannelId),
    /// To the channel for questions.
    Channel(ChannelId),
    /// To where others can see that there is one, and no more.
    Veiled(ChannelId),
}

impl Way {
    /// What is noted of it.
    pub const fn route(self) -> Route {
        match self {
            Self::Direct(_) => Route::Dm,
            Self::Here(_) => Route::Thread,
            Self::Channel(_) => Route::Channel,
            Self::Veiled(_) => Route::Veiled,
        }
    }
}
