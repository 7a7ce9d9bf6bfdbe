//! A question, as it is asked and as it is stored.

use std::path::PathBuf;

use serde_json::Value;

use crate::{
    clock::Millis,
    store::StoreError,
    words::{
        ApprovalId, ApprovalKind, ApprovalState, ChannelId, Found, GrantId, GrantReach, MessageId,
        Route, RunId, RunnerId, SessionId, Tier, UserId,
    },
};

/// A question to be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct NewApproval {
    /// Its id.
    pub id: ApprovalId,
    /// The runner of the agent that asks.
    pub runner: RunnerId,
    /// The agent's own id of the question, unique in that runner.
    pub ask: String,
    /// How often people were asked it before.
    pub round: u32,
    /// The run.
    pub run: RunId,
    /// Its session.
    pub session: SessionId,
    /// The session's project.
    pub project: String,
    /// What it is about.
    pub kind: ApprovalKind,
    /// The tool.
    pub tool: String,
    /// Its whole input.
    pub input: Value,
    /// The input's SHA-256, in hexadecimal digits.
    pub input_hash: String,
    /// Where the agent is; absolute.
    pub directory: Option<String>,
    /// Where the call leads behind all links; `None` if that cannot be told.
    pub leads_to: Option<String>,
    /// What stood there when people were asked, if that shows what the call does.
    pub found: Option<Found>,
    /// Why a person is asked.
    pub why: String,
    /// The rule that wants it so, as it is shown.
    pub rule: String,
    /// What would be granted if it is allowed for longer; `None` if it can be allowed once only.
    pub grant_rule: Option<String>,
    /// The sub-agent that calls, by the agent program's name for it.
    pub sub_agent: Option<String>,
    /// With which tier the run acts.
    pub tier: Tier,
    /// For whom it works.
    pub asked_by: Vec<UserId>,
    /// Until when a person can decide.
    pub expires_at: Millis,
}

/// How a question ends.
#[derive(Clone, Debug, PartialEq)]
pub struct ApprovalEnd {
    /// Any state but `Pending`.
    pub state: ApprovalState,
    /// How far a yes reaches.
    pub reach: Option<GrantReach>,
    /// What was granted, if it is for longer than once.
    pub grant: Option<GrantId>,
    /// The person who decided; `None` if nobody did.
    pub by: Option<UserId>,
    /// What the person gave as a reason, or why nobody decided.
    pub reason: Option<String>,
    /// What the agent wanted to know: its questions to the answers.
    pub answers: Option<Value>,
}

impl ApprovalEnd {
    /// An end that no person made.
    pub fn without_a_person(state: ApprovalState, reason: Option<String>) -> Self {
        Self {
            state,
            reach: None,
            grant: None,
            by: None,
            reason,
            answers: None,
        }
    }
}

/// A stored question.
#[derive(Clone, Debug, PartialEq)]
pub struct ApprovalRow {
    /// Its id.
    pub id: ApprovalId,
    /// The runner of the agent that asks.
    pub runner: RunnerId,
    /// The agent's own id of the question.
    pub ask: String,
    /// How often people were asked it before.
    pub round: u32,
    /// The run.
    pub run: RunId,
    /// Its session.
    pub session: SessionId,
    /// The session's project.
    pub project: String,
    /// What it is about.
    pub kind: ApprovalKind,
    /// The tool.
    pub tool: String,
    /// Its whole input.
    pub input: Value,
    /// The input's SHA-256, in hexadecimal digits.
    pub input_hash: String,
    /// Where the agent is; absolute.
    pub directory: Option<PathBuf>,
    /// Where the call led behind all links when people were asked; `None` if that could not be told.
    pub leads_to: Option<String>,
    /// What stood there when people were asked, if that shows what the call does.
    pub found: Option<Found>,
    /// Why a person is asked.
    pub why: String,
    /// The rule that wants it so, as it is shown.
    pub rule: String,
    /// What would be granted if it is allowed for longer; `None` if it can be allowed once only.
    pub grant_rule: Option<String>,
    /// The sub-agent that calls, by the agent program's name for it.
    pub sub_agent: Option<String>,
    /// With which tier the run acts.
    pub tier: Tier,
    /// For whom it works.
    pub asked_by: Vec<UserId>,
    /// Where it stands.
    pub state: ApprovalState,
    /// How far a yes reaches.
    pub reach: Option<GrantReach>,
    /// What was granted.
    pub grant: Option<GrantId>,
    /// Who decided.
    pub decided_by: Option<UserId>,
    /// When it got its end.
    pub decided_at: Option<Millis>,
    /// What the person gave as a reason, or why nobody decided.
    pub reason: Option<String>,
    /// The answers so far: the text of each question to its answer.
    pub answers: Option<Value>,
    /// When it was asked.
    pub created_at: Millis,
    /// Until when a person can decide.
    pub expires_at: Millis,
    /// The message that asks, once Discord has it: where it stands, and which it is.
    pub posted: Option<(ChannelId, MessageId)>,
    /// Which way it went.
    pub route: Option<Route>,
}

