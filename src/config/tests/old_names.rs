//! The environment of the first seed.

use std::{num::NonZeroU32, time::Duration};

use insta::assert_snapshot;

use super::{Folder, SMALLEST, alone};
use crate::{
    config::{Admission, ChannelMode, Handoff, Settings, Standing},
    words::{ChannelId, GuildId, RoleId, UserId},
};

/// A `.env` as the seed's own set-up leaves it: what stays open is empty.
const ENV_OF_OLD: &str = "\
# Discord
DISCORD_BOT_TOKEN=sim-token
DISCORD_GUILD_ID=11
OMC_OWNER_ROLE_ID=12
DISCORD_OWNER_ROLE_ID=
OMC_OWNER_USER_ID=13
OMC_ALERTS_CHANNEL_ID=14
OMC_AUDIT_CHANNEL_ID=15

# Queue
OMC_MAX_ACTIVE_CLIS=7
OMC_MAX_QUEUED_SESSIONS=21
OMC_PER_USER_MAX_ACTIVE=3
OMC_PER_USER_MAX_QUEUED=6
OMC_QUEUE_STALE_MS=1200000

# Channels
OMC_CHANNEL_OWNER_ONLY=false
OMC_CHANNEL_INCLUDE_BYSTANDERS=true
OMC_CHANNEL_HISTORY_N=12

# Machine
OMC_HEALTHZ_PORT=7808
OMC_RUNTIME_ROOT=$DIR
OMC_DATA_DIR=state
OMC_LOG_LEVEL=fatal

# Agents
OMC_INTER_AGENT_HOP_MAX=5
OMC_INTER_AGENT_TOKEN_BUDGET=60000
ANTHROPIC_API_KEY=
";

/// The value and the source of a setting as `config show` has them.
fn row(settings: &Settings, key: &str) -> (String, String) {
    let mut rows = settings.explain().iter();
    let row = rows.find(|row| row.key == key).unwrap();
    (row.value.clone(), row.source.to_string())
}

#[test]
fn the_seeds_environment_alone_gives_settings() {
    let (folder, settings) = alone(ENV_OF_OLD);
    let settings = settings.unwrap();
    let discord = &settings.discord;
    assert_eq!(discord.guild, GuildId::new(11));
    assert_eq!(discord.owner_role, Some(RoleId::new(12)));
    assert_eq!(discord.owner_user, Some(UserId::new(13)));
    assert_eq!(discord.alerts_channel, Some(ChannelId::new(14)));
    assert_eq!(discord.audit_channel, Some(ChannelId::new(15)));
    assert_eq!(
        settings.admission,
        Admission {
            max_active: 7,
            max_queued: 21,
            person_max_active: 3,
            person_max_queued: 6,
            mailbox: 20,
            expiry: Duration::from_mins(20),
            requests_per_minute: NonZeroU32::new(30).unwrap(),
            commands_per_minute: NonZeroU32::new(30).unwrap(),
            max_prompt: 32 << 10,
        }
    );
    assert_eq!(
        settings.channel_mode,
        ChannelMode {
            owner_only: false,
            history: 12,
            include_bystanders: true
        }
    );
    assert_eq!(settings.http.listen.to_string(), "127.0.0.1:7808");
    assert_eq!(settings.data.dir, folder.path("state"));
    assert_eq!(settings.log.level.as_str(), "error");
    assert_eq!(
        settings.handoff,
        Handoff {
            max_hops: 5,
            token_budget: 60_000
        }
    );
    assert_eq!(settings.warnings(), [""; 0]);
    assert_snapshot!(settings.require_projects().unwrap_err());
}

