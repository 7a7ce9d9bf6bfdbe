//! What the settings are, and which of the places wins.

use std::{num::NonZeroU32, time::Duration};

use secrecy::ExposeSecret as _;

use super::{Folder, SMALLEST};
use crate::{
    config::{
        Admission, Approvals, Bounds, CatchUp, Project, Runner, Settings, Source, Transcripts,
    },
    words::{
        Approvers, Background, Busy, ChannelId, Eyes, Guests, GuildId, RoleId, Routing,
        RuntimeKind, UserId,
    },
};

fn source(settings: &Settings, key: &str) -> Source {
    let mut rows = settings.explain().iter();
    rows.find(|row| row.key == key).unwrap().source.clone()
}

#[test]
fn the_smallest_configuration_gets_the_defaults() {
    let settings = Folder::new(SMALLEST).load(&[]).unwrap();
    assert_eq!(settings.discord.token.expose_secret(), "sim-token");
    assert_eq!(settings.discord.guild, GuildId::new(1));
    assert_eq!(settings.discord.owner_user, Some(UserId::new(2)));
    assert_eq!(settings.discord.owner_role, None);
    assert_eq!(settings.discord.api_base, None);
    assert_eq!(settings.discord.api_ca, None);
    assert_eq!(
        settings.discord.catch_up,
        CatchUp {
            max_age: Duration::from_hours(24),
            max_messages: 500
        }
    );
    assert_eq!(
        settings.data.dir.to_str(),
        Some("/home/you/.local/state/baton")
    );
    assert_eq!(settings.http.listen.to_string(), "127.0.0.1:7707");
    assert_eq!(settings.claude.command.to_str(), Some("claude"));
    assert_eq!(settings.claude.config_dir, None);
    assert_eq!(settings.claude.idle_timeout, Duration::from_mins(10));
    assert_eq!(settings.claude.max_live, 4);
    assert_eq!(settings.claude.turn_timeout, Duration::from_hours(2));
    assert_eq!(settings.claude.start_timeout, Duration::from_mins(1));
    assert!(settings.claude.env.is_empty());
    assert_eq!(
        settings.approvals,
        Approvals {
            timeout: Duration::from_hours(1),
            route: Routing::Auto,
            channel: None,
        }
    );
    assert_eq!(
        settings.admission,
        Admission {
            max_active: 6,
            max_queued: 20,
            person_max_active: 2,
            person_max_queued: 5,
            mailbox: 20,
            expiry: Duration::from_mins(30),
            requests_per_minute: NonZeroU32::new(30).unwrap(),
            commands_per_minute: NonZeroU32::new(30).unwrap(),
            max_prompt: 32 << 10,
        }
    );
    assert_eq!(
        settings.runner,
        Runner {
            line_limit: 16 << 20,
            journal_limit: 256 << 20,
            orphan_timeout: Duration::from_hours(6)
        }
    );
    assert_eq!(
        settings.transcripts,
        Transcripts {
            enabled: true,
            max_size: 10 << 20,
            keep: 5
        }
    );
    assert_eq!(settings.log.level.as_str(), "info");
    assert_eq!(settings.log.format.as_str(), "text");
    assert!(settings.projects.is_empty());
}

#[test]
fn a_project_is_read_whole() {
    let folder = Folder::new(&format!(
        "{SMALLEST}[[projects]]\nname = \"site\"\ndirectory = \"$DIR/site\"\n\
         channels = [7, \"8\"]\nmodel = \"sonnet\"\nmax_active = 3\nallowed_tools = [\"Bash(git log:*)\"]\nguests = \"ask\"\n\
         owner_tools = [\"Bash\", \"Read\"]\nguest_tools = [\"Read(docs/**)\"]\n\
         asked_tools = [\"Bash(git push:*)\"]\ndenied_tools = [\"Read(keys/**)\"]\n\
         approvers = [9]\nfour_eyes = true\nbusy = \"steer\"\nbackground = [\"tasks\", \"schedules\"]\n\
         launcher = [\"true\", \"--share net\"]\n\
         max_open_files = 512\nmax_file_size = \"1 GiB\"\nturn_timeout = \"20min\"\nmax_output = \"8 MiB\"\n"
    ));
    assert_eq!(
        folder.load(&[]).unwrap().projects,
        [Project {
            name: "site".parse().unwrap(),
            directory: folder.path("site"),
            channels: vec![ChannelId::new(7), ChannelId::new(8)],
            runtime: RuntimeKind::Claude,
            model: Some("sonnet".to_owned()),
            max_active: Some(3),
            max_queued: None,
            allowed_tools: vec!["Bash(git log:*)".to_owned()],
            owner_tools: vec!["Bash".to_owned(), "Read".to_owned()],
            guest_tools: vec!["Read(docs/**)".to_owned()],
            asked_tools: vec!["Bash(git push:*)".to_owned()],
            denied_tools: vec!["Read(keys/**)".to_owned()],
            approvers: Approvers::Roles(vec![RoleId::new(9)]),
            eyes: Eyes::Four,
            busy: Busy::Steer,
            background: vec![Background::Tasks, Background::Schedules],
            guests: Guests::Ask,
            launcher: vec!["true".to_owned(), "--share net".to_owned()],
            bounds: Bounds {
                open_files: Some(512),
                file_size: Some(1 << 30),
                turn: Some(Duration::from_mins(20)),
                output: Some(8 << 20),
            },
        }]
    );
}

