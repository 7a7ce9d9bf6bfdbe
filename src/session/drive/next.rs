//! What follows a turn that is over.

use crate::{
    session::{
        again::Pause,
        agent::Agent,
        finish::{Account, Outcome},
    },
    store::Counts,
};

/// What to do about a turn that is over.
pub(in crate::session) enum Next {
    /// The run ends so.
    End(Box<End>),
    /// It is worth another start, without this agent.
    StartAgain(Box<Anew>),
    /// It goes on later.
    Park(Box<Later>),
}

/// How a run ends, and what is left of its turn.
pub(in crate::session) struct End {
    pub(in crate::session) outcome: Outcome,
    pub(in crate::session) account: Option<Account>,
    /// The agent, if it is fit for the next turn. It is given up only when the end is stored: its
    /// journal is what a server after this one would read the end from.
    pub(in crate::session) agent: Option<Agent>,
}

/// How a run begins anew.
pub(in crate::session) struct Anew {
    /// What is given up.
    pub(in crate::session) agent: Agent,
    pub(in crate::session) counts: Counts,
    pub(in crate::session) why: String,
}

/// How a run goes on later.
pub(in crate::session) struct Later {
    pub(in crate::session) pause: Pause,
    pub(in crate::session) account: Account,
    pub(in crate::session) agent: Agent,
}