#[test]
#[expect(clippy::too_many_lines, reason = "a row for each of many names")]
fn every_old_name_sets_its_setting_and_says_so() {
    for (old, value, key, effective) in [
        ("OMC_OWNER_ROLE_ID", "5", "discord.owner_role", "5"),
        ("DISCORD_OWNER_ROLE_ID", "5", "discord.owner_role", "5"),
        ("OMC_OWNER_USER_ID", "5", "discord.owner_user", "5"),
        ("OMC_ALERTS_CHANNEL_ID", "5", "discord.alerts_channel", "5"),
        ("OMC_AUDIT_CHANNEL_ID", "5", "discord.audit_channel", "5"),
        ("OMC_MAX_ACTIVE_CLIS", "8", "admission.max_active", "8"),
        ("OMC_MAX_QUEUED_SESSIONS", "8", "admission.max_queued", "8"),
        (
            "OMC_PER_USER_MAX_ACTIVE",
            "8",
            "admission.person_max_active",
            "8",
        ),
        (
            "OMC_PER_USER_MAX_QUEUED",
            "8",
            "admission.person_max_queued",
            "8",
        ),
        ("OMC_QUEUE_STALE_MS", "1800000", "admission.expiry", "30m"),
        (
            "OMC_QUEUE_STALE_MS",
            "90500",
            "admission.expiry",
            "1m30s500ms",
        ),
        (
            "OMC_CHANNEL_OWNER_ONLY",
            "false",
            "channel_mode.owner_only",
            "false",
        ),
        (
            "OMC_CHANNEL_OWNER_ONLY",
            "true",
            "channel_mode.owner_only",
            "true",
        ),
        (
            "OMC_CHANNEL_OWNER_ONLY",
            "False",
            "channel_mode.owner_only",
            "true",
        ),
        (
            "OMC_CHANNEL_INCLUDE_BYSTANDERS",
            "true",
            "channel_mode.include_bystanders",
            "true",
        ),
        (
            "OMC_CHANNEL_INCLUDE_BYSTANDERS",
            "1",
            "channel_mode.include_bystanders",
            "false",
        ),
        ("OMC_CHANNEL_HISTORY_N", "0", "channel_mode.history", "0"),
        ("OMC_HEALTHZ_PORT", "8080", "http.listen", "127.0.0.1:8080"),
        ("OMC_HEALTHZ_PORT", "0", "http.listen", "127.0.0.1:0"),
        ("OMC_DATA_DIR", "/d", "data.dir", "/d"),
        (
            "OMC_DATA_DIR",
            "./d",
            "data.dir",
            "/home/you/.discord-orchestrator/d",
        ),
        ("OMC_RUNTIME_ROOT", "/r", "data.dir", "/r/data"),
        ("DISCORD_ORCHESTRATOR_HOME", "/r/", "data.dir", "/r/data"),
        (
            "OAUTH_PROXY_URL",
            "http://a:1,direct",
            "credentials.proxies",
            "2 of them",
        ),
        ("OMC_ACCOUNTS_JSON", "[]", "accounts", "0 of them"),
        ("OMC_LOG_LEVEL", "warn", "log.level", "warn"),
        ("OMC_LOG_LEVEL", "fatal", "log.level", "error"),
        ("OMC_LOG_LEVEL", "silent", "log.level", "off"),
        ("OMC_INTER_AGENT_HOP_MAX", "8", "handoff.max_hops", "8"),
        (
            "OMC_INTER_AGENT_TOKEN_BUDGET",
            "8",
            "handoff.token_budget",
            "8",
        ),
    ] {
        let settings = Folder::new(SMALLEST).load(&[(old, value)]).unwrap();
        let new = format!("BATON_{}", key.to_uppercase().replace('.', "__"));
        let source = format!("{old} (old name of {new})");
        assert_eq!(
            row(&settings, key),
            (effective.to_owned(), source),
            "{old}={value}"
        );
        let names = settings.old_names().iter();
        let used: Vec<_> = names
            .filter(|name| name.standing != Standing::Unset)
            .collect();
        assert_eq!(used.len(), 1, "{used:?}");
        assert_eq!(
            (used[0].old, used[0].key, &used[0].new, &used[0].standing),
            (old, key, &new, &Standing::Holds)
        );
        assert_eq!(settings.warnings(), [""; 0], "{old}={value}");
    }
}

#[test]
fn an_old_name_that_is_empty_is_not_set() {
    let folder = Folder::new(SMALLEST);
    let without = folder.load(&[]).unwrap();
    let names = without.old_names().iter();
    let empty: Vec<(&str, &str)> = names.map(|name| (name.old, " ")).collect();
    assert_eq!(empty.len(), 22);
    let settings = folder.load(&empty).unwrap();
    assert_eq!(settings.explain(), without.explain());
}

