//! Slash commands, from the person's side.

use std::time::Duration;

use discord_sim::{Fact, Fault, NO_OPTIONS, RouteKind, Rule, Sim, SimConfig};

use super::gateway::Served;
use crate::{
    access::Refusal,
    admission::PerMinute,
    clock::Millis,
    discord::{
        DiscordSettings, Link,
        commands::{CommandError, Desk, framework, told},
        registration::{keep_current, register},
        testing::{CleanSim, FakeHouse, QUICKLY, connected, settings, timed},
    },
    session::{Audience, SessionView},
    store::Store,
    words::{ChannelId, GuildId, Place, RunState, RuntimeKind, SessionId},
};

type Command = poise::Command<Desk, CommandError>;

/// A house where everybody is the owner, and a store for it.
pub(super) async fn open_house() -> (FakeHouse, Store, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).await.unwrap();
    let house = FakeHouse {
        store: Some(store.clone()),
        is_sound: true,
        ..FakeHouse::default()
    };
    (house, store, directory)
}

pub(super) async fn until_registered(sim: &Sim) {
    sim.wait_for(|world| world.connected_sessions() > 0 && !world.commands().is_empty())
        .await;
}

#[tokio::test]
async fn cancel_in_a_thread_cancels_there_and_only_the_caller_sees_it() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let (house, store, directory) = open_house().await;
    let served = Served::start_with(&sim, house, store, directory).await;
    until_registered(&sim).await;
    let general = sim.channel("general");
    let thread = sim.create_thread_in(general, "work");
    let asked = sim.user("alice").slash("cancel", NO_OPTIONS).in_(thread);
    let answer = asked.send().unwrap().answer().await;
    assert_eq!(
        (answer.content.as_str(), answer.only_for.as_deref()),
        (
            "Stopping it. The conversation can go on with your next message.",
            Some("alice")
        )
    );
    let house = served.stop().await;
    let wanted = Place {
        guild: GuildId::new(sim.guild_id().get()),
        channel: ChannelId::new(general.get()),
        thread: Some(ChannelId::new(thread.get())),
    };
    assert_eq!(*house.cancelled.lock(), [wanted]);
}

/// The names of all commands, those of a group with its name before them.
fn names(commands: &[Command], group: &str) -> Vec<String> {
    let name = |command: &Command| {
        let name = format!("{group}{}", command.name);
        if command.subcommands.is_empty() {
            vec![name]
        } else {
            names(&command.subcommands, &format!("{name} "))
        }
    };
    commands.iter().flat_map(name).collect()
}

#[tokio::test]
async fn every_command_gives_the_first_sign_before_it_asks_the_house_anything() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let (house, store, directory) = open_house().await;
    let served = Served::start_with(&sim, house, store, directory).await;
    until_registered(&sim).await;
    let person = ("user", "alice");
    let lines: [(&str, &[(&str, &str)]); 19] = [
        ("cancel", &[]),
        ("approvals", &[]),
        ("grants list", &[]),
        ("grants revoke", &[("grant", "x")]),
        ("session start", &[("name", "x")]),
        ("session stop", &[("name", "x")]),
        ("session list", &[("where", "everywhere")]),
        ("session clear", &[]),
        ("session model", &[("model", "opus")]),
        ("session mode", &[("mode", "plan")]),
        ("session busy", &[("does", "steer")]),
        ("wait", &[]),
        (
            "permission set",
            &[person, ("tier", "member"), ("scope", "everywhere")],
        ),
        ("permission show", &[person]),
        ("permission list", &[]),
        ("permission revoke", &[("membership", "x")]),
        ("health", &[]),
        ("login codex", &[]),
        ("auth status", &[]),
    ];
    let all = lines.map(|(line, _)| line.to_owned());
    assert_eq!(names(&framework().commands, ""), all);
    for (line, options) in lines {
        *served.house.judged.lock() = 0;
        let sign = sim.hold(Rule::callback());
        let options = options.iter().copied();
        let asked = sim.user("alice").slash(line, options);
        let used = asked.in_(sim.channel("general")).await;
        sign.arrived().await;
        assert_eq!(*served.house.judged.lock(), 0, "/{line}");
        sign.release();
        used.answer().await;
        assert!(*served.house.judged.lock() > 0, "/{line}");
    }
    served.stop().await;
}

