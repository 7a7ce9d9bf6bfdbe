//! What the rooms get of the settings: each in its own words.

use std::{
    fs,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result};
use secrecy::{ExposeSecret as _, SecretString};

use super::operators;
use crate::{
    access::{Gate, Owners},
    admission::Caps,
    config::{self, Settings},
    delivery::Asking,
    discord::{BoundChannel, DiscordSettings, SecureSimulator},
    runtime::{
        HostEnv, Runtime, Runtimes,
        claude::{ClaudeRuntime, ClaudeSettings, TOKENS},
        codex::{CodexRuntime, CodexSettings, Service},
        runner::{RunnerHost, RunnerLimits},
    },
    session::{Bystanders, ChannelMode, Limits, Projects, Speakers},
    words::{ChannelId, RuntimeKind, SlotId},
};

pub(super) fn account(settings: &Settings) -> DiscordSettings {
    let discord = &settings.discord;
    let base = discord.api_base.as_ref();
    let secure = base.zip(discord.api_ca.as_ref());
    let channels = settings.projects.iter().flat_map(|project| {
        let bound = |channel: &ChannelId| BoundChannel {
            channel: *channel,
            project: project.name.to_string(),
        };
        project.channels.iter().map(bound)
    });
    DiscordSettings {
        token: discord.token.clone(),
        guild: discord.guild,
        api_base: base.map(|base| base.as_str().to_owned()),
        secure: secure.map(|(base, authority)| SecureSimulator {
            address: base.address(),
            authority: authority.clone(),
        }),
        channels: channels.collect(),
        default_project: settings
            .default_project
            .as_ref()
            .map(|project| project.name.to_string()),
        operators: operators::channels(settings),
        catch_up: discord.catch_up,
        commands: settings.admission.commands_per_minute,
        secrets: settings.secrets(),
    }
}

/// What has a say in where people are asked.
pub(super) fn asking(settings: &Settings, gate: Gate, projects: &Projects) -> Asking {
    let known = projects.names().into_iter().filter_map(|name| {
        let tools = &projects.named(name)?.tools;
        Some((name.to_owned(), (tools.approvers.clone(), tools.eyes)))
    });
    Asking {
        gate,
        secrets: settings.secrets(),
        routing: settings.approvals.route,
        channel: settings.approvals.channel,
        owner: settings.discord.owner_user,
        projects: known.collect(),
    }
}

pub(super) fn owners(settings: &Settings) -> Owners {
    Owners {
        user: settings.discord.owner_user,
        role: settings.discord.owner_role,
    }
}

/// The agent programs. `baton` is this program.
pub(super) fn runtimes(settings: &Settings, baton: &Path, host: &HostEnv) -> Result<Runtimes> {
    let of_claude = |slot: SlotId, settings| {
        let runtime: Arc<dyn Runtime> = Arc::new(ClaudeRuntime::new(settings));
        (slot, runtime)
    };
    let of_codex = |slot: SlotId, section: &config::Codex, home: &Path| {
        make_private(home)?;
        let settings = codex(section, home, baton, host);
        let runtime: Arc<dyn Runtime> = Arc::new(CodexRuntime::new(settings));
        anyhow::Ok((slot, runtime))
    };
    let own = SlotId::main(RuntimeKind::Claude);
    let mut all = vec![of_claude(own, claude(settings, host))];
    if let Some(section) = &settings.codex {
        let own = SlotId::main(RuntimeKind::Codex);
        all.push(of_codex(own, section, &section.home)?);
    }
    for account in &settings.accounts {
        let slot = account.slot.clone();
        match (account.slot.runtime, &settings.codex) {
            (RuntimeKind::Claude, _) => {
                all.push(of_claude(slot, further_claude(settings, account, host)));
            }
            (RuntimeKind::Codex, Some(section)) => {
                all.push(of_codex(slot, section, &account.directory)?);
            }
            // An account of it is a reason to have it.
            (RuntimeKind::Codex, None) => {}
        }
    }
    Ok(Runtimes::new(all))
}

