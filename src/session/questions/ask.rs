//! A question of the agent becomes one to people.

use super::{Open, Questions, grant_rule, looked_up};
use crate::{
    approval::{input_hash, leads_to},
    runtime::Ask,
    session::{SessionError, agent::Agent, insist::until_stored},
    store::NewApproval,
    words::{ApprovalId, ApprovalKind, RunnerId, UserId},
};

impl Questions {
    /// Has people asked, unless they were asked before.
    pub(super) async fn ask_people(
        &mut self,
        agent: &Agent,
        ask: &Ask,
        why: &str,
        rule: &str,
    ) -> Result<(), SessionError> {
        let mark = self.mark(agent.seq);
        until_stored("a question", || {
            self.store_question(agent.runner, ask, (why, rule), mark)
        })
        .await?;
        self.wait_for(agent, ask);
        self.engine.outbox.wake();
        // The keeper has to know when its time is up.
        self.engine.changed.notify_one();
        Ok(())
    }

    /// Waits for the end of a question to people that is stored.
    pub(super) fn wait_for(&mut self, agent: &Agent, ask: &Ask) {
        self.open.push(Open {
            ask: ask.clone(),
            seq: agent.seq,
        });
    }

    /// Those for whom the agent works.
    pub(super) async fn asked_by(&self) -> Result<Vec<UserId>, SessionError> {
        let store = &self.engine.store;
        let requests = store.requests_behind(self.run).await?;
        let mut asked_by: Vec<_> = requests.iter().map(|request| request.person.id).collect();
        if let Some(follow_up) = store.follow_up(self.run).await? {
            // What others asked of the agent since is in its memory too.
            let askers = store.askers_of(self.session, follow_up.runner);
            asked_by.extend(askers.await?);
        }
        asked_by.sort_unstable();
        asked_by.dedup();
        Ok(asked_by)
    }

    async fn store_question(
        &self,
        runner: RunnerId,
        ask: &Ask,
        (why, rule): (&str, &str),
        mark: u64,
    ) -> Result<(), SessionError> {
        let engine = &self.engine;
        if engine.store.approval_of(runner, &ask.id).await?.is_some() {
            return Ok(());
        }
        let now = engine.clock.now();
        let kind = kind_of(&ask.tool);
        let directory = &self.project.directory;
        let grant_rule = (kind == ApprovalKind::Call && ask.reason.is_none())
            .then(|| grant_rule(&self.policy, directory, ask))
            .flatten();
        let leads_to = leads_to(&ask.tool, &ask.input, ask.directory.as_deref());
        let found = looked_up(&self.policy, directory, ask, leads_to.as_deref());
        let asked_by = self.asked_by().await?;
        let new = NewApproval {
            id: ApprovalId::fresh(),
            runner,
            ask: ask.id.clone(),
            round: 0,
            run: self.run,
            session: self.session,
            project: self.project.name.clone(),
            kind,
            tool: ask.tool.clone(),
            input_hash: input_hash(&ask.input),
            input: ask.input.clone(),
            directory: ask
                .directory
                .as_ref()
                .map(|path| path.display().to_string()),
            leads_to: leads_to.map(|path| path.display().to_string()),
            found,
            why: why.to_owned(),
            rule: rule.to_owned(),
            grant_rule,
            sub_agent: ask.sub_agent.clone(),
            tier: self.tier,
            asked_by,
            expires_at: now.after(engine.limits.question),
        };
        let mut tx = engine.store.write().await?;
        engine.note_question(&mut tx, &new, self.lane).await?;
        tx.apply_up_to(runner, mark).await?;
        Ok(tx.commit().await?)
    }
}

/// What people are asked about by a call of a tool.
fn kind_of(tool: &str) -> ApprovalKind {
    match tool {
        "ExitPlanMode" => ApprovalKind::Plan,
        "AskUserQuestion" => ApprovalKind::Choice,
        _ => ApprovalKind::Call,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_tells_what_people_are_asked_about() {
        for (tool, kind) in [
            ("Bash", ApprovalKind::Call),
            ("ExitPlanMode", ApprovalKind::Plan),
            ("AskUserQuestion", ApprovalKind::Choice),
        ] {
            assert_eq!(kind_of(tool), kind);
        }
    }
}