#[tokio::test]
async fn who_may_not_is_told_why() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let served = Served::start(&sim, FakeHouse::default()).await;
    until_registered(&sim).await;
    let asked = sim.user("mallory").slash("cancel", NO_OPTIONS);
    let answer = asked
        .in_(sim.channel("general"))
        .send()
        .unwrap()
        .answer()
        .await;
    assert_eq!(answer.content, Refusal::NotAMember.to_string());
    assert!(served.stop().await.cancelled.lock().is_empty());
}

#[tokio::test]
async fn who_uses_commands_too_fast_is_told_when_to_go_on_and_nothing_else_is_done() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let (house, _store, _directory) = open_house().await;
    let settings = DiscordSettings {
        commands: PerMinute::new(2).unwrap(),
        ..settings(&sim)
    };
    let served = Served::start_by(settings, house).await;
    until_registered(&sim).await;
    let general = sim.channel("general");
    let mut answers = Vec::new();
    for name in ["alice", "alice", "alice", "bob"] {
        let asked = sim.user(name).slash("cancel", NO_OPTIONS).in_(general);
        answers.push(asked.send().unwrap().answer().await.content);
    }
    let stopping = "Stopping it. The conversation can go on with your next message.";
    assert_eq!([&answers[0], &answers[1], &answers[3]], [stopping; 3]);
    assert!(
        answers[2].starts_with("That was quick. Use a command again in "),
        "{}",
        answers[2]
    );
    assert_eq!(served.stop().await.cancelled.lock().len(), 3);
}

#[tokio::test]
async fn session_list_names_the_conversations_of_the_channel() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let (mut house, store, directory) = open_house().await;
    let general = sim.channel("general");
    let thread = |name: &str| ChannelId::new(sim.create_thread_in(general, name).get());
    let (first, second) = (thread("first"), thread("second"));
    let view = SessionView {
        id: SessionId::fresh(),
        place: Place {
            guild: GuildId::new(sim.guild_id().get()),
            channel: ChannelId::new(general.get()),
            thread: Some(first),
        },
        at: first,
        audience: Audience::Thread,
        title: "fix the build".into(),
        project: "demo".into(),
        runtime: RuntimeKind::Claude,
        state: Some(RunState::Running),
        used_at: Millis::new(1_700_000_000_500),
        unreachable: None,
    };
    let closed = SessionView {
        at: second,
        state: None,
        unreachable: Some("Missing *Permissions*".into()),
        ..view.clone()
    };
    house.sessions = vec![view, closed];
    let served = Served::start_with(&sim, house, store, directory).await;
    until_registered(&sim).await;
    let asked = sim.user("alice").slash("session list", NO_OPTIONS);
    let answer = asked
        .in_(sim.channel("general"))
        .send()
        .unwrap()
        .answer()
        .await;
    assert_eq!(
        answer.content,
        format!(
            "<#{first}> fix the build · demo · running · <t:1700000000:R>\n\
             <#{second}> fix the build · demo · idle · <t:1700000000:R> · ⚠️ Discord takes no messages \
             there: Missing \\*Permissions\\*"
        )
    );
    served.stop().await;
}

#[tokio::test]
async fn what_fails_inside_is_a_sentence_with_a_reference() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let (house, store, directory) = open_house().await;
    let served = Served::start_with(&sim, house, store, directory).await;
    until_registered(&sim).await;
    // The fake house has no health to tell.
    let asked = sim.user("alice").slash("health", NO_OPTIONS);
    let answer = asked
        .in_(sim.channel("general"))
        .send()
        .unwrap()
        .answer()
        .await;
    assert!(
        answer.content.contains("tell the operator the reference `"),
        "{}",
        answer.content
    );
    assert!(
        !answer.content.contains("not asked here"),
        "{}",
        answer.content
    );
    served.stop().await;
}