#[test]
fn the_process_wins_over_the_env_file_and_both_over_the_file() {
    let folder = Folder::new(&format!("{SMALLEST}[http]\nlisten = \"127.0.0.1:1\"\n"))
        .with_env_file("BATON_HTTP__LISTEN=127.0.0.1:2\nexport BATON_LOG__FORMAT='json'\n");
    let settings = folder.load(&[]).unwrap();
    assert_eq!(settings.http.listen.port(), 2);
    assert_eq!(
        source(&settings, "http.listen"),
        Source::DotEnv {
            name: "BATON_HTTP__LISTEN".to_owned(),
            path: folder.path(".env"),
            line: Some(1)
        }
    );
    assert_eq!(
        source(&settings, "log.format").to_string(),
        format!("BATON_LOG__FORMAT in {}:2", folder.path(".env").display())
    );
    assert_eq!(
        source(&settings, "discord.guild"),
        Source::File {
            path: folder.path("baton.toml"),
            line: Some(2)
        }
    );
    let settings = folder
        .load(&[("BATON_HTTP__LISTEN", "127.0.0.1:3")])
        .unwrap();
    assert_eq!(settings.http.listen.port(), 3);
    assert_eq!(
        source(&settings, "http.listen").to_string(),
        "BATON_HTTP__LISTEN"
    );
}

#[test]
fn the_plain_variables_work_as_they_stand_and_the_prefixed_ones_win() {
    let folder = Folder::new("[discord]\nowner_role = \"3\"\n")
        .with_env_file("DISCORD_GUILD_ID=11\nCLAUDE_CONFIG_DIR=/c\nBATON_CLAUDE__CONFIG_DIR=/d\n");
    let settings = folder.load(&[]).unwrap();
    assert_eq!(settings.discord.guild, GuildId::new(11));
    assert_eq!(settings.discord.owner_role, Some(RoleId::new(3)));
    assert_eq!(settings.claude.config_dir.unwrap().to_str(), Some("/d"));
}

#[test]
fn a_variable_overrides_one_setting_of_one_project_and_lists_are_written_both_ways() {
    let folder = Folder::new(&format!(
        "{SMALLEST}[[projects]]\nname = \"a\"\ndirectory = \"$DIR/site\"\nchannels = [1]\n\
         [[projects]]\nname = \"b\"\ndirectory = \"$DIR/site\"\nchannels = [2]\n"
    ));
    let settings = folder
        .load(&[
            ("BATON_PROJECTS__1__CHANNELS", "5, 6"),
            (
                "BATON_PROJECTS__0__ALLOWED_TOOLS",
                "[\"Bash(a, b)\", \"Read\"]",
            ),
        ])
        .unwrap();
    let [a, b] = settings.projects.as_slice() else {
        panic!("two projects: {:?}", settings.projects);
    };
    assert_eq!(a.allowed_tools, ["Bash(a, b)", "Read"]);
    assert_eq!(a.channels, [ChannelId::new(1)]);
    assert_eq!(b.channels, [ChannelId::new(5), ChannelId::new(6)]);
}

#[test]
fn the_agent_gets_the_listed_variables_that_are_set_from_both_places() {
    let folder = Folder::new(SMALLEST).with_env_file("ANTHROPIC_API_KEY=from-file\nOTHER=x\n");
    let settings = folder.load(&[("TZ", "UTC"), ("HTTPS_PROXY", "")]).unwrap();
    let env: Vec<_> = settings
        .claude
        .env
        .iter()
        .map(|(name, value)| (name.as_str(), value.expose_secret()))
        .collect();
    assert_eq!(env, [("ANTHROPIC_API_KEY", "from-file"), ("TZ", "UTC")]);
}

#[test]
fn reading_the_env_file_changes_nothing_in_the_process() {
    let name = "BATON_LOG__LEVEL";
    let folder = Folder::new(SMALLEST).with_env_file(&format!("{name}=warn\n"));
    assert_eq!(folder.load(&[]).unwrap().log.level.as_str(), "warn");
    assert_eq!(std::env::var_os(name), None);
}

#[test]
fn no_secret_is_shown_and_all_of_them_are_known_to_the_log() {
    let folder = Folder::new(SMALLEST)
        .with_env_file("DISCORD_BOT_TOKEN=x\nANTHROPIC_API_KEY=canary-key\nTZ=Europe/Berlin\n");
    let settings = folder
        .load(&[("DISCORD_BOT_TOKEN", "canary-token")])
        .unwrap();
    let shown = format!("{:?} {settings:?}", settings.explain());
    assert!(!shown.contains("canary"), "{shown}");
    assert_eq!(
        settings
            .secrets()
            .redact("canary-token canary-key Europe/Berlin"),
        "[redacted] [redacted] Europe/Berlin"
    );
}

#[test]
fn the_files_are_named_for_those_who_must_keep_away() {
    let folder = Folder::new(SMALLEST);
    let files = folder.load(&[]).unwrap().files;
    assert_eq!(files, [folder.path("baton.toml"), folder.path(".env")]);
}

#[test]
fn how_people_are_asked_is_read_and_a_way_that_leads_nowhere_is_a_mistake() {
    let approvals = |text: &str| {
        let file = format!("{SMALLEST}\n[approvals]\n{text}");
        Folder::new(&file)
            .load(&[])
            .map(|settings| settings.approvals)
    };
    let full = "timeout = \"5min\"\nroute = \"channel\"\nchannel = 7";
    assert_eq!(
        approvals(full).unwrap(),
        Approvals {
            timeout: Duration::from_mins(5),
            route: Routing::Channel,
            channel: Some(ChannelId::new(7)),
        }
    );
    for wrong in [
        "route = \"channel\"",
        "route = \"elsewhere\"",
        "timeout = \"10s\"",
        "timeout = \"25h\"",
        "channel = 0",
    ] {
        assert!(approvals(wrong).is_err(), "{wrong}");
    }
}
