//! What happens in an agent, in words that fit every program.

use std::{path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ToolInput;
use crate::clock::Millis;

/// Something that an agent did or wants.
#[derive(Clone, Debug, PartialEq)]
pub enum RunEvent {
    /// The handshake was answered: the process is ready for turns.
    Ready,
    /// The process cannot serve the session; it takes no turn and ends.
    StartFailed {
        /// Of which kind.
        class: ErrorClass,
        /// The agent program's own words.
        detail: String,
    },
    /// The agent calls its conversation this from now on.
    SessionNamed(Uuid),
    /// The agent has taken up this prompt; it is in its memory.
    Acknowledged(Uuid),
    /// More text of a block that is still being written.
    TextDelta {
        /// Which block.
        block: BlockId,
        /// What is added.
        text: String,
    },
    /// A finished block of text; replaces whatever its deltas added up to.
    Text {
        /// Which block.
        block: BlockId,
        /// The whole of it.
        text: String,
    },
    /// A block that will not be finished, because the model service broke off and the agent asked
    /// it anew: what its deltas added up to is void.
    TextDropped(BlockId),
    /// The agent thinks.
    Thinking,
    /// A tool call begins.
    ToolStarted {
        /// The agent's id of the call.
        id: String,
        /// The call that started the sub-agent whose call this is; `None` for one of the agent itself.
        parent: Option<String>,
        /// The tool.
        tool: String,
        /// Its input.
        input: ToolInput,
    },
    /// A tool call is over.
    ToolEnded {
        /// The agent's id of the call.
        id: String,
        /// How it went.
        end: ToolEnd,
    },
    /// The agent asks whether a tool may run, and waits.
    Asked(Ask),
    /// The agent asks, and waits, but what it asks cannot be read: such a question has an id and stands at a
    /// gate, and nothing else of it is known.
    AskedUnreadably(Ask),
    /// The agent does not wait for that answer any more.
    AskWithdrawn(String),
    /// Something goes on beside the turn, and may outlive it: a command, a sub-agent, a time that was set.
    TaskBegan(String),
    /// It is over.
    TaskEnded {
        /// The same id.
        task: String,
        /// The agent's id of the call; `None` if it does not say.
        call: Option<String>,
    },
    /// The agent has answered a change of it (see [`Runtime::tune`](super::Runtime::tune)).
    Tuned {
        /// The id that it was asked under.
        request: String,
        /// Why it did not take it, in its own words; `None` if it did.
        refusal: Option<String>,
    },
    /// The model service failed and is asked again.
    Retrying {
        /// Which attempt failed, from 1.
        attempt: u32,
        /// What is wrong.
        class: ErrorClass,
    },
    /// News of the account's limits.
    Limit(Limit),
    /// A line that means nothing here: of a kind that is not known, or no line of the program's at all.
    NotUnderstood,
    /// The turn is over.
    TurnEnded(TurnEnd),
    /// A turn that nobody asked for is over; it ends no request, but its cost counts.
    OwnTurnEnded(TurnEnd),
}

/// A block of text within a turn: the message that holds it and its place there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BlockId {
    /// The agent's id of the message.
    pub message: String,
    /// Which block of the message, from 0.
    pub index: u32,
}

/// How a tool call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToolEnd {
    /// It gave a result.
    Done,
    /// It gave an error, or somebody did not permit it. What it had done by then, nobody knows.
    Failed,
    /// The agent program refused it by itself before it ran.
    Refused,
}

/// A question of the agent about one tool call.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// The agent's id of the question; the answer carries it.
    pub id: String,
    /// At which gate it stands.
    pub kind: AskKind,
    /// The agent's id of the call, the same at both gates.
    pub call: String,
    /// The sub-agent that calls, by the agent program's name for it; `None` for the agent itself.
    pub sub_agent: Option<String>,
    /// The tool.
    pub tool: String,
    /// Its input.
    pub input: ToolInput,
    /// Where the agent is, if the program says; absolute.
    pub directory: Option<PathBuf>,
    /// Why the agent program's own rules do not let it pass, in its words.
    pub reason: Option<String>,
    /// Whether it would run outside of the sandbox that the agent program keeps its tools in.
    pub unconfined: bool,
}

