//! Which logins Baton keeps alive, and how.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::run::World;
use crate::{
    config::{self, Renewal, Settings, TokenService},
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
    let wire = Wire::new(routes.collect(), wished.ca.as_deref())
        .context("`credentials.ca` cannot be used")?;
    let accounts = all(settings, &world.agents_get.home);
    for account in &accounts {
        tracing::info!(
            account = %account.slot,
            directory = %account.file.directory().display(),
            "a login is looked after: {}",
            who(account.renewer)
        );
    }
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

/// Where the login of an account lies, and who is to renew it.
struct Wish<'a> {
    slot: SlotId,
    directory: &'a Path,
    renewal: Renewal,
    /// A key that comes with the settings is used instead of it.
    has_key: bool,
}

/// Who renews a login, as the end of a sentence.
pub(super) const fn who(renewer: Renewer) -> &'static str {
    match renewer {
        Renewer::Baton => "Baton renews it",
        Renewer::Program => "the agent program renews it",
        Renewer::Holds => "it holds for long, and nobody renews it",
        Renewer::Nobody => "it is a key, which nobody renews",
    }
}

/// The accounts of these settings, the first of each program before the further ones; `home` is the operator's.
pub(super) fn all(settings: &Settings, home: &Path) -> Vec<Account> {
    let operators = home.join(".claude");
    let (section, wished) = (&settings.claude, &settings.credentials);
    let is_given = |name: &&str| section.env.contains_key(*name);
    let claude = Wish {
        slot: SlotId::main(RuntimeKind::Claude),
        directory: section.config_dir.as_ref().unwrap_or(&operators),
        renewal: wished.claude_renewal,
        has_key: claude::TOKENS.iter().any(is_given),
    };
    let has_service = |codex: &config::Codex| codex.service.is_some();
    let codex = settings.codex.as_ref().map(|section| Wish {
        slot: SlotId::main(RuntimeKind::Codex),
        directory: &section.home,
        renewal: wished.codex_renewal,
        has_key: has_service(section),
    });
    let further = settings.accounts.iter().map(|account| Wish {
        slot: account.slot.clone(),
        directory: &account.directory,
        renewal: account.renewal,
        has_key: match account.slot.runtime {
            RuntimeKind::Claude => false,
            RuntimeKind::Codex => settings.codex.as_ref().is_some_and(has_service),
        },
    });
    let all = std::iter::once(claude).chain(codex).chain(further);
    all.map(|wish| match wish.slot.runtime {
        RuntimeKind::Claude => of_claude(wish, &wished.claude, &operators),
        RuntimeKind::Codex => of_codex(wish, &wished.codex),
    })
    .collect()
}

fn of_claude(wish: Wish<'_>, service: &TokenService, operators: &Path) -> Account {
    // The directory of the operator's own login is his.
    let is_batons = really(wish.directory) != really(operators);
    let renewer = match wish.renewal {
        _ if wish.has_key => Renewer::Nobody,
        Renewal::Auto if !is_batons => Renewer::Program,
        Renewal::Auto | Renewal::Direct => Renewer::Baton,
        Renewal::Cli => Renewer::Program,
        Renewal::Static => Renewer::Holds,
    };
    let file = FileStore::new(&claude::LoginFile, &of(renewer, wish.directory));
    account(wish.slot, file, renewer, service)
}

/// Who only looks follows the links that an operator has made; who writes does not.
fn of(renewer: Renewer, directory: &Path) -> PathBuf {
    match renewer {
        Renewer::Baton => directory.to_owned(),
        Renewer::Program | Renewer::Holds | Renewer::Nobody => really(directory),
    }
}

pub(super) fn really(directory: &Path) -> PathBuf {
    directory
        .canonicalize()
        .unwrap_or_else(|_| directory.to_owned())
}

fn of_codex(wish: Wish<'_>, service: &TokenService) -> Account {
    let renewer = match wish.renewal {
        _ if wish.has_key => Renewer::Nobody,
        Renewal::Direct => Renewer::Baton,
        // Codex sends its refresh token without a lock, so there should be one who does.
        Renewal::Cli | Renewal::Auto => Renewer::Program,
        Renewal::Static => Renewer::Holds,
    };
    let file = FileStore::new(&codex::LoginFile, &of(renewer, wish.directory));
    account(wish.slot, file, renewer, service)
}

fn account(slot: SlotId, file: FileStore, renewer: Renewer, service: &TokenService) -> Account {
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