#[test]
fn what_is_no_value_is_told_by_its_old_name_with_what_to_write() {
    assert_snapshot!(Folder::new("[discord]\nguild = 1\n").told(&[
        ("OMC_OWNER_ROLE_ID", "@owners"),
        ("OMC_OWNER_USER_ID", "0"),
        ("OMC_ALERTS_CHANNEL_ID", "#alerts"),
        ("OMC_AUDIT_CHANNEL_ID", "-1"),
        ("OMC_MAX_ACTIVE_CLIS", "6x"),
        ("OMC_MAX_QUEUED_SESSIONS", "0"),
        ("OMC_PER_USER_MAX_ACTIVE", "two"),
        ("OMC_PER_USER_MAX_QUEUED", "5.5"),
        ("OMC_QUEUE_STALE_MS", "30min"),
        ("OMC_CHANNEL_HISTORY_N", "101"),
        ("OMC_HEALTHZ_PORT", "77070"),
        ("OMC_DATA_DIR", "~/data"),
        ("OMC_LOG_LEVEL", "INFO"),
        ("OMC_INTER_AGENT_HOP_MAX", "-1"),
        ("OMC_INTER_AGENT_TOKEN_BUDGET", "50k"),
    ]));
}

#[test]
fn the_environment_wins_over_the_file_by_an_old_name_too() {
    let folder = Folder::new(&format!(
        "{SMALLEST}[admission]\nmax_active = 3\nmax_queued = 4\n"
    ))
    .with_env_file("OMC_MAX_ACTIVE_CLIS=8\n");
    let settings = folder.load(&[]).unwrap();
    assert_eq!(settings.admission.max_active, 8);
    assert_eq!(settings.admission.max_queued, 4);
    let (_, source) = row(&settings, "admission.max_active");
    let file = folder.path(".env");
    assert_eq!(
        source,
        format!(
            "OMC_MAX_ACTIVE_CLIS (old name of BATON_ADMISSION__MAX_ACTIVE) in {}:1",
            file.display()
        )
    );
    let settings = folder.load(&[("OMC_MAX_ACTIVE_CLIS", "9")]).unwrap();
    assert_eq!(settings.admission.max_active, 9);
}

#[test]
fn a_new_name_wins_over_an_old_one_and_a_difference_is_spoken_of_once() {
    let settings = Folder::new(SMALLEST)
        .load(&[
            ("OMC_MAX_ACTIVE_CLIS", "junk"),
            ("BATON_ADMISSION__MAX_ACTIVE", "5"),
            ("OMC_QUEUE_STALE_MS", "1800000"),
            ("BATON_ADMISSION__EXPIRY", "30min"),
            ("OMC_HEALTHZ_PORT", "1"),
            ("BATON_HTTP__LISTEN", "127.0.0.1:1"),
            ("OMC_OWNER_ROLE_ID", "6"),
            ("DISCORD_OWNER_ROLE_ID", "7"),
            ("OMC_DATA_DIR", "d"),
            ("OMC_RUNTIME_ROOT", "/r"),
            ("DISCORD_ORCHESTRATOR_HOME", "/h"),
        ])
        .unwrap();
    assert_eq!(settings.admission.max_active, 5);
    assert_eq!(settings.admission.expiry, Duration::from_mins(30));
    assert_eq!(settings.discord.owner_role, Some(RoleId::new(6)));
    assert_eq!(settings.data.dir.to_str(), Some("/r/d"));
    assert_eq!(
        settings.warnings(),
        [
            "DISCORD_OWNER_ROLE_ID and OMC_OWNER_ROLE_ID are both set, to different values. \
             OMC_OWNER_ROLE_ID holds; remove the other one.",
            "OMC_MAX_ACTIVE_CLIS and BATON_ADMISSION__MAX_ACTIVE are both set, to different values. \
             BATON_ADMISSION__MAX_ACTIVE holds; remove the other one.",
        ]
    );
}

#[test]
fn a_variable_of_the_seed_that_has_no_meaning_here_is_named() {
    let settings = Folder::new(SMALLEST)
        .load(&[
            ("OMC_RETOKEN_POLICY", "[hush]"),
            ("OMC_MAX_ACTIVE_CLI", "9"),
            ("OMC_OWNER_USERID", ""),
        ])
        .unwrap();
    assert_eq!(
        settings.warnings(),
        [
            "OMC_MAX_ACTIVE_CLI does nothing: there is no such setting. Did you mean \
             OMC_MAX_ACTIVE_CLIS?",
            "OMC_RETOKEN_POLICY does nothing: Baton has no such setting. Remove it.",
        ]
    );
}
