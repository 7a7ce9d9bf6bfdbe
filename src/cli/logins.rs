//! Which logins Baton keeps alive, and how.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::run::World;
use crate::{
    config::{Renewal, Settings, TokenService},
    credentials::{Account, Endpoint, FileStore, Parts, Renewer, Route, Rules, Task, Watch, Wire},
    runtime::{claude, codex},
    store::Store,
    words::{RuntimeKind, SlotId},
};

/// The task that keeps the logins of these settings alive, and what others see of it.
pub(super) fn task(settings: &Settings, store: &Store, world: &World) -> Result<(Task, Watch)> {
    let wished = &settings.credentials;
    let routes = wished.proxies.iter().map(|proxy| match proxy {
        Some(address) => Route::Proxy(address.clone()),
        None => Route::Direct,
    });
    let mut accounts = vec![of_claude(settings, world)];
    accounts.extend(of_codex(settings));
    let wire = Wire::new(routes.collect(), wished.ca.as_deref())
        .context("`credentials.ca` cannot be used")?;
    Ok(Task::new(Parts {
        accounts,
        rules: Rules {
            tick: wished.tick,
            ahead: wished.refresh_ahead,
            disk_low: wished.disk_low,
        },
        wire,
        rescue: settings.data.dir.join("rescue"),
        store: store.clone(),
        clock: world.clock.clone(),
        secrets: settings.secrets(),
        under_way: world.renewals.clone(),
        stop: world.stop.clone(),
    }))
}

fn of_claude(settings: &Settings, world: &World) -> Account {
    let section = &settings.claude;
    let is_given = |name: &&str| section.env.contains_key(*name);
    let operators = world.agents_get.home.join(".claude");
    let directory = section.config_dir.as_ref().unwrap_or(&operators);
    // The directory of the operator's own login is his.
    let is_batons = really(directory) != really(&operators);
    let renewer = match settings.credentials.claude_renewal {
        _ if claude::TOKENS.iter().any(is_given) => Renewer::Nobody,
        Renewal::Auto if !is_batons => Renewer::Program,
        Renewal::Auto | Renewal::Direct => Renewer::Baton,
        Renewal::Cli => Renewer::Program,
    };
    let file = FileStore::new(&claude::LoginFile, &of(renewer, directory));
    account(
        RuntimeKind::Claude,
        file,
        renewer,
        &settings.credentials.claude,
    )
}

/// Who only looks follows the links that an operator has made; who writes does not.
fn of(renewer: Renewer, directory: &Path) -> PathBuf {
    match renewer {
        Renewer::Baton => directory.to_owned(),
        Renewer::Program | Renewer::Nobody => really(directory),
    }
}

fn really(directory: &Path) -> PathBuf {
    directory
        .canonicalize()
        .unwrap_or_else(|_| directory.to_owned())
}

fn of_codex(settings: &Settings) -> Option<Account> {
    let section = settings.codex.as_ref()?;
    let renewer = match settings.credentials.codex_renewal {
        _ if section.service.is_some() => Renewer::Nobody,
        Renewal::Direct => Renewer::Baton,
        // Codex sends its refresh token without a lock, so there should be one who does.
        Renewal::Cli | Renewal::Auto => Renewer::Program,
    };
    let file = FileStore::new(&codex::LoginFile, &of(renewer, &section.home));
    Some(account(
        RuntimeKind::Codex,
        file,
        renewer,
        &settings.credentials.codex,
    ))
}

fn account(
    runtime: RuntimeKind,
    file: FileStore,
    renewer: Renewer,
    service: &TokenService,
) -> Account {
    let slot = SlotId::main(runtime);
    let who = match renewer {
        Renewer::Baton => "Baton renews it",
        Renewer::Program => "the agent program renews it",
        Renewer::Nobody => "it is a key, which nobody renews",
    };
    tracing::info!(account = %slot, directory = %file.directory().display(), "a login is looked after: {who}");
    Account {
        slot,
        file,
        renewer,
        endpoint: Endpoint {
            url: service.url.clone(),
            client: service.client.clone(),
            scopes: service.scopes.clone(),
        },
    }
}