/// The two gates that a tool call passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskKind {
    /// Before every call; answered at once by rule.
    Gate,
    /// Behind it, for a call that the gate or the agent program's own rules did not let pass; waits as
    /// long as a person needs.
    Permission,
}

/// News of the account's limits.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// What it means for work.
    pub state: LimitState,
    /// Which limit: `five_hour` and `seven_day` are those of a whole account, any other is as the agent program
    /// calls it.
    pub window: Option<String>,
    /// When the limit starts anew.
    pub resets_at: Option<Millis>,
    /// How much is used, 0 to 1.
    pub used: Option<f64>,
}

/// What a limit means for work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitState {
    /// It is far away.
    Open,
    /// It is near.
    Near,
    /// Work is refused.
    Reached,
}

/// The end of a turn.
#[derive(Clone, Debug, PartialEq)]
pub struct TurnEnd {
    /// How it ended.
    pub outcome: TurnOutcome,
    /// What this turn used.
    pub usage: Usage,
    /// What the process has cost since it started, in millionths of a US dollar.
    pub cost_total_microusd: u64,
    /// How long the turn took, as the agent tells it.
    pub took: Duration,
    /// What the system said to each command that a sandbox has stopped at once, where the agent program tells people
    /// nothing of it. Not which commands: who may see those was asked elsewhere.
    pub stopped: Vec<String>,
}

/// How a turn ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TurnOutcome {
    /// With an answer, Markdown.
    Answered(String),
    /// It was interrupted.
    Stopped,
    /// With an error.
    Failed {
        /// Of which kind.
        class: ErrorClass,
        /// The agent program's own words.
        detail: String,
    },
}

/// Tokens of a turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Read by the model, cached ones included.
    pub input: u64,
    /// Written by the model.
    pub output: u64,
}

/// What went wrong, as far as a person or Baton can do something about it. What that is, is its
/// [`Policy`](super::Policy).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// Nobody is logged in.
    LoginNeeded,
    /// The login is not accepted any more.
    LoginDead,
    /// The API key is not accepted.
    BadApiKey,
    /// The account may not do this.
    Forbidden,
    /// The account's organization does not permit the program.
    OrgBlocks,
    /// The subscription's limit is reached.
    LimitReached,
    /// The service throttles.
    Throttled,
    /// No credit.
    NoCredit,
    /// The conversation is too long for the model.
    TooLong,
    /// An image is too large, or none.
    ImageUnusable,
    /// More was sent at once than the service takes.
    RequestTooLarge,
    /// The model does not exist or is not open to the account.
    UnknownModel,
    /// The model refuses by its usage policy.
    PolicyRefusal,
    /// The service does not accept what it was sent, for another reason.
    BadRequest,
    /// The service is overloaded or broken.
    ServiceDown,
    /// The service cannot be reached.
    Unreachable,
    /// The steps are used up that one message may take.
    TurnsUsedUp,
    /// The money is used up that was given to the agent.
    BudgetUsedUp,
    /// The agent does not know the conversation that it should go on with.
    UnknownConversation,
    /// The agent knows the conversation already that it should begin.
    ConversationExists,
    /// The agent program was started with something that it does not understand.
    BadStart,
    /// The agent program ended in the middle of its turn.
    Crashed,
    /// The agent program was ended because of another session that it served.
    EndedForAnother,
    /// Anything else.
    Other,
}

#[cfg(test)]
impl ErrorClass {
    /// Every class; a test sees to it that none is missing.
    pub(crate) const ALL: [Self; 24] = [
        Self::LoginNeeded,
        Self::LoginDead,
        Self::BadApiKey,
        Self::Forbidden,
        Self::OrgBlocks,
        Self::LimitReached,
        Self::Throttled,
        Self::NoCredit,
        Self::TooLong,
        Self::ImageUnusable,
        Self::RequestTooLarge,
        Self::UnknownModel,
        Self::PolicyRefusal,
        Self::BadRequest,
        Self::ServiceDown,
        Self::Unreachable,
        Self::TurnsUsedUp,
        Self::BudgetUsedUp,
        Self::UnknownConversation,
        Self::ConversationExists,
        Self::BadStart,
        Self::Crashed,
        Self::EndedForAnother,
        Self::Other,
    ];
}
