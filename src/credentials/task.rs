//! The task that keeps all logins alive.

use std::{path::PathBuf, sync::Arc};

use tokio::task::JoinSet;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Endpoint, FileStore, Renewer, Rules, Watch, Wire, attempt::Renewal, keeper::Keeper,
    news::Bearer,
};
use crate::{clock::Clock, observe::Secrets, store::Store, words::SlotId};

/// One account.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its slot.
    pub slot: SlotId,
    /// The file with its login.
    pub file: FileStore,
    /// Who renews it.
    pub renewer: Renewer,
    /// Where new tokens come from.
    pub endpoint: Endpoint,
}

/// What the task needs.
pub struct Parts {
    /// All accounts.
    pub accounts: Vec<Account>,
    /// When they are looked at and renewed.
    pub rules: Rules,
    /// The way to the services.
    pub wire: Wire,
    /// Where copies lie of what the disk of an account has refused.
    pub rescue: PathBuf,
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// What is shown to nobody: all that is read and all that comes is added to it.
    pub secrets: Secrets,
    /// Where renewals are carried out: each is worth waiting for at the end of the process.
    pub under_way: TaskTracker,
    /// Ends it.
    pub stop: CancellationToken,
}

/// The task that keeps all logins alive.
pub struct Task {
    keepers: Vec<Keeper>,
    stop: CancellationToken,
}

impl Task {
    /// Makes the task, and what others see of it.
    pub fn new(parts: Parts) -> (Self, Watch) {
        let seats = parts.accounts.iter();
        let watch = Watch::over(seats.map(|account| (account.slot.clone(), account.renewer)));
        let wire = Arc::new(parts.wire);
        let keepers = parts.accounts.into_iter().filter_map(|account| {
            Some(Keeper {
                seat: watch.seat(&account.slot)?,
                bearer: Bearer::new(
                    account.slot.clone(),
                    (account.file.login(), account.file.directory().to_owned()),
                    parts.store.clone(),
                    parts.clock.clone(),
                ),
                rules: parts.rules,
                renewer: account.renewer,
                under_way: parts.under_way.clone(),
                renewal: Renewal {
                    slot: account.slot,
                    file: account.file,
                    endpoint: account.endpoint,
                    wire: Arc::clone(&wire),
                    store: parts.store.clone(),
                    clock: parts.clock.clone(),
                    rescue: parts.rescue.clone(),
                    secrets: parts.secrets.clone(),
                    stop: parts.stop.clone(),
                },
            })
        });
        let task = Self {
            keepers: keepers.collect(),
            stop: parts.stop.clone(),
        };
        (task, watch)
    }

    /// Keeps the logins until the server ends.
    pub async fn run(self) {
        let mut all = JoinSet::new();
        for keeper in self.keepers {
            all.spawn(keeper.run(self.stop.clone()));
        }
        while let Some(ended) = all.join_next().await {
            // One that falls is the fall of the room, which the server ends with.
            if let Err(fault) = ended
                && let Ok(panic) = fault.try_into_panic()
            {
                std::panic::resume_unwind(panic);
            }
        }
        // Without accounts there is nothing to do, which is no fault.
        self.stop.cancelled().await;
    }
}