/// Claude Code with another account. A token in the environment is that of the first one, and would be taken before the
/// login in its directory.
fn further_claude(
    settings: &Settings,
    account: &config::Account,
    host: &HostEnv,
) -> ClaudeSettings {
    let mut own = claude(settings, host);
    own.config_dir = Some(account.directory.clone());
    (own.pass_env).retain(|name, _| !TOKENS.contains(&name.as_str()));
    own
}

/// Makes a directory that only this user may enter; one that is there is closed to others.
fn make_private(directory: &Path) -> Result<()> {
    let made = fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory);
    let made =
        made.and_then(|()| fs::set_permissions(directory, fs::Permissions::from_mode(0o700)));
    made.with_context(|| format!("cannot make {}", directory.display()))
}

fn codex(section: &config::Codex, home: &Path, baton: &Path, host: &HostEnv) -> CodexSettings {
    let value = |value: &SecretString| value.expose_secret().to_owned();
    let keys = section.service.iter().flat_map(|service| &service.key);
    CodexSettings {
        command: section.command.clone(),
        baton: baton.to_owned(),
        home: home.to_owned(),
        model: section.model.clone(),
        service: section.service.as_ref().map(|service| Service {
            base_url: service.base_url.clone(),
            key_variable: service.key.as_ref().map(|(name, _)| name.clone()),
        }),
        pass_env: (section.env.iter())
            .chain(keys.map(|(name, secret)| (name, secret)))
            .map(|(name, secret)| (name.clone(), value(secret)))
            .collect(),
        reconnect: section.reconnect_timeout,
        host: host.clone(),
        agent_prompt: None,
    }
}

pub(super) fn claude(settings: &Settings, host: &HostEnv) -> ClaudeSettings {
    let env = settings.claude.env.iter();
    ClaudeSettings {
        command: settings.claude.command.clone(),
        config_dir: settings.claude.config_dir.clone(),
        pass_env: env
            .map(|(name, value)| (name.clone(), value.expose_secret().to_owned()))
            .collect(),
        host: host.clone(),
        agent_prompt: None,
    }
}

pub(super) fn host(settings: &Settings, program: PathBuf) -> Result<RunnerHost> {
    let limits = RunnerLimits {
        line: usize::try_from(settings.runner.line_limit).unwrap_or(usize::MAX),
        journal: settings.runner.journal_limit,
        orphan: settings.runner.orphan_timeout,
        ..RunnerLimits::default()
    };
    Ok(RunnerHost::new(&settings.data.sockets(), program, limits)?)
}

/// What no agent may touch: the settings, the secrets beside them, the state, and the logins of other accounts than its
/// own, which its program shuts itself.
pub(super) fn forbidden(settings: &Settings) -> Vec<PathBuf> {
    settings
        .files
        .iter()
        .cloned()
        .chain([settings.data.dir.clone()])
        .chain(settings.claude.config_dir.clone())
        .chain(settings.codex.iter().map(|codex| codex.home.clone()))
        .chain(
            settings
                .accounts
                .iter()
                .map(|account| account.directory.clone()),
        )
        .collect()
}

pub(super) fn limits(settings: &Settings) -> Limits {
    let admission = &settings.admission;
    Limits {
        caps: Caps {
            active: admission.max_active,
            queued: admission.max_queued,
        },
        person: Caps {
            active: admission.person_max_active,
            queued: admission.person_max_queued,
        },
        requests: admission.requests_per_minute,
        prompt: admission.max_prompt,
        mailbox: admission.mailbox,
        expiry: admission.expiry,
        idle: settings.claude.idle_timeout,
        live: settings.claude.max_live,
        turn: settings.claude.turn_timeout,
        start: settings.claude.start_timeout,
        question: settings.approvals.timeout,
        failover: settings.credentials.failover,
    }
}

pub(super) fn channel_mode(settings: &Settings) -> ChannelMode {
    let mode = &settings.channel_mode;
    ChannelMode {
        speakers: if mode.owner_only {
            Speakers::Owners
        } else {
            Speakers::Members
        },
        history: mode.history,
        bystanders: if mode.include_bystanders {
            Bystanders::Included
        } else {
            Bystanders::LeftOut
        },
    }
}
