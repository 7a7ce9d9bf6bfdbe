//! Which models people are offered: what the settings name, and what the agent program says that its account may use.

use std::{collections::HashMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::time::Instant;

use super::{Engine, SessionError, engine::permit_for};
use crate::{
    access::{Action, Permit},
    runtime::{Errand, Tidings},
    words::{RuntimeKind, SlotId},
};

/// How long an agent program is not asked again. Its models change with its versions, and with the plan of its account.
const FRESH: Duration = Duration::from_mins(10);

/// What the agent programs have said.
#[derive(Debug, Default)]
pub(super) struct Offered(Mutex<HashMap<RuntimeKind, Known>>);

#[derive(Debug)]
struct Known {
    /// `None` if it was never answered.
    models: Option<Vec<String>>,
    /// When it was asked last.
    asked: Instant,
}

impl Offered {
    /// What a program has said, if it has.
    fn of(&self, kind: RuntimeKind) -> Option<Vec<String>> {
        self.0.lock().get(&kind)?.models.clone()
    }

    /// Whether it is to be asked now. Whoever is told so asks.
    fn is_due(&self, kind: RuntimeKind) -> bool {
        let mut known = self.0.lock();
        let models = match known.remove(&kind) {
            Some(fresh) if fresh.asked.elapsed() < FRESH => {
                known.insert(kind, fresh);
                return false;
            }
            stale => stale.and_then(|stale| stale.models),
        };
        let asked = Instant::now();
        known.insert(kind, Known { models, asked });
        true
    }

    fn learn(&self, kind: RuntimeKind, models: Vec<String>) {
        let asked = Instant::now();
        let models = Some(models);
        self.0.lock().insert(kind, Known { models, asked });
    }

    /// Another account may have other models.
    pub(super) fn forget(&self, kind: RuntimeKind) {
        self.0.lock().remove(&kind);
    }
}

impl Engine {
    /// The models that people are offered for an agent program, or for all; in order. Somebody types: what is known
    /// is answered, and what is not is found out for the next time.
    pub fn models(
        self: &Arc<Self>,
        permit: &Permit,
        of: Option<RuntimeKind>,
    ) -> Result<Vec<String>, SessionError> {
        permit_for(permit, Action::StartSession)?;
        let runtimes = self.agents.runtimes();
        let kinds = of.map_or_else(|| runtimes.kinds(), |kind| vec![kind]);
        let mut models = Vec::new();
        for kind in kinds {
            if self.offered.is_due(kind) {
                self.tasks.spawn(Arc::clone(self).find_models(kind));
            }
            models.extend(self.projects.models(kind).map(str::to_owned));
            let said = self.offered.of(kind);
            let usual = || runtimes.of(kind).map(|one| one.models());
            models.extend(said.or_else(usual).unwrap_or_default());
        }
        models.sort_unstable();
        models.dedup();
        Ok(models)
    }

    async fn find_models(self: Arc<Self>, kind: RuntimeKind) {
        if let Some(Tidings::Models(models)) =
            self.ask_program(&SlotId::main(kind), Errand::Models).await
        {
            self.offered.learn(kind, models);
        }
    }
}