/// What is true of a question by now that is asked anew.
#[derive(Clone, Debug, PartialEq)]
pub struct Renewed {
    /// Where the call leads behind all links.
    pub leads_to: Option<String>,
    /// What stands there.
    pub found: Option<Found>,
    /// Why a person is asked.
    pub why: String,
    /// The rule that wants it so, as it is shown.
    pub rule: String,
    /// What would be granted if it is allowed for longer.
    pub grant_rule: Option<String>,
    /// Until when a person can decide.
    pub expires_at: Millis,
}

impl ApprovalRow {
    /// The same question, to be asked anew with what is true now.
    pub fn anew(&self, now: Renewed) -> NewApproval {
        let row = self.clone();
        NewApproval {
            id: ApprovalId::fresh(),
            runner: row.runner,
            ask: row.ask,
            round: row.round + 1,
            run: row.run,
            session: row.session,
            project: row.project,
            kind: row.kind,
            tool: row.tool,
            input: row.input,
            input_hash: row.input_hash,
            directory: row.directory.map(|path| path.display().to_string()),
            leads_to: now.leads_to,
            found: now.found,
            why: now.why,
            rule: now.rule,
            grant_rule: now.grant_rule,
            sub_agent: row.sub_agent,
            tier: row.tier,
            asked_by: row.asked_by,
            expires_at: now.expires_at,
        }
    }
}

/// A row as it is stored.
pub(super) struct Raw {
    pub(super) id: ApprovalId,
    pub(super) runner_id: RunnerId,
    pub(super) ask: String,
    pub(super) round: u32,
    pub(super) run_id: RunId,
    pub(super) session_id: SessionId,
    pub(super) project: String,
    pub(super) kind: ApprovalKind,
    pub(super) tool: String,
    pub(super) input: String,
    pub(super) input_hash: String,
    pub(super) directory: Option<String>,
    pub(super) leads_to: Option<String>,
    pub(super) found: Option<String>,
    pub(super) why: String,
    pub(super) rule: String,
    pub(super) grant_rule: Option<String>,
    pub(super) sub_agent: Option<String>,
    pub(super) tier: Tier,
    pub(super) asked_by: String,
    pub(super) state: ApprovalState,
    pub(super) reach: Option<GrantReach>,
    pub(super) grant_id: Option<GrantId>,
    pub(super) decided_by: Option<UserId>,
    pub(super) decided_at: Option<Millis>,
    pub(super) reason: Option<String>,
    pub(super) answers: Option<String>,
    pub(super) created_at: Millis,
    pub(super) expires_at: Millis,
    pub(super) posted_channel: Option<ChannelId>,
    pub(super) posted_message: Option<MessageId>,
    pub(super) route: Option<Route>,
}

impl TryFrom<Raw> for ApprovalRow {
    type Error = StoreError;

    fn try_from(raw: Raw) -> Result<Self, StoreError> {
        Ok(Self {
            id: raw.id,
            runner: raw.runner_id,
            ask: raw.ask,
            round: raw.round,
            run: raw.run_id,
            session: raw.session_id,
            project: raw.project,
            kind: raw.kind,
            tool: raw.tool,
            input: serde_json::from_str(&raw.input)?,
            input_hash: raw.input_hash,
            directory: raw.directory.map(PathBuf::from),
            leads_to: raw.leads_to,
            found: raw
                .found
                .map(|text| serde_json::from_str(&text))
                .transpose()?,
            why: raw.why,
            rule: raw.rule,
            grant_rule: raw.grant_rule,
            sub_agent: raw.sub_agent,
            tier: raw.tier,
            asked_by: serde_json::from_str(&raw.asked_by)?,
            state: raw.state,
            reach: raw.reach,
            grant: raw.grant_id,
            decided_by: raw.decided_by,
            decided_at: raw.decided_at,
            reason: raw.reason,
            answers: raw
                .answers
                .map(|text| serde_json::from_str(&text))
                .transpose()?,
            created_at: raw.created_at,
            expires_at: raw.expires_at,
            posted: raw.posted_channel.zip(raw.posted_message),
            route: raw.route,
        })
    }
}