#[tokio::test]
async fn commands_are_registered_when_they_changed_and_not_at_every_start() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).await.unwrap();
    let all = told(&framework());
    for commands in [&all[..], &all[..], &all[..2]] {
        let connection = connected(&sim).await;
        register(&connection, &store, commands).await.unwrap();
    }
    let registrations: Vec<Vec<String>> = sim
        .journal()
        .into_iter()
        .filter_map(|entry| {
            let Fact::CommandsRegistered { names } = entry.fact else {
                return None;
            };
            Some(names)
        })
        .collect();
    assert_eq!(
        registrations,
        [
            vec![
                "cancel",
                "approvals",
                "grants",
                "session",
                "wait",
                "permission",
                "health",
                "login",
                "auth"
            ],
            vec!["cancel", "approvals"]
        ]
    );
}

#[tokio::test]
async fn every_start_is_counted() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).await.unwrap();
    for count in 1..3 {
        let none = tempfile::tempdir().unwrap();
        let served = Served::start_with(&sim, FakeHouse::default(), store.clone(), none).await;
        sim.wait_until_connected().await;
        served.stop().await;
        let sent = store.identifies_since(Millis::new(0)).await.unwrap();
        assert_eq!(sent.len(), count);
        assert!(
            sent.iter().all(|one| one.lasted),
            "each was ended on request"
        );
    }
}

#[tokio::test]
async fn a_command_in_which_baton_has_a_fault_is_answered_and_others_go_on() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let (house, store, directory) = open_house().await;
    let broken = FakeHouse {
        is_sound: false,
        ..house
    };
    let served = Served::start_with(&sim, broken, store, directory).await;
    until_registered(&sim).await;
    let (alice, general) = (sim.user("alice"), sim.channel("general"));
    let said = async |line: &str| {
        let used = alice.slash(line, NO_OPTIONS).in_(general).await;
        used.answer().await.content
    };
    let told = said("wait").await;
    assert!(told.starts_with("That did not work"), "{told}");
    assert!(said("cancel").await.starts_with("Stopping it"));
    served.stop().await;
}

#[tokio::test]
async fn commands_that_cannot_be_registered_are_tried_again_for_as_long_as_it_takes_and_health_says_so()
 {
    let sim = CleanSim::start(SimConfig::default()).await;
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).await.unwrap();
    let connection = connected(&sim).await;
    let (all, link) = (told(&framework()), Link::default());
    let away = Rule::route(RouteKind::PutCommands).times(7);
    sim.fault(away, Fault::status(503));
    let work = async {
        let keep = keep_current(&connection, &store, &all, &link);
        tokio::join!(keep, link.until_unregistered()).1
    };
    let (why, waited) = timed(10 * QUICKLY, work).await;
    assert!(why.starts_with("Baton tries again and again: "), "{why}");
    // Five seconds, doubled with each try.
    assert!(
        waited >= Duration::from_secs(5 + 10 + 20 + 40 + 80 + 160 + 320),
        "{waited:?}"
    );
    assert_eq!(link.unregistered(), None);
    assert_eq!(sim.look(|world| world.commands().len()), all.len());
}

#[tokio::test]
async fn commands_that_discord_refuses_are_not_tried_again_and_health_says_so() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).await.unwrap();
    let connection = connected(&sim).await;
    let link = Link::default();
    let refused = Fault::error(403, 50_001, "Missing Access");
    sim.fault(Rule::route(RouteKind::PutCommands), refused);
    keep_current(&connection, &store, &told(&framework()), &link).await;
    let why = link.unregistered().unwrap();
    assert!(why.starts_with("Discord refuses them: "), "{why}");
}
