//! Changing an agent's model and mode while it lives: it is told, not started anew.

use std::{future::pending, sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use uuid::Uuid;

use super::{
    Engine, ProjectAgent, SessionError,
    agent::{Agent, Happening},
    agents::Agents,
    engine::permit_for,
    start::is_model,
};
use crate::{
    access::{Action, Permit},
    runtime::{
        RunEvent, Runtime, Tune, Tuning,
        runner::{Handle, LinkError},
    },
    store::SessionRow,
    words::{AgentMode, SessionId},
};

/// How long an agent may take to answer. It does so at once, also at work; what it does not understand
/// it leaves without an answer.
const ANSWERS: Duration = Duration::from_secs(10);

/// What a person wants to have changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TuningWish {
    /// The model; `None` for the project's.
    Model(Option<String>),
    /// The mode.
    Mode(AgentMode),
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tuned {
    /// There is no conversation there.
    Nothing,
    /// That cannot be the name of a model.
    NoModel,
    /// It holds from the agent's next turn on.
    NextTurn,
    /// The agent is at work and has taken it; what it is at it may finish as it began.
    Taken,
    /// The agent is at work and does not take it, in its own words; everything is as it was.
    Refused(String),
}

/// A change for an agent at work.
pub(super) struct Change {
    to: Tuning,
    done: oneshot::Sender<Result<(), String>>,
}

/// The way to an agent at work.
pub(super) type Desk = mpsc::UnboundedSender<Change>;

/// How an agent is set, and the changes of that which are under way.
pub(super) struct Tuner {
    runtime: Arc<dyn Runtime>,
    /// `None` if nobody knows: an earlier server started it.
    is: Option<Tuning>,
    changes: mpsc::UnboundedReceiver<Change>,
    under_way: Option<UnderWay>,
}

struct UnderWay {
    to: Tuning,
    /// The requests that are not answered.
    open: Vec<String>,
    refusal: Option<String>,
    done: Option<oneshot::Sender<Result<(), String>>>,
}

impl Tuner {
    pub(super) fn new(runtime: Arc<dyn Runtime>, is: Option<Tuning>) -> (Self, Desk) {
        let (desk, changes) = mpsc::unbounded_channel();
        let tuner = Self {
            runtime,
            is,
            changes,
            under_way: None,
        };
        (tuner, desk)
    }

    pub(super) fn runtime(&self) -> &dyn Runtime {
        self.runtime.as_ref()
    }

    /// The next change that somebody wishes; one after the other.
    pub(super) async fn wish(&mut self) -> Change {
        if self.under_way.is_some() {
            return pending().await;
        }
        match self.changes.recv().await {
            Some(change) => change,
            None => pending().await,
        }
    }

    /// Tells the agent what somebody wishes.
    pub(super) async fn begin(&mut self, handle: &Handle, change: Change) {
        let Change { to, done } = change;
        if let Err(error) = self.tell(handle, to, Some(done)).await {
            tracing::debug!(%error, "an agent was gone before it was changed");
        }
    }

    async fn tell(
        &mut self,
        handle: &Handle,
        to: Tuning,
        done: Option<oneshot::Sender<Result<(), String>>>,
    ) -> Result<(), LinkError> {
        let lines: Vec<(String, String)> = differences(self.is.as_ref(), &to)
            .iter()
            .map(|tune| {
                let request = format!("tune:{}", Uuid::new_v4());
                let line = self.runtime.tune(&request, tune);
                (request, line)
            })
            .collect();
        // Until it has answered, it may be set either way.
        self.is = None;
        self.under_way = Some(UnderWay {
            to,
            open: lines.iter().map(|(request, _)| request.clone()).collect(),
            refusal: None,
            done,
        });
        self.settle();
        for (request, line) in &lines {
            handle.input(request, line).await?;
        }
        Ok(())
    }

    /// Takes in the agent's answers.
    pub(super) fn hear(&mut self, event: &RunEvent) {
        if let RunEvent::Tuned { request, refusal } = event
            && let Some(under_way) = &mut self.under_way
            && let Some(at) = under_way.open.iter().position(|open| open == request)
        {
            under_way.open.swap_remove(at);
            under_way.refusal = refusal.clone().or(under_way.refusal.take());
            self.settle();
        }
    }

    fn settle(&mut self) {
        let Some(over) = self.under_way.take_if(|one| one.open.is_empty()) else {
            return;
        };
        let result = over.refusal.map_or(Ok(()), Err);
        if result.is_ok() {
            self.is = Some(over.to);
        }
        if let Some(done) = over.done {
            // Who wished it may not wait any more.
            let _ = done.send(result);
        }
    }
}

/// What has to be said to get from one to the other.
fn differences(from: Option<&Tuning>, to: &Tuning) -> Vec<Tune> {
    let model = from.is_none_or(|from| from.model != to.model);
    let mode = from.is_none_or(|from| from.mode != to.mode);
    let model = model.then(|| Tune::Model(to.model.clone()));
    let mode = mode.then_some(Tune::Mode(to.mode));
    model.into_iter().chain(mode).collect()
}

impl Agent {
    /// Has an agent without work set so; says whether it is. Nothing else is to be heard of it
    /// meanwhile that matters to anybody.
    pub(super) async fn tune(&mut self, to: Tuning) -> bool {
        if self.tuner.is.as_ref() == Some(&to) {
            return true;
        }
        let told = self.tuner.tell(&self.handle, to.clone(), None).await;
        let in_time = told.is_ok() && timeout(ANSWERS, self.answers()).await.is_ok();
        in_time && self.tuner.is == Some(to)
    }

    /// Waits for what a change comes to.
    async fn answers(&mut self) {
        // What it asks meanwhile is answered by whoever it works for next.
        let mut meanwhile = Vec::new();
        while self.tuner.under_way.is_some() {
            let happening = self.next().await;
            let is_last = match &happening {
                Happening::Events(_) | Happening::Given(_) => false,
                Happening::NotStarted(_)
                | Happening::TooLong(_)
                | Happening::TooMuch(_)
                | Happening::Unkept(_)
                | Happening::Ended { .. }
                | Happening::Lost => true,
            };
            meanwhile.push(happening);
            if is_last {
                break;
            }
        }
        self.put_back(meanwhile);
    }
}

/// How the agent of a session is to be set.
pub(super) fn tuning(session: &SessionRow, project: &ProjectAgent) -> Tuning {
    // It is a name of the project's own agent program: another one does not know it.
    let of_project = project.model.as_ref();
    let of_project = of_project.filter(|_| session.runtime == project.runtime);
    Tuning {
        model: session.model.clone().or_else(|| of_project.cloned()),
        mode: session.mode,
    }
}

impl Agents {
    /// Tells the agent of a session, if it is at work. `None` if it is not, or does not answer: then
    /// it is told before its next turn.
    async fn change(&self, session: SessionId, to: Tuning) -> Option<Result<(), String>> {
        let desk = self.desk_of(session)?;
        let (done, answer) = oneshot::channel();
        desk.send(Change { to, done }).ok()?;
        let answer = timeout(ANSWERS, answer).await;
        answer.ok()?.ok()
    }
}

impl Engine {
    /// Changes the model or the mode of the session at the permit's place. It is stored, and holds for
    /// every start of an agent too; what an agent at work refuses is taken back.
    pub async fn tune_session(
        &self,
        permit: &Permit,
        wish: TuningWish,
    ) -> Result<Tuned, SessionError> {
        permit_for(permit, Action::TuneSession)?;
        if matches!(&wish, TuningWish::Model(Some(model)) if !is_model(model)) {
            return Ok(Tuned::NoModel);
        }
        let place = permit.place().post_channel();
        let (now, person) = (self.clock.now(), permit.person());
        let mut tx = self.store.write().await?;
        let Some(before) = self.store.session_in(place).await? else {
            return Ok(Tuned::Nothing);
        };
        let mut session = before.clone();
        let told = match &wish {
            TuningWish::Model(model) => format!("model {}", model.as_deref().unwrap_or("default")),
            TuningWish::Mode(mode) => format!("mode {mode}"),
        };
        match wish.clone() {
            TuningWish::Model(model) => session.model = model,
            TuningWish::Mode(mode) => session.mode = mode,
        }
        tx.tune_session(session.id, session.model.as_deref(), session.mode)
            .await?;
        let object = format!("session {}", session.id);
        tx.audit(now, Some(person), "session_tuned", &object, &told)
            .await?;
        tx.commit().await?;
        tracing::info!(session = %session.id, %person, %told, "a session was changed");
        let Ok(project) = self.project_of(&session) else {
            return Ok(Tuned::NextTurn);
        };
        match self
            .agents
            .change(session.id, tuning(&session, &project))
            .await
        {
            None => Ok(Tuned::NextTurn),
            Some(Ok(())) => Ok(Tuned::Taken),
            Some(Err(refusal)) => {
                let mut tx = self.store.write().await?;
                // Only this, and only if nobody has set it since: an approved plan ends plan mode, too.
                match wish {
                    TuningWish::Model(model) => {
                        let (is, was) = (model.as_deref(), before.model.as_deref());
                        tx.take_back_model(session.id, is, was).await?;
                    }
                    TuningWish::Mode(mode) => {
                        tx.take_back_mode(session.id, mode, before.mode).await?;
                    }
                }
                tx.audit(now, Some(person), "session_tuning_refused", &object, &told)
                    .await?;
                tx.commit().await?;
                Ok(Tuned::Refused(refusal))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(model: &str, mode: AgentMode) -> Tuning {
        Tuning {
            model: Some(model.to_owned()),
            mode,
        }
    }

    #[test]
    fn only_what_is_different_is_said_and_all_of_it_if_nobody_knows() {
        let plan = Tune::Mode(AgentMode::Plan);
        let opus = Tune::Model(Some("opus".into()));
        let wanted = to("opus", AgentMode::Plan);
        assert_eq!(differences(None, &wanted), [opus.clone(), plan.clone()]);
        assert_eq!(differences(Some(&wanted), &wanted), []);
        let before = to("haiku", AgentMode::Plan);
        assert_eq!(differences(Some(&before), &wanted), [opus]);
        let before = to("opus", AgentMode::Default);
        assert_eq!(differences(Some(&before), &wanted), [plan]);
    }
}
