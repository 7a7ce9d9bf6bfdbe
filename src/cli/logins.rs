//! Which logins Baton keeps alive, and how.

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
    }))
}

fn of_claude(settings: &Settings, world: &World) -> Account {
    let section = &settings.claude;
    let is_given = |name: &&str| section.env.contains_key(*name);
    let renewer = match settings.credentials.claude_renewal {
        _ if claude::TOKENS.iter().any(is_given) => Renewer::Nobody,
        Renewal::Direct => Renewer::Baton,
        Renewal::Cli => Renewer::Program,
        // The directory of the operator's own login is his.
        Renewal::Auto if section.config_dir.is_none() => Renewer::Program,
        Renewal::Auto => Renewer::Baton,
    };
    let directory = section.config_dir.clone();
    let directory = directory.unwrap_or_else(|| world.agents_get.home.join(".claude"));
    Account {
        slot: SlotId::main(RuntimeKind::Claude),
        file: FileStore::new(&claude::LoginFile, &directory),
        renewer,
        endpoint: endpoint(&settings.credentials.claude),
    }
}

fn of_codex(settings: &Settings) -> Option<Account> {
    let section = settings.codex.as_ref()?;
    let renewer = match settings.credentials.codex_renewal {
        _ if section.service.is_some() => Renewer::Nobody,
        Renewal::Direct => Renewer::Baton,
        // Codex sends its refresh token without a lock, so there should be one who does.
        Renewal::Cli | Renewal::Auto => Renewer::Program,
    };
    Some(Account {
        slot: SlotId::main(RuntimeKind::Codex),
        file: FileStore::new(&codex::LoginFile, &section.home),
        renewer,
        endpoint: endpoint(&settings.credentials.codex),
    })
}

fn endpoint(service: &TokenService) -> Endpoint {
    Endpoint {
        url: service.url.clone(),
        client: service.client.clone(),
        scopes: service.scopes.clone(),
    }
}
